"""A case with a programme on his side, and the acts its tests start from."""

from datetime import timedelta
from uuid import uuid4

from agencies.acting import acting_as
from agencies.models import Membership
from cases.access import get_case
from cases.models import Case, CasePerson
from casework import programme as acts
from common.clock import now
from plans import mandates, programme_acts
from plans.mandates import Mandated
from plans.models import Mandate, Programme, ProgrammeAlert, ProgrammeSession
from plans.programme import today
from plans.programme_acts import Begun
from sharing.models import Basis, WayIn
from sharing.services import decide
from tests.factories import World, make_report
from tests.referrals_acts import accept, send


def case_with_programme(world: World) -> Case:
    """A dispute of zone A; the programme has taken him over."""
    case = make_report(world.officer).case
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    return case


def let_in(by: Membership, case: Case, member: Membership, *grants: str, side: str = "neutral", **more) -> None:
    """`member`'s agency takes part in the case from now on, by a decision of `by`."""
    with acting_as(by):
        decide(
            by=by,
            case=case,
            recipient=member.agency,
            side=side,
            way_in=WayIn.REFERRAL,
            basis=Basis.LEGAL_OBLIGATION,
            legal_text="Texte fictif",
            grants=list(grants),
            necessity="Pour le suivi.",
            contributes=True,
            **more,
        )


def mandate_of(issuer: Membership, **changes) -> Mandated:
    values = {
        "issuer_kind": issuer.agency.kind,
        "issuer_id": issuer.agency_id,
        "number": "26/077",
        "conditions": "Suivre le programme jusqu'au bout.",
        "starts_on": today() - timedelta(days=60),
        "ends_on": today() + timedelta(days=120),
        "reports_to": "À l'assistante de justice.",
    }
    return Mandated(**values | changes)


def begun_by(by: Membership, case: Case, mandate: Mandated | None = None, *, key=None, days: int = 60) -> Programme:
    """He begins a programme `days` ago, under a mandate where one is given."""
    with acting_as(by):
        case, access = get_case(case.pk, by)
        person = CasePerson.objects.get(case=case, role="presumed_perpetrator")
        typed = Begun(
            entry="mandate" if mandate else "voluntary",
            begun_on=today() - timedelta(days=days),
            mandate=mandate or Mandated(),
        )
        return programme_acts.begin(
            by=by, case=case, access=access, case_person_id=person.pk, begun=typed, request_key=key or uuid4()
        )


def session_on(by: Membership, programme: Programme, days: int, *, kind: str = "group") -> ProgrammeSession:
    """One session, `days` from today."""
    with acting_as(by):
        case, access = get_case(programme.case_id, by)
        (made,) = programme_acts.plan_sessions(
            by=by, access=access, programme=programme, on=today() + timedelta(days=days), begins_at=None, kind=kind,
            count=1, request_key=uuid4(),
        )  # fmt: skip
        return made


def marked(by: Membership, session: ProgrammeSession, outcome: str, shown=None):
    with acting_as(by):
        _case, access = get_case(session.case_id, by)
        return programme_acts.mark(by=by, access=access, session=session, outcome=outcome, shown=shown)


def stepped(by: Membership, programme: Programme, step: str, *, shown=None, words="Il ne vient plus.", key=None):
    with acting_as(by):
        _case, access = get_case(programme.case_id, by)
        return acts.step(
            by=by, access=access, programme=programme, step=step, on=today(), words=words, shown=shown,
            request_key=key or uuid4(),
        )  # fmt: skip


def alerted(by: Membership, programme: Programme, *, key=None, **changes):
    with acting_as(by):
        _case, access = get_case(programme.case_id, by)
        typed = {"kind": "threat", "urgency": "today", "words": "« Elle va le regretter. »"} | changes
        return acts.alert(by=by, access=access, programme=programme, request_key=key or uuid4(), **typed)


def planned(by: Membership, programme: Programme, *, internal: bool = True, shown=None):
    with acting_as(by):
        _case, access = get_case(programme.case_id, by)
        return programme_acts.write_plan(
            by=by, access=access, programme=programme, aims="Reconnaître les faits.", means="En groupe.",
            internal=internal, shown=shown, request_key=uuid4(),
        )  # fmt: skip


def mandate_added(by: Membership, programme: Programme, typed: Mandated, **more):
    with acting_as(by):
        _case, access = get_case(programme.case_id, by)
        return mandates.add_mandate(by=by, access=access, programme=programme, typed=typed, request_key=uuid4(), **more)


def the_mandate(by: Membership, programme: Programme) -> Mandate:
    with acting_as(by):
        return Mandate.objects.get(programme=programme)


def passing(to: Membership, **changes) -> acts.Passing:
    values = {
        "outcome": "passed_on",
        "to_agency_id": to.agency_id,
        "to_whom": "Leïla",
        "said": "Il a dit qu'elle allait le regretter.",
        "said_at": now(),
    }
    return acts.Passing(**values | changes)


def passed(by: Membership, alert: ProgrammeAlert, to: Membership, *, key=None, **changes):
    with acting_as(by):
        return acts.pass_on(
            by=by, case_id=alert.case_id, alert_id=alert.pk, passing=passing(to, **changes), request_key=key or uuid4()
        )
