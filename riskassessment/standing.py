"""What a case stands at, and by when it is assessed again with each grid: summed from every signed assessment, whoever
may read it. Levels and moments only; no answer leaves this module.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cases.models import Case
from cases.services import set_level
from common.acting import SystemContext, system_context

from . import levels, moves
from .models import Assessment, GridVersion
from .rules import LEVELS
from .versions import definition_of


@dataclass(frozen=True)
class Due:
    """When a case is to be assessed again with a grid, counted from its latest signature, and what the grid says.

    `version` is the one signed last, `dates` what each level would make of `at`.
    """

    grid_id: UUID
    assessment_id: UUID
    agency_id: UUID
    version: GridVersion
    at: datetime | None
    dates: frozenset[datetime]
    stands: levels.Standing


def restate(*, case: Case) -> Case:
    """Set what the case stands at, the highest of its grids, and by when it is assessed again, the earliest of them."""
    by_grid = _signed(case)
    stands = levels.highest(
        levels.standing((each.signed_at, levels.of(each)) for each in history) for history in by_grid.values()
    )
    dues = [due.at for due in _dues(by_grid, stands.level) if due.at is not None]
    return set_level(
        case=case,
        level=stands.level,
        provisional=stands.provisional,
        at=stands.at,
        reassess_by=min(dues, default=None),
    )


def dues(case: Case) -> list[Due]:
    """Each grid that was signed in this case and gives a level, with its next assessment at the level of the case."""
    return _dues(_signed(case), case.level)


def standings(case: Case) -> dict[UUID, levels.Standing]:
    """What each grid says the case stands at, by grid. For who may know that a grid was filled in at all."""
    return {
        grid: levels.standing((each.signed_at, levels.of(each)) for each in history)
        for grid, history in _signed(case).items()
    }


def story(case: Case) -> list[moves.Signed]:
    """Every signed assessment whose grid gives a level, as far as its level goes, the latest first. One query.

    For `moves.moves`, and for who may know the level; who may read which of them is asked apart.
    """
    with system_context(SystemContext.LEVELS):
        rows = (
            Assessment.objects.filter(case=case, signed_at__isnull=False)
            .exclude(indicative_level="")
            .order_by("-signed_at", "-pk")
            .values_list(
                "pk",
                "grid_version__grid_id",
                "signed_at",
                "indicative_level",
                "conclusion__signed_at",
                "conclusion__level",
                "conclusion__countersignature__signed_at",
                "conclusion__lowers",
            )
        )
        return [moves.Signed(*row[:5], row[5] or "", row[6], bool(row[7])) for row in rows]


def _signed(case: Case) -> dict[UUID, list[Assessment]]:
    """Signed assessments whose grid gives a level, by grid, the latest first."""
    found: dict[UUID, list[Assessment]] = defaultdict(list)
    with system_context(SystemContext.LEVELS):
        rows = (
            Assessment.objects.filter(case=case, signed_at__isnull=False)
            .exclude(indicative_level="")
            .defer("answers")
            .select_related("grid_version__grid", "conclusion__countersignature")
            .order_by("-signed_at", "-pk")
        )
        for row in rows:
            found[row.grid_version.grid_id].append(row)
    return found


def _dues(by_grid: dict[UUID, list[Assessment]], level: str) -> list[Due]:
    """Where no level is known, as if it were high."""
    found = []
    for grid_id, history in by_grid.items():
        latest = history[0]
        cadence = definition_of(latest.grid_version).reassess_after_hours
        hours = {each: cadence.hours(each) for each in LEVELS} if cadence else {}
        dates = {each: latest.signed_at + timedelta(hours=hours[each]) for each in hours}
        found.append(
            Due(
                grid_id,
                latest.pk,
                latest.agency_id,
                latest.grid_version,
                dates.get(level or "high"),
                frozenset(dates.values()),
                levels.standing((each.signed_at, levels.of(each)) for each in history),
            )
        )
    return found
