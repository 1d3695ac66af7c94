"""Correcting a wrong fact, in whatever room its record is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from agencies.models import Membership
from cases import notes
from cases.access import CaseAccess
from cases.enums import Category
from cases.models import Case, CasePerson, Note, Person
from cases.perms import may_correct_note, may_rectify, shows_person
from cases.services import NOT_AUTHOR, correct_person
from cases.words import about
from common.errors import Refused
from common.templatetags.ui import local_when
from reports.models import Report
from riskassessment.services import assessments_of
from riskassessment.versions import definition_of
from sharing import rectifying
from sharing.models import Rectification, RectifiedKind
from sharing.rectifying import WrongRecord

NOTHING = "—"


@dataclass(frozen=True)
class Shown:
    """A record with a wrong fact, as the page shows it: where it stands and what it says."""

    wrong_record: WrongRecord
    title: str
    tab: str
    back: str
    parts: list[tuple[Any, str]] = field(default_factory=list)
    person: CasePerson | None = None
    words_url: str = ""
    """Where who wrote a note corrects its own words instead."""


def resolve(case: Case, access: CaseAccess, kind: str, object_id: UUID) -> Shown:
    """The record, where this agency reads it; Http404 otherwise."""
    found = FINDERS[kind](case, access, object_id) if kind in FINDERS else None
    if found is None:
        raise Http404
    return found


def _report(case: Case, access: CaseAccess, object_id: UUID) -> Shown | None:
    report = Report.objects.filter(case=case, pk=object_id).select_related("agency").first()
    if report is None or not access.shows(report):
        return None
    return Shown(
        WrongRecord(RectifiedKind.REPORT, report.pk, report.category, report.side, report.agency, report.recorded_at),
        title=_("%(kind)s recorded %(when)s")
        % {"kind": report.get_kind_display().capitalize(), "when": local_when(report.recorded_at, "on")},
        tab="reports",
        back=reverse("reports:detail", args=[case.pk, report.pk]),
    )


def _note(case: Case, access: CaseAccess, object_id: UUID) -> Shown | None:
    note = Note.objects.filter(case=case, pk=object_id).select_related("agency").first()
    if note is None or not access.shows(note):
        return None
    # whatever version the fact stood in: who received the first one is told too
    note, *later = notes.versions(case, access, note)
    own_words = may_correct_note(access, note.agency_id)
    return Shown(
        WrongRecord(RectifiedKind.NOTE, note.pk, note.category, note.side, note.agency, note.written_at, note.internal),
        title=_("Note written %(when)s · %(about)s")
        % {"when": local_when(note.written_at, "on"), "about": about(note.category, note.side)},
        tab="summary",
        back=reverse("cases:timeline_entry", args=[case.pk, note.pk]),
        parts=notes.words(later[-1] if later else note),
        words_url=reverse("cases:correct_note", args=[case.pk, note.pk]) if own_words else "",
    )


def _person(case: Case, access: CaseAccess, object_id: UUID) -> Shown | None:
    found = CasePerson.objects.filter(case=case, pk=object_id).select_related("person", "agency").first()
    if found is None or not shows_person(access, found):
        return None
    return Shown(
        WrongRecord(RectifiedKind.PERSON, found.pk, Category.IDENTITY, found.side, found.agency, found.created_at),
        title=f"{name_of(found.person)} · {found.get_role_display()}",
        tab="people",
        back=reverse("cases:people", args=[case.pk]),
        person=found,
    )


def _assessment(case: Case, access: CaseAccess, object_id: UUID) -> Shown | None:
    found = assessments_of(case, access).filter(pk=object_id, signed_at__isnull=False).first()
    if found is None:
        return None
    return Shown(
        WrongRecord(RectifiedKind.ASSESSMENT, found.pk, found.category, found.side, found.agency, found.signed_at),
        title=_("%(grid)s, signed %(when)s")
        % {
            "grid": definition_of(found.grid_version).title.translated(get_language() or "fr"),
            "when": local_when(found.signed_at, "on"),
        },
        tab="assessments",
        back=reverse("riskassessment:detail", args=[case.pk, found.pk]),
    )


FINDERS: dict[str, Callable[[Case, CaseAccess, UUID], Shown | None]] = {
    RectifiedKind.REPORT: _report,
    RectifiedKind.NOTE: _note,
    RectifiedKind.PERSON: _person,
    RectifiedKind.ASSESSMENT: _assessment,
}


def name_of(person: Person) -> str:
    """The whole name, or a dash."""
    return person.full_name or NOTHING


def rectify_person(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    shown: Shown,
    given_name: str,
    family_name: str,
    birth_date: date | None,
    key: UUID,
) -> Rectification:
    """Correct who a person is: the names and the birth date themselves, and who received the wrong ones is told.

    Raises Refused for who does not write for the agency that named the person, RuleBroken by field.
    """
    if not may_rectify(access, shown.wrong_record.agency.pk):
        raise Refused(NOT_AUTHOR)
    with transaction.atomic():
        if (already := rectifying.already_made(by=by, case=case, key=key)) is not None:
            return already
        before = Person.objects.get(pk=shown.person.person_id)
        after = correct_person(
            access=access,
            case_person=shown.person,
            given_name=given_name,
            family_name=family_name,
            birth_date=birth_date,
        )
        wrong, right = _difference(before, after)
        return rectifying.rectify(
            by=by, case=case, access=access, wrong_record=shown.wrong_record, wrong=wrong, right=right, key=key
        )


def _difference(before: Person, after: Person) -> tuple[str, str]:
    """What changed, before and after: the name, the birth date, or both."""
    told: list[tuple[str, str]] = []
    if name_of(before) != name_of(after):
        told.append((name_of(before), name_of(after)))
    elif before.family_name != after.family_name:  # the same words, shared out otherwise
        told.append((f"{before.family_name}, {before.given_name}", f"{after.family_name}, {after.given_name}"))
    if before.birth_date != after.birth_date:
        told.append((_born(before), _born(after)))
    return " · ".join(pair[0] for pair in told), " · ".join(pair[1] for pair in told)


def _born(person: Person) -> str:
    return f"{person.birth_date:%d/%m/%Y}" if person.birth_date else NOTHING
