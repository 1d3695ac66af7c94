"""Detention and release of a person of his side, what she wishes to know of it, the alerts: how each is read.

How they are written is `plans.custody_writing`; what follows in other rooms `casework.detaining`, `casework.releasing`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from agencies.models import Agency, Membership
from cases.access import CaseAccess, grants_of
from cases.enums import Category, PersonRole, Side
from cases.models import Case, CasePerson
from cases.perms import shows_person
from cases.who_sees import who_sees
from common.acting import SystemContext, system_context
from common.clock import now

from . import custody_perms as perms
from .models import (
    SETTLES,
    Detention,
    DetentionAnswer,
    DetentionAsk,
    Release,
    ReleaseAlert,
    ReleaseAsk,
    ReleaseKind,
    ReleaseTelling,
    ReleaseWish,
    StillDetained,
)

MOST = 50


# --- reading ----------------------------------------------------------------------------------------------------
def detentions_of(case: Case, access: CaseAccess) -> QuerySet[Detention]:
    """Those this access reads: by its permission, its own, and those about which it is asked."""
    return _detentions(access).filter(case=case)


def _detentions(access: CaseAccess) -> QuerySet[Detention]:
    rows = Detention.objects.select_related("agency", "author")
    if not access:
        return rows.none()
    if perms.reads_custody(access):
        return rows
    own = DetentionAnswer.objects.filter(detention=OuterRef("pk"), agency=access.agency_id)
    mine = Q(agency=access.agency_id) | Exists(own)
    if access.own_work_only:
        return rows.filter(mine)
    asked = DetentionAsk.objects.filter(detention=OuterRef("pk"), agency=access.agency_id)
    return rows.filter(mine | Exists(asked))


def answers_readable(access: CaseAccess) -> Q:
    """Which answers of the detentions this access reads: all by its permission, one's own, and those about what one is
    asked, while one takes part.
    """
    if perms.reads_custody(access):
        return Q()
    own = Q(agency=access.agency_id)
    asked = DetentionAsk.objects.filter(detention=OuterRef("detention"), agency=access.agency_id)
    return own if access.own_work_only else own | Q(Exists(asked))


def get_detention(case: Case, access: CaseAccess, detention_id: UUID) -> Detention:
    """One of them, by its id or by the id of a question about it. Raises Http404."""
    rows = detentions_of(case, access)
    found = rows.filter(pk=detention_id).first() or rows.filter(asks=detention_id).first()
    if found is None:
        raise Http404
    return found


def releases_of(case: Case, access: CaseAccess) -> QuerySet[Release]:
    """The releases of a case that this access reads, the latest first."""
    rows = Release.objects.filter(case=case).select_related("agency", "author")
    if not access:
        return rows.none()
    return rows if perms.reads_custody(access) else rows.filter(agency=access.agency_id)


def open_detentions(case: Case) -> list[Detention]:
    """Of nobody is it written that he is out: whoever asks, for what an open detention forbids."""
    with system_context(SystemContext.REMINDERS):
        return list(_still_open(Detention.objects.filter(case=case)))


def _still_open(rows: QuerySet[Detention]) -> QuerySet[Detention]:
    out = Release.objects.filter(detention=OuterRef("pk"), kind=ReleaseKind.HAPPENED)
    return rows.exclude(Exists(out))


def current_release(case_person_id: UUID) -> Release | None:
    """The last release written of a person that nothing took the place of, whoever asks."""
    with system_context(SystemContext.REMINDERS):
        rows = Release.objects.filter(case_person=case_person_id, superseded_by=None)
        return rows.exclude(kind=ReleaseKind.CANCELLED).order_by("-at", "-pk").first()


@dataclass(frozen=True)
class Standing:
    """How a detention stands. `state`: detained, unknown or released; `owner` is told to who may know it."""

    detention: Detention
    state: str
    place: str
    next_judicial_on: date | None
    answers: list[DetentionAnswer]
    releases: list[Release]
    owner: Agency | None
    asked: bool
    due_at: datetime | None

    @property
    def planned(self) -> Release | None:
        """The release that is planned, where one is."""
        return next((each for each in self.releases if each.kind == ReleaseKind.PLANNED and not each.gone), None)

    @property
    def released(self) -> Release | None:
        return next((each for each in self.releases if each.kind == ReleaseKind.HAPPENED), None)


def standings(case: Case, access: CaseAccess, rows: Iterable[Detention]) -> list[Standing]:
    """How these detentions, which this access reads, stand. Four queries, whatever their number.

    Nobody’s silence is told as certainty: past the day of a question, or of a planned release, it is not known.
    """
    rows = list(rows)
    ids = [each.pk for each in rows]
    said = DetentionAnswer.objects.filter(answers_readable(access), detention__in=ids)
    answers = _by_detention(said.select_related("agency", "author"))
    mine = releases_of(case, access).filter(detention__in=ids)
    releases = _by_detention(mine.annotate(gone=Exists(Release.objects.filter(supersedes=OuterRef("pk")))))
    with system_context(SystemContext.REMINDERS):
        asks = _by_detention(DetentionAsk.objects.filter(detention__in=ids).select_related("agency"))
        facts = Release.objects.filter(detention__in=ids, superseded_by=None)
        ends = _by_detention(facts.exclude(kind=ReleaseKind.CANCELLED))
    return [
        _standing(each, access, answers.get(each.pk, []), releases.get(each.pk, []), asks.get(each.pk, []),
                  ends.get(each.pk, []))
        for each in rows
    ]  # fmt: skip


def _standing(
    detention: Detention,
    access: CaseAccess,
    answers: list[DetentionAnswer],
    releases: list[Release],
    asks: list[DetentionAsk],
    ends: list[Release],
) -> Standing:
    at = now()
    last = answers[0] if answers else None
    ask = asks[0] if asks else None
    out = any(each.kind == ReleaseKind.HAPPENED for each in ends)
    silent = ask is not None and ask.due_at <= at
    passed = any(each.kind == ReleaseKind.PLANNED and each.released_at <= at for each in ends)
    unknown = (last is not None and last.answer == StillDetained.UNKNOWN) or silent or passed
    moved = next((each for each in answers if each.place), None)
    told = ask is not None and (perms.reads_asks(access) or ask.agency_id == access.agency_id)
    return Standing(
        detention=detention,
        state="released" if out else "unknown" if unknown else "detained",
        place=moved.place if moved else detention.place,
        next_judicial_on=last.next_judicial_on if last else detention.next_judicial_on,
        answers=answers,
        releases=releases,
        owner=ask.agency if told else None,
        asked=ask is not None and ask.agency_id == access.agency_id,
        due_at=ask.due_at if told and not out else None,
    )


def _by_detention(rows: QuerySet) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows.order_by("-at", "-pk"):
        found.setdefault(row.detention_id, []).append(row)
    return found


def who_may_be(case: Case, access: CaseAccess) -> list[CasePerson]:
    """Of whom a detention or a release may be written: persons of his side that this access names."""
    persons = CasePerson.objects.filter(case=case, side=Side.PERPETRATOR).select_related("person")
    return [each for each in persons.order_by("created_at") if shows_person(access, each)]


def owners_for(by: Membership, case: Case, access: CaseAccess) -> list[Agency]:
    """Services that may be asked “still detained?”, as far as this access may know them; one’s own first. On his side
    one’s own alone.
    """
    found = [by.agency]
    if not perms.his_side(access):
        found += [
            each.agency
            for each in who_sees(case, access).readers
            if each.agency.pk != by.agency_id and each.agency.kind in perms.ENTERS and not each.access.own_work_only
        ]
    return found


# --- what she wishes --------------------------------------------------------------------------------------------
def victims_of(case: Case, access: CaseAccess) -> list[CasePerson]:
    """Who is asked whether they wish to be told: the victims this access names."""
    if not perms.reads_wishes(access):
        return []
    rows = CasePerson.objects.filter(case=case, role=PersonRole.VICTIM).select_related("person")
    return [each for each in rows.order_by("created_at") if shows_person(access, each)]


def wishes_of(case: Case, access: CaseAccess) -> dict[UUID, ReleaseWish]:
    """The last wish by person; empty where none may be read, or nobody was asked yet."""
    if not access or perms.his_side(access):
        return {}
    rows = ReleaseWish.objects.filter(case=case)
    if not perms.reads_wishes(access):
        rows = rows.filter(agency=access.agency_id)
    return {row.case_person_id: row for row in rows.select_related("agency", "author").order_by("at", "pk")}


def any_detention() -> Exists:
    """Whether the acting service reads a detention in the case of a row: for `cases.access.register_flag`."""
    return Exists(Detention.objects.filter(case=OuterRef("pk")))


# --- alerts -----------------------------------------------------------------------------------------------------
def alerts_of(case: Case, access: CaseAccess) -> QuerySet[ReleaseAlert]:
    """The alerts of a case that this access reads, with `settled`: whether somebody said who was told."""
    rows = _with_settled(ReleaseAlert.objects.filter(case=case))
    if not access or perms.his_side(access):
        return rows.none()
    if perms.reads_alerts(access, case):
        return rows
    if access.own_work_only:
        return rows.filter(Exists(ReleaseTelling.objects.filter(alert=OuterRef("pk"), agency=access.agency_id)))
    return rows.filter(Exists(ReleaseAsk.objects.filter(case=case, agency=access.agency_id)))


def any_alert() -> Exists:
    """Whether the acting service reads an alert in the case of a row: for `cases.access.register_flag`."""
    return Exists(ReleaseAlert.objects.filter(case=OuterRef("pk")))


def tellings_readable(case: Case, access: CaseAccess) -> Q:
    """What was said of the alerts this access reads: one's own words alone once one takes no part any more."""
    return Q(agency=access.agency_id) if access.own_work_only and not perms.reads_alerts(access, case) else Q()


