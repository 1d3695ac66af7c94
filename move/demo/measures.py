"""What was ordered so that she is safe, as the district tells it: one ban that ends soon, one extended, one refused."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from cases.access import get_case
from cases.enums import PersonRole, Side
from cases.models import Case, CasePerson
from casework import measures
from common.clock import local
from common.ids import uuid7
from plans.measure_acts import Wanted
from plans.measure_rules import Typed, extension_until
from plans.measures import current_steps
from plans.models import HowTold, MeasureAct, MeasureKind, ProtectionMeasure, ToldWhom

from .plans import Work

if TYPE_CHECKING:
    from .district import District

PLACES = "Le logement qu’ils occupaient ensemble, tel que décrit au procès-verbal."
CONDITIONS = "Quitter les lieux sans délai. Ne pas y revenir, ne prendre aucun contact."
NO_CONTACT = "Aucun contact, par quelque moyen que ce soit, même par un proche."
REASONS = "Menaces répétées devant les enfants ; elle ne peut pas partir cette nuit."
KEPT = "L’école des enfants et le travail de Madame : à surveiller sans le lui dire."
REFUSED = "Pas de menace grave et immédiate établie à ce stade ; à revoir si un fait nouveau survient."
BREACH = "Vu devant l’immeuble à la tombée du jour ; parti à l’arrivée de la patrouille."
TOLD = "Appelée au numéro sûr, après avoir demandé si elle était seule."


def tell(district: "District") -> None:
    """A ban ends in two days and was not respected once; one was extended by the family court; one was refused; and
    somebody carries an alarm that his side knows nothing of.
    """
    works = [each for each in district.told if _open(district, each)]
    marc = district.members["marc"]
    ours = [each for each in works if each.officer.agency_id == marc.agency_id]
    others = [each for each in works if each not in ours[:2]]
    if len(ours) < 2 or len(others) < 2:
        return
    start = district.start
    ban = _ban(district, ours[0], start - timedelta(days=12))
    _tell(district, ours[0], ban, ToldWhom.VICTIM, start - timedelta(days=12) + timedelta(hours=1))
    _breach(district, ours[0], ban, start - timedelta(days=1, hours=3))
    _alarm(district, ours[1], start - timedelta(days=6))
    longer = _ban(district, others[0], start - timedelta(days=20))
    _tell(district, others[0], longer, ToldWhom.VICTIM, start - timedelta(days=20) + timedelta(hours=2))
    judged = local(start - timedelta(days=9)).date()
    _step(
        district, others[0], longer, MeasureAct.EXTEND, start - timedelta(days=9) + timedelta(minutes=5),
        authority="family_court", judged_on=judged, until=extension_until(judged),
    )  # fmt: skip
    refused = _ask(district, others[1], start - timedelta(days=4))
    _step(
        district, others[1], refused, MeasureAct.REFUSE, start - timedelta(days=4) + timedelta(hours=5),
        authority="prosecutor", text=REFUSED,
    )  # fmt: skip


def _open(district: "District", work: Work) -> bool:
    """Whether the officer works on it, the whole time these acts take, and knows who he is."""
    if work.plan.stage or work.at > district.start - timedelta(days=21):
        return False
    with district.act(work.officer, district.start):
        case = Case.objects.visible_to(work.officer).filter(pk=work.case.pk, closed_at=None, restricted=False).first()
        return case is not None and get_case(case.pk, work.officer)[1].contribute and bool(_persons(case)[0])


def _persons(case: Case) -> tuple[UUID | None, tuple[UUID, ...]]:
    persons = list(CasePerson.objects.filter(case=case).order_by("created_at"))
    him = next((each.pk for each in persons if each.role == PersonRole.PRESUMED_PERPETRATOR), None)
    return him, tuple(each.pk for each in persons if each.side == Side.VICTIM)


def _ask(
    district: "District", work: Work, at: datetime, kind: str = MeasureKind.RESIDENCE_BAN, **changes: object
) -> ProtectionMeasure:
    by = work.officer
    with district.act(by, at) as moment:
        case, access = get_case(work.case.pk, by)
        him, hers = _persons(case)
        values = {
            "kind": kind, "about": him, "protects": hers, "places": PLACES, "conditions": CONDITIONS,
            "reasons": REASONS, "kept_places": KEPT,
        }  # fmt: skip
        return measures.ask(
            by=by, case=case, access=access, wanted=Wanted(**(values | changes)),
            typed=Typed(act=MeasureAct.REQUEST, at=moment), request_key=uuid7(),
        )  # fmt: skip


def _step(
    district: "District", work: Work, measure: ProtectionMeasure, act: MeasureAct, at: datetime, **typed: object
) -> None:
    by = work.officer
    with district.act(by, at) as moment:
        case, access = get_case(work.case.pk, by)
        measures.move(
            by=by, case=case, access=access, measure_id=measure.pk, typed=Typed(act=act, at=moment, **typed),
            shown=current_steps().get(measure=measure).pk, request_key=uuid7(),
        )  # fmt: skip


def _ban(district: "District", work: Work, at: datetime) -> ProtectionMeasure:
    """Asked for, ordered and notified within two hours; he gave an address the next morning."""
    measure = _ask(district, work, at)
    _step(district, work, measure, MeasureAct.ORDER, at + timedelta(minutes=40), authority="prosecutor")
    hearing = at + timedelta(days=8)
    _step(district, work, measure, MeasureAct.NOTIFY, at + timedelta(minutes=50), hearing_at=hearing)
    by = work.officer
    with district.act(by, at + timedelta(hours=15)) as moment:
        case, access = get_case(work.case.pk, by)
        measures.declare_address(
            by=by, case=case, access=access, measure_id=measure.pk, address="Chez un collègue, rue Fictive 3",
            given_at=moment, request_key=uuid7(),
        )  # fmt: skip
    return measure


def _alarm(district: "District", work: Work, at: datetime) -> None:
    """She carries it since yesterday; she was told when it was handed over."""
    alarm = _ask(
        district, work, at, MeasureKind.MOBILE_ALARM, about=None, places="", conditions="",
        reasons="Il l’attend sur le chemin du travail.",
    )  # fmt: skip
    _step(district, work, alarm, MeasureAct.ORDER, at + timedelta(days=1), authority="police")
    _step(district, work, alarm, MeasureAct.NOTIFY, at + timedelta(days=5))
    _tell(district, work, alarm, ToldWhom.VICTIM, at + timedelta(days=5))


def _tell(district: "District", work: Work, measure: ProtectionMeasure, whom: ToldWhom, at: datetime) -> None:
    by = work.officer
    with district.act(by, at) as moment:
        case, access = get_case(work.case.pk, by)
        measures.tell(
            by=by, case=case, access=access, measure_id=measure.pk, whom=whom, how=HowTold.PHONE, at=moment,
            words=TOLD, request_key=uuid7(),
        )  # fmt: skip


def _breach(district: "District", work: Work, measure: ProtectionMeasure, at: datetime) -> None:
    by = work.officer
    with district.act(by, at) as moment:
        case, access = get_case(work.case.pk, by)
        measures.breach(
            by=by, case=case, access=access, measure_id=measure.pk, report_id=None, at=moment, words=BREACH,
            request_key=uuid7(),
        )  # fmt: skip
