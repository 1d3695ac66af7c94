"""What the pages of a case show of its children: on the people page, and beside a note."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest

from common.clock import age

from . import children
from .access import CaseAccess
from .enums import PersonRole
from .models import Case, CasePerson
from .perms import may_write_of_children, never_his, reads_children, shows_person
from .same_person import shown_under


def people(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """The children, one line each, and how many victims the case names; None on his side and where nothing is known.

    Five queries, whatever the number of children.
    """
    if not access or never_his(access):
        return None
    rows = children.lived(access)
    arranged = {each.case_person_id: each for each in children.arrangements(access).filter(superseded_by=None)}
    contacts = children.contacts(access).filter(ended_at=None)
    known = set(contacts.values_list("case_person_id", flat=True))
    if not reads_children(access):  # own past work, if there is any
        own = {row.child for row in rows} | set(arranged) | known
        return {"case": case, "own": sorted(own, key=str)} if own else None
    persons = CasePerson.objects.filter(case=case).select_related("person").order_by("created_at")
    persons = [each for each in persons if shows_person(access, each)]
    under = shown_under(case.pk)  # written down twice, counted once; what was lived through counts for the one
    rows = [replace(row, child=under.get(row.child, row.child)) for row in rows]
    told = children.victims_of([each for each in persons if each.pk not in under], rows)
    return {
        "case": case,
        "victims": told.words,
        "lines": [
            {
                "child": each,
                "age": age(each.person.birth_date),
                "exposed": [row for row in rows if row.child == each.pk][:1],
                "victim": any(row.child == each.pk and row.victim for row in rows),
                "arranged": arranged.get(each.pk),
                "known": each.pk in known,
            }
            for each in persons
            if each.role == PersonRole.CHILD and (each.pk not in under or each.pk in arranged or each.pk in known)
        ],
    }


def beside_a_note(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """What to watch in the children, for who may write about them, on the page of a note alone."""
    on_its_page = request.resolver_match is not None and request.resolver_match.view_name == "cases:write_note"
    return children.prompts(case, access) if on_its_page and may_write_of_children(access) else None
