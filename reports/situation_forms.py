"""The form of a situation: names are those of `reports.situation_payload`, which checks. Nothing is checked here.

Its words are for who meets her, or him, every day: no word of police or court.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from cases.enums import Safe
from cases.models import CasePerson

from . import child_forms
from .inputs import NAME, NEXT, Unchecked, box, day, in_words, language, line, moment, printable, radios, text, typed_in
from .models import Presence, Sign, Source
from .situation_payload import Asked

LISTS = ("signs",)
ABOUT_HER_CONTACT = (
    "victim_phone",
    "victim_phone_safe",
    "victim_phone_hours",
    "victim_may_sms",
    "victim_may_leave_message",
    "victim_phone_say",
    "victim_phone_must_not_answer",
)


class SituationForm(forms.Form):
    """The page of a service, on a phone first. `use_required_attribute` is off: the server answers with a summary."""

    use_required_attribute = False
    NEEDED = ("alone", "source", "may_contact")

    alone = radios(
        _("Is she alone with you now?"),
        [
            (Presence.YES, _("yes")),
            (Presence.NO, _("no, somebody is there or may hear")),
            (Presence.UNKNOWN, _("I do not know")),
        ],
    )
    danger = box(_("She, or a child, is in danger now"))

    source = radios(_("How do you know?"), Source.choices)
    signs = Unchecked(
        label=_("What you noticed"), required=False, widget=forms.CheckboxSelectMultiple(choices=Sign.choices)
    )
    words_heard = text(_("What was said"), help_text=_("Word for word, between quotation marks. Say who is speaking."))
    signs_seen = text(_("What you saw"), help_text=_("Only what you saw yourself: no conclusion."))
    met_at = moment(_("When"))

    may_contact = radios(
        _("May we contact her?"),
        [(Presence.YES, _("yes, she agrees")), (Presence.NO, _("no")), (Presence.UNKNOWN, _("she was not asked"))],
    )
    victim_phone = line(
        _("Phone number where she can be reached"),
        attrs={**NEXT, "type": "tel", "inputmode": "tel"},
        help_text=_("Ask her which number nobody else sees or answers. It may stay empty if she comes to you."),
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

    victim_given_name = line(_("Given name"), attrs=NAME)
    victim_family_name = line(_("Family name"), attrs=NAME)
    victim_birth_date = day(_("Birth date"))
    victim_languages = language(_("Language she speaks best"))
    victim_interpreter_needed = box(
        _("She needs an interpreter"),
        help_text=_("A professional one: never a child, a relative or somebody of the couple’s circle."),
    )
    perpetrator_given_name = line(_("Given name"), attrs=NAME)
    perpetrator_family_name = line(_("Family name"), attrs=NAME)
    perpetrator_relationship = line(
        _("Who this person is to her"),
        help_text=_("Spouse, partner, former partner, son…"),
        attrs={**NEXT, "list": "relationships"},
    )

    children_present = radios(_("Were children present?"), Presence.choices)
    children_impact = text(_("Impact on the children"), help_text=_("What they saw, heard, said, did."))

    def __init__(self, data: Mapping[str, Any], asked: Asked):
        super().__init__(data)
        if asked.on_his_side:
            self.fields["words_heard"].label = _("What he said")
            self.fields["signs_seen"].label = _("What you noticed")
            self._leave_out("alone", "may_contact", "signs", "victim_interpreter_needed", "victim_languages")
        if not asked.contact:
            self._leave_out(*ABOUT_HER_CONTACT)
        if asked.joins:
            self._leave_out(*(name for name in self.fields if name in PEOPLE))

    def _leave_out(self, *names: str) -> None:
        for name in names:
            self.fields.pop(name, None)

    def summary_label(self, field: forms.BoundField) -> str:
        """Whose name: for the summary of errors."""
        return label_of(field.html_name)


PEOPLE = tuple(
    name
    for name in SituationForm.base_fields
    if name.startswith(("victim_", "perpetrator_")) and name not in ABOUT_HER_CONTACT
)
"""Who they are: asked where no case says it."""


def collect(post: QueryDict) -> dict[str, Any]:
    """What was typed, as a draft keeps it."""
    return typed_in(post, SituationForm.base_fields, lists=LISTS) | child_forms.collect(post)


def bind(
    data: Mapping[str, Any],
    asked: Asked,
    *,
    errors: Mapping[str, Iterable[Any]] | None = None,
    blank: int = 0,
    known: Sequence[CasePerson] = (),
) -> tuple[SituationForm, forms.BaseFormSet, list[child_forms.KnownChildForm]]:
    """The form, the rows of children to name and those of the `known` ones, showing `data`, with `errors` by field
    name; `blank` more children to fill in.
    """
    shown = printable(data)
    form = SituationForm(shown, asked)
    children = child_forms.bind(shown, errors=errors, blank=blank)
    known_children = child_forms.bind_known(known, shown, errors=errors)
    for name, messages in (errors or {}).items():
        if not child_forms.is_of_a_child(name):
            for message in messages:
                form.add_error(name if name in form.fields else None, message)
    form.is_valid()
    needed = [name for name in (*form.NEEDED, *(["perpetrator_family_name"] if asked.on_his_side else []))]
    for name in needed:
        if name in form.fields:
            form.fields[name].required = True  # after the check: only the word by the label
    return form, children, known_children


def label_of(name: str) -> str:
    """The words of a field of a draft, for the list of what two people changed and for the summary of errors."""
    if of_a_child := child_forms.label_of(name):
        return of_a_child
    field = SituationForm.base_fields.get(name)
    if field is None:
        return name
    for prefix, whose in (("victim_", _("She")), ("perpetrator_", _("The person who hurts her"))):
        if name.startswith(prefix) and name in PEOPLE:
            return f"{whose} · {field.label}"
    return str(field.label)


def words(name: str, value: Any) -> str:
    """A stored answer in the words of the page."""
    return in_words(SituationForm.base_fields.get(name) or child_forms.field_of(name), value)
