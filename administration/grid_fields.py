"""What the forms of a grid are made of: fields by its plain data, texts in each language, rows, short names."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from riskassessment import drafting
from riskassessment.drafting import Raw
from riskassessment.items import MAX_OPTIONS
from riskassessment.rules import LEVELS

LANGUAGES = {"fr": _("in French"), "nl": _("in Dutch"), "en": _("in English")}
LONGEST = 4000
NOTHING = ("", "—")
RAISED = LEVELS[1:]


def int_of(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else ""


def with_held(choices: Iterable[tuple[str, Any]], held: Any) -> list[tuple[str, Any]]:
    """The choices, and the value that is held where it is none of them: it is kept unless another is chosen."""
    listed = list(choices)
    if isinstance(held, str) and held and held not in {value for value, _label in listed}:
        listed.append((held, held))
    return listed


class RawForm(forms.Form):
    """A form made from plain data: `initial` is what the data hold, `{name}_{language}` the words of a text."""

    formsets: Sequence[Any] = ()

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.build()

    def build(self) -> None:
        """Add the fields that depend on the data."""

    def add(self, name: str, field: forms.Field, value: Any = None) -> None:
        self.fields[name] = field
        if value not in (None, ""):
            self.initial.setdefault(name, value)

    def add_words(self, name: str, label: Any, raw: Mapping[str, Any], *, rows: int = 0, help_text: Any = "") -> None:
        texts = drafting.part(raw, name)
        for code, language in LANGUAGES.items():
            widget = forms.Textarea(attrs={"rows": rows, "lang": code}) if rows else forms.TextInput({"lang": code})
            field = forms.CharField(
                label=format_lazy("{}, {}", label, language),
                required=False,
                max_length=LONGEST,
                widget=widget,
                help_text=help_text if code == "fr" else "",
            )
            self.add(f"{name}_{code}", field, text_of(texts.get(code)))

    def words(self, name: str) -> Raw:
        """The words typed for a text, by language; empty where there are none."""
        typed = {code: self.cleaned_data.get(f"{name}_{code}", "").replace("\r\n", "\n") for code in LANGUAGES}
        return {code: text for code, text in typed.items() if text}

    def line(self, *names: str) -> list[forms.BoundField]:
        """Fields to show beside each other; `text*` is a text in each language."""
        found = []
        for name in names:
            if name.endswith("*"):
                found += [self[f"{name[:-1]}_{code}"] for code in LANGUAGES if f"{name[:-1]}_{code}" in self.fields]
            elif name in self.fields:
                found.append(self[name])
        return found

    def show_conflict(self) -> None:
        """Beside each field that differs, what is saved now; what was typed stays."""
        self.full_clean()
        for name in self.changed_data:
            held = self.initial.get(name)
            choices = dict(getattr(self.fields[name], "choices", ()) or ())
            shown = choices.get(held, held) if isinstance(held, str) else held
            self.add_error(
                name,
                _("Saved meanwhile or before: “%(saved)s”. Sending again keeps what you wrote here.")
                % {"saved": shown if shown not in (None, "", []) else "—"},
            )


def integer(label: Any, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, help_text=help_text, widget=forms.NumberInput({"inputmode": "numeric"})
    )


def choice(label: Any, choices: Iterable[Any], help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=list(choices), help_text=help_text)


def tick(label: Any, help_text: Any = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, help_text=help_text)


def identifier(help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=_("Short name"),
        required=False,
        max_length=drafting.LONGEST_ID,
        help_text=help_text,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )


def wrong_id(name: str) -> str:
    """What is wrong with how a short name is written, or ""; none at all is made later."""
    return (
        _("Small letters without accents, digits and _; a letter first.") if name and not drafting.is_id(name) else ""
    )


def check_ids(rows: Iterable[forms.Form]) -> bool:
    """Say beside each short name what is wrong with it: how it is written, or that it stands there twice."""
    seen: set[str] = set()
    fine = True
    for form in rows:
        name = form.cleaned_data["id"]
        message = wrong_id(name) or (_("This short name is used twice.") if name and name in seen else "")
        if message:
            form.add_error("id", message)
            fine = False
        seen.add(name)
    return fine


class RowForm(RawForm):
    """One of several rows; `raw` is what it was made from."""

    def __init__(self, *args: Any, language: str = "fr", **kw: Any):
        self.language = language
        super().__init__(*args, **kw)

    @property
    def raw(self) -> Raw:
        return self.initial.get("raw") or {}


class NamedRowForm(RowForm):
    """A row that others name by its short name: `was` is the one it had when the page was made."""

    def build(self) -> None:
        name = text_of(self.raw.get("id"))
        self.add("was", forms.CharField(required=False, widget=forms.HiddenInput, max_length=drafting.LONGEST_ID), name)
        self.add("id", identifier(), name)

    def changed_from(self, old: Mapping[str, Raw], changes: Mapping[str, Any]) -> Raw:
        """The row it was among `old`, by short name, under its new one and with what was typed."""
        given = self.cleaned_data
        return drafting.with_keys(old.get(given["was"], {}) | {"id": given["id"]}, changes)


def rows_of(form: type[forms.Form], *, ordered: bool = False, extra: int = 2, most: int = MAX_OPTIONS) -> type:
    """A list of such rows with a few empty ones at its end."""
    return formset_factory(
        form, extra=extra, can_order=ordered, can_delete=True, max_num=most, absolute_max=most + 20, validate_max=True
    )


def kept(formset: Any) -> list[forms.Form]:
    """The rows that say something and are not to be taken away, in their order."""
    if formset.can_order:
        return list(formset.ordered_forms)
    gone = formset.deleted_forms
    return [
        form
        for number, form in enumerate(formset.forms)
        if form not in gone and (number < formset.initial_form_count() or form.has_changed())
    ]


def name_rows(forms_kept: Iterable[forms.Form], text: str, otherwise: str) -> None:
    """Give the rows without a short name one made of their words."""
    rows = list(forms_kept)
    taken = {form.cleaned_data.get("id", "") for form in rows}
    for form in rows:
        if not form.cleaned_data.get("id"):
            said = form.words(text)
            made = drafting.made_of(next(iter(said.values()), ""), taken, otherwise)
            form.cleaned_data["id"] = made
            taken.add(made)


def initial_rows(raw: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    return [{"raw": one} for one in drafting.rows(raw, key)]
