"""What a service that takes part no more still owed falls to the one that leads, which is told at once."""

from cases.access import Participants, agencies_holding
from cases.enums import CONTRIBUTE, Category, Side, codename
from common.clock import now
from plans.models import ActionOwner

from .models import FollowUp, FollowUpKind


def to_the_lead(follow_up: FollowUp, working: Participants) -> bool:
    """Hand an action of the plan, or a look at a case under close monitoring, to who leads; whether it was.

    Not where the lead works with him and it is hers: it would learn of it. The page says whose it was.
    """
    case, lead = follow_up.case, follow_up.case.lead_agency
    if lead.pk == follow_up.agency_id or not working.takes_part(case, lead):
        return False
    side = _side(follow_up)
    if side is None or lead.group_id not in agencies_holding(case.pk, [CONTRIBUTE, codename(Category.NETWORK, side)]):
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
