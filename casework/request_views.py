"""Asking another service for information, and its answer."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.models import Action
from audit.services import record
from cases.access import CaseAccess
from cases.page import open_page
from cases.words import in_words
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from sharing import requests
from sharing.models import InformationRequest, RequestState
from sharing.perms import may_answer_request, may_ask, may_withdraw_request
from sharing.request_forms import AskForm, RefuseForm

from . import requesting


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Ask a service of the case for what this one does not see."""
    case, access, context = open_page(request, case_id, tab="access", page="information_request")
    if not may_ask(access):
        raise Refused(_("You can read this case but not add to it."))
    offered = {"agencies": requests.agencies_to_ask(access), "pairs": requests.pairs_to_ask(access)}
    if request.method == "GET":
        form = AskForm(initial={"request_key": uuid4()}, **offered)
        return render(request, "casework/request_new.html", context | {"form": form})
    form = AskForm(request.POST, **offered)
    if form.is_valid():
        try:
            asked = requesting.ask_for_information(
                by=request.membership,
                case_id=case.pk,
                asked=form.asked(),
                request_key=form.cleaned_data["request_key"],
            )
        except RuleBroken as broken:
            show_errors(form, {("due_on" if name == "due_at" else name): told for name, told in broken.errors.items()})
        else:
            messages.success(request, _("Request sent. You are told as soon as the service answers."))
            return redirect("casework:request", asked.pk)
    return render(request, "casework/request_new.html", context | {"form": form}, status=422)


@require_GET
def detail(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """What is asked, what for, by when, and the answer."""
    asked, access = requests.find(by=request.membership, request_id=request_id)
    return _page(request, asked, access)


@require_POST
def refuse(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Say no, with a reason."""
    asked, access = requests.find(by=request.membership, request_id=request_id)
    form = RefuseForm(request.POST)
    form.is_valid()
    try:
        requesting.refuse_request(
            by=request.membership,
            request_id=request_id,
            reason=form.cleaned_data.get("refusal_reason", ""),
            note=form.cleaned_data.get("note", ""),
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, asked, access, form=form, status=422)
    messages.success(request, _("Refused. The service that asked is told why."))
    return redirect("casework:request", request_id)


@require_POST
def withdraw(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Take back what nobody has answered."""
    asked, access = requests.find(by=request.membership, request_id=request_id)
    try:
        requesting.withdraw_request(by=request.membership, request_id=request_id)
    except RuleBroken as broken:
        messages.error(request, str(broken))
        return _page(request, asked, access, status=422)
    messages.success(request, _("Withdrawn: nobody has to answer it any more."))
    return redirect("casework:request", request_id)


def _page(
    request: HttpRequest,
    asked: InformationRequest,
    access: CaseAccess,
    *,
    form: RefuseForm | None = None,
    status: int = 200,
) -> HttpResponse:
    record(
        action=Action.READ,
        case_id=asked.case_id,
        object_kind="sharing.InformationRequest",
        object_id=asked.pk,
        fields=asked.grants,
    )
    waits = asked.state == RequestState.SENT
    answers = waits and may_answer_request(access, asked)
    held = [item for item in asked.grants if access.can(*item.split(":"))]
    context: dict[str, Any] = {
        "asked": asked,
        "wanted": in_words(asked.grants),
        "granted": in_words(asked.granted),
        "held": in_words(held),
        "grant_url": f"{reverse('sharing:new_decision', args=[asked.case_id])}"
        f"?recipient={asked.from_agency_id}&answers={asked.pk}",
        "mine": asked.from_agency_id == access.agency_id,
        "may_answer": answers,
        "may_withdraw": waits and may_withdraw_request(access, asked),
        "form": form or (RefuseForm() if answers else None),
    }
    return render(request, "casework/request.html", context, status=status)
