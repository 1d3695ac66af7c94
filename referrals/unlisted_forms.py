"""Fields of a service that is not in the list. What may be entered is decided by `agencies.unlisted`."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies import unlisted


class UnlistedForm(forms.Form):
    """Nothing is required here: every refusal is a sentence of the service, by its field."""

    name = forms.CharField(
        label=_("Name of the service or practice"),
        help_text=_("As it stands on its door. Never the name of somebody you follow, nor of somebody close to them."),
        max_length=unlisted.NAME_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    kind = forms.CharField(label=_("Kind of service"), required=False, widget=forms.Select)
    postal_code = forms.CharField(
        label=_("Postal code of the service"),
        max_length=10,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    professional_phone = forms.CharField(
        label=_("Phone of the service"),
        help_text=_("The number its profession publishes: you say the code of the letter on it. Never a private one."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    draft = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["kind"].widget.choices = [("", _("Choose the kind of service")), *unlisted.kinds_to_enter()]

    def values(self) -> dict[str, str]:
        """What was typed, for the service."""
        return {name: (self.cleaned_data.get(name) or "").strip() for name in unlisted.ENTERED}
