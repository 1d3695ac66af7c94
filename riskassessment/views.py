"""The assessments of a case: list, grid to fill in, signed result.

Signing, concluding and countersigning set off acts in other rooms: their addresses are in `casework`, which shows these
pages again (`find`, `draft_page`, `signed_page`) when something is refused.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.training import is_trained
from audit.models import Action
from audit.services import record
from cases import naming, panels
from cases.access import CaseAccess, get_case
from cases.models import Case
from cases.page import frame
from common.autosave import answer, version_of
from common.errors import RuleBroken, StaleVersion
from common.forms import show_errors
from reports.models import Report

from . import earlier, forms, judging, perms, services, wording
from .comparing import previous
from .found import TAB, Found, find, listed, page_context
from .models import Assessment
from .signed import levels_shown, signed_page
from .versions import definition_of, latest_versions
from .wording import titled


# --- the list ---------------------------------------------------------------------------------------------
@require_GET
def case_list(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """What was assessed in this case, the drafts of the acting agency, and the grids it may begin."""
    return _list_page(request, case_id)


def _list_page(request: HttpRequest, case_id: UUID, *, refused: RuleBroken | None = None) -> HttpResponse:
    """The list; with what was chosen and why it was refused (422) where a grid could not be begun."""
    case, access = get_case(case_id, request.membership)
    found = list(services.assessments_of(case, access))
    if not perms.opens_room(access) and not found:
        raise Http404
    record(
        action=Action.READ,
        case_id=case.pk,
        object_kind=f"cases.{TAB}",
        object_id=case.pk,
        fields=listed(found, access),
    )
    context = frame(case, access, tab=TAB)
    context |= _list_context(request, case, access, found)
    context["begin"] = {
        "messages": refused.messages if refused else [],
        "presence": request.POST.get("presence", ""),
        "report": request.POST.get("report", ""),
        "again": request.POST.getlist("again"),
        **wording.presence(),
    }
    return render(request, "riskassessment/case_list.html", context, status=422 if refused else 200)


def _list_context(request: HttpRequest, case: Case, access: CaseAccess, found: list[Assessment]) -> dict[str, Any]:
    drafts = [assessment for assessment in found if assessment.signed_at is None]
    signed = [assessment for assessment in found if assessment.signed_at is not None]
    before = previous(signed)
    grids, reports = [], []
    if access.contribute:
        last = services.last_by_grid(found)
        versions = [(version, definition_of(version)) for version in latest_versions()]
        grids = [
            titled(grid)
            | {
                "slug": version.grid.slug,
                "scored": grid.kind == "scored",
                "of_her": grid.asked_of == "victim",
                "last": last.get(version.grid_id),
                "last_service": naming.service(access, last[version.grid_id]) if version.grid_id in last else "",
            }
            for version, grid in versions
            if perms.may_start(access, request.membership.agency, version)
        ]
        grids.sort(key=lambda grid: (not grid["of_her"], grid["scored"]))
    if grids:
        reports = list(Report.objects.filter(case=case).filter(access.readable()).order_by("-recorded_at", "-pk")[:50])
    return {
        "signed": [_row(assessment, access) | {"before": before.get(assessment.pk)} for assessment in signed],
        "drafts": [_row(assessment, access) for assessment in drafts],
        "may_fill": access.contribute,
        "grids": grids,
        "reports": reports,
        "sees_answers": not access.level or any(access.can(*place) for place in perms.PLACES),
        "panels": panels.panels(request, case, access, "assessments"),
        "panels_aside": panels.panels(request, case, access, "assessments_aside"),
    }


def _row(assessment: Assessment, access: CaseAccess) -> dict[str, Any]:
    return {
        "assessment": assessment,
        "grid": titled(definition_of(assessment.grid_version)),
        **levels_shown(assessment, access),
    }


@require_POST
def start(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Begin a grid for a report of the case (the latest when none is named), or go on with the one begun."""
    case, access = get_case(case_id, request.membership)
    if not perms.opens_room(access) and not services.assessments_of(case, access).exists():
        raise Http404
    slug = request.POST.get("grid", "")
    again = slug in request.POST.getlist("again")
    try:
        assessment = services.start(
            by=request.membership,
            case=case,
            access=access,
            grid_slug=slug,
            report=_report(request, case, access),
            presence=request.POST.get("presence", ""),
            based_on=services.last_signed(case, access, slug) if again else None,
        )
    except RuleBroken as broken:
        return _list_page(request, case_id, refused=broken)
    return redirect("riskassessment:detail", case.pk, assessment.pk)


