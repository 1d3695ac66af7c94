"""The duty inbox: requests to be called back, of no case."""

from typing import Any
from uuid import UUID

import phonenumbers
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from agencies.handout_content import PAPER_LANGUAGES
from agencies.perms import may_keep_posters, may_write
from audit.models import Action
from audit.services import record
from common import phones
from common.errors import RuleBroken
from common.forms import show_errors

from . import callbacks
from .forms import ClaimForm
from .models import CallbackOutcome, CallbackRequest
from .perms import may_answer_callbacks

MOST_OVER = 20
KIND = "followups.CallbackRequest"


class OutcomeForm(forms.Form):
    """How the call went."""

    use_required_attribute = False

    outcome = forms.ChoiceField(
        label=gettext_lazy("How it went"),
        choices=[(value, capfirst(label)) for value, label in CallbackOutcome.choices],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say how it went.")},
    )


@require_GET
def callback_list(request: HttpRequest) -> HttpResponse:
    """What waits, the one due first first, and the last ones that are over."""
    by = request.membership
    if not may_answer_callbacks(by):
        raise Http404
    waiting = list(callbacks.waiting_for(by)[: callbacks.MOST_OPEN])
    over = list(callbacks.over_in(by)[:MOST_OVER])
    writes = may_write(by)
    record(action=Action.LISTED, object_kind=KIND, fields=[str(each.pk) for each in [*waiting, *over]])
    context = {
        "waiting": [
            {
                "request": each,
                **_told(each),
                "hours": each.hours if writes else "",
                "may_take": writes and each.taken_by_id is None,
                "mine": writes and each.taken_by_id == by.user_id,
            }
            for each in waiting
        ],
        "over": over,
        "keeps_posters": may_keep_posters(by),
    }
    return render(request, "followups/callbacks.html", context)


@require_GET
def callback(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """One request: what to know before the call, and who makes it."""
    return _page(request, callbacks.get_callback(by=request.membership, request_id=request_id))


@require_POST
def callback_take(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """“I call”, from the list: the rules come before the number."""
    _take(request, request_id)
    return redirect("followups:callback", request_id)


@require_POST
def callback_number(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """The same page once the rules have been read: who asks makes the call and sees the number, which is on record."""
    found = _take(request, request_id)
    if found is None:
        return redirect("followups:callback", request_id)
    return _page(request, found, revealed=True)


def _take(request: HttpRequest, request_id: UUID) -> CallbackRequest | None:
    """Who asks for it makes the call from now on; None, with the reason as a message, where that is refused."""
    form = ClaimForm(request.POST)
    held_by = form.cleaned_data["held_by"] if form.is_valid() else None
    try:
        return callbacks.take(by=request.membership, request_id=request_id, held_by=held_by)
    except RuleBroken as broken:
        messages.error(request, str(broken))
        return None


@require_POST
def callback_handle(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Write how it went; number and hours are forgotten with it."""
    form = OutcomeForm(request.POST)
    outcome = form.cleaned_data["outcome"] if form.is_valid() else ""
    try:
        callbacks.handle(by=request.membership, request_id=request_id, outcome=outcome)
    except RuleBroken as broken:
        if form.is_valid():
            show_errors(form, broken.errors)
        found = callbacks.get_callback(by=request.membership, request_id=request_id)
        return _page(request, found, form=form, status=422)
    messages.success(request, _("Written down. The number and the hours are erased."))
    return redirect("followups:callbacks")


def _page(
    request: HttpRequest,
    found: CallbackRequest,
    *,
    form: forms.Form | None = None,
    revealed: bool = False,
    status: int = 200,
) -> HttpResponse:
    by = request.membership
    opened = callbacks.opened_to(by, found)
    others = callbacks.same_number(by, found) if opened else []
    shown = ["number"] * (opened and revealed) + ["hours"] * (may_write(by) and found.erased_at is None)
    record(action=Action.READ, object_kind=KIND, object_id=found.pk, fields=shown)
    form = form or OutcomeForm()
    context: dict[str, Any] = {
        "request_": found,
        **_told(found),
        "opened": opened,
        "may_call": may_write(by) and found.erased_at is None,
        "hours": found.hours if may_write(by) else "",
        "others": others,
        "form": form,
        "forms": [form],
    }
    if opened and revealed:
        context |= {"number": phones.display(found.number), "href": f"tel:{found.number}", "abroad": _abroad(found)}
    return render(request, "followups/callback.html", context, status=status)


def _told(found: CallbackRequest) -> dict[str, Any]:
    return {"place": found.poster.place, "language": PAPER_LANGUAGES.get(found.language, found.language)}


def _abroad(found: CallbackRequest) -> bool:
    return phonenumbers.region_code_for_number(phonenumbers.parse(found.number, None)) != phones.REGION
