"""Fields of the pages about partnerships; `agencies.partnerships` decides."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from common.forms import LastDayField

from .models import Agency, Partnership, PartnershipKind


class PartnershipForm(forms.Form):
    """`territory` is text, read by `services.parse_codes`."""

    name = forms.CharField(label=_("Name"), max_length=150)
    kind = forms.ChoiceField(label=_("Kind"), choices=PartnershipKind.choices, widget=forms.RadioSelect)
    act = forms.CharField(
        label=_("Authorising act"),
        max_length=300,
        help_text=Partnership._meta.get_field("act").help_text,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    who_takes_part = forms.CharField(
        label=_("Who may take part"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    purpose = forms.CharField(label=_("Purpose"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
    modalities = forms.CharField(
        label=_("Modalities"),
        max_length=4000,
        help_text=_("How it meets, who prepares and leads it, what becomes of what is said."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    territory = forms.CharField(
        label=_("Territory"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Postal codes, separated by spaces or commas. Empty: everywhere."),
    )
    ends_at = LastDayField(
        label=_("Until"),
        required=False,
        help_text=_("Empty: until it is ended here."),
    )


class PartnerForm(forms.Form):
    agency = forms.UUIDField(
        label=_("Service"), required=False, widget=forms.Select, error_messages={"invalid": _("Choose a service.")}
    )
    coordinates = forms.BooleanField(label=_("It coordinates"), required=False)

    def __init__(self, *args: object, agencies: Iterable[Agency], **kwargs: object):
        super().__init__(*args, **kwargs)
        choices = [(str(agency.pk), agency.name) for agency in agencies]
        self.fields["agency"].widget.choices = [("", _("Choose a service")), *choices]
