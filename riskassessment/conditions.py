"""When a question is shown, and when a rule of scoring holds: two closed trees. Pure: no Django, no database.

`Condition` looks at answers ("is", "from") and may say not. `Rising` looks at weights and counts, only with operators
that rise: once it holds, a further risk answer never makes it fail.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Literal

from pydantic import Field, StrictInt

from common.texts import Frozen

from .words import Code

MAX_DEPTH = 5  # operators below each other
_MANY = 50  # branches of one operator
_BIG = 1_000_000_000

Value = str | int | list[str]


class Is(Frozen):
    """The answer to a question is one of these: yes, no, unknown, not_asked, or ids of its options."""

    op: Literal["is"]
    item: Code
    values: tuple[Code, ...] = Field(min_length=1, max_length=_MANY)


class AtLeast(Frozen):
    """The answer to a scale or a number is this value or more; unknown is not."""

    op: Literal["from"]
    item: Code
    value: StrictInt = Field(ge=-_BIG, le=_BIG)


class All(Frozen):
    """Every branch holds."""

    op: Literal["all"]
    of: tuple["Condition", ...] = Field(min_length=1, max_length=_MANY)


class Any(Frozen):
    """One branch at least holds."""

    op: Literal["any"]
    of: tuple["Condition", ...] = Field(min_length=1, max_length=_MANY)


class Not(Frozen):
    """The branch does not hold."""

    op: Literal["not"]
    of: "Condition"


class Some(Frozen):
    """So many branches hold, or more."""

    op: Literal["some"]
    count: StrictInt = Field(ge=1)
    of: tuple["Condition", ...] = Field(min_length=1, max_length=_MANY)


Condition = Annotated[Is | AtLeast | All | Any | Not | Some, Field(discriminator="op")]


class Points(Frozen):
    """The answer to this question weighs so much or more."""

    op: Literal["points"]
    item: Code
    from_: StrictInt = Field(alias="from", ge=1, le=_BIG)


class Criticals(Frozen):
    """So many questions, or more, have a critical answer."""

    op: Literal["criticals"]
    from_: StrictInt = Field(alias="from", ge=1, le=_BIG)


class Score(Frozen):
    """What adds up, over the grid or over one dimension, reaches so much."""

    op: Literal["score"]
    dimension: Code | None = None
    from_: StrictInt = Field(alias="from", ge=1, le=_BIG)


class AllRise(Frozen):
    """Every branch holds."""

    op: Literal["all"]
    of: tuple["Rising", ...] = Field(min_length=1, max_length=_MANY)


class AnyRises(Frozen):
    """One branch at least holds."""

    op: Literal["any"]
    of: tuple["Rising", ...] = Field(min_length=1, max_length=_MANY)


class SomeRise(Frozen):
    """So many branches hold, or more."""

    op: Literal["some"]
    count: StrictInt = Field(ge=1)
    of: tuple["Rising", ...] = Field(min_length=1, max_length=_MANY)


Rising = Annotated[Points | Criticals | Score | AllRise | AnyRises | SomeRise, Field(discriminator="op")]

for _tree in (All, Any, Not, Some, AllRise, AnyRises, SomeRise):
    _tree.model_rebuild()


def branches(tree: Condition | Rising) -> tuple[tuple[str, "Condition | Rising"], ...]:
    """What stands directly below an operator, each with its path from there (`of`, `of[2]`); empty for a leaf."""
    if isinstance(tree, Not):
        return (("of", tree.of),)
    return tuple((f"of[{position}]", branch) for position, branch in enumerate(getattr(tree, "of", ())))


def nodes(tree: Condition | Rising, path: str = "", depth: int = 1) -> Iterator[tuple[str, int, "Condition | Rising"]]:
    """Every operator of a tree with its path and how deep it stands (1 for the first), from the top."""
    yield path, depth, tree
    for step, branch in branches(tree):
        yield from nodes(branch, f"{path}.{step}" if path else step, depth + 1)


def items_in(tree: Condition | Rising) -> frozenset[str]:
    """Ids of the questions a tree looks at."""
    return frozenset(node.item for _, _, node in nodes(tree) if isinstance(node, (Is, AtLeast, Points)))


def holds(condition: Condition, value: Callable[[str], Value]) -> bool:
    """Whether a condition holds; `value(id)` is the answer to a question, "not_asked" where there is none."""
    if isinstance(condition, Is):
        given = value(condition.item)
        return any(one in condition.values for one in (given if isinstance(given, list) else [given]))
    if isinstance(condition, AtLeast):
        given = value(condition.item)
        return isinstance(given, int) and given >= condition.value
    if isinstance(condition, Not):
        return not holds(condition.of, value)
    met = sum(holds(branch, value) for branch in condition.of)
    return met >= _needed(condition)


def rises(rule: Rising, *, points: Callable[[str], int], criticals: int, score: Callable[[str | None], int]) -> bool:
    """Whether a rule of scoring holds.

    `points(id)` is what the answer to a question weighs, `criticals` how many questions have a critical answer,
    `score(dimension)` what adds up there, over the whole grid for None.
    """
    if isinstance(rule, Points):
        return points(rule.item) >= rule.from_
    if isinstance(rule, Criticals):
        return criticals >= rule.from_
    if isinstance(rule, Score):
        return score(rule.dimension) >= rule.from_
    met = sum(rises(branch, points=points, criticals=criticals, score=score) for branch in rule.of)
    return met >= _needed(rule)


def _needed(tree: All | Any | Some | AllRise | AnyRises | SomeRise) -> int:
    if isinstance(tree, (Some, SomeRise)):
        return tree.count
    return len(tree.of) if tree.op == "all" else 1
