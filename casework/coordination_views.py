"""Requests to the coordination and their answers; the coordination of a case."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.enums import JUDICIAL_KINDS, AgencyKind
from agencies.perms import may_see_cases
from agencies.training import is_trained
from audit.models import Action
from audit.services import record
from cases.enums import Category, Side
from cases.page import open_page
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from followups.models import FollowUp, FollowUpKind
from plans.actions_perms import reads_plan
from riskassessment import consulting_perms as perms
from riskassessment.levels import of
from riskassessment.models import CoordinationRequest, FearedEvent, RequestState
from riskassessment.result import own_name, result
from riskassessment.versions import definition_of

from . import coordinating, coordination_answering, joining, monitoring
from . import coordination_handing as handing
from .action_forms import BeginForm, EndMonitoringForm, ExtendForm, LookForm
from .consultation_forms import AskForm, IdentityForm, RedirectForm

MOST = 100
FIELDS = (f"{Category.NETWORK}:{Side.VICTIM}",)
OPEN_TO_HIS_SIDE = frozenset({RequestState.SENT, RequestState.WITHDRAWN, RequestState.EXPIRED})


@require_GET
def requests(request: HttpRequest) -> HttpResponse:
    """What comes to the coordination, or what the service asked of one: waiting first."""
    if not may_see_cases(request.membership):
        raise Http404
    found = list(coordinating.requests_of(request.membership)[:MOST])
    record(action=Action.LISTED, object_kind=joining.KIND, fields=[each.pk for each in found])
    lines = _lines(request, found)
    context = {
        "waiting": [line for line in lines if line["waits"]],
        "answered": [line for line in lines if not line["waits"]],
        "receives": perms.coordinates(request.membership),
    }
    return render(request, "casework/coordination_requests.html", context)


def _lines(request: HttpRequest, found: list[CoordinationRequest]) -> list[dict[str, Any]]:
    agreed = _agreed(request, found)
    return [_line(request, each) | {"plan_agreed": each.pk in agreed} for each in found]


def _agreed(request: HttpRequest, found: Iterable[CoordinationRequest]) -> set[UUID]:
    """Those whose coordinated plan is agreed, as far as this service knows of it."""
    plans = FollowUp.objects.visible_to(request.membership).filter(kind=FollowUpKind.COORDINATED_PLAN)
    settled = plans.filter(source_id__in=[each.pk for each in found]).exclude(settled_at=None)
    return set(settled.values_list("source_id", flat=True))


def _line(request: HttpRequest, each: CoordinationRequest) -> dict[str, Any]:
    mine = each.agency_id == request.membership.agency_id
    tells = not mine or coordinating.tells_outcome(request.membership, each)
    return {
        "request": each,
        "mine": mine,
        "other": each.coordination if mine else each.agency,
        "waits": each.state == RequestState.SENT or (tells and perms.awaits_identity(each)),
        "awaits_identity": tells and perms.awaits_identity(each),
        **_told_state(each, tells),
    }


def _told_state(each: CoordinationRequest, tells: bool) -> dict[str, Any]:
    """The state in words and the clock; on his side, "answered" is all."""
    if not tells and each.state not in OPEN_TO_HIS_SIDE:
        return {"state": "answered", "state_words": _("answered"), "plan_due_at": None}
    return {
        "state": each.state,
        "state_words": each.get_state_display(),
        "plan_due_at": each.plan_due_at if each.state == RequestState.RETAINED else None,
    }


@require_GET
def detail(request: HttpRequest, coordination_request_id: UUID) -> HttpResponse:
    """What is asked and why, the answer, and whose turn it is."""
    return _page(request, coordinating.find(request.membership, coordination_request_id))


@require_POST
def retain(request: HttpRequest, coordination_request_id: UUID) -> HttpResponse:
    """Take the situation up."""
    try:
        found = coordination_answering.retain(by=request.membership, request_id=coordination_request_id)
    except RuleBroken as broken:
        messages.error(request, str(broken))
        return _page(request, coordinating.find(request.membership, coordination_request_id), status=422)
    if found.answered_by_id != request.user.pk:
        return _answered_already(request, found)
    if handing.is_offer(found):
        done = _("Taken over: your service coordinates this case from now on.")
    elif found.joined_at:
        done = _("Retained: your service takes part in the case, and the %(hours)d hours run.")
    else:
        done = _("Retained: the %(hours)d hours run. The service that asked now gives the identity.")
    messages.success(request, done % {"hours": settings.COORDINATED_PLAN_HOURS})
    return redirect("casework:coordination_request", found.pk)


@require_POST
def redirect_request(request: HttpRequest, coordination_request_id: UUID) -> HttpResponse:
    """Send it elsewhere, with a reason."""
    form = RedirectForm(request.POST)
    form.is_valid()
    try:
        found = coordination_answering.redirect(
            by=request.membership, request_id=coordination_request_id, reason=form.data.get("reason", "")
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        found = coordinating.find(request.membership, coordination_request_id)
        return _page(request, found, redirect_form=form, status=422)
    if found.answered_by_id != request.user.pk:
        return _answered_already(request, found)
    messages.success(request, _("Redirected. The service that asked is told why."))
    return redirect("casework:coordination_request", found.pk)


def _answered_already(request: HttpRequest, found: CoordinationRequest) -> HttpResponse:
    """A colleague was first with the same answer: the page says who, nothing was done twice."""
    words = _("%(who)s has answered already: %(state)s.")
    messages.info(request, words % {"who": found.answered_by.full_name, "state": found.get_state_display()})
    return redirect("casework:coordination_request", found.pk)


@require_POST
def withdraw(request: HttpRequest, coordination_request_id: UUID) -> HttpResponse:
    """Take back what nobody has answered."""
    try:
        found = coordination_answering.withdraw(by=request.membership, request_id=coordination_request_id)
    except RuleBroken as broken:
        messages.error(request, str(broken))
        return _page(request, coordinating.find(request.membership, coordination_request_id), status=422)
    messages.success(request, _("Withdrawn: nobody has to answer it any more."))
    return redirect("casework:coordination_request", found.pk)


@require_http_methods(["GET", "POST"])
def identity(request: HttpRequest, coordination_request_id: UUID) -> HttpResponse:
    """Say who it is about, once the coordination has retained it."""
    found = coordinating.find(request.membership, coordination_request_id)
    if request.method == "GET":
        if found.joined_at is not None:
            return redirect("casework:coordination_request", found.pk)
        if not perms.may_identify(request.membership, found):
            raise Refused(_("The identity is given once the coordination has retained the situation."))
        _read(found)
        return render(request, "casework/coordination_identity.html", {"asked": found, "form": IdentityForm()})
    form = IdentityForm(request.POST)
    if form.is_valid():
        try:
            given = coordination_answering.give_identity(
                by=request.membership,
                request_id=coordination_request_id,
                reference=form.cleaned_data["reference"],
                names=form.names(),
            )
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("The coordination knows who it is about, and takes part in the case."))
            return redirect("cases:summary", given.case_id)
    return render(request, "casework/coordination_identity.html", {"asked": found, "form": form}, status=422)


def _page(
    request: HttpRequest, found: CoordinationRequest, *, redirect_form: RedirectForm | None = None, status: int = 200
) -> HttpResponse:
    by = request.membership
    _read(found)
    language = get_language() or "fr"
    mine = found.agency_id == by.agency_id
    tells = not mine or coordinating.tells_outcome(by, found)
    seen = coordinating.case_of(by, found)
    case, access = seen or (None, None)
    consultation = found.consultation
    grid = definition_of(consultation.grid_version) if consultation else None
    answers = perms.may_answer(by, found) and handing.may_answer(by, found)
    redirected = found.state == RequestState.REDIRECTED
    context: dict[str, Any] = {
        "asked": found,
        "mine": mine,
        "hands_over": handing.is_offer(found),
        "plan_agreed": found.pk in _agreed(request, [found]),
        **_told_state(found, tells),
        "reason": found.reason if redirected else "",
        "answered_at": found.answered_at,
        "feared": [FearedEvent(each).label for each in found.feared_events],
        "consultation": consultation,
        "result": result(grid, consultation, language) if consultation else None,
        "own_name": own_name(grid, found.level, language) if consultation else "",
        "trained": consultation is None or is_trained(consultation.author, grid.training),
        "case": case,
        "people": coordinating.names_in(case, access) if case and not mine else [],
        "awaits_identity": tells and perms.awaits_identity(found),
        "may_answer": answers,
        "may_withdraw": perms.may_withdraw(by, found),
        "may_identify": tells and perms.may_identify(by, found),
        "form": redirect_form or (RedirectForm() if answers else None),
        "plan_hours": settings.COORDINATED_PLAN_HOURS,
    }
    return render(request, "casework/coordination_request.html", context, status=status)


def _read(found: CoordinationRequest) -> None:
    record(action=Action.READ, case_id=found.case_id, object_kind=joining.KIND, object_id=found.pk, fields=FIELDS)


# --- in a case --------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Ask the coordination to take up the case, with the names or without."""
    case, access, context = open_page(request, case_id, tab="access", page="coordination_request", fields=FIELDS)
    by = request.membership
    if not perms.may_ask_coordination(access):
        raise Refused(_("You can read this case but not add to it."))
    hands_over = by.agency.kind == AgencyKind.COORDINATION
    if hands_over and not handing.may_offer(by, access):
        raise Refused(_("Only a coordinator, reference person or manager of the coordination hands it over."))
    along = coordinating.what_goes_along(case, by)
    context |= {
        "along": of(along).level if along else "",
        "hands_over": hands_over,
        "judicial": by.agency.kind in JUDICIAL_KINDS,
        "places": coordinating.places(by.agency_id),
        "plan_hours": settings.COORDINATED_PLAN_HOURS,
    }
    fields = {"places": context["places"], "with_names": bool(joining.names_known(access))}
    if request.method == "GET":
        initial = {"why": _drivers(along), "feared_events": _feared(along)}
        return render(request, "casework/coordination_ask.html", context | {"form": AskForm(initial=initial, **fields)})
    form = AskForm(request.POST, **fields)
    try:
        sent = coordinating.ask_from_case(by=by, case_id=case.pk, asked=form.asked())
    except RuleBroken as broken:
        form.refuse(broken.errors)
        return render(request, "casework/coordination_ask.html", context | {"form": form}, status=422)
    messages.success(request, _("Request sent. You are told as soon as the coordination answers."))
    return redirect("casework:coordination_request", sent.pk)


