"""The plan of a case: six steps, and what is missing for each person."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cases.page import open_page
from cases.perms import never_his

from . import steps


@require_GET
def overview(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The six steps of the process as a list of tasks, her work and his side by side, each for who may see it."""
    case, access, context = open_page(request, case_id, tab="plan")
    found = steps.overview(request.membership, case, access)
    context |= {
        "steps": found,
        "missing": [(step, line) for step in found for line in step.missing],
        "names": {person.pk: person.person.full_name for person in steps.persons_of(case, access)},
        "his_side": never_his(access),
        "may_write": access.contribute,
    }
    return render(request, "plans/overview.html", context)
