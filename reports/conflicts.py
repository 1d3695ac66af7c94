"""The page of a draft two people changed, whatever the draft is to become; it works without a script."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.errors import StaleVersion

from .inputs import KEEP


def page(
    request: HttpRequest,
    stale: StaleVersion,
    data: Mapping[str, Any],
    *,
    action: str,
    label_of: Callable[[str], str],
    words: Callable[[str, Any], str],
) -> HttpResponse:
    """Both values of each differing field, with a choice, sent to `action` with the rest of `data`."""
    items = [
        {
            "name": KEEP + item["field"],
            "label": label_of(item["field"]),
            "yours": words(item["field"], item["yours"]),
            "theirs": words(item["field"], item["theirs"]),
        }
        for item in stale.conflicts
    ]
    carried = [
        (name, value) for name, values in data.items() for value in (values if isinstance(values, list) else [values])
    ]
    context = {"action": action, "items": items, "carried": carried, "version": stale.version}
    return render(request, "reports/conflict.html", context, status=409)
