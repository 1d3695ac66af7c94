"""Acts on a referral that reach other rooms: send, accept, decline, withdraw. The pages are `referrals.views`."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.page import open_page
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from referrals import views as pages
from referrals.forms import AcceptForm, DeclineForm
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
    typed, key, grants = pages.carried(request, case)
    form = pages.form_for(request, access, data=typed or {})
    form.is_valid()
    if typed is None:
        form.add_error(None, _("This page is too old. Check what is written here, then look at the preview again."))
        return pages.write(request, context, form, status=422)
    try:
        referral = referring.send_referral(
            by=request.membership, case_id=case.pk, asked=form.asked(), request_key=key, previewed=grants
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return pages.write(request, context, form, status=422)
    messages.success(request, _("Referral sent. You are told as soon as the service answers."))
    return redirect("referrals:detail", referral.pk)


@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Take the person over."""
    if request.method == "GET":
        return redirect("referrals:detail", referral_id)
    referral = pages.find(request, referral_id)
    form = AcceptForm(request.POST)
    form.is_valid()
    try:
        note = form.cleaned_data.get("note", "")
        referring.accept_referral(by=request.membership, referral_id=referral_id, note=note)
    except RuleBroken as broken:
        return pages.show(request, referral, error=broken, status=422)
    messages.success(request, _("Accepted. The case is now open to your service; the sender is told."))
    return redirect("referrals:detail", referral_id)


@require_http_methods(["GET", "POST"])
def decline(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Say no, with a reason."""
    if request.method == "GET":
        return redirect("referrals:detail", referral_id)
    referral = pages.find(request, referral_id)
    form = DeclineForm(request.POST, auto_id="id_decline_%s")
    form.is_valid()
    try:
        referring.decline_referral(
            by=request.membership,
            referral_id=referral_id,
            reason=form.cleaned_data.get("decline_reason", ""),
            note=form.cleaned_data.get("note", ""),
        )
    except RuleBroken as broken:
        if "decline_reason" not in broken.errors:
            return pages.show(request, referral, error=broken, status=422)
        show_errors(form, broken.errors)
        return pages.show(request, referral, form=form, status=422)
    messages.success(request, _("Declined. The sender is told why."))
    return redirect("referrals:detail", referral_id)


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
