"""A grid as forms: its head, its sections and dimensions, what it is imported by. Fields and widgets only.

Every form is made from the plain data of a draft and gives plain data back (`changed`); whether that makes a grid is
for the checks. A form that keeps something it cannot show (a condition of conditions) leaves it as it is.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.enums import AgencyKind
from riskassessment import drafting
from riskassessment.drafting import Raw

from . import grid_words as named
from .grid_fields import (
    NamedRowForm,
    RawForm,
    check_ids,
    choice,
    initial_rows,
    kept,
    name_rows,
    rows_of,
    text_of,
    tick,
    with_held,
)


class HeadForm(RawForm):
    """What a grid says of itself, who may use it, where its answers stand."""

    def __init__(
        self, *args: Any, raw: Raw, courses: Iterable[tuple[str, str]], grids: Iterable[tuple[str, str]], **kw
    ):
        self.raw, self.courses, self.grids = raw, list(courses), list(grids)
        super().__init__(*args, **kw)

    def build(self) -> None:
        raw = self.raw
        self.add_words("title", _("Title"), raw)
        self.add_words("description", _("What it is for"), raw, rows=3)
        self.add_words(
            "notice", _("Notice"), raw, rows=3,
            help_text=_("Shown on every screen and every print. A demonstration grid says here that it is one."),
        )  # fmt: skip
        self.add_words(
            "provenance", _("Provenance"), raw, rows=3, help_text=_("Where the instrument comes from, and who says so.")
        )
        self.add_words("licence", _("Licence"), raw, rows=3, help_text=_("Who may use its words, on what terms."))
        self.add(
            "demonstration", tick(_("Demonstration grid, not an official instrument")), bool(raw.get("demonstration"))
        )
        self.add("kind", choice(_("Kind"), named.KINDS.items()), text_of(raw.get("kind")))
        self.add("place", choice(_("Where its answers stand in a case"), named.PLACES.items()), self._place())
        asked_of = text_of(raw.get("asked_of")) or "victim"
        self.add("asked_of", choice(_("Who is asked"), named.ASKED_OF.items()), asked_of)
        kinds = raw.get("agency_kinds")
        held = [one for one in kinds if isinstance(one, str)] if isinstance(kinds, list) else []
        known = list(AgencyKind.choices) + [(one, one) for one in held if one not in AgencyKind.values]
        field = forms.MultipleChoiceField(
            label=_("Kinds of services that may use it"),
            required=False,
            choices=known,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("None chosen: every kind."),
        )
        self.add("agency_kinds", field, held)
        for name, label in (
            ("training", _("Training needed to sign it")),
            ("review_training", _("Training needed to verify it, or to sign under a lower level")),
        ):
            value = text_of(raw.get(name))
            self.add(name, choice(label, with_held([("", _("none")), *self.courses], value)), value)
        leads = text_of(raw.get("leads_to"))
        self.add(
            "leads_to",
            choice(
                _("Full grid it leads to"), with_held([("", _("none")), *self.grids], leads), _("For a checklist only.")
            ),
            leads,
        )
        self.add("anonymous", tick(_("May be used for a situation without identity")), bool(raw.get("anonymous")))

    def _place(self) -> str:
        return f"{text_of(self.raw.get('category')) or 'risk'}/{text_of(self.raw.get('side')) or 'case'}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.words("title"):
            self.add_error("title_fr", _("Give the grid a title, in one language at least."))
        return cleaned

    def groups(self) -> list[dict[str, Any]]:
        return [
            {"title": _("What it says of itself"), "lines": [
                self.line("title*"), self.line("description*"), self.line("notice*"), self.line("provenance*"),
                self.line("licence*"), self.line("demonstration"),
            ]},
            {"title": _("What it is and who uses it"), "lines": [
                self.line("kind", "place", "asked_of"), self.line("agency_kinds"),
                self.line("training", "review_training"), self.line("leads_to"), self.line("anonymous"),
            ]},
        ]  # fmt: skip

    def changed(self) -> Raw:
        """The draft with the head that was typed."""
        given = self.cleaned_data
        category, _slash, side = given["place"].partition("/")
        changes = {name: self.words(name) for name in ("title", "description", "notice", "provenance", "licence")}
        changes |= {
            "demonstration": given["demonstration"],
            "kind": given["kind"],
            "category": "" if category == "risk" else category,
            "side": "" if side == "case" else side,
            "asked_of": "" if given["asked_of"] == "victim" else given["asked_of"],
            "agency_kinds": given["agency_kinds"],
            "training": given["training"],
            "review_training": given["review_training"],
            "leads_to": given["leads_to"],
            "anonymous": given["anonymous"] or None,
        }
        return drafting.with_keys(self.raw, changes)


class SectionForm(NamedRowForm):
    def build(self) -> None:
        super().build()
        self.add_words("title", _("Title"), self.raw)
        self.add_words("help", _("Help"), self.raw, rows=2)
        self.add(
            "dimension",
            forms.CharField(
                label=_("Dimension"), required=False, max_length=60,
                help_text=_("Short name of the dimension its questions belong to, empty for none."),
            ),
            text_of(self.raw.get("dimension")),
        )  # fmt: skip

    def lines(self) -> list[list[forms.BoundField]]:
        return [
            self.line("title*"), self.line("help*"), self.line("id", "dimension", "ORDER"), self.line("DELETE"),
            self.line("was"),
        ]  # fmt: skip

    def changed(self, old: Mapping[str, Raw]) -> Raw:
        given = self.cleaned_data
        changes = {"title": self.words("title"), "help": self.words("help"), "dimension": given["dimension"]}
        return self.changed_from(old, changes)


class DimensionForm(NamedRowForm):
    def build(self) -> None:
        super().build()
        self.add_words("title", _("Title"), self.raw)

    def lines(self) -> list[list[forms.BoundField]]:
        return [self.line("title*"), self.line("id", "ORDER"), self.line("DELETE"), self.line("was")]

    def changed(self, old: Mapping[str, Raw]) -> Raw:
        return self.changed_from(old, {"title": self.words("title")})


class StructureForm:
    """Sections and dimensions: two lists of rows."""

    def __init__(self, data: Any = None, *, raw: Raw, language: str):
        self.raw = raw
        extra = {"form_kwargs": {"language": language}}
        sections, dimensions = (
            rows_of(SectionForm, ordered=True, most=50),
            rows_of(DimensionForm, ordered=True, most=20),
        )
        self.sections = sections(data, prefix="sections", initial=initial_rows(raw, "sections"), **extra)
        self.dimensions = dimensions(data, prefix="dimensions", initial=initial_rows(raw, "dimensions"), **extra)
        self.formsets = [self.sections, self.dimensions]

    def is_valid(self) -> bool:
        if not all([formset.is_valid() for formset in self.formsets]):
            return False
        return all([check_ids(kept(one)) for one in self.formsets])

    def changed(self) -> Raw:
        """The draft with these sections and dimensions; what is named after one that was renamed follows it."""
        raw = dict(self.raw)
        for key, formset, otherwise in (
            ("sections", self.sections, "section"),
            ("dimensions", self.dimensions, "dimension"),
        ):
            rows = kept(formset)
            name_rows(rows, "title", otherwise)
            old = {text_of(one.get("id")): one for one in drafting.rows(self.raw, key)}
            new = [form.changed(old) for form in rows]
            names = {form.cleaned_data["was"]: form.cleaned_data["id"] for form in rows}
            raw = drafting.with_keys(raw, {key: new})
            raw = drafting.renamed(raw, key[:-1], names)
        return raw


class WhoseForm(forms.Form):
    """For everybody, or for one service alone."""

    whose = forms.ChoiceField(label=_("For whom"), widget=forms.RadioSelect, required=False)

    def __init__(self, *args: Any, whose: Iterable[tuple[str, Any]], **kw: Any):
        super().__init__(*args, **kw)
        self.fields["whose"].choices = list(whose)
        self.fields["whose"].initial = self.fields["whose"].choices[0][0]


class DocumentForm(forms.Form):
    """A definition, pasted."""

    document = forms.CharField(
        label=_("Definition, in JSON or YAML"),
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 14, "spellcheck": "false", "autocomplete": "off"}),
    )


class ImportForm(WhoseForm, DocumentForm):
    """A definition, pasted or from a file, and whose it is."""

    file = forms.FileField(
        label=_("Or a file (.json, .yaml, .yml)"),
        required=False,
        help_text=_("512 KB at most. Where both are given, the file is read."),
        widget=forms.FileInput({"accept": ".json,.yaml,.yml"}),
    )


class DuplicateForm(WhoseForm):
    """A version taken as the beginning of a new grid."""

    slug = forms.CharField(
        label=_("Short name of the new grid"),
        max_length=60,
        required=False,
        help_text=_("Small letters, digits and hyphens, for instance intake-grid."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )


class RetireForm(forms.Form):
    """Why a version is no longer used."""

    reason = forms.CharField(
        label=pgettext_lazy("of a retired grid", "Why it is no longer used"),
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
