"""Interpreters asked and proposed: the list of both services, one request, asking from a case."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.enums import AgencyKind
from agencies.perms import may_see_cases, may_write
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess
from cases.models import Appointment, Case, CasePerson
from cases.page import open_page
from cases.perms import shows_appointment
from common.clock import now
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.ids import uuid_of
from common.languages import names
from common.pagination import Key, page_or_first, paginate

from . import interpreting
from .interpreting_forms import AskForm, ConfirmForm, ProposeForm
from .models import InterpreterRequest, InterpretingState, Referral
from .perms import as_known

BY_TIME = (Key("at"), Key("id"))
LATEST = (Key("asked_at", descending=True), Key("id", descending=True))


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """What is asked of this service, or what it asked; `?show=all` for what is over too."""
    membership = request.membership
    if not may_see_cases(membership):
        raise Http404
    everything = request.GET.get("show") == "all"
    rows = interpreting.between(membership)
    if not everything:
        rows = rows.filter(state__in=interpreting.OPEN)
    keys = LATEST if everything else BY_TIME
    page = page_or_first(lambda cursor: paginate(rows, keys=keys, cursor=cursor), request.GET.get("cursor"))
    record(action=Action.LISTED, object_kind="referrals.interpreters", fields=[str(each.pk) for each in page.items])
    return render(
        request,
        "referrals/interpreters.html",
        {
            "page": page,
            "lines": [line(each, membership.agency_id) for each in page.items],
            "everything": everything,
            "asked_of_us": membership.agency.kind == AgencyKind.INTERPRETER_SERVICE,
        },
    )


def line(request: InterpreterRequest, agency_id: UUID) -> dict[str, Any]:
    """A request as a line: nothing of its case."""
    return {
        "request": request,
        "language": names([request.language]),
        "other": request.from_agency if request.to_agency_id == agency_id else request.to_agency,
        "ours": request.from_agency_id == agency_id,
    }


def panel(_request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """On the page of the people: what this agency asked for here, and where to ask."""
    if not access.contribute:
        return None
    rows = InterpreterRequest.objects.filter(
        case=case, from_agency=access.agency_id, state__in=interpreting.OPEN
    ).select_related("from_agency", "to_agency")
    return {
        "lines": [line(each, access.agency_id) for each in rows.order_by("at", "pk")[:5]],
        "ask_url": reverse("referrals:interpreter_new", args=[case.pk]),
    }


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Ask for an interpreter; `?appointment=` or `?referral=` fills in what is known."""
    case, access, context = open_page(request, case_id, tab="people", page="interpreter")
    if not interpreting.may_ask(access):
        raise Refused(_("You can read this case but not add to it."))
    subjects = interpreting.subjects(access)
    services = interpreting.interpreter_services(request.membership)
    if request.method == "GET":
        form = AskForm(initial=_known(request, case, access, subjects), subjects=subjects, services=services)
    else:
        form = AskForm(request.POST, subjects=subjects, services=services)
        try:
            if not form.is_valid():
                raise RuleBroken(interpreting.problems(access, by=request.membership, asked=form.asked()))
            asked = interpreting.ask(
                by=request.membership,
                case=case,
                access=access,
                asked=form.asked(),
                request_key=form.cleaned_data["key"],
            )
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("Asked. You are told as soon as somebody is proposed."))
            return redirect("referrals:interpreter", asked.pk)
    context |= {"form": form, "services": services}
    return render(request, "referrals/interpreter_new.html", context, status=422 if request.method == "POST" else 200)


