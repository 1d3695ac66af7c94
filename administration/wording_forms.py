"""Rows of words published as versions: what is proposed while writing, and guides. The services check them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.enums import Gender
from cases.guides import LANGUAGES, MOST_LINES
from common.forms import DayField
from reports.hints import MOST_HINTS

from .grid_fields import LANGUAGES as IN_LANGUAGE
from .grid_fields import NOTHING, rows_of

OFF = {"autocomplete": "off"}
PREFIX = "rows"


def _words(label: Any, *, rows: int = 2, help_text: Any = "", lang: str = "") -> forms.CharField:
    widget = forms.Textarea({**OFF, "rows": rows, **({"lang": lang} if lang else {})})
    return forms.CharField(label=label, required=False, help_text=help_text, widget=widget)


class PublishForm(forms.Form):
    """What is said of a version as a whole."""

    use_required_attribute = False

    provenance = _words(_("Where it comes from"), rows=3, help_text=_("On which principles, and who took part."))
    verified_on = DayField(
        label=_("Read over on"),
        required=False,
        help_text=_("Empty: shown as to be verified."),
    )
    after = forms.IntegerField(required=False, widget=forms.HiddenInput)


class GuideForm(PublishForm):
    """A guide has a title."""

    title_fr = forms.CharField(
        label=_("Title, in French"), required=False, widget=forms.TextInput({**OFF, "lang": "fr"})
    )
    title_en = forms.CharField(
        label=_("Title, in English"), required=False, widget=forms.TextInput({**OFF, "lang": "en"})
    )
    field_order = ("title_fr", "title_en")

    def title(self) -> dict[str, str]:
        return {code: self.cleaned_data[f"title_{code}"] for code in LANGUAGES}


class HintRowForm(forms.Form):
    """Wordings to avoid, why, and what to write instead."""

    use_required_attribute = False

    avoid = _words(_("To avoid"), rows=3, help_text=_("One wording on each line, each of its forms."))
    why = _words(_("Why"))
    prefer = _words(_("What to write instead"))
    alone = forms.BooleanField(
        label=_("Can be put in its place as it is"),
        required=False,
        help_text=_("A button then writes it in the text."),
    )

    def row(self) -> dict[str, object]:
        given = self.cleaned_data
        lines = [line.strip() for line in given["avoid"].splitlines()]
        return {**{name: given[name] for name in ("why", "prefer", "alone")}, "avoid": [line for line in lines if line]}

    @staticmethod
    def initial_of(hint: Mapping[str, Any]) -> dict[str, object]:
        return {**hint, "avoid": "\n".join(hint["avoid"])}


class GuideRowForm(forms.Form):
    """A line, and of whom it is said."""

    use_required_attribute = False

    fr = _words(IN_LANGUAGE["fr"], lang="fr")
    en = _words(IN_LANGUAGE["en"], lang="en")
    age_from = forms.IntegerField(
        label=_("From the age of"), required=False, widget=forms.NumberInput({"inputmode": "numeric"})
    )
    age_to = forms.IntegerField(
        label=_("Up to the age of"), required=False, widget=forms.NumberInput({"inputmode": "numeric"})
    )
    gender = forms.ChoiceField(
        label=pgettext_lazy("of whom a line is said", "Gender"), required=False, choices=[NOTHING, *Gender.choices]
    )

    def row(self) -> dict[str, object]:
        return {name: self.cleaned_data[name] for name in ("fr", "en", "age_from", "age_to", "gender")}

    @staticmethod
    def initial_of(line: Mapping[str, Any]) -> dict[str, object]:
        return {code: line["text"][code] for code in LANGUAGES} | line.get("when", {})


HintRows = rows_of(HintRowForm, extra=0, most=MOST_HINTS)
GuideRows = rows_of(GuideRowForm, extra=0, most=MOST_LINES)


def show_row_errors(head: forms.Form, rows: Sequence[forms.Form], errors: Mapping[str, Sequence[Any]]) -> None:
    """The messages of a service by the fields they name, those of a row beside it; what names none goes on top."""
    for name, messages in errors.items():
        number, dot, field = name.partition(".")
        if dot:
            rows[int(number)].add_error(field, list(messages))
        else:
            head.add_error(name if name in head.fields else None, list(messages))
