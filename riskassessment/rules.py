"""How a grid comes to a level: thresholds, rules, coverage, cadence. Pure: no Django, no database."""

from typing import Literal

from pydantic import Field, StrictInt

from common.texts import Frozen

from .conditions import Rising
from .words import Code, Words

Level = Literal["low", "moderate", "high", "critical"]
LEVELS: tuple[Level, ...] = ("low", "moderate", "high", "critical")
RANK: dict[str, int] = {level: rank for rank, level in enumerate(LEVELS)}
Raised = Literal["moderate", "high", "critical"]
Method = Literal["weighted_sum", "count", "critical_rules", "dimensions", "judgement"]

MAX_HOURS = 10 * 366 * 24


class Threshold(Frozen):
    """From this sum on, this level."""

    level: Level
    min_score: StrictInt = Field(ge=0)


class CriticalRule(Frozen):
    """One critical answer gives at least `any_yes`; `critical_from` of them (if set) give critical."""

    any_yes: Raised
    critical_from: StrictInt | None = Field(default=None, ge=2)


class Rule(Frozen):
    """At least this level where the condition holds; a rule only raises."""

    level: Raised
    when: Rising


class DimensionRule(Frozen):
    """From what adds up in one dimension to the level of that dimension."""

    dimension: Code
    thresholds: tuple[Threshold, ...] = Field(min_length=1, max_length=len(LEVELS))


class Combine(Frozen):
    """So many dimensions at `at` or above give at least `level`."""

    level: Raised
    count: StrictInt = Field(ge=2)
    at: Raised


class Scoring(Frozen):
    """From answers to a level.

    `weighted_sum`: `thresholds` on the sum of the weights; `count`: `thresholds` on the number of answers that weigh
    something; `critical_rules`: no sum, only `rules` and `critical_rule`, else low; `dimensions`: the highest level of
    the dimensions, and `combine`; `judgement`: the person concludes, the grid indicates nothing. `critical_rule` and
    `rules` may stand beside every method but judgement; they only raise.
    """

    method: Method = "weighted_sum"
    thresholds: tuple[Threshold, ...] = Field(default=(), max_length=len(LEVELS))
    dimensions: tuple[DimensionRule, ...] = Field(default=(), max_length=20)
    combine: Combine | None = None
    critical_rule: CriticalRule | None = None
    rules: tuple[Rule, ...] = Field(default=(), max_length=50)


class CoverageRule(Frozen):
    """How many scored questions may stay unknown or not asked; beyond either limit, too little is known."""

    max_unknown_percent: StrictInt | None = Field(default=None, ge=0, lt=100)
    max_unknown_count: StrictInt | None = Field(default=None, ge=0)

    def met(self, *, unknown: int, scored: int) -> bool:
        """Whether `unknown` of `scored` questions without an answer is still acceptable; nothing known never is."""
        if unknown >= scored:
            return False
        if self.max_unknown_count is not None and unknown > self.max_unknown_count:
            return False
        return self.max_unknown_percent is None or unknown * 100 <= self.max_unknown_percent * scored


class Cadence(Frozen):
    """Hours until the situation is assessed again, by concluded level."""

    low: StrictInt = Field(ge=1, le=MAX_HOURS)
    moderate: StrictInt = Field(ge=1, le=MAX_HOURS)
    high: StrictInt = Field(ge=1, le=MAX_HOURS)
    critical: StrictInt = Field(ge=1, le=MAX_HOURS)

    def hours(self, level: Level) -> int:
        return getattr(self, level)


class LevelNames(Frozen):
    """The grid's own names of the common severities; only those it uses."""

    low: Words | None = None
    moderate: Words | None = None
    high: Words | None = None
    critical: Words | None = None

    def name(self, level: str, language: str) -> str:
        """The grid's name of a level, empty where it has none of its own."""
        words = getattr(self, level) if level in LEVELS else None
        return words.translated(language) if words else ""
