"""What tests tell of a running case, so that every text of this room is written: a plan with an answer, agreed on; a
time of close monitoring that is over; a case closed, opened again, its lead offered and declined.
"""

from datetime import timedelta
from uuid import uuid4

from agencies.acting import acting_as
from agencies.models import Membership
from cases.access import get_case
from cases.models import Case
from casework import closing, closing_facts, leading, monitoring
from common.clock import local, now
from followups.calling import record_attempt
from followups.models import FollowUp, Outcome
from plans import actions
from plans.models import ClosingKind
from tests.factories import make_report

from .actions_acts import plan_one, say


def tell_plan(lead: Membership, owner: Membership, case: Case) -> None:
    """Told by who leads the case, at a high level; `owner` is another service that adds to it."""
    say(owner, plan_one(owner, case), "not_done", why="Elle n'a pas ouvert.", evidence="Passage du 3.")
    with acting_as(lead):
        found, access = get_case(case.pk, lead)
        monitoring.agree_plan(
            by=lead,
            case_id=case.pk,
            agreed_on=local(now()).date(),
            partner_ids=[lead.agency_id],
            shown=[each.pk for each in actions.actions_of(found, access)],
            words="On se revoit dans une semaine.",
            request_key=uuid4(),
        )
        of_case = {"by": lead, "case_id": case.pk}
        until = now() + timedelta(days=10)
        monitoring.begin(**of_case, until=until, why="Il la suit chaque jour.", request_key=uuid4())
        monitoring.look_again(**of_case, changed="yes", words="Il a un nouveau numéro.", request_key=uuid4())
        monitoring.end_monitoring(**of_case, reason="Il est détenu.", request_key=uuid4())


def tell_ended(officer: Membership, referent: Membership, cell: Membership) -> Case:
    """Another case of the officer's zone: she was told how to come back, it was closed over the part of the cell that
    called her, and opened again; the cell did not take the lead. Returns the case, open.
    """
    case = make_report(
        officer, victim_given_name="Aminata", victim_family_name="Sow-Test", victim_phone="0470 12 34 43"
    ).case
    with acting_as(cell):
        for owed in FollowUp.objects.filter(case=case, settled_at=None):
            record_attempt(by=cell, follow_up_id=owed.pk, request_key=uuid4(), outcome=Outcome.REACHED)
        closing.tell_return(
            by=cell,
            case_id=case.pk,
            how="phone",
            told_on=local(now()).date(),
            words="À la cellule.",
            request_key=uuid4(),
        )
    with acting_as(referent):
        closing.close(
            by=referent,
            case_id=case.pk,
            kind=ClosingKind.FULL,
            seen=closing_facts.stamp(case),
            words="Elle dit que c'est calme.",
            set_aside=["parts"],
            set_aside_words="La cellule garde le contact.",
            request_key=uuid4(),
        )
        case.refresh_from_db()
        closing.reopen(
            by=referent,
            case_id=case.pk,
            seen=closing_facts.stamp(case),
            words="Elle a rappelé.",
            request_key=uuid4(),
        )
        offer = leading.offer_lead(
            by=referent,
            case_id=case.pk,
            agency_id=cell.agency_id,
            why="closer",
            words="La cellule la connaît.",
            request_key=uuid4(),
        )
    with acting_as(cell):
        leading.decline_lead(by=cell, case_id=case.pk, offer_id=offer.pk, words="Trop de dossiers.")
    return case
