"""Fields and widgets of corrections. What is accepted is decided by the services."""

from django import forms
from django.utils.translation import gettext_lazy as _

from common.forms import DayField, DayInput
from sharing.rectifying import LONGEST

OFF = {"autocomplete": "off"}


class RectifyForm(forms.Form):
    """What was wrong, and what is right."""

    use_required_attribute = False

    wrong = forms.CharField(
        label=_("What was wrong"),
        help_text=_("Quote the words, so that who has them on paper finds them again."),
        required=False,
        widget=forms.Textarea({**OFF, "rows": 3, "maxlength": LONGEST}),
    )
    right = forms.CharField(
        label=_("What is right"),
        help_text=_("Every service that could read the record reads this: nothing else, and no way to reach anybody."),
        required=False,
        widget=forms.Textarea({**OFF, "rows": 3, "maxlength": LONGEST}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)


class PersonForm(forms.Form):
    """Who the person is: what stands here replaces what was written."""

    use_required_attribute = False

    given_name = forms.CharField(label=_("Given name"), required=False, widget=forms.TextInput(OFF))
    family_name = forms.CharField(label=_("Family name"), required=False, widget=forms.TextInput(OFF))
    birth_date = DayField(
        label=_("Birth date"),
        required=False,
        widget=DayInput(OFF),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)
