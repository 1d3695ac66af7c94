"""The plan of a case: six steps, and what is missing for each person."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cases.page import open_page


@require_GET
def overview(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The six steps of the process as a list of tasks, her work and his side by side, each for who may see it."""
    _case, _access, context = open_page(request, case_id, tab="plan")
    return render(request, "plans/overview.html", context)
