"""The neighbourhoods of a cell that calls victims: which one a report belongs to, what waits there, and what the cell
itself knows of a person over time. Nothing of it comes from the police but the call she accepted.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import User
from agencies.models import Agency, Membership, Unit
from agencies.services import writers_of
from cases import notes
from cases.access import CaseAccess, grants_of, participants
from cases.appointments import readable
from cases.enums import Category, SameVerdict, Side
from cases.models import Appointment, Case, CasePerson, Note, SamePerson
from cases.page import short_names
from cases.perms import may_make_appointment
from cases.words import about
from common.clock import now
from followups.models import ContactAttempt, FollowUp, FollowUpKind, Outcome
from followups.perms import knows_report
from followups.wording import outcome_text
from reports.models import Report

MOST = 200
"""Open contacts on one page; what is due last is left out."""
MOST_ENTRIES = 50
"""Of each kind, in a history."""


def unit_of(agency: Agency, postal_code: str) -> Unit | None:
    """The neighbourhood of this agency that a postal code belongs to; None where no code is known or none fits."""
    code = postal_code.strip()
    if not code:
        return None
    return Unit.objects.live().filter(agency=agency, territory__contains=[code]).order_by("name", "pk").first()


def person_of(unit: Unit | None, case: Case) -> User | None:
    """Who answers for a neighbourhood, where they write for its agency now and may work on this case."""
    if unit is None or unit.reference_person_id is None:
        return None
    members = [each for each in writers_of([unit.agency_id]) if each.user_id == unit.reference_person_id]
    if members and participants([case]).among(case, members):
        return members[0].user
    return None


# --- the inbox --------------------------------------------------------------------------------------------------
@dataclass
class Group:
    """The open contacts of one neighbourhood; `unit` None for those that belong to none."""

    unit: Unit | None
    mine: bool
    lines: list[dict[str, Any]] = field(default_factory=list)


def waiting(membership: Membership) -> QuerySet[FollowUp]:
    """The J+2 contacts this cell has to make, the first due first, with how often she was called and how it went."""
    attempts = ContactAttempt.objects.filter(follow_up=OuterRef("pk")).order_by("-at", "-pk")
    counted = attempts.order_by().values("follow_up").annotate(count=Count("pk")).values("count")
    return (
        FollowUp.objects.owed_by(membership)
        .filter(kind=FollowUpKind.J2_CONTACT, settled_at=None)
        .annotate(
            attempted=Coalesce(Subquery(counted), 0),
            last_outcome=Subquery(attempts.values("outcome")[:1]),
            last_at=Subquery(attempts.values("at")[:1]),
            followed=Exists(Report.objects.filter(continues=OuterRef("source_id"))),
        )
        .select_related("case", "unit", "assigned_to")
        .order_by("due_at", "pk")
    )


def inbox(membership: Membership) -> tuple[list[Group], bool]:
    """The neighbourhoods with what waits there, one's own first, then what belongs to none; and whether there is more
    than is shown. Five queries, whatever waits.
    """
    rows = list(waiting(membership)[: MOST + 1])
    shown = rows[:MOST]
    accesses = grants_of(list({row.case_id for row in shown}), membership)
    names = short_names(accesses.values())
    units = Unit.objects.live().filter(agency=membership.agency_id).select_related("reference_person").order_by("name")
    groups = {unit.pk: Group(unit, unit.reference_person_id == membership.user_id) for unit in units}
    nowhere = Group(None, False)
    for row in shown:
        access = accesses.get(row.case_id)
        if access is None:
            continue
        group = nowhere
        if row.unit_id is not None:  # one that has ended keeps what it was given
            mine = row.unit.reference_person_id == membership.user_id
            group = groups.setdefault(row.unit_id, Group(row.unit, mine))
        group.lines.append(_line(row, access, names))
    kept = [group for group in groups.values() if group.lines or group.mine]
    kept.sort(key=lambda group: (not group.mine, group.unit.name))
    first = [group for group in kept if group.mine]
    others = [group for group in kept if not group.mine]
    return [*first, *([nowhere] if nowhere.lines else []), *others], len(rows) > MOST


def _line(row: FollowUp, access: CaseAccess, names: dict) -> dict[str, Any]:
    """One contact to make, as far as she consented to what the cell knows."""
    appointment = may_make_appointment(access, Side.VICTIM)
    return {
        "initials": names.get(row.case_id, ""),
        "reference": row.case.reference,
        "url": reverse("cases:summary", args=[row.case_id]),
        "report_reference": row.report_reference if knows_report(access, row) else "",
        "due": row.due_at,
        "attempts": row.attempted,
        "last": str(Outcome(row.last_outcome).label) if row.last_outcome else "",
        "last_at": row.last_at,
        "again_at": row.remind_at if row.last_outcome and row.remind_at and row.remind_at > now() else None,
        "holder": row.assigned_to.full_name if row.assigned_to else "",
        "followed": row.followed and access.can(Category.FACTS, Side.CASE),
        "call_url": reverse("followups:detail", args=[row.pk]),
        "appointment_url": reverse("cases:new_appointment", args=[row.case_id]) if appointment else "",
        "history_url": reverse("casework:neighbourhood_history", args=[row.pk]),
    }


# --- the history ------------------------------------------------------------------------------------------------
def history(membership: Membership, case: Case, access: CaseAccess) -> list[dict[str, Any]]:
    """What this cell did and wrote for her in a case, the latest first: its own rows alone, bounded by kind."""
    own = {"case": case, "agency": membership.agency_id}
    attempts = list(
        ContactAttempt.objects.filter(**own).select_related("note", "author").order_by("-at")[:MOST_ENTRIES]
    )
    said = [each.note_id for each in attempts if each.note_id]
    written = Note.objects.filter(**own, superseded_by=None).exclude(pk__in=said).select_related("author")
    calls = FollowUp.objects.owed_by(membership).filter(case=case, kind=FollowUpKind.J2_CONTACT)
    awaited = Appointment.objects.filter(readable(access), **own).select_related("made_by", "end")
    entries = [
        *(_attempt(each, access) for each in attempts),
        *(_note(each) for each in written.order_by("-written_at")[:MOST_ENTRIES] if access.shows(each)),
        *(_call(each, access) for each in calls.order_by("-created_at")[:MOST_ENTRIES]),
        *(_appointment(each) for each in awaited.order_by("-made_at")[:MOST_ENTRIES]),
    ]
    return sorted(entries, key=lambda entry: entry["at"], reverse=True)


def _attempt(attempt: ContactAttempt, access: CaseAccess) -> dict[str, Any]:
    note = attempt.note if attempt.note and access.shows(attempt.note) else None
    return {
        "at": attempt.at,
        "title": _("Call: %(how)s") % {"how": attempt.get_outcome_display()},
        "text": ", ".join(attempt.talked_about),
        "author": attempt.author.full_name,
        "parts": notes.words(note) if note else [],
    }


def _note(note: Note) -> dict[str, Any]:
    return {
        "at": note.written_at,
        "title": _("Note · %(about)s") % {"about": about(note.category, note.side)},
        "text": "",
        "author": note.author.full_name,
        "parts": notes.words(note),
    }


def _call(follow_up: FollowUp, access: CaseAccess) -> dict[str, Any]:
    ended = outcome_text(follow_up)
    return {
        "at": follow_up.created_at,
        "title": _("She accepted to be called"),
        "text": " · ".join(
            filter(None, [follow_up.report_reference if knows_report(access, follow_up) else "", capfirst(ended)])
        ),
        "author": "",
        "parts": [],
        "url": reverse("followups:detail", args=[follow_up.pk]),
    }


def _appointment(appointment: Appointment) -> dict[str, Any]:
    over = getattr(appointment, "end", None)
    return {
        "at": appointment.made_at,
        "title": _("Appointment made: %(kind)s") % {"kind": appointment.get_kind_display()},
        "text": over.get_outcome_display() if over else "",
        "awaited": appointment.starts_at,
        "author": appointment.made_by.full_name,
        "parts": [],
        "url": reverse("cases:appointment", args=[appointment.case_id, appointment.pk]),
    }


@dataclass(frozen=True)
class Elsewhere:
    """Another case in which this cell has said that it is the same person, and its calls there."""

    case: Case
    calls: list[tuple[datetime, str]]


def elsewhere(membership: Membership, person: CasePerson | None) -> list[Elsewhere]:
    """The other cases of the same person, where somebody of this cell has said so and the cell still sees both."""
    if person is None:
        return []
    decided = (
        SamePerson.objects.filter(Q(first=person) | Q(second=person), agency=membership.agency_id, end=None)
        .exclude(verdict=SameVerdict.DIFFERENT)
        .values_list("first_case_id", "second_case_id")[:MOST_ENTRIES]
    )
    ids = {pk for pair in decided for pk in pair} - {person.case_id}
    if not ids:
        return []
    cases = list(Case.objects.visible_to(membership).filter(pk__in=ids).order_by("-opened_at"))
    calls = list(FollowUp.objects.owed_by(membership).filter(case__in=cases, kind=FollowUpKind.J2_CONTACT))
    return [Elsewhere(case, _calls_of(case, calls)) for case in cases]


def _calls_of(case: Case, calls: Iterable[FollowUp]) -> list[tuple[datetime, str]]:
    of_case = [each for each in calls if each.case_id == case.pk]
    return [(each.created_at, outcome_text(each)) for each in sorted(of_case, key=lambda each: each.created_at)]
