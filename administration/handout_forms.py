"""The words of a hand-out as rows and lines. The service checks them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.handout_content import MOST_SECTIONS, SHAPES

from .grid_fields import rows_of
from .wording_forms import OFF, PublishForm

LABELS = {
    "urgent": _("Above the numbers for an emergency"),
    "talk": _("Above the other numbers"),
    "near": _("Above the services nearby"),
    "here": _("Before the service that hands it over"),
    "checked": _("Before the day a number was checked"),
    "check": _("Under the numbers, where not all of them were checked"),
    "foot": _("At the foot, while it is not verified"),
    "day": _("Line to fill in: day"),
    "hour": _("Line to fill in: hour"),
    "place": _("Line to fill in: place"),
    "phone": _("Line to fill in: phone"),
    "yes": _("In the frame under the questions"),
    "always": _("Under the frame"),
    "scan": _("Above the code to scan"),
    "call": _("Between the code and the number"),
    "qr": _("What the code is, for who does not see it"),
    "page_title": _("Page: title"),
    "page_intro": _("Page: first sentence"),
    "page_call": _("Page: above the number to call"),
    "page_urgent": _("Page: under the number to call"),
    "number": _("Page: the number"),
    "number_help": _("Page: help for the number"),
    "hours": _("Page: the hours"),
    "hours_help": _("Page: help for the hours"),
    "send": _("Page: button"),
    "thanks_title": _("Page after: title"),
    "thanks": _("Page after: sentence"),
    "skip": _("Page: skip to the content"),
    "leave": _("Page: way out"),
    "leave_hint": _("Page: at the foot"),
    "wrong_number": _("Page: no number"),
    "wrong_hours": _("Page: no hours"),
    "again": _("Page: opened too long ago"),
    "too_many": _("Page: too many requests"),
    "ended_title": _("Page that is no more: title"),
    "ended": _("Page that is no more: sentence"),
    "problem": _("Page: above what is to be corrected"),
    "languages": _("Page: choice of the language"),
}
"""What each label is, for who writes it."""


def lines_of(text: str) -> list[str]:
    """A line for each line that says something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _lines(label: Any, language: str, *, rows: int) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        help_text=_("One sentence on each line."),
        widget=forms.Textarea({**OFF, "rows": rows, "lang": language}),
    )


class HandOutForm(PublishForm):
    """A hand-out in one language: its title, its first sentences, its labels."""

    def __init__(self, *args: Any, key: str, language: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        kept = {name: self.fields.pop(name) for name in ("provenance", "verified_on", "after")}
        text = {**OFF, "lang": language}
        self.fields["title"] = forms.CharField(label=_("Title"), required=False, widget=forms.TextInput(text))
        self.fields["intro"] = _lines(_("First sentences"), language, rows=3)
        for name in SHAPES[key].labels:
            self.fields[f"label_{name}"] = forms.CharField(
                label=LABELS[name], required=False, widget=forms.TextInput(text)
            )
        self.fields |= kept
        self.label_names = SHAPES[key].labels

    def content(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """What the service publishes, with these rows as its sections."""
        given = self.cleaned_data
        return {
            "title": given["title"],
            "intro": lines_of(given["intro"]),
            "sections": rows,
            "labels": {name: given[f"label_{name}"] for name in self.label_names},
        }

    @staticmethod
    def initial_of(content: Mapping[str, Any]) -> dict[str, str]:
        labels = {f"label_{name}": text for name, text in content["labels"].items()}
        return {"title": content["title"], "intro": "\n".join(content["intro"]), **labels}

    def head(self) -> list[forms.BoundField]:
        return [self["title"], self["intro"]]

    def foot(self) -> list[forms.BoundField]:
        return [*(self[f"label_{name}"] for name in self.label_names), self["provenance"], self["verified_on"]]


class SectionForm(forms.Form):
    """A step, a question, a part."""

    use_required_attribute = False

    title = forms.CharField(label=_("Title"), required=False, widget=forms.TextInput(OFF))
    lines = forms.CharField(
        label=_("Under it"),
        required=False,
        help_text=_("One sentence on each line."),
        widget=forms.Textarea({**OFF, "rows": 4}),
    )

    def row(self) -> dict[str, Any]:
        return {"title": self.cleaned_data["title"], "lines": lines_of(self.cleaned_data["lines"])}

    @staticmethod
    def initial_of(section: Mapping[str, Any]) -> dict[str, str]:
        return {"title": section["title"], "lines": "\n".join(section["lines"])}


SectionRows = rows_of(SectionForm, extra=0, most=MOST_SECTIONS)
