"""Finding a case by its reference or by a name one may read. Nothing is found that the acting agency may not see."""

import re
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from agencies.models import Membership
from agencies.perms import may_see_cases
from common.clock import local, now
from common.names import sort_key

from .access import CaseAccess, grants_of
from .models import Case, CasePerson
from .perms import shows_person

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
    """Each word begins a word of the name; among identities open to the agency on that person's side, or its own.

    What is shown of the candidates is read like everything else, under the policies and the access.
    """
    if not may_see_cases(membership):
        return [], False
    wanted = candidates(words)
    persons = CasePerson.objects.select_related("person", "case").in_bulk(wanted[:MOST])
    accesses = grants_of(list({row.case_id for row in persons.values()}), membership)
    found: dict[object, Found] = {}
    for row in (persons[pk] for pk in wanted[:MOST] if pk in persons):
        access = accesses.get(row.case_id)
        if access and shows_person(access, row):
            found.setdefault(row.case_id, Found(row.case, access)).persons.append(row)
    return list(found.values()), len(wanted) > MOST


def candidates(words: list[str]) -> list[UUID]:
    """Persons of cases who bear these words (at most five), the newest case first, one more than MOST at most.

    The names stand in a table that the application cannot read; the function answers for whoever acts.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT cases_search(%s, %s)", [words, MOST])
        return [pk for (pk,) in cursor.fetchall()]
