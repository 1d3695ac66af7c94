"""A prosecutor's authorisations: of a case, and standing ones."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from agencies.enums import AgencyKind
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess
from cases.enums import Category
from cases.page import open_page
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.pagination import Key, page_or_first, paginate

from . import authorisations, perms
from .authorisation_forms import AuthorisationForm
from .models import ProsecutorAuthorisation

LATEST = (Key("recorded_at", descending=True), Key("id", descending=True))


def line(authorisation: ProsecutorAuthorisation, request: HttpRequest) -> dict[str, Any]:
    """An authorisation as a list shows it."""
    holds = authorisations.holds(authorisation)
    kinds = [str(AgencyKind(kind).label) for kind in authorisation.recipient_kinds]
    return {
        "authorisation": authorisation,
        "to": authorisation.recipient.name if authorisation.recipient else ", ".join(kinds),
        "categories": ", ".join(str(Category(category).label) for category in authorisation.categories),
        "holds": holds,
        "taken_back": getattr(authorisation, "taken_back", None),
        "may_take_back": holds and perms.may_take_back(request.membership, authorisation),
    }


# --- of a case ------------------------------------------------------------------------------------------------------
@require_GET
def case_authorisations(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Those of the case this agency may know, and the standing ones in force."""
    case, access, context = open_page(request, case_id, tab="access", page="authorisations")
    return _case_page(request, case, access, context)


def _case_page(
    request: HttpRequest, case: Any, access: CaseAccess, context: dict[str, Any], *, error: RuleBroken | None = None
) -> HttpResponse:
    context |= {
        "lines": [line(each, request) for each in authorisations.of_case(access)[:100]],
        # taken back on their own page, where it is said that it is for every case
        "standing": [
            line(each, request) | {"may_take_back": False}
            for each in authorisations.standing()[:100]
            if authorisations.holds(each)
        ],
        "may_add": perms.may_authorise(access, request.membership),
        "refused": error.messages if error else [],
    }
    return render(request, "sharing/case_authorisations.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def case_new(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Record an authorisation given for this case."""
    case, access, context = open_page(request, case_id, tab="access", page="new_authorisation")
    if not perms.may_authorise(access, request.membership):
        raise Refused(_("A prosecutor's authorisation is recorded by the prosecutor, or by police of the case."))
    form = _form(request)
    if request.method == "POST" and _recorded(request, form, case, access):
        messages.success(request, _("The authorisation is recorded. Nothing opens before a sharing is decided on it."))
        return redirect("sharing:case_authorisations", case.pk)
    context |= {"form": form}
    return render(request, "sharing/case_authorisation_form.html", context, status=_status(request))


@require_http_methods(["GET", "POST"])
def case_end(request: HttpRequest, case_id: UUID, authorisation_id: UUID) -> HttpResponse:
    """Take back an authorisation of this case, with a reason."""
    case, access, context = open_page(request, case_id, tab="access", page="authorisations")
    if not authorisations.of_case(access).filter(pk=authorisation_id).exists():
        raise Http404
    if request.method == "GET":
        return redirect("sharing:case_authorisations", case.pk)
    try:
        authorisations.take_back(
            by=request.membership, authorisation_id=authorisation_id, reason=_reason(request), case=case
        )
    except RuleBroken as broken:
        return _case_page(request, case, access, context, error=broken)
    messages.success(request, _("Taken back. What rested on it alone is closed from now on."))
    return redirect("sharing:case_authorisations", case.pk)


# --- standing ones ----------------------------------------------------------------------------------------------------
@require_GET
def standing(request: HttpRequest) -> HttpResponse:
    """The standing authorisations, the latest first; for who works at a prosecutor's office."""
    _at_a_prosecutors(request)
    return _standing_page(request)


def _standing_page(request: HttpRequest, *, error: RuleBroken | None = None) -> HttpResponse:
    page = page_or_first(
        lambda cursor: paginate(authorisations.standing(), keys=LATEST, cursor=cursor), request.GET.get("cursor")
    )
    record(
        action=Action.LISTED,
        object_kind="sharing.authorisations",
        fields=[str(each.pk) for each in page.items],
    )
    context = {
        "page": page,
        "lines": [line(each, request) for each in page.items],
        "may_add": perms.may_authorise_standing(request.membership),
        "refused": error.messages if error else [],
    }
    return render(request, "sharing/authorisations.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def standing_new(request: HttpRequest) -> HttpResponse:
    """Record a standing authorisation."""
    _at_a_prosecutors(request)
    if not perms.may_authorise_standing(request.membership):
        raise Refused(_("Your role reads authorisations but does not give them."))
    form = _form(request)
    if request.method == "POST" and _recorded(request, form, None, None):
        messages.success(request, _("The authorisation is recorded. Nothing opens before a sharing is decided on it."))
        return redirect("sharing:authorisations")
    return render(request, "sharing/authorisation_form.html", {"form": form}, status=_status(request))


@require_http_methods(["GET", "POST"])
def standing_end(request: HttpRequest, authorisation_id: UUID) -> HttpResponse:
    """Take back a standing authorisation, with a reason."""
    _at_a_prosecutors(request)
    if not authorisations.standing().filter(pk=authorisation_id).exists():
        raise Http404
    if request.method == "GET":
        return redirect("sharing:authorisations")
    try:
        authorisations.take_back(by=request.membership, authorisation_id=authorisation_id, reason=_reason(request))
    except RuleBroken as broken:
        return _standing_page(request, error=broken)
    messages.success(request, _("Taken back. What rested on it alone is closed from now on, in every case."))
    return redirect("sharing:authorisations")


def _at_a_prosecutors(request: HttpRequest) -> None:
    if not perms.may_see_standing(request.membership):
        raise Http404


def _form(request: HttpRequest) -> AuthorisationForm:
    own = request.membership.agency.kind == AgencyKind.PROSECUTOR
    return AuthorisationForm(
        request.POST if request.method == "POST" else None,
        agencies=authorisations.recipients(),
        offices=[] if own else authorisations.prosecutors(),
    )


def _recorded(request: HttpRequest, form: AuthorisationForm, case: Any, access: CaseAccess | None) -> bool:
    if not form.is_valid():
        return False
    try:
        authorisations.authorise(by=request.membership, case=case, access=access, **form.values())
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return False
    return True


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "")[:301]


def _status(request: HttpRequest) -> int:
    return 422 if request.method == "POST" else 200
