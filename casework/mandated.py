"""The mandates of an authority, line by line: who attends, what is overdue. Nothing is decided here."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from agencies.models import Membership
from cases.access import grants_of
from cases.models import Case
from cases.page import short_names
from common.pagination import Key, KeysetPage, paginate
from plans import programme as reading
from plans import programme_rules as rules
from plans.models import Attendance, Mandate, ProgrammeSession, ProgrammeStep
from plans.programme import today

LATEST = (Key("starts_on", descending=True), Key("id", descending=True))
PER_PAGE = 25
MOST_LATE = 100


def rows(membership: Membership) -> QuerySet[Mandate]:
    """The mandates of the acting authority that nothing has replaced, in cases this member sees."""
    visible = Case.objects.visible_to(membership).filter(pk=OuterRef("case"))
    return Mandate.objects.filter(Exists(visible), issuer=membership.agency_id, replaced_by=None)


def page_of(membership: Membership, cursor: str | None) -> KeysetPage[Mandate]:
    """A page of them, the latest first. Raises BadCursor."""
    found = rows(membership).select_related("case", "programme__agency", "end").prefetch_related("reports")
    return paginate(found, keys=LATEST, cursor=cursor, per_page=PER_PAGE)


def late(membership: Membership) -> list[Mandate]:
    """Those whose report is overdue; no query for who mandates nothing."""
    if not rules.mandates(membership):
        return []
    found = rows(membership).exclude(report_every_days=None).select_related("case", "end").prefetch_related("reports")
    return [each for each in found.order_by("-starts_on", "-pk")[:MOST_LATE] if reading.is_report_late(each)]


@dataclass(frozen=True)
class Line:
    """A mandate as its authority is told."""

    mandate: Mandate
    url: str
    sheet_url: str
    initials: str
    runs: bool
    last: date | None
    counts: rules.Counts
    missed_in_a_row: int
    step: ProgrammeStep | None
    due: date | None
    late: bool


def lines(membership: Membership, found: Sequence[Mandate]) -> list[Line]:
    """These mandates in words, in a constant number of queries. Attendance is of the days the mandate covers."""
    case_ids = [each.case_id for each in found]
    names = short_names(grants_of(case_ids, membership).values())
    programmes = [each.programme_id for each in found]
    covered = reading.covered_by(membership.agency_id)
    held: dict[Any, list[ProgrammeSession]] = defaultdict(list)
    sessions = ProgrammeSession.objects.filter(covered, programme__in=programmes).order_by("on", "begins_at", "pk")
    for session in reading.with_marks(sessions):
        if session.mark is not None:
            held[session.programme_id].append(session)
    steps: dict[Any, list[ProgrammeStep]] = defaultdict(list)
    for step in ProgrammeStep.objects.filter(covered, programme__in=programmes).order_by("at", "pk"):
        steps[step.programme_id].append(step)
    made = []
    for each in found:
        span = rules.span_of(each)
        outcomes = [session.mark.outcome for session in held[each.programme_id]]
        attended = [session.mark.outcome for session in held[each.programme_id] if session.on <= today()]
        made.append(
            Line(
                mandate=each,
                url=reverse("casework:programme", args=[each.case_id, each.programme_id]),
                sheet_url=reverse("casework:programme_sheet", args=[each.case_id, each.pk]),
                initials=names.get(each.case_id, ""),
                runs=span.covers(today()),
                last=span.last,
                counts=rules.counted(outcomes),
                missed_in_a_row=rules.missed_in_a_row(attended) if Attendance.MISSED in attended else 0,
                step=steps[each.programme_id][-1] if steps[each.programme_id] else None,
                due=reading.report_due_on(each),
                late=reading.is_report_late(each),
            )
        )
    return made
