"""The page of a case that says whom to call in which service."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cases.page import open_page

from .contacts import contacts_of


@require_GET
def contacts(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The services of the case that the acting one may know, and their professional numbers."""
    case, access, context = open_page(request, case_id, tab="summary", page="contacts")
    context["contacts"] = contacts_of(case, access, request.membership.agency)
    context["alone"] = len(context["contacts"]) == 1
    return render(request, "casework/contacts.html", context)
