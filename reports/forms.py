"""The report as a form: names are those of `reports.payload`, which checks. Nothing is checked here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from cases.enums import Arranged, Safe
from cases.models import CasePerson
from common.clock import local, now

from . import child_forms
from .inputs import NAME, NEXT, Unchecked, box, day, in_words, language, line, moment, printable, radios, text, typed_in
from .models import Declaration, ImmediateMeasure, Presence, ReportKind, Right, Section, ViolenceType

LISTS = ("unknown_sections", "violence_types", "rights_explained")
YES_NO = [("yes", _("yes")), ("no", _("no"))]


class ReportForm(forms.Form):
    """The page an officer fills in. `use_required_attribute` stays off: the server answers with a summary."""

    use_required_attribute = False
    NEEDED = ("victim_family_name", "perpetrator_family_name", "met_at", "j2_accepted")
    NEEDED_OF_A_COMPLAINT = ("place", "violence_types", "vif", "vc", "declaration")

    victim_family_name = line(_("Family name"), attrs=NAME)
    victim_given_name = line(_("Given name"), attrs=NAME)
    victim_birth_date = day(_("Birth date"))
    victim_languages = language(_("Language she speaks best"))
    victim_interpreter_needed = box(
        _("She needs an interpreter"),
        help_text=_("A professional one: never a child, a relative or somebody of the couple’s circle."),
    )

    victim_phone = line(
        _("Phone number where she can be reached"),
        attrs={**NEXT, "type": "tel", "inputmode": "tel"},
        help_text=_("Ask her which number he cannot see or answer."),
    )
    victim_phone_safe = radios(_("Is this number safe?"), Safe.choices)
    victim_phone_hours = line(
        _("When can she be called?"), help_text=_("For example: between 9 and 11 in the morning.")
    )
    victim_may_sms = box(_("A text message may be sent"))
    victim_may_leave_message = box(_("A voice message may be left"))
    victim_phone_say = line(
        _("What to say when calling"), help_text=_("The name or pretext she chose, for example “the library”.")
    )
    victim_phone_must_not_answer = line(
        _("Who must not answer"), help_text=_("If this person answers, the caller hangs up.")
    )

    perpetrator_family_name = line(_("Family name"), attrs=NAME, help_text=_("“Unknown” if nobody knows it."))
    perpetrator_given_name = line(_("Given name"), attrs=NAME)
    perpetrator_birth_date = day(_("Birth date"))
    perpetrator_relationship = line(
        _("Who he is to her"),
        help_text=_("Spouse, partner, former partner, son…"),
        attrs={**NEXT, "list": "relationships"},
    )
    perpetrator_languages = language(_("Language he speaks best"))
    perpetrator_interpreter_needed = box(_("He needs an interpreter"))

    met_at = moment(_("When she was met"), help_text=_("The J+2 contact counts from this moment."))
    occurred_at = moment(_("When the facts happened"))
    place = line(_("Where"), help_text=_("The kind of place is enough: at home, in the street, at work."))
    postal_code = line(
        _("Postal code of the place"), attrs={**NEXT, "autocapitalize": "characters", "spellcheck": "false"}
    )
    pv_number = line(_("Report number"), attrs={**NEXT, "autocapitalize": "characters", "spellcheck": "false"})
    police_code = line(
        _("Code of the facts"),
        attrs={**NEXT, "autocapitalize": "characters", "spellcheck": "false"},
        help_text=_("As your own system calls them; it may stay empty."),
    )
    violence_types = Unchecked(
        label=_("Kinds of violence"),
        required=False,
        help_text=_("All those that she tells of or that were seen."),
        widget=forms.CheckboxSelectMultiple(choices=ViolenceType.choices),
    )

    facts_context = text(_("Context"), help_text=_("Who called, who was there, what came before."))
    facts_words = text(_("Words"), help_text=_("Quote: “He said: …”. Say who is speaking."))
    facts_gestures = text(_("Gestures"), help_text=_("Who did what, to whom, with what, how long; injuries seen."))
    means = text(_("Means"), help_text=_("With what: hands, an object, a weapon, a telephone, a vehicle."))
    children_present = radios(_("Were children present?"), Presence.choices)
    children_impact = text(_("Impact on the children"), help_text=_("What they saw, heard, said, did."))
    risk_weapons = text(_("Weapons"), help_text=_("Seen, known or declared, and within reach."))
    risk_threats = text(_("Threats"), help_text=_("Of death, of suicide, on the children; in which words."))
    risk_antecedents = text(_("Antecedents"), help_text=_("Earlier facts, reported or not; measures not respected."))
    measure = radios(_("Immediate measure"), ImmediateMeasure.choices)
    measure_detail = text(_("About the measure"))
    orientation = text(_("Orientation"), help_text=_("Services proposed, and what she wishes."))
    unknown_sections = Unchecked(
        label=_("Sections not known"), required=False, widget=forms.CheckboxSelectMultiple(choices=Section.choices)
    )

    vif = radios(
        _("Is this violence within the family (VIF)?"),
        YES_NO,
        help_text=_("Between people of one family or household, living together or not; couples, past ones too."),
    )
    vc = radios(
        _("Is this violence between partners (VC)?"),
        YES_NO,
        help_text=_("Between partners or former partners. Where the answer above is no, this is no too."),
    )
    rights_explained = Unchecked(
        label=_("What was explained to her"),
        required=False,
        widget=forms.CheckboxSelectMultiple(choices=Right.choices),
    )
    rights_language = language(_("In which language"))
    rights_later = line(
        _("If it could not be explained today, why"),
        help_text=_("For example: she was taken to hospital; no interpreter could be reached."),
    )
    declaration = radios(
        _("After this explanation"),
        [
            (Declaration.MADE, _("she makes the declaration: it is filled in from this complaint, and she signs it")),
            (Declaration.REFUSED, _("she does not wish to make it")),
        ],
    )
    declaration_words = text(
        _("What she says of it"), help_text=_("In her words. If she does not wish it, write why she says so.")
    )
    accompaniment = radios(_("Somebody specialised accompanies her"), Arranged.choices)
    accompanied_by = line(_("Who accompanies her"), help_text=_("The service is enough."))
    childcare = radios(_("Somebody minds the children meanwhile"), Arranged.choices)

    j2_accepted = radios(
        _("Does she accept to be called in two days?"), [("yes", _("Yes, she accepts")), ("no", _("No, she does not"))]
    )

    def summary_label(self, field: forms.BoundField) -> str:
        """Whose name, whose birth date: for the summary of errors."""
        return label_of(field.html_name)


SECTION_FIELDS = {
    Section.FACTS: ("facts_context", "facts_words", "facts_gestures", "means"),
    Section.CHILDREN: ("children_present", "children_impact"),
    Section.RISK: ("risk_weapons", "risk_threats", "risk_antecedents"),
    Section.MEASURE: ("measure", "measure_detail"),
    Section.ORIENTATION: ("orientation",),
}


def beginning(kind: str) -> dict[str, Any]:
    """What a new form says already: she was met now; in a complaint she makes the declaration, unless she refuses."""
    begun = {"met_at": local(now()).strftime("%Y-%m-%dT%H:%M")}
    return begun | {"declaration": Declaration.MADE.value} if kind == ReportKind.POLICE_COMPLAINT else begun


def collect(post: QueryDict) -> dict[str, Any]:
    """What was typed, as a draft keeps it: empty answers left out, children numbered from 0 without gaps."""
    return typed_in(post, ReportForm.base_fields, lists=LISTS) | child_forms.collect(post)


def bind(
    data: Mapping[str, Any],
    *,
    errors: Mapping[str, Iterable[Any]] | None = None,
    joins: bool = False,
    kind: str = "",
    blank: int = 0,
    known: Sequence[CasePerson] = (),
) -> tuple[ReportForm, forms.BaseFormSet, list[child_forms.KnownChildForm]]:
    """The form, the rows of children to name and those of the `known` ones, showing `data`, with `errors` by field
    name; `blank` more children to fill in.
    """
    shown = printable(data)
    form = ReportForm(shown)
    children = child_forms.bind(shown, errors=errors, blank=blank)
    known_children = child_forms.bind_known(known, shown, errors=errors)
    for name, messages in (errors or {}).items():
        if child_forms.is_of_a_child(name):
            continue
        for message in messages:
            form.add_error(name if name in form.fields else None, message)
    form.is_valid()
    needed = [name for name in form.NEEDED if not (joins and name.endswith("_family_name"))]
    if kind == ReportKind.POLICE_COMPLAINT:
        needed += form.NEEDED_OF_A_COMPLAINT
    if kind == ReportKind.SENSITIVE_NOTE:
        needed.remove("j2_accepted")
    for name in needed:
        form.fields[name].required = True  # after the check: only the word by the label
    return form, children, known_children


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
    if of_a_child := child_forms.label_of(name):
        return of_a_child
    for prefix, whose in (("victim_", _("Victim")), ("perpetrator_", _("Presumed perpetrator"))):
        if name.startswith(prefix) and name in ReportForm.base_fields:
            return f"{whose} · {ReportForm.base_fields[name].label}"
    return str(ReportForm.base_fields[name].label) if name in ReportForm.base_fields else name


def words(name: str, value: Any) -> str:
    """A stored answer in the words of the page."""
    return in_words(ReportForm.base_fields.get(name) or child_forms.field_of(name), value)
