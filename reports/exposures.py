"""What each child lived through, as a report or a situation says it, and which of those words may be read.

A child who was exposed is a victim (law of 13 July 2023, art. 8). What police wrote of a child leaves with the report
alone: who does not read the report does not read it either. On his side it is read by nobody but who wrote it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Membership
from cases.access import CaseAccess
from cases.children import Lived
from cases.enums import Category, EventCode, ParticipationSide, PersonRole, Side
from cases.models import Case, CasePerson
from cases.services import log_event
from common.errors import RuleBroken, text_problem

from .models import DRAFT_KINDS, SITUATION, ChildExposure, Exposure, Report, Situation

LONGEST_IMPACT = 8000
MOST = 200
DRAFT_WORDS = dict(DRAFT_KINDS)
NO_VICTIM = frozenset({Exposure.ABSENT, Exposure.UNKNOWN})
"""Answers that make no victim of a child."""


@dataclass(frozen=True)
class ExposureInput:
    """One child's row. `prefix` is put before the names of the fields in errors: "children-0-" for a form."""

    case_person: CasePerson
    exposure: str
    impact: str = ""
    prefix: str = ""


def record_exposures(
    *,
    by: Membership,
    case: Case,
    report: Report | None = None,
    situation: Situation | None = None,
    rows: Iterable[ExposureInput],
) -> list[ChildExposure]:
    """Write what each child lived through, as `report` or `situation` says it; a row that says nothing is left out.

    Raises RuleBroken by field for an answer that is none, an impact that is too long or said of nothing, a child of
    another case or one that is written twice; ValueError unless exactly one of the two, of this case, is given.
    """
    source = report or situation
    if source is None or (report and situation) or source.case_id != case.pk:
        raise ValueError("one report or one situation of this case")
    errors: dict[str, list[str]] = {}
    kept: list[ExposureInput] = []
    for row in rows:
        row = ExposureInput(row.case_person, row.exposure, row.impact.strip(), row.prefix)
        if not row.exposure and not row.impact:
            continue
        errors |= _errors(row, case, {other.case_person.pk for other in kept})
        kept.append(row)
    if errors:
        raise RuleBroken(errors)
    return [
        ChildExposure.objects.create(
            case=case,
            case_person=row.case_person,
            report=report,
            situation=situation,
            exposure=row.exposure,
            impact=row.impact,
            agency=by.agency,
            author=by.user,
        )
        for row in kept
    ]


def _errors(row: ExposureInput, case: Case, others: set) -> dict[str, list[str]]:
    exposure, impact = f"{row.prefix}exposure", f"{row.prefix}impact"
    child = row.case_person
    if child.case_id != case.pk or child.role != PersonRole.CHILD:
        return {exposure: [_("Choose a child of this case.")]}
    if child.pk in others:
        return {exposure: [_("This child is written twice.")]}
    if row.exposure not in Exposure.values:
        return {exposure: [_("Say what the child lived through, or that it is not known.")]}
    problem = text_problem(row.impact, most=LONGEST_IMPACT)
    return {impact: [problem]} if problem else {}


def readable(access: CaseAccess) -> QuerySet[ChildExposure]:
    """What may be read of the children of one case, the latest first: one's own words; those of a service where the
    children are open; those of police where the report is open too. On his side one's own alone.
    """
    allowed = Q(agency=access.agency_id)
    if access.can(Category.CHILDREN, Side.VICTIM) and access.side != ParticipationSide.PERPETRATOR:
        allowed |= Q(report=None)
        if access.can(Category.FACTS, Side.CASE):
            allowed |= Q(report__isnull=False)
    rows = ChildExposure.objects.filter(allowed, case=access.case_id)
    return rows if access else rows.none()


# --- for the page of a child ------------------------------------------------------------------------------------
def lived(access: CaseAccess) -> list[Lived]:
    """What may be read of the children of one case, as the page of a child shows it. One query."""
    rows = readable(access).select_related("agency", "report", "situation")
    return [_lived(row, access) for row in rows[:MOST]]


def _lived(row: ChildExposure, access: CaseAccess) -> Lived:
    """`report` or `situation` may be closed to who reads of the children: then the day it was written stands for it."""
    source = row.report or row.situation
    url = ""
    if source is not None and access.shows(source):
        name = "reports:detail" if row.report else "reports:situation"
        url = reverse(name, args=[access.case_id, source.pk])
    return Lived(
        child=row.case_person_id,
        agency_id=row.agency_id,
        agency=row.agency.short_name if access.knows_service(row.agency_id) else "",
        happened_at=(row.report and row.report.occurred_at) or (source.met_at if source else row.at),
        what=row.report.get_kind_display() if row.report else str(DRAFT_WORDS[SITUATION]),
        exposure=row.get_exposure_display(),
        impact=row.impact,
        victim=row.exposure not in NO_VICTIM,
        url=url,
    )


def own_source(by: Membership, access: CaseAccess) -> Report | Situation | None:
    """The latest report of the acting agency in the case, or else its latest situation: what it may complete."""
    if not access.contribute or access.side == ParticipationSide.PERPETRATOR:
        return None
    own = {"case": access.case_id, "agency": by.agency_id}
    return (
        Report.objects.filter(**own).order_by("-recorded_at").first()
        or Situation.objects.filter(**own).order_by("-recorded_at").first()
    )


def to_complete(by: Membership, access: CaseAccess, child_id: UUID) -> str:
    """Where the acting member writes what a child lived through, or "" without a report or situation of its own."""
    return reverse("reports:child_exposure", args=[access.case_id, child_id]) if own_source(by, access) else ""


def add_exposure(
    *, by: Membership, case: Case, source: Report | Situation, child: CasePerson, exposure: str, impact: str
) -> ChildExposure:
    """Say later what `source`, one's own, did not say of a child; the same words again change nothing.

    Raises RuleBroken by field as `record_exposures`, and where nothing is said.
    """
    named = {"report": source} if isinstance(source, Report) else {"situation": source}
    said = ChildExposure.objects.filter(case_person=child, agency=by.agency, **named).first()
    if said is not None and (said.exposure, said.impact) == (exposure, impact.strip()):
        return said
    written = record_exposures(by=by, case=case, rows=[ExposureInput(child, exposure, impact)], **named)
    if not written:
        raise RuleBroken({"exposure": [_("Say what the child lived through, or that it is not known.")]})
    log_event(
        by=by,
        case=case,
        code=EventCode.CHILD_CHANGED,
        category=Category.FACTS if isinstance(source, Report) else Category.CHILDREN,
        side=Side.CASE if isinstance(source, Report) else Side.VICTIM,
        payload={"child": str(child.pk), "changed": "exposure"},
    )
    return written[0]
