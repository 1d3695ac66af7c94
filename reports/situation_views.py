"""A situation typed by a service, on a phone first, and the situations of a case."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.enums import AgencyKind
from audit.models import Action
from audit.services import record
from cases import naming
from cases.access import CaseAccess, get_case
from cases.enums import Category, Side
from cases.models import Case, CaseEvent
from cases.page import open_page
from common.autosave import answer, version_of
from common.clock import local, now
from common.errors import Refused, RuleBroken, StaleVersion
from common.pagination import Key, page_or_first, paginate

from . import conflicts, exposures, inputs, services
from . import situation_forms as forms
from .models import SITUATION, ReportDraft, Sign, Source
from .perms import may_open_situation, reads_of_her, works_with_him
from .situations import asked_of, situations_of

CARE = frozenset({AgencyKind.HOSPITAL, AgencyKind.GENERAL_PRACTICE, AgencyKind.CPVS})
"""Where the words for care are shown."""
FEW = 3
FIELDS = (f"{Category.PSYCHOSOCIAL}:{Side.VICTIM}",)
NAMED = (f"{Category.IDENTITY}:{Side.VICTIM}",)


# --- where she is met -------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """What to keep in mind, and the draft begins. `?case=` (or the same field posted) joins a case already open."""
    if not may_open_situation(request.membership):
        raise Refused(_("Your role does not record situations."))
    case, access = _case_to_join(request)
    if request.method == "POST":
        draft = services.start_draft(by=request.membership, kind=SITUATION, joins_case=case)
        return redirect("reports:situation_draft", draft.pk)
    with_him = works_with_him(request.membership, access)
    return render(request, "reports/situation_new.html", {"case": case, "care": _care(request), "with_him": with_him})


def _case_to_join(request: HttpRequest) -> tuple[Case | None, CaseAccess | None]:
    raw = request.POST.get("case") or request.GET.get("case")
    if not raw:
        return None, None
    try:
        case, access = get_case(UUID(raw), request.membership)
    except ValueError:
        raise Http404 from None
    if not access.takes_part:
        raise Refused(_("You can read this case but not add to it."))
    record(action=Action.READ, case_id=case.pk, object_kind="reports.situation_new", object_id=case.pk)
    return case, access


def _care(request: HttpRequest) -> bool:
    return request.membership.agency.kind in CARE


@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The page of a situation being typed. POST keeps it without a script: to add a child, or after a conflict."""
    found = services.get_draft(by=request.membership, draft_id=draft_id, situation=True)
    if (situation := services.recorded_situation(found)) is not None:
        return redirect("reports:situation", situation.case_id, situation.pk)
    if request.method == "GET":
        return page(request, found, found.data, blank=1 if "child" in request.GET else 0)
    data, version = typed(request), version_of(request)
    if version == found.version:
        data = inputs.resolve(data, request.POST, found.data)
    try:
        services.save_draft(by=request.membership, draft_id=draft_id, data=data, version=version, situation=True)
    except StaleVersion as stale:
        return conflict(request, found, data, stale)
    except RuleBroken as broken:
        return page(request, found, data, errors=broken.errors, version=version)
    if "add_child" in request.POST:
        return redirect(f"{reverse('reports:situation_draft', args=[draft_id])}?child=1#children")
    messages.success(request, _("Kept. It is not recorded yet, and nobody outside your service sees it."))
    return redirect("reports:situation_draft", draft_id)


