"""Fields of a link between two cases. What may be linked is decided by `links.link_cases`."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import LinkKind


class LinkForm(forms.Form):
    """Nothing is required here: every refusal is a sentence of the service, by its field."""

    reference = forms.CharField(
        label=_("Reference of the other case"),
        help_text=_("A case that you see, for example MOVE-2026-000123."),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(
        label=_("How they belong together"), choices=LinkKind.choices, required=False, widget=forms.RadioSelect
    )
