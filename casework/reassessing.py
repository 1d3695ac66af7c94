"""The next assessment with each grid is owed, once, by the agency responsible for it, when the level asks for it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from agencies.models import Membership
from cases.enums import ParticipationSide
from cases.models import Case
from common.clock import now
from followups.models import FollowUp
from followups.reassessments import end_reassessments, note_earliest, plan_reassessment, reassessments
from riskassessment.duties import Owed, owed
from riskassessment.models import Assessment
from sharing.services import sides_in


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


def after_monitoring(*, by: Membership, case: Case, source_id: UUID) -> None:
    """The case is watched closely from now on: its grids are assessed again sooner."""
    _follow(by, case, source_id)


def _follow(by: Membership, case: Case, source_id: UUID) -> None:
    if case.closed_at is not None:
        return
    waiting = reassessments(case)
    for each in _watched(case, owed(case)):
        if each.grid_id is None or each.due.at is None:
            # what fell to the agency that leads without a grid of its own is told when it is due
            continue
        _owe(by, case, each, [row for row in waiting if row.grid_id == each.grid_id], source_id)
    note_earliest(case)


def _watched(case: Case, found: list[Owed]) -> list[Owed]:
    """The same dates; under close monitoring, none further away than the days it leaves. Not on his side, where that
    would tell of it.
    """
    if case.monitored_since is None or not found:
        return found
    latest = now() + timedelta(days=settings.MONITORING_REASSESS_DAYS)
    sides = sides_in(case, [each.agency for each in found])
    return [
        each
        if sides[each.agency.pk] == ParticipationSide.PERPETRATOR or (each.due.at and each.due.at <= latest)
        else replace(each, due=replace(each.due, at=latest, dates=each.due.dates | {latest}))
        for each in found
    ]


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
