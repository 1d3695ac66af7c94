"""Fields and widgets of safety incidents. Every refusal is the service's."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.clock import local, now
from common.forms import MomentField

from .models import IncidentKind, SafetyMeasure, StepKind


class IncidentForm(forms.Form):
    kind = forms.CharField(label=_("What happened"), required=False, widget=forms.RadioSelect)
    discovered_at = MomentField(label=_("When was it discovered"), required=False)
    measures = forms.MultipleChoiceField(
        label=_("Done for her at once"),
        choices=SafetyMeasure.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    measures_note = forms.CharField(
        label=_("What else was done, or why nothing could be done yet"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    account = forms.CharField(
        label=_("In a few words, without names"),
        help_text=_("What went wrong and how it was discovered. The data-protection officer reads this."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["kind"].widget.choices = IncidentKind.choices
        self.initial.setdefault("discovered_at", local(now()).replace(tzinfo=None))


class StepForm(forms.Form):
    kind = forms.CharField(label=_("What was done"), required=False, widget=forms.Select)
    note = forms.CharField(
        label=_("In a few words, without names"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["kind"].widget.choices = [("", _("Choose what was done")), *StepKind.choices]


class LessonForm(forms.Form):
    kind = forms.CharField(label=_("What happened"), required=False, widget=forms.Select)
    text = forms.CharField(
        label=_("The lesson"),
        help_text=_("No case, no service, no date: what everybody does differently from now on."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["kind"].widget.choices = [("", _("Choose what happened")), *IncidentKind.choices]
