"""Fields of an import. What is accepted is decided by `agencies.importing` and `agencies.importing_services`."""

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.importing import LONGEST_LICENCE, LONGEST_SOURCE
from common.forms import DayField

WIDE = {"autocomplete": "off"}


class FileForm(forms.Form):
    """The file itself is read by `common.uploads`."""

    use_required_attribute = False

    file = forms.FileField(
        label=_("File (CSV)"),
        required=False,
        widget=forms.FileInput({"accept": ".csv,.tsv,.txt,text/csv"}),
    )


class SourceForm(FileForm):
    source = forms.CharField(
        label=_("Source"),
        required=False,
        max_length=LONGEST_SOURCE,
        help_text=_("Who publishes the file, and of what day it is."),
        widget=forms.TextInput(WIDE),
    )
    field_order = ("source", "licence", "verified_on", "file")


class PlacesForm(SourceForm):
    licence = forms.CharField(
        label=_("Licence"),
        required=False,
        max_length=LONGEST_LICENCE,
        help_text=_("On what terms it may be used: it is shown with the directory."),
        widget=forms.TextInput(WIDE),
    )
    verified_on = DayField(
        label=_("Verified on"), required=False, help_text=_("The day somebody looked it over. Empty: not yet.")
    )
