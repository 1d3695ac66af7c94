"""Fields and widgets of the pages of programmes. What is accepted is decided by the services."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency
from cases.appointment_forms import named
from cases.models import CasePerson
from common.forms import INCOMPLETE, DayField, KeyField, MomentField
from plans.mandates import LONGEST, LONGEST_NAME, Mandated
from plans.models import (
    AlertKind,
    AlertOutcome,
    AlertUrgency,
    Entry,
    IssuerKind,
    MandateEnding,
    SessionKind,
    StepKind,
)
from plans.programme_acts import MOST_SESSIONS, Begun

from .programme import BY_HAND, Passing, Referent

OFF = {"autocomplete": "off"}


def _sentences(choices: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    return [(value, capfirst(label)) for value, label in choices]


def _radio(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, required=False, help_text=help_text, widget=forms.RadioSelect)


def _line(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=LONGEST_NAME, help_text=help_text, widget=forms.TextInput(OFF)
    )


def _words(label: Any, help_text: Any = "", *, rows: int = 3, most: int = LONGEST) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=most,
        help_text=help_text,
        widget=forms.Textarea({**OFF, "rows": rows, "autocapitalize": "sentences"}),
    )


class MandateFields(forms.Form):
    """What an authority imposes."""

    use_required_attribute = False

    issuer_kind = _radio(_("Who mandates"))
    issuer_id = forms.UUIDField(
        label=_("Which authority"),
        required=False,
        widget=forms.Select,
        help_text=_("Where it takes part in the case, it reads attendance and conditions here by right."),
        error_messages={"invalid": _("Choose one of the answers.")},
    )
    issuer_name = _line(_("Or its name, where it is not in the list"))
    number = _line(_("Reference of the authority"))
    conditions = _words(
        _("Conditions"), _("As they stand in the mandate. The authority reads them; nothing of what he says here.")
    )
    starts_on = DayField(label=pgettext_lazy("mandate", "From"), required=False)
    ends_on = DayField(
        label=_("Last day"), required=False, help_text=_("Empty where the mandate holds until it is lifted.")
    )
    reports_to = _words(
        _("Who reports to whom"),
        _("The assistant of the justice house, the section of the office."),
        rows=2,
        most=1_000,
    )
    report_every_days = forms.IntegerField(
        label=_("A report every … days"), required=False, min_value=1, widget=forms.NumberInput(OFF)
    )

    MANDATE = tuple(Mandated.__dataclass_fields__)

    def offer(self, authorities: Sequence[Agency]) -> None:
        """The authorities that have an account, and the kinds there are."""
        self.fields["issuer_kind"].widget.choices = _sentences(IssuerKind.choices)
        choices = [(str(each.pk), each.name) for each in authorities]
        self.fields["issuer_id"].widget.choices = [("", _("Not in the list")), *choices]

    def mandate(self) -> Mandated:
        """What was typed, once it is valid."""
        return Mandated(**{name: self.cleaned_data[name] for name in self.MANDATE if name in self.cleaned_data})


class BeginForm(MandateFields):
    """Who follows the programme, from when on, and how he comes to it."""

    case_person = forms.UUIDField(
        label=_("Who follows it"),
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid": _("Choose one of the answers.")},
    )
    begun_on = DayField(label=pgettext_lazy("programme", "First day"), required=False)
    entry = _radio(_("How he comes to it"))
    referral = forms.UUIDField(required=False, widget=forms.HiddenInput, error_messages={"invalid": INCOMPLETE})
    request_key = KeyField()

    def __init__(self, *args: Any, persons: Sequence[CasePerson], authorities: Sequence[Agency], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["case_person"].widget.choices = [(str(each.pk), named(each)) for each in persons]
        self.fields["entry"].widget.choices = _sentences(Entry.choices)
        self.offer(authorities)

    def begun(self) -> Begun:
        """What was typed, once it is valid."""
        given = self.cleaned_data
        return Begun(entry=given["entry"], begun_on=given["begun_on"], mandate=self.mandate())


class MandateForm(MandateFields):
    """Another mandate, or a prolongation: the authority and the first day are then those of the former one."""

    prolong = forms.UUIDField(required=False, widget=forms.HiddenInput, error_messages={"invalid": INCOMPLETE})
    request_key = KeyField()

    def __init__(self, *args: Any, authorities: Sequence[Agency], prolongs: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.offer(authorities)
        if prolongs:
            for name in ("issuer_kind", "issuer_id", "issuer_name", "starts_on"):
                del self.fields[name]


class MandateEndForm(forms.Form):
    """Why a mandate ends, and its last day."""

    use_required_attribute = False

    reason = _radio(_("Why it ends"))
    ended_on = DayField(label=_("Last day"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["reason"].widget.choices = _sentences(MandateEnding.choices)


class ReportForm(forms.Form):
    """A report was given to the authority."""

    use_required_attribute = False

    given_on = DayField(label=_("Given on"), required=False)
    request_key = KeyField()


class SessionsForm(forms.Form):
    """A session, or one a week."""

    use_required_attribute = False

    kind = forms.CharField(label=_("Kind of session"), required=False, widget=forms.Select)
    on = DayField(label=_("Day"), required=False)
    begins_at = forms.TimeField(
        label=_("Hour"), required=False, widget=forms.TimeInput({"type": "time", **OFF}, format="%H:%M")
    )
    count = forms.IntegerField(
        label=_("How many, one a week"),
        required=False,
        initial=1,
        min_value=1,
        max_value=MOST_SESSIONS,
        widget=forms.NumberInput(OFF),
    )
    request_key = KeyField()

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["kind"].widget.choices = _sentences(SessionKind.choices)


class MarkForm(forms.Form):
    """What became of a session; `shown` is the mark the page showed."""

    outcome = forms.CharField(required=False)
    shown = forms.UUIDField(required=False, error_messages={"invalid": INCOMPLETE})


class StepForm(forms.Form):
    """How a programme ends, or goes on again."""

    use_required_attribute = False

    step = _radio(_("What became of it"))
    on = DayField(label=_("On which day"), required=False)
    words = _words(
        _("What happened"),
        _(
            "It stays with your service. Where he has left or is excluded, whoever coordinates the case reads it too:"
            " what has to be known to protect, nothing of the therapy."
        ),
        rows=4,
    )
    shown = forms.UUIDField(required=False, widget=forms.HiddenInput, error_messages={"invalid": INCOMPLETE})
    request_key = KeyField()

    def __init__(self, *args: Any, steps: Iterable[str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        wanted = set(steps)
        self.fields["step"].widget.choices = _sentences(each for each in StepKind.choices if each[0] in wanted)


class PlanForm(forms.Form):
    """What the programme works on with him."""

    use_required_attribute = False

    aims = _words(_("What he and the programme work on"), rows=5)
    means = _words(_("How"), rows=4)
    internal = forms.BooleanField(
        label=_("It stays in our service"),
        required=False,
        help_text=_(
            "Unticked, whoever coordinates or works with him too reads it. An authority never does, nor her services."
        ),
    )
    shown = forms.UUIDField(required=False, widget=forms.HiddenInput, error_messages={"invalid": INCOMPLETE})
    request_key = KeyField()


class AlertForm(forms.Form):
    """What worries the service."""

    use_required_attribute = False

    kind = _radio(_("What it is about"))
    urgency = _radio(_("How soon it must be looked at"))
    words = _words(
        _("What was seen or heard"),
        _("His words between quotation marks, when, to whom. What has to be known to protect; nothing of the therapy."),
        rows=5,
    )
    request_key = KeyField()

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["kind"].widget.choices = _sentences((kind.value, AlertKind(kind).label) for kind in BY_HAND)
        self.fields["urgency"].widget.choices = _sentences(AlertUrgency.choices)


class PassOnForm(forms.Form):
    """What was done with an alert."""

    use_required_attribute = False

    outcome = _radio(_("What you did"))
    to_agency_id = forms.UUIDField(
        label=_("Service of her reference person"),
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid": _("Choose one of the answers.")},
    )
    to_whom = _line(_("Whom you spoke to"))
    said = _words(
        _("What was said, or why it is not passed on"),
        _("That service reads this: what protects her. Nothing of his therapy, nor which programme he follows."),
        rows=4,
    )
    said_at = MomentField(label=pgettext_lazy("alert", "When"), required=False)
    request_key = KeyField()

    def __init__(self, *args: Any, referents: Sequence[Referent], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["outcome"].widget.choices = _sentences(AlertOutcome.choices)
        self.fields["to_agency_id"].widget.choices = [
            (str(each.agency.pk), f"{each.agency.name} · {each.person}" if each.person else each.agency.name)
            for each in referents
        ]

    def passing(self) -> Passing:
        """What was typed, once it is valid."""
        given = self.cleaned_data
        return Passing(**{name: given[name] for name in ("outcome", "to_agency_id", "to_whom", "said", "said_at")})
