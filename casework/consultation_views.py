"""Consultations without identity: the list of the service, the page to score one, its result."""

from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.training import is_trained
from audit.models import Action
from audit.services import record
from common.errors import Refused, RuleBroken
from riskassessment import consulting
from riskassessment import consulting_perms as perms
from riskassessment.forms import stored
from riskassessment.models import Consultation, GridVersion
from riskassessment.orientation import advise
from riskassessment.result import own_name, result
from riskassessment.versions import definition_of
from riskassessment.wording import titled

from . import coordinating
from .consultation_forms import AskForm, ConsultationForm

MOST = 100


@require_GET
def consultations(request: HttpRequest) -> HttpResponse:
    """What the service consulted about and is still kept, the latest first."""
    if not perms.may_read_consultations(request.membership):
        raise Http404
    found = list(consulting.consultations_of(request.membership)[:MOST])
    record(action=Action.LISTED, object_kind=consulting.KIND, fields=[each.pk for each in found])
    language = get_language() or "fr"
    lines = [
        {
            "consultation": each,
            "level": each.indicative_level,
            "own_name": own_name(definition_of(each.grid_version), each.indicative_level, language),
            "request": getattr(each, "request", None),
        }
        for each in found
    ]
    grids = [
        titled(definition_of(version)) | {"slug": version.grid.slug}
        for version in consulting.versions_for(request.membership)
    ]
    return render(request, "casework/consultations.html", {"lines": lines, "grids": grids})


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Score a situation without identity. Nothing is stored before its texts are found to name nobody."""
    version = _version(request)
    grid = definition_of(version)
    language = get_language() or "fr"
    if request.method == "GET":
        return _form_page(request, version, ConsultationForm(grid, language, initial={"key": uuid4()}))
    form = ConsultationForm(grid, language, request.POST)
    key = form.fields["key"].clean(request.POST.get("key")) if _is_uuid(request.POST.get("key", "")) else uuid4()
    try:
        consultation = consulting.consult(by=request.membership, key=key, version=version, typed=form.sent())
    except RuleBroken as broken:
        form.refuse(broken.errors)
        return _form_page(request, version, form, status=422)
    return redirect("casework:consultation", consultation.pk)


@require_http_methods(["GET", "POST"])
def answer_again(request: HttpRequest, consultation_id: UUID) -> HttpResponse:
    """The same situation, with what is known by now."""
    consultation = consulting.find(request.membership, consultation_id)
    if not perms.may_change_consultation(request.membership, consultation):
        raise Refused(_("This consultation no longer changes."))
    version = consultation.grid_version
    grid, language = definition_of(version), get_language() or "fr"
    if request.method == "GET":
        _read(consultation)
        initial = stored(consultation.answers) | {"situation": consultation.situation, "area": consultation.area}
        form = ConsultationForm(grid, language, initial=initial)
        return _form_page(request, version, form, consultation=consultation)
    form = ConsultationForm(grid, language, request.POST)
    try:
        consulting.answer_again(by=request.membership, consultation_id=consultation_id, typed=form.sent())
    except RuleBroken as broken:
        form.refuse(broken.errors)
        return _form_page(request, version, form, consultation=consultation, status=422)
    messages.success(request, _("Scored again."))
    return redirect("casework:consultation", consultation_id)


@require_GET
def consultation(request: HttpRequest, consultation_id: UUID) -> HttpResponse:
    """What the answers indicate, where to turn, and at a high level the way to the coordination."""
    found = consulting.find(request.membership, consultation_id)
    _read(found)
    grid, language = definition_of(found.grid_version), get_language() or "fr"
    context = {
        "consultation": found,
        "grid": titled(grid),
        "result": result(grid, found, language),
        "level": found.indicative_level,
        "own_name": own_name(grid, found.indicative_level, language),
        "advice": advise(found.indicative_level or "judgement", language),
        "too_little": perms.knows_too_little(found.indicative_level),
        "calls": perms.calls_for_coordination(found.indicative_level),
        "trained": is_trained(found.author, grid.training),
        "request_made": getattr(found, "request", None),
        "may_change": perms.may_change_consultation(request.membership, found),
        "may_ask": perms.may_ask_from(request.membership, found),
        "plan_hours": settings.COORDINATED_PLAN_HOURS,
        "may_place": bool(coordinating.places(request.membership.agency_id)),
    }
    return render(request, "casework/consultation.html", context)


@require_POST
def erase(request: HttpRequest, consultation_id: UUID) -> HttpResponse:
    """Remove it before its time."""
    consulting.erase(by=request.membership, consultation_id=consultation_id)
    messages.success(request, _("Erased."))
    return redirect("casework:consultations")


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, consultation_id: UUID) -> HttpResponse:
    """Ask the coordination about a situation without identity."""
    found = consulting.find(request.membership, consultation_id)
    made = getattr(found, "request", None)
    if made is None and not perms.may_ask_from(request.membership, found):
        raise Refused(_("The coordination is asked from a high level on, by who may consult."))
    places = coordinating.places(request.membership.agency_id)
    if request.method == "GET":
        if made is not None:
            return redirect("casework:coordination_request", made.pk)
        _read(found)
        form = AskForm(places=places, with_names=False)
        return render(request, "casework/consultation_ask.html", {"consultation": found, "form": form})
    form = AskForm(request.POST, places=places, with_names=False)
    try:
        sent = coordinating.ask_from_consultation(
            by=request.membership, consultation_id=consultation_id, asked=form.asked()
        )
    except RuleBroken as broken:
        form.refuse(broken.errors)
        return render(request, "casework/consultation_ask.html", {"consultation": found, "form": form}, status=422)
    messages.success(request, _("Request sent. You are told as soon as the coordination answers."))
    return redirect("casework:coordination_request", sent.pk)


def _version(request: HttpRequest) -> GridVersion:
    """The grid asked for, or the only one there is."""
    versions = consulting.versions_for(request.membership)
    asked = request.GET.get("grid", "")
    version = next((each for each in versions if each.grid.slug == asked or not asked), None)
    if version is None:
        raise Refused(_("No grid for a consultation without identity is open to your kind of service."))
    return version


def _form_page(
    request: HttpRequest,
    version: GridVersion,
    form: ConsultationForm,
    *,
    consultation: Consultation | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "sections": form.by_section(),
        "may_fill": True,
        "grid": titled(definition_of(version)),
        "consultation": consultation,
    }
    return render(request, "casework/consultation_form.html", context, status=status)


def _read(consultation: Consultation) -> None:
    record(action=Action.READ, object_kind=consulting.KIND, object_id=consultation.pk)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
