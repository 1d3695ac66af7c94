"""Pages that cross rooms: my work, recording a report, who has read and changed a case."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from agencies.perms import may_oversee, may_see_cases
from audit.models import Action
from audit.services import record
from common.autosave import version_of
from common.clock import now
from common.errors import RuleBroken, StaleVersion
from reports import views as report_pages
from reports.perms import may_open_situation, may_record
from reports.services import get_draft
from sharing.incidents import is_closed
from sharing.incidents import known as known_incidents

from . import overseeing, reporting, work
from .emergency import emergencies_overdue

WAITING = (
    "releases",
    "complaints",
    "urgent",
    "today",
    "answers_owed",
    "situations",
    "emergencies",
    "corrections",
    "matches",
)
"""Sections of "my work" that count as waiting for the reader."""


@require_GET
def my_work(request: HttpRequest) -> HttpResponse:
    """What waits for the acting agency. Without case content for who works without it."""
    if not may_see_cases(request.membership):
        oversees = may_oversee(request.membership)
        overdue = emergencies_overdue(request.membership) if oversees else 0
        open_incidents = (
            sum(not is_closed(each.steps.all()) for each in known_incidents(request.membership)) if oversees else 0
        )
        return render(
            request,
            "casework/no_cases.html",
            {
                "oversees": oversees,
                "emergencies_overdue": overdue,
                "open_incidents": open_incidents,
                "panels": overseeing.panels(request.membership),
            },
        )
    sections = work.sections(request.membership)
    listed = {line["reference"] for lines in sections.values() for line in lines if line.get("reference")}
    record(action=Action.LISTED, object_kind="casework.my_work", fields=sorted(listed))
    context = {
        "now": now(),
        "sections": sections,
        "waiting_count": sum(len(sections[name]) for name in WAITING),
        "may_report": may_record(request.membership),
        "may_open_situation": may_open_situation(request.membership),
    }
    return render(request, "casework/my_work.html", context)


@require_http_methods(["GET", "POST"])
def record_report(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Record the draft with what is on the page; sent again, it leads to the same case."""
    there = redirect("reports:draft", draft_id)
    if request.method == "GET":
        return there
    data, version = report_pages.typed(request), version_of(request)
    try:
        report = reporting.record_report(by=request.membership, draft_id=draft_id, data=data, version=version)
    except RuleBroken as broken:
        draft = get_draft(by=request.membership, draft_id=draft_id)
        return report_pages.page(request, draft, data, errors=broken.errors, version=version)
    except StaleVersion as stale:
        draft = get_draft(by=request.membership, draft_id=draft_id)
        return report_pages.conflict(request, draft, data, stale)
    messages.success(
        request, _("The report is recorded in the case %(reference)s.") % {"reference": report.case.reference}
    )
    return redirect("cases:summary", report.case_id)
