"""Fields of a prosecutor's authorisation. What holds is decided by `sharing.authorisations`."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from common.clock import local, now
from common.forms import DayField, LastDayField

from .authorisations import CATEGORIES, KINDS
from .decision_forms import by_kind


class AuthorisationForm(forms.Form):
    """Nothing is required here: every refusal is a sentence of the service, by its field."""

    prosecutor = forms.UUIDField(
        label=_("Prosecutor's office"),
        required=False,
        widget=forms.Select,
        error_messages={"invalid": _("Choose the prosecutor's office that gave it.")},
    )
    magistrate = forms.CharField(label=_("Magistrate"), max_length=150, required=False)
    reference = forms.CharField(label=_("Reference of the authorisation"), max_length=100, required=False)
    given_on = DayField(
        label=_("Given on"),
        required=False,
    )
    valid_until = LastDayField(
        label=_("Until"),
        help_text=_("Empty: until it is taken back."),
        required=False,
    )
    recipient = forms.UUIDField(
        label=_("To this service"),
        required=False,
        widget=forms.Select,
        error_messages={"invalid": _("Choose a service.")},
    )
    recipient_kinds = forms.MultipleChoiceField(
        label=_("Or to these kinds of services"),
        required=False,
        choices=[(kind.value, kind.label) for kind in KINDS],
        widget=forms.CheckboxSelectMultiple,
    )
    categories = forms.MultipleChoiceField(
        label=_("What it opens"),
        help_text=_("Police and justice records, and who they are about. How to reach the victim is never among them."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, agencies: Iterable[Agency], offices: Iterable[Agency], **kwargs: Any):
        super().__init__(*args, **kwargs)
        offices = [(str(agency.pk), agency.name) for agency in offices]
        if offices:
            empty = [("", _("Choose the office"))] if len(offices) > 1 else []
            self.fields["prosecutor"].widget.choices = [*empty, *offices]
        else:
            del self.fields["prosecutor"]
        self.fields["recipient"].widget.choices = [("", _("No single service")), *by_kind(agencies)]
        self.fields["categories"].choices = [(category.value, category.label) for category in CATEGORIES]
        if not self.is_bound:
            self.initial.setdefault("given_on", local(now()).date())

    def values(self) -> dict[str, Any]:
        """What was typed, for the service."""
        given = self.cleaned_data
        return {
            "prosecutor_id": given.get("prosecutor"),
            "magistrate": given.get("magistrate", ""),
            "reference": given.get("reference", ""),
            "recipient_id": given.get("recipient"),
            "recipient_kinds": given.get("recipient_kinds") or [],
            "categories": given.get("categories") or [],
            "given_on": given.get("given_on"),
            "valid_until": given.get("valid_until"),
        }
