"""Hit, no hit: the matches told to the acting agency, and what it does about each. Nothing of the other case."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from agencies.perms import may_see_cases
from audit.models import Action
from audit.services import record
from cases.access import get_case
from cases.perms import shows_person
from common.errors import RuleBroken
from common.pagination import Key, page_or_first, paginate

from . import matching
from .models import MatchAct, MatchedPersons, MatchMove, MatchNotice

KEYS = (Key("found_at", descending=True), Key("id", descending=True))


@require_GET
def match_list(request: HttpRequest) -> HttpResponse:
    """What the acting agency was told of persons it follows, the latest first."""
    if not may_see_cases(request.membership):
        raise Http404
    own = MatchNotice.objects.told_to(request.membership).select_related("new_agency", "holder")
    page = page_or_first(lambda cursor: paginate(own, keys=KEYS, cursor=cursor), request.GET.get("cursor"))
    record(action=Action.LISTED, object_kind="sharing.MatchNotice", fields=[notice.pk for notice in page.items])
    agency_id = request.membership.agency_id
    waiting = set(
        own.waiting_for(agency_id).filter(pk__in=[notice.pk for notice in page.items]).values_list("pk", flat=True)
    )
    lines = [
        {"notice": notice, "other": notice.other(agency_id), "waits": notice.pk in waiting} for notice in page.items
    ]
    return render(request, "sharing/matches.html", {"page": page, "lines": lines})


@require_GET
def match(request: HttpRequest, match_id: UUID) -> HttpResponse:
    """One match: the other service, which of one's own persons it is about, what was done, what may be done."""
    return _page(request, matching.get_match(by=request.membership, notice_id=match_id))


def _page(request: HttpRequest, notice: MatchNotice, *, error: RuleBroken | None = None) -> HttpResponse:
    membership = request.membership
    case, access = get_case(notice.own_case_id(membership.agency_id), membership)
    record(action=Action.READ, object_kind="sharing.MatchNotice", object_id=notice.pk)
    own_side = "new_person" if membership.agency_id == notice.new_agency_id else "held_person"
    rows = MatchedPersons.objects.filter(notice=notice).select_related(f"{own_side}__person").order_by("found_at")
    persons = {
        person.pk: {"person": person, "named": shows_person(access, person), "verdict": row.verdict}
        for row in rows
        if (person := getattr(row, own_side)) is not None
    }
    moves = list(MatchMove.objects.filter(notice=notice).select_related("agency", "by"))
    acts = matching.acts_open(notice, membership.agency_id, moves) if access.contribute else []
    context = {
        "notice": notice,
        "other": notice.other(membership.agency_id),
        "case": case,
        "persons": list(persons.values()),
        "moves": [{"move": move, "own": move.agency_id == membership.agency_id} for move in moves],
        "acts": acts,
        "refused": error.messages if error else [],
    }
    return render(request, "sharing/match.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, match_id: UUID) -> HttpResponse:
    """Ask the other service, or say what one does about it."""
    if request.method == "GET":
        return redirect("sharing:match", match_id)
    notice = matching.get_match(by=request.membership, notice_id=match_id)
    act = request.POST.get("act", "")
    try:
        matching.move(by=request.membership, notice_id=notice.pk, act=act)
    except RuleBroken as broken:
        return _page(request, notice, error=broken)
    if act == MatchAct.SHARING:
        return redirect("sharing:new_decision", notice.own_case_id(request.membership.agency_id))
    messages.success(
        request,
        _("The question is asked. You are told as soon as the service answers.")
        if act == MatchAct.ASKED
        else _("It is written down."),
    )
    return redirect("sharing:match", notice.pk)
