"""The conclusion and the verification as forms: fields and widgets only; `judging` decides."""

from django import forms
from django.utils.translation import gettext_lazy as _

from common.templatetags.ui import LEVELS

from .models import FearedEvent, Verdict


class ConclusionForm(forms.Form):
    """The level retained, none chosen in advance, why, and what is feared."""

    level = forms.ChoiceField(
        label=_("Level retained"),
        required=False,
        choices=list(LEVELS.items()),
        widget=forms.RadioSelect,
    )
    justification = forms.CharField(
        label=_("Justification"),
        required=False,
        strip=False,
        help_text=_("What it rests on: facts, her own words, what the grid does not see. Signed, never edited."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    feared_events = forms.MultipleChoiceField(
        label=_("What you fear"),
        required=False,
        choices=FearedEvent.choices,
        help_text=_("The irreversible act, if you fear one. Leave it empty if you fear none."),
        widget=forms.CheckboxSelectMultiple,
    )


class ReviewForm(forms.Form):
    """Validated, or sent back with remarks; nothing chosen in advance."""

    verdict = forms.ChoiceField(
        label=_("Your verdict"),
        required=False,
        choices=[(Verdict.VALIDATED, _("I validate it")), (Verdict.RETURNED, _("I send it back with remarks"))],
        widget=forms.RadioSelect,
    )
    remarks = forms.CharField(
        label=_("Remarks"),
        required=False,
        strip=False,
        help_text=_("Mandatory to send it back: what is to be asked again, or looked at in another way. Never edited."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
