"""A signed assessment in words: what drove its level, what is not known, what protects. No query, no rule."""

from collections.abc import Iterable
from typing import Any

from .definition import GridDefinition, YesNoItem
from .forms import ANSWER_LABELS
from .models import Assessment


def result(grid: GridDefinition, assessment: Assessment, language: str) -> dict[str, Any]:
    """What the page of a signed assessment shows of its outcome; each line has `text`, `comment` and `answer`."""
    outcome = assessment.outcome
    lines = {item.id: _line(item, assessment, language) for item in grid.questions}

    def of(ids: Iterable[str]) -> list[dict[str, Any]]:
        return [lines[item_id] for item_id in ids if item_id in lines]

    unknown_critical = set(outcome["unanswered_critical"])
    return {
        "drivers": [lines[driver["item_id"]] | {"critical": driver["critical"]} for driver in outcome["drivers"]],
        "critical_unknown": of(outcome["unanswered_critical"]),
        "other_unknown": of(item_id for item_id in outcome["unanswered"] if item_id not in unknown_critical),
        "protective": of(outcome["protective"]),
        "has_critical": bool(grid.critical_questions),
        "has_protective": any(item.protective for item in grid.questions),
        "score": outcome["score"],
        "max_score": outcome["max_score"],
        "known": outcome["coverage"]["known"],
        "scored": outcome["coverage"]["scored"],
        "incomplete": outcome["incomplete"],
        "insufficient": assessment.indicative_level == "insufficient",
        "sections": [
            {
                "title": section.title.translated(language),
                "lines": [lines[item.id] for item in items if isinstance(item, YesNoItem)],
            }
            for section, items in grid.by_section()
        ],
    }


def _line(item: YesNoItem, assessment: Assessment, language: str) -> dict[str, Any]:
    answer = assessment.answers.get(item.id, {})
    value = answer.get("value") or "not_asked"
    return {
        "text": item.text.translated(language),
        "period": item.period.translated(language) if item.period else "",
        "value": value,
        "answer": ANSWER_LABELS[value],
        "comment": answer.get("comment", ""),
        "critical": item.critical,
        "protective": item.protective,
    }
