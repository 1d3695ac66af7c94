"""The codes of a grid in the words of administrators."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.templatetags.ui import LEVELS
from riskassessment import drafting
from riskassessment.items import RESERVED
from riskassessment.wording import ANSWER_LABELS

TYPES: dict[str, Promise] = {
    "yes_no": _("yes or no"),
    "single": _("one answer among several"),
    "multi": _("several answers"),
    "scale": _("scale"),
    "number": _("number"),
    "date": _("date"),
    "text": _("free text"),
    "info": _("words to read"),
    "group": _("group of questions"),
}
KINDS: dict[str, Promise] = {
    "scored": pgettext_lazy("kind of grid", "gives a level"),
    "checklist": pgettext_lazy("kind of grid", "checklist: counts, no level"),
    "unscored": pgettext_lazy("kind of grid", "records, counts nothing"),
}
PLACES: dict[str, Promise] = {
    "risk/case": _("risk grid, of the case"),
    "psychosocial/victim": _("psychosocial, on her side"),
    "perpetrator_work/perpetrator": _("work with the presumed perpetrator, on his side"),
}
ASKED_OF: dict[str, Promise] = {
    "victim": pgettext_lazy("who is asked", "the victim, alone"),
    "perpetrator": pgettext_lazy("who is asked", "the presumed perpetrator"),
    "professional": pgettext_lazy("who is asked", "nobody: the professional answers"),
}
METHODS: dict[str, Promise] = {
    "weighted_sum": _("sum of the weights"),
    "count": _("number of answers that weigh something"),
    "critical_rules": _("critical answers and rules, no sum"),
    "dimensions": _("by dimension: the highest of them"),
    "judgement": _("judgement of the professional, no sum"),
}
TOPICS: dict[str, Promise | str] = {"": _("no"), "weapons": _("yes: weapons"), "threats": _("yes: threats")}
PARTS: dict[str, Promise] = {
    "agency_kinds": _("kinds of services"),
    "anonymous": _("situation without identity"),
    "any_yes": _("one critical answer"),
    "asked_of": _("who is asked"),
    "bands": _("what an answer weighs"),
    "category": _("category"),
    "combine": _("dimensions together"),
    "coverage": _("too little known"),
    "critical": pgettext_lazy("question", "critical"),
    "critical_from": _("number of critical answers"),
    "critical_rule": _("critical answers"),
    "demonstration": _("demonstration"),
    "description": _("what it is for"),
    "dimension": _("dimension"),
    "dimensions": _("dimensions"),
    "en": _("English"),
    "exclusive": _("stands alone"),
    "factor": _("factor"),
    "fr": _("French"),
    "from": pgettext_lazy("value", "from"),
    "group": _("group"),
    "help": _("help"),
    "high": pgettext_lazy("risk level", "High"),
    "items": _("items"),
    "kind": _("kind"),
    "labels": _("words of the values"),
    "leads_to": _("full grid it leads to"),
    "level": _("level"),
    "level_names": _("names of the levels"),
    "licence": _("licence"),
    "low": pgettext_lazy("risk level", "Low"),
    "max": _("at most"),
    "max_unknown_count": _("unknown, at most (questions)"),
    "max_unknown_percent": _("unknown, at most (%)"),
    "method": _("method"),
    "min": _("at least"),
    "min_score": pgettext_lazy("threshold", "from"),
    "moderate": pgettext_lazy("risk level", "Moderate"),
    "most": _("weighs no more than"),
    "nl": _("Dutch"),
    "notice": _("notice"),
    "options": _("answers"),
    "order": _("order"),
    "period": _("period"),
    "protective": _("protective"),
    "provenance": _("provenance"),
    "reassess_after_hours": _("assessed again after (hours)"),
    "review_training": _("training needed to verify"),
    "rules": _("rules"),
    "scoring": _("scoring"),
    "section": _("section"),
    "sections": _("sections"),
    "side": _("side"),
    "slug": _("short name"),
    "text": pgettext_lazy("of a grid", "words"),
    "thresholds": _("thresholds"),
    "title": _("title"),
    "to": pgettext_lazy("value", "to"),
    "topic": _("told during an emergency"),
    "training": _("training needed to sign"),
    "type": _("type"),
    "unit": _("unit"),
    "visible_if": _("condition"),
    "weight": _("weight"),
}


def level(code: Any) -> Any:
    """The word of a common severity; the code itself where it is none."""
    return LEVELS.get(code, code or "—") if isinstance(code, str) else "—"


def levels(codes: Iterable[str]) -> list[tuple[str, Any]]:
    """Severities as choices."""
    return [(code, LEVELS[code]) for code in codes]


def answers_to(item: Mapping[str, Any], language: str) -> list[tuple[str, Any]]:
    """What may be answered to a question of a draft and looked at by a condition: codes with their words."""
    if item.get("type") == "yes_no":
        return list(ANSWER_LABELS.items())
    if item.get("type") in ("single", "multi"):
        options = [
            (str(one.get("id")), drafting.called(one, "text", language)) for one in drafting.rows(item, "options")
        ]
        return [*options, *((value, ANSWER_LABELS[value]) for value in RESERVED)]
    return []


def where(parts: Iterable[str]) -> str:
    """The place of a change in words: `answers · daily · words · French`."""
    return " · ".join(str(PARTS.get(part, part)) for part in parts)
