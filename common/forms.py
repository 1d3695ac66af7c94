"""A service's refusal, shown in the form it is about; days as they are typed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms

from .clock import end_of


class DayInput(forms.DateInput):
    """The browser's own way to choose a day."""

    input_type = "date"

    def __init__(self, attrs: Mapping[str, Any] | None = None):
        super().__init__(attrs, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day."""

    widget = DayInput
    input_formats = ["%Y-%m-%d"]


class LastDayField(DayField):
    """The last day that something holds: the day is typed, its end in Belgium is what a service is given."""

    def clean(self, value: Any) -> datetime | None:
        day = super().clean(value)
        try:
            return end_of(day) if day else None
        except OverflowError:  # the last day there is
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


def show_errors(form: forms.Form, errors: Mapping[str, Iterable[Any]]) -> None:
    """Put the messages of a RuleBroken by the fields they name; what names no field of the form goes on top."""
    for name, messages in errors.items():
        form.add_error(name if name in form.fields else None, list(messages))
