"""The inbox of a cell that calls victims, by neighbourhood, and what it knows itself of a person over time."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from audit.models import Action
from audit.services import record
from cases.enums import Category, Side
from cases.page import short_names
from cases.perms import may_make_appointment
from followups.calling import get_follow_up
from followups.models import FollowUpKind
from followups.perms import may_act, owes, works_by_neighbourhood

from .neighbourhood import elsewhere, history, inbox


@require_GET
def neighbourhood(request: HttpRequest) -> HttpResponse:
    """Who is to be called, by neighbourhood, one's own first; 404 outside a cell that calls victims."""
    if not works_by_neighbourhood(request.membership):
        raise Http404
    groups, more = inbox(request.membership)
    listed = sorted({line["reference"] for group in groups for line in group.lines})
    record(action=Action.LISTED, object_kind="casework.neighbourhood", fields=listed)
    return render(request, "casework/neighbourhood.html", {"groups": groups, "more": more})


@require_GET
def neighbourhood_history(request: HttpRequest, follow_up_id: UUID) -> HttpResponse:
    """What the cell itself did and wrote for her; no fact of the police."""
    if not works_by_neighbourhood(request.membership):
        raise Http404
    follow_up, access = get_follow_up(follow_up_id, request.membership)
    if not owes(request.membership, follow_up) or follow_up.kind != FollowUpKind.J2_CONTACT:
        raise Http404
    record(
        action=Action.READ,
        case_id=follow_up.case_id,
        object_kind="casework.neighbourhood_history",
        object_id=follow_up.pk,
        fields=(f"{Category.CONTACT}:{Side.VICTIM}", f"{Category.PSYCHOSOCIAL}:{Side.VICTIM}"),
    )
    context = {
        "follow_up": follow_up,
        "case": follow_up.case,
        "initials": short_names([access]).get(follow_up.case_id, ""),
        "entries": history(request.membership, follow_up.case, access),
        "elsewhere": elsewhere(request.membership, follow_up.about),
        "acts": may_act(request.membership, access, follow_up),
        "may_make": may_make_appointment(access, Side.VICTIM),
    }
    return render(request, "casework/neighbourhood_history.html", context)
