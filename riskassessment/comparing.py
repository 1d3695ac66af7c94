"""Two assessments beside each other. Pure: no Django, no database, no clock.

Of the same grid: question by question, also where the grid has a new version (a question is the same where its id is).
Of two grids: by what their questions are about (`factors`), the strongest answer on each side.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from .answers import Answer, asked, known
from .definition import GridDefinition
from .factors import FACTORS, Factor
from .items import DateItem, Question, TextItem, YesNoItem
from .scoring import is_critical, points

Change = Literal["worse", "better", "newly_known", "no_longer_known", "other", "same"]
CHANGES: tuple[Change, ...] = ("worse", "better", "newly_known", "no_longer_known", "other", "same")
"""In the order they are read: what got worse first."""


@dataclass(frozen=True)
class Compared:
    """A question in both assessments. `before` and `after` are as each version asks it; an answer may be None.

    `reworded`: the question, its period or the words of its answers are no longer the same.
    """

    change: Change
    before: Question
    after: Question
    was: Answer | None
    now: Answer | None
    critical: bool
    reworded: bool

    @property
    def commented_anew(self) -> bool:
        """Whether the words beside the answer, who said so or the day are others than before."""
        return _beside(self.was) != _beside(self.now)


@dataclass(frozen=True)
class Alone:
    """A question that only one of the two versions asks, and what was answered there."""

    question: Question
    answer: Answer | None


@dataclass(frozen=True)
class Comparison:
    """All questions of two versions of a grid, each once, by what changed; within a change the critical ones first."""

    lines: dict[Change, list[Compared]]
    added: list[Alone] = field(default_factory=list)
    removed: list[Alone] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """How many questions are answered otherwise than before."""
        return sum(len(lines) for change, lines in self.lines.items() if change != "same")


def compare(
    before: GridDefinition,
    answered_before: Mapping[str, Answer],
    after: GridDefinition,
    answered_after: Mapping[str, Answer],
) -> Comparison:
    """What changed from an assessment to a later one of the same grid, in the same version or another."""
    lines: dict[Change, list[Compared]] = {change: [] for change in CHANGES}
    for item in after.questions:
        if item.id not in before.by_id:
            continue
        old = before.by_id[item.id]
        was, now = answered_before.get(item.id), answered_after.get(item.id)
        change = _change(old, was, item, now)
        critical = is_critical(item, now) or is_critical(old, was)
        lines[change].append(Compared(change, old, item, was, now, critical, _words(old) != _words(item)))
    for change in lines:
        if change != "same":
            lines[change].sort(key=lambda line: not line.critical)  # stable: else in the order of the grid
    return Comparison(
        lines,
        added=[Alone(item, answered_after.get(item.id)) for item in after.questions if item.id not in before.by_id],
        removed=[Alone(item, answered_before.get(item.id)) for item in before.questions if item.id not in after.by_id],
    )


def _change(old: Question, was: Answer | None, item: Question, now: Answer | None) -> Change:
    if old.type != item.type:
        return "other" if known(old, was) or known(item, now) else "same"
    if not known(item, now):
        if known(old, was):
            return "no_longer_known"
        return "same" if asked(old, was) == asked(item, now) else "other"
    if not known(old, was):
        return "newly_known"
    if was.value == now.value:
        return "same"
    if isinstance(item, (TextItem, DateItem)):
        return "other"
    then, today = _strength(old, was), _strength(item, now)
    if item.protective != old.protective or then == today:
        return "other"
    return "worse" if today > then else "better"


def _strength(item: Question, answer: Answer | None) -> tuple[int, bool, int]:
    """How much an answer says of the danger, to be ordered: (known and telling, critical, points).

    Of a protective question, that the protection is missing; it counts for nothing, but it is read.
    """
    if item.protective:
        return (int(answer.value == "no"), False, 0)
    if isinstance(item, YesNoItem) and not item.scored:
        return (0, False, 0)
    return (1, is_critical(item, answer), points(item, answer))


def _words(item: Question) -> tuple[Any, ...]:
    """What a question says, its answers included."""
    options = tuple((option.id, option.text) for option in getattr(item, "options", ()))
    return (item.text, item.period, options, tuple(getattr(item, "labels", {}).items()), getattr(item, "unit", None))


def _beside(answer: Answer | None) -> tuple[str, str, str | None]:
    return (answer.comment, answer.source, answer.on) if answer else ("", "", None)


# --- two grids ------------------------------------------------------------------------------------------------
Weighs = Literal["critical", "present", "absent", "unknown", "not_asked"]
WEIGHS: tuple[Weighs, ...] = ("not_asked", "unknown", "absent", "present", "critical")  # from the weakest


@dataclass(frozen=True)
class Strongest:
    """What one grid says of a factor: its strongest answer, and to which question; no question where it asks none."""

    weighs: Weighs
    question: Question | None = None
    answer: Answer | None = None
    others: tuple[tuple[Question, Answer | None], ...] = ()

    @property
    def says(self) -> bool:
        """Whether it is answered yes or no."""
        return self.weighs in ("critical", "present", "absent")


@dataclass(frozen=True)
class FactorLine:
    """A factor as two grids answer it."""

    factor: Factor
    one: Strongest
    other: Strongest

    @property
    def differs(self) -> bool:
        """Whether both know, and one sees a danger where the other sees none."""
        return self.one.says and self.other.says and (self.one.weighs == "absent") != (self.other.weighs == "absent")

    @property
    def only_one(self) -> bool:
        """Whether one knows what the other did not ask, or could not learn."""
        return self.one.says != self.other.says


def side_by_side(
    one: GridDefinition,
    answers_of_one: Mapping[str, Answer],
    other: GridDefinition,
    answers_of_other: Mapping[str, Answer],
) -> list[FactorLine]:
    """The factors that at least one of two grids asks about: those where they differ, those only one of them knows,
    those where they agree, those neither knows; each group in the order of the closed list.
    """
    lines = []
    for factor in FACTORS:
        line = FactorLine(factor, strongest(one, answers_of_one, factor), strongest(other, answers_of_other, factor))
        if line.one.question is not None or line.other.question is not None:
            lines.append(line)
    return sorted(lines, key=lambda line: (not line.differs, not line.only_one, not line.one.says))


def strongest(grid: GridDefinition, answers: Mapping[str, Answer], factor: Factor) -> Strongest:
    """The strongest answer of a grid about a factor. Unknown is not absent: it says less than a no.

    A question that counts for nothing says something only where it is answered yes or no.
    """
    found = [
        (item, answers.get(item.id))
        for item in grid.questions
        if item.factor == factor and not item.protective and (item.scored or isinstance(item, YesNoItem))
    ]
    if not found:
        return Strongest("not_asked")
    found.sort(
        key=lambda pair: (WEIGHS.index(weighs(*pair)), points(*pair)), reverse=True
    )  # stable: the first of equals, in the order of the grid
    (item, answer), *others = found
    return Strongest(weighs(item, answer), item, answer, tuple(others))


def weighs(item: Question, answer: Answer | None) -> Weighs:
    """What an answer says of the factor its question is about."""
    if not known(item, answer):
        return "unknown" if asked(item, answer) else "not_asked"
    if is_critical(item, answer):
        return "critical"
    if points(item, answer) or (isinstance(item, YesNoItem) and answer.value == "yes"):
        return "present"
    return "absent"


# --- which ones -----------------------------------------------------------------------------------------------
def previous(signed: Iterable[Any]) -> dict[UUID, UUID]:
    """{assessment: the one signed before it with the same grid}, among signed assessments with their versions."""
    by_grid: dict[UUID, list[Any]] = {}
    for one in sorted(signed, key=lambda one: (one.signed_at, one.pk)):
        by_grid.setdefault(one.grid_version.grid_id, []).append(one)
    return {
        after.pk: before.pk for of_grid in by_grid.values() for before, after in zip(of_grid, of_grid[1:], strict=False)
    }