def _known(request: HttpRequest, case: Case, access: CaseAccess, subjects: list[CasePerson]) -> dict[str, Any]:
    """What an appointment or a referral of the case says already, as far as this agency may read it."""
    offered = {each.pk for each in subjects}
    known: dict[str, Any] = {"subject": str(subjects[0].pk)} if len(subjects) == 1 else {}
    if appointment_id := uuid_of(request.GET.get("appointment", "")):
        found = Appointment.objects.filter(case=case, pk=appointment_id).first()
        if found is not None and shows_appointment(access, found) and found.case_person_id in offered:
            known |= {
                "subject": str(found.case_person_id),
                "at": found.starts_at,
                "minutes": int((found.ends_at - found.starts_at).total_seconds() // 60),
                "language": found.interpreter_language,
                "channel": "on_site",
            }
    elif referral_id := uuid_of(request.GET.get("referral", "")):
        referral = Referral.objects.of_case(access).filter(pk=referral_id).first()
        if referral is not None and referral.subject_id in offered:
            referral = as_known(access.agency_id, referral, access)
            known |= {
                "subject": str(referral.subject_id),
                "language": referral.interpreter_language,
                "postal_code": referral.postal_code,
                "at": referral.first_appointment_at,
            }
    return known


@require_GET
def detail(request: HttpRequest, interpreting_id: UUID) -> HttpResponse:
    """One request, for the service that asked and the one that is asked."""
    found = interpreting.find(by=request.membership, request_id=interpreting_id)
    ours = found.from_agency_id == request.membership.agency_id
    record(
        action=Action.READ,
        case_id=found.case_id if ours else None,
        object_kind="referrals.interpreter",
        object_id=found.pk,
    )
    return show(request, found)


def show(
    request: HttpRequest,
    found: InterpreterRequest,
    *,
    form: forms.Form | None = None,
    refused: list[Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a request; `form` is a refused ProposeForm or ConfirmForm."""
    membership = request.membership
    writes, ours = may_write(membership), found.from_agency_id == membership.agency_id
    proposal = interpreting.latest(found)
    verdict = interpreting.verdict_of(proposal) if proposal else None
    state = InterpretingState(found.state)
    passed = state in interpreting.MOVING and found.at <= now()
    to_propose = writes and not ours and state == InterpretingState.SENT and not passed
    fit = interpreting.fit_for(found) if to_propose else []
    confirm = writes and ours and state == InterpretingState.PROPOSED and not passed
    case = subject = None
    if ours:
        case = Case.objects.visible_to(membership).filter(pk=found.case_id).first()
        subject = CasePerson.objects.filter(pk=found.subject_id).first()
    context = {
        "r": found,
        "language": names([found.language]),
        "ours": ours,
        "case": case,
        "subject": subject,
        "proposal": proposal,
        "exception": getattr(proposal, "exception", None) if proposal else None,
        "only_with": interpreting.words_of(verdict) if verdict else [],
        "asks_agreement": bool(verdict and verdict.asks_agreement),
        "fit": fit,
        "propose_form": (form if isinstance(form, ProposeForm) else ProposeForm(interpreters=fit)) if fit else None,
        "nobody_fits": to_propose and not fit,
        "passed": passed,
        "reads_only": not writes and not ours and state == InterpretingState.SENT,
        "confirm_form": (form if isinstance(form, ConfirmForm) else ConfirmForm(initial={"proposal": proposal.pk}))
        if confirm and proposal
        else None,
        "may_decline": writes and not ours and state in interpreting.OPEN,
        "may_withdraw": writes and ours and state in interpreting.OPEN,
        "may_hold": writes and ours and state == InterpretingState.CONFIRMED and found.at <= now(),
        "form": form,
        "refused": refused or [],
    }
    return render(request, "referrals/interpreter.html", context, status=status)


@require_POST
def propose(request: HttpRequest, interpreting_id: UUID) -> HttpResponse:
    """Propose somebody, with what they declare."""
    found = interpreting.find(by=request.membership, request_id=interpreting_id)
    form = ProposeForm(request.POST, interpreters=interpreting.fit_for(found))
    form.is_valid()
    return _do(
        request,
        found,
        lambda: interpreting.propose(by=request.membership, request_id=found.pk, **form.declared()),
        done=_("Proposed. The service that asked decides."),
        form=form,
    )


@require_POST
def confirm(request: HttpRequest, interpreting_id: UUID) -> HttpResponse:
    """Take the one proposed."""
    found = interpreting.find(by=request.membership, request_id=interpreting_id)
    form = ConfirmForm(request.POST)
    form.is_valid()
    return _do(
        request,
        found,
        lambda: interpreting.confirm(
            by=request.membership,
            request_id=found.pk,
            proposal_id=form.cleaned_data.get("proposal"),
            reason=form.cleaned_data.get("reason", ""),
            agreed=form.cleaned_data.get("agreed", False),
        ),
        done=_("Confirmed. The interpreter service is told."),
        form=form,
    )


@require_POST
def decline(request: HttpRequest, interpreting_id: UUID) -> HttpResponse:
    """Nobody is available."""
    return _act(request, interpreting_id, interpreting.decline, _("The service that asked knows it."))


@require_POST
def again(request: HttpRequest, interpreting_id: UUID) -> HttpResponse:
    """Ask for somebody else."""
    return _act(request, interpreting_id, interpreting.ask_again, _("Asked again: somebody else is looked for."))


@require_POST
def withdraw(request: HttpRequest, interpreting_id: UUID) -> HttpResponse:
    """No longer needed."""
    return _act(request, interpreting_id, interpreting.withdraw, _("Withdrawn. The service is told."))


@require_POST
def held(request: HttpRequest, interpreting_id: UUID) -> HttpResponse:
    """It took place."""
    return _act(request, interpreting_id, interpreting.held, _("Written down."))


def _act(request: HttpRequest, request_id: UUID, act: Callable[..., Any], done: str) -> HttpResponse:
    found = interpreting.find(by=request.membership, request_id=request_id)
    return _do(request, found, lambda: act(by=request.membership, request_id=found.pk), done=done)


def _do(
    request: HttpRequest,
    found: InterpreterRequest,
    act: Callable[[], Any],
    *,
    done: str,
    form: forms.Form | None = None,
) -> HttpResponse:
    try:
        act()
    except RuleBroken as broken:
        if form is None or "" in broken.errors:
            return show(request, found, refused=broken.messages, status=422)
        show_errors(form, broken.errors)
        return show(request, found, form=form, status=422)
    messages.success(request, done)
    return redirect("referrals:interpreter", found.pk)