def _with_settled(rows: QuerySet[ReleaseAlert]) -> QuerySet[ReleaseAlert]:
    told = ReleaseTelling.objects.filter(alert=OuterRef("pk"), outcome__in=SETTLES)
    return rows.annotate(settled=Exists(told))


def get_alert(case: Case, access: CaseAccess, alert_id: UUID) -> ReleaseAlert:
    """One of them, by its id or by the id of the question asked of a service. Raises Http404."""
    rows = alerts_of(case, access)
    found = rows.filter(pk=alert_id).first() or rows.filter(asks=alert_id).first()
    if found is None:
        raise Http404
    return found


def unconfirmed_alerts_of(case: Case) -> list[ReleaseAlert]:
    """Alerts of a case about which nobody has said who was told, whoever asks."""
    with system_context(SystemContext.REMINDERS):
        return list(_with_settled(ReleaseAlert.objects.filter(case=case)).filter(settled=False))


# --- what a zone reads before its shift -------------------------------------------------------------------------
def expected_releases(by: Membership, *, until: datetime) -> list[Release]:
    """Releases planned up to then in the cases of this membership, of those it reads, the first one first."""
    at = now()
    rows = Release.objects.filter(kind=ReleaseKind.PLANNED, superseded_by=None, released_at__gt=at)
    rows = rows.filter(released_at__lte=until, case__in=Case.objects.visible_to(by)).select_related("case", "agency")
    found = list(rows.order_by("released_at", "pk")[:MOST])
    accesses = grants_of(list({row.case_id for row in found}), by)
    return [row for row in found if (access := accesses.get(row.case_id)) and access.shows(row)]


def unconfirmed_alerts(by: Membership) -> list[ReleaseAlert]:
    """Alerts of the cases of this membership about which nobody has said who was told, of those it reads."""
    rows = _with_settled(ReleaseAlert.objects.filter(case__in=Case.objects.visible_to(by))).filter(settled=False)
    found = list(rows.select_related("case").order_by("due_at", "pk")[:MOST])
    accesses = grants_of(list({row.case_id for row in found}), by)
    return [row for row in found if (access := accesses.get(row.case_id)) and perms.reads_alerts(access, row.case)]


def named(persons: Sequence[CasePerson]) -> dict[UUID, str]:
    """Whole names of persons that this access names, by the id of the row in the case."""
    return {each.pk: each.person.full_name for each in persons}


def pair() -> tuple[Category, Side]:
    """Where lines about detentions and releases stand."""
    return Category.JUDICIAL, Side.CASE
