"""Fields of the pages about protocols; `agencies.protocols` decides."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.forms import DayField, KeyField

from .models import Agency, Protocol


def _most(name: str) -> int:
    return Protocol._meta.get_field(name).max_length


class ProtocolForm(forms.Form):
    """`categories` are choices (code, words) of the caller: this room does not know the parts of a case."""

    key = KeyField()
    title = forms.CharField(label=_("Title"), max_length=_most("title"))
    parties = forms.TypedMultipleChoiceField(
        label=_("Services that signed"),
        coerce=UUID,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Choose services of the list.")},
    )
    purpose = forms.CharField(label=_("Purpose"), max_length=_most("purpose"), widget=forms.Textarea(attrs={"rows": 2}))
    categories = forms.MultipleChoiceField(label=_("What it covers"), widget=forms.CheckboxSelectMultiple)
    legal_basis = forms.CharField(
        label=_("Legal basis"),
        max_length=_most("legal_basis"),
        help_text=_("As the protocol names it. A jurist confirms it."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    channel = forms.CharField(
        label=_("Agreed channel"),
        max_length=_most("channel"),
        help_text=_("How the services reach each other: shown to who refers, before it is sent."),
    )
    modalities = forms.CharField(
        label=_("Modalities"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    reference = forms.CharField(
        label=_("Where the signed document is kept"), required=False, max_length=_most("reference")
    )
    starts_on = DayField(label=pgettext_lazy("protocol", "From"))
    ends_on = DayField(label=_("Last day"), required=False, help_text=_("Empty: until it is ended here."))

    def __init__(self, *args: Any, agencies: Iterable[Agency], categories: Iterable[tuple[str, Any]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["parties"].choices = [(str(agency.pk), agency.name) for agency in agencies]
        self.fields["categories"].choices = list(categories)
