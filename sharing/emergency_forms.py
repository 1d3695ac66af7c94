"""Fields and widgets of emergency accesses. Every refusal is the service's."""

from django import forms
from django.utils.translation import gettext_lazy as _

from common.forms import DayField, DayInput

from .emergency_search import Wanted
from .models import Verdict

OFF = {"autocomplete": "off", "spellcheck": "false"}


class SearchForm(forms.Form):
    use_required_attribute = False

    reason = forms.CharField(
        label=_("Why this cannot wait"),
        help_text=_(
            "The danger, for whom, and what you will do now. It is kept, and somebody else reads and judges it."
        ),
        required=False,
        widget=forms.Textarea({"rows": 4, "autocomplete": "off"}),
    )
    family_name = forms.CharField(
        label=_("Family name"), required=False, max_length=100, widget=forms.TextInput({**OFF, "enterkeyhint": "next"})
    )
    given_name = forms.CharField(
        label=_("Given name"), required=False, max_length=100, widget=forms.TextInput({**OFF, "enterkeyhint": "next"})
    )
    birth_date = DayField(
        label=_("Birth date"),
        required=False,
        widget=DayInput({"autocomplete": "off"}),
    )
    reference = forms.CharField(
        label=_("Reference"),
        help_text=_("Instead of a name, for example MOVE-2026-000131."),
        required=False,
        max_length=30,
        widget=forms.TextInput(OFF),
    )

    def wanted(self) -> Wanted:
        """Whom to look for, as it was typed."""
        given = self.cleaned_data
        return Wanted(
            family_name=given.get("family_name", ""),
            given_name=given.get("given_name", ""),
            birth_date=given.get("birth_date"),
            reference=given.get("reference", ""),
        )


class ReviewForm(forms.Form):
    use_required_attribute = False

    verdict = forms.CharField(
        label=_("Was it justified?"), required=False, widget=forms.RadioSelect(choices=Verdict.choices)
    )
    comment = forms.CharField(
        label=_("Why"),
        help_text=_("Who opened it and their manager will read this."),
        required=False,
        widget=forms.Textarea({"rows": 4, "autocomplete": "off"}),
    )
