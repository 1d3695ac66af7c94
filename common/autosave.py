"""The server's side of static/js/autosave.js: what a draft is saved from, and what the script is told."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, JsonResponse

from .errors import Refused, RuleBroken, StaleVersion


def version_of(request: HttpRequest) -> int:
    """The version of the draft the page was made from; 0 for anything that is not a number."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def answer(save: Callable[[], Any], *, label_of: Callable[[str], str] | None = None) -> JsonResponse:
    """Save, and say {"saved_at", "version"} of what `save` kept, or why not: 400, 403, 404, 409 with both values.

    `label_of` gives the words of a field for conflicts that do not bring them.
    """
    try:
        kept = save()
    except StaleVersion as stale:
        conflicts = [
            conflict | {"label": label_of(conflict["field"])} if label_of else conflict for conflict in stale.conflicts
        ]
        return JsonResponse({"version": stale.version, "conflicts": conflicts}, status=409)
    except RuleBroken as broken:
        return JsonResponse({"errors": broken.as_dict()}, status=400)
    except Refused as refused:
        return JsonResponse({"detail": str(refused)}, status=403)
    except Http404:
        return JsonResponse({"detail": "not found"}, status=404)
    return JsonResponse({"saved_at": kept.saved_at.isoformat(), "version": kept.version})
