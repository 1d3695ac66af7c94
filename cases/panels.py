"""What the rooms above add to the pages of this one. `move` registers it, as it does for tabs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.db.models import Expression, QuerySet, Value
from django.http import HttpRequest

from agencies.models import Membership

from .access import CaseAccess
from .models import Case

Place = Literal["top", "head", "compose", "aside", "people", "assessments", "assessments_aside"]


@dataclass(frozen=True)
class Panel:
    """A part of a page of the case: `context` gives what `template` shows, or None for nothing."""

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


@dataclass(frozen=True)
class Marks:
    """What stands beside records of a case for whoever reads them.

    `beside` gives {record: [{"label", "url"}]} in one query; `exist` whether there is any, for the record whose id is
    the expression it is given.
    """

    beside: Callable[[CaseAccess, Sequence[UUID]], Mapping[UUID, list[dict[str, Any]]]]
    exist: Callable[[Expression], Expression]


Banner = Callable[[Case, CaseAccess], Mapping[str, Any] | None]
Unreached = Callable[[Case, CaseAccess], str]
Readers = Callable[[Case, CaseAccess], Mapping[str, Sequence[str]]]

Readable = Callable[[CaseAccess, Expression], Expression]

_panels: dict[str, Panel] = {}
_due: list[Due] = []
_readers: list[Readers] = []
_banners: list[tuple[str, Banner]] = []
_unreached: list[Unreached] = []
_marks: list[Marks] = []
_assessments: list[Readable] = []


def register(panel: Panel) -> None:
    """Add a panel, or replace the one with the same key."""
    _panels[panel.key] = panel


def register_due(due: Due) -> None:
    """Say what agencies owe; there is one such answer."""
    _due[:] = [due]


def register_readers(readers: Readers) -> None:
    """Say who reads each "category:side" of a case, by the agencies' short names; there is one such answer."""
    _readers[:] = [readers]


def register_marks(marks: Marks) -> None:
    """Say what stands beside records; there is one such answer."""
    _marks[:] = [marks]


def register_assessments(readable: Readable) -> None:
    """Say whether an access reads the assessment whose id is an expression; there is one such answer."""
    _assessments[:] = [readable]


def register_banner(template: str, banner: Banner) -> None:
    """Add what every page of a case says on top, in `template` with the context of `banner`, or None to say nothing.

    It runs on every page: without a query unless there is something to say (`cases.access.register_flag` asks on the
    way to the case), with as few as it takes where there is.
    """
    _banners[:] = [*(entry for entry in _banners if entry[0] != template), (template, banner)]


def register_unreached(unreached: Unreached) -> None:
    """Say what is known of reaching the victim where no way to reach her is written; there is one such answer."""
    _unreached[:] = [unreached]


def panels(request: HttpRequest, case: Case, access: CaseAccess, place: Place) -> list[dict[str, Any]]:
    """What the template includes, in order: [{"template", "panel": context}]."""
    shown = []
    for panel in _panels.values():
        if panel.place == place and (context := panel.context(request, case, access)) is not None:
            shown.append({"template": panel.template, "panel": context})
    return shown


def banners(case: Case, access: CaseAccess) -> list[dict[str, Any]]:
    """What every page of the case says on top: [{"template", "banner": context}]."""
    return [
        {"template": template, "banner": context}
        for template, banner in _banners
        if (context := banner(case, access)) is not None
    ]


def unreached(case: Case, access: CaseAccess) -> str:
    """In words, what is known of reaching the victim of a case where no way is written; empty: nothing. One query."""
    return _unreached[0](case, access) if _unreached else ""


def due() -> Due | None:
    """What agencies owe, when a room above says it."""
    return _due[0] if _due else None


def readers(case: Case, access: CaseAccess) -> Mapping[str, Sequence[str]]:
    """{"category:side": [short names]} of the agencies the acting one may know to read them; its own under ""."""
    return _readers[0](case, access) if _readers else {}


def marks(access: CaseAccess, records: Sequence[UUID]) -> Mapping[UUID, list[dict[str, Any]]]:
    """{record: [{"label", "url"}]} of what stands beside these records, which the caller has found readable.

    One query, none without a record; `url` may be empty.
    """
    return _marks[0].beside(access, records) if _marks and records else {}


def reads_assessment(access: CaseAccess, assessment: Expression) -> Expression:
    """Whether this access reads the signed assessment whose id is this expression, to annotate rows with."""
    return _assessments[0](access, assessment) if _assessments else Value(False)


def marked(record: Expression) -> Expression:
    """Whether something stands beside the record whose id is this expression, to annotate rows with."""
    return _marks[0].exist(record) if _marks else Value(False)
