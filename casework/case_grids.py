"""The assessments of a case, grid by grid, as far as the acting agency may know: level, whose it is, when it is due."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import get_language

from cases.access import CaseAccess
from cases.models import Case
from cases.who_sees import who_sees
from followups.reassessments import reassessments
from riskassessment import duties, levels
from riskassessment.models import Assessment
from riskassessment.standing import dues
from riskassessment.turning import kinds_for, turning_points_of
from riskassessment.versions import definition_of

from . import coordinating
from .over_time import story_of

FEW = 6
"""The latest; the page of the risk over time has them all."""


def grids(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """Each grid that gives the case a level and that this agency reads, wrote, or owes; None where there is none."""
    found = dues(case)
    if not found:
        return None
    owed = {each.grid_id: each for each in duties.owed(case, found)}
    signed = Assessment.objects.filter(case=case, signed_at__isnull=False).filter(access.readable())
    rows_read = list(signed.values_list("pk", "agency", "grid_version__grid"))
    readable = {grid_id for _pk, _agency, grid_id in rows_read}
    own = {pk for pk, agency_id, _grid in rows_read if agency_id == access.agency_id}
    due_at = {each.grid_id: each.due_at for each in reversed(reassessments(case, lock=False))}
    known = {reader.agency.pk: reader.agency.short_name for reader in who_sees(case, access).readers}
    rows = []
    for due in found:
        agency = owed[due.grid_id].agency if due.grid_id in owed else None
        mine = agency is not None and agency.pk == access.agency_id
        if due.grid_id not in readable and not mine:
            continue
        grid, version = definition_of(due.version), due.version
        hands_over = mine and duties.may_hand_over(access, access.agency_id)
        rows.append(
            {
                "grid_id": due.grid_id,
                "title": grid.title.translated(get_language() or "fr"),
                "demonstration": grid.demonstration,
                "stands": due.stands if access.level else _own_standing(case, due.grid_id, own),
                "responsible": known.get(agency.pk, "") if agency else "",
                "mine": mine,
                "due": due_at.get(due.grid_id, due.at) if case.closed_at is None else None,
                "may_hand_over": hands_over and bool(duties.candidates(case, access, version)),
            }
        )
    return {"case": case, "rows": rows} if rows else None


def proposal(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, str] | None:
    """What a high or critical level calls for: that the coordination is asked."""
    return coordinating.proposal(case, access)


def _own_standing(case: Case, grid_id: UUID, own: set[UUID]) -> levels.Standing | None:
    """What the agency's own assessments with a grid say, for one that does not receive the level: those of another
    service with the same grid are not told.
    """
    mine = [each for each in story_of(case) if each.grid_id == grid_id and each.assessment_id in own]
    return levels.standing((each.signed_at, each.gives) for each in mine) if mine else None


def turning_points(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """What has changed, as far as this agency reads it, and whether it may say that something has."""
    rows = list(turning_points_of(case, access)[:FEW])
    if not rows and not access.contribute:
        return None
    readers = {reader.agency.pk for reader in who_sees(case, access).readers} if rows else set()
    return {
        "case": case,
        "rows": [{"point": row, "agency": row.agency.short_name if row.agency_id in readers else ""} for row in rows],
        "may_note": bool(kinds_for(access)) and case.closed_at is None,
    }
