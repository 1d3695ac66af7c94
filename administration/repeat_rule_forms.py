"""Fields of a rule of repetition. What is accepted is decided by the service."""

from django import forms
from django.utils.translation import gettext_lazy as _

from riskassessment.models import RepeatRule

OFF = {"autocomplete": "off", "spellcheck": "false"}


class RepeatRuleForm(forms.Form):
    use_required_attribute = False

    code = forms.SlugField(
        label=_("Code of the rule"),
        required=False,
        max_length=60,
        help_text=_("The code of a rule that exists makes a new version of it; another one makes a new rule."),
        widget=forms.TextInput(OFF),
    )
    events = forms.IntegerField(
        label=_("How many events"), required=False, widget=forms.NumberInput({**OFF, "inputmode": "numeric"})
    )
    months = forms.IntegerField(
        label=_("Within how many months"), required=False, widget=forms.NumberInput({**OFF, "inputmode": "numeric"})
    )
    since = forms.ChoiceField(
        label=_("Counted"), required=False, choices=RepeatRule.Since.choices, widget=forms.RadioSelect
    )
    area = forms.CharField(
        label=_("Area"),
        required=False,
        max_length=1000,
        help_text=_("Postal codes or their beginnings, for example 1030 12. Empty: everywhere. The most precise hold."),
        widget=forms.TextInput(OFF),
    )
    provenance = forms.CharField(
        label=_("Where it comes from"),
        required=False,
        max_length=2000,
        help_text=_("The text, circular or decision, and who took it."),
        widget=forms.Textarea({"rows": 3}),
    )
