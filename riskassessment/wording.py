"""Answers and conditions in the words of the reader. Pure but for translation: no database."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from common.templatetags.ui import written

from .conditions import AtLeast, Condition, Is, Not, Rising
from .definition import GridDefinition
from .items import RESERVED, DateItem, MultiItem, NumberItem, Question, ScaleItem, SingleItem, YesNoItem

ANSWER_LABELS = {
    "yes": pgettext_lazy("answer", "Yes"),
    "no": pgettext_lazy("answer", "No"),
    "unknown": pgettext_lazy("answer", "Unknown"),
    "not_asked": pgettext_lazy("answer", "Not asked"),
}
SOURCE_LABELS = {
    "victim": gettext_lazy("the victim says it"),
    "child": gettext_lazy("a child says it"),
    "observed": gettext_lazy("seen or heard by us"),
    "document": gettext_lazy("a document"),
    "perpetrator": gettext_lazy("the presumed perpetrator says it"),
    "professional": gettext_lazy("a professional says it"),
}

PRESENCE_LABELS = {
    "alone": gettext_lazy("With her alone, out of his sight and hearing"),
    "without_her": gettext_lazy("Without her, from what is known"),
}
IF_HE_IS_THERE = gettext_lazy(
    "If he is there or could hear: do not begin, propose her another moment or place. Immediate danger: 112."
)


def presence() -> dict[str, Any]:
    """What `_presence.html` asks before a grid for the victim begins: {"ways": [(value, words)], "if_he_is_there"}."""
    return {"ways": list(PRESENCE_LABELS.items()), "if_he_is_there": IF_HE_IS_THERE}


def titled(grid: GridDefinition) -> dict[str, Any]:
    """What a page says of a grid: its texts in the words of the reader, whether it is a demonstration."""
    language = get_language() or "fr"
    return {
        "title": grid.title.translated(language),
        "description": grid.description.translated(language),
        "notice": grid.notice.translated(language) if grid.notice else "",
        "demonstration": grid.demonstration,
        "provenance": grid.provenance.translated(language),
        "licence": grid.licence.translated(language),
    }


def answer_words(item: Question, value: str | int | list[str], language: str) -> str:
    """An answer as it is read: the words of its options, a number with its unit, a day in full, “Unknown”… A text stays
    as it is. Empty for no answer.
    """
    if isinstance(value, list):
        return ", ".join(answer_words(item, one, language) for one in value)
    if isinstance(value, str) and value in RESERVED:
        return str(ANSWER_LABELS[value])
    if isinstance(item, (SingleItem, MultiItem)):
        return next((one.text.translated(language) for one in item.options if one.id == value), str(value))
    if isinstance(item, ScaleItem) and isinstance(value, int):
        return " · ".join(filter(None, (str(value), item.label(value, language))))
    if isinstance(item, NumberItem) and item.unit is not None:
        return f"{value} {item.unit.translated(language)}"
    if isinstance(item, DateItem) and value:
        return written(date.fromisoformat(value))
    return str(ANSWER_LABELS.get(value, value)) if isinstance(item, YesNoItem) else str(value)


def condition_words(grid: GridDefinition, condition: Condition, language: str) -> str:
    """A condition as a half sentence: “Is there a weapon?”: Yes or Unknown."""
    if isinstance(condition, (Is, AtLeast)):
        item = grid.question(condition.item)
        if isinstance(condition, Is):
            answers = [answer_words(item, value, language) for value in condition.values]
            said = pgettext("between answers", " or ").join(answers)
        else:
            said = _("%(value)s or more") % {"value": answer_words(item, condition.value, language)}
        return _("“%(question)s”: %(answer)s") % {"question": item.text.translated(language), "answer": said}
    if isinstance(condition, Not):
        return _("not (%(condition)s)") % {"condition": condition_words(grid, condition.of, language)}
    return joined_words(condition, [condition_words(grid, branch, language) for branch in condition.of])


def joined_words(tree: Condition | Rising, branches: Sequence[str]) -> str:
    """The branches of an `all`, `any` or `some`, each in words, as one half sentence."""
    if len(branches) == 1:
        return branches[0]
    if tree.op == "all":
        return pgettext("between conditions", " and ").join(branches)
    if tree.op == "any":
        return pgettext("between conditions", " or ").join(branches)
    words = ngettext("at least %(count)d of: %(conditions)s", "at least %(count)d of: %(conditions)s", tree.count)
    return words % {"count": tree.count, "conditions": "; ".join(branches)}
