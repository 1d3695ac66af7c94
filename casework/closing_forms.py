"""Fields of closing, opening again, ending a part, handing the lead over. What is accepted is decided by services."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Membership
from common.forms import DayField, KeyField
from plans.guards import Guard
from plans.models import ClosingKind, LeadWhy, PartReason, ToldHow

from .closing_words import SET_ASIDE

OFF = {"autocomplete": "off"}


class _Form(forms.Form):
    use_required_attribute = False


class CloseForm(_Form):
    """How, why, and what is set aside. `guards` are those that may be."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    request_key = KeyField()
    kind = forms.CharField(
        label=_("How is it closed?"),
        required=False,
        widget=forms.RadioSelect(
            choices=[
                (ClosingKind.SUPERVISED, _("under supervision until a day: a new report opens it at once")),
                (ClosingKind.FULL, _("in full: nobody works on it any more")),
            ]
        ),
    )
    until = DayField(label=_("Under supervision until"), required=False)
    words = forms.CharField(
        label=_("Why now, in a few words"), required=False, widget=forms.Textarea({"rows": 3, **OFF})
    )
    set_aside = forms.MultipleChoiceField(
        label=_("What is set aside"), required=False, widget=forms.CheckboxSelectMultiple
    )
    set_aside_words = forms.CharField(
        label=_("Why this is set aside"), required=False, widget=forms.Textarea({"rows": 2, **OFF})
    )

    def __init__(self, *args: Any, guards: Iterable[Guard] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["set_aside"].choices = [(guard.code.value, SET_ASIDE[guard.code]) for guard in guards]


class ExtendForm(_Form):
    """Until when, and why."""

    prefix = "extend"
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    request_key = KeyField()
    until = DayField(label=_("Under supervision until"), required=False)
    words = forms.CharField(
        label=_("Why does the supervision go on?"), required=False, widget=forms.Textarea({"rows": 2, **OFF})
    )


class ReopenForm(_Form):
    """Why it is opened again."""

    prefix = "reopen"
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    request_key = KeyField()
    words = forms.CharField(
        label=_("Why is it opened again?"), required=False, widget=forms.Textarea({"rows": 2, **OFF})
    )


class TellForm(_Form):
    """How she was told how to come back, and what she was told."""

    request_key = KeyField()
    how = forms.CharField(
        label=_("How was she told?"), required=False, widget=forms.RadioSelect(choices=ToldHow.choices)
    )
    told_on = DayField(label=_("On which day?"), required=False)
    words = forms.CharField(
        label=_("In a few words"),
        required=False,
        help_text=_("Whom she may call and how; or why she could not be told. Read by who may reach her, no one else."),
        widget=forms.Textarea({"rows": 3, **OFF}),
    )


class EndPartForm(_Form):
    """Why the service ends its follow-up, and whether it gives up its access."""

    request_key = KeyField()
    reason = forms.CharField(label=_("Why?"), required=False, widget=forms.RadioSelect(choices=PartReason.choices))
    words = forms.CharField(
        label=_("For your colleagues, in a few words"),
        required=False,
        help_text=_("These words stay in your service."),
        widget=forms.Textarea({"rows": 3, **OFF}),
    )
    give_up = forms.BooleanField(
        label=_("End our access too: we then read our own past work only."),
        required=False,
    )


class LeadForm(_Form):
    """To whom the lead is offered, why, and what has to be known."""

    request_key = KeyField()
    agency = forms.UUIDField(label=_("To which service?"), required=False, widget=forms.RadioSelect)
    why = forms.CharField(label=_("Why?"), required=False, widget=forms.RadioSelect(choices=LeadWhy.choices))
    leaves = forms.BooleanField(
        label=_("Our access ends when it is taken over: we then read our own past work only."), required=False
    )
    words = forms.CharField(
        label=_("What the service has to know to go on"),
        required=False,
        help_text=_("Never an address. Only your service and the one you ask read these words."),
        widget=forms.Textarea({"rows": 4, **OFF}),
    )

    def __init__(self, *args: Any, agencies: Iterable[Agency], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["agency"].widget.choices = [(agency.pk, agency.short_name) for agency in agencies]


class DeclineLeadForm(_Form):
    """Why the lead is not taken over."""

    prefix = "decline"
    words = forms.CharField(
        label=_("Why not?"),
        required=False,
        help_text=_("Never an address. The service that asked reads these words."),
        widget=forms.Textarea({"rows": 2, **OFF}),
    )


class ReferenceForm(_Form):
    """Who the reference person is."""

    prefix = "reference"
    person = forms.UUIDField(label=_("Reference person of the case"), required=False, widget=forms.Select)

    def __init__(self, *args: Any, members: Iterable[Membership], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["person"].widget.choices = [(each.user_id, each.user.full_name) for each in members]
