"""Fields and widgets of the answers to a referral. What is accepted is decided by the services."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.models import Membership
from common.forms import KeyField, MomentField
from common.templatetags.ui import local_date
from sharing.models import Consent

from .answering import NOTE_LENGTH
from .feedback import TEXT_LENGTH
from .models import DeclineReason, FeedbackBasis, Result

OFF = {"autocomplete": "off"}


def _names(team: Iterable[Membership]) -> list[tuple[str, str]]:
    return [(str(member.user_id), member.user.full_name) for member in team]


class AcceptForm(forms.Form):
    """Who takes it, and when the person is first seen; both are told to the sender."""

    taken_by = forms.UUIDField(label=_("Who takes it"), required=False, widget=forms.Select)
    first_appointment_at = MomentField(
        label=_("First appointment"),
        required=False,
        help_text=_("Leave empty if it is not set yet. The sender reads it."),
    )
    note = forms.CharField(
        label=_("Message to the sender"),
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea({**OFF, "rows": 2}),
    )

    def __init__(self, *args: Any, team: Iterable[Membership] = (), me: object = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["taken_by"].widget.choices = _names(team)
        if not self.is_bound:
            self.initial.setdefault("taken_by", str(me))


class DeclineForm(forms.Form):
    """The reason goes back to the sender."""

    decline_reason = forms.CharField(label=_("Why"), required=False, widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("What you suggest instead"),
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea({**OFF, "rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["decline_reason"].widget.choices = DeclineReason.choices


class AssignForm(forms.Form):
    """Who of the team looks at it; nobody leaves it to the team."""

    assigned_to = forms.UUIDField(label=_("Looked at by"), required=False, widget=forms.Select)

    def __init__(self, *args: Any, team: Iterable[Membership] = (), taken: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field = self.fields["assigned_to"]
        field.widget.choices = _names(team) if taken else [("", _("nobody yet: the team")), *_names(team)]
        if taken:
            field.label = _("Followed by")


class CompleteForm(forms.Form):
    """What became of it, never what was said."""

    result = forms.CharField(label=_("What became of it"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["result"].widget.choices = Result.choices


class FeedbackForm(forms.Form):
    """Content for the sender, and what allows it."""

    text = forms.CharField(
        label=_("What you tell the sender"),
        required=False,
        max_length=TEXT_LENGTH,
        help_text=_("Only what the sender needs. Never an address, never what was said in confidence."),
        widget=forms.Textarea({**OFF, "rows": 4}),
    )
    basis = forms.CharField(label=_("On what basis"), required=False, widget=forms.RadioSelect)
    consent = forms.UUIDField(label=_("The consent it rests on"), required=False, widget=forms.Select)
    key = KeyField()

    def __init__(
        self, *args: Any, bases: Iterable[FeedbackBasis] = (), consents: Iterable[Consent] = (), **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        offered = [(basis.value, basis.label) for basis in bases]
        self.fields["basis"].widget.choices = offered
        self.fields["consent"].widget.choices = [("", _("none")), *((str(each.pk), _said(each)) for each in consents)]
        if not self.is_bound and len(offered) == 1:
            self.initial.setdefault("basis", offered[0][0])


def _said(consent: Consent) -> str:
    given = local_date(consent.given_at)
    if consent.valid_until is None:
        return _("%(purpose)s (given: %(given)s)") % {"purpose": consent.purpose, "given": given}
    return _("%(purpose)s (given: %(given)s, ends: %(ends)s)") % {
        "purpose": consent.purpose,
        "given": given,
        "ends": local_date(consent.valid_until),
    }
