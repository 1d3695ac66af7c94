"""The page behind the code of a poster: a number to call, and a form that asks for a safe number and hours.

Without an account, a cookie or a script. Its words are those of the hand-out `poster`, in any of its languages, and say
nothing that could harm who is seen reading them. The address holds the code and the language, nothing else.
"""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from agencies.handout_content import FALLBACK
from agencies.handouts import POSTER, languages_of, words
from agencies.help_numbers import shown
from agencies.models import Poster
from agencies.posters import duty_number, open_poster
from common.errors import RuleBroken
from common.ids import uuid7
from common.phones import dialled
from common.public_pages import language_of, public_form, sent_from, token

from . import callbacks

SALT = "followups.poster"
LIFE = 4 * 60 * 60
"""Seconds a page may stay open before it is sent."""
LONGEST_TYPED = 200


@public_form()
@require_http_methods(["GET", "HEAD", "POST"])
def poster_page(request: HttpRequest, code: str) -> HttpResponse:
    """Ask to be called back. Every code that opens nothing is answered alike."""
    language = _language(request)
    poster = open_poster(code)
    if poster is None:
        plain = [one for one in shown(language) if one.plain_name]
        return _answer(request, "followups/poster_ended.html", language, {"numbers": plain}, status=404)
    if request.method != "POST":
        return _form(request, poster, language)
    typed = {name: request.POST.get(name, "")[:LONGEST_TYPED] for name in ("number", "hours")}
    key = _key(request, poster)
    if key is None:
        return _form(request, poster, language, typed, {"": "again"}, status=422)
    try:
        callbacks.ask(poster=poster, key=key, language=language, **typed)
    except RuleBroken as broken:
        return _form(request, poster, language, typed, {name: f"wrong_{name}" for name in broken.errors}, status=422)
    except callbacks.TooMany:
        return _form(request, poster, language, typed, {"": "too_many"}, status=429)
    return redirect(f"{reverse('followups:poster_thanks', args=[code])}?l={language}")


@login_not_required
@never_cache
@require_safe
def poster_thanks(request: HttpRequest, code: str) -> HttpResponse:
    """The same for every code, whether anything was sent or not."""
    return _answer(request, "followups/poster_thanks.html", _language(request), {})


def _form(
    request: HttpRequest,
    poster: Poster,
    language: str,
    typed: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """The page; `wrong` names by field the label that says what to do."""
    _code, content = words(POSTER, language)
    number = duty_number(poster.agency)
    context = {
        "code": poster.code,
        "duty": number,
        "duty_href": f"tel:{dialled(number)}",
        "typed": typed or {},
        "wrong": {field or "page": content.labels[label] for field, label in (wrong or {}).items()},
        "longest": callbacks.LONGEST_HOURS,
        "token": token({"page": str(uuid7()), "poster": poster.code}, salt=SALT),
    }
    return _answer(request, "followups/poster_page.html", language, context, status=status)


def _answer(
    request: HttpRequest, template: str, language: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    code, content = words(POSTER, language)
    context |= {
        "language": code,
        "say": content.labels,
        "languages": [{"code": each, "name": name, "current": each == code} for each, name in languages_of(POSTER)],
    }
    with translation.override(code):
        return render(request, template, context, status=status)


def _key(request: HttpRequest, poster: Poster) -> UUID | None:
    """What the page that was sent called itself; None for one that is too old, of another poster or not ours."""
    page = sent_from(request, salt=SALT, life=LIFE)
    return UUID(page["page"]) if page and page["poster"] == poster.code else None


def _language(request: HttpRequest) -> str:
    """Of those the poster is written in."""
    return language_of(request, [code for code, _name in languages_of(POSTER)]) or FALLBACK
