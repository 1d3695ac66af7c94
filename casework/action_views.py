"""Pages of the action plan: the four strands, a new action, one of them and what became of it, the plan agreed on."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases.access import CaseAccess, get_case
from cases.enums import Category, Side
from cases.models import Case
from cases.page import open_page
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.ids import uuid_of
from followups.models import FollowUp, FollowUpKind
from plans import actions, actions_perms, agreeing
from plans.models import Action, Strand

from . import actions as services
from . import monitoring
from .action_forms import ActionForm, AgreeForm, SayForm
from .actions import Line


def _fields(access: CaseAccess) -> tuple[str, ...]:
    sides = (Side.VICTIM, Side.PERPETRATOR)
    found = tuple(f"{Category.NETWORK}:{side}" for side in sides if access.can(Category.NETWORK, side))
    return found or ("summary:case",)


def _open(request: HttpRequest, case_id: UUID, *, page: str) -> tuple[Case, CaseAccess, dict[str, Any]]:
    _case, access = get_case(case_id, request.membership)
    return open_page(request, case_id, tab="plan", page=page, fields=_fields(access))


# --- the plan ---------------------------------------------------------------------------------------------------
@require_GET
def action_plan(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Who does what by when, strand by strand; what waits for the acting service first."""
    case, access, context = _open(request, case_id, page="action_plan")
    found = services.actions_page(case, access)
    agreements = list(agreeing.agreements_of(case, access)[:5])
    agreed = agreeing.actions_agreed(agreements[0]) if agreements else set()
    context |= {
        "mine": [line for line in found if line.mine],
        "strands": _strands(found, agreed),
        "count": len(found),
        "may_plan": actions_perms.may_plan_any(access),
        "agreements": agreements,
        "since_agreed": [line for line in found if agreements and line.action.pk not in agreed],
        "may_agree": monitoring.answers_for_plan(request.membership, case, access),
        "clock": _clock(request, case, access),
    }
    return render(request, "casework/action_plan.html", context)


def _strands(found: list[Line], agreed: set[UUID]) -> list[dict[str, Any]]:
    return [
        {
            "key": strand.value,
            "title": capfirst(strand.label),
            "lines": [
                {"line": line, "agreed": line.action.pk in agreed} for line in found if line.action.strand == strand
            ],
        }
        for strand in Strand
    ]


def _clock(request: HttpRequest, case: Case, access: CaseAccess) -> FollowUp | None:
    """The coordinated plan that is owed: its hours run since the retention alone."""
    if not actions_perms.reads_plan(access):
        return None
    owed = FollowUp.objects.visible_to(request.membership).filter(case=case, kind=FollowUpKind.COORDINATED_PLAN)
    return owed.filter(settled_at=None).select_related("agency").order_by("due_at").first()


