"""A programme he takes part in, as it is read: by its service, by whom work with him is open to, by the authority.

The acts are in `plans.programme_acts` and `plans.mandates`; what they lead to elsewhere in `casework.programme`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from agencies.models import Membership
from cases.access import CaseAccess
from cases.enums import Category, EventCode, Side
from cases.models import Case, CasePerson
from cases.perms import shows_person
from cases.services import log_event
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import Refused, RuleBroken

from . import programme_rules as rules
from .models import (
    Attendance,
    Mandate,
    Programme,
    ProgrammeSession,
    ProgrammeStep,
    SessionMark,
    StepKind,
    TherapeuticPlan,
)

SHOWN_SESSIONS = 200
LONGEST_AGO = timedelta(days=5 * 366)


def today() -> date:
    """The day it is, in Belgium."""
    return local(now()).date()


# --- reading -----
def readable(access: CaseAccess) -> Q:
    """Programmes this access reads: its own, all where work with him is open, those it mandates."""
    if not access:
        return Q(pk__in=[])
    found = Q(agency_id=access.agency_id)
    if rules.works_with_him(access):
        return found | Q(pk__isnull=False)
    return found | Q(Exists(Mandate.objects.filter(programme=OuterRef("pk"), issuer=access.agency_id)))


def mandates_readable(access: CaseAccess) -> Q:
    """The same rule for mandates: an authority reads its own."""
    if not access:
        return Q(pk__in=[])
    own = Q(agency_id=access.agency_id) | Q(issuer_id=access.agency_id)
    return own | Q(pk__isnull=False) if rules.works_with_him(access) else own


def days_readable(access: CaseAccess) -> Q:
    """The same rule for sessions and steps: an authority reads the days that one of its mandates covers."""
    if not access:
        return Q(pk__in=[])
    own = Q(agency_id=access.agency_id)
    return own | Q(pk__isnull=False) if rules.works_with_him(access) else own | covered_by(access.agency_id)


def covered_by(issuer_id: object) -> Q:
    """Rows with `programme` and `on` whose day a mandate of this authority covers."""
    mandates = Mandate.objects.filter(programme=OuterRef("programme"), issuer=issuer_id, starts_on__lte=OuterRef("on"))
    mandates = mandates.filter(Q(ends_on=None) | Q(ends_on__gte=OuterRef("on")))
    return Q(Exists(mandates.exclude(end__ended_on__lt=OuterRef("on"))))


def programmes_of(case: Case, access: CaseAccess) -> QuerySet[Programme]:
    """The programmes of a case that this access reads, the latest first."""
    # who he is is asked apart: a person of his side is never read through somebody else's row
    rows = Programme.objects.filter(readable(access), case=case)
    return rows.select_related("agency", "author").order_by("-begun_on", "-pk")


def get_programme(case: Case, access: CaseAccess, programme_id: UUID) -> Programme:
    """One of them. Raises Http404 where this access does not read it."""
    found = programmes_of(case, access).filter(pk=programme_id).first()
    if found is None:
        raise Http404
    return found


def mandates_of(programmes: Iterable[Programme], access: CaseAccess) -> list[Mandate]:
    """Their mandates that this access reads, the first first, with their end, their reports and what replaced them."""
    rows = Mandate.objects.filter(mandates_readable(access), programme__in=[each.pk for each in programmes])
    rows = rows.select_related("issuer", "end", "replaced_by", "author", "agency")
    return list(rows.prefetch_related("reports").order_by("starts_on", "pk"))


def get_mandate(case: Case, access: CaseAccess, mandate_id: UUID) -> Mandate:
    """One of the mandates of a case that this access reads. Raises Http404."""
    rows = Mandate.objects.filter(mandates_readable(access), case=case, pk=mandate_id)
    found = rows.select_related("issuer", "end", "replaced_by", "programme__agency").first()
    if found is None:
        raise Http404
    return found


def sessions_of(programmes: Iterable[Programme], access: CaseAccess) -> list[ProgrammeSession]:
    """Their sessions that this access reads, the first first, each with its `mark` (None: nobody has said yet)."""
    rows = ProgrammeSession.objects.filter(days_readable(access), programme__in=[each.pk for each in programmes])
    return with_marks(rows.order_by("-on", "-begins_at", "-pk")[: SHOWN_SESSIONS * 2])[::-1]


def with_marks(rows: QuerySet[ProgrammeSession]) -> list[ProgrammeSession]:
    """These sessions, each with `mark`, what holds now, and `former`, what it corrected, the first first."""
    marks = SessionMark.objects.select_related("author").order_by("at", "pk")
    found = list(rows.prefetch_related(Prefetch("marks", queryset=marks)))
    for session in found:
        said = list(session.marks.all())
        replaced = {mark.supersedes_id for mark in said}
        session.mark = next((mark for mark in said if mark.pk not in replaced), None)
        session.former = [mark for mark in said if mark is not session.mark]
    return found


def steps_of(programmes: Iterable[Programme], access: CaseAccess) -> list[ProgrammeStep]:
    """Their steps that this access reads, the first first."""
    rows = ProgrammeStep.objects.filter(days_readable(access), programme__in=[each.pk for each in programmes])
    return list(rows.select_related("author", "agency").order_by("at", "pk"))


def plans_of(programme: Programme, access: CaseAccess, by: Membership) -> list[TherapeuticPlan]:
    """Its therapeutic plan as far as this access reads it, the one that holds first, then what it replaced."""
    issuers = set(Mandate.objects.filter(programme=programme).values_list("issuer", flat=True))
    rows = TherapeuticPlan.objects.filter(programme=programme).select_related("author").order_by("-at", "-pk")
    return [
        plan
        for plan in rows
        if rules.may_read_plan(
            access, agency=by.agency, authored_by=plan.agency_id, internal=plan.internal, issuers=issuers
        )
    ]


def who_may_follow(case: Case, access: CaseAccess) -> list[CasePerson]:
    """Of his side, those this access may name: who may follow a programme."""
    persons = CasePerson.objects.filter(case=case, side=Side.PERPETRATOR).select_related("person")
    return [each for each in persons.order_by("created_at", "pk") if shows_person(access, each)]


def last_steps(programmes: Iterable[UUID]) -> dict[UUID, ProgrammeStep]:
    """The last step of each, as far as the acting agency reads it."""
    rows = ProgrammeStep.objects.filter(programme__in=list(programmes), followed_by=None)
    return {row.programme_id: row for row in rows.select_related("author")}


def running(case: Case) -> list[Programme]:
    """The programmes of a case that run now, whoever asks."""
    with system_context(SystemContext.REMINDERS):
        found = list(Programme.objects.filter(case=case).order_by("begun_on", "pk"))
        last = last_steps(each.pk for each in found)
    return [each for each in found if rules.runs(last[each.pk].step if each.pk in last else "")]


def mandated(case: Case) -> bool:
    """Whether a mandate runs today in a programme of a case that runs, whoever asks."""
    programmes = running(case)
    if not programmes:
        return False
    with system_context(SystemContext.REMINDERS):
        rows = Mandate.objects.filter(programme__in=programmes).select_related("end")
        return any(rules.span_of(each).covers(today()) for each in rows)


# --- what has to be looked at -----
@dataclass(frozen=True)
class Look:
    """What of a programme of one's own waits to be said."""

    programme: Programme
    missed: int = 0
    silent: bool = False
    reports: Sequence[Mandate] = ()


