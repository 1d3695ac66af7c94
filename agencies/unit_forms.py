"""Fields of the pages about sections and neighbourhoods; `agencies.units` decides."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Membership, Unit


class UnitForm(forms.Form):
    """`territory` is text, read by `services.parse_codes`."""

    name = forms.CharField(label=_("Name"), max_length=Unit._meta.get_field("name").max_length)
    territory = forms.CharField(
        label=_("Territory"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "Postal codes, separated by spaces or commas. What happened there comes here by itself; empty: only what"
            " somebody gives it."
        ),
    )
    reference_person = forms.UUIDField(
        label=_("Reference person"),
        required=False,
        widget=forms.Select,
        help_text=_("Reminded first of what is due here. Sees what the service sees, nothing more."),
        error_messages={"invalid": _("Choose somebody who works here now.")},
    )

    def __init__(self, *args: object, members: Iterable[Membership], **kwargs: object):
        super().__init__(*args, **kwargs)
        choices = [(str(member.user_id), member.user.full_name) for member in members]
        self.fields["reference_person"].widget.choices = [("", _("Nobody for now")), *choices]
