"""A grid handed over: the agency that takes it on owes the next assessment and is told; the other sees what becomes of
it.
"""

from uuid import UUID

from agencies.models import Membership
from cases.access import CaseAccess
from cases.models import Case
from common.clock import now
from followups.reassessments import note_earliest, plan_reassessment, reassessments
from riskassessment import duties
from riskassessment.models import GridDuty


def hand_over(*, by: Membership, case: Case, access: CaseAccess, grid_id: UUID, agency_id: UUID | None) -> GridDuty:
    """Make another agency responsible for a grid. Raises what `duties.hand_over` raises."""
    duty = duties.hand_over(by=by, case=case, access=access, grid_id=grid_id, agency_id=agency_id)
    waiting = [each for each in reassessments(case) if each.grid_id == grid_id]
    due = next((each.due.at for each in duties.owed(case) if each.grid_id == grid_id), None)
    dates = [each.due_at for each in waiting] or [due]
    if dates != [None] and {each.agency_id for each in waiting} != {duty.responsible_id}:
        plan_reassessment(
            by=by,
            case=case,
            agency=duty.responsible,
            grid_id=grid_id,
            due_at=min(dates),
            source_id=duty.pk,
            instead_of=waiting,
            planned_by=by.agency,
            remind_at=now(),
        )
        note_earliest(case)
    return duty
