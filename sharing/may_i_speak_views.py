"""“May I speak?”: the same pages without an account and beside a case. Nothing answered is stored."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from cases.page import open_page
from common.clock import local, now
from common.texts import Text

from .law import article
from .may_i_speak import MOST, NoSuchWay, Outcome, Walk, tree, walk
from .perms import may_decide


@login_not_required
@require_GET
def may_i_speak(request: HttpRequest) -> HttpResponse:
    """For anybody, without a case: the answers are letters in the address (`?a=`) and say nothing of anyone."""
    return render(request, "sharing/may_i_speak.html", _context(request))


@require_GET
def case_may_i_speak(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Beside a case: an answer that names a basis opens the sharing decision with that basis chosen."""
    case, access, context = open_page(request, case_id, tab="access")
    context |= _context(request)
    outcome = context["walk"].outcome
    if outcome and outcome.basis and may_decide(access):
        context["decision_url"] = f"{reverse('sharing:new_decision', args=[case.pk])}?basis={outcome.basis}"
    return render(request, "sharing/case_may_i_speak.html", context)


def _context(request: HttpRequest) -> dict[str, Any]:
    """What `sharing/may_i_speak_body.html` shows; an address that no answers give starts again, and says so."""
    try:
        found, lost = walk(request.GET.get("a", "")), False
    except NoSuchWay:
        found, lost = walk(""), True
    return {
        "walk": found,
        "lost": lost,
        "most": MOST,
        "answered": [
            {"question": _said(step.question.text), "answer": _said(step.answer.text), "before": step.before}
            for step in found.steps
        ],
        "provenance": _said(tree().provenance),
        **_question(found),
        **(_outcome(found.outcome) if found.outcome else {}),
    }


def _question(found: Walk) -> dict[str, Any]:
    if found.question is None:
        return {}
    return {
        "question": _said(found.question.text),
        "help": _said(found.question.help),
        "answers": [
            {"way": found.way + answer.code, "text": _said(answer.text), "help": _said(answer.help)}
            for answer in found.question.answers
        ],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    today = local(now()).date()
    parts = ("say", "whom", "write_down", "still")
    return {
        "title": _said(outcome.title),
        "why": _said(outcome.why),
        "articles": [article(key, today) for key in outcome.articles],
        **{part: [_said(text) for text in getattr(outcome, part)] for part in parts},
    }


def _said(text: Text | None) -> str:
    """In the reader's language."""
    return text.translated(get_language() or "fr") if text else ""
