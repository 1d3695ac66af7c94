"""What must hold between the parts of a grid, beyond the shape of each. Pure: no Django, no database.

Every function yields a `Problem` with the path of what must be corrected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from . import conditions
from .conditions import AtLeast, Criticals, Is, Points, Rising, Score, Some, SomeRise
from .items import (
    MAX_STEPS,
    QUESTIONS,
    RESERVED,
    Band,
    GroupItem,
    InfoItem,
    MultiItem,
    NumberItem,
    Question,
    ScaleItem,
    SingleItem,
    YesNoItem,
)
from .problems import Problem, below
from .rules import LEVELS, RANK, Scoring, Threshold

if TYPE_CHECKING:
    from .definition import GridDefinition, Placed

MAX_QUESTIONS = 500
YES_NO = ("yes", "no", *RESERVED)
PLACES = {("risk", "case"), ("psychosocial", "victim"), ("perpetrator_work", "perpetrator")}


def problems(grid: GridDefinition) -> Iterator[Problem]:
    """Everything that does not hold together in a grid."""
    yield from _head(grid)
    yield from _sections(grid)
    yield from _items(grid)
    yield from _visibility(grid)
    yield from _levels(grid)


def _twice(ids: Iterable[tuple[str, str]], what: str) -> Iterator[Problem]:
    """Ids that stand more than once, given with their paths."""
    seen: set[str] = set()
    for path, one in ids:
        if one in seen:
            yield Problem(path, f"the id “{one}” is already used by another {what}")
        seen.add(one)


# --- the grid itself --------------------------------------------------------------------------------------
def _head(grid: GridDefinition) -> Iterator[Problem]:
    if grid.demonstration and grid.notice is None:
        yield Problem("notice", "a demonstration grid says so in a notice")
    for position, kind in enumerate(grid.agency_kinds):
        if kind in grid.agency_kinds[:position]:
            yield Problem(f"agency_kinds[{position}]", f"“{kind}” is already listed")
    if (grid.category, grid.side) not in PLACES:
        sides = ", ".join(sorted(side for category, side in PLACES if category == grid.category))
        yield Problem("side", f"answers of category “{grid.category}” stand on the side: {sides}")
    if grid.leads_to is not None and grid.kind != "checklist":
        yield Problem("leads_to", "only a checklist leads to a full grid")
    elif grid.leads_to == grid.slug:
        yield Problem("leads_to", "a checklist leads to another grid")
    if grid.level_names is not None and grid.kind != "scored":
        yield Problem("level_names", f"a grid that is {_a(grid)} gives no level: leave this out")


def _a(grid: GridDefinition) -> str:
    return "unscored" if grid.kind == "unscored" else "a checklist"


def _sections(grid: GridDefinition) -> Iterator[Problem]:
    yield from _twice(((f"sections[{n}].id", section.id) for n, section in enumerate(grid.sections)), "section")
    yield from _twice(((f"dimensions[{n}].id", one.id) for n, one in enumerate(grid.dimensions)), "dimension")
    filled = {item.section for item in grid.items}
    known = {dimension.id for dimension in grid.dimensions}
    for position, section in enumerate(grid.sections):
        path = f"sections[{position}]"
        if section.id not in filled:
            yield Problem(path, f"the section “{section.id}” has no item")
        if section.dimension is not None and section.dimension not in known:
            yield _no_dimension(f"{path}.dimension", section.dimension, known)


def _no_dimension(path: str, given: str, known: set[str]) -> Problem:
    return Problem(path, f"there is no dimension “{given}” (dimensions: {', '.join(sorted(known)) or 'none'})")


# --- items ------------------------------------------------------------------------------------------------
def _items(grid: GridDefinition) -> Iterator[Problem]:
    placed = list(grid.written())
    yield from _twice(((f"{one.path}.id", one.item.id) for one in placed), "item")
    sections = [section.id for section in grid.sections]
    known = {dimension.id for dimension in grid.dimensions}
    for one in placed:
        item, path = one.item, one.path
        if one.group is not None:
            if item.section is not None:
                yield Problem(f"{path}.section", "what stands in a group has the section of the group: leave this out")
        elif item.section is None:
            yield Problem(f"{path}.section", f"give the section it stands in (sections: {', '.join(sections)})")
        elif item.section not in sections:
            yield Problem(f"{path}.section", f"there is no section “{item.section}” (sections: {', '.join(sections)})")
        if isinstance(item, QUESTIONS):
            if item.dimension is not None and item.dimension not in known:
                yield _no_dimension(f"{path}.dimension", item.dimension, known)
            yield from _question(grid, item, path)
        elif isinstance(item, GroupItem) and not any(isinstance(member, QUESTIONS) for member in item.items):
            yield Problem(f"{path}.items", "a group holds at least one question")

    questions = [one.item for one in placed if isinstance(one.item, QUESTIONS)]
    if len(questions) > MAX_QUESTIONS:
        yield Problem("items", f"at most {MAX_QUESTIONS} questions; there are {len(questions)}")
    if not questions:
        yield Problem("items", "there is no question")
    elif grid.kind != "unscored" and not grid.judges and not any(item.scored for item in questions):
        yield Problem("items", "no question counts: give at least one risk question a weight")


def _question(grid: GridDefinition, item: Question, path: str) -> Iterator[Problem]:
    if isinstance(item, YesNoItem):
        yield from _yes_no(grid, item, path)
    elif isinstance(item, (SingleItem, MultiItem)):
        yield from _options(item, path)
    elif isinstance(item, (ScaleItem, NumberItem)):
        yield from _measure(item, path)
    if grid.kind == "unscored":
        yield from _nothing_counts(item, path)
    elif grid.kind == "checklist":
        for where, weight in _weights(item, path):
            if weight > 1:
                yield Problem(where, "a checklist only counts: the weight is 0 or 1")


def _yes_no(grid: GridDefinition, item: YesNoItem, path: str) -> Iterator[Problem]:
    if item.protective:
        if item.weight is not None:
            yield Problem(f"{path}.weight", "a protective question has no weight: it is never taken off the risk")
        if item.critical:
            yield Problem(f"{path}.critical", "a protective question cannot be critical")
    elif item.weight is None and grid.kind != "unscored":
        yield Problem(f"{path}.weight", "a risk question needs a weight (0 records it without counting it)")


def _nothing_counts(item: Question, path: str) -> Iterator[Problem]:
    if item.protective:
        yield Problem(f"{path}.protective", "nothing counts in an unscored grid: leave this out")
    if isinstance(item, YesNoItem) and item.critical:
        yield Problem(f"{path}.critical", "nothing counts in an unscored grid: leave this out")
    for where, weight in _weights(item, path):
        if weight:
            yield Problem(where, "nothing counts in an unscored grid: leave this out")
    for where, part in _parts(item, path):
        if part.critical:
            yield Problem(f"{where}.critical", "nothing counts in an unscored grid: leave this out")


def _parts(item: Question, path: str) -> list[tuple[str, object]]:
    """Options or bands with their paths."""
    name = "options" if isinstance(item, (SingleItem, MultiItem)) else "bands"
    return [(f"{path}.{name}[{position}]", part) for position, part in enumerate(getattr(item, name, ()))]


def _weights(item: Question, path: str) -> Iterator[tuple[str, int]]:
    if isinstance(item, YesNoItem):
        yield f"{path}.weight", item.weight or 0
    for where, part in _parts(item, path):
        yield f"{where}.weight", part.weight


def _options(item: SingleItem | MultiItem, path: str) -> Iterator[Problem]:
    yield from _twice(((f"{where}.id", option.id) for where, option in _parts(item, path)), "option")
    for where, option in _parts(item, path):
        if option.id in RESERVED:
            yield Problem(f"{where}.id", f"“{option.id}” can be answered to every question: choose another id")
        if getattr(option, "exclusive", False):
            if option.weight:
                yield Problem(f"{where}.weight", "an option that stands alone weighs nothing")
            if option.critical:
                yield Problem(f"{where}.critical", "an option that stands alone is not critical")
    if isinstance(item, MultiItem) and item.most is not None:
        if not 0 < item.most <= sum(option.weight for option in item.options):
            total = sum(option.weight for option in item.options)
            yield Problem(f"{path}.most", f"between 1 and {total}, what its options weigh together")


def _measure(item: ScaleItem | NumberItem, path: str) -> Iterator[Problem]:
    if isinstance(item, ScaleItem):
        if not item.from_ < item.to <= item.from_ + MAX_STEPS:
            yield Problem(f"{path}.to", f"a scale goes up from {item.from_} by {MAX_STEPS} steps at most")
        for value in item.labels:
            if not item.least <= int(value) <= item.greatest:
                yield Problem(f"{path}.labels.{value}", f"the scale goes from {item.from_} to {item.to}")
    elif item.least >= item.greatest:
        yield Problem(f"{path}.max", f"must be above {item.least}")
    yield from _bands(item.bands, f"{path}.bands")
    for position, band in enumerate(item.bands):
        if not item.least <= band.from_ <= item.greatest:
            yield Problem(f"{path}.bands[{position}].from", f"answers go from {item.least} to {item.greatest}")


def _bands(bands: Sequence[Band], path: str) -> Iterator[Problem]:
    for position, (before, after) in enumerate(zip(bands, bands[1:], strict=False), start=1):
        if after.from_ <= before.from_:
            yield Problem(f"{path}[{position}].from", f"bands increase: {after.from_} must be above {before.from_}")
        if after.weight < before.weight:
            yield Problem(f"{path}[{position}].weight", f"more never weighs less: {before.weight} at least")
        if before.critical and not after.critical:
            yield Problem(f"{path}[{position}].critical", "what is critical stays critical further up")


# --- what is shown when -----------------------------------------------------------------------------------
def _visibility(grid: GridDefinition) -> Iterator[Problem]:
    everything = {one.item.id: one.item for one in grid.written()}
    before: dict[str, Question] = {}
    for one in grid.written():
        if one.item.visible_if is not None:
            yield from _condition(one, everything, before)
        if isinstance(one.item, QUESTIONS):
            before[one.item.id] = one.item


def _condition(one: Placed, everything: dict[str, object], before: dict[str, Question]) -> Iterator[Problem]:
    for path, depth, node in conditions.nodes(one.item.visible_if, f"{one.path}.visible_if"):
        if depth == conditions.MAX_DEPTH + 1:
            yield _too_deep(path)
        if isinstance(node, Some) and node.count > len(node.of):
            yield Problem(f"{path}.count", f"there are only {len(node.of)} branches")
        if isinstance(node, (Is, AtLeast)):
            if node.item in before:
                yield from _reference(node, before[node.item], path)
                if before[node.item].protective and _counts(one.item):
                    yield Problem(f"{path}.item", f"“{node.item}” protects: it never decides which risk is asked about")
            elif node.item not in everything:
                yield Problem(f"{path}.item", f"there is no question “{node.item}”")
            elif not isinstance(everything[node.item], QUESTIONS):
                yield Problem(f"{path}.item", f"“{node.item}” is no question: nothing is answered to it")
            else:
                where = "itself" if node.item == one.item.id else f"“{node.item}”, which is written after it"
                yield Problem(
                    f"{path}.item", f"“{one.item.id}” depends on {where}: only what is written before can decide"
                )


def _counts(item: Question | InfoItem | GroupItem) -> bool:
    return any(isinstance(one, QUESTIONS) and one.scored for one in getattr(item, "items", (item,)))


def _too_deep(path: str) -> Problem:
    return Problem(path, f"operators stand too deep within each other: at most {conditions.MAX_DEPTH}")


def _reference(node: Is | AtLeast, item: Question, path: str) -> Iterator[Problem]:
    if isinstance(node, AtLeast):
        if not isinstance(item, (ScaleItem, NumberItem)):
            yield Problem(f"{path}.item", f"“{item.id}” is no scale and no number: use “is”")
        elif not item.least <= node.value <= item.greatest:
            yield Problem(f"{path}.value", f"the answers to “{item.id}” go from {item.least} to {item.greatest}")
        return
    if isinstance(item, YesNoItem):
        allowed: tuple[str, ...] = YES_NO
    elif isinstance(item, (SingleItem, MultiItem)):
        allowed = (*(option.id for option in item.options), *RESERVED)
    else:
        yield Problem(f"{path}.item", f"“{item.id}” has no answers to choose from")
        return
    for position, value in enumerate(node.values):
        if value not in allowed:
            yield Problem(f"{path}.values[{position}]", f"“{value}” is no answer to “{item.id}”: {', '.join(allowed)}")


# --- levels -----------------------------------------------------------------------------------------------
def _levels(grid: GridDefinition) -> Iterator[Problem]:
    scored = [item for item in grid.questions if item.scored]
    if grid.coverage is not None and grid.kind != "unscored":
        limit = grid.coverage.max_unknown_count
        if limit is None and grid.coverage.max_unknown_percent is None:
            yield Problem("coverage", "give max_unknown_percent, max_unknown_count or both")
        if limit is not None and limit >= len(scored):
            yield Problem("coverage.max_unknown_count", f"must stay below the {len(scored)} questions that count")
    if grid.kind != "scored":
        unfit = ("scoring", "reassess_after_hours") + (("coverage",) if grid.kind == "unscored" else ())
        for name in unfit:
            if getattr(grid, name) is not None:
                what = "a checklist" if grid.kind == "checklist" else "an unscored grid"
                yield Problem(name, f"{what} gives no level: leave this out")
        return

    for name, why in (
        ("scoring", "a scored grid says how a level is reached"),
        ("coverage", "a scored grid says how much may stay unknown"),
        ("reassess_after_hours", "a scored grid says when to assess again"),
    ):
        if getattr(grid, name) is None and not (name == "coverage" and grid.judges):
            yield Problem(name, why)
    if grid.scoring is not None:
        yield from _fields_of_method(grid.scoring)
        yield from _sums(grid, grid.scoring)
        yield from _criticals(grid, grid.scoring, scored)
        yield from _rules(grid, grid.scoring)
    if grid.reassess_after_hours is not None:
        for lower, higher in zip(LEVELS, LEVELS[1:], strict=False):
            if grid.reassess_after_hours.hours(higher) > grid.reassess_after_hours.hours(lower):
                yield Problem(f"reassess_after_hours.{higher}", f"cannot be later than for “{lower}”")


_USES = {
    "weighted_sum": ("thresholds", "critical_rule", "rules"),
    "count": ("thresholds", "critical_rule", "rules"),
    "critical_rules": ("critical_rule", "rules"),
    "dimensions": ("dimensions", "combine", "critical_rule", "rules"),
    "judgement": (),
}


def _fields_of_method(scoring: Scoring) -> Iterator[Problem]:
    uses = _USES[scoring.method]
    for name in ("thresholds", "dimensions", "combine", "critical_rule", "rules"):
        if getattr(scoring, name) and name not in uses:
            yield Problem(f"scoring.{name}", f"the method “{scoring.method}” does not use this: leave it out")
    for name in ("thresholds", "dimensions"):
        if name in uses and not getattr(scoring, name):
            yield Problem(f"scoring.{name}", f"the method “{scoring.method}” needs {name}")
    if scoring.method == "critical_rules" and not scoring.rules and scoring.critical_rule is None:
        yield Problem("scoring.rules", "say what raises the level: rules, a critical rule or both")


def _sums(grid: GridDefinition, scoring: Scoring) -> Iterator[Problem]:
    if scoring.thresholds:
        yield from _thresholds(scoring.thresholds, "scoring.thresholds", grid.most())
    yield from _twice(
        ((f"scoring.dimensions[{n}].dimension", rule.dimension) for n, rule in enumerate(scoring.dimensions)),
        "rule",
    )
    known = {dimension.id for dimension in grid.dimensions}
    for position, rule in enumerate(scoring.dimensions):
        path = f"scoring.dimensions[{position}]"
        if rule.dimension not in known:
            yield _no_dimension(f"{path}.dimension", rule.dimension, known)
        else:
            yield from _thresholds(rule.thresholds, f"{path}.thresholds", grid.most(rule.dimension))
    if scoring.combine is not None:
        if scoring.combine.count > len(scoring.dimensions):
            yield Problem("scoring.combine.count", f"there are only {len(scoring.dimensions)} dimensions")
        if RANK[scoring.combine.level] <= RANK[scoring.combine.at]:
            yield Problem("scoring.combine.level", f"must be more severe than “{scoring.combine.at}”")
    if scoring.method == "dimensions":
        yield from _left_out(grid, scoring)


def _left_out(grid: GridDefinition, scoring: Scoring) -> Iterator[Problem]:
    """Questions with a weight that no dimension and no rule looks at."""
    ruled = {rule.dimension for rule in scoring.dimensions}
    named = {item_id for rule in scoring.rules for item_id in conditions.items_in(rule.when)}
    for one in grid.written():
        if not isinstance(one.item, QUESTIONS) or not one.item.most_points:
            continue
        if grid.dimension_of(one.item.id) not in ruled and one.item.id not in named:
            yield Problem(f"{one.path}.dimension", "it weighs something but belongs to no dimension with thresholds")


def _thresholds(thresholds: tuple[Threshold, ...], path: str, reachable: int) -> Iterator[Problem]:
    first = thresholds[0]
    if (first.level, first.min_score) != ("low", 0):
        yield Problem(f"{path}[0]", "the first threshold is “low” from 0")
    for position, (before, after) in enumerate(zip(thresholds, thresholds[1:], strict=False), start=1):
        if RANK[after.level] <= RANK[before.level]:
            yield Problem(f"{path}[{position}].level", f"“{after.level}” must be more severe than “{before.level}”")
        if after.min_score <= before.min_score:
            yield Problem(
                f"{path}[{position}].min_score",
                f"thresholds increase: {after.min_score} must be above {before.min_score}",
            )
    if thresholds[-1].min_score > reachable:
        yield Problem(f"{path}[{len(thresholds) - 1}].min_score", f"cannot be reached: the most is {reachable}")


def _criticals(grid: GridDefinition, scoring: Scoring, scored: list[Question]) -> Iterator[Problem]:
    critical = sum(item.critical for item in scored)
    rule = scoring.critical_rule
    counted = any(isinstance(node, Criticals) for one in scoring.rules for _, _, node in conditions.nodes(one.when))
    if critical and rule is None and not counted and not grid.judges:
        yield Problem("scoring.critical_rule", "there are critical questions: say which level they force")
    if rule is not None and not critical:
        yield Problem("scoring.critical_rule", "there is no critical question")
    elif rule is not None and rule.critical_from is not None and rule.critical_from > critical:
        yield Problem("scoring.critical_rule.critical_from", f"there are only {critical} critical questions")


def _rules(grid: GridDefinition, scoring: Scoring) -> Iterator[Problem]:
    for position, rule in enumerate(scoring.rules):
        for path, depth, node in conditions.nodes(rule.when, f"scoring.rules[{position}].when"):
            if depth == conditions.MAX_DEPTH + 1:
                yield _too_deep(path)
            yield from _rule(grid, node, path)


def _rule(grid: GridDefinition, node: Rising, path: str) -> Iterator[Problem]:
    questions = {item.id: item for item in grid.questions}
    if isinstance(node, SomeRise) and node.count > len(node.of):
        yield Problem(f"{path}.count", f"there are only {len(node.of)} branches")
    elif isinstance(node, Points):
        if node.item not in questions:
            yield Problem(f"{path}.item", f"there is no question “{node.item}”")
        else:
            yield from _reachable(path, node.from_, questions[node.item].most_points)
    elif isinstance(node, Criticals):
        yield from _reachable(path, node.from_, len(grid.critical_questions))
    elif isinstance(node, Score):
        known = {dimension.id for dimension in grid.dimensions}
        if node.dimension is not None and node.dimension not in known:
            yield _no_dimension(f"{path}.dimension", node.dimension, known)
        else:
            yield from _reachable(path, node.from_, grid.most(node.dimension))


def _reachable(path: str, asked: int, most: int) -> Iterator[Problem]:
    if asked > most:
        yield Problem(below(path, "from"), f"cannot be reached: the most is {most}")
