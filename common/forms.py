"""A service's refusal, shown in the form it is about; days and moments as they are typed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .clock import end_of
from .ids import uuid7

INCOMPLETE = _("This page was incomplete. Check what is below and send it again.")


class DayInput(forms.DateInput):
    """The browser's own way to choose a day."""

    input_type = "date"

    def __init__(self, attrs: Mapping[str, Any] | None = None):
        super().__init__(attrs, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day."""

    widget = DayInput
    input_formats = ["%Y-%m-%d"]


class MomentInput(forms.DateTimeInput):
    """The browser's own way to choose a day and an hour."""

    input_type = "datetime-local"

    def __init__(self, attrs: Mapping[str, Any] | None = None):
        super().__init__({"autocomplete": "off", **(attrs or {})}, format="%Y-%m-%dT%H:%M")


class MomentField(forms.DateTimeField):
    """A moment, on a Belgian clock."""

    widget = MomentInput
    default_error_messages = {"invalid": _("Write a date and a time.")}


class LastDayField(DayField):
    """The last day that something holds: the day is typed, its end in Belgium is what a service is given."""

    def clean(self, value: Any) -> datetime | None:
        day = super().clean(value)
        try:
            return end_of(day) if day else None
        except OverflowError:  # the last day there is
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class KeyField(forms.UUIDField):
    """What a page calls what it sends, new each time it is shown: sent twice, it is written once (`common.once`)."""

    widget = forms.HiddenInput
    default_error_messages = {"required": INCOMPLETE, "invalid": INCOMPLETE}

    def __init__(self, **kwargs: Any):
        super().__init__(**{"initial": uuid7, **kwargs})


def show_errors(form: forms.Form, errors: Mapping[str, Iterable[Any]]) -> None:
    """Put the messages of a RuleBroken by the fields they name; what names no field of the form goes on top."""
    for name, messages in errors.items():
        form.add_error(name if name in form.fields else None, list(messages))
