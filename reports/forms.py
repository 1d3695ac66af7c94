"""The report as a form: names are those of `reports.payload`, which checks. Nothing is checked here."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.enums import Safe
from common.languages import LANGUAGES

from .models import ImmediateMeasure, Presence, Section
from .payload import CHILD, MOST_CHILDREN

LISTS = ("unknown_sections",)
KEEP = "keep:"
"""Prefix of the answers to "mine or theirs?" on the page of a draft two people changed."""

DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d))?")
OFF = {"autocomplete": "off"}
NEXT = {**OFF, "enterkeyhint": "next"}
NAME = {**NEXT, "autocapitalize": "words", "spellcheck": "false"}
LONG = {**OFF, "rows": 3, "autocapitalize": "sentences"}
NOT_CHOSEN = [("", pgettext_lazy("choice", "—"))]


def _line(label: Any, *, attrs: Mapping[str, Any] = NEXT, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, required=False, strip=False, help_text=help_text, widget=forms.TextInput(attrs))


def _text(label: Any, *, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, required=False, strip=False, help_text=help_text, widget=forms.Textarea(LONG))


def _moment(label: Any, *, help_text: Any = "") -> forms.CharField:
    widget = forms.TextInput({**NEXT, "type": "datetime-local"})
    return forms.CharField(label=label, required=False, help_text=help_text, widget=widget)


def _day(label: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, widget=forms.TextInput({**NEXT, "type": "date"}))


def _radios(label: Any, choices: Iterable, *, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, required=False, help_text=help_text, widget=forms.RadioSelect(choices=choices))


def _box(label: Any, *, help_text: Any = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, help_text=help_text)


def _language(label: Any) -> forms.CharField:
    widget = forms.Select(choices=[*NOT_CHOSEN, *LANGUAGES.items()])
    return forms.CharField(label=label, required=False, widget=widget)


class Unchecked(forms.Field):
    """A field that takes what comes: `reports.payload` decides."""


class ReportForm(forms.Form):
    """The page an officer fills in. `use_required_attribute` stays off: the server answers with a summary."""

    use_required_attribute = False
    NEEDED = ("victim_family_name", "perpetrator_family_name", "met_at", "j2_accepted")

    victim_family_name = _line(_("Family name"), attrs=NAME)
    victim_given_name = _line(_("Given name"), attrs=NAME)
    victim_birth_date = _day(_("Birth date"))
    victim_languages = _language(_("Language she speaks best"))
    victim_interpreter_needed = _box(
        _("She needs an interpreter"),
        help_text=_("A professional one: never a child, a relative or somebody of the couple’s circle."),
    )

    victim_phone = _line(
        _("Phone number where she can be reached"),
        attrs={**NEXT, "type": "tel", "inputmode": "tel"},
        help_text=_("Ask her which number he cannot see or answer."),
    )
    victim_phone_safe = _radios(_("Is this number safe?"), Safe.choices)
    victim_phone_hours = _line(
        _("When can she be called?"), help_text=_("For example: between 9 and 11 in the morning.")
    )
    victim_may_sms = _box(_("A text message may be sent"))
    victim_may_leave_message = _box(_("A voice message may be left"))
    victim_phone_say = _line(
        _("What to say when calling"), help_text=_("The name or pretext she chose, for example “the library”.")
    )
    victim_phone_must_not_answer = _line(
        _("Who must not answer"), help_text=_("If this person answers, the caller hangs up.")
    )

    perpetrator_family_name = _line(_("Family name"), attrs=NAME, help_text=_("“Unknown” if nobody knows it."))
    perpetrator_given_name = _line(_("Given name"), attrs=NAME)
    perpetrator_birth_date = _day(_("Birth date"))
    perpetrator_relationship = _line(
        _("Who he is to her"),
        help_text=_("Spouse, partner, former partner, son…"),
        attrs={**NEXT, "list": "relationships"},
    )
    perpetrator_languages = _language(_("Language he speaks best"))
    perpetrator_interpreter_needed = _box(_("He needs an interpreter"))

    met_at = _moment(_("When she was met"), help_text=_("The J+2 contact counts from this moment."))
    occurred_at = _moment(_("When the facts happened"))
    place = _line(_("Where"), help_text=_("The kind of place is enough: at home, in the street, at work."))
    pv_number = _line(_("Report number"), attrs={**NEXT, "autocapitalize": "characters", "spellcheck": "false"})

    facts_context = _text(_("Context"), help_text=_("Who called, who was there, what came before."))
    facts_words = _text(_("Words"), help_text=_("Quote: “He said: …”. Say who is speaking."))
    facts_gestures = _text(_("Gestures"), help_text=_("Who did what, to whom, with what, how long; injuries seen."))
    children_present = _radios(_("Were children present?"), Presence.choices)
    children_impact = _text(_("Impact on the children"), help_text=_("What they saw, heard, said, did."))
    risk_weapons = _text(_("Weapons"), help_text=_("Seen, known or declared, and within reach."))
    risk_threats = _text(_("Threats"), help_text=_("Of death, of suicide, on the children; in which words."))
    risk_antecedents = _text(_("Antecedents"), help_text=_("Earlier facts, reported or not; measures not respected."))
    measure = _radios(_("Immediate measure"), ImmediateMeasure.choices)
    measure_detail = _text(_("About the measure"))
    orientation = _text(_("Orientation"), help_text=_("Services proposed, and what she wishes."))
    unknown_sections = Unchecked(
        label=_("Sections not known"), required=False, widget=forms.CheckboxSelectMultiple(choices=Section.choices)
    )

    j2_accepted = _radios(
        _("Does she accept to be called in two days?"), [("yes", _("Yes, she accepts")), ("no", _("No, she does not"))]
    )

    def summary_label(self, field: forms.BoundField) -> str:
        """Whose name, whose birth date: for the summary of errors."""
        return label_of(field.html_name)


class ChildForm(forms.Form):
    use_required_attribute = False

    given_name = _line(_("Given name"), attrs=NAME)
    family_name = _line(_("Family name"), attrs=NAME)
    birth_date = _day(_("Birth date"))

    def summary_label(self, field: forms.BoundField) -> str:
        """Which child: for the summary of errors."""
        return label_of(field.html_name)


ChildFormSet = forms.formset_factory(ChildForm, extra=0, max_num=MOST_CHILDREN, absolute_max=100)

SECTION_FIELDS = {
    Section.FACTS: ("facts_context", "facts_words", "facts_gestures"),
    Section.CHILDREN: ("children_present", "children_impact"),
    Section.RISK: ("risk_weapons", "risk_threats", "risk_antecedents"),
    Section.MEASURE: ("measure", "measure_detail"),
    Section.ORIENTATION: ("orientation",),
}


def collect(post: QueryDict) -> dict[str, Any]:
    """What was typed, as a draft keeps it: empty answers left out, children numbered from 0 without gaps."""
    data: dict[str, Any] = {}
    for name in ReportForm.base_fields:
        value: Any = sorted(set(post.getlist(name))) if name in LISTS else post.get(name, "")
        if value:
            data[name] = _lines(value)
    children: dict[int, dict[str, str]] = {}
    for name in post:
        if (match := CHILD.fullmatch(name)) and (value := post.get(name, "")):
            children.setdefault(int(match[1]), {})[match[2]] = value
    for number, index in enumerate(sorted(children)):
        data |= {f"children-{number}-{name}": value for name, value in children[index].items()}
    return data


def _lines(value: Any) -> Any:
    """A form sends a line break as two signs; the same text must not look changed."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


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


