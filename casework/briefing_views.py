"""The shift sheet of a police zone, on screen and on paper. It exists for police zones alone."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from audit.models import Action
from common import pdf

from . import briefing

FILE_NAME = "briefing.pdf"


def _sheet(request: HttpRequest, action: Action) -> briefing.Sheet:
    if not briefing.may_brief(request.membership):
        raise Http404
    found = briefing.sheet(request.membership, get_language() or "fr")
    briefing.record_read(found, request.membership, action=action)
    return found


@require_GET
def briefing_page(request: HttpRequest) -> HttpResponse:
    """What holds tonight in the cases of the zone, the most urgent first."""
    found = _sheet(request, Action.LISTED)
    context = {"sheet": found, "left_out": briefing.left_out_words(found)}
    return render(request, "casework/briefing.html", context)


@require_GET
def briefing_pdf(request: HttpRequest) -> HttpResponse:
    """The same to print, with the hour after which it is destroyed, and the five questions as a poster."""
    found = _sheet(request, Action.EXPORTED)
    return pdf.answer(pdf.render("briefing.typ", briefing.document(found, request.membership)), name=FILE_NAME)
