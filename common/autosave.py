"""The server's side of static/js/autosave.js: what a draft is saved from, and what the script is told."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404, HttpRequest, JsonResponse

from .errors import Refused, RuleBroken, StaleVersion


def version_of(request: HttpRequest, name: str = "version") -> int:
    """The version the page was made from, by the name of its field; 0 for anything that is not a number."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def differing(theirs: Mapping[str, Any], yours: Mapping[str, Any]) -> list[dict[str, Any]]:
    """{"field", "theirs", "yours"} for each value two savings of a draft do not share, as StaleVersion lists them."""
    return [
        {"field": name, "theirs": theirs.get(name, ""), "yours": yours.get(name, "")}
        for name in sorted({*theirs, *yours})
        if theirs.get(name, "") != yours.get(name, "")
    ]


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
