"""What is chosen before a paper is printed, and where a poster hangs."""

from django import forms
from django.utils.translation import gettext_lazy as _

from common.forms import KeyField

from .handout_content import PAPER_LANGUAGES
from .places import LONGEST_TYPED
from .posters import LONGEST_PLACE

OFF = {"autocomplete": "off"}


class ChooseForm(forms.Form):
    """For whom a paper is printed: where they live, what they read."""

    use_required_attribute = False

    place = forms.CharField(
        label=_("Postal code or commune"),
        help_text=_("The services of this place are printed. Empty: those that serve everywhere."),
        required=False,
        max_length=LONGEST_TYPED,
        widget=forms.TextInput(OFF),
    )
    language = forms.ChoiceField(
        label=_("Language of the paper"), choices=list(PAPER_LANGUAGES.items()), required=False
    )


class PosterForm(forms.Form):
    """Where it will hang. The page behind its code is its own, so that it can be taken down alone."""

    use_required_attribute = False

    key = KeyField()
    place = forms.CharField(
        label=_("Where it will hang"),
        help_text=_("For you alone: it stands neither on the poster nor on its page."),
        max_length=LONGEST_PLACE,
        required=False,
        widget=forms.TextInput(OFF),
    )
    postal_code = forms.CharField(
        label=_("Postal code"), max_length=4, required=False, widget=forms.TextInput({**OFF, "inputmode": "numeric"})
    )
