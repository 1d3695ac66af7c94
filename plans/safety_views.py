"""Pages of the safety plan: what stands in it, a new version, and the paper that says nothing."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, get_case
from cases.enums import Category, Side
from cases.models import Case
from cases.page import open_page
from cases.who_sees import who_sees
from common import pdf
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.ids import uuid_of

from . import safety
from .models import Carry, SafetyPaper, SafetyPlan
from .safety_forms import PaperForm, SafetyPlanForm

FIELDS = (f"{Category.CONTACT}:{Side.VICTIM}",)
FILE_NAME = "liste.pdf"
"""It stays in the history of a browser."""


def _open(request: HttpRequest, case_id: UUID, *, page: str) -> tuple[Case, CaseAccess, dict[str, Any]]:
    """The frame of the page. Raises Http404 for who may not know that there is such a plan."""
    case, access = get_case(case_id, request.membership)
    if not safety.may_open(case, access):
        raise Http404
    return open_page(request, case_id, tab="plan", page=page, fields=FIELDS)


def _line(plan: SafetyPlan, case: Case, access: CaseAccess) -> dict[str, Any]:
    known = {each.agency.pk for each in who_sees(case, access).readers}
    return {
        "plan": plan,
        "parts": safety.filled(plan),
        "agency": plan.agency.short_name if plan.agency_id in known else _("another service"),
        "author": plan.author.full_name if plan.agency_id in known else "",
        "age": (local(now()).date() - plan.written_on).days,
    }


@require_GET
def safety_plan(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The plan in force, and the versions before it."""
    case, access, context = _open(request, case_id, page="safety_plan")
    found = safety.current(case, access)
    names = {each.pk: each.person.full_name for each in safety.whose(case, access)}
    held = {plan.pk for plan in found}
    context |= {
        "current": [_line(plan, case, access) | {"who": names.get(plan.case_person_id, "")} for plan in found],
        "former": [_line(plan, case, access) for plan in safety.plans_of(case, access)[:50] if plan.pk not in held],
        "may_write": safety.may_write(access),
    }
    return render(request, "plans/safety_plan.html", context)


@require_http_methods(["GET", "POST"])
def write_safety_plan(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Write the plan with her, or its next version."""
    case, access, context = _open(request, case_id, page="write_safety_plan")
    if not safety.may_write(access):
        raise Refused(_("Your agency does not see how to reach her: it writes no safety plan."))
    people = safety.whose(case, access)
    status = 200
    if request.method == "POST":
        form = SafetyPlanForm(request.POST, people=people)
        if form.is_valid():
            try:
                safety.write(
                    by=request.membership,
                    case=case,
                    access=access,
                    case_person_id=form.person_id(),
                    texts=form.texts(),
                    written_on=form.cleaned_data["written_on"],
                    read_back=form.cleaned_data["read_back"],
                    replaces=form.replaces_id(),
                    request_key=form.cleaned_data["request_key"],
                )
            except RuleBroken as broken:
                _refused(form, broken, case, access)
            else:
                messages.success(request, _("The safety plan is written. Ask her before anything is printed."))
                return redirect("plans:safety_plan", case.pk)
        status = 422
    else:
        form = SafetyPlanForm(initial=_initial(request, case, access), people=people)
    context |= {"form": form, "people": people}
    return render(request, "plans/write_safety_plan.html", context, status=status)


def _refused(form: SafetyPlanForm, broken: RuleBroken, case: Case, access: CaseAccess) -> None:
    """Nothing is lost; sent again, the version that came meanwhile is the one this takes the place of."""
    show_errors(form, broken.errors)
    latest = next((each for each in safety.current(case, access) if each.case_person_id == form.person_id()), None)
    if latest is not None:
        form.data = form.data.copy()
        form.data["replaces"] = str(latest.pk)


def _initial(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any]:
    """The version in force to go on with: of `?person=` where there are several."""
    found = safety.current(case, access)
    wanted = uuid_of(request.GET.get("person"))
    plan = next((each for each in found if wanted in (None, each.case_person_id)), None)
    if plan is None:
        return {"written_on": local(now()).date()}
    return plan.sections | {
        "person": str(plan.case_person_id),
        "replaces": str(plan.pk),
        "written_on": local(now()).date(),
    }


@require_http_methods(["GET", "POST"])
def safety_paper(request: HttpRequest, case_id: UUID, plan_id: UUID) -> HttpResponse:
    """Ask first whether she can have it with her; `?paper=` prints it then, `&form=pdf` as a document."""
    case, access = get_case(case_id, request.membership)
    plan = safety.get_plan(case, access, plan_id)
    if request.method == "GET" and "paper" in request.GET:
        return _print(request, case, plan)
    case, access, context = _open(request, case_id, page="safety_paper")
    if not safety.may_write(access):
        raise Refused(_("You can read this case but not add to it."))
    status = 200
    if request.method == "POST":
        form = PaperForm(request.POST)
        if form.is_valid():
            try:
                answer = safety.hand_out(
                    by=request.membership,
                    access=access,
                    plan=plan,
                    carry=form.cleaned_data["carry"],
                    request_key=form.cleaned_data["request_key"],
                )
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                return _answered(request, case, plan, answer)
        status = 422
    else:
        form = PaperForm()
    context |= {"form": form, "plan": plan, "gaps": safety.gaps(plan)}
    return render(request, "plans/safety_paper.html", context, status=status)


def _answered(request: HttpRequest, case: Case, plan: SafetyPlan, answer: SafetyPaper) -> HttpResponse:
    if answer.carry == Carry.YES:
        return redirect(f"{reverse('plans:safety_paper', args=[case.pk, plan.pk])}?paper={answer.pk}")
    messages.success(request, _("Nothing is printed. Go through it with her until she knows it by heart."))
    return redirect("plans:safety_plan", case.pk)


def _print(request: HttpRequest, case: Case, plan: SafetyPlan) -> HttpResponse:
    asked = SafetyPaper.objects.filter(
        pk=uuid_of(request.GET["paper"]), plan=plan, carry=Carry.YES, agency=request.membership.agency_id
    )
    if not asked.exists():
        raise Http404
    record(
        action=Action.EXPORTED,
        case_id=case.pk,
        object_kind="plans.safety_paper",
        object_id=plan.pk,
        fields=FIELDS,
    )
    paper = safety.printed(plan)
    if request.GET.get("form") == "pdf":
        data = {"title": paper.title, "parts": [[title, list(lines)] for title, lines in paper.parts]}
        return pdf.answer(pdf.render("safety_list.typ", data), name=FILE_NAME)
    context = {"case": case, "paper": paper, "asked": request.GET["paper"], "language": (get_language() or "fr")[:2]}
    return render(request, "plans/safety_print.html", context)
