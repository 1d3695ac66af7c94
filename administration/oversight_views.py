"""Unusual readings and emergency searches, for data-protection officers alone. Reading these pages is on record too."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from agencies.perms import may_oversee
from audit.models import Action
from audit.services import record
from common.errors import RuleBroken
from common.forms import show_errors
from common.pagination import page_or_first

from . import emergency_searches as searched
from . import unusual_readings, unusual_words
from .guards import only
from .models import UnusualReading
from .perms import may_conclude
from .unusual_forms import ConclusionForm

KIND = "administration.UnusualReading"
officers_only = only(may_oversee)


@require_GET
@officers_only
def unusual(request: HttpRequest) -> HttpResponse:
    """What the rules noted in every agency, what waits first."""
    found = page_or_first(
        lambda cursor: unusual_readings.readings(request.membership, cursor), request.GET.get("cursor")
    )
    sections = {name: [_line(row) for row in getattr(found, name)] for name in ("waiting", "asked")}
    sections["concluded"] = [_line(row) for row in found.concluded.items]
    ids = [line["reading"].pk for lines in sections.values() for line in lines]
    record(action=Action.LISTED, object_kind=KIND, fields=ids)
    context = sections | {
        "more_waiting": found.more_waiting,
        "page": found.concluded,
        "looked_until": found.looked_until,
        "first_page": found.concluded.previous_cursor is None,
    }
    return render(request, "administration/unusual.html", context)


@require_http_methods(["GET", "POST"])
@officers_only
def unusual_reading(request: HttpRequest, reading_id: UUID) -> HttpResponse:
    """One of them: who, which rule with its figures, what was read; and the conclusion."""
    told = unusual_readings.reading(request.membership, reading_id)
    form = ConclusionForm(request.POST if request.method == "POST" else None, initial={"after": len(told.reviews)})
    if request.method == "POST":
        form.is_valid()
        given = form.cleaned_data
        try:
            unusual_readings.conclude(
                by=request.membership,
                reading_id=reading_id,
                conclusion=given.get("conclusion", ""),
                words=given.get("words", ""),
                after=given.get("after") or 0,
            )
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("Your conclusion is kept."))
            return redirect("administration:unusual_reading", reading_id)
    record(action=Action.READ, object_kind=KIND, object_id=reading_id)
    row = told.reading
    own = row.user_id == request.membership.user_id
    context = _line(row) | {
        "told": told,
        "form": form,
        "threshold": unusual_words.threshold(row),
        "pages": unusual_words.pages_read(row),
        "categories": unusual_words.categories_read(row),
        "may_conclude": told.open and told.larger is None and may_conclude(request.membership, row),
        "own": own,
    }
    return render(request, "administration/unusual_reading.html", context, status=422 if form.is_bound else 200)


@require_GET
@officers_only
def emergency_searches(request: HttpRequest) -> HttpResponse:
    """Who searched in an emergency, what was found and what was opened, or nothing."""
    lines, page = page_or_first(lambda cursor: searched.searches(request.membership, cursor), request.GET.get("cursor"))
    record(action=Action.LISTED, object_kind="administration.emergency_searches", fields=[line.id for line in lines])
    context = {"lines": lines, "page": page, "days": searched.LATELY.days}
    return render(request, "administration/emergency_searches.html", context)


def _line(row: UnusualReading) -> dict[str, Any]:
    return {
        "reading": row,
        "day": unusual_words.day(row),
        "figure": unusual_words.figure(row),
        "usual": unusual_words.usual(row),
    }
