"""The list of wordings, as the browser takes it. No text comes here: see `reports.hints`."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET

from . import hints
from .models import HintList

A_WEEK = 7 * 24 * 3600


@require_GET
def latest(request: HttpRequest, language: str) -> HttpResponse:
    """To the version proposed now to who reads the screens in this language. Raises Http404."""
    found = hints.for_reader(language)
    if found is None:
        raise Http404
    return redirect("reports:hints", found.language, found.version)


@require_GET
def version(request: HttpRequest, language: str, version: int) -> HttpResponse:
    """A published version, which never changes: {"language", "version", "hints"}. Raises Http404."""
    found = get_object_or_404(HintList, language=language, version=version)
    answer = JsonResponse({"language": found.language, "version": found.version, "hints": found.hints})
    answer["Cache-Control"] = f"private, max-age={A_WEEK}, immutable"
    return answer


version.same_for_everybody = True
