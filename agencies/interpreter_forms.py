"""Fields of the list of interpreters; `agencies.interpreters` decides."""

from django import forms
from django.utils.translation import gettext_lazy as _

from common.forms import KeyField
from common.languages import LANGUAGES

from .enums import InterpretingChannel
from .models import Interpreter


class InterpreterForm(forms.Form):
    """`territory` is text, read by `services.parse_codes`. Nothing asks where somebody comes from."""

    key = KeyField()
    name = forms.CharField(label=_("Name"), required=False, max_length=Interpreter._meta.get_field("name").max_length)
    mediator = forms.BooleanField(
        label=_("Cultural mediator"),
        help_text=_("Never proposed where they belong to the community of one of the people concerned."),
        required=False,
    )
    certified = forms.BooleanField(label=_("Certified"), required=False)
    trained = forms.BooleanField(label=_("Trained on partner violence"), required=False)
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=list(LANGUAGES.items()), required=False, widget=forms.CheckboxSelectMultiple
    )
    channels = forms.MultipleChoiceField(
        label=_("How they work"),
        choices=InterpretingChannel.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    territory = forms.CharField(
        label=_("Comes on site to"),
        help_text=_("Postal codes, separated by spaces or commas; empty: everywhere."),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
