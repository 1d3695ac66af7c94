"""The form of a conclusion. Every refusal is the service's."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Conclusion


class ConclusionForm(forms.Form):
    use_required_attribute = False

    after = forms.IntegerField(required=False, widget=forms.HiddenInput)
    conclusion = forms.CharField(
        label=_("What do you conclude?"), required=False, widget=forms.RadioSelect(choices=Conclusion.choices)
    )
    words = forms.CharField(
        label=_("In your words"),
        help_text=_("Whom you asked, what was answered, what follows. Name nobody of a case."),
        required=False,
        widget=forms.Textarea({"rows": 5, "autocomplete": "off"}),
    )
