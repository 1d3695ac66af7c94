"""The board between prosecutor and police. It exists for these two alone: 404 for everybody else."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from agencies.units import units_of
from audit.models import Action
from audit.services import record
from cases.access import for_case
from cases.enums import Category, Side
from common.errors import RuleBroken, StaleVersion
from common.forms import INCOMPLETE, show_errors
from common.pagination import page_or_first
from reports.models import TrackedKind, TrackingStep
from reports.perms import follows_board, may_follow_up, may_note_heard
from reports.tracking import find
from sharing.perms import may_link

from . import board, tracking
from .board_forms import (
    ALL,
    WAITING,
    AssignForm,
    DecideForm,
    FilterForm,
    HeardForm,
    HearingForm,
    OrderForm,
    ReadForm,
)
from .measure_lines import may_write, of_board

SHOWN = (f"{Category.JUDICIAL}:{Side.CASE}",)


@require_GET
def board_page(request: HttpRequest) -> HttpResponse:
    """What the office received, or what the police sent, the longest overdue first."""
    membership = request.membership
    if not follows_board(membership):
        raise Http404
    decides = board.decides(membership)
    form = FilterForm(request.GET, decides=decides)
    chosen = form.cleaned_data if form.is_valid() else {}
    kept = {
        "state": chosen.get("state") or (WAITING if decides else ALL),
        "kind": chosen.get("kind", ""),
        "mine": chosen.get("mine", False),
    }
    page = page_or_first(lambda cursor: board.page_of(membership, cursor, **kept), request.GET.get("cursor"))
    record(action=Action.LISTED, object_kind=board.OBJECT, fields=[str(each.pk) for each in page.items])
    waiting, overdue = board.counts(membership)
    context = {
        "page": page,
        "lines": board.lines(membership, page.items),
        "form": form,
        "decides": decides,
        "waiting": waiting,
        "overdue": overdue,
        "filtered": bool(chosen.get("state") or kept["kind"] or kept["mine"]),
    }
    return render(request, "casework/board.html", context)


@require_http_methods(["GET", "POST"])
def tracked(request: HttpRequest, tracking_id: UUID) -> HttpResponse:
    """One of them: what arrived, who reads it, what is ordered and decided, and the acts that are open."""
    if not follows_board(request.membership):
        raise Http404
    if request.method == "GET":
        return _page(request, tracking_id)
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        find(by=request.membership, tracking_id=tracking_id)
        messages.error(request, INCOMPLETE)
        return _page(request, tracking_id, status=422)
    return act(request, tracking_id)


def _page(
    request: HttpRequest,
    tracking_id: UUID,
    *,
    form: Form | None = None,
    stale: str = "",
    status: int = 200,
) -> HttpResponse:
    """`form` is the one that was sent, shown as it was typed."""
    membership = request.membership
    found = find(by=membership, tracking_id=tracking_id)
    record(
        action=Action.READ,
        case_id=found.case_id,
        object_kind=board.OBJECT,
        object_id=found.pk,
        fields=SHOWN,
    )
    (line,) = board.lines(membership, [found])
    access = for_case(found.case, membership)
    recorded = of_board(line.measures)
    for act in line.measures:
        act.recorded_as = recorded.get(act.pk)
    forms = _forms(request, found, line)
    if form is not None:
        forms[form.prefix] = form
        if isinstance(form, HeardForm) and line.hearings:
            form.only(each.whom for each in line.hearings)
    context = {
        "line": line,
        "tracking": found,
        "case": found.case,
        "decides": board.decides(membership),
        "reads_report": found.report_id is not None and access.can(Category.FACTS, Side.CASE),
        "sharing": found.kind == TrackedKind.ALERT,
        "may_appoint": access.contribute,
        "opened_by": board.opened_by(membership, found) if board.decides(membership) else [],
        "history": board.history(line),
        "forms": forms,
        "stale": stale,
        "i_read": any(each.step == TrackingStep.READ and each.done_by_id == membership.user_id for each in line.acts),
        "may_group": may_link(membership),
        "may_hear": found.police_id is not None,
        "may_record_measure": may_write(membership, access),
    }
    return render(request, "casework/tracked.html", context, status=status)


def _forms(request: HttpRequest, found: Any, line: board.Line) -> dict[str, Form]:
    """The empty forms of the acts this member may do, by what the act is called."""
    forms: dict[str, Form] = {}
    if may_follow_up(request.membership, found):
        forms["read"] = ReadForm(prefix="read")
        units = list(units_of(request.membership.agency))
        if units:
            own = {"unit": line.unit.pk} if line.unit else {}
            forms["assign"] = AssignForm(prefix="assign", initial=own, units=units)
        forms["order"] = OrderForm(prefix="order")
        if found.police_id is not None:
            forms["hearing"] = HearingForm(prefix="hearing")
        shown = {"shown": line.decision.pk if line.decision else ""}
        forms["decide"] = DecideForm(prefix="decide", police=found.police_id is not None, initial=shown)
    if may_note_heard(request.membership, found) and line.hearings:
        forms["heard"] = HeardForm(prefix="heard")
        forms["heard"].only(each.whom for each in line.hearings)
    return forms


# --- the acts -------------------------------------------------------------------------------------------------
Send = Callable[[dict[str, Any]], object]


def _do(request: HttpRequest, tracking_id: UUID, form: Form, send: Send, done: str) -> HttpResponse:
    """Do what a valid form says and come back; what is refused is shown with everything typed."""
    if not form.is_valid():
        return _page(request, tracking_id, form=form, status=422)
    try:
        send(dict(form.cleaned_data))
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, tracking_id, form=form, status=422)
    messages.success(request, done)
    return redirect("casework:tracked", tracking_id)


def _read(request: HttpRequest, tracking_id: UUID) -> HttpResponse:
    form = ReadForm(request.POST, prefix="read")
    by = request.membership
    return _do(
        request,
        tracking_id,
        form,
        lambda given: tracking.mark_read(by=by, tracking_id=tracking_id, **given),
        _("Your office and the police see that you read it and take it."),
    )


def _assign(request: HttpRequest, tracking_id: UUID) -> HttpResponse:
    by = request.membership
    form = AssignForm(request.POST, prefix="assign", units=units_of(by.agency))

    def send(given: dict[str, Any]) -> object:
        given["unit_id"] = given.pop("unit")
        return tracking.assign(by=by, tracking_id=tracking_id, **given)

    return _do(request, tracking_id, form, send, _("The section has it, and is reminded of the decision."))


def _order(request: HttpRequest, tracking_id: UUID) -> HttpResponse:
    by = request.membership
    form = OrderForm(request.POST, prefix="order")
    return _do(
        request,
        tracking_id,
        form,
        lambda given: tracking.order(by=by, tracking_id=tracking_id, **given),
        _("The measure is on record."),
    )


def _hearing(request: HttpRequest, tracking_id: UUID) -> HttpResponse:
    by = request.membership
    form = HearingForm(request.POST, prefix="hearing")
    return _do(
        request,
        tracking_id,
        form,
        lambda given: tracking.hearing(by=by, tracking_id=tracking_id, **given),
        _("The police are asked to hold the hearing."),
    )


def _heard(request: HttpRequest, tracking_id: UUID) -> HttpResponse:
    by = request.membership
    form = HeardForm(request.POST, prefix="heard")
    return _do(
        request,
        tracking_id,
        form,
        lambda given: tracking.heard(by=by, tracking_id=tracking_id, **given),
        _("The prosecutor is told that the hearing was held."),
    )


def _decide(request: HttpRequest, tracking_id: UUID) -> HttpResponse:
    """First decided holds: who decides on an old page is told who decided what, and keeps what was typed."""
    by = request.membership
    police = find(by=by, tracking_id=tracking_id).police_id is not None
    form = DecideForm(request.POST, prefix="decide", police=police)

    def send(given: dict[str, Any]) -> object:
        return tracking.decide(
            by=by, tracking_id=tracking_id, outcome=given["outcome"], reasons=given["reasons"], shown=given["shown"]
        )

    try:
        return _do(request, tracking_id, form, send, _("The decision is on record."))
    except StaleVersion as stale:
        found = find(by=by, tracking_id=tracking_id)
        (line,) = board.lines(by, [found])
        again = form.data.copy()
        again["decide-shown"] = str(line.decision.pk) if line.decision else ""
        return _page(
            request, tracking_id, form=DecideForm(again, prefix="decide", police=police), stale=str(stale), status=409
        )


ACTS: dict[str, Callable[[HttpRequest, UUID], HttpResponse]] = {
    "read": _read,
    "assign": _assign,
    "order": _order,
    "hearing": _hearing,
    "heard": _heard,
    "decide": _decide,
}
