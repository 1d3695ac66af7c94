"""Fields of a sharing decision. What may be shared is decided by `sharing.deciding`."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.enums import Category, ParticipationSide
from common.forms import DayField, LastDayField

from . import bases
from .deciding import LENGTHS, Asked, Offer
from .models import Basis, Consent, Reach

OWN_FIELDS = {
    Basis.CONSENT: "consent",
    Basis.CONSULTATION: "partnership",
    Basis.PROSECUTOR_AUTHORISATION: "authorisation",
    Basis.LEGAL_OBLIGATION: "legal_text",
}
"""What each basis rests on, as one field."""


class StartForm(forms.Form):
    """To whom, and on what basis; sent by GET, so that the next page is the form of that basis."""

    recipient = forms.UUIDField(
        label=_("To which service"),
        required=False,
        widget=forms.Select,
        error_messages={"invalid": _("Choose a service.")},
    )
    basis = forms.CharField(label=_("On what basis"), required=False, widget=forms.RadioSelect)
    answers = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, agencies: Iterable[Agency], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["recipient"].widget.choices = [("", _("Choose a service")), *by_kind(agencies)]
        self.fields["basis"].widget.choices = [(basis.value, basis.label) for basis in bases.DECIDABLE]


class DecisionForm(forms.Form):
    """Nothing is required here: every refusal is a sentence of the service, by its field."""

    recipient = forms.UUIDField(widget=forms.HiddenInput, required=False)
    basis = forms.CharField(widget=forms.HiddenInput, required=False)
    answers = forms.UUIDField(widget=forms.HiddenInput, required=False)
    side = forms.CharField(label=_("In this case, it works"), required=False, widget=forms.RadioSelect)
    grants = forms.MultipleChoiceField(
        label=_("What is shared"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Choose among what is offered here.")},
    )
    contributes = forms.BooleanField(label=_("The service may add its own notes to the case"), required=False)
    necessity = forms.CharField(
        label=_("Necessity: why this service needs it"),
        help_text=_("Only what its task needs, and nothing more."),
        max_length=LENGTHS["necessity"],
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    accurate_on = DayField(
        label=_("Accuracy: the day it was last checked"),
        required=False,
    )
    timeliness = forms.CharField(
        label=_("Timeliness: why now"),
        max_length=LENGTHS["timeliness"],
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    security = forms.CharField(
        label=_("Security: how it stays safe on the way and with the service"),
        max_length=LENGTHS["security"],
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reach = forms.CharField(label=_("Internal or external"), required=False, widget=forms.RadioSelect)
    until = LastDayField(
        label=_("Until"),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        basis: str,
        sides: Iterable[str],
        offered: Iterable[Offer],
        rests_on: Iterable[tuple[str, str]] = (),
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.offered = list(offered)
        self.own = OWN_FIELDS.get(basis, "")
        self.asked_particulars = bases.asked(basis)
        self.fields["side"].widget.choices = [(side, ParticipationSide(side).label) for side in sides]
        self.fields["grants"].choices = [(offer.pair, offer.words) for offer in self.offered]
        self.fields["reach"].widget.choices = Reach.choices
        if self.own == "legal_text":
            self.fields["legal_text"] = forms.CharField(
                label=_("The text that obliges"),
                help_text=_("Article and law."),
                max_length=LENGTHS["legal_text"],
                required=False,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )
        elif self.own:
            labels = {
                "consent": _("The consent it rests on"),
                "partnership": _("The consultation scheme"),
                "authorisation": _("The authorisation it rests on"),
            }
            self.fields[self.own] = forms.UUIDField(
                label=labels[self.own],
                required=False,
                widget=forms.RadioSelect(choices=list(rests_on)),
                error_messages={"invalid": _("Choose one of the answers.")},
            )
        for particular in self.asked_particulars:
            self.fields[particular.key] = _particular(particular)

    def groups(self) -> list[tuple[Offer, Any]]:
        """Each offer with its checkbox."""
        return list(zip(self.offered, self["grants"].subwidgets, strict=True))

    def particulars(self) -> list[Any]:
        """The fields that this basis alone asks for, what it rests on first."""
        names = [*([self.own] if self.own else []), *(each.key for each in self.asked_particulars)]
        return [self[name] for name in names]

    def asked(self) -> Asked:
        """What was typed, for the service."""
        texts = ("basis", "side", "necessity", "timeliness", "security", "reach", "legal_text")
        return Asked(
            recipient_id=self.cleaned_data.get("recipient"),
            grants=tuple(self.cleaned_data.get("grants") or ()),
            contributes=bool(self.cleaned_data.get("contributes")),
            consent_id=self.cleaned_data.get("consent"),
            partnership_id=self.cleaned_data.get("partnership"),
            authorisation_id=self.cleaned_data.get("authorisation"),
            particulars={each.key: self.cleaned_data.get(each.key) for each in self.asked_particulars},
            accurate_on=self.cleaned_data.get("accurate_on"),
            until=self.cleaned_data.get("until"),
            answers=self.cleaned_data.get("answers"),
            **{name: self.cleaned_data.get(name) or "" for name in texts},
        )

    def typed(self) -> Mapping[str, list[str]]:
        """The values as they were sent, to carry through the preview."""
        return {name: self.data.getlist(name) for name in self.fields if name in self.data}


def _particular(particular: bases.Particular) -> forms.Field:
    label, help_text = capfirst(particular.label), particular.hint
    if particular.kind == "confirmed":
        return forms.BooleanField(label=label, help_text=help_text, required=False)
    if particular.kind == "choice":
        widget = forms.RadioSelect(choices=particular.choices)
        return forms.CharField(label=label, help_text=help_text, required=False, widget=widget)
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=bases.LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )


def by_kind(agencies: Iterable[Agency]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Choices grouped by the kind of service, in the order of the kinds' names."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for agency in agencies:
        groups.setdefault(capfirst(agency.get_kind_display()), []).append((str(agency.pk), agency.name))
    return sorted(groups.items())


def consent_words(consent: Consent) -> str:
    """A consent as the form offers it: whose, for what, what it opens."""
    return gettext("%(who)s: %(purpose)s (%(what)s)") % {
        "who": capfirst(consent.subject.get_role_display()),
        "purpose": consent.purpose,
        "what": ", ".join(str(Category(category).label) for category in consent.categories),
    }
