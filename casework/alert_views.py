"""Alerts of a programme: written by its service, answered by whoever coordinates, read where they were passed on."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.models import Membership
from cases.access import CaseAccess, get_case
from cases.enums import Category, ParticipationSide, Side
from cases.models import Case
from cases.page import open_page
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from plans import alert_routes
from plans import programme_rules as rules
from plans.models import AlertAnswer, AlertTaken, ProgrammeAlert, Rung

from . import programme as acts
from .programme_forms import AlertForm, PassOnForm
from .programme_views import FIELDS, one

PASSED = (f"{Category.CONTACT}:{Side.VICTIM}",)


@require_http_methods(["GET", "POST"])
def programme_alert(request: HttpRequest, case_id: UUID, programme_id: UUID) -> HttpResponse:
    """The service that runs the programme says what worries it."""
    found, access, context = one(request, case_id, programme_id, page="programme_alert")
    if not rules.may_alert(access, found):
        raise Refused(_("Only the service that runs this programme writes in it."))
    form, status = AlertForm(), 200
    if request.method == "POST":
        form = AlertForm(request.POST)
        if form.is_valid():
            try:
                made = acts.alert(by=request.membership, access=access, programme=found, **form.cleaned_data)
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                done = _("Sent to whoever coordinates the case. You will read here when it is taken up.")
                messages.success(request, done)
                return redirect("casework:alert", found.case_id, made.pk)
        status = 422
    return render(request, "casework/programme_alert.html", context | {"form": form}, status=status)


@require_GET
def alert(request: HttpRequest, case_id: UUID, alert_id: UUID) -> HttpResponse:
    """For the service that wrote it: sent, taken up. For whoever it went to: what it says, and whom to pass it to."""
    return _page(request, case_id, alert_id)


def _page(
    request: HttpRequest, case_id: UUID, alert_id: UUID, *, form: PassOnForm | None = None, status: int = 200
) -> HttpResponse:
    by = request.membership
    case, access = get_case(case_id, by)
    found = acts.get_alert(case, access, alert_id)
    case, access, context = open_page(request, case.pk, tab="plan", page="alert", fields=FIELDS)
    route = alert_routes.holds(by, found)
    context |= {"alert": found, "mine": found.agency_id == access.agency_id, "receipt": getattr(found, "receipt", None)}
    if route is not None:
        context |= _to_answer(by, case, access, found, form) | {"nobody": route.rung == Rung.NOBODY, "route": route}
    context["form"] = form
    return render(request, "casework/alert.html", context, status=status)


def _to_answer(
    by: Membership, case: Case, access: CaseAccess, found: ProgrammeAlert, form: PassOnForm | None
) -> dict[str, Any]:
    """What whoever coordinates reads besides, and the form to answer with while it is theirs to answer."""
    answer = AlertAnswer.objects.filter(alert=found).select_related("author", "to_agency").first()
    owed = acts.owed_for(by, found)
    open_to_act = owed is not None and owed.settled_at is None and access.takes_part and answer is None
    referents = acts.referents(by, case, access) if open_to_act else []
    if open_to_act and form is None:
        first = str(referents[0].agency.pk) if len(referents) == 1 else None
        said_at = local(now()).replace(tzinfo=None)
        form = PassOnForm(initial={"said_at": said_at, "to_agency_id": first}, referents=referents)
    return {
        "holds": True,
        "owed": owed,
        "taken": AlertTaken.objects.filter(alert=found).select_related("author").first(),
        "answer": answer,
        "pass_form": form if open_to_act else None,
        "referents": referents,
        "author_agency": found.agency,
    }


@require_POST
def take_up_alert(request: HttpRequest, case_id: UUID, alert_id: UUID) -> HttpResponse:
    """Say that one looks at it."""
    acts.take_up(by=request.membership, case_id=case_id, alert_id=alert_id)
    messages.success(request, _("You have it in hand. The programme reads that it is taken up, not by whom."))
    return redirect("casework:alert", case_id, alert_id)


@require_POST
def pass_alert_on(request: HttpRequest, case_id: UUID, alert_id: UUID) -> HttpResponse:
    """Write down to whom it was passed on, or why not."""
    by = request.membership
    case, access = get_case(case_id, by)
    if acts.owed_for(by, acts.get_alert(case, access, alert_id)) is None or not access.takes_part:
        raise Refused(_("Whoever coordinates the case answers this alert."))
    form = PassOnForm(request.POST, referents=acts.referents(by, case, access))
    if form.is_valid():
        try:
            acts.pass_on(
                by=by,
                case_id=case_id,
                alert_id=alert_id,
                passing=form.passing(),
                request_key=form.cleaned_data["request_key"],
            )
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("Written down. What was owed is done."))
            return redirect("casework:alert", case_id, alert_id)
    return _page(request, case_id, alert_id, form=form, status=422)


@require_GET
def passed_on(request: HttpRequest, case_id: UUID, answer_id: UUID) -> HttpResponse:
    """What was passed on to the acting service: what was said, by whom, when. Nothing of where it comes from."""
    case, access = get_case(case_id, request.membership)
    found = acts.get_passed(case, access, answer_id)
    case, access, context = open_page(request, case.pk, tab="plan", page="passed_on", fields=PASSED)
    return render(request, "casework/passed_on.html", context | {"answer": found})


def panel(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """On the summary of her service: what was passed on to it lately. No query where nothing was."""
    if access.side == ParticipationSide.PERPETRATOR or not getattr(case, "anything_passed", True):
        return None
    found = list(acts.passed_to(case, access)[:3])
    return {"case": case, "answers": found} if found else None
