"""Fields of the verification of a classification. What is accepted is decided by the service."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

YES_NO = [("yes", _("yes")), ("no", _("no"))]


class ClassificationForm(forms.Form):
    """VIF, then VC, and a word for who recorded the complaint."""

    use_required_attribute = False

    vif = forms.CharField(
        label=_("Is this violence within the family (VIF)?"), required=False, widget=forms.RadioSelect(choices=YES_NO)
    )
    vc = forms.CharField(
        label=_("Is this violence between partners (VC)?"), required=False, widget=forms.RadioSelect(choices=YES_NO)
    )
    remarks = forms.CharField(
        label=_("Remarks for who recorded it"),
        required=False,
        help_text=_("What is right, what to look at next time. Your colleagues of the service read it."),
        widget=forms.Textarea({"rows": 3, "autocomplete": "off"}),
    )

    def said(self) -> dict[str, Any]:
        """What was answered, as the service takes it; None where nothing of the two was chosen."""
        words = {"yes": True, "no": False}
        given = self.cleaned_data
        return {
            "vif": words.get(given.get("vif", "")),
            "vc": words.get(given.get("vc", "")),
            "remarks": given.get("remarks", ""),
        }
