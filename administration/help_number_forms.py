"""Fields of a help number. What is accepted is decided by `agencies.help_numbers`."""

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.enums import Audience
from agencies.help_numbers import LONGEST_CODE
from agencies.models import HelpNumber
from common.forms import DayField

OFF = {"autocomplete": "off", "spellcheck": "false"}
WIDE = {"autocomplete": "off"}


class HelpNumberForm(forms.Form):
    """`territory` is text, read by `agencies.services.parse_codes`."""

    use_required_attribute = False

    code = forms.CharField(
        label=_("Code"),
        required=False,
        max_length=LONGEST_CODE,
        help_text=_("What holds its versions together: small letters, digits and hyphens. Never shown to the public."),
        widget=forms.TextInput(OFF),
    )
    number = forms.CharField(
        label=_("Number"), required=False, max_length=40, widget=forms.TextInput({**OFF, "inputmode": "tel"})
    )
    name_fr = forms.CharField(label=_("Name, in French"), required=False, widget=forms.TextInput(WIDE))
    name_en = forms.CharField(label=_("Name, in English"), required=False, widget=forms.TextInput(WIDE))
    name_nl = forms.CharField(label=_("Name, in Dutch"), required=False, widget=forms.TextInput(WIDE))
    note_fr = forms.CharField(
        label=_("Note, in French"),
        required=False,
        help_text=_("Hours, price, for whom: a few words."),
        widget=forms.TextInput(WIDE),
    )
    note_en = forms.CharField(label=_("Note, in English"), required=False, widget=forms.TextInput(WIDE))
    note_nl = forms.CharField(label=_("Note, in Dutch"), required=False, widget=forms.TextInput(WIDE))
    plain_name_fr = forms.CharField(
        label=_("Discreet name, in French"),
        required=False,
        help_text=_("What it is called on a paper that says nothing of violence. Empty: it does not stand there."),
        widget=forms.TextInput(WIDE),
    )
    plain_name_en = forms.CharField(label=_("Discreet name, in English"), required=False, widget=forms.TextInput(WIDE))
    plain_name_nl = forms.CharField(label=_("Discreet name, in Dutch"), required=False, widget=forms.TextInput(WIDE))
    urgent = forms.BooleanField(label=_("To call in an emergency"), required=False)
    audiences = forms.MultipleChoiceField(
        label=_("For whom"),
        required=False,
        choices=Audience.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: for everybody."),
    )
    territory = forms.CharField(
        label=_("Area served"),
        required=False,
        max_length=4000,
        help_text=_("Postal codes, separated by spaces or commas. Empty: everywhere."),
        widget=forms.Textarea({"rows": 2, **OFF}),
    )
    position = forms.IntegerField(
        label=_("Position in the list"),
        required=False,
        initial=300,
        help_text=_("The smallest first."),
        widget=forms.NumberInput({**OFF, "inputmode": "numeric"}),
    )
    source = forms.CharField(
        label=_("Source"),
        required=False,
        help_text=_("Where the number comes from: a page, a letter, who said it."),
        widget=forms.TextInput(WIDE),
    )
    verified_on = DayField(
        label=_("Verified on"), required=False, help_text=_("The day somebody called it. Empty: not verified yet.")
    )

    def __init__(self, *args: object, fixed_code: bool = False, **kwargs: object):
        super().__init__(*args, **kwargs)
        if fixed_code:
            del self.fields["code"]


def initial_of(row: HelpNumber) -> dict[str, object]:
    """A version as the form holds it; the next one is verified anew."""
    words = {
        f"{name}_{language}": text
        for name in ("name", "note", "plain_name")
        for language, text in (getattr(row, name) or {}).items()
    }
    return words | {
        "code": row.code,
        "number": row.number,
        "urgent": row.urgent,
        "audiences": row.audiences,
        "territory": " ".join(row.territory),
        "position": row.position,
        "source": row.source,
        "verified_on": row.verified_on,
    }
