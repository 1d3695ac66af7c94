"""The page of a referral to a service without an account: its letter, and what it answered. Its own page is public and
stands in `casework.letter_views`, with the acts that reach other rooms.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from agencies.perms import may_write
from audit.models import Action
from audit.services import record
from common import pdf
from common.errors import Refused, RuleBroken
from common.forms import INCOMPLETE, show_errors

from . import letters
from .answering import consent_has_ended
from .letter_forms import ByPhoneForm, MakeForm, ResultForm
from .letter_paper import number, paper
from .models import GOING_ON, Referral

SALT = "referrals.letter.paper"
HOUR = 60 * 60


@never_cache
@require_http_methods(["GET", "POST"])
def letter(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """What was sent and answered; POST makes a new letter and shows its code, once."""
    referral = letters.sent_without_account(by=request.membership, referral_id=referral_id)
    read(referral)
    if request.method == "GET":
        return show(request, referral)
    if not may_write(request.membership):
        raise Refused(_("Your role reads referrals but does not answer them."))
    form = MakeForm(request.POST)
    if not form.is_valid():
        return show(request, referral, refused=[INCOMPLETE], status=422)
    try:
        told = letters.make_letter(by=request.membership, referral_id=referral_id, key=form.cleaned_data["key"])
    except RuleBroken as broken:
        return show(request, referral, refused=broken.messages, status=422)
    if told is None:
        messages.warning(
            request, _("This letter is made already: its code was shown once. Make another if it is lost.")
        )
        return redirect("referrals:letter", referral_id)
    token = signing.dumps({"letter": str(told.letter.pk), "link": told.link}, salt=SALT)
    context = {
        "referral": referral,
        "letter": told.letter,
        "number": number(told.letter),
        "code": f"{told.code[:4]} {told.code[4:]}",
        "address": address(told.link),
        "token": token,
    }
    return render(request, "referrals/letter_made.html", context)


@require_POST
def letter_pdf(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """The letter as a PDF, as long as the page that made it is open: its link is kept nowhere."""
    referral = letters.sent_without_account(by=request.membership, referral_id=referral_id)
    try:
        found = signing.loads(request.POST.get("token", ""), salt=SALT, max_age=HOUR)
    except signing.BadSignature:
        found = {}
    made = next((each for each in letters.letters_of(referral) if str(each.pk) == found.get("letter")), None)
    if made is None or not letters.is_live(made, referral):
        messages.warning(request, _("This letter can no longer be printed. Make another one: it replaces it."))
        return redirect("referrals:letter", referral_id)
    record(action=Action.EXPORTED, case_id=referral.case_id, object_kind="referrals.letter", object_id=referral.pk)
    document = pdf.render("referral_letter.typ", paper(made, referral, address=address(found["link"])))
    return pdf.answer(document, name=f"letter-{number(made)}.pdf")


def address(link: str) -> str:
    """The whole address of the one-time page; groups of four letters are easier to type."""
    grouped = "-".join(link[start : start + 4] for start in range(0, len(link), 4))
    return settings.SITE_URL.rstrip("/") + reverse("casework:answer_letter", args=[grouped])


def read(referral: Referral) -> None:
    """On record: the page was read."""
    record(action=Action.READ, case_id=referral.case_id, object_kind="referrals.detail", object_id=referral.pk)


def show(
    request: HttpRequest,
    referral: Referral,
    *,
    form: forms.Form | None = None,
    refused: list[Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; `form` is a refused ByPhoneForm or ResultForm, `refused` sentences of no field."""
    referral.refresh_from_db(fields=["state"])
    made = letters.letters_of(referral)
    writes = may_write(request.membership)
    context = {
        "referral": referral,
        "lines": [{"letter": each, "number": number(each), "live": letters.is_live(each, referral)} for each in made],
        "answered": next((each for each in made if each.answer), None),
        "form": form,
        "refused": refused or [],
        "consent_ended": referral.waits and consent_has_ended(referral),
        "make_form": MakeForm() if writes and referral.waits else None,
        "phone_form": (form if isinstance(form, ByPhoneForm) else ByPhoneForm()) if writes and referral.waits else None,
        "result_form": (form if isinstance(form, ResultForm) else ResultForm())
        if writes and referral.state in GOING_ON
        else None,
        "tries": letters.MOST_TRIES,
        "days": settings.LETTER_DAYS,
    }
    return render(request, "referrals/letter.html", context, status=status)


def refuse(request: HttpRequest, referral: Referral, form: forms.Form, broken: RuleBroken) -> HttpResponse:
    """The page again with what is wrong, everything typed kept."""
    if "" in broken.errors:
        return show(request, referral, refused=broken.messages, status=422)
    form.is_valid()
    show_errors(form, broken.errors)
    return show(request, referral, form=form, status=422)
