"""A service's refusal, shown in the form it is about."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms


def show_errors(form: forms.Form, errors: Mapping[str, Iterable[Any]]) -> None:
    """Put the messages of a RuleBroken by the fields they name; what names no field of the form goes on top."""
    for name, messages in errors.items():
        form.add_error(name if name in form.fields else None, list(messages))