def _drivers(assessment: Any) -> str:
    """What drove the level, proposed as the words of the request: the questions, never a comment."""
    if assessment is None:
        return ""
    grid, language = definition_of(assessment.grid_version), get_language() or "fr"
    lines = [line["text"] for line in result(grid, assessment, language)["drivers"]]
    return "\n".join(f"- {line}" for line in lines[:12])


def _feared(assessment: Any) -> list[str]:
    conclusion = getattr(assessment, "conclusion", None)
    return list(conclusion.feared_events) if conclusion else []


@require_GET
def coordination(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The coordination of a case, as far as this service may know of it."""
    return _case_page(request, case_id)


@require_POST
def begin_monitoring(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Watch a case closely from now on."""
    form = BeginForm(request.POST)
    done = _("Close monitoring has begun. The next look is owed, and its planned end is told.")
    return _monitor(request, case_id, "begin", form, monitoring.begin, ("until", "why"), done)


@require_POST
def extend_monitoring(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Watch it longer."""
    form = ExtendForm(request.POST)
    done = _("Close monitoring goes on.")
    return _monitor(request, case_id, "extend", form, monitoring.extend, ("until", "words"), done)


@require_POST
def looked_again(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Say that the case was looked at again."""
    form = LookForm(request.POST)
    done = _("Recorded. The next look is owed.")
    return _monitor(request, case_id, "look", form, monitoring.look_again, ("changed", "words"), done)


@require_POST
def end_monitoring(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """End close monitoring, with a reason."""
    form = EndMonitoringForm(request.POST)
    done = _("Close monitoring has ended.")
    return _monitor(request, case_id, "end", form, monitoring.end_monitoring, ("reason",), done)


def _monitor(
    request: HttpRequest,
    case_id: UUID,
    name: str,
    form: Any,
    verb: Callable[..., Any],
    fields: tuple[str, ...],
    done: str,
) -> HttpResponse:
    """One act on close monitoring; refused, its form comes back with what was typed."""
    if form.is_valid():
        values = {field: form.cleaned_data[field] for field in fields}
        key = form.cleaned_data["request_key"]
        try:
            verb(by=request.membership, case_id=case_id, request_key=key, **values)
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, done)
            return redirect("casework:coordination", case_id)
    return _case_page(request, case_id, refused=(name, form), status=422)


def _case_page(
    request: HttpRequest, case_id: UUID, *, refused: tuple[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    case, access, context = open_page(request, case_id, tab="access", page="coordination", fields=FIELDS)
    state = monitoring.state(case, access, by=request.membership)
    if refused and not (state.may_begin or state.may_settle):
        raise Refused(_("This is for the coordination that takes part in the case; without one, for who leads it."))
    shown = {
        "begin": BeginForm(auto_id="begin_%s") if state.may_begin else None,
        "look": LookForm(auto_id="look_%s") if state.may_end else None,
        "extend": ExtendForm(auto_id="extend_%s") if state.may_end else None,
        "end": EndMonitoringForm(auto_id="end_%s") if state.may_end else None,
    }
    if refused:
        name, form = refused
        form.auto_id = f"{name}_%s"
        shown[name] = form
    context |= {
        "state": state,
        "lines": _lines(request, list(state.requests)),
        **{f"{name}_form": form for name, form in shown.items()},
        "forms": [refused[1]] if refused else [],
        "acts": [act for period in state.periods for act in reversed(list(period.acts.all()))],
        "looks": [each for each in state.looks if each.due_at != state.until],
        "reads_plan": reads_plan(access),
        "hands_over": handing.may_offer(request.membership, access),
    }
    return render(request, "casework/coordination.html", context, status=status)
