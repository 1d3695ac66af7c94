"""Recording a situation, and what may be done next: four ways, each a page that exists."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from agencies import handouts, places
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess
from cases.enums import Side
from cases.models import Case
from cases.page import open_page
from common import pdf
from common.autosave import version_of
from common.errors import RuleBroken, StaleVersion
from reports import situation_views as pages
from reports.models import Presence, Situation
from reports.services import get_draft
from reports.situations import situations_of
from riskassessment import consulting
from riskassessment.consulting_perms import is_offered_consultations
from sharing.perms import may_decide

from . import situations

SHEETS = {"whole": "advice", "discreet": "card"}
"""Which hand-out is the sheet to take home, and which the one that says nothing."""


@require_http_methods(["GET", "POST"])
def record_situation(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Record the draft with what is on the page; sent again, it leads to the same situation."""
    there = redirect("reports:situation_draft", draft_id)
    if request.method == "GET":
        return there
    by, data, version = request.membership, pages.typed(request), version_of(request)
    try:
        situation = situations.record_situation(by=by, draft_id=draft_id, data=data, version=version)
    except RuleBroken as broken:
        draft = get_draft(by=by, draft_id=draft_id, situation=True)
        return pages.page(request, draft, data, errors=broken.errors, version=version)
    except StaleVersion as stale:
        draft = get_draft(by=by, draft_id=draft_id, situation=True)
        return pages.conflict(request, draft, data, stale)
    messages.success(request, _("Recorded in the case %(reference)s.") % {"reference": situation.case.reference})
    return redirect("casework:situation_next", situation.case_id, situation.pk)


@require_GET
def situation_next(request: HttpRequest, case_id: UUID, situation_id: UUID) -> HttpResponse:
    """What may be done now. Danger first, then the four ways; the two sides are not offered the same."""
    case, access, context = open_page(request, case_id, tab="situations", page="situation_next", fields=pages.FIELDS)
    return _next(request, case, access, context, _situation(case, access, situation_id))


@require_http_methods(["GET", "POST"])
def situation_sheet(request: HttpRequest, case_id: UUID, situation_id: UUID) -> HttpResponse:
    """The sheet to hand over: `form=discreet` for the one that says nothing, `language`. Not for his side.

    With a `place` the services there stand on it. It comes by POST and is kept nowhere: where she lives stands neither
    in an address that names her case nor in the trail.
    """
    asked = request.POST if request.method == "POST" else request.GET
    typed = request.POST.get("place", "").strip()
    found = places.find(typed) if typed else []
    unclear = bool(typed) and len({each.postal_code for each in found}) != 1
    fields = pages.FIELDS if unclear else ()
    case, access, context = open_page(request, case_id, tab="situations", page="situation_next", fields=fields)
    situation = _situation(case, access, situation_id)
    form = asked.get("form", "whole")
    if situation.side == Side.PERPETRATOR or form not in SHEETS:
        raise Http404
    language = asked.get("language", "")
    if unclear:
        context |= {
            "typed": typed[: places.LONGEST_TYPED],
            "chosen": language,
            "unclear": _("No place of this name is known here: try its postal code."),
        }
        return _next(request, case, access, context, situation, status=422)
    near = {"postal_code": found[0].postal_code} if found else {}
    if found:
        near["place"] = f"{places.name_in(found[0], language)} ({found[0].postal_code})"
    paper = handouts.paper(SHEETS[form], language=language, agency=request.membership.agency, **near)
    record(
        action=Action.EXPORTED,
        case_id=case.pk,
        object_kind="casework.help_sheet",
        object_id=situation.pk,
        fields=[form],
    )
    return pdf.answer(handouts.document(paper), name=handouts.FILE_NAME)


def _next(
    request: HttpRequest,
    case: Case,
    access: CaseAccess,
    context: dict[str, Any],
    situation: Situation,
    *,
    status: int = 200,
) -> HttpResponse:
    on_his_side = situation.side == Side.PERPETRATOR
    context |= {
        "situation": situation,
        "danger": pages.danger_said(case, situation.pk),
        "on_his_side": on_his_side,
        "heard": situation.alone == Presence.NO,
        "unasked": not on_his_side and situation.may_contact != Presence.YES,
        "languages": [] if on_his_side else handouts.languages_of(SHEETS["whole"]),
        "consultation_url": _consultation_url(request),
        "referral_url": reverse("referrals:new", args=[case.pk]) if access.contribute else "",
        "speak_url": reverse("sharing:case_may_i_speak", args=[case.pk]) if may_decide(access) else "",
    }
    return render(request, "casework/situation_next.html", context, status=status)


def _situation(case: Case, access: CaseAccess, situation_id: UUID) -> Situation:
    found = situations_of(case, access).filter(pk=situation_id, agency=access.agency_id).first()
    if found is None:
        raise Http404
    return found


def _consultation_url(request: HttpRequest) -> str:
    """The page to score without identity, where this kind of service has a grid to do it with."""
    if not is_offered_consultations(request.membership) or not consulting.versions_for(request.membership):
        return ""
    return reverse("casework:consultation_new")
