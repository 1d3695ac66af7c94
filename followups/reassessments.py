"""Reassessments of a case: one open for each grid, the first due says by when the case is assessed again."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Min

from agencies.models import Agency, Membership
from cases.access import participants
from cases.models import Case
from cases.services import set_reassess_by
from common.acting import SystemContext, system_context
from common.clock import now
from common.ids import uuid7
from riskassessment.duties import owed

from .models import FollowUp, FollowUpKind
from .planning import plan
from .settling import end


def reassessments(case: Case, *, lock: bool = True) -> list[FollowUp]:
    """The open reassessments of a case, whoever owes them, the first due first."""
    rows = FollowUp.objects.filter(case=case, kind=FollowUpKind.REASSESSMENT, settled_at=None)
    rows = rows.select_related("agency").order_by("due_at", "pk")
    with system_context(SystemContext.REMINDERS):
        return list(rows.select_for_update(of=("self",)) if lock else rows)


def end_reassessments(*, by: Membership | None, follow_ups: Iterable[FollowUp], outcome: str) -> None:
    """Settle these: "done" by a grid that was signed, "replaced" by another one."""
    with system_context(SystemContext.REMINDERS):
        for follow_up in follow_ups:
            end(follow_up, by=by, outcome=outcome)


def plan_reassessment(
    *,
    by: Membership | None,
    case: Case,
    agency: Agency,
    grid_id: UUID | None,
    due_at: datetime,
    source_id: UUID,
    instead_of: Iterable[FollowUp] = (),
    planned_by: Agency | None = None,
    remind_at: datetime | None = None,
) -> FollowUp:
    """Owe the assessment of a case with a grid (None: with any that gives a level) in the place of these.

    Whose act it follows from learns nothing of it, unless `planned_by` says so.
    """
    end_reassessments(by=by, follow_ups=instead_of, outcome="replaced")
    with system_context(SystemContext.REMINDERS):
        taken = FollowUp.objects.filter(kind=FollowUpKind.REASSESSMENT, source_id=source_id, grid=grid_id).exists()
    return plan(
        by=by,
        case=case,
        kind=FollowUpKind.REASSESSMENT,
        agency=agency,
        # the same act may move a date twice: the second row then stands for itself
        source_id=uuid7() if taken else source_id,
        due_at=due_at,
        planned_by=planned_by or agency,
        remind_at=remind_at,
        grid_id=grid_id,
    )


def reassess_sooner(
    *, by: Membership | None, case: Case, source_id: UUID, due_at: datetime, otherwise: Agency | None
) -> list[FollowUp]:
    """Owe the reassessment with each grid of the case by `due_at`: who owes one later owes it sooner, and one that is
    due before stays as it is. Where no grid was ever signed: to who owes one already, else to `otherwise`.

    Told at once. Returns what was brought forward or is new.
    """
    if case.closed_at is not None:
        return []
    waiting = reassessments(case)
    working = participants([case])
    wanted = {each.grid_id: each.agency for each in owed(case)}
    free = [each for each in waiting if each.grid_id is None and working.takes_part(case, each.agency)]
    if free:
        wanted[None] = free[0].agency
    if not wanted and otherwise is not None:
        wanted[None] = otherwise
    planned = []
    for grid_id, agency in wanted.items():
        same = [each for each in waiting if each.grid_id == grid_id]
        if any(each.due_at <= due_at and each.agency_id == agency.pk for each in same):
            continue
        soonest = min([due_at, *(each.due_at for each in same)])
        planned.append(
            plan_reassessment(
                by=by, case=case, agency=agency, grid_id=grid_id, due_at=soonest, source_id=source_id,
                instead_of=same, remind_at=now(),
            )
        )  # fmt: skip
    note_earliest(case)
    return planned


def note_earliest(case: Case) -> None:
    """The case says by when it is assessed again first; where nothing is owed, what its level says."""
    with system_context(SystemContext.REMINDERS):
        waiting = FollowUp.objects.filter(case=case, kind=FollowUpKind.REASSESSMENT, settled_at=None)
        earliest = waiting.aggregate(earliest=Min("due_at"))["earliest"]
        if earliest is not None:
            set_reassess_by(case=case, at=earliest)
