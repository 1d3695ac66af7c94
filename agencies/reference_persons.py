"""Who is asked for in a service about a theme: named and ended by who administers the service. It opens nothing."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import Refused, RuleBroken
from common.once import insert_once

from .models import Agency, Membership, ReferencePerson
from .services import administered_agency, number_problem

FIELDS = ("theme", "user", "phone", "hours")


def reachable(agencies: Iterable[Agency | UUID]) -> dict[UUID, list[ReferencePerson]]:
    """{agency: its reference persons who work there now}, by theme, then by name. One query; none: no entry."""
    works_there = Membership.objects.live().filter(user=OuterRef("user"), agency=OuterRef("agency"))
    rows = ReferencePerson.objects.live().filter(Exists(works_there), agency__in=list(agencies))
    found: dict[UUID, list[ReferencePerson]] = {}
    for row in rows.select_related("user").order_by("theme", "user__family_name", "user__given_name", "pk"):
        found.setdefault(row.agency_id, []).append(row)
    return found


def named_in(agency: Agency) -> QuerySet[ReferencePerson]:
    """All who are named and not ended, those who no longer work there too (`works_here` says it), by theme."""
    works_there = Membership.objects.live().filter(user=OuterRef("user"), agency=OuterRef("agency"))
    named = ReferencePerson.objects.filter(agency=agency, ended_at=None).annotate(works_here=Exists(works_there))
    return named.select_related("user").order_by("theme", "user__family_name", "user__given_name", "pk")


def may_be_named(agency: Agency) -> list[Membership]:
    """Who works for the agency now, by name: each person once."""
    live = Membership.objects.live().filter(agency=agency).select_related("user")
    people = {member.user_id: member for member in live.order_by("-starts_at", "pk")}
    return sorted(people.values(), key=lambda member: (member.user.family_name, member.user.given_name))


def name_person(*, by: Membership, agency_id: UUID, values: Mapping[str, object]) -> ReferencePerson:
    """Somebody is asked for about a theme from now on. `values` holds FIELDS, `user` an id.

    Naming the same person for the same theme again gives the row there is, with the phone and hours it has. Raises
    Http404 out of sight, RuleBroken by field.
    """
    agency = administered_agency(by, agency_id)
    if not agency.is_active:
        raise Refused(_("This agency is closed: open it again before naming somebody."))
    row = ReferencePerson(
        agency=agency,
        theme=str(values.get("theme") or ""),
        user_id=values.get("user") or None,
        phone=str(values.get("phone") or "").strip(),
        hours=str(values.get("hours") or "").strip(),
        named_by=by.user,
    )
    _check(row, {member.user_id for member in may_be_named(agency)})
    same = ReferencePerson.objects.filter(agency=agency, theme=row.theme, user=row.user_id, ended_at=None)
    if (already := same.first()) is not None:
        if (already.phone, already.hours) == (row.phone, row.hours):
            return already
        message = next(each for each in ReferencePerson._meta.constraints if each.name == "agencies_reference_once")
        raise RuleBroken({"user": [message.violation_error_message]})
    return insert_once(row, mine=same)[0]


def end_person(*, by: Membership, agency_id: UUID, reference_id: UUID) -> ReferencePerson:
    """Not asked for about this theme any more. Ending it twice changes nothing. Raises Http404 out of sight."""
    agency = administered_agency(by, agency_id)
    row = ReferencePerson.objects.select_for_update().filter(agency=agency, pk=reference_id).first()
    if row is None:
        raise Http404
    end(row)
    return row


def end(row: ReferencePerson) -> None:
    """End this row, whoever decided it."""
    if row.ended_at is None:
        row.ended_at = now()
        row.save(update_fields=["ended_at"])


def _check(row: ReferencePerson, people: set[UUID]) -> None:
    errors: dict[str, list] = {}
    try:
        row.full_clean(exclude=["agency", "user", "named_by"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        errors = dict(error.message_dict)
    if row.user_id not in people:
        errors["user"] = [_("Choose somebody who works here now.")]
    if row.phone and "phone" not in errors and (problem := number_problem(row.phone)):
        errors["phone"] = [problem]
    if errors:
        raise RuleBroken(errors)
