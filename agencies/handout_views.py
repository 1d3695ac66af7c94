"""Papers to hand over: what there is, one on a page to print, one as a PDF. Nothing of a case stands on any of them."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from audit.models import Action
from audit.services import record
from common import pdf

from . import handouts, places
from .handout_content import NUMBERED, SHAPES
from .handout_forms import ChooseForm
from .handouts import POSTER, Paper
from .models import Place
from .perms import may_hand_out, may_keep_posters


def _about() -> dict[str, dict[str, str]]:
    """The papers in the words of who hands them over, in their order."""
    return {
        "pathway": {
            "name": _("“Your way through, in 4 steps”"),
            "what": _("For who has lived violence: what happens now, what they may ask for, whom to call."),
        },
        "advice": {
            "name": _("“You are not alone”"),
            "what": _("For who has only just begun to talk: advice for the days to come, and whom to call."),
        },
        "card": {
            "name": _("Discreet card"),
            "what": _(
                "The size of a bank card. It names no service and no violence: prefer it if somebody may find it."
            ),
        },
        "violence": {
            "name": _("“What to do about violence?”"),
            "what": _("For front-line workers: how to talk, what to look out for, where to turn in this place."),
        },
        "perpetrator": {
            "name": _("“What to do when facing somebody who uses violence?”"),
            "what": _("For front-line workers: safety first, how to talk, where to turn in this place."),
        },
        "checklist": {
            "name": _("Five questions at the counter"),
            "what": _("To put up where people are received, and for the briefing."),
        },
    }


@require_GET
def handout_list(request: HttpRequest) -> HttpResponse:
    """Every paper, for the place and the language chosen (`?place=&language=`)."""
    if not may_hand_out(request.membership):
        raise Http404
    form = ChooseForm(request.GET or None, initial={"language": _own_language()})
    language, typed, found = _own_language(), "", []
    if form.is_bound and form.is_valid():
        language = form.cleaned_data["language"] or language
        typed = form.cleaned_data["place"].strip()
        found = places.find(typed) if typed else []
        if typed and not found:
            form.add_error("place", _("No place of this name is known here: try its postal code."))
    chosen = found[0] if len(found) == 1 else None
    published = handouts.published()
    context = {
        "form": form,
        "forms": [form],
        "papers": [{"key": key, "languages": published[key], **about} for key, about in _about().items()],
        "language": language,
        "chosen": {"code": chosen.postal_code, "name": places.name_in(chosen, language)} if chosen else None,
        "several": [{"code": each.postal_code, "name": places.name_in(each, language)} for each in found]
        if len(found) > 1
        else [],
        "keeps_posters": may_keep_posters(request.membership),
    }
    return render(request, "agencies/handouts.html", context, status=422 if form.errors else 200)


@require_GET
def handout(request: HttpRequest, handout_key: str) -> HttpResponse:
    """One paper as a page of its own to print, without the frame of the site."""
    paper = _paper(request, handout_key)
    context: dict[str, Any] = {
        "paper": paper,
        "steps": handout_key in NUMBERED,
        "languages": handouts.languages_of(handout_key),
        "postal_code": request.GET.get("postal_code", "")[:4],
    }
    return render(request, "agencies/handout.html", context)


@require_GET
def handout_pdf(request: HttpRequest, handout_key: str) -> HttpResponse:
    """The same as a PDF; that it was taken stands in the trail."""
    paper = _paper(request, handout_key)
    record(action=Action.EXPORTED, object_kind="agencies.HandOut", fields=[handout_key, paper.language])
    return pdf.answer(handouts.document(paper), name=handouts.FILE_NAME)


def _paper(request: HttpRequest, key: str) -> Paper:
    """`?postal_code=&language=`; a code that is not known is printed without a place. Raises Http404."""
    if not may_hand_out(request.membership) or key not in SHAPES or key == POSTER:
        raise Http404
    language = request.GET.get("language", "") or _own_language()
    code = places.postal_code_in(request.GET.get("postal_code", "").replace("\x00", ""))
    place = Place.objects.filter(postal_code=code).first() if code else None
    called = f"{places.name_in(place, language)} ({code})" if place else ""
    return handouts.paper(
        key, language=language, postal_code=code if place else "", place=called, agency=request.membership.agency
    )


def _own_language() -> str:
    return (get_language() or "fr").partition("-")[0]
