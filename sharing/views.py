"""Who sees what of a case, and the ends put to it before their time."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases.models import Case
from cases.page import open_page
from common.errors import RuleBroken

from . import consents, overview, services, subject_access, subject_access_views
from .models import RequestState, SharingDecision
from .perms import may_answer_request


@require_GET
def case_access(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Each agency this one may know of: its side, what it sees, why, until when; and the consents."""
    case, access, context = open_page(request, case_id, tab="access")
    return _page(request, case, access, context)


def _page(
    request: HttpRequest, case: Any, access: Any, context: dict[str, Any], *, error: RuleBroken | None = None
) -> HttpResponse:
    participants = overview.participants(case, access, request.membership)
    asked = overview.requests(case, request.membership)
    context |= {
        "participants": participants,
        "past": sum(not one.own and not one.holds for one in participants),
        "consents": overview.consents(case, access),
        "may_record_consent": bool(consents.subjects(access)),
        "requests": asked,
        "to_answer": [
            one["request"]
            for one in asked
            if may_answer_request(access, one["request"]) and one["request"].state == RequestState.SENT
        ],
        "said": overview.said(access),
        "subject_requests": [
            subject_access_views.overview(told) for told in subject_access.of_case(request.membership, case, access)
        ],
        "refused": error.messages if error else [],
    }
    return render(request, "sharing/case_access.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def revoke(request: HttpRequest, case_id: UUID, decision_id: UUID) -> HttpResponse:
    """End a sharing decision before its time, with a reason."""
    case, access, context = open_page(request, case_id, tab="access")
    decision = (
        SharingDecision.objects.of_case(access).filter(pk=decision_id).select_related("case", "recipient").first()
    )
    if decision is None:
        raise Http404
    if request.method == "GET":
        return redirect("sharing:case_access", case.pk)
    try:
        services.revoke(by=request.membership, decision=decision, reason=request.POST.get("reason", ""))
    except RuleBroken as broken:
        return _page(request, case, access, context, error=broken)
    messages.success(request, _("This sharing has ended. Other bases that still hold are not touched."))
    return _back(request, case_id)


def _back(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """To the tab, unless the acting agency has just closed the case to itself."""
    if Case.objects.visible_to(request.membership).filter(pk=case_id).exists():
        return redirect("sharing:case_access", case_id)
    return redirect("cases:list")
