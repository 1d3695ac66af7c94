"""Who is asked for in a service about each theme, by who administers it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agencies import reference_persons as services
from agencies.enums import Theme
from agencies.reference_person_forms import ReferencePersonForm
from agencies.services import administered_agency
from common.errors import RuleBroken
from common.forms import show_errors

from .guards import administrators_only


@require_http_methods(["GET", "POST"])
@administrators_only
def reference_persons(request: HttpRequest, agency_id: UUID) -> HttpResponse:
    """Who is named for each theme, the themes nobody answers for, and the form to name somebody."""
    agency = administered_agency(request.membership, agency_id)
    form = ReferencePersonForm(request.POST or None, members=services.may_be_named(agency))
    if request.method == "POST" and form.is_valid():
        try:
            services.name_person(by=request.membership, agency_id=agency.pk, values=form.cleaned_data)
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("Colleagues find this person on the page of contacts of their cases."))
            return redirect("administration:reference_persons", agency.pk)
    named = list(services.named_in(agency))
    covered = {each.theme for each in named if each.works_here}
    context = {
        "agency": agency,
        "named": named,
        "form": form,
        "missing": [theme.label for theme in Theme if theme not in covered],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "administration/reference_persons.html", context, status=status)


@require_POST
@administrators_only
def reference_person_end(request: HttpRequest, agency_id: UUID, reference_id: UUID) -> HttpResponse:
    """Somebody is not asked for about a theme any more."""
    services.end_person(by=request.membership, agency_id=agency_id, reference_id=reference_id)
    messages.success(request, _("This person is no longer shown for this theme."))
    return redirect("administration:reference_persons", agency_id)
