"""The three ways a service says no. Messages are translatable and may be shown to the person as they are."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _


class RuleBroken(Exception):
    """Something in what was sent breaks a rule; nothing was saved.

    `errors` maps a field name ("" for the whole) to the messages for it.
    """

    def __init__(self, errors: Mapping[str, Sequence[Any]] | Any):
        self.errors = {k: list(v) for k, v in errors.items()} if isinstance(errors, Mapping) else {"": [errors]}
        super().__init__("; ".join(str(message) for message in self.messages))

    @property
    def messages(self) -> list[Any]:
        """All of them, without their fields."""
        return [message for messages in self.errors.values() for message in messages]

    def as_dict(self) -> dict[str, list[str]]:
        """Field errors as the API answers them; the whole form's under `non_field_errors`."""
        return {(k or "non_field_errors"): [str(message) for message in v] for k, v in self.errors.items()}


class Refused(PermissionDenied):
    """An act this person may not do on something they may see: answered 403."""


class StaleVersion(Exception):
    """Somebody else saved in between; nothing was lost.

    `conflicts` lists {"field", "theirs", "yours"} for each value that differs; `version` is the stored one.
    """

    def __init__(self, message: Any, conflicts: Sequence[dict] = (), *, version: int = 0):
        self.conflicts = list(conflicts)
        self.version = version
        super().__init__(message)


def text_problem(text: str, *, most: int, missing: str = "") -> str:
    """What is wrong with a text as it was typed, or "": nothing is written (`missing` says so), too much, or characters
    the database does not hold.
    """
    written = text.strip()
    if not written:
        return missing
    if "\x00" in written:
        return _("These words hold characters that cannot be kept.")
    return _("Keep it under %(count)d characters.") % {"count": most} if len(written) > most else ""
