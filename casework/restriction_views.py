"""Pages that say who may work on a case: the persons named in a restricted one, and the conflicts of interest."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from audit.models import Action
from audit.services import record
from cases import perms, restriction
from cases.access import CaseAccess
from cases.models import Case
from cases.page import open_page
from common.errors import RuleBroken
from common.forms import show_errors

from . import restricting
from .restriction_forms import ExcludeForm, NamingForm, ReasonForm, RestrictForm, uuids


@require_GET
def who_may_work(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Whether the case is restricted, who of one's own service is named, and the exclusions one answers for."""
    case, access, context = _open(request, case_id)
    return _page(request, case, access, context)


@require_http_methods(["GET", "POST"])
def restrict(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Close the case to all but named persons."""
    case, access, context = _open(request, case_id)
    if request.method == "GET":
        return redirect("casework:restriction", case.pk)
    named = uuids(request.POST.getlist("named"))
    reason = request.POST.get("reason", "")
    try:
        restricting.restrict(by=request.membership, case=case, access=access, named=named, reason=reason)
    except RuleBroken as broken:
        return _page(request, case, access, context, act="restrict", errors=broken.errors)
    messages.success(
        request, _("The case is restricted. The managers of each service are asked to say who works on it.")
    )
    return redirect("casework:restriction", case.pk)


@require_http_methods(["GET", "POST"])
def lift(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Open the case again to all that its services choose."""
    case, access, context = _open(request, case_id)
    if request.method == "GET":
        return redirect("casework:restriction", case.pk)
    try:
        restriction.lift(by=request.membership, case=case, access=access, reason=request.POST.get("reason", ""))
    except RuleBroken as broken:
        return _page(request, case, access, context, act="lift", errors=broken.errors)
    messages.success(request, _("The case is no longer restricted. Exclusions stay."))
    return redirect("casework:restriction", case.pk)


@require_http_methods(["GET", "POST"])
def exclude(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Close the case to somebody who knows one of its people; to oneself as well."""
    case, access, context = _open(request, case_id)
    if request.method == "GET":
        return redirect("casework:restriction", case.pk)
    chosen = next(iter(uuids(filter(None, [request.POST.get("user", "")]))), None)
    try:
        restricting.exclude(
            by=request.membership,
            case=case,
            access=access,
            user_id=chosen,
            reason=request.POST.get("reason", ""),
            sure="sure" in request.POST,
        )
    except RuleBroken as broken:
        return _page(request, case, access, context, act="exclude", errors=broken.errors)
    if chosen == request.membership.user_id:
        messages.success(request, _("It is closed to you from now on. Your service goes on without you."))
        return redirect("cases:list")
    messages.success(request, _("This person finds no trace of the case any more."))
    return redirect("casework:restriction", case.pk)


@require_http_methods(["GET", "POST"])
def let_in(request: HttpRequest, case_id: UUID, user_id: UUID) -> HttpResponse:
    """End an exclusion."""
    case, access, context = _open(request, case_id)
    if request.method == "GET":
        return redirect("casework:restriction", case.pk)
    reason = request.POST.get("reason", "")
    try:
        restriction.let_in(by=request.membership, case=case, access=access, user_id=user_id, reason=reason)
    except RuleBroken as broken:
        return _page(request, case, access, context, act=f"let_in {user_id}", errors=broken.errors)
    messages.success(request, _("The exclusion is lifted."))
    return redirect("casework:restriction", case.pk)


@require_http_methods(["GET", "POST"])
def naming(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Who of one's own service works on a restricted case; for its managers also without seeing anything of it."""
    by = request.membership
    found = restriction.open_naming(by=by, case_id=case_id)
    record(action=Action.READ, case_id=case_id, object_kind="cases.naming", object_id=case_id)
    form = NamingForm(
        request.POST or None, members=found.members, initial={"named": [str(user_id) for user_id in found.named]}
    )
    status = 200
    if request.method == "POST":
        try:
            restricting.name(by=by, case_id=case_id, named=uuids(request.POST.getlist("named")))
        except RuleBroken as broken:
            form = NamingForm(request.POST, members=found.members)
            show_errors(form, broken.errors)
            status = 422
        else:
            messages.success(request, _("Saved: these persons of your service work on the case."))
            inside = Case.objects.visible_to(by).filter(pk=case_id).exists()
            return redirect("casework:restriction", case_id) if inside else redirect("casework:my_work")
    context = {"naming": found, "form": form, "own": by.agency}
    return render(request, "casework/naming.html", context, status=status)


def _open(request: HttpRequest, case_id: UUID) -> tuple[Case, CaseAccess, dict[str, Any]]:
    return open_page(request, case_id, tab="access", page="restriction", fields=("summary:case",))


def _page(
    request: HttpRequest,
    case: Case,
    access: CaseAccess,
    context: dict[str, Any],
    *,
    act: str = "",
    errors: dict[str, list[str]] | None = None,
) -> HttpResponse:
    """The page; after an act that was refused, with what was typed in its form and why."""
    by = request.membership
    typed = request.POST if errors else None
    may_restrict = perms.may_restrict(by, case, access)
    team = restriction.own_team(by, case)
    members = [member for member, _named in team]
    forms = {}
    if may_restrict and not case.restricted:
        proposed = {str(user_id) for user_id in restricting.preselected(by=by, case=case)}
        forms["restrict"] = RestrictForm(
            typed if act == "restrict" else None, members=members, initial={"named": proposed}
        )
    if may_restrict and case.restricted:
        forms["lift"] = ReasonForm(typed if act == "lift" else None, auto_id="lift_%s")
    forms["exclude"] = ExcludeForm(
        typed if act == "exclude" else None,
        members=restriction.excludable(by=by, case=case, access=access),
        ask_sure=act == "exclude" and "sure" in (errors or {}),
        auto_id="exclude_%s",
        initial={"user": ""},
    )
    closed = [
        (each, ReasonForm(typed if act == f"let_in {each.user_id}" else None, auto_id=f"let_in_{each.user_id}_%s"))
        for each in restriction.exclusions(by=by, case=case, access=access)
    ]
    shown = next((form for each, form in closed if act == f"let_in {each.user_id}"), forms.get(act.partition(" ")[0]))
    if shown is not None:
        show_errors(shown, errors or {})
    context |= {
        "forms": forms,
        "form": shown,
        "refused": (errors or {}).get("", []) if shown is None else [],
        "named": [member for member, named in team if named],
        "may_name": case.restricted and perms.may_name(by, access),
        "others": restriction.other_teams(by=by, case=case, access=access) if case.restricted else [],
        "since": restriction.restricted_since(case) if case.restricted else None,
        "closed": closed,
        "answers": perms.may_exclude(by, case, access, by.agency_id),
    }
    return render(request, "casework/restriction.html", context, status=422 if errors else 200)
