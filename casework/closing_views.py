"""Closing a case: what is missing and where it is mended, supervising, opening again; ending one's own part."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases.access import CaseAccess, get_case
from cases.enums import Category, ParticipationSide, Side, Stage
from cases.models import Case
from cases.page import open_page
from cases.perms import never_his
from common.clock import last_day, local, now
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.ids import uuid7, uuid_of
from followups.wording import path_of
from plans import closing as rows
from plans.guards import guards
from plans.models import CaseClosing, ClosingKind

from . import closing, closing_facts, parting
from .closing_forms import CloseForm, EndPartForm, ExtendForm, ReopenForm, TellForm
from .closing_words import GUARDS, lacks, place
from .panels import verb

TAB = "plan"
FIELDS = (f"{Category.SUMMARY}:{Side.CASE}", f"{Category.NETWORK}:{Side.PERPETRATOR}")


# --- the page -----------------------------------------------------------------------------------------------
@require_GET
def page(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """What stands between the case and its closing, who has ended its part, what was closed and opened again."""
    return _page(request, case_id)


def _page(
    request: HttpRequest,
    case_id: UUID,
    *,
    close_form: CloseForm | None = None,
    extend_form: ExtendForm | None = None,
    reopen_form: ReopenForm | None = None,
    refused: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    case, access, context = open_page(request, case_id, tab=TAB, page="closing")
    by = request.membership
    may_close = rows.may_close(by, case, access)
    ended = case.stage in closing.ENDED
    stamp = closing_facts.stamp(case) if may_close or (ended and rows.may_reopen(access)) else ""
    context |= {
        "supervised": case.stage == Stage.SUPERVISED and not never_his(access),
        "supervised_day": last_day(case.supervised_until) if case.supervised_until else None,
        "may_close": may_close,
        "parts": _parts(case, access),
        "own_ended": parting.has_ended(case, access.agency_id),
        "leads": case.lead_agency_id == access.agency_id,
        "may_end_part": parting.may_end(access),
        "may_hand": rows.may_hand_lead(by, case, access),
        "resume_key": uuid7(),
        "history": [_told_act(act) for act in rows.history(case, access)],
        "tellings": rows.tellings(case, access),
        "reads_told": rows.reads_told(access),
        "may_tell": rows.may_tell(access),
        "refused": refused or [],
        "light": None,
    }
    forms = []
    if may_close and case.stage != Stage.CLOSED:
        found = closing_facts.facts(case, closes=by.agency)
        full = guards(found, kind="full")
        context["guards"] = [_guard(case, guard) for guard in full]
        context["missing"] = sum(guard.holds_up for guard in full)
        context["missing_supervised"] = sum(guard.holds_up for guard in guards(found, kind="supervised"))
        aside = [guard for guard in full if guard.holds_up and guard.may_be_set_aside]
        initial = {"seen": stamp, "until": closing.usual_end(), "kind": ClosingKind.SUPERVISED}
        if case.stage == Stage.SUPERVISED:
            initial["kind"] = ClosingKind.FULL
        if closing.may_close_lightly(case, closes=by.agency):
            context["light"] = {"seen": stamp, "key": uuid7()}
        context["close_form"] = close_form or CloseForm(initial=initial, guards=aside)
        forms.append(context["close_form"])
    if may_close and case.stage == Stage.SUPERVISED:
        context["extend_form"] = extend_form or ExtendForm(initial={"seen": stamp, "until": closing.usual_end()})
        forms.append(context["extend_form"])
    if ended and rows.may_reopen(access):
        context["reopen_form"] = reopen_form or ReopenForm(initial={"seen": stamp})
        forms.append(context["reopen_form"])
    context["forms"] = [form for form in forms if form.is_bound]
    return render(request, "casework/closing.html", context, status=status)


def _guard(case: Case, guard: Any) -> dict[str, Any]:
    url, label = place(case, guard)
    return {
        "code": guard.code.value,
        "what": GUARDS[guard.code],
        "met": not guard.holds_up,
        "lacks": lacks(guard) if guard.holds_up else "",
        "url": url,
        "label": label,
        "may_be_set_aside": guard.may_be_set_aside,
    }


def _parts(case: Case, access: CaseAccess) -> list[dict[str, Any]]:
    """The services that take part, as far as this access may know them, and whether each has ended its follow-up."""
    latest = rows.parts_of(case, access)
    shown = []
    for part in closing_facts.parts(case):
        his = part.side == ParticipationSide.PERPETRATOR
        own = part.agency.pk == access.agency_id
        if not own and not access.can(Category.NETWORK, Side.PERPETRATOR if his else Side.VICTIM):
            continue
        row = latest.get(part.agency.pk)
        tells = row is not None and (own or not his)
        shown.append(
            {
                "name": part.agency.short_name,
                "own": own,
                "lead": part.agency.pk == case.lead_agency_id and access.can(Category.NETWORK, Side.VICTIM),
                "ended": part.ended,
                "at": row.at if row is not None else None,
                "reason": row.get_reason_display() if tells else "",
            }
        )
    return shown


def _told_act(act: Any) -> dict[str, Any]:
    closed = isinstance(act, CaseClosing)
    return {
        "closed": closed,
        "what": act.get_kind_display() if closed else _("opened again"),
        "why": "" if closed else act.get_code_display(),
        "words": act.words,
        "aside": [GUARDS[code] for code in act.overruled if code in GUARDS] if closed else [],
        "aside_words": act.overruled_words if closed else "",
        "until": last_day(act.until) if closed and act.until else None,
        "who": (act.closed_by if closed else act.author).full_name,
        "service": act.agency.short_name,
        "at": act.at,
    }


# --- closing ------------------------------------------------------------------------------------------------
@require_POST
def close(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Close in full, or under supervision until a day."""
    case, access = get_case(case_id, request.membership)
    if not rows.may_close(request.membership, case, access):
        raise Refused(_("Only who answers for the service that leads this case, or coordinates it, closes it."))
    found = guards(closing_facts.facts(case, closes=request.membership.agency), kind="full")
    form = CloseForm(request.POST, guards=[guard for guard in found if guard.may_be_set_aside])
    form.is_valid()
    given = form.cleaned_data
    try:
        made = closing.close(
            by=request.membership,
            case_id=case_id,
            kind=given.get("kind", ""),
            seen=given.get("seen", ""),
            words=given.get("words", ""),
            until=given.get("until"),
            set_aside=given.get("set_aside", ()),
            set_aside_words=given.get("set_aside_words", ""),
            request_key=given.get("request_key") or uuid7(),
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, case_id, close_form=form, status=422)
    if made.until:
        messages.success(request, _("The case is under supervision. A new report opens it again at once."))
    else:
        messages.success(
            request, _("The case is closed. What was written stays readable; a new report opens it again.")
        )
    return redirect("casework:closing", case_id)


