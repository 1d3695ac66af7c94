"""Fields of "something has changed" and of handing a grid over. What is accepted is decided by the services."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from common.ids import uuid7
from riskassessment.models import TurningKind


class TurningForm(forms.Form):
    """What has changed, when, in a few words."""

    use_required_attribute = False

    key = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.CharField(label=_("What has changed?"), required=False, widget=forms.RadioSelect)
    happened_on = forms.DateField(
        label=_("On which day?"), required=False, widget=forms.DateInput({"type": "date", "autocomplete": "off"})
    )
    words = forms.CharField(
        label=_("In a few words"),
        required=False,
        max_length=500,
        help_text=_("Never an address. Whoever reads this kind of change reads these words."),
        widget=forms.Textarea({"rows": 2, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, kinds: Iterable[TurningKind], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["kind"].widget.choices = [(kind.value, kind.label) for kind in kinds]
        self.fields["key"].initial = uuid7


class HandOverForm(forms.Form):
    """Who takes a grid on."""

    use_required_attribute = False

    agency = forms.UUIDField(label=_("To which service?"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, agencies: Iterable[Agency], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["agency"].widget.choices = [(agency.pk, agency.short_name) for agency in agencies]