def bind(
    data: Mapping[str, Any], *, errors: Mapping[str, Iterable[Any]] | None = None, joins: bool = False, blank: int = 0
) -> tuple[ReportForm, forms.BaseFormSet]:
    """The form and the children's, showing `data`, with `errors` by field name; `blank` more children to fill in."""
    indexes = [int(match[1]) for name in [*data, *(errors or {})] if (match := CHILD.fullmatch(name))]
    total = min(max(indexes, default=-1) + 1 + blank, MOST_CHILDREN + 1)
    form = ReportForm(data)
    children = ChildFormSet(
        {**data, "children-TOTAL_FORMS": str(total), "children-INITIAL_FORMS": "0"}, prefix="children"
    )
    for name, messages in (errors or {}).items():
        match = CHILD.fullmatch(name)
        for message in messages:
            if match:
                children.forms[int(match[1])].add_error(match[2], message)
            else:
                form.add_error(name if name in form.fields else None, message)
    form.is_valid()
    for name in form.NEEDED:
        if not (joins and name.endswith("_family_name")):
            form.fields[name].required = True  # after the check: only the word by the label
    return form, children


def sections(form: ReportForm) -> list[dict[str, Any]]:
    """The five sections as the page lays them out: key, title, fields and the box "not known"."""
    unknown = {option.data["value"]: option for option in form["unknown_sections"].subwidgets}
    return [
        {
            "key": section.value,
            "title": section.label,
            "fields": [form[name] for name in names],
            "unknown": unknown[section.value],
        }
        for section, names in SECTION_FIELDS.items()
    ]


def label_of(name: str) -> str:
    """The words of a field of a draft, for the list of what two people changed."""
    if match := CHILD.fullmatch(name):
        what = str(ChildForm.base_fields[match[2]].label).lower()
        return str(_("Child %(number)d: %(what)s") % {"number": int(match[1]) + 1, "what": what})
    for prefix, whose in (("victim_", _("Victim")), ("perpetrator_", _("Presumed perpetrator"))):
        if name.startswith(prefix) and name in ReportForm.base_fields:
            return f"{whose} · {ReportForm.base_fields[name].label}"
    return str(ReportForm.base_fields[name].label) if name in ReportForm.base_fields else name


def words(name: str, value: Any) -> str:
    """A stored answer in the words of the page."""
    field = ReportForm.base_fields.get(name)
    if isinstance(field, forms.BooleanField):
        return str(_("yes")) if value else str(_("no"))
    if isinstance(value, str) and (match := DATE.fullmatch(value)):
        year, month, day, time = match.groups()
        return f"{day}/{month}/{year} {time or ''}".strip()
    choices = dict(getattr(getattr(field, "widget", None), "choices", ()))
    values = value if isinstance(value, list) else [value]
    return ", ".join(str(choices.get(item, item)) for item in values if item)
