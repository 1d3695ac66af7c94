"""A signed assessment in words: what drove its level, what is not known, what protects. No query, no rule."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from .answers import Answer, known
from .definition import GridDefinition
from .items import DateItem, GroupItem, InfoItem, MultiItem, NumberItem, Question, ScaleItem, SingleItem, TextItem
from .models import Assessment
from .reasons import reasons
from .scoring import INSUFFICIENT, JUDGEMENT, is_critical, points
from .wording import ANSWER_LABELS, SOURCE_LABELS, answer_words

ADDS_UP = ("weighted_sum", "count")


def result(grid: GridDefinition, assessment: Assessment, language: str) -> dict[str, Any]:
    """What the page and the print of a signed assessment show of its outcome. Each line is made by `_line`."""
    outcome = assessment.outcome
    skipped = frozenset(outcome.get("not_applicable", ()))
    lines = {item.id: _line(grid, item, assessment, language, skipped) for item in grid.questions}

    def of(ids: Iterable[str]) -> list[dict[str, Any]]:
        return [lines[item_id] for item_id in ids if item_id in lines]

    unknown_critical = set(outcome["unanswered_critical"])
    return {
        "drivers": of(driver["item_id"] for driver in outcome["drivers"]),
        "reasons": reasons(grid, outcome, language),
        "dimensions": _dimensions(grid, outcome, language),
        "critical_unknown": of(outcome["unanswered_critical"]),
        "other_unknown": of(item_id for item_id in outcome["unanswered"] if item_id not in unknown_critical),
        "protective": of(outcome["protective"]),
        "has_critical": bool(grid.critical_questions),
        "has_protective": any(item.protective for item in grid.questions),
        "has_scored": bool(grid.scored_questions),
        "adds_up": grid.method in ADDS_UP and outcome["max_score"] > 0,
        "counts": grid.method == "count",
        "score": outcome["score"],
        "max_score": outcome["max_score"],
        "known": outcome["coverage"]["known"],
        "scored": outcome["coverage"]["scored"],
        "not_applicable": len(skipped),
        "incomplete": outcome["incomplete"],
        "insufficient": assessment.indicative_level == INSUFFICIENT,
        "judgement": assessment.indicative_level == JUDGEMENT,
        "records_only": grid.kind == "unscored",
        "sections": [
            {"title": section.title.translated(language), "rows": list(_rows(items, lines, language))}
            for section, items in grid.by_section()
        ],
    }


def own_name(grid: GridDefinition, level: str, language: str) -> str:
    """What this grid calls a level, empty where it has no name of its own for it."""
    return grid.level_names.name(level, language) if grid.level_names is not None else ""


def _rows(items: Iterable[Any], lines: dict[str, dict[str, Any]], language: str) -> Iterable[dict[str, Any]]:
    """The lines of a section, with the heading of a group before its own; texts to read are left out."""
    for item in items:
        if isinstance(item, GroupItem):
            yield {"heading": item.text.translated(language)}
            yield from (lines[one.id] for one in item.items if not isinstance(one, InfoItem))
        elif not isinstance(item, InfoItem):
            yield lines[item.id]


def _dimensions(grid: GridDefinition, outcome: dict[str, Any], language: str) -> list[dict[str, Any]]:
    titles = {one.id: one.title.translated(language) for one in grid.dimensions}
    return [
        {
            "title": titles[one["id"]],
            "score": one["score"],
            "max_score": one["max_score"],
            "level": one["level"] or "",
            "own_name": own_name(grid, one["level"] or "", language),
        }
        for one in outcome.get("dimensions", ())
    ]


def _line(
    grid: GridDefinition, item: Question, assessment: Assessment, language: str, skipped: frozenset[str]
) -> dict[str, Any]:
    """A question with its answer in words, from whom and of which day it is known, and what it counts for.

    `tone` names how the answer looks (yes, no, unknown, not_asked, given); `long` says that it is a text, `date` is the
    day it names; `critical` says that the question has a critical answer, `alarming` that it was given; `weight` is
    what the answer weighs, `options` those chosen that count, `band` from which value on it does.
    """
    stored = assessment.answers.get(item.id, {})
    answer = Answer(**stored) if stored else None
    value = stored.get("value") or "not_asked"
    dimension = grid.dimension_of(item.id)
    return {
        "id": item.id,
        "text": item.text.translated(language),
        "period": item.period.translated(language) if item.period else "",
        "tone": value if isinstance(value, str) and value in ANSWER_LABELS else "given",
        "value": value,
        "answer": answer_words(item, value, language),
        "date": date.fromisoformat(value) if isinstance(item, DateItem) and value not in ANSWER_LABELS else None,
        "band": _band(item, answer),
        "long": isinstance(item, TextItem) and known(item, answer),
        "known": known(item, answer),
        "comment": stored.get("comment", ""),
        "source": str(SOURCE_LABELS.get(stored.get("source", ""), "")),
        "on": date.fromisoformat(stored["on"]) if stored.get("on") else None,
        "critical": item.critical,
        "alarming": is_critical(item, answer),
        "weight": points(item, answer),
        "options": _counted(item, answer, language),
        "protective": item.protective,
        "dimension": next((one.title.translated(language) for one in grid.dimensions if one.id == dimension), ""),
        "not_applicable": item.id in skipped,
    }


def _band(item: Question, answer: Answer | None) -> int | None:
    """From which value on the answer weighs what it weighs; None where no band was reached."""
    if not isinstance(item, (ScaleItem, NumberItem)) or not known(item, answer):
        return None
    band = item.band(answer.value)
    return band.from_ if band else None


def _counted(item: Question, answer: Answer | None, language: str) -> list[dict[str, Any]]:
    """Of the options chosen, those that count, each with its weight."""
    if not isinstance(item, (SingleItem, MultiItem)) or not known(item, answer):
        return []
    ids = answer.value if isinstance(answer.value, list) else [answer.value]
    chosen = [item.option(one) for one in ids]
    return [
        {"text": one.text.translated(language), "weight": one.weight, "critical": one.critical}
        for one in chosen
        if one.weight or one.critical
    ]
