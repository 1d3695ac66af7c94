"""Fields and widgets of a referral. What may be sent is decided by `services.propose`."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Membership
from cases.models import CasePerson
from common.clock import local
from common.forms import LastDayField
from common.languages import LANGUAGES
from sharing.models import Basis, GivenHow

from . import perms
from .models import DeclineReason, Need, Urgency
from .services import REASON_LENGTH, Asked, default_valid_until


class AgencySelect(forms.Select):
    """Services by kind; those in `closed` are shown and cannot be chosen."""

    closed: frozenset[str] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.closed:
            option["attrs"]["disabled"] = True
        return option


class ReferralForm(forms.Form):
    """Nothing is required here: every refusal is a sentence of the service, by its field."""

    subject = forms.UUIDField(label=_("About whom"), required=False, widget=forms.RadioSelect)
    to_agency = forms.UUIDField(
        label=_("To which service"),
        required=False,
        widget=AgencySelect,
        error_messages={"invalid": _("Choose a service.")},
    )
    need = forms.CharField(label=_("What is needed"), required=False, widget=forms.Select)
    urgency = forms.CharField(label=_("An answer is needed"), required=False, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why, without names"),
        help_text=_("The service reads this before it accepts: no name, no address, no phone number."),
        max_length=REASON_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    basis = forms.CharField(label=_("On what basis"), required=False, widget=forms.RadioSelect)
    given_how = forms.CharField(label=_("How the consent was given"), required=False, widget=forms.RadioSelect)
    language = forms.CharField(label=_("In which language"), required=False, widget=forms.Select)
    explained = forms.CharField(
        label=_("What was explained"),
        help_text=_("Who will see what, until when, and that the person may change their mind at any time."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    purpose = forms.CharField(label=_("For what purpose"), max_length=300, required=False)
    valid_until = LastDayField(
        label=_("Valid until"),
        required=False,
    )
    legal_text = forms.CharField(
        label=_("The text that obliges"),
        help_text=_("Article and law. Only for justice, the police and child protection."),
        max_length=300,
        required=False,
    )

    def __init__(self, *args: Any, by: Membership, subjects: list[CasePerson], agencies: list[Agency], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["subject"].widget.choices = [(str(person.pk), named(person)) for person in subjects]
        to_agency = self.fields["to_agency"].widget
        to_agency.choices = [("", _("Choose a service")), *by_kind(agencies)]
        to_agency.closed = frozenset(
            str(agency.pk) for agency in agencies if not perms.takes_referrals(agency, sender=by)
        )
        self.fields["need"].widget.choices = [("", _("Choose what is needed")), *Need.choices]
        self.fields["urgency"].widget.choices = Urgency.choices
        self.fields["basis"].widget.choices = [
            (Basis.CONSENT.value, _("consent of the person concerned")),
            (Basis.LEGAL_OBLIGATION.value, _("legal obligation, with its text")),
        ]
        self.fields["given_how"].widget.choices = GivenHow.choices
        self.fields["language"].widget.choices = LANGUAGES
        if not self.is_bound:
            self.initial.setdefault("language", "fr")
            self.initial.setdefault("valid_until", local(default_valid_until()).date())
            if len(subjects) == 1:
                self.initial.setdefault("subject", str(subjects[0].pk))

    def asked(self) -> Asked:
        """What was typed, for the service."""
        values = {
            name: self.cleaned_data.get(name) or ""
            for name in ("need", "urgency", "reason", "basis", "given_how", "language", "explained", "purpose",
                         "legal_text")
        }  # fmt: skip
        return Asked(
            subject_id=self.cleaned_data.get("subject"),
            to_agency_id=self.cleaned_data.get("to_agency"),
            valid_until=self.cleaned_data.get("valid_until"),
            **values,
        )

    def typed(self) -> dict[str, str]:
        """The values as they were sent, to carry through the preview."""
        return {name: self.data.get(name, "") for name in self.fields}


def named(person: CasePerson) -> str:
    """A person as the form offers them: name and role."""
    name = person.person.full_name or _("name not known")
    return f"{name} ({person.get_role_display()})"


def by_kind(agencies: Iterable[Agency]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Choices grouped by the kind of service, in the order of the kinds' names."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for agency in agencies:
        label = agency.name
        if not agency.accepts_referrals:
            label = _("%(name)s (takes no referrals at the moment)") % {"name": agency.name}
        kind = str(agency.get_kind_display())
        groups.setdefault(kind[:1].upper() + kind[1:], []).append((str(agency.pk), label))
    return sorted(groups.items())


class AcceptForm(forms.Form):
    note = forms.CharField(
        label=_("Message to the sender"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )


class DeclineForm(forms.Form):
    """The reason goes back to the sender."""

    decline_reason = forms.CharField(label=_("Why"), required=False, widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("What you suggest instead"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["decline_reason"].widget.choices = DeclineReason.choices
