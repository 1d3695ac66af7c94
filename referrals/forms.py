"""Fields and widgets of a referral. What may be sent is decided by `sending.propose_all`."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from agencies.enums import Need
from agencies.models import Agency, Membership
from cases.models import CasePerson
from common.clock import local
from common.forms import LastDayField
from common.ids import uuid_of
from common.languages import LANGUAGES
from sharing.models import Basis, GivenHow

from . import perms
from .asking import EXPLAINED_LENGTH, REASON_LENGTH, RECEIVERS, Asked
from .models import AskedBy, Urgency
from .sending import default_valid_until


class AgencySelect(forms.Select):
    """Services by kind; those in `closed` are shown and cannot be chosen."""

    closed: frozenset[str] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.closed:
            option["attrs"]["disabled"] = True
        return option


TICKED = ("childcare", "accompaniment", "transport", "mandated", "told")
WRITTEN = (
    "need", "urgency", "reason", "basis", "given_how", "language", "explained", "purpose", "legal_text", "postal_code",
    "asked_by", "interpreter_language", "rule", "missing_kind",
)  # fmt: skip
IN_ORDER = "in_order"
PREFILLED = frozenset(
    {"subject", "need", "urgency", "postal_code", "asked_by", "interpreter_language", "rule", "missing_kind"}
    | ({*TICKED, *RECEIVERS} - {"told"})
)
"""What a link to the form may carry: nothing anybody has typed, nothing of a consent."""


class ReferralForm(forms.Form):
    """Nothing is required here: every refusal is a sentence of the service, by its field."""

    subject = forms.UUIDField(label=_("About whom"), required=False, widget=forms.RadioSelect)
    need = forms.CharField(label=_("What is needed"), required=False, widget=forms.Select)
    postal_code = forms.CharField(
        label=_("Postal code where help is needed"),
        help_text=_("The service reads it. Nothing when it could lead to a place that is kept secret."),
        max_length=10,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    to_agency = forms.UUIDField(
        label=_("To which service"),
        required=False,
        widget=AgencySelect,
        error_messages={"invalid": _("Choose a service.")},
    )
    to_agency_2 = forms.UUIDField(
        label=_("Second service"),
        required=False,
        widget=AgencySelect,
        error_messages={"invalid": _("Choose a service.")},
    )
    to_agency_3 = forms.UUIDField(
        label=_("Third service"),
        required=False,
        widget=AgencySelect,
        error_messages={"invalid": _("Choose a service.")},
    )
    to_agency_4 = forms.UUIDField(
        label=_("Fourth service"),
        required=False,
        widget=AgencySelect,
        error_messages={"invalid": _("Choose a service.")},
    )
    order = forms.CharField(label=_("How they are asked"), required=False, widget=forms.RadioSelect)
    urgency = forms.CharField(label=_("An answer is needed"), required=False, widget=forms.RadioSelect)
    asked_by = forms.CharField(label=_("Who asked for it"), required=False, widget=forms.Select)
    mandated = forms.BooleanField(
        label=_("Under a mandate of your service"),
        help_text=_("Only for the presumed perpetrator. Attendance is then told to you by right, nothing else."),
        required=False,
    )
    reason = forms.CharField(
        label=_("Why, without names"),
        help_text=_(
            "The service reads this before it accepts: no name, no address, no phone number. Left empty, it says the"
            " need you chose."
        ),
        max_length=REASON_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    interpreter_language = forms.CharField(label=_("Interpreter into"), required=False, widget=forms.Select)
    childcare = forms.BooleanField(label=_("Childcare is needed"), required=False)
    accompaniment = forms.BooleanField(
        label=_("Accompaniment: a hearing with a specialised person"),
        required=False,
    )
    transport = forms.BooleanField(label=_("Transport is needed"), required=False)
    basis = forms.CharField(label=_("On what basis"), required=False, widget=forms.RadioSelect)
    given_how = forms.CharField(label=_("How the consent was given"), required=False, widget=forms.RadioSelect)
    language = forms.CharField(label=_("In which language"), required=False, widget=forms.Select)
    told = forms.BooleanField(
        label=_(
            "I explained who will see what and until when, that they may say no, and that they may change their mind at"
            " any time"
        ),
        required=False,
    )
    explained = forms.CharField(
        label=_("What else was explained"),
        help_text=_("Nothing to write where the line above is ticked and says it all."),
        required=False,
        max_length=EXPLAINED_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    purpose = forms.CharField(
        label=_("For what purpose"),
        help_text=_("Left empty, it is help with the need you chose."),
        max_length=300,
        required=False,
    )
    valid_until = LastDayField(
        label=_("Valid until"),
        required=False,
    )
    legal_text = forms.CharField(
        label=_("The text that obliges"),
        help_text=_("Article and law. Only for justice, the police and child protection, or under a mandate."),
        max_length=300,
        required=False,
    )
    rule = forms.CharField(required=False, widget=forms.HiddenInput)
    missing_kind = forms.CharField(required=False, widget=forms.HiddenInput)
    draft = forms.CharField(required=False, widget=forms.HiddenInput)
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, by: Membership, subjects: list[CasePerson], agencies: list[Agency], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["subject"].widget.choices = [(str(person.pk), named(person)) for person in subjects]
        offered = by_kind(agencies)
        closed = frozenset(
            str(agency.pk) for agency in agencies if not perms.takes_referrals(agency, sender_id=by.agency_id)
        )
        for name in RECEIVERS:
            select = self.fields[name].widget
            select.choices = [("", _("Choose a service") if name == RECEIVERS[0] else _("None")), *offered]
            select.closed = closed
        if not perms.may_mandate(by.agency):
            del self.fields["mandated"]
        self.fields["need"].widget.choices = [("", _("Choose what is needed")), *Need.choices]
        self.fields["urgency"].widget.choices = Urgency.choices
        self.fields["order"].widget.choices = [
            ("together", _("all at once")),
            (IN_ORDER, _("in this order: the next one when the one before says no or does not answer in time")),
        ]
        self.fields["asked_by"].widget.choices = AskedBy.choices
        self.fields["interpreter_language"].widget.choices = [("", _("no interpreter")), *LANGUAGES.items()]
        self.fields["basis"].widget.choices = [
            (Basis.CONSENT.value, _("consent of the person concerned")),
            (Basis.LEGAL_OBLIGATION.value, _("legal obligation, with its text")),
        ]
        self.fields["given_how"].widget.choices = GivenHow.choices
        self.fields["language"].widget.choices = LANGUAGES
        if not self.is_bound:
            self.initial.setdefault("language", "fr")
            self.initial.setdefault("asked_by", AskedBy.SERVICE)
            self.initial.setdefault("order", "together")
            self.initial.setdefault("valid_until", local(default_valid_until()).date())
            if len(subjects) == 1:
                self.initial.setdefault("subject", str(subjects[0].pk))

    def asked(self) -> Asked:
        """What was typed, for the service."""
        return Asked(
            subject_id=self.cleaned_data.get("subject"),
            to_agency_id=self.cleaned_data.get(RECEIVERS[0]),
            also=tuple(self.cleaned_data.get(name) for name in RECEIVERS[1:]),
            in_order=self.cleaned_data.get("order") == IN_ORDER,
            valid_until=self.cleaned_data.get("valid_until"),
            **{name: self.cleaned_data.get(name) or "" for name in WRITTEN},
            **{name: bool(self.cleaned_data.get(name)) for name in TICKED},
        )

    def typed(self) -> dict[str, str]:
        """The values as they were sent, to carry through the preview."""
        return {name: self.data.get(name, "") for name in self.fields}

    @property
    def several_open(self) -> bool:
        """Whether the further services are shown: one of them is chosen, or wrong."""
        return any(self[name].errors or self[name].value() for name in RECEIVERS[1:])

    @property
    def draft_id(self) -> UUID | None:
        """The draft this page keeps what is typed in, where the page names one."""
        return uuid_of(self["draft"].value() or "")


def kept(posted: Mapping[str, str]) -> dict[str, str]:
    """What a draft keeps of what was posted: the fields of the form, as text; never its own name and version."""
    names = [name for name in ReferralForm.base_fields if name not in ("draft", "version")]
    return {name: value for name in names if (value := posted.get(name, ""))}


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
        elif not perms.has_room(agency):
            label = _("%(name)s (full)") % {"name": agency.name}
        elif agency.waiting_days:
            label = ngettext(
                "%(name)s (%(count)d day of waiting)", "%(name)s (%(count)d days of waiting)", agency.waiting_days
            ) % {"name": agency.name, "count": agency.waiting_days}
        kind = str(agency.get_kind_display())
        groups.setdefault(kind[:1].upper() + kind[1:], []).append((str(agency.pk), label))
    return sorted(groups.items())
