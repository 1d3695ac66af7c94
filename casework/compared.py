"""Two assessments beside each other in the words of the reader. No query, no rule: see `riskassessment.comparing`."""

from collections.abc import Mapping
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from riskassessment import comparing, factors
from riskassessment.answers import Answer
from riskassessment.comparing import Alone, Compared, Strongest
from riskassessment.definition import GridDefinition
from riskassessment.items import DateItem, Question
from riskassessment.models import Assessment
from riskassessment.wording import SOURCE_LABELS, answer_words

TITLES = {
    "worse": gettext_lazy("Worse than before"),
    "better": gettext_lazy("Better than before"),
    "newly_known": gettext_lazy("Newly known"),
    "no_longer_known": gettext_lazy("No longer known"),
    "other": gettext_lazy("Answered otherwise"),
}
ICONS = {  # in the order they are read
    "worse": "exclamation-triangle",
    "better": "check2",
    "newly_known": "plus-lg",
    "no_longer_known": "question-circle",
    "other": "arrow-left-right",
}
WEIGHS = {
    "critical": pgettext_lazy("risk factor", "present, critical"),
    "present": pgettext_lazy("risk factor", "present"),
    "absent": pgettext_lazy("risk factor", "absent"),
    "unknown": pgettext_lazy("risk factor", "asked, not known"),
    "not_asked": pgettext_lazy("risk factor", "not asked"),
}
NOT_IN_GRID = pgettext_lazy("risk factor", "not in this grid")


def answers_of(assessment: Assessment) -> dict[str, Answer]:
    """The stored answers of a signed assessment."""
    return {item_id: Answer(**answer) for item_id, answer in assessment.answers.items()}


def diff(
    before: GridDefinition, was: Mapping[str, Answer], after: GridDefinition, now: Mapping[str, Answer], language: str
) -> dict[str, Any]:
    """{"changed", "groups", "same", "added", "removed"}: what changed first, each line in words."""
    found = comparing.compare(before, was, after, now)
    groups = [
        {
            "change": change,
            "title": TITLES[change],
            "icon": ICONS[change],
            "lines": [_line(line, language) for line in found.lines[change]],
        }
        for change in ICONS
        if found.lines[change]
    ]
    return {
        "changed": found.changed,
        "groups": groups,
        "same": [_line(line, language) for line in found.lines["same"]],
        "added": [_alone(each, language) for each in found.added],
        "removed": [_alone(each, language) for each in found.removed],
    }


def _line(line: Compared, language: str) -> dict[str, Any]:
    asked_before = line.before.text.translated(language)
    return {
        "text": line.after.text.translated(language),
        "period": _period(line.after, language),
        "was": _said(line.before, line.was, language),
        "now": _said(line.after, line.now, language),
        "critical": line.critical,
        "protective": line.after.protective,
        "reworded": line.reworded,
        "asked_before": asked_before if asked_before != line.after.text.translated(language) else "",
        "commented_anew": line.commented_anew,
    }


def _alone(each: Alone, language: str) -> dict[str, Any]:
    return {
        "text": each.question.text.translated(language),
        "period": _period(each.question, language),
        "said": _said(each.question, each.answer, language),
        "critical": each.question.critical,
        "protective": each.question.protective,
    }


def _period(item: Question, language: str) -> str:
    return item.period.translated(language) if item.period else ""


def _said(item: Question, answer: Answer | None, language: str) -> dict[str, Any]:
    """An answer with what stands beside it: {"words", "value", "comment", "source", "on"}."""
    value = answer.value if answer and answer.value not in ("", []) else "not_asked"
    words = answer_words(item, value, language)
    day = parse_date(value) if isinstance(item, DateItem) and value not in ("unknown", "not_asked") else None
    return {
        "words": words,
        "day": day,
        "value": value if isinstance(value, str) and value in ("yes", "no", "unknown", "not_asked") else "",
        "comment": answer.comment if answer else "",
        "source": SOURCE_LABELS.get(answer.source, "") if answer else "",
        "on": parse_date(answer.on) if answer and answer.on else None,
    }


def beside(
    one: GridDefinition,
    answers_of_one: Mapping[str, Answer],
    other: GridDefinition,
    answers_of_other: Mapping[str, Answer],
    language: str,
) -> dict[str, Any]:
    """{"lines", "differ", "only_one"}: each common factor, where the two grids differ first."""
    found = comparing.side_by_side(one, answers_of_one, other, answers_of_other)
    lines = [
        {
            "factor": factors.label(line.factor),
            "sides": [_side(line.one, language), _side(line.other, language)],
            "verdict": _verdict(line),
            "differs": line.differs,
        }
        for line in found
    ]
    return {
        "lines": lines,
        "differ": sum(line.differs for line in found),
        "only_one": sum(line.only_one for line in found),
    }


def _verdict(line: comparing.FactorLine) -> str:
    if line.differs:
        return _("They differ")
    if line.only_one:
        return _("Only one of them knows")
    return _("They agree") if line.one.says else _("Neither of them knows")


def _side(strongest: Strongest, language: str) -> dict[str, Any]:
    if strongest.question is None:
        return {"weighs": "not_asked", "label": NOT_IN_GRID}
    others = [
        {"text": item.text.translated(language), **_said(item, answer, language)} for item, answer in strongest.others
    ]
    return {
        "weighs": strongest.weighs,
        "label": WEIGHS[strongest.weighs],
        "text": strongest.question.text.translated(language),
        "said": _said(strongest.question, strongest.answer, language),
        "others": others,
    }
