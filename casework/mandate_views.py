"""Mandates: written down, prolonged, ended, reported on by the programme; what the authority reads of them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, get_case
from cases.models import CasePerson
from cases.perms import shows_person
from common import pdf
from common.clock import local, now
from common.errors import RuleBroken
from common.forms import show_errors
from common.pagination import page_or_first
from plans import mandates
from plans import programme as reading
from plans import programme_rules as rules
from plans.models import Mandate, Programme, ProgrammeSession
from plans.programme import today

from . import mandated
from .programme_forms import MandateEndForm, MandateForm, ReportForm
from .programme_views import FIELDS, do, to_keep


# --- mandates -------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def programme_mandate(request: HttpRequest, case_id: UUID, programme_id: UUID) -> HttpResponse:
    """A mandate for a programme; `?prolong=` prolongs one."""
    found, access, context = to_keep(request, case_id, programme_id, page="programme_mandate")
    posted = request.method == "POST"
    former = _former(found, access, request.POST.get("prolong", "") if posted else request.GET.get("prolong", ""))
    offered = {"authorities": mandates.authorities(), "prolongs": former is not None}
    status = 200
    if posted:
        form = MandateForm(request.POST, **offered)
        if form.is_valid():
            try:
                mandates.add_mandate(
                    by=request.membership,
                    access=access,
                    programme=found,
                    typed=form.mandate(),
                    request_key=form.cleaned_data["request_key"],
                    replaces_id=former.pk if former else None,
                )
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("The mandate is written down."))
                return redirect("casework:programme", found.case_id, found.pk)
        status = 422
    else:
        initial: dict[str, Any] = {"starts_on": today()}
        if former is not None:
            kept = ("number", "conditions", "reports_to", "report_every_days")
            initial = {name: getattr(former, name) for name in kept} | {"prolong": former.pk}
        form = MandateForm(initial=initial, **offered)
    context |= {"form": form, "former": former}
    return render(request, "casework/programme_mandate.html", context, status=status)


def _former(found: Programme, access: CaseAccess, mandate_id: str) -> Mandate | None:
    if not mandate_id:
        return None
    former = next((each for each in reading.mandates_of([found], access) if str(each.pk) == mandate_id), None)
    if former is None:
        raise Http404
    return former


@require_POST
def end_mandate(request: HttpRequest, case_id: UUID, mandate_id: UUID) -> HttpResponse:
    """A mandate is over."""
    mandate, found, access, context = _of_mandate(request, case_id, mandate_id)
    form = MandateEndForm(request.POST)

    def send(given: dict[str, Any]) -> None:
        mandates.end_mandate(by=request.membership, access=access, mandate=mandate, **given)

    return do(request, found, access, context, form, "end", send, _("The end of the mandate is written down."))


@require_POST
def mandate_report(request: HttpRequest, case_id: UUID, mandate_id: UUID) -> HttpResponse:
    """A report was given to the authority."""
    mandate, found, access, context = _of_mandate(request, case_id, mandate_id)
    form = ReportForm(request.POST)

    def send(given: dict[str, Any]) -> None:
        mandates.report_given(by=request.membership, access=access, mandate=mandate, **given)

    return do(request, found, access, context, form, "report", send, _("The report is written down as given."))


def _of_mandate(request: HttpRequest, case_id: UUID, mandate_id: UUID) -> tuple[Mandate, Programme, CaseAccess, dict]:
    case, access = get_case(case_id, request.membership)
    mandate = reading.get_mandate(case, access, mandate_id)
    found, access, context = to_keep(request, case_id, mandate.programme_id, page="programme")
    mandate.programme = found
    return mandate, found, access, context | {"mandate_sent": mandate.pk}


# --- what the authority reads -----------------------------------------------------------------------------------
@require_GET
def programme_sheet(request: HttpRequest, case_id: UUID, mandate_id: UUID) -> HttpResponse:
    """Attendance and conditions under a mandate, on paper: nothing of what is said in the programme."""
    case, access = get_case(case_id, request.membership)
    mandate = reading.get_mandate(case, access, mandate_id)
    if not rules.may_print_sheet(access, mandate.programme, mandate):
        raise Http404
    record(
        action=Action.EXPORTED,
        case_id=case.pk,
        object_kind="plans.programme_sheet",
        object_id=mandate.pk,
        fields=FIELDS,
    )
    return pdf.answer(pdf.render("programme_sheet.typ", sheet(mandate, access)), name="attestation.pdf")


def sheet(mandate: Mandate, access: CaseAccess) -> dict[str, Any]:
    """The sheet as `pdf/programme_sheet.typ` takes it: the days that the mandate covers, for the authority."""
    span = rules.span_of(mandate)
    rows = ProgrammeSession.objects.filter(
        reading.days_readable(access), programme=mandate.programme_id, on__gte=span.first, on__lte=today()
    )
    if span.last is not None:
        rows = rows.filter(on__lte=span.last)
    sessions = reading.with_marks(rows.order_by("on", "begins_at", "pk"))
    counts = rules.counted(each.mark.outcome for each in sessions if each.mark is not None)
    person = CasePerson.objects.filter(pk=mandate.programme.case_person_id).select_related("person").first()
    named = person.person.full_name if person is not None and shows_person(access, person) else ""
    until = _day(span.last) if span.last else _("until it is lifted")
    facts = [
        (_("Person"), named),
        (_("Programme run by"), mandate.programme.agency.name),
        (_("Authority"), mandate.issuer.name if mandate.issuer else mandate.issuer_name),
        (_("Reference of the authority"), mandate.number),
        (_("Mandate"), _("from %(start)s, last day: %(end)s") % {"start": _day(span.first), "end": until}),
        (_("Who reports to whom"), mandate.reports_to),
    ]
    said = _("not said yet")
    return {
        "title": _("Attendance and conditions"),
        "foot": _("Written down on %(day)s") % {"day": _day(local(now()).date())},
        "facts": [list(fact) for fact in facts],
        "conditions_title": _("Conditions"),
        "conditions": mandate.conditions,
        "figures_title": _("Attendance"),
        "figures": [
            [_("Attended"), str(counts.attended)],
            [_("Missed without an excuse"), str(counts.missed)],
            [_("Missed, excused"), str(counts.excused)],
            [_("Cancelled by the service"), str(counts.cancelled)],
        ],
        "heads": [_("Day"), _("Kind of session"), _("Attendance")],
        "sessions": [
            [
                _day(each.on),
                capfirst(each.get_kind_display()),
                capfirst(each.mark.get_outcome_display()) if each.mark else said,
            ]
            for each in sessions
        ],
        "steps_title": _("How it went on"),
        "steps": [
            [_day(each.on), capfirst(each.get_step_display())]
            for each in reading.steps_of([mandate.programme], access)
            if span.covers(each.on)
        ],
        "none": _("No session is written down for these days."),
        "closing": _("What is said in the programme is not in this paper and is not given to the authority."),
        "signed": _("Name, date and signature"),
    }


def _day(day: Any) -> str:
    return date_format(day, "j F Y")


@require_GET
def mandates_page(request: HttpRequest) -> HttpResponse:
    """The mandates of the acting authority: attendance, and reports that are overdue. Nothing for other services."""
    membership = request.membership
    if not rules.mandates(membership):
        raise Http404
    page = page_or_first(lambda cursor: mandated.page_of(membership, cursor), request.GET.get("cursor"))
    record(
        action=Action.LISTED,
        object_kind="plans.Mandate",
        fields=sorted({each.case.reference for each in page.items}),
    )
    context = {"page": page, "lines": mandated.lines(membership, page.items)}
    return render(request, "casework/mandates.html", context)
