"""Fields and widgets of the pages of appointments. What is accepted is decided by `cases.appointments`."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.forms import KeyField, MomentField
from common.languages import LANGUAGES

from .appointments import ENDINGS, Wanted
from .enums import AppointmentKind, Arranged
from .models import CasePerson

OFF = {"autocomplete": "off"}


def _sentences(choices: Sequence[tuple[str, Any]]) -> list[tuple[str, str]]:
    return [(value, capfirst(label)) for value, label in choices]


def named(person: CasePerson) -> str:
    """A person of the case as a choice: the name, and as what."""
    name = person.person.full_name or _("name not known")
    return f"{name} ({person.get_role_display()})"


class AppointmentForm(forms.Form):
    """For whom, what for, when, where, and what helps her come."""

    use_required_attribute = False

    case_person = forms.UUIDField(label=_("For whom"), required=False, widget=forms.RadioSelect)
    kind = forms.CharField(label=_("What for"), required=False, widget=forms.RadioSelect)
    starts_at = MomentField(label=_("Begins"), required=False)
    ends_at = MomentField(label=_("Ends"), required=False)
    place = forms.CharField(
        label=_("Where"),
        required=False,
        max_length=200,
        help_text=_(
            "Street and number, floor. Never the address of a refuge: meet somewhere else, or write “place agreed with"
            " her”. If this names a service, her sheet leaves it out."
        ),
        widget=forms.TextInput(OFF),
    )
    ask_for = forms.CharField(
        label=_("Whom to ask for there"),
        required=False,
        max_length=100,
        help_text=_("A name, without rank or service: it stands on her sheet."),
        widget=forms.TextInput(OFF),
    )
    accompaniment = forms.CharField(
        label=_("Accompanied by a specialised person"),
        required=False,
        help_text=_("Propose it to her before every hearing: victim assistance, a lawyer, a person she trusts."),
        widget=forms.RadioSelect,
    )
    accompanied_by = forms.CharField(
        label=_("Who comes along, from which service"), required=False, max_length=100, widget=forms.TextInput(OFF)
    )
    childcare = forms.CharField(
        label=_("Somebody minds the children meanwhile"),
        required=False,
        help_text=_("Propose it to her before every hearing: no child hears what is said there."),
        widget=forms.RadioSelect,
    )
    interpreter_language = forms.CharField(
        label=_("Interpreter for"),
        required=False,
        help_text=_(
            "A professional interpreter: never a child, a relative, a friend, nor somebody of the community of one of"
            " the two."
        ),
        widget=forms.Select,
    )
    interpreter_booked = forms.BooleanField(label=_("The interpreter is booked"), required=False)
    remarks = forms.CharField(
        label=_("To be known for this appointment"),
        required=False,
        max_length=1_000,
        help_text=_("How she comes and leaves safely, what to bring. Never an address."),
        widget=forms.Textarea({**OFF, "rows": 2}),
    )
    overlap_accepted = forms.BooleanField(
        label=_("I have seen this and keep this moment and this place"),
        required=False,
        help_text=_("Say in the remarks how the two are kept apart: another entrance, another waiting room."),
    )
    request_key = KeyField()

    WANTED = tuple(Wanted.__dataclass_fields__)

    def __init__(self, *args: Any, persons: Sequence[CasePerson], **kwargs: Any):
        super().__init__(*args, **kwargs)
        fields = self.fields
        if persons:
            fields["case_person"].widget.choices = [(str(each.pk), named(each)) for each in persons]
        else:
            del fields["case_person"]
        fields["kind"].widget.choices = _sentences(AppointmentKind.choices)
        fields["accompaniment"].widget.choices = _sentences(Arranged.choices)
        fields["childcare"].widget.choices = _sentences(Arranged.choices)
        languages = [("", pgettext_lazy("interpreter", "No interpreter")), *LANGUAGES.items()]
        fields["interpreter_language"].widget.choices = languages

    def wanted(self) -> Wanted:
        """What was typed, once it is valid."""
        return Wanted(**{name: self.cleaned_data[name] for name in self.WANTED})


class EndForm(forms.Form):
    """What became of an appointment."""

    use_required_attribute = False

    outcome = forms.CharField(label=_("What became of it"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, begun: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        endings = ENDINGS if begun else ENDINGS[-1:]
        self.fields["outcome"].widget.choices = _sentences([(each.value, each.label) for each in endings])
