"""Fields and widgets of information requests and of what was said aloud. Every refusal is the service's."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.enums import Category, Side
from cases.words import in_words
from common.clock import local, now
from common.forms import LastDayField, MomentField

from .bases import DECIDABLE
from .models import Basis, RefusalReason
from .requests import LONGEST_PURPOSE, Asked, is_usual

ANSWER_IN = timedelta(days=3)


def pair_choices(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """("category:side", words) of the pairs, as checkboxes offer them."""
    items = [f"{category}:{side}" for category, side in pairs]
    return list(zip(items, in_words(items), strict=True))


class AskForm(forms.Form):
    to_agency = forms.UUIDField(
        label=_("Which service"),
        required=False,
        widget=forms.Select,
        error_messages={"invalid": _("Choose a service that takes part in this case.")},
    )
    grants = forms.MultipleChoiceField(label=_("What you need"), required=False, widget=forms.CheckboxSelectMultiple)
    purpose = forms.CharField(
        label=_("What you need it for"),
        help_text=_("What you will do with it, and why it cannot be done without."),
        max_length=LONGEST_PURPOSE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    due_on = LastDayField(
        label=_("Needed by"),
        required=False,
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, agencies: Iterable[Agency], pairs: Iterable[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["to_agency"].widget.choices = [
            ("", _("Choose a service")),
            *((str(agency.pk), agency.name) for agency in agencies),
        ]
        self.fields["grants"].choices = pair_choices(pairs)
        self.initial.setdefault("due_on", local(now() + ANSWER_IN).date())

    def pairs(self) -> dict[str, list[Any]]:
        """The checkboxes: `usual`, and `other` for what is seldom recorded; `open` once one of these is ticked."""
        found: dict[str, list[Any]] = {"usual": [], "other": []}
        for option in self["grants"].subwidgets:
            category, side = str(option.data["value"]).split(":")
            found["usual" if is_usual(Category(category), Side(side)) else "other"].append(option)
        found["open"] = [option for option in found["other"] if option.data["selected"]]
        return found

    def asked(self) -> Asked:
        """What was typed, for the service; the end of the day named, in Belgium."""
        return Asked(
            to_agency_id=self.cleaned_data.get("to_agency"),
            grants=tuple(self.cleaned_data.get("grants") or ()),
            purpose=self.cleaned_data.get("purpose") or "",
            due_at=self.cleaned_data.get("due_on"),
        )


class RefuseForm(forms.Form):
    refusal_reason = forms.CharField(label=_("Why"), required=False, widget=forms.Select)
    note = forms.CharField(
        label=_("A word to the service that asked"),
        help_text=_("Without the information itself."),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["refusal_reason"].widget.choices = [("", _("Choose a reason")), *RefusalReason.choices]


class OralForm(forms.Form):
    to_agency = forms.UUIDField(
        label=_("To which service"),
        required=False,
        widget=forms.Select,
        error_messages={"invalid": _("Choose a service that takes part in this case.")},
    )
    to_whom = forms.CharField(
        label=_("To whom"),
        help_text=_("Function and service, for somebody who has no account: “doctor on duty, hospital”."),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    grants = forms.MultipleChoiceField(
        label=_("What it was about"), required=False, widget=forms.CheckboxSelectMultiple
    )
    basis = forms.CharField(label=_("On what basis"), required=False, widget=forms.Select)
    said_at = MomentField(label=_("When"), required=False)
    necessity = forms.CharField(
        label=_("Why it was necessary"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, agencies: Iterable[Agency], pairs: Iterable[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.agencies = {agency.pk: agency for agency in agencies}
        self.fields["to_agency"].widget.choices = [
            ("", _("somebody else, written below")),
            *((str(pk), agency.name) for pk, agency in self.agencies.items()),
        ]
        self.fields["grants"].choices = pair_choices(pairs)
        self.fields["basis"].widget.choices = [
            ("", _("Choose a basis")),
            *((basis.value, Basis(basis).label) for basis in DECIDABLE),
        ]
        self.initial.setdefault("said_at", local(now()).replace(tzinfo=None))

    def agency(self) -> Agency | None:
        """The service chosen, where it is one of those offered."""
        chosen: UUID | None = self.cleaned_data.get("to_agency")
        return self.agencies.get(chosen) if chosen else None
