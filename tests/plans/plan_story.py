"""A plan with an answer, agreed on, and a time of close monitoring that is over: every text of this room is written."""

from datetime import timedelta
from uuid import uuid4

from agencies.acting import acting_as
from agencies.models import Membership
from cases.access import get_case
from cases.models import Case
from casework import monitoring
from common.clock import local, now
from plans import actions

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
