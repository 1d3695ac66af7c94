"""Finding a case by its reference or by a name one may read. Nothing is found that the acting agency may not see."""

import re
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q

from agencies.models import Membership
from common.clock import local, now
from common.names import sort_key

from .access import CaseAccess, grants_of, participation_rows, permission_ids
from .enums import Category, Side, codename
from .models import Case, CaseGroupObjectPermission, CasePerson

MOST = 50
FIRST_YEAR = 2020
REFERENCE = re.compile(r"(?:move[ -]*)?(?:(20\d\d)[ -]+)?0*(\d{1,6})", re.IGNORECASE)


@dataclass
class Found:
    """A case, the access to it, and the persons whose name led to it."""

    case: Case
    access: CaseAccess
    persons: list[CasePerson] = field(default_factory=list)


def find(membership: Membership, text: str) -> tuple[list[Found], bool]:
    """At most MOST cases for what was typed, and whether there were more."""
    text = text.replace("\x00", "").strip()[:100]
    if match := REFERENCE.fullmatch(text):
        return _by_reference(membership, year=match[1], number=int(match[2])), False
    words = [word for word in sort_key(text).split(" ") if len(word) > 1][:5]
    return _by_name(membership, words) if words else ([], False)


def _by_reference(membership: Membership, *, year: str | None, number: int) -> list[Found]:
    years = [int(year)] if year else range(FIRST_YEAR, local(now()).year + 1)
    references = [f"MOVE-{each}-{number:06d}" for each in years]
    cases = {case.pk: case for case in Case.objects.visible_to(membership).filter(reference__in=references)}
    accesses = grants_of(list(cases), membership)
    found = [Found(case, accesses[pk]) for pk, case in cases.items() if pk in accesses]
    return sorted(found, key=lambda item: item.case.reference, reverse=True)


def _by_name(membership: Membership, words: list[str]) -> tuple[list[Found], bool]:
    """Each word begins a word of the name; among identities open to the agency on that person's side, or its own."""
    identity_open = Q(agency=membership.agency)
    for side in Side:
        granted = CaseGroupObjectPermission.objects.live().filter(
            content_object=OuterRef("case"),
            group=membership.agency.group_id,
            permission=permission_ids()[codename(Category.IDENTITY, side)],
        )
        identity_open |= Q(side=side) & Exists(granted)
    persons = CasePerson.objects.filter(
        identity_open, case__in=participation_rows(membership).select_related(None).values("content_object")
    )
    for word in words:
        persons = persons.filter(person__sort_name__regex=rf"(^|[ '-]){re.escape(word)}")
    rows = list(persons.select_related("person", "case").order_by("-case__opened_at", "created_at")[: MOST + 1])
    accesses = grants_of(list({row.case_id for row in rows}), membership)
    found: dict[object, Found] = {}
    for row in rows[:MOST]:
        if row.case_id in accesses:
            found.setdefault(row.case_id, Found(row.case, accesses[row.case_id])).persons.append(row)
    return list(found.values()), len(rows) > MOST
