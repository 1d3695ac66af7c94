"""Pages of the dangers for professionals of a case: what holds, what to do, until when."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases.access import CaseAccess
from cases.enums import Category, Side
from cases.models import Case
from cases.page import open_page
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.forms import show_errors

from . import dangers, needs_perms
from .models import StaffDanger
from .needs_forms import DangerForm, EndDangerForm

FIELDS = (f"{Category.SUMMARY}:{Side.CASE}",)
USUAL = timedelta(days=90)


@require_GET
def danger_list(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The dangers that hold, the first to end on top, and those that are over."""
    case, access, context = open_page(request, case_id, tab="plan", page="dangers", fields=FIELDS)
    context |= {
        "open": [_line(request, case, access, each) for each in dangers.open_now(access)],
        "past": [_line(request, case, access, each) for each in dangers.past(access)],
        "may_flag": needs_perms.may_flag(access),
        "his_side": needs_perms.never_his(access),
    }
    return render(request, "plans/dangers.html", context)


def _line(request: HttpRequest, case: Case, access: CaseAccess, shown: dangers.Shown) -> dict[str, Any]:
    danger = shown.danger
    own = danger.agency_id == access.agency_id
    # on his side nobody is told who flagged it, whatever they know of the services there
    told = own or (not needs_perms.never_his(access) and danger.agency_id in needs_perms.known_services(case, access))
    return {
        "shown": shown,
        "danger": danger,
        "service": danger.agency.short_name if told else "",
        "by": danger.author.full_name if own else "",
        "changes": needs_perms.may_end_danger(request.membership, case, access, danger) and shown.ended is None,
    }


@require_http_methods(["GET", "POST"])
def flag_danger(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Flag a danger."""
    case, access, context = open_page(request, case_id, tab="plan", page="flag_danger", fields=FIELDS)
    if not needs_perms.may_flag(access):
        raise Refused(_("You can read this case but not add to it."))
    return _form(request, case, access, context, former=None)


@require_http_methods(["GET", "POST"])
def prolong_danger(request: HttpRequest, case_id: UUID, danger_id: UUID) -> HttpResponse:
    """The danger is still there: until another day."""
    case, access, context, former = _to_change(request, case_id, danger_id, "prolong_danger")
    return _form(request, case, access, context, former=former)


def _to_change(
    request: HttpRequest, case_id: UUID, danger_id: UUID, page: str
) -> tuple[Case, CaseAccess, dict, StaffDanger]:
    case, access, context = open_page(request, case_id, tab="plan", page=page, fields=FIELDS)
    danger = dangers.get_danger(access, danger_id)
    if not needs_perms.may_end_danger(request.membership, case, access, danger):
        raise Refused(_("The service that flagged this danger changes it, or who answers for the one that leads."))
    return case, access, context, danger


def _form(
    request: HttpRequest, case: Case, access: CaseAccess, context: dict, *, former: StaffDanger | None
) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = DangerForm(posted, persons=dangers.who_may_be_meant(access), initial=_initial(access, former))
    status = 200
    if posted is not None:
        status = 422
        if form.is_valid():
            values = {
                "by": request.membership,
                "case": case,
                "access": access,
                "wanted": form.wanted(),
                "request_key": form.cleaned_data["request_key"],
            }
            try:
                if former is None:
                    dangers.flag(**values)
                else:
                    dangers.prolong(danger_id=former.pk, **values)
            except RuleBroken as broken:
                errors = {"case_person_id" if name == "case_person" else name: e for name, e in broken.errors.items()}
                show_errors(form, errors)
            else:
                messages.success(request, _("Flagged. Every service of the case reads it, and is told."))
                return redirect("plans:dangers", case.pk)
    context |= {"form": form, "former": former}
    return render(request, "plans/danger_form.html", context, status=status)


def _initial(access: CaseAccess, former: StaffDanger | None) -> dict[str, Any]:
    today = local(now()).date()
    initial: dict[str, Any] = {"from_on": today, "until_on": today + USUAL}
    if former is None:
        return initial
    names = ("about", "kind", "said_on_his_side", "case_person_id")
    initial |= {name: getattr(former, name) for name in names}
    words = dangers.words_of(access).filter(danger=former).first()
    if words is not None:
        initial |= {name: getattr(words, name) for name in ("what", "precautions", "source")}
    return initial


@require_http_methods(["GET", "POST"])
def end_danger(request: HttpRequest, case_id: UUID, danger_id: UUID) -> HttpResponse:
    """The danger is flagged no longer, and why."""
    case, access, context, danger = _to_change(request, case_id, danger_id, "end_danger")
    form = EndDangerForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                reason = form.cleaned_data["reason"]
                dangers.end(by=request.membership, case=case, access=access, danger_id=danger.pk, reason=reason)
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("Ended. It stays on record."))
                return redirect("plans:dangers", case.pk)
    one = next(iter(dangers.shown(access, dangers.dangers_of(access).filter(pk=danger.pk))))
    return render(request, "plans/end_danger.html", context | {"form": form, "one": one}, status=status)
