"""What a report of the acting agency still asks for: the checklist while she is there, the full grid where an answer is
yes, and, for a complaint, the full grid whatever the answers.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from cases.access import CaseAccess
from cases.models import Case
from common.clock import now
from reports.models import Report, ReportKind
from reports.perms import may_record
from riskassessment import wording
from riskassessment.leading import leads_on
from riskassessment.models import Assessment, GridVersion
from riskassessment.perms import may_start
from riskassessment.versions import definition_of, latest_versions

AT_THE_COUNTER = timedelta(hours=24)
LATELY = timedelta(days=90)
"""How far back complaints without a grid are looked for over all cases; the page of a case says it of any."""

FULL_GRID = Assessment.objects.filter(report=OuterRef("pk"), signed_at__isnull=False).exclude(indicative_level="")


def next_step(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """The grids to begin for the latest report of the agency, or for its first complaint without a full grid."""
    if not access.contribute or not may_record(request.membership):
        return None
    report = _report(case, access)
    if report is None:
        return None
    steps = _steps(report, access, request.membership.agency)
    if not steps:
        return None
    found = {
        "case": case,
        "report": report,
        "steps": steps,
        "at_the_counter": _at_the_counter(report),
        "complaint": report.kind == ReportKind.POLICE_COMPLAINT,
        "asks": not all(step["begun"] for step in steps),
    }
    return found | wording.presence()


def complaints_to_assess(membership: Membership, at: datetime) -> QuerySet[Report]:
    """Recent complaints of the agency, in open cases, whose full grid nobody has signed; the oldest first."""
    if not may_record(membership):
        return Report.objects.none()
    waiting = Report.objects.filter(
        ~Exists(FULL_GRID),
        agency=membership.agency_id,
        kind=ReportKind.POLICE_COMPLAINT,
        recorded_at__gt=at - LATELY,
        case__closed_at=None,
        case__in=Case.objects.visible_to(membership),
    )
    return waiting.select_related("case").order_by("recorded_at")


def _report(case: Case, access: CaseAccess) -> Report | None:
    """The first complaint without a full grid, unless a later report is still at the counter; else the latest."""
    filled_in = Assessment.objects.filter(report=OuterRef("pk"), agency=access.agency_id).values(
        data=JSONObject(grid="grid_version__grid__slug", signed_at="signed_at", level="indicative_level")
    )
    of_agency = Report.objects.filter(case=case, agency=access.agency_id)
    rows = of_agency.annotate(filled_in=ArraySubquery(filled_in)).only("kind", "recorded_at", "case_id")
    latest = rows.order_by("-recorded_at").first()
    if latest is None or _at_the_counter(latest):
        return latest
    waiting = rows.filter(Q(kind=ReportKind.POLICE_COMPLAINT), ~Exists(FULL_GRID)).order_by("recorded_at").first()
    return waiting or latest


def _at_the_counter(report: Report) -> bool:
    return report.recorded_at > now() - AT_THE_COUNTER


def _steps(report: Report, access: CaseAccess, agency: Agency) -> list[dict[str, Any]]:
    assessed = any(row["signed_at"] and row["level"] for row in report.filled_in)
    if assessed and not _at_the_counter(report):
        return []
    usable = {version.grid.slug: version for version in latest_versions() if may_start(access, agency, version)}
    begun = {row["grid"] for row in report.filled_in}
    signed = {row["grid"] for row in report.filled_in if row["signed_at"]}
    asked: dict[str, str] = {}
    for version in usable.values():
        grid = definition_of(version)
        if grid.kind != "checklist" or grid.leads_to not in usable:
            continue
        if _at_the_counter(report) and version.grid.slug not in signed:
            asked[version.grid.slug] = _("Answer the five questions of the counter checklist")
        if assessed:
            continue
        if report.kind == ReportKind.POLICE_COMPLAINT:
            asked[grid.leads_to] = _("Fill in and sign the risk grid of the complaint")
        elif version.grid.slug in signed and _says_yes(report, version):
            asked[grid.leads_to] = _("The checklist has a “yes”: fill in the full risk grid")
    return [{"grid": slug, "label": label, "begun": slug in begun - signed} for slug, label in asked.items()]


def _says_yes(report: Report, version: GridVersion) -> bool:
    """Whether the checklist signed last for this report leads on."""
    checklist = (
        Assessment.objects.filter(report=report, grid_version__grid=version.grid_id, signed_at__isnull=False)
        .select_related("grid_version")
        .order_by("-signed_at")
        .first()
    )
    return checklist is not None and leads_on(definition_of(checklist.grid_version), checklist.answers)
