"""The one-time page of a service without an account, and what it said by phone."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common.errors import RuleBroken
from common.forms import show_errors
from common.public_pages import public_form, sent_from, token
from referrals import letter_views as pages
from referrals import letters
from referrals.letter_forms import AnswerForm, ByPhoneForm, ResultForm

from . import letters as acts

SALT = "casework.letter.form"
HOUR = 60 * 60


@public_form("code")
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, link: str) -> HttpResponse:
    """One answer, with the code. Shows nothing of the letter nor of who sent it; sets no cookie.

    Every link that takes no answer gets the same page: unknown, ended, used, out of tries, of a referral that is over.
    """
    letter = letters.find(link)
    if letter is None:
        return _closed(request)
    if request.method == "GET":
        return _form(request, link, AnswerForm(auto_id="id_%s"), letter.tries)
    form = AnswerForm(request.POST)
    if sent_from(request, salt=SALT, life=HOUR) != letters.link_digest(link):
        form.is_valid()
        form.add_error(None, _("This page was open for too long. Check your answer and send it again."))
        return _form(request, link, form, letter.tries, status=422)
    if not form.is_valid():
        return _form(request, link, form, letter.tries, status=422)
    typed = form.cleaned_data
    try:
        taken = acts.answer_by_page(
            link=link, code=typed["code"], answer=typed["answer"], decline_reason=typed["decline_reason"]
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _form(request, link, form, letter.tries, status=422)
    if taken == acts.Taken.CLOSED:
        return _closed(request)
    if taken == acts.Taken.WRONG_CODE:
        # an error answer would take back the count of tries
        return redirect("casework:answer_letter", link)
    return render(request, "casework/answer_letter_done.html", {"answer": typed["answer"]})


def _form(request: HttpRequest, link: str, form: AnswerForm, tries: int, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "token": token(letters.link_digest(link), salt=SALT),
        "wrong": tries > 0,
        "left": letters.MOST_TRIES - tries,
    }
    return render(request, "casework/answer_letter.html", context, status=status)


def _closed(request: HttpRequest) -> HttpResponse:
    return render(request, "casework/answer_letter_closed.html", status=404)


@require_http_methods(["GET", "POST"])
def told(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Write down what the service said by phone."""
    if request.method == "GET":
        return redirect("referrals:letter", referral_id)
    referral = letters.sent_without_account(by=request.membership, referral_id=referral_id)
    form = ByPhoneForm(request.POST)
    if not form.is_valid():
        return pages.show(request, referral, form=form, status=422)
    typed = form.cleaned_data
    try:
        acts.answer_by_phone(
            by=request.membership,
            referral_id=referral_id,
            answer=typed["answer"],
            decline_reason=typed["decline_reason"],
            note=typed["note"],
        )
    except RuleBroken as broken:
        return pages.refuse(request, referral, form, broken)
    messages.success(request, _("Written down. The letter takes no answer any more."))
    return redirect("referrals:letter", referral_id)


@require_http_methods(["GET", "POST"])
def result(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Write down what became of it, which ends the referral."""
    if request.method == "GET":
        return redirect("referrals:letter", referral_id)
    referral = letters.sent_without_account(by=request.membership, referral_id=referral_id)
    form = ResultForm(request.POST)
    if not form.is_valid():
        return pages.show(request, referral, form=form, status=422)
    try:
        letters.complete(by=request.membership, referral_id=referral_id, result=form.cleaned_data["result"])
    except RuleBroken as broken:
        return pages.refuse(request, referral, form, broken)
    messages.success(request, _("Written down: this referral is over."))
    return redirect("referrals:letter", referral_id)
