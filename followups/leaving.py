"""What a service that takes part no more still owed falls to another one, which is told at once."""

from cases.access import Participants, agencies_holding, participants
from cases.answering import answers_about
from cases.enums import CONTRIBUTE, Category, Side, codename
from cases.models import Case
from common.acting import SystemContext, system_context
from common.clock import now
from plans import alert_routes
from plans.models import ActionOwner
from riskassessment.duties import owed

from .models import FollowUp, FollowUpKind
from .reassessments import end_reassessments, plan_reassessment, reassessments


def pass_on(follow_up: FollowUp, *, case: Case) -> bool:
    """What an agency that has just left still owed goes to the one it falls to, at once; whether it did."""
    follow_up.case = case
    with system_context(SystemContext.REMINDERS):
        return passed_on(follow_up, participants([case]))


def passed_on(follow_up: FollowUp, working: Participants) -> bool:
    """A reassessment, an action or a look whose agency has left falls to the one that leads, an alert of his programme
    to the next service that coordinates; told at once. Whether it did.
    """
    if follow_up.kind == FollowUpKind.PROGRAMME_ALERT:
        return _send_on(follow_up)
    if follow_up.kind in (FollowUpKind.ACTION, FollowUpKind.MONITORING):
        return to_the_lead(follow_up, working)
    if follow_up.kind != FollowUpKind.REASSESSMENT:
        return False
    case, lead = follow_up.case, follow_up.case.lead_agency
    if not working.takes_part(case, lead):
        return False
    known = {each.grid_id for each in owed(case) if each.agency.pk == lead.pk}
    grid_id = follow_up.grid_id if follow_up.grid_id in known else None
    if any(each.agency_id == lead.pk and each.grid_id == grid_id for each in reassessments(case)):
        end_reassessments(by=None, follow_ups=[follow_up], outcome="replaced")
        return True
    plan_reassessment(
        by=None,
        case=case,
        agency=lead,
        grid_id=grid_id,
        due_at=follow_up.due_at,
        source_id=follow_up.pk,
        instead_of=[follow_up],
        remind_at=now(),
    )
    return True


def to_the_lead(follow_up: FollowUp, working: Participants) -> bool:
    """Hand an action of the plan, or a look at a case under close monitoring, to who leads; whether it was.

    What is hers goes to who answers instead where the lead works with him: it would learn of it. The page says whose it
    was.
    """
    case, side = follow_up.case, _side(follow_up)
    lead = answers_about(case, side) if side else None
    if lead is None or lead.pk == follow_up.agency_id or not working.takes_part(case, lead):
        return False
    if lead.group_id not in agencies_holding(case.pk, [CONTRIBUTE, codename(Category.NETWORK, side)]):
        return False
    follow_up.agency = follow_up.planned_by_agency = lead
    follow_up.assigned_to = None
    follow_up.step, follow_up.remind_at = 0, now()
    follow_up.save(update_fields=["agency", "planned_by_agency", "assigned_to", "step", "remind_at"])
    return True


def _side(follow_up: FollowUp) -> str | None:
    if follow_up.kind == FollowUpKind.MONITORING:
        return Side.VICTIM
    owner = ActionOwner.objects.filter(pk=follow_up.source_id).first()
    return owner.side if owner else None


def _send_on(follow_up: FollowUp) -> bool:
    found = alert_routes.send_on(follow_up.source_id, case=follow_up.case)
    if found is None:
        return False
    follow_up.agency = follow_up.planned_by_agency = found
    follow_up.assigned_to, follow_up.step, follow_up.remind_at = None, 0, now()
    follow_up.save(update_fields=["agency", "planned_by_agency", "assigned_to", "step", "remind_at"])
    return True