@require_POST
def save(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Autosave, as static/js/autosave.js speaks it."""
    by, data, version = request.membership, typed(request), version_of(request)
    return answer(
        lambda: services.save_draft(by=by, draft_id=draft_id, data=data, version=version, situation=True),
        label_of=forms.label_of,
    )


@require_POST
def discard(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Throw the draft away; what it held is emptied."""
    services.discard_draft(by=request.membership, draft_id=draft_id, situation=True)
    messages.success(request, _("The draft has been thrown away."))
    return redirect("casework:my_work")


def typed(request: HttpRequest) -> dict[str, Any]:
    """What the form sent, as a draft keeps it."""
    return forms.collect(request.POST)


def page(
    request: HttpRequest,
    found: ReportDraft,
    data: dict[str, Any],
    *,
    errors: dict | None = None,
    version: int | None = None,
    blank: int = 0,
) -> HttpResponse:
    """The form with what was typed; 422 with the summary on top when `errors`."""
    by = request.membership
    joined = None
    if found.joins_case_id:
        joined = Case.objects.visible_to(by).filter(pk=found.joins_case_id).first()
    asked, known = asked_of(by, joined, joins=found.joins_case_id is not None)
    if joined:
        record(action=Action.READ, case_id=joined.pk, object_kind="reports.draft", object_id=found.pk, fields=NAMED)
    if not found.version and not data:
        data = {"met_at": local(now()).strftime("%Y-%m-%dT%H:%M")}
        data |= {"source": Source.HE_TOLD} if asked.on_his_side else {}
    form, children, known_children = forms.bind(data, asked, errors=errors, blank=blank, known=known)
    context = {
        "draft": found,
        "joined": joined,
        "asked": asked,
        "version": found.version if version is None else version,
        "form": form,
        "children": children,
        "known_children": known_children,
        "formsets": [children],
        "forms": [form, *known_children],
        "care": _care(request),
        "people_open": bool(errors) or any(data.get(name) for name in forms.PEOPLE) or asked.on_his_side,
        "children_open": bool(errors) or blank or bool(children.forms) or any("child" in name for name in data),
    }
    return render(request, "reports/situation_draft.html", context, status=422 if errors else 200)


def conflict(request: HttpRequest, found: ReportDraft, data: dict[str, Any], stale: StaleVersion) -> HttpResponse:
    """Both values of each differing field, with a choice."""
    action = reverse("reports:situation_draft", args=[found.pk])
    return conflicts.page(request, stale, data, action=action, label_of=forms.label_of, words=forms.words)


# --- in a case --------------------------------------------------------------------------------------------------
@require_GET
def case_list(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The situations of a case this agency may read."""
    case, access, context = open_page(request, case_id, tab="situations", fields=FIELDS)
    found = situations_of(case, access)
    keys = (Key("recorded_at", descending=True), Key("id", descending=True))
    shown = page_or_first(lambda cursor: paginate(found, keys=keys, cursor=cursor), request.GET.get("cursor"))
    for each in shown.items:
        each.who = naming.author(access, each, each.author)
    context |= {
        "page": shown,
        "may_open": access.takes_part and may_open_situation(request.membership),
        "with_reports": access.can(Category.FACTS, Side.CASE),
    }
    return render(request, "reports/situations.html", context)


@require_GET
def detail(request: HttpRequest, case_id: UUID, situation_id: UUID) -> HttpResponse:
    """One situation: what was noticed and heard, the children, whether and how she may be contacted."""
    case, access, context = open_page(request, case_id, tab="situations", page="situation", fields=FIELDS)
    situation = situations_of(case, access).filter(pk=situation_id).first()
    if situation is None:
        raise Http404
    lived = exposures.readable(access).filter(situation=situation).select_related("case_person__person")
    context |= {
        "situation": situation,
        "who": naming.author(access, situation, situation.author),
        "on_his_side": situation.side == Side.PERPETRATOR,
        "signs": [Sign(value).label for value in situation.signs],
        "of_her": reads_of_her(access, situation),
        "lived": lived.order_by("at", "pk"),
        "danger": danger_said(case, situation.pk),
        "own": situation.agency_id == access.agency_id,
        "may_go_on": access.contribute and situation.agency_id == access.agency_id,
    }
    return render(request, "reports/situation.html", context)


def panel(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """On the page of a case: the latest situations this agency may read, and whether it may open another."""
    found = list(situations_of(case, access)[:FEW])
    for each in found:
        each.who = naming.service(access, each)
    may_open = access.takes_part and may_open_situation(request.membership)
    return {"case": case, "situations": found, "may_open": may_open} if found or may_open else None


def danger_said(case: Case, situation_id: UUID) -> bool:
    """Whether it was said that she or a child was in danger at that moment."""
    said = CaseEvent.objects.filter(case=case, payload__situation=str(situation_id), payload__danger=True)
    return said.exists()
