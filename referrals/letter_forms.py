"""Fields about a service without an account. What may be written is decided by `letters`."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.forms import KeyField

from .answering import NOTE_LENGTH
from .models import DeclineReason, ExternalAnswer, Result

ACCEPTS = (ExternalAnswer.ACCEPT.value, pgettext_lazy("by letter", "We take this over"))
DECLINES = (ExternalAnswer.DECLINE.value, pgettext_lazy("by letter", "We cannot take this over"))
CONTACT = (ExternalAnswer.CONTACT.value, pgettext_lazy("by letter", "Call us first"))


class MakeForm(forms.Form):
    key = KeyField()


class AnswerForm(forms.Form):
    """The one-time page: nothing but an answer and the code."""

    answer = forms.ChoiceField(
        label=_("Your answer"),
        choices=[ACCEPTS, DECLINES, CONTACT],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one answer.")},
    )
    decline_reason = forms.ChoiceField(
        label=_("If you cannot: why"), choices=[("", "–"), *DeclineReason.choices], required=False
    )
    code = forms.CharField(
        label=pgettext_lazy("by letter", "Code"),
        help_text=_("The eight digits you were told by phone."),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


class ByPhoneForm(forms.Form):
    """What the service said by phone, written down by who sent the referral. `letters` refuses, by field."""

    answer = forms.CharField(label=_("What the service said"), required=False, widget=forms.RadioSelect)
    decline_reason = forms.CharField(label=_("If it cannot: why"), required=False, widget=forms.Select)
    note = forms.CharField(
        label=_("What else it said"),
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["answer"].widget.choices = [
            (ExternalAnswer.ACCEPT.value, pgettext_lazy("by phone", "It takes this over")),
            (ExternalAnswer.DECLINE.value, pgettext_lazy("by phone", "It cannot take this over")),
        ]
        self.fields["decline_reason"].widget.choices = [("", "–"), *DeclineReason.choices]


class ResultForm(forms.Form):
    result = forms.CharField(label=_("What became of it"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["result"].widget.choices = Result.choices
