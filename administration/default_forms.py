"""Fields and widgets of a sharing default being changed. Every refusal is the service's."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.forms import DayField
from sharing import defaults


class DefaultForm(forms.Form):
    grants = forms.MultipleChoiceField(label=_("What it opens"), required=False, widget=forms.CheckboxSelectMultiple)
    contributes = forms.BooleanField(label=_("The service may add to the case"), required=False)
    valid_days = forms.IntegerField(
        label=_("For how many days"),
        help_text=_("Empty: no end by default."),
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    reason = forms.CharField(
        label=_("Why it changes, on whose decision"),
        help_text=_("Shown as its provenance."),
        max_length=300,
        required=False,
    )
    verified_on = DayField(
        label=_("Checked by a jurist on"),
        help_text=_("Empty while nobody has."),
        required=False,
    )

    def __init__(self, *args: Any, way_in: str, kind: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        closed = defaults.never(way_in, kind)
        self.fields["grants"].choices = [
            (item, defaults.words(item)) for item in defaults.pairs(way_in) if item not in closed
        ]
        self.closed = [(defaults.words(item), why) for item, why in closed.items()]
