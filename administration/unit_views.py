"""The sections of a prosecutor's office and the neighbourhoods of a cell, by who administers it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies import units as services
from agencies.enums import AgencyKind
from agencies.models import Agency, Unit
from agencies.services import parse_codes
from agencies.unit_forms import UnitForm
from common.errors import RuleBroken
from common.forms import show_errors

from .guards import administrators_only


@require_GET
@administrators_only
def units(request: HttpRequest, agency_id: UUID) -> HttpResponse:
    """Into what an agency is divided, and who answers for each part."""
    agency = services.divided_agency(request.membership, agency_id)
    found = list(services.units_of(agency))
    here = {member.user_id for member in services.may_answer(agency)}
    lines = [
        {"unit": each, "gone": each.reference_person_id is not None and each.reference_person_id not in here}
        for each in found
    ]
    return render(request, "administration/units.html", {"agency": agency, "lines": lines, **_words(agency)})


@require_http_methods(["GET", "POST"])
@administrators_only
def unit_new(request: HttpRequest, agency_id: UUID) -> HttpResponse:
    """A new one."""
    agency = services.divided_agency(request.membership, agency_id)
    return _form(request, agency, None)


@require_http_methods(["GET", "POST"])
@administrators_only
def unit_edit(request: HttpRequest, agency_id: UUID, unit_id: UUID) -> HttpResponse:
    """Another name, territory or reference person."""
    agency = services.divided_agency(request.membership, agency_id)
    unit = services.units_of(agency).filter(pk=unit_id).first()
    if unit is None:
        raise Http404
    return _form(request, agency, unit)


@require_POST
@administrators_only
def unit_end(request: HttpRequest, agency_id: UUID, unit_id: UUID) -> HttpResponse:
    """It takes nothing more."""
    unit = services.end(by=request.membership, unit_id=unit_id)
    messages.success(request, _("It takes nothing more. What was given to it stays there."))
    return redirect("administration:units", unit.agency_id)


def _form(request: HttpRequest, agency: Agency, unit: Unit | None) -> HttpResponse:
    initial = {}
    if unit is not None:
        initial = {
            "name": unit.name,
            "territory": " ".join(unit.territory),
            "reference_person": unit.reference_person_id,
        }
    form = UnitForm(request.POST or None, initial=initial, members=services.may_answer(agency))
    if request.method == "POST" and form.is_valid():
        try:
            values = dict(form.cleaned_data) | {"territory": parse_codes(form.cleaned_data["territory"])}
            if unit is None:
                saved = services.create(by=request.membership, agency_id=agency.pk, values=values)
            else:
                saved = services.change(by=request.membership, unit_id=unit.pk, values=values)
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("The changes are saved."))
            for code, names in services.shared_codes(saved).items():
                told = _("%(code)s stands in %(names)s: what happened there goes to %(first)s.")
                messages.warning(request, told % {"code": code, "names": ", ".join(names), "first": names[0]})
            return redirect("administration:units", agency.pk)
    status = 422 if request.method == "POST" else 200
    context = {"agency": agency, "unit": unit, "form": form, **_words(agency)}
    return render(request, "administration/unit_form.html", context, status=status)


def units_label(agency: Agency) -> str:
    """What the parts of this agency are called."""
    return _("Sections") if agency.kind == AgencyKind.PROSECUTOR else _("Neighbourhoods")


def _words(agency: Agency) -> dict[str, str]:
    if agency.kind == AgencyKind.PROSECUTOR:
        return {
            "plural": units_label(agency),
            "add": _("Open a section"),
            "none": _("No section: what arrives waits for the whole office."),
            "what_for": _("What the police send goes to the section of the place; its lawyer keeps the memory of it."),
        }
    return {
        "plural": units_label(agency),
        "add": _("Open a neighbourhood"),
        "none": _("No neighbourhood: what arrives waits for the whole service."),
        "what_for": _("A report goes to the neighbourhood of the place; its referent calls her back."),
    }
