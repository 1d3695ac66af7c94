"""Programmes he follows: one under a mandate, one of his own accord, one that he left and that was passed on."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from agencies.enums import Need
from agencies.models import Membership
from cases.access import get_case
from cases.enums import Level, PersonRole
from cases.models import Case, CasePerson
from casework import programme as acts
from casework.programme import Passing
from casework.referring import accept_referral, send_referral
from common.clock import local, now
from common.ids import uuid7
from plans import programme_acts
from plans.mandates import Mandated
from plans.models import AlertOutcome, Attendance, Entry, IssuerKind, Programme, ProgrammeAlert, SessionKind, StepKind
from plans.programme_acts import Begun
from referrals.models import Referral, ReferralState, Urgency
from referrals.sending import Asked
from sharing.models import Basis

from .assessing import ago
from .plans import WEEK

if TYPE_CHECKING:
    from .district import District

SIX = (
    Attendance.ATTENDED,
    Attendance.ATTENDED,
    Attendance.MISSED,
    Attendance.ATTENDED,
    Attendance.ATTENDED,
    Attendance.ATTENDED,
)
CONDITIONS = (
    "Suivre le programme jusqu’au bout. Prévenir la veille en cas d’absence. Ne pas prendre contact avec Madame."
)
LEFT = "Il a quitté l’entretien en disant qu’il « règlerait ça lui-même ce week-end ». Il ne veut plus venir."
SAID = "Il s’est montré menaçant pour le week-end qui vient. Revoir avec elle le plan de sécurité, seule, aujourd’hui."


def tell(district: "District") -> None:
    """Once the referrals of the district are told, and a situation is retained by the coordination."""
    vincent = district.members["vincent"]
    taken = _taken(district, vincent)
    mandated = next(each for each in taken if each.mandated)
    _mandated(district, vincent, mandated)
    # the one that was taken over first: long before the programme begins
    own = next((each for each in taken[::-1] if not each.mandated and _open(district, vincent, each.case)), None)
    if own is not None:
        _voluntary(district, vincent, own)
    _left(district, vincent)


def _taken(district: "District", by: Membership) -> list[Referral]:
    """What the programme has taken over, the latest first."""
    with district.act(by, district.start):
        taken = (ReferralState.ACCEPTED, ReferralState.IN_PROGRESS, ReferralState.COMPLETED)
        found = Referral.objects.between(by).filter(to_agency=by.agency_id, state__in=taken)
        return list(found.select_related("case", "from_agency").order_by("-sent_at", "pk"))


def _open(district: "District", by: Membership, case: Case) -> bool:
    with district.act(by, district.start):
        return get_case(case.pk, by)[1].contribute


def _begin(district: "District", by: Membership, case: Case, at: datetime, **more: object) -> Programme:
    with district.act(by, at):
        case, access = get_case(case.pk, by)
        person = CasePerson.objects.filter(case=case, role=PersonRole.PRESUMED_PERPETRATOR).first()
        begun = Begun(begun_on=local(now()).date(), **more)
        return programme_acts.begin(
            by=by, case=case, access=access, case_person_id=person.pk, begun=begun, request_key=uuid7()
        )


def _session(
    district: "District", by: Membership, programme: Programme, days: int, kind: SessionKind, outcome: str = ""
) -> None:
    """A session so many days ago (negative: to come), and what became of it."""
    on = (local(district.start) - timedelta(days=days)).date()
    with district.act(by, min(ago(district, max(days, 0), 20), district.start)):
        _case, access = get_case(programme.case_id, by)
        (made,) = programme_acts.plan_sessions(
            by=by, access=access, programme=programme, on=on, begins_at=None, kind=kind, count=1, request_key=uuid7()
        )
        if outcome:
            programme_acts.mark(by=by, access=access, session=made, outcome=outcome, shown=None)


def _mandated(district: "District", by: Membership, referral: Referral) -> None:
    """Begun a fortnight ago under a mandate: six sessions, one missed, the next one in some days."""
    begun_at = ago(district, 13, 18, 20)
    first = local(begun_at).date()
    mandate = Mandated(
        issuer_kind=IssuerKind.PROSECUTOR,
        issuer_id=referral.from_agency_id,
        number="P-2026/0412 (fictif)",
        conditions=CONDITIONS,
        starts_on=first,
        ends_on=first + timedelta(days=180),
        reports_to="Le programme au magistrat, section famille.",
        report_every_days=30,
    )
    made = _begin(district, by, referral.case, begun_at, entry=Entry.MANDATE, mandate=mandate)
    for days, outcome in zip((12, 10, 8, 6, 4, 2), SIX, strict=True):
        _session(district, by, made, days, SessionKind.INTAKE if days == 12 else SessionKind.GROUP, outcome)
    _session(district, by, made, -3, SessionKind.GROUP)
    with district.act(by, ago(district, 11, 10)):
        _case, access = get_case(made.case_id, by)
        programme_acts.write_plan(
            by=by,
            access=access,
            programme=made,
            aims="Nommer les faits. Reconnaître ce qui monte avant la colère.",
            means="Vingt séances de groupe, deux entretiens individuels.",
            internal=True,
            shown=None,
            request_key=uuid7(),
        )


def _voluntary(district: "District", by: Membership, referral: Referral) -> None:
    """He comes of his own accord; the session of this week is not said yet."""
    made = _begin(district, by, referral.case, ago(district, 20, 11), entry=Entry.VOLUNTARY)
    _session(district, by, made, 18, SessionKind.INTAKE, Attendance.ATTENDED)
    _session(district, by, made, 9, SessionKind.INDIVIDUAL, Attendance.EXCUSED)
    _session(district, by, made, 1, SessionKind.INDIVIDUAL)


def _left(district: "District", by: Membership) -> None:
    """In the situation that the coordination retained he leaves after the first interview: it is passed on that day."""
    delphine = district.members["delphine"]
    work = next(
        each
        for each in district.told
        if each.plan.level == Level.HIGH and each.plan.contact == "reached" and each.plan.due[0] >= -WEEK
    )
    with district.act(work.officer, ago(district, 1, 8, 10)):
        his = CasePerson.objects.get(case=work.case, role=PersonRole.PRESUMED_PERPETRATOR)
        referral = send_referral(
            by=work.officer,
            case_id=work.case.pk,
            asked=Asked(
                subject_id=his.pk,
                to_agency_id=by.agency_id,
                need=Need.PERPETRATOR_WORK,
                urgency=Urgency.WITHIN_48_HOURS,
                reason="Il demande lui-même à parler à quelqu’un.",
                basis=Basis.CONSENT,
                given_how="oral",
                explained="Qui verra quoi, et jusqu’à quand.",
                purpose="Travailler avec le programme",
                valid_until=now() + timedelta(days=180),
            ),
            request_key=uuid7(),
        )
    with district.act(by, ago(district, 1, 9, 40)):
        accept_referral(by=by, referral_id=referral.pk)
    made = _begin(district, by, work.case, ago(district, 1, 14), entry=Entry.VOLUNTARY)
    _session(district, by, made, 1, SessionKind.INTAKE, Attendance.ATTENDED)
    with district.act(by, ago(district, 1, 20, 30)):
        _case, access = get_case(work.case.pk, by)
        acts.step(
            by=by,
            access=access,
            programme=made,
            step=StepKind.DROPPED_OUT,
            on=local(now()).date(),
            words=LEFT,
            shown=None,
            request_key=uuid7(),
        )
        alert = ProgrammeAlert.objects.get(programme=made)
    with district.act(delphine, ago(district, 1, 21, 5)):
        acts.take_up(by=delphine, case_id=work.case.pk, alert_id=alert.pk)
        acts.pass_on(
            by=delphine,
            case_id=work.case.pk,
            alert_id=alert.pk,
            passing=Passing(
                outcome=AlertOutcome.PASSED_ON,
                to_agency_id=work.cell.agency_id,
                to_whom=work.cell.user.full_name,
                said=SAID,
                said_at=now(),
            ),
            request_key=uuid7(),
        )