@require_http_methods(["GET", "POST"])
def new_action(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Plan an action; `?strand=` chooses, `?instead=` takes the place of one that the acting service planned."""
    case, access, context = _open(request, case_id, page="new_action")
    if not actions_perms.may_plan_any(access):
        raise Refused(_("You can read this case but not add to it."))
    former = _former(request, case, access)
    people = actions.about(case, access)
    # a person one writes about stands on a side; the case as a whole is hers
    fields = {
        "people": people,
        "of_the_case": actions_perms.may_plan(access, Side.VICTIM),
        "owners": actions.candidates(case, access),
        "outside": services.outside(request.membership, case, access),
    }
    status = 200
    if request.method == "POST":
        form = ActionForm(request.POST, **fields)
        if form.is_valid():
            try:
                planned = services.plan_action(
                    by=request.membership,
                    case_id=case.pk,
                    wanted=form.wanted(),
                    request_key=form.cleaned_data["request_key"],
                    ask_agency_id=form.asked(),
                    replaces_id=former.pk if former else None,
                )
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                return _planned(request, case, planned)
        status = 422
    else:
        form = ActionForm(initial=_initial(request, former, access), **fields)
    context |= {"form": form, "former": former}
    return render(request, "casework/new_action.html", context, status=status)


def _planned(request: HttpRequest, case: Case, planned: services.Planned) -> HttpResponse:
    if planned.draft_id is None:
        messages.success(request, _("The action is planned. Its services are told."))
        return redirect("casework:action", case.pk, planned.action.pk)
    messages.success(request, _("The action is planned. Complete the referral: the service is asked once you send it."))
    return redirect(f"{reverse('referrals:new', args=[case.pk])}?draft={planned.draft_id}")


def _former(request: HttpRequest, case: Case, access: CaseAccess) -> Action | None:
    if not (typed := request.GET.get("instead", "")):
        return None
    if (found := uuid_of(typed)) is None:
        raise Http404
    former = actions.get_action(case, access, found)
    if not actions_perms.may_change(access, former.agency_id, former.side):
        raise Refused(_("Only the service that planned this action changes it."))
    return former


def _initial(request: HttpRequest, former: Action | None, access: CaseAccess) -> dict[str, Any]:
    if former is None:
        strand = request.GET.get("strand", "")
        return {"strand": strand} if strand in Strand.values else {}
    told = actions.told([former], access)[former.pk]
    return {
        "strand": former.strand,
        "person": str(former.case_person_id or ActionForm.CASE),
        "words": former.words,
        "due_at": local(former.due_at).date() if former.due_at > now() else None,
        "owners": [str(each.owner.owner_id) for each in told],
    }


# --- one action -------------------------------------------------------------------------------------------------
@require_GET
def action(request: HttpRequest, case_id: UUID, action_id: UUID) -> HttpResponse:
    """One action: who does it, what each said, and the answer of the acting service."""
    return _action_page(request, case_id, action_id)


@require_POST
def say_of_action(request: HttpRequest, case_id: UUID, action_id: UUID) -> HttpResponse:
    """Say what became of an action."""
    case, access, found = services.find(by=request.membership, case_id=case_id, action_id=action_id)
    owners = services.speaks_for(request.membership, case, access, found)
    form = SayForm(request.POST, owners=owners)
    if form.is_valid():
        try:
            services.say_of_action(
                by=request.membership,
                case_id=case_id,
                action_id=found.pk,
                owner_id=form.owner_id(),
                said=form.said(),
                shown=form.shown_id(),
                request_key=form.cleaned_data["request_key"],
            )
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("Recorded. The service that planned it is told."))
            return redirect("casework:action", case_id, found.pk)
    elif not owners:
        raise Refused(_("This is for the services that do this action."))
    return _action_page(request, case_id, found.pk, form=form)


def _action_page(request: HttpRequest, case_id: UUID, action_id: UUID, *, form: SayForm | None = None) -> HttpResponse:
    case, access, context = _open(request, case_id, page="action")
    by = request.membership
    found = actions.get_action(case, access, action_id)
    newer = Action.objects.filter(replaces=found).first()
    line = services.lines(case, access, [found])[0]
    latest = actions.latest_step(found)
    owners = services.speaks_for(by, case, access, found) if newer is None else []
    known = actions.known_names(case, access)
    if form is not None:
        form.data = form.data.copy()
        form.data["shown"] = str(latest.pk) if latest else ""
    elif owners:
        form = SayForm(owners=owners, initial={"shown": str(latest.pk) if latest else ""})
    context |= {
        "line": line,
        "strand": capfirst(Strand(found.strand).label),
        "newer": newer,
        "steps": [
            {
                "step": step,
                "who": known.get(step.owner.owner_id) or step.owner.owner.short_name
                if step.owner.owner_id in known or step.agency_id == access.agency_id
                else _("another service"),
                "by": step.author.full_name if step.agency_id in known else "",
            }
            for step in actions.history(found, access)
        ],
        "asked": services.asked_of(by, found),
        "form": form,
        "speaks": owners,
        "may_change": newer is None and actions_perms.may_change(access, found.agency_id, found.side),
        "his": found.side == Side.PERPETRATOR,
    }
    return render(request, "casework/action.html", context, status=422 if form is not None and form.is_bound else 200)


# --- agreeing ---------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def agree_plan(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Write down that the plan as it stands is agreed on, by whom and when."""
    case, access, context = _open(request, case_id, page="agree_plan")
    if not monitoring.answers_for_plan(request.membership, case, access):
        raise Refused(_("This is for the coordination that takes part in the case; without one, for who leads it."))
    found = services.actions_page(case, access)
    partners = actions.candidates(case, access)
    shown = " ".join(str(line.action.pk) for line in found)
    status = 200
    if request.method == "POST":
        form = AgreeForm(request.POST, partners=partners)
        if form.is_valid():
            try:
                monitoring.agree_plan(
                    by=request.membership,
                    case_id=case.pk,
                    agreed_on=form.cleaned_data["agreed_on"],
                    partner_ids=form.partner_ids(),
                    shown=form.shown_ids(),
                    words=form.cleaned_data["words"],
                    request_key=form.cleaned_data["request_key"],
                )
            except RuleBroken as broken:
                show_errors(form, broken.errors)
                form.data = form.data.copy()
                form.data["shown"] = shown
            else:
                messages.success(request, _("The plan is agreed on. It stays on record as it is now."))
                return redirect("casework:action_plan", case.pk)
        status = 422
    else:
        form = AgreeForm(
            partners=partners,
            initial={"agreed_on": local(now()).date(), "shown": shown, "partners": [str(by) for by in _owning(found)]},
        )
    context |= {
        "form": form,
        "lines": found,
        "clock": _clock(request, case, access),
        "hours": settings.COORDINATED_PLAN_HOURS,
    }
    return render(request, "casework/agree_plan.html", context, status=status)


def _owning(found: list[Line]) -> set[UUID]:
    return {told.owner.owner_id for line in found for _name, told, _left in line.owners}