@require_POST
def close_light(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Close a single low dispute at once."""
    key = uuid_of(request.POST.get("request_key")) or uuid7()
    try:
        closing.close_light(by=request.membership, case_id=case_id, seen=request.POST.get("seen", ""), request_key=key)
    except RuleBroken as broken:
        return _page(request, case_id, refused=[str(each) for each in broken.messages], status=422)
    messages.success(request, _("The case is closed. What was written stays readable; a new report opens it again."))
    return redirect("casework:closing", case_id)


@require_POST
def extend(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Supervise for longer."""
    form = ExtendForm(request.POST)
    form.is_valid()
    given = form.cleaned_data
    try:
        closing.extend(
            by=request.membership,
            case_id=case_id,
            seen=given.get("seen", ""),
            until=given.get("until"),
            words=given.get("words", ""),
            request_key=given.get("request_key") or uuid7(),
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, case_id, extend_form=form, status=422)
    messages.success(request, _("The supervision goes on."))
    return redirect("casework:closing", case_id)


@require_POST
def reopen(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Open it again by hand."""
    form = ReopenForm(request.POST)
    form.is_valid()
    given = form.cleaned_data
    try:
        closing.reopen(
            by=request.membership,
            case_id=case_id,
            seen=given.get("seen", ""),
            words=given.get("words", ""),
            request_key=given.get("request_key") or uuid7(),
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, case_id, reopen_form=form, status=422)
    messages.success(request, _("The case is open again. Nothing of its history is lost."))
    return redirect("casework:closing", case_id)


@require_http_methods(["GET", "POST"])
def told_return(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Write down that she was told how to come back, or could not be told safely."""
    case, access, context = open_page(request, case_id, tab=TAB, page="told_return")
    if not rows.may_tell(access):
        raise Refused(_("Only a service that works with her and may reach her writes this."))
    form = TellForm(request.POST if request.method == "POST" else None, initial={"told_on": local(now()).date()})
    status = 200
    if request.method == "POST":
        form.is_valid()
        given = form.cleaned_data
        try:
            closing.tell_return(
                by=request.membership,
                case_id=case.pk,
                how=given.get("how", ""),
                told_on=given.get("told_on"),
                words=given.get("words", ""),
                request_key=given.get("request_key") or uuid7(),
            )
        except RuleBroken as broken:
            show_errors(form, broken.errors)
            status = 422
        else:
            messages.success(request, _("Written down."))
            return redirect("casework:closing", case.pk)
    return render(request, "casework/told_return.html", context | {"form": form}, status=status)


# --- one's own part -------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def end_part(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The acting service ends its own follow-up: what it owes first, what is handed on, what becomes of its access."""
    case, access, context = open_page(request, case_id, tab=TAB, page="end_part", fields=FIELDS)
    if not parting.may_end(access):
        raise Refused(_("You can read this case but not add to it."))
    form = EndPartForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        form.is_valid()
        given = form.cleaned_data
        try:
            parting.end_part(
                by=request.membership,
                case_id=case.pk,
                reason=given.get("reason", ""),
                words=given.get("words", ""),
                give_up=bool(given.get("give_up")),
                request_key=given.get("request_key") or uuid7(),
            )
        except RuleBroken as broken:
            show_errors(form, broken.errors)
            status = 422
        else:
            messages.success(request, _("Your service has ended its follow-up. Its work stays readable."))
            return redirect("cases:summary", case.pk)
    context |= {
        "form": form,
        "leads": case.lead_agency_id == access.agency_id,
        "ended": parting.has_ended(case, access.agency_id),
        "first": [
            {"what": verb(each.kind), "due": each.due_at, "url": path_of(each)}
            for each in parting.owed_first(case, access)
        ],
        "handed": len(parting.handed(case, access)),
    }
    return render(request, "casework/end_part.html", context, status=status)


@require_POST
def resume_part(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The acting service takes its follow-up up again."""
    try:
        parting.resume_part(
            by=request.membership,
            case_id=case_id,
            request_key=uuid_of(request.POST.get("request_key")) or uuid7(),
        )
    except RuleBroken as broken:
        return _page(request, case_id, refused=[str(each) for each in broken.messages], status=422)
    messages.success(request, _("Your service follows this case again."))
    return redirect("casework:closing", case_id)


# --- on the pages of the case -----------------------------------------------------------------------------------
def banner(case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """What every page of a closed or supervised case says on top. No query."""
    if case.closed_at is not None:
        return {"case": case, "closed": True, "may_reopen": rows.may_reopen(access)}
    if case.stage == Stage.SUPERVISED and not never_his(access) and not access.own_work_only:
        until = last_day(case.supervised_until) if case.supervised_until else None
        return {"case": case, "closed": False, "until": until}
    return None


def link(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """The way from the summary to the closing and to the lead of the case, for who takes part. No query, but where a
    single low dispute may be closed at once.
    """
    if not access.takes_part:
        return None
    found: dict[str, Any] = {"case": case, "lead": not never_his(access), "light": None}
    by = request.membership
    if rows.may_close(by, case, access) and case.level == "low" and closing.may_close_lightly(case, closes=by.agency):
        found["light"] = {"seen": closing_facts.stamp(case), "key": uuid7()}
    return found
