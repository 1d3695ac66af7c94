"""The map of missing services, and its file for the annual report."""

import csv
from io import StringIO

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from audit.models import Action
from audit.services import record
from common.clock import local, now

from .gaps import GapMap, gap_map, may_read_gaps, table
from .guards import only

gap_readers_only = only(may_read_gaps)
FIRST_YEAR = 2020


@require_GET
@gap_readers_only
def gaps(request: HttpRequest) -> HttpResponse:
    """Which kinds of services were missing in a year, where and for which need."""
    found = _found(request)
    return render(request, "administration/gaps.html", {"found": found})


@require_GET
@gap_readers_only
def gaps_file(request: HttpRequest) -> HttpResponse:
    """The same as a table to take away: small counts are not told."""
    found = _found(request)
    record(action=Action.EXPORTED, object_kind="referrals.ServiceGap", fields=[str(found.year)])
    text = StringIO()
    csv.writer(text, delimiter=";").writerows(table(found))
    answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="services-{found.year}.csv"'
    return answer


def _found(request: HttpRequest) -> GapMap:
    this = local(now()).year
    typed = request.GET.get("year", "")
    year = int(typed) if typed.isascii() and typed.isdigit() and len(typed) == 4 else this
    year = year if FIRST_YEAR <= year <= this else this
    return gap_map(by=request.membership, year=year, language=get_language() or "fr")