def to_look_at(programmes: Sequence[Programme]) -> list[Look]:
    """Of these running programmes of the acting service, those that have something to be said: missed in a row, silent
    for long, a report due. Three queries whatever their number.
    """
    ids = [each.pk for each in programmes]
    if not ids:
        return []
    held: dict[UUID, list[ProgrammeSession]] = defaultdict(list)
    for session in with_marks(ProgrammeSession.objects.filter(programme__in=ids).order_by("on", "begins_at", "pk")):
        held[session.programme_id].append(session)
    due: dict[UUID, list[Mandate]] = defaultdict(list)
    for mandate in (
        Mandate.objects.filter(programme__in=ids, replaced_by=None).select_related("end").prefetch_related("reports")
    ):
        if is_report_late(mandate):
            due[mandate.programme_id].append(mandate)
    found = []
    for each in programmes:
        said = [session for session in held[each.pk] if session.mark]
        missed = rules.missed_in_a_row([session.mark.outcome for session in said if session.on <= today()])
        silent = rules.is_silent(
            begun_on=each.begun_on,
            last_seen=max((s.on for s in said if s.mark.outcome == Attendance.ATTENDED), default=None),
            next_on=max((s.on for s in held[each.pk] if s.mark is None), default=None),
            today=today(),
            days=settings.PROGRAMME_SILENCE_DAYS,
        )
        look = Look(each, missed if missed >= settings.PROGRAMME_MISSED_IN_A_ROW else 0, silent, due[each.pk])
        if look.missed or look.silent or look.reports:
            found.append(look)
    return found


