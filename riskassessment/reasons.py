"""Why a grid indicates what it indicates: thresholds reached and rules that hold, in words. Pure but for translation.

Told from the outcome that was frozen with the signature, by the version it was answered under.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from common.templatetags.ui import LEVELS

from . import conditions
from .conditions import Criticals, Points, Rising, Score
from .definition import GridDefinition
from .rules import RANK, Threshold
from .wording import joined_words


@dataclass(frozen=True)
class Reason:
    """Something that alone gives at least this level."""

    level: str
    words: str


def reasons(grid: GridDefinition, outcome: Mapping[str, Any], language: str) -> list[Reason]:
    """What holds in this outcome, the most severe first; empty where the grid indicates no level of its own."""
    scoring = grid.scoring
    if scoring is None or grid.judges:
        return []
    seen = _Seen(grid, outcome)
    found = []
    if scoring.thresholds:
        found += _reached(scoring.thresholds, seen.total(None), _unit(grid))
    criticals = seen.criticals
    if scoring.critical_rule is not None and criticals:
        found.append(Reason(scoring.critical_rule.any_yes, _("one critical answer at least")))
        least = scoring.critical_rule.critical_from
        if least is not None and criticals >= least:
            found.append(Reason("critical", _critical_answers(least)))
    found += [
        Reason(rule.level, rising_words(grid, rule.when, language)) for rule in scoring.rules if seen.holds(rule.when)
    ]
    if (combine := scoring.combine) is not None:
        high = sum(RANK.get(level or "", -1) >= RANK[combine.at] for level in seen.levels)
        if high >= combine.count:
            words = ngettext(
                "%(count)d dimension at this level or above: %(level)s",
                "%(count)d dimensions at this level or above: %(level)s",
                combine.count,
            )
            found.append(
                Reason(combine.level, words % {"count": combine.count, "level": str(LEVELS[combine.at]).lower()})
            )
    found = [reason for reason in found if reason.level != "low"]
    return sorted(found, key=lambda reason: -RANK[reason.level])


class _Seen:
    """An outcome as the rules look at it."""

    def __init__(self, grid: GridDefinition, outcome: Mapping[str, Any]):
        self.grid = grid
        self.weights = {driver["item_id"]: driver["weight"] for driver in outcome["drivers"]}
        self.criticals = sum(driver["critical"] for driver in outcome["drivers"])
        self.levels = [dimension["level"] for dimension in outcome.get("dimensions", ())]

    def total(self, dimension: str | None) -> int:
        within = [
            weight
            for item_id, weight in self.weights.items()
            if dimension is None or self.grid.dimension_of(item_id) == dimension
        ]
        return sum(weight > 0 for weight in within) if self.grid.method == "count" else sum(within)

    def holds(self, rule: Rising) -> bool:
        return conditions.rises(
            rule,
            points=lambda item_id: self.weights.get(item_id, 0),
            criticals=self.criticals,
            score=self.total,
        )


def _reached(thresholds: tuple[Threshold, ...], total: int, unit: str) -> list[Reason]:
    reached = [step for step in thresholds if step.min_score <= total]
    if not reached:
        return []
    step = max(reached, key=lambda one: RANK[one.level])
    words = _("%(total)d %(unit)s, the threshold is %(from)d")
    return [Reason(step.level, words % {"total": total, "unit": unit, "from": step.min_score})]


def _unit(grid: GridDefinition) -> str:
    return pgettext("what adds up", "answers that count") if grid.method == "count" else pgettext("score", "points")


def _critical_answers(least: int) -> str:
    return ngettext("%(count)d critical answer or more", "%(count)d critical answers or more", least) % {"count": least}


def rising_words(grid: GridDefinition, rule: Rising, language: str) -> str:
    """A rule of scoring as a half sentence."""
    if isinstance(rule, Points):
        question = grid.question(rule.item).text.translated(language)
        return _("“%(question)s” weighs %(from)d or more") % {"question": question, "from": rule.from_}
    if isinstance(rule, Criticals):
        return _critical_answers(rule.from_)
    if isinstance(rule, Score):
        words = {"from": rule.from_, "unit": _unit(grid)}
        if rule.dimension is None:
            return _("%(from)d %(unit)s or more") % words
        title = next(one.title.translated(language) for one in grid.dimensions if one.id == rule.dimension)
        return _("%(from)d %(unit)s or more in “%(dimension)s”") % (words | {"dimension": title})
    return joined_words(rule, [rising_words(grid, branch, language) for branch in rule.of])
