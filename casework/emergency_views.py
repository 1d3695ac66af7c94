"""Pages of emergency accesses that cross rooms: the safety sheet of the case, and the reviews."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from agencies.perms import may_oversee, may_write
from audit.models import Action
from audit.services import record
from cases.page import open_page
from common.errors import RuleBroken
from common.forms import show_errors
from sharing import break_glass
from sharing.emergency_forms import ReviewForm
from sharing.perms import may_end_emergency, may_review_emergency, may_search_in_emergency

from . import trail, trail_words
from .emergency import sheet


@require_GET
def emergency(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """What one must know to keep her safe now; only while an emergency access is open."""
    case, access, context = open_page(request, case_id, tab="emergency")
    shown = sheet(case, access)
    if shown is None:
        raise Http404
    return render(request, "casework/emergency.html", context | {"sheet": shown})


@require_GET
def emergencies(request: HttpRequest) -> HttpResponse:
    """Emergency accesses this person may know of: to judge, or one's own and one's agency's."""
    if not _follows(request):
        raise Http404
    lines = break_glass.emergencies(request.membership)
    record(action=Action.LISTED, object_kind="sharing.BreakGlass", fields=[line.emergency.pk for line in lines])
    to_judge = [
        line
        for line in lines
        if line.review is None and may_review_emergency(request.membership, line.emergency, leads=line.leads)
    ]
    waiting = {line.emergency.pk for line in to_judge}
    context = {
        "to_judge": to_judge,
        "others": [line for line in lines if line.emergency.pk not in waiting],
        "oversees": may_oversee(request.membership),
        "may_search": may_search_in_emergency(request.membership),
    }
    return render(request, "casework/emergencies.html", context)


@require_http_methods(["GET", "POST"])
def emergency_review(request: HttpRequest, emergency_id: UUID) -> HttpResponse:
    """One emergency access: the reason, what was read during it, and the judgement of somebody else."""
    if not _follows(request):
        raise Http404
    told = break_glass.get(by=request.membership, emergency_id=emergency_id)
    form = ReviewForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        form.is_valid()
        given = form.cleaned_data
        try:
            break_glass.review(
                by=request.membership,
                emergency_id=emergency_id,
                verdict=given.get("verdict", ""),
                comment=given.get("comment", ""),
            )
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("Your judgement is kept. Who opened the case and their manager are told."))
            return redirect("casework:emergency_review", emergency_id)
    emergency = told.emergency
    record(
        action=Action.READ,
        case_id=emergency.case_id,
        object_kind="sharing.BreakGlass",
        object_id=emergency.pk,
        fields=["summary:case"],
    )
    context = {
        "told": told,
        "emergency": emergency,
        "reads": trail.lines(break_glass.reads_during(request.membership, told)),
        "opened": trail_words.categories(break_glass.opened_by(emergency)),
        "form": form,
        "may_review": told.review is None and may_review_emergency(request.membership, emergency, leads=told.leads),
        "may_end": told.live and may_end_emergency(request.membership, emergency, leads=told.leads),
        "oversees": may_oversee(request.membership),
    }
    return render(request, "casework/emergency_review.html", context, status=422 if form.is_bound else 200)


def _follows(request: HttpRequest) -> bool:
    return may_write(request.membership) or may_oversee(request.membership)
