"""Fields of the safety plan; every refusal is the service's."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.models import CasePerson
from common.forms import DayField, KeyField
from common.ids import uuid_of

from .models import Carry
from .safety import LONGEST, sections


class SafetyPlanForm(forms.Form):
    """The plan by section, in the order of the reference data."""

    use_required_attribute = False

    person = forms.CharField(label=_("Written with"), required=False, widget=forms.RadioSelect)
    written_on = DayField(label=_("Written with her on"), required=False)
    read_back = forms.BooleanField(label=_("It was read back to her, and it is what she means"), required=False)
    replaces = forms.CharField(required=False, widget=forms.HiddenInput)
    request_key = KeyField()

    def __init__(self, *args: Any, people: Iterable[CasePerson], **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = [(str(each.pk), each.person.full_name) for each in people]
        self.fields["person"].widget.choices = choices
        if len(choices) == 1:
            self.fields["person"].widget = forms.HiddenInput()
            self.fields["person"].initial = choices[0][0]
        self.keys = [each.key for each in sections()]
        for section in sections():
            self.fields[section.key] = forms.CharField(
                label=section.title,
                help_text=section.help,
                required=False,
                max_length=LONGEST,
                widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
            )

    def parts(self) -> list[forms.BoundField]:
        """The fields of the sections."""
        return [self[key] for key in self.keys]

    def texts(self) -> dict[str, str]:
        """What was typed, by section."""
        return {key: self.cleaned_data[key] for key in self.keys}

    def person_id(self) -> UUID | None:
        return uuid_of(self.cleaned_data["person"])

    def replaces_id(self) -> UUID | None:
        return uuid_of(self.cleaned_data["replaces"])


class PaperForm(forms.Form):
    """What she answered before anything is printed."""

    use_required_attribute = False

    carry = forms.CharField(
        label=_("Is it safe that she has it with her?"), required=False, widget=forms.RadioSelect(choices=Carry.choices)
    )
    request_key = KeyField()
