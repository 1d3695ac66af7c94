"""Acts on a referral that reach other rooms: send, answer, hand out, withdraw. The pages are in `referrals`."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.page import open_page
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from referrals import inbox_views as pages
from referrals import views as writing
from referrals.models import Referral
from referrals.perms import may_refer

from . import referring


@require_http_methods(["GET", "POST"])
def send(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Send what was previewed. A second click gives the same referral."""
    if request.method == "GET":
        return redirect("referrals:new", case_id)
    case, access, context = open_page(request, case_id, tab="referrals")
    if not may_refer(access):
        raise Refused(_("You can read this case but not add to it."))
    found = writing.carried(request, case)
    form = writing.form_for(request, access, data=found.typed or {})
    form.is_valid()
    if found.typed is None:
        form.add_error(None, _("This page is too old. Check what is written here, then look at the preview again."))
        return writing.write(request, context, form, status=422)
    try:
        referrals = referring.send_referrals(
            by=request.membership,
            case_id=case.pk,
            asked=form.asked(),
            request_key=found.key,
            previewed=found.shown,
            draft_id=form.draft_id,
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return writing.write(request, context, form, status=422)
    return _sent(request, referrals)


def _sent(request: HttpRequest, referrals: list[Referral]) -> HttpResponse:
    """Where to go once it is sent: to the letter where the service has no account."""
    letters = [one for one in referrals if one.waits and one.to_agency.without_account]
    if len(referrals) == 1 and letters:
        messages.success(request, _("Kept. Now make its letter: this service has no account."))
        return redirect("referrals:letter", referrals[0].pk)
    if len(referrals) == 1:
        messages.success(request, _("Referral sent. You are told as soon as the service answers."))
        return redirect("referrals:detail", referrals[0].pk)
    waiting = len([one for one in referrals if one.waits])
    if waiting < len(referrals):
        messages.success(request, _("The first service is asked; the others are next in line."))
    else:
        messages.success(request, _("%(count)d services are asked. You are told of each answer.") % {"count": waiting})
    for one in letters:
        messages.warning(
            request, _("%(service)s has no account: open its line and make its letter.") % {"service": one.to_agency}
        )
    return redirect("referrals:case_list", referrals[0].case_id)


@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Take the person over."""
    if request.method == "GET":
        return redirect("referrals:detail", referral_id)
    referral = pages.find(request, referral_id)
    form = pages.form_of("accept", request.membership, referral, request.POST)
    form.is_valid()
    typed = form.cleaned_data
    try:
        if "first_appointment_at" in form.errors:
            raise RuleBroken({})
        referring.accept_referral(
            by=request.membership,
            referral_id=referral_id,
            note=typed.get("note", ""),
            taken_by=typed.get("taken_by"),
            first_appointment_at=typed.get("first_appointment_at"),
        )
    except RuleBroken as broken:
        return pages.refuse(request, referral, "accept", form, broken)
    messages.success(request, _("Accepted. The case is now open to your service; the sender is told."))
    return redirect("referrals:detail", referral_id)


@require_http_methods(["GET", "POST"])
def decline(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Say no, with a reason."""
    if request.method == "GET":
        return redirect("referrals:detail", referral_id)
    referral = pages.find(request, referral_id)
    form = pages.form_of("decline", request.membership, referral, request.POST)
    form.is_valid()
    try:
        referring.decline_referral(
            by=request.membership,
            referral_id=referral_id,
            reason=form.cleaned_data.get("decline_reason", ""),
            note=form.cleaned_data.get("note", ""),
        )
    except RuleBroken as broken:
        return pages.refuse(request, referral, "decline", form, broken)
    messages.success(request, _("Declined. The sender is told why."))
    return redirect("referrals:detail", referral_id)


@require_http_methods(["GET", "POST"])
def assign(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Say who of the service looks at it, or goes on with it; with `mine` it is the acting member."""
    if request.method == "GET":
        return redirect("referrals:detail", referral_id)
    referral = pages.find(request, referral_id)
    form = pages.form_of("assign", request.membership, referral, request.POST)
    form.is_valid()
    mine = "mine" in request.POST
    try:
        if form.errors and not mine:
            raise RuleBroken({})
        referring.assign_referral(
            by=request.membership,
            referral_id=referral_id,
            user_id=request.membership.user_id if mine else form.cleaned_data.get("assigned_to"),
        )
    except RuleBroken as broken:
        return pages.refuse(request, referral, "assign", form, broken)
    messages.success(request, _("Noted. Reminders go to that person first."))
    return redirect("referrals:list" if mine else "referrals:detail", *([] if mine else [referral_id]))


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Take back a referral that nobody has answered."""
    if request.method == "GET":
        return redirect("referrals:detail", referral_id)
    referral = pages.find(request, referral_id)
    try:
        referring.withdraw_referral(by=request.membership, referral_id=referral_id)
    except RuleBroken as broken:
        return pages.show(request, referral, error=broken, status=422)
    messages.success(request, _("Withdrawn. The service is told."))
    return redirect("referrals:detail", referral_id)
