"""Fields about interpreters. What may be asked, proposed and confirmed is decided by `interpreting`."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.enums import InterpretingChannel
from agencies.models import Agency, Interpreter
from cases.models import CasePerson
from common.forms import KeyField, MomentField
from common.languages import LANGUAGES

from .forms import named
from .interpreting import NOTE_LENGTH, REASON_LENGTH, Asked
from .interpreting_rules import AtHand

YES_NO = [("yes", _("yes")), ("no", _("no"))]


class AskForm(forms.Form):
    """Nothing is required here: every refusal is a sentence of the service, by its field."""

    key = KeyField()
    at_hand = forms.CharField(
        label=_("Who would interpret"),
        help_text=_("Never a child, a relative, a neighbour: whoever is at hand is not free to say everything."),
        required=False,
        widget=forms.RadioSelect,
    )
    subject = forms.UUIDField(label=_("For whom"), required=False, widget=forms.RadioSelect)
    language = forms.CharField(label=pgettext_lazy("interpreter", "Language"), required=False, widget=forms.Select)
    channel = forms.CharField(label=pgettext_lazy("interpreter", "How"), required=False, widget=forms.RadioSelect)
    gender = forms.CharField(label=_("Wished for by the person"), required=False, widget=forms.RadioSelect)
    at = MomentField(label=pgettext_lazy("interpreter", "When"), required=False)
    minutes = forms.IntegerField(label=_("Duration in minutes"), required=False, max_value=1440)
    postal_code = forms.CharField(
        label=_("Postal code, if on site"),
        help_text=_("The address is said by phone, never written here; of a refuge never at all."),
        required=False,
        max_length=10,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    to_agency = forms.UUIDField(
        label=_("Interpreter service"),
        required=False,
        widget=forms.Select,
        error_messages={"invalid": _("Choose an interpreter service.")},
    )
    note = forms.CharField(
        label=_("What the interpreter should know, without names"),
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, subjects: list[CasePerson], services: list[Agency], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["at_hand"].widget.choices = AtHand.choices
        self.fields["subject"].widget.choices = [(str(each.pk), named(each)) for each in subjects]
        self.fields["language"].widget.choices = [("", _("Choose a language")), *LANGUAGES.items()]
        self.fields["channel"].widget.choices = InterpretingChannel.choices
        self.fields["gender"].widget.choices = [
            ("", pgettext_lazy("interpreter", "either")),
            ("woman", pgettext_lazy("interpreter", "a woman")),
            ("man", pgettext_lazy("interpreter", "a man")),
        ]
        self.fields["to_agency"].widget.choices = [
            ("", _("Choose a service")),
            *((str(each.pk), each.name) for each in services),
        ]
        if not self.is_bound:
            self.initial = {"at_hand": AtHand.SERVICE.value, "minutes": 60, "gender": "", **self.initial}
            if len(services) == 1:
                self.initial.setdefault("to_agency", str(services[0].pk))

    def asked(self) -> Asked:
        """What was typed, for the service."""
        values = {
            name: self.cleaned_data.get(name) or ""
            for name in ("at_hand", "language", "channel", "gender", "postal_code", "note")
        }
        return Asked(
            subject_id=self.cleaned_data.get("subject"),
            to_agency_id=self.cleaned_data.get("to_agency"),
            at=self.cleaned_data.get("at"),
            minutes=self.cleaned_data.get("minutes"),
            **values,
        )


class ProposeForm(forms.Form):
    """What the interpreter declares for this one request, asked of them and written by their service."""

    interpreter = forms.UUIDField(
        label=_("Who"),
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid": _("Choose one of those who fit.")},
    )
    of_community = forms.CharField(
        label=_("Do they belong to the community of one of the people concerned?"),
        required=False,
        widget=forms.RadioSelect(choices=YES_NO),
    )
    knows_somebody = forms.CharField(
        label=_("Do they know somebody of the situation?"),
        help_text=_("Ask with the postal code and the language alone; who knows anybody there says yes."),
        required=False,
        widget=forms.RadioSelect(choices=YES_NO),
    )
    out_of_area = forms.BooleanField(label=_("They live and work outside the area"), required=False)

    def __init__(self, *args: Any, interpreters: list[Interpreter], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["interpreter"].widget.choices = [(str(each.pk), _described(each)) for each in interpreters]

    def declared(self) -> dict[str, Any]:
        """For the service: yes and no as booleans, None where nothing was said."""
        said = {"yes": True, "no": False}
        return {
            "interpreter_id": self.cleaned_data.get("interpreter"),
            "of_community": said.get(self.cleaned_data.get("of_community", "")),
            "knows_somebody": said.get(self.cleaned_data.get("knows_somebody", "")),
            "out_of_area": self.cleaned_data.get("out_of_area", False),
        }


def _described(interpreter: Interpreter) -> str:
    words = [
        _("certified") if interpreter.certified else _("not certified"),
        _("trained on partner violence") if interpreter.trained else _("not trained on partner violence"),
    ]
    if interpreter.mediator:
        words.insert(0, _("cultural mediator"))
    return f"{interpreter.name} ({', '.join(map(str, words))})"


class ConfirmForm(forms.Form):
    proposal = forms.UUIDField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=_("Why all the same, without names"),
        required=False,
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    agreed = forms.BooleanField(label=_("The person concerned knows it and agrees"), required=False)
