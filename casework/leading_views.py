"""The lead of a case: who leads, who the reference person is, handing it over and answering that."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.perms import may_hand_load
from cases.page import open_page
from cases.perms import never_his
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.ids import uuid7
from plans import closing as rows

from . import leading
from .closing_forms import DeclineLeadForm, LeadForm, ReferenceForm
from .panels import verb

TAB = "plan"


@require_GET
def lead(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Who leads the case, the offers of the lead this service made or received."""
    return _page(request, case_id)


def _page(
    request: HttpRequest,
    case_id: UUID,
    *,
    reference_form: ReferenceForm | None = None,
    decline_form: DeclineLeadForm | None = None,
    refused: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    case, access, context = open_page(request, case_id, tab=TAB, page="lead")
    by = request.membership
    offers = rows.offers_of(case, by)
    if never_his(access) and case.lead_agency_id != by.agency_id and not offers:
        raise Http404
    ours = case.lead_agency_id == by.agency_id
    waiting = next((each for each in offers if not hasattr(each, "answer")), None)
    reference = None
    if rows.may_name_reference(by, case, access):
        members = leading.possible_reference_persons(case)
        reference = reference_form or ReferenceForm(members=members, initial={"person": case.reference_person_id})
    may_answer = waiting is not None and rows.may_answer_lead(by, waiting, access)
    context |= {
        "ours": ours,
        "reference_person": case.reference_person if ours or rows.reads_closing(access) else None,
        "reference_form": reference,
        "waiting": waiting,
        "mine": waiting is not None and waiting.agency_id == by.agency_id,
        "may_answer": may_answer,
        "decline_form": (decline_form or DeclineLeadForm()) if may_answer else None,
        "may_hand": rows.may_hand_lead(by, case, access) and waiting is None,
        "may_withdraw": waiting is not None
        and waiting.agency_id == by.agency_id
        and rows.may_hand_lead(by, case, access),
        "past": [each for each in offers if hasattr(each, "answer")],
        "load_url": may_hand_load(by, by.agency_id),
        "refused": refused or [],
        "forms": [form for form in (reference_form, decline_form) if form is not None],
    }
    return render(request, "casework/lead.html", context, status=status)


@require_http_methods(["GET", "POST"])
def hand_lead(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Ask another service of the case to lead it."""
    case, access, context = open_page(request, case_id, tab=TAB, page="hand_lead")
    by = request.membership
    if not rows.may_hand_lead(by, case, access):
        raise Refused(_("Only a reference person or manager of the service that leads hands the lead over."))
    agencies = leading.candidates(case, access)
    form = LeadForm(request.POST if request.method == "POST" else None, agencies=agencies)
    status = 200
    if request.method == "POST":
        form.is_valid()
        given = form.cleaned_data
        try:
            offer = leading.offer_lead(
                by=by,
                case_id=case.pk,
                agency_id=given.get("agency"),
                why=given.get("why", ""),
                leaves=bool(given.get("leaves")),
                words=given.get("words", ""),
                request_key=given.get("request_key") or uuid7(),
            )
        except RuleBroken as broken:
            show_errors(form, broken.errors)
            status = 422
        else:
            who = {"who": offer.to_agency.short_name}
            messages.success(request, _("%(who)s is asked. Your service leads until it says yes.") % who)
            return redirect("casework:lead", case.pk)
    context |= {
        "form": form,
        "agencies": agencies,
        "stays": [verb(each.kind) for each in leading.stays(case, by.agency)],
    }
    return render(request, "casework/hand_lead.html", context, status=status)


@require_POST
def accept_lead(request: HttpRequest, case_id: UUID, offer_id: UUID) -> HttpResponse:
    """Lead the case from now on."""
    try:
        leading.accept_lead(by=request.membership, case_id=case_id, offer_id=offer_id)
    except RuleBroken as broken:
        return _refused(request, case_id, broken)
    messages.success(request, _("Your service leads this case. You are its reference person until you name another."))
    return redirect("casework:lead", case_id)


@require_POST
def decline_lead(request: HttpRequest, case_id: UUID, offer_id: UUID) -> HttpResponse:
    """Not take it over, with a reason."""
    form = DeclineLeadForm(request.POST)
    form.is_valid()
    try:
        leading.decline_lead(
            by=request.membership, case_id=case_id, offer_id=offer_id, words=form.cleaned_data.get("words", "")
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, case_id, decline_form=form, status=422)
    messages.success(request, _("Declined. The service that asked is told why and goes on leading."))
    return redirect("casework:lead", case_id)


@require_POST
def withdraw_lead(request: HttpRequest, case_id: UUID, offer_id: UUID) -> HttpResponse:
    """Take the offer back."""
    try:
        leading.withdraw_lead(by=request.membership, case_id=case_id, offer_id=offer_id)
    except RuleBroken as broken:
        return _refused(request, case_id, broken)
    messages.success(request, _("Withdrawn: your service goes on leading."))
    return redirect("casework:lead", case_id)


@require_POST
def name_reference(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Say who of the service that leads is the reference person."""
    case, access, _context = open_page(request, case_id, tab=TAB, page="lead")
    if not rows.may_name_reference(request.membership, case, access):
        raise Refused(_("Only a reference person or manager of the service that leads says who it is."))
    form = ReferenceForm(request.POST, members=leading.possible_reference_persons(case))
    form.is_valid()
    try:
        leading.name_reference(by=request.membership, case_id=case_id, user_id=form.cleaned_data.get("person"))
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, case_id, reference_form=form, status=422)
    messages.success(request, _("Saved."))
    return redirect("casework:lead", case_id)


def _refused(request: HttpRequest, case_id: UUID, broken: RuleBroken) -> HttpResponse:
    told: list[Any] = [str(each) for each in broken.messages]
    return _page(request, case_id, refused=told, status=422)
