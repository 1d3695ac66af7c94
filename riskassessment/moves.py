"""How what a case stands at has moved, act by act. Pure: no Django, no database, no clock.

Told again from the same rows and by the same rules as what the case stands at now (`levels`): the last move is that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from . import levels

Act = Literal["signed", "concluded", "countersigned"]


@dataclass(frozen=True)
class Signed:
    """A signed assessment as far as its level goes: what it indicates, what was retained, and when each was signed."""

    assessment_id: UUID
    grid_id: UUID
    signed_at: datetime
    indicative: str
    concluded_at: datetime | None = None
    retained: str = ""
    countersigned_at: datetime | None = None
    lowered: bool = False

    @property
    def gives(self) -> levels.Effective:
        """The level it gives now."""
        return levels.effective(
            indicative=self.indicative,
            retained=self.retained,
            countersigned=self.countersigned_at is not None,
            lowered=self.lowered,
        )

    def gave(self, acts: frozenset[Act]) -> levels.Effective:
        """The level it gave once these acts were done."""
        return levels.effective(
            indicative=self.indicative,
            retained=self.retained if "concluded" in acts else "",
            countersigned="countersigned" in acts,
            lowered=self.lowered,
        )


@dataclass(frozen=True)
class Move:
    """An act, and what its grid and the case stood at after it; `moved` where the case did not stand there before."""

    at: datetime
    act: Act
    signed: Signed
    grid: levels.Standing
    case: levels.Standing
    moved: bool


def moves(story: Sequence[Signed]) -> list[Move]:
    """Every act on these assessments, in the order of time, with what followed from it.

    `story` is in the order `standing` reads it, the latest first: where two were signed in the same instant, the rules
    of levels see them in that order.
    """
    done: dict[UUID, frozenset[Act]] = {}
    grids: dict[UUID, levels.Standing] = {}
    by_grid: dict[UUID, list[Signed]] = {}
    for one in story:
        by_grid.setdefault(one.grid_id, []).append(one)
    told: list[Move] = []
    before = levels.Standing()
    for at, act, one in _acts(story):
        done[one.assessment_id] = done.get(one.assessment_id, frozenset()) | {act}
        grids[one.grid_id] = levels.standing(
            (each.signed_at, each.gave(done[each.assessment_id]))
            for each in by_grid[one.grid_id]
            if each.assessment_id in done
        )
        case = levels.highest(grids.values())
        moved = (case.level, case.provisional) != (before.level, before.provisional)
        told.append(Move(at, act, one, grids[one.grid_id], case, moved))
        before = case
    return told


def _acts(story: Iterable[Signed]) -> list[tuple[datetime, Act, Signed]]:
    """Each act with its moment; a signature before what rests on it, in whatever instant they were given."""
    acts: list[tuple[datetime, int, Act, Signed]] = []
    for one in story:
        acts.append((one.signed_at, 0, "signed", one))
        if one.concluded_at is not None:
            acts.append((max(one.signed_at, one.concluded_at), 1, "concluded", one))
            if one.countersigned_at is not None:
                acts.append((max(one.signed_at, one.concluded_at, one.countersigned_at), 2, "countersigned", one))
    return [(at, act, one) for at, _rank, act, one in sorted(acts, key=lambda entry: entry[:2])]


def disagreeing(story: Sequence[Signed]) -> frozenset[UUID]:
    """The assessments by which two grids disagree now: those that hold a grid at high, critical or low.

    Empty where none disagree.
    """
    by_grid: dict[UUID, list[Signed]] = {}
    for one in story:
        by_grid.setdefault(one.grid_id, []).append(one)
    stand = [
        (levels.standing((each.signed_at, each.gives) for each in of_grid), of_grid) for of_grid in by_grid.values()
    ]
    if not levels.disagree(stands for stands, _of_grid in stand):
        return frozenset()
    return frozenset(
        next(each.assessment_id for each in of_grid if each.signed_at == stands.at)
        for stands, of_grid in stand
        if stands.level in ("low", "high", "critical")
    )
