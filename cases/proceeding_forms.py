"""Fields of the pages of a proceeding. What is accepted is decided by `cases.proceedings`."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from common.forms import KeyField, MomentField

from .enums import ProceedingKind

OFF = {"autocomplete": "off"}


class _Keyed(forms.Form):
    """A form sent twice writes once: `key` is what the page calls what it sends."""

    use_required_attribute = False

    key = KeyField()


class ProceedingForm(_Keyed):
    kind = forms.CharField(label=_("Before"), required=False, widget=forms.RadioSelect(choices=ProceedingKind.choices))
    court = forms.CharField(
        label=_("Court or service"),
        required=False,
        help_text=_("For example: family court of Brussels, or the youth assistance service."),
        widget=forms.TextInput(OFF),
    )
    reference = forms.CharField(label=_("Reference"), required=False, widget=forms.TextInput(OFF))
    subject = forms.CharField(
        label=_("What it is about"),
        required=False,
        help_text=_("Where the child lives, contacts, parental authority… Never the address of a refuge."),
        widget=forms.Textarea({**OFF, "rows": 4}),
    )


class StepForm(_Keyed):
    text = forms.CharField(label=_("What happened"), required=False, widget=forms.Textarea({**OFF, "rows": 3}))
    next_hearing_at = MomentField(label=_("Next hearing"), required=False, help_text=_("If a day is fixed."))


class ReaderForm(forms.Form):
    use_required_attribute = False

    agency = forms.UUIDField(
        label=_("Which service?"),
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid": _("Choose a service of the case.")},
    )
    reason = forms.CharField(label=_("Why does it need to read this?"), required=False, widget=forms.TextInput(OFF))

    def __init__(self, *args: Any, agencies: Iterable[Agency], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["agency"].widget.choices = [(agency.pk, agency.short_name) for agency in agencies]