def report_due_on(mandate: Mandate) -> date | None:
    """By when the next report on a mandate (with `reports`) is due."""
    given = max((each.given_on for each in mandate.reports.all()), default=None)
    return rules.report_due(every_days=mandate.report_every_days, span=rules.span_of(mandate), last_given=given)


def is_report_late(mandate: Mandate) -> bool:
    """Whether a report on a mandate is overdue today."""
    due = report_due_on(mandate)
    return due is not None and due < today()


def own_running(by: Membership) -> QuerySet[Programme]:
    """The programmes of the acting service that run, in cases this member sees."""
    stopped = ProgrammeStep.objects.filter(programme=OuterRef("pk"), followed_by=None).exclude(step=StepKind.RESUMED)
    visible = Case.objects.visible_to(by).filter(pk=OuterRef("case"))
    rows = Programme.objects.filter(~Exists(stopped), Exists(visible), agency=by.agency_id)
    return rows.select_related("case").order_by("begun_on", "pk")


def own_sessions(by: Membership, *, first: date, last: date) -> QuerySet[ProgrammeSession]:
    """The sessions of the acting service between two days, in cases this member sees."""
    visible = Case.objects.visible_to(by).filter(pk=OuterRef("case"))
    rows = ProgrammeSession.objects.filter(Exists(visible), agency=by.agency_id, on__gte=first, on__lte=last)
    return rows.select_related("case", "programme").order_by("on", F("begins_at").asc(nulls_last=True), "pk")


def unmarked(by: Membership) -> QuerySet[ProgrammeSession]:
    """Sessions of the last weeks of which nobody has said what became of them."""
    said = SessionMark.objects.filter(session=OuterRef("pk"))
    return own_sessions(by, first=today() - timedelta(days=60), last=today()).filter(~Exists(said))


# --- what every act of this room asks -----
def authored(by: Membership) -> dict[str, Any]:
    return {"agency": by.agency, "author": by.user, "at": now()}


def of_key(model: Any, by: Membership, programme: Programme, request_key: UUID) -> QuerySet:
    return model.objects.filter(request_key=request_key, programme=programme, author=by.user)


def refuse_unless_kept(access: CaseAccess, programme: Programme) -> None:
    if not rules.may_keep(access, programme):
        raise Refused(_("Only the service that runs this programme writes in it."))


def refuse_stopped(programme: Programme) -> None:
    last = last_steps([programme.pk]).get(programme.pk)
    if last is not None and not rules.runs(last.step):
        raise RuleBroken(_("This programme is over: take it up again first."))


def day_problem(name: str, day: date | None, *, missing: str) -> dict[str, list[str]]:
    if day is None:
        return {name: [missing]}
    if day > today():
        return {name: [_("This day has not come yet.")]}
    return {name: [_("This day is too far away.")]} if today() - day > LONGEST_AGO else {}


def tell_timeline(by: Membership, case: Case, code: EventCode, payload: dict[str, str]) -> None:
    log_event(by=by, case=case, code=code, category=Category.PERPETRATOR_WORK, side=Side.PERPETRATOR, payload=payload)
