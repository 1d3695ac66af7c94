"""Protection measures as tests make them."""

from datetime import datetime, timedelta
from uuid import UUID

from agencies.acting import acting_as
from agencies.models import Membership
from cases.access import for_case
from cases.enums import PersonRole
from cases.models import Case, CasePerson
from casework import measures
from common.clock import local, now
from common.ids import uuid7
from plans.measure_acts import Wanted
from plans.measure_rules import Typed
from plans.models import MeasureAct, MeasureKind, MeasureStep, ProtectionMeasure

PLACES = "Rue Josaphat 12, 1030 Schaerbeek"
CONDITIONS = "Ne pas téléphoner, ne pas écrire."
REASONS = "Elle dit qu’il l’a menacée de mort."
KEPT = "Elle dort chez sa sœur, rue des Colombes 4."


def person_in(case: Case, role: str) -> CasePerson:
    return CasePerson.objects.filter(case=case, role=role).order_by("created_at").first()


def ask_measure(
    by: Membership,
    case: Case,
    kind: str = MeasureKind.RESIDENCE_BAN,
    *,
    act: str = MeasureAct.REQUEST,
    key: UUID | None = None,
    at: datetime | None = None,
    authority: str = "prosecutor",
    until: datetime | None = None,
    **changes,
) -> ProtectionMeasure:
    """A measure asked for, or ordered, by this member."""
    with acting_as(by):
        values = {
            "kind": kind,
            "about": person_in(case, PersonRole.PRESUMED_PERPETRATOR).pk,
            "protects": (person_in(case, PersonRole.VICTIM).pk,),
            "places": PLACES,
            "conditions": CONDITIONS,
            "reasons": REASONS,
            "kept_places": KEPT,
        }
        return measures.ask(
            by=by,
            case=case,
            access=for_case(case, by),
            wanted=Wanted(**(values | changes)),
            typed=Typed(act=act, at=at or now(), authority=authority if act == MeasureAct.ORDER else "", until=until),
            request_key=key or uuid7(),
        )


def step_on(
    by: Membership, measure: ProtectionMeasure, act: str, *, key: UUID | None = None, shown: UUID | None = None, **typed
) -> MeasureStep:
    """The next step of a measure, from where it stands."""
    with acting_as(by):
        case = Case.objects.get(pk=measure.case_id)
        current = MeasureStep.objects.get(measure=measure, superseded_by=None)
        if act in (MeasureAct.ORDER, MeasureAct.REFUSE, MeasureAct.LIFT):
            typed.setdefault("authority", "prosecutor")
        if act in (MeasureAct.REFUSE, MeasureAct.LIFT):
            typed.setdefault("text", "Parce que c’est ainsi.")
        if act not in (MeasureAct.EXTEND, MeasureAct.HEARING):
            typed.setdefault("at", now())
        return measures.move(
            by=by,
            case=case,
            access=for_case(case, by),
            measure_id=measure.pk,
            typed=Typed(act=act, **typed),
            shown=shown or current.pk,
            request_key=key or uuid7(),
        )


def notified_ban(by: Membership, case: Case, *, at: datetime | None = None, **changes) -> ProtectionMeasure:
    """A residence ban that he was notified of, at that moment."""
    at = at or now()
    measure = ask_measure(by, case, at=at, **changes)
    step_on(by, measure, MeasureAct.ORDER, at=at)
    step_on(by, measure, MeasureAct.NOTIFY, at=at)
    return measure


def tell_of(by: Membership, measure: ProtectionMeasure, whom: str, **given):
    """Somebody was told of it."""
    with acting_as(by):
        case = Case.objects.get(pk=measure.case_id)
        values = {"whom": whom, "how": "phone", "at": now(), "words": "", "request_key": uuid7()} | given
        return measures.tell(by=by, case=case, access=for_case(case, by), measure_id=measure.pk, **values)


def breach_of(by: Membership, measure: ProtectionMeasure, **given):
    """It was not respected."""
    with acting_as(by):
        case = Case.objects.get(pk=measure.case_id)
        values = {"report_id": None, "at": now(), "words": "Il attendait devant chez elle.", "request_key": uuid7()}
        return measures.breach(by=by, case=case, access=for_case(case, by), measure_id=measure.pk, **(values | given))


def day_after(moment: datetime, days: int):
    return local(moment + timedelta(days=days)).date()


def whole_measure(by: Membership, case: Case) -> ProtectionMeasure:
    """A ban he was notified of, with words wherever words may stand; beside it another measure that has a name."""
    measure = notified_ban(by, case)
    step_on(
        by, measure, MeasureAct.HEARING, hearing_at=now() + timedelta(days=4), text="Salle 3, demander le greffier."
    )
    tell_of(by, measure, "victim", words="Appelée par l’agent de quartier.")
    breach_of(by, measure)
    with acting_as(by):
        measures.declare_address(
            by=by,
            case=case,
            access=for_case(case, by),
            measure_id=measure.pk,
            address="Chez son frère, rue Fictive 3",
            given_at=now(),
            request_key=uuid7(),
        )
    ask_measure(by, case, MeasureKind.OTHER, name="Éloignement de l’école")
    return measure
