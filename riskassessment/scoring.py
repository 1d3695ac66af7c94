"""From answers to an indicative level, with what drove it. Pure: no Django, no database, no clock.

Four rules hold whatever the grid says. Unknown and not asked are never read as no. Protective answers are listed apart
and change no level. Too little information is never "low". An answer that was given counts, also where its question
would no longer be shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from . import conditions
from .answers import (
    Answer,
    asked,
    known,
)
from .definition import GridDefinition
from .items import QUESTIONS, DateItem, MultiItem, Question, SingleItem, TextItem, YesNoItem
from .rules import LEVELS, RANK, Level, Scoring, Threshold

INSUFFICIENT: Literal["insufficient"] = "insufficient"
JUDGEMENT: Literal["judgement"] = "judgement"


@dataclass(frozen=True)
class Driver:
    """An answer that counted: `critical` forces a level whatever the sum, `weight` adds to it."""

    item_id: str
    weight: int
    critical: bool
    reason: Literal["critical", "weight"]


@dataclass(frozen=True)
class Coverage:
    """How many of the questions that count and apply (`scored`) have an answer (`known`); `met` if enough."""

    known: int
    scored: int
    met: bool


@dataclass(frozen=True)
class DimensionOutcome:
    """What adds up in one dimension, and the level it reaches where the grid sets thresholds for it."""

    id: str
    score: int
    max_score: int
    level: Level | None


@dataclass(frozen=True)
class Outcome:
    """What the answers say.

    `level` is None for a checklist and an unscored grid, "judgement" where a person concludes. `incomplete` says that
    too much is unknown: the level, if there is one, stands on the risk answers alone and may be higher. `unanswered`
    are the questions that count, apply and have no answer or "unknown", `unanswered_critical` those with a critical
    answer among them; `protective` are protective questions answered yes; `not_applicable` the questions not shown.
    `score` adds up as the method does: 0 of 0 where it adds nothing up.
    """

    level: Literal["low", "moderate", "high", "critical", "insufficient", "judgement"] | None
    score: int
    max_score: int
    drivers: tuple[Driver, ...]
    protective: tuple[str, ...]
    unanswered_critical: tuple[str, ...]
    unanswered: tuple[str, ...]
    coverage: Coverage
    incomplete: bool
    dimensions: tuple[DimensionOutcome, ...] = ()
    method: str = "weighted_sum"
    not_applicable: tuple[str, ...] = ()


def points(item: Question, answer: Answer | None) -> int:
    """What an answer weighs; 0 for none, unknown and not asked. Raises KeyError for an option the question has not."""
    if not known(item, answer) or item.protective or isinstance(item, (TextItem, DateItem)):
        return 0
    if isinstance(item, YesNoItem):
        return item.most_points if answer.value == "yes" else 0
    if isinstance(item, SingleItem):
        return item.option(answer.value).weight
    if isinstance(item, MultiItem):
        return item.capped(sum(item.option(one).weight for one in answer.value))
    band = item.band(answer.value)
    return band.weight if band else 0


def is_critical(item: Question, answer: Answer | None) -> bool:
    """Whether an answer is a critical one. Raises KeyError for an option the question has not."""
    if not item.critical or not known(item, answer):
        return False
    if isinstance(item, YesNoItem):
        return answer.value == "yes"
    if isinstance(item, SingleItem):
        return item.option(answer.value).critical
    if isinstance(item, MultiItem):
        return any(item.option(one).critical for one in answer.value)
    band = item.band(answer.value)
    return band is not None and band.critical


def visible(definition: GridDefinition, answers: Mapping[str, Answer]) -> set[str]:
    """Ids of everything shown: texts, questions, groups.

    A question is shown where its condition and that of its group hold, and always once something was answered or
    written to it; a group is shown with any of its questions. Conditions look at answers alone, shown or not.
    """

    def value(item_id: str) -> conditions.Value:
        answer = answers.get(item_id)
        return "not_asked" if answer is None or answer.value in ("", []) else answer.value

    shown: set[str] = set()
    for one in definition.written():
        item, group = one.item, one.group
        applies = item.visible_if is None or conditions.holds(item.visible_if, value)
        if group is not None and group.visible_if is not None:
            applies = applies and conditions.holds(group.visible_if, value)
        given = answers.get(item.id)
        if isinstance(item, QUESTIONS) and given is not None and (asked(item, given) or given.comment):
            applies = True
            if group is not None:
                shown.add(group.id)
        if applies:
            shown.add(item.id)
    return shown


def score(definition: GridDefinition, answers: Mapping[str, Answer]) -> Outcome:
    """The indicative outcome. A missing answer counts as not asked.

    Raises ValueError if an answer belongs to no question of this version.
    """
    strangers = answers.keys() - definition.by_id.keys()
    if strangers:
        raise ValueError(f"no such question in {definition.slug} version {definition.version}: {sorted(strangers)}")

    shown = visible(definition, answers)
    scored = [item for item in definition.scored_questions if item.id in shown]
    unanswered = [item for item in scored if not known(item, answers.get(item.id))]
    drivers = _drivers(scored, answers)
    met = definition.coverage is None or definition.coverage.met(unknown=len(unanswered), scored=len(scored))
    dimensions = _dimensions(definition, drivers)
    reached = _reached(definition, drivers, dimensions)

    # sorted() is stable: equal weights keep the order of the grid.
    return Outcome(
        level=INSUFFICIENT if reached == "low" and not met else reached,
        score=_sum(definition, drivers) if definition.max_score else 0,
        max_score=definition.max_score,
        drivers=tuple(sorted(drivers, key=lambda driver: (-driver.weight, not driver.critical))),
        protective=tuple(
            item.id
            for item in definition.questions
            if item.protective and item.id in answers and answers[item.id].value == "yes"
        ),
        unanswered_critical=tuple(item.id for item in unanswered if item.critical),
        unanswered=tuple(item.id for item in unanswered),
        coverage=Coverage(known=len(scored) - len(unanswered), scored=len(scored), met=met),
        incomplete=not met,
        dimensions=dimensions,
        method=definition.method,
        not_applicable=tuple(item.id for item in definition.questions if item.id not in shown),
    )


def _drivers(scored: list[Question], answers: Mapping[str, Answer]) -> list[Driver]:
    found = []
    for item in scored:
        answer = answers.get(item.id)
        weight, critical = points(item, answer), is_critical(item, answer)
        if weight or critical:
            found.append(Driver(item.id, weight, critical, "critical" if critical else "weight"))
    return found


def _sum(definition: GridDefinition, drivers: list[Driver], dimension: str | None = None) -> int:
    """What adds up in a dimension, over the whole grid for None: weights, or answers where the method counts them."""
    within = [one for one in drivers if dimension is None or definition.dimension_of(one.item_id) == dimension]
    return sum(one.weight > 0 if definition.method == "count" else one.weight for one in within)


def _dimensions(definition: GridDefinition, drivers: list[Driver]) -> tuple[DimensionOutcome, ...]:
    rules = definition.scoring.dimensions if definition.scoring is not None else ()
    thresholds = {rule.dimension: rule.thresholds for rule in rules}
    found = []
    for dimension in definition.dimensions:
        total = _sum(definition, drivers, dimension.id)
        level = _at(thresholds[dimension.id], total) if dimension.id in thresholds else None
        found.append(DimensionOutcome(dimension.id, total, definition.most(dimension.id), level))
    return tuple(found)


def _at(thresholds: tuple[Threshold, ...], total: int) -> Level:
    return LEVELS[max(RANK[step.level] for step in thresholds if step.min_score <= total)]


def _reached(
    definition: GridDefinition, drivers: list[Driver], dimensions: tuple[DimensionOutcome, ...]
) -> Level | Literal["judgement"] | None:
    """The level that the risk answers alone support; None where the grid gives none."""
    scoring = definition.scoring
    if scoring is None:
        return None
    if scoring.method == "judgement":
        return JUDGEMENT
    ranks = [RANK["low"]]
    if scoring.thresholds:
        ranks.append(RANK[_at(scoring.thresholds, _sum(definition, drivers))])
    ranks += [RANK[one.level] for one in dimensions if one.level is not None]
    ranks += _combined(scoring, dimensions)
    ranks += _forced(definition, scoring, drivers)
    return LEVELS[max(ranks)]


def _combined(scoring: Scoring, dimensions: tuple[DimensionOutcome, ...]) -> list[int]:
    combine = scoring.combine
    if combine is None:
        return []
    high = sum(one.level is not None and RANK[one.level] >= RANK[combine.at] for one in dimensions)
    return [RANK[combine.level]] if high >= combine.count else []


def _forced(definition: GridDefinition, scoring: Scoring, drivers: list[Driver]) -> list[int]:
    """Ranks that the critical rule and the other rules give."""
    weights = {one.item_id: one.weight for one in drivers}
    criticals = sum(one.critical for one in drivers)
    ranks = [
        RANK[rule.level]
        for rule in scoring.rules
        if conditions.rises(
            rule.when,
            points=lambda item_id: weights.get(item_id, 0),
            criticals=criticals,
            score=lambda dimension: _sum(definition, drivers, dimension),
        )
    ]
    if scoring.critical_rule is not None and criticals:
        ranks.append(RANK[scoring.critical_rule.any_yes])
        if scoring.critical_rule.critical_from is not None and criticals >= scoring.critical_rule.critical_from:
            ranks.append(RANK["critical"])
    return ranks


def ready_to_sign(definition: GridDefinition, answers: Mapping[str, Answer]) -> tuple[str, ...]:
    """Critical questions shown and still to be asked, in the order of the grid; empty when the grid may be signed.

    "Unknown" is an answer (it was asked); "not asked" and no answer are not.
    """
    shown = visible(definition, answers)
    return tuple(
        item.id for item in definition.critical_questions if item.id in shown and not asked(item, answers.get(item.id))
    )
