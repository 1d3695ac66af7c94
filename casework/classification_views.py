"""The page where somebody trained verifies how a complaint is classified."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.page import open_page
from common.errors import RuleBroken
from common.forms import show_errors
from reports import classifying, shown
from reports.models import Report
from reports.perms import is_classified
from reports.views import FACTS

from .classification_forms import ClassificationForm
from .classifying import verify_classification as verify


@require_http_methods(["GET", "POST"])
def verify_classification(request: HttpRequest, case_id: UUID, report_id: UUID) -> HttpResponse:
    """The facts, how they were classified, and the verification; 404 outside the service that recorded the report."""
    case, access, context = open_page(request, case_id, tab="reports", page="verify_classification", fields=FACTS)
    report = Report.objects.filter(case=case, pk=report_id).select_related("case", "agency", "author").first()
    if report is None or report.agency_id != access.agency_id or not is_classified(report):
        raise Http404
    classified = shown.classification(access, report)
    form = ClassificationForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                found = verify(by=request.membership, case_id=case.pk, report_id=report.pk, **form.said())
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                words = (
                    _("The classification is corrected; who recorded the complaint is told.")
                    if classifying.corrects(report, found)
                    else _("The classification is confirmed; who recorded the complaint is told.")
                )
                messages.success(request, words)
                return redirect("reports:detail", case.pk, report.pk)
        status = 422
    why_not = classifying.why_not(request.membership, access, report)
    context |= {
        "report": report,
        "classified": classified,
        "sections": shown.sections_of(report, access),
        "violence": shown.violence(report),
        "form": form,
        "why_not": why_not,
        "verifiers": [member.user.full_name for member in classifying.verifiers_of(report)] if why_not else [],
    }
    return render(request, "casework/verify_classification.html", context, status=status)
