"""Fields of “who had access to my data”. Every refusal is the service's."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from cases.models import CasePerson
from common.clock import local, now
from common.forms import DayField, KeyField

from .consent_forms import NONE, named
from .models import AskedBy, CheckConclusion, RefusedBecause, Verified
from .subject_access import LONGEST_NAME, QUESTIONS, Asked


class SubjectRequestForm(forms.Form):
    """Nothing is required here: every refusal is a sentence of the service, by its field."""

    asked_by = forms.CharField(label=_("Who asks"), required=False, widget=forms.RadioSelect)
    representative = forms.UUIDField(
        label=_("Legal representative, of the case"),
        required=False,
        widget=forms.Select,
        error_messages={"invalid": _("Name who asks for the person.")},
    )
    asker_name = forms.CharField(
        label=_("Or somebody else: their name"),
        help_text=_("The lawyer, the guardian. Never the presumed perpetrator."),
        max_length=LONGEST_NAME,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    received_on = DayField(label=_("Received on"), required=False)
    verified = forms.CharField(label=_("How you made sure who asks"), required=False, widget=forms.RadioSelect)
    verified_note = forms.CharField(
        label=_("What else was seen"),
        help_text=_("No copy and no number of an identity document."),
        required=False,
        widget=forms.Textarea({"rows": 2, "autocomplete": "off"}),
    )
    request_key = KeyField()

    def __init__(self, *args: Any, people: Iterable[CasePerson], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["asked_by"].widget.choices = AskedBy.choices
        self.fields["verified"].widget.choices = Verified.choices
        choices = [(str(person.pk), named(person)) for person in people]
        self.fields["representative"].widget.choices = [("", NONE), *choices]
        if not choices:
            del self.fields["representative"]
        if not self.is_bound:
            self.initial.setdefault("received_on", local(now()).date())

    def asked(self) -> Asked:
        """What was typed, for the service."""
        values = self.cleaned_data
        return Asked(
            representative_id=values.get("representative"),
            received_on=values.get("received_on"),
            **{name: values.get(name, "") for name in ("asked_by", "asker_name", "verified", "verified_note")},
        )


class CheckForm(forms.Form):
    """The questions of the safety check, one field each, then what is concluded and why."""

    reasons = forms.CharField(
        label=_("What the conclusion rests on"),
        help_text=_("For the file. The person who asks never reads it, nor does a service on his side."),
        required=False,
        widget=forms.Textarea({"rows": 4, "autocomplete": "off"}),
    )
    conclusion = forms.CharField(label=_("Conclusion"), required=False, widget=forms.RadioSelect)
    not_before = DayField(
        label=_("If later: not before"),
        help_text=_("The person is told within the month that the answer takes longer."),
        required=False,
    )
    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    request_key = KeyField()

    def __init__(self, *args: Any, seen: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        answers = [("yes", _("yes")), ("no", _("no")), ("unknown", _("not known"))]
        rest = self.fields
        self.fields = {
            key: forms.CharField(label=label, required=False, widget=forms.RadioSelect(choices=answers))
            for key, label in QUESTIONS.items()
        } | rest
        self.fields["conclusion"].widget.choices = CheckConclusion.choices
        if not self.is_bound:
            self.initial["seen"] = seen

    @property
    def questions(self) -> list[Any]:
        """The bound fields of the questions, in order."""
        return [self[key] for key in QUESTIONS]

    def findings(self) -> dict[str, str]:
        """What was answered, by question."""
        return {key: self.cleaned_data.get(key, "") for key in QUESTIONS}


class AnswerForm(forms.Form):
    """The list that was shown, by its digest."""

    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)


class RefuseForm(forms.Form):
    because = forms.CharField(
        label=_("Why it is refused"),
        help_text=_("The person reads this sentence, and that they may turn to the data protection authority."),
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["because"].widget.choices = [(value, capfirst(label)) for value, label in RefusedBecause.choices]
