"""Fields of the page about reference persons; `agencies.reference_persons` decides."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from .enums import Theme
from .models import Membership, ReferencePerson


class ReferencePersonForm(forms.Form):
    theme = forms.ChoiceField(label=_("Theme"), choices=[("", _("Choose a theme")), *Theme.choices])
    user = forms.UUIDField(
        label=_("Person"), widget=forms.Select, error_messages={"invalid": _("Choose somebody who works here now.")}
    )
    phone = forms.CharField(
        label=_("Direct phone"),
        required=False,
        max_length=ReferencePerson._meta.get_field("phone").max_length,
        help_text=_("A number of the service. Colleagues of other services who work on the same case read it."),
    )
    hours = forms.CharField(
        label=_("When they can be reached"),
        required=False,
        max_length=ReferencePerson._meta.get_field("hours").max_length,
    )

    def __init__(self, *args: object, members: Iterable[Membership], **kwargs: object):
        super().__init__(*args, **kwargs)
        choices = [(str(member.user_id), member.user.full_name) for member in members]
        self.fields["user"].widget.choices = [("", _("Choose a person")), *choices]
