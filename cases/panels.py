"""What the rooms above add to the pages of this one. `move` registers it, as it does for tabs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Expression, QuerySet
from django.http import HttpRequest

from agencies.models import Membership

from .access import CaseAccess
from .models import Case

Place = Literal["top", "head", "aside", "people"]


@dataclass(frozen=True)
class Panel:
    """A part of the summary or of the page of people: `context` gives what `template` shows, or None for nothing."""

    key: str
    template: str
    context: Callable[[HttpRequest, Case, CaseAccess], Mapping[str, Any] | None]
    place: Place = "aside"


@dataclass(frozen=True)
class Due:
    """What an agency owes, for lists of participation rows.

    `next_of` gives {"kind", "due_at"} of the first due at `OuterRef("content_object")`; `cases` the ids of the cases
    where the agency owes something; `label` the words of a kind.
    """

    next_of: Callable[[Membership], Expression]
    cases: Callable[[Membership], QuerySet]
    label: Callable[[str], str]


Readers = Callable[[Case, CaseAccess], Mapping[str, Sequence[str]]]

_panels: dict[str, Panel] = {}
_due: list[Due] = []
_readers: list[Readers] = []


def register(panel: Panel) -> None:
    """Add a panel, or replace the one with the same key."""
    _panels[panel.key] = panel


def register_due(due: Due) -> None:
    """Say what agencies owe; there is one such answer."""
    _due[:] = [due]


def register_readers(readers: Readers) -> None:
    """Say who reads each "category:side" of a case, by the agencies' short names; there is one such answer."""
    _readers[:] = [readers]


def panels(request: HttpRequest, case: Case, access: CaseAccess, place: Place) -> list[dict[str, Any]]:
    """What the template includes, in order: [{"template", "panel": context}]."""
    shown = []
    for panel in _panels.values():
        if panel.place == place and (context := panel.context(request, case, access)) is not None:
            shown.append({"template": panel.template, "panel": context})
    return shown


def due() -> Due | None:
    """What agencies owe, when a room above says it."""
    return _due[0] if _due else None


def readers(case: Case, access: CaseAccess) -> Mapping[str, Sequence[str]]:
    """{"category:side": [short names]} of the agencies the acting one may know to read them; its own under ""."""
    return _readers[0](case, access) if _readers else {}