def _report(request: HttpRequest, case: Case, access: CaseAccess) -> Report | None:
    reports = Report.objects.filter(case=case).filter(access.readable()).order_by("-recorded_at", "-pk")
    chosen = request.POST.get("report", "")
    if not chosen:
        return reports.first()
    try:
        report = reports.filter(pk=UUID(chosen)).first()
    except ValueError:
        report = None
    if report is None:
        raise Http404
    return report


# --- one assessment ---------------------------------------------------------------------------------------
@require_GET
def detail(request: HttpRequest, case_id: UUID, assessment_id: UUID) -> HttpResponse:
    """The grid to fill in while it is a draft, the result once it is signed."""
    found = find(request, case_id, assessment_id)
    return draft_page(request, found) if found.assessment.signed_at is None else signed_page(request, found)


def draft_page(
    request: HttpRequest,
    found: Found,
    *,
    form: forms.AnswersForm | None = None,
    version: int | None = None,
    status: int = 200,
) -> HttpResponse:
    """The grid with what was answered so far; read-only for who may not fill it in."""
    assessment = found.assessment
    form = form or answers_form(found)
    may_fill = perms.may_fill(assessment, found.access)
    trained = not may_fill or is_trained(request.user, found.grid.training)
    context = page_context(request, found) | {
        "form": form,
        "sections": form.by_section(),
        "progress": form.progress(),
        "version": assessment.version if version is None else version,
        "may_fill": may_fill,
        "may_sign": may_fill and trained,
        "who_can_sign": "" if trained else services.who_can_sign(request.membership, found.grid.training),
        "if_he_is_there": wording.IF_HE_IS_THERE,
        "returned": judging.remarks_to_follow(assessment),
    }
    return render(request, "riskassessment/draft.html", context, status=status)


def answers_form(found: Found, post: Any = None) -> forms.AnswersForm:
    """The form of this grid, with what is stored or what was just typed, and what may be confirmed from last time."""
    return forms.AnswersForm(
        found.grid,
        get_language() or "fr",
        post,
        earlier=earlier.proposals(found.assessment, found.access),
        initial=forms.stored(found.assessment.answers),
    )


def typed(request: HttpRequest, found: Found) -> dict[str, dict[str, Any]]:
    """The answers on the page, those of last time that were confirmed among them."""
    return forms.typed(found.grid, request.POST, earlier.proposals(found.assessment, found.access))


@require_POST
def save(request: HttpRequest, case_id: UUID, assessment_id: UUID) -> HttpResponse:
    """Autosave, as static/js/autosave.js speaks it; a plain form post keeps the answers and goes back to the list."""
    if request.headers.get("X-Requested-With") != "fetch":
        return _save_and_leave(request, find(request, case_id, assessment_id))
    return answer(lambda: _save(request, find(request, case_id, assessment_id)))


def _save(request: HttpRequest, found: Found) -> Assessment:
    return services.save_answers(
        by=request.membership,
        assessment_id=found.assessment.pk,
        answers=typed(request, found),
        version=version_of(request),
    )


def _save_and_leave(request: HttpRequest, found: Found) -> HttpResponse:
    try:
        _save(request, found)
    except RuleBroken as broken:
        return refused_draft(request, found, broken)
    except StaleVersion as stale:
        return stale_draft(request, found, stale)
    messages.success(request, _("Answers kept. The grid is not signed yet."))
    return redirect("riskassessment:case_list", found.case.pk)


def refused_draft(request: HttpRequest, found: Found, broken: RuleBroken) -> HttpResponse:
    """The grid again with what was typed and what is to be corrected (422)."""
    form = answers_form(found, request.POST)
    show_errors(form, {forms.answer_name(item_id): messages for item_id, messages in broken.errors.items()})
    return draft_page(request, found, form=form, version=version_of(request), status=422)


def stale_draft(request: HttpRequest, found: Found, stale: StaleVersion) -> HttpResponse:
    """The grid again with what was typed, and beside it what a colleague saved meanwhile (409)."""
    form = answers_form(found, request.POST)
    form.conflict(stale.conflicts)
    return draft_page(request, found, form=form, version=stale.version, status=409)
