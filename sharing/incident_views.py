"""Safety incidents: report one, follow it, learn from it."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.perms import may_oversee
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess
from cases.models import Case
from cases.page import open_page
from common.errors import Refused, RuleBroken
from common.forms import show_errors

from . import incidents
from .incident_forms import IncidentForm, LessonForm, StepForm
from .models import SafetyIncident, SafetyLesson, SafetyMeasure
from .perms import may_publish_lesson, may_report_incident

FEW = 100


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Report an incident that belongs to no case, or whose case one does not see."""
    if not may_report_incident(request.membership):
        raise Refused(_("Your account belongs to no agency at the moment."))
    return _report(request, None, None, {"back": reverse("sharing:incidents")}, "sharing/incident_new.html")


@require_http_methods(["GET", "POST"])
def new_in_case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Report an incident of a case one sees."""
    case, access, context = open_page(request, case_id, tab="access", page="incident")
    return _report(request, case, access, context, "sharing/incident_new_in_case.html")


def _report(
    request: HttpRequest, case: Case | None, access: CaseAccess | None, context: dict[str, Any], template: str
) -> HttpResponse:
    if request.method == "GET":
        return render(request, template, context | {"form": IncidentForm(initial={"key": uuid4()})})
    form = IncidentForm(request.POST)
    if form.is_valid():
        try:
            incident = incidents.report_incident(by=request.membership, case=case, access=access, **form.cleaned_data)
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("Reported. Those who can act have been told."))
            return redirect("sharing:incident", incident.pk)
    return render(request, template, context | {"form": form}, status=422)


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The incidents one may follow, and the lessons for everybody."""
    if not may_report_incident(request.membership):
        raise Http404
    known = incidents.known(request.membership)
    record(action=Action.LISTED, object_kind="sharing.SafetyIncident", fields=[str(each.pk) for each in known])
    lines = [
        {
            "incident": each,
            "clock": incidents.clock_of(each, each.steps.all()),
            "closed": incidents.is_closed(each.steps.all()),
        }
        for each in known
    ]
    return render(request, "sharing/incidents.html", {"lines": lines} | _lessons(request))


@require_POST
def lesson(request: HttpRequest) -> HttpResponse:
    """Publish a lesson."""
    form = LessonForm(request.POST)
    form.is_valid()
    try:
        incidents.publish_lesson(
            by=request.membership, kind=form.cleaned_data.get("kind", ""), text=form.cleaned_data.get("text", "")
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return render(request, "sharing/lesson.html", {"form": form}, status=422)
    messages.success(request, _("The lesson is published for everybody."))
    return redirect("sharing:incidents")


def _lessons(request: HttpRequest) -> dict[str, Any]:
    return {
        "lessons": SafetyLesson.objects.all()[:FEW],
        "form": LessonForm() if may_publish_lesson(request.membership) else None,
    }


@require_GET
def detail(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """One incident: what was done for her, the clock, the steps."""
    return _page(request, incidents.find(by=request.membership, incident_id=incident_id))


@require_POST
def step(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """Write down what was done."""
    incident = incidents.find(by=request.membership, incident_id=incident_id)
    form = StepForm(request.POST)
    form.is_valid()
    try:
        incidents.add_step(
            by=request.membership,
            incident=incident,
            kind=form.cleaned_data.get("kind", ""),
            note=form.cleaned_data.get("note", ""),
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, incident, form=form, status=422)
    messages.success(request, _("Written down."))
    return redirect("sharing:incident", incident_id)


def _page(
    request: HttpRequest, incident: SafetyIncident, *, form: StepForm | None = None, status: int = 200
) -> HttpResponse:
    record(
        action=Action.READ,
        case_id=incident.case_id,
        object_kind="sharing.SafetyIncident",
        object_id=incident.pk,
    )
    steps = list(incident.steps.all())
    closed = incidents.is_closed(steps)
    follows = incidents.may_follow(request.membership, incident)
    context = {
        "incident": incident,
        "case": None if may_oversee(request.membership) else incident.case,
        "measures": [SafetyMeasure(each).label for each in incident.measures],
        "steps": incidents.steps_known(request.membership, incident, steps),
        "clock": incidents.clock_of(incident, steps),
        "closed": closed,
        "form": form or (StepForm() if follows and not closed else None),
    }
    return render(request, "sharing/incident.html", context, status=status)
