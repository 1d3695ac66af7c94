"""The tab of the people of a case: who they are, how to reach them, and who of them is known elsewhere."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from common.clock import age
from common.languages import names as language_names

from . import panels, same_person
from .access import CaseAccess
from .enums import Category, PersonRole, Side
from .models import CasePerson
from .page import open_page, safe_contact, with_last_call
from .perms import may_change_contact, may_rectify, may_say_same
from .same_person import Seen


@require_GET
def people(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The persons of the case, by side, as far as this agency may know them; numbers masked behind their rule.

    Records shown as one have one card. What is known of a person in other cases that the member sees stands beside.
    """
    case, access, context = open_page(request, case_id, tab="people")
    persons, points = same_person.people_of(access)
    contacts: dict[UUID, list[dict]] = {}
    for point in with_last_call(points).order_by("recorded_at"):
        contacts.setdefault(point.case_person_id, []).append(safe_contact(point))
    phones = same_person.phones_of(found["point"] for each in contacts.values() for found in each)
    seen = same_person.seen(by=request.membership, access=access, persons=persons, phones=phones)
    same_person.record_reading(seen, case)
    marks = panels.marks(access, [person.pk for person in persons])
    groups = []
    for side, title in (
        (Side.VICTIM, _("The victim and the children")),
        (Side.PERPETRATOR, _("The presumed perpetrator")),
        (Side.CASE, _("Others")),
    ):
        cards = [
            _card(person, access, seen, contacts, marks)
            for person in persons
            if person.side == side and person.pk not in seen.hidden
        ]
        if side != Side.CASE or cards:
            groups.append({"title": title, "cards": cards, "side": side.value})
    context |= {
        "groups": groups,
        "suspected": len(seen.suspected),
        "may_look": any(may_say_same(request.membership, access, access, person.side) for person in persons),
        "elsewhere": same_person.other_victims(seen, case),
        "panels": panels.panels(request, case, access, "people"),
    }
    return render(request, "cases/people.html", context)


def _card(person: CasePerson, access: CaseAccess, seen: Seen, contacts: dict, marks: Any) -> dict[str, Any]:
    """One person: the record kept in sight, with what the records shown under it say besides."""
    more = seen.under.get(person.pk, [])
    records = [person, *(record for record, _decision, _may_undo in more)]
    return {
        **_described(person, access),
        "contacts": [contact for record in records for contact in contacts.get(record.pk, [])],
        "contact_open": access.can(Category.CONTACT, person.side),
        "may_change": may_change_contact(access, person.side) and person.role != PersonRole.CHILD,
        "marks": [mark for record in records for mark in marks.get(record.pk) or []],
        "more": [
            _described(record, access) | {"decision": decision, "may_undo": may_undo}
            for record, decision, may_undo in more
        ],
        "also": seen.also.get(person.pk, []),
    }


def _described(case_person: CasePerson, access: CaseAccess) -> dict[str, Any]:
    person = case_person.person
    return {
        "case_person": case_person,
        "name": person.full_name or _("name not known"),
        "age": age(person.birth_date),
        "languages": language_names(person.languages),
        "may_rectify": may_rectify(access, case_person.agency_id),
    }
