"""The posters of a cell: where each hangs, its paper, its end."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.models import Action
from audit.services import record
from common import pdf
from common.errors import RuleBroken
from common.forms import show_errors

from . import handouts, posters
from .handout_forms import PosterForm
from .perms import may_keep_posters

FILE_NAME = "poster.pdf"


@require_http_methods(["GET", "POST"])
def poster_list(request: HttpRequest) -> HttpResponse:
    """Those that hang and those that were taken down; POST adds one."""
    by = request.membership
    if not may_keep_posters(by):
        raise Http404
    form = PosterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = posters.hang(
                by=by, poster_id=given["key"], place=given["place"], postal_code=given["postal_code"].strip()
            )
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("The poster is ready: print it and put it up."))
            return redirect("agencies:poster", made.pk)
    context = {
        "form": form,
        "forms": [form],
        "posters": list(posters.posters_of(by)[: posters.MOST]),
        "duty": posters.duty_number(by.agency),
    }
    return render(request, "agencies/posters.html", context, status=422 if request.method == "POST" else 200)


@require_GET
def poster(request: HttpRequest, poster_id: UUID) -> HttpResponse:
    """One poster as a page to print (`?language=`)."""
    found = posters.poster_of(by=request.membership, poster_id=poster_id)
    language, content = handouts.words(handouts.POSTER, _language(request))
    context = {
        "poster": found,
        "content": content,
        "code": language,
        "languages": handouts.languages_of(handouts.POSTER),
        "picture": posters.picture(found, language),
        "address": posters.address(found),
        "number": posters.duty_number(found.agency),
    }
    return render(request, "agencies/poster.html", context)


@require_GET
def poster_pdf(request: HttpRequest, poster_id: UUID) -> HttpResponse:
    """The same as a PDF (`?language=`)."""
    found = posters.poster_of(by=request.membership, poster_id=poster_id)
    printed = posters.document(found, _language(request))
    record(action=Action.EXPORTED, object_kind="agencies.Poster", object_id=found.pk)
    return pdf.answer(printed, name=FILE_NAME)


@require_POST
def poster_end(request: HttpRequest, poster_id: UUID) -> HttpResponse:
    """Taken down: its page takes no more requests."""
    posters.take_down(by=request.membership, poster_id=poster_id)
    messages.success(request, _("Taken down: its page takes no more requests and gives numbers to call instead."))
    return redirect("agencies:posters")


def _language(request: HttpRequest) -> str:
    return request.GET.get("language", "") or (get_language() or "fr").partition("-")[0]
