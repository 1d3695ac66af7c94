"""The next assessment with each grid is owed, once, by the agency responsible for it, when the level asks for it."""

from uuid import UUID

from agencies.models import Membership
from cases.models import Case
from followups.models import FollowUp
from followups.services import (
    end_reassessments,
    note_earliest,
    plan_reassessment,
    reassessments,
)
from riskassessment.duties import Owed, owed
from riskassessment.models import Assessment


def after_signature(*, by: Membership, assessment: Assessment) -> None:
    """A grid that gives a level was signed: what was owed with it is done, the next is owed; the dates of the other
    grids follow the level.
    """
    grid_id = assessment.grid_version.grid_id
    case = Case.objects.get(pk=assessment.case_id)
    done = [
        each
        for each in reassessments(case)
        if each.grid_id in (None, grid_id) and each.created_at <= assessment.signed_at
    ]
    end_reassessments(by=by, follow_ups=done, outcome="done")
    _follow(by, case, assessment.pk)


def after_level(*, by: Membership, case_id: UUID, source_id: UUID) -> None:
    """What the case stands at may have changed by the act `source_id`: the dates of its grids follow."""
    _follow(by, Case.objects.get(pk=case_id), source_id)


def _follow(by: Membership, case: Case, source_id: UUID) -> None:
    if case.closed_at is not None:
        return
    waiting = reassessments(case)
    for each in owed(case):
        if each.grid_id is None or each.due.at is None:
            # what fell to the agency that leads without a grid of its own is told when it is due
            continue
        _owe(by, case, each, [row for row in waiting if row.grid_id == each.grid_id], source_id)
    note_earliest(case)


def _owe(by: Membership, case: Case, each: Owed, waiting: list[FollowUp], source_id: UUID) -> None:
    # a date no level gives was set by something else (a turning point): only a signature puts it off
    sooner = [row.due_at for row in waiting if row.due_at < each.due.at and row.due_at not in each.due.dates]
    due_at = min([each.due.at, *sooner])
    if [(row.agency_id, row.due_at) for row in waiting] == [(each.agency.pk, due_at)]:
        return
    plan_reassessment(
        by=by,
        case=case,
        agency=each.agency,
        grid_id=each.grid_id,
        due_at=due_at,
        source_id=source_id,
        instead_of=waiting,
    )
