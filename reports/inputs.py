"""Fields of the forms of this room, and what a draft keeps of what they send. They take what comes: payloads check."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from common.languages import LANGUAGES

KEEP = "keep:"
"""Prefix of the answers to "mine or theirs?" on the page of a draft two people changed."""

DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d))?")
OFF = {"autocomplete": "off"}
NEXT = {**OFF, "enterkeyhint": "next"}
NAME = {**NEXT, "autocapitalize": "words", "spellcheck": "false"}
LONG = {**OFF, "rows": 3, "autocapitalize": "sentences"}
NOT_CHOSEN = [("", pgettext_lazy("choice", "—"))]


def line(label: Any, *, attrs: Mapping[str, Any] = NEXT, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, required=False, strip=False, help_text=help_text, widget=forms.TextInput(attrs))


def text(label: Any, *, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, required=False, strip=False, help_text=help_text, widget=forms.Textarea(LONG))


def moment(label: Any, *, help_text: Any = "") -> forms.CharField:
    widget = forms.TextInput({**NEXT, "type": "datetime-local"})
    return forms.CharField(label=label, required=False, help_text=help_text, widget=widget)


def day(label: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, widget=forms.TextInput({**NEXT, "type": "date"}))


def radios(label: Any, choices: Iterable, *, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, required=False, help_text=help_text, widget=forms.RadioSelect(choices=choices))


def box(label: Any, *, help_text: Any = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, help_text=help_text)


def language(label: Any) -> forms.CharField:
    widget = forms.Select(choices=[*NOT_CHOSEN, *LANGUAGES.items()])
    return forms.CharField(label=label, required=False, widget=widget)


class Unchecked(forms.Field):
    """A field that takes what comes."""


def one_line_break(value: Any) -> Any:
    """A form sends a line break as two signs; the same text must not look changed."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def printable(data: Mapping[str, Any]) -> dict[str, Any]:
    """Without the one sign that no page holds: the message by the field says that it was there."""
    return {name: value.replace("\x00", "") if isinstance(value, str) else value for name, value in data.items()}


def resolve(data: dict[str, Any], post: QueryDict, stored: Mapping[str, Any]) -> dict[str, Any]:
    """`data` with the stored value wherever "theirs" was chosen for a field."""
    merged = dict(data)
    for name in post:
        if not name.startswith(KEEP) or post[name] != "theirs":
            continue
        field = name.removeprefix(KEEP)
        if field in stored:
            merged[field] = stored[field]
        else:
            merged.pop(field, None)
    return merged


def typed_in(post: QueryDict, names: Iterable[str], *, lists: Collection[str] = ()) -> dict[str, Any]:
    """What was typed in these fields, as a draft keeps it: empty answers left out, those of `lists` in order."""
    data: dict[str, Any] = {}
    for name in names:
        value: Any = sorted(set(post.getlist(name))) if name in lists else post.get(name, "")
        if value:
            data[name] = one_line_break(value)
    return data


def in_words(field: forms.Field | None, value: Any) -> str:
    """A stored answer in the words of the page."""
    if isinstance(field, forms.BooleanField):
        return str(_("yes")) if value else str(_("no"))
    if isinstance(value, str) and (match := DATE.fullmatch(value)):
        year, month, day_of_month, time = match.groups()
        return f"{day_of_month}/{month}/{year} {time or ''}".strip()
    choices = dict(getattr(getattr(field, "widget", None), "choices", ()))
    values = value if isinstance(value, list) else [value]
    return ", ".join(str(choices.get(item, item)) for item in values if item)
