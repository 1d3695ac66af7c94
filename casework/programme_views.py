"""Programmes he follows: the pages of the service that runs them, of the authority, of whoever coordinates."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.perms import may_write
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, get_case, grants_of
from cases.enums import Category, Side
from cases.models import Case, CasePerson
from cases.page import open_page, short_names
from cases.perms import shows_person
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from plans import mandates, programme_acts
from plans import programme as reading
from plans import programme_rules as rules
from plans.models import Entry, Mandate, Programme, ProgrammeSession, ProgrammeStep, SessionKind
from plans.programme import today
from referrals.models import Referral

from . import programme as acts
from .programme_forms import (
    BeginForm,
    MandateEndForm,
    MarkForm,
    PlanForm,
    ReportForm,
    SessionsForm,
    StepForm,
)

FIELDS = (f"{Category.PERPETRATOR_WORK}:{Side.PERPETRATOR}",)
WEEK = timedelta(days=7)
ALSO_LATELY = timedelta(days=60)
MOST_OF_A_WEEK = 100


# --- the programmes of a case ---------------------------------------------------------------------------------
def _open(request: HttpRequest, case_id: UUID, *, page: str) -> tuple[Case, CaseAccess, dict]:
    return open_page(request, case_id, tab="plan", page=page, fields=FIELDS)


def one(request: HttpRequest, case_id: UUID, programme_id: UUID, *, page: str) -> tuple[Programme, CaseAccess, dict]:
    """The programme, the access to its case and the context of the page; Http404 before anything is on record."""
    case, access = get_case(case_id, request.membership)
    found = reading.get_programme(case, access, programme_id)
    case, access, context = _open(request, case_id, page=page)
    found.case = case
    return found, access, context | {"programme": found, "who": _who(access, found)}


def to_keep(
    request: HttpRequest, case_id: UUID, programme_id: UUID, *, page: str
) -> tuple[Programme, CaseAccess, dict]:
    """The same, for an act of the service that runs it."""
    found, access, context = one(request, case_id, programme_id, page=page)
    if not rules.may_keep(access, found):
        raise Refused(_("Only the service that runs this programme writes in it."))
    return found, access, context


def _who(access: CaseAccess, programme: Programme) -> dict[str, Any]:
    person = CasePerson.objects.filter(pk=programme.case_person_id).select_related("person").first()
    if person is None:
        return {"name": "", "role": ""}
    return {
        "name": person.person.full_name if shows_person(access, person) else "",
        "role": person.get_role_display(),
    }


@require_GET
def programmes(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Which programmes he follows, the one that runs first."""
    case, access = get_case(case_id, request.membership)
    found = list(reading.programmes_of(case, access))
    asked = list(acts.alerts_of(case, access)[:20])
    if not found and not asked and not rules.opens_programmes(request.membership, access):
        raise Http404
    case, access, context = _open(request, case_id, page="programmes")
    last = reading.last_steps(each.pk for each in found)
    mandated = {each.programme_id for each in reading.mandates_of(found, access) if _runs_today(each)}
    lines = [
        {
            "programme": each,
            "last": last.get(each.pk),
            "runs": rules.runs(last[each.pk].step if each.pk in last else ""),
            "mandated": each.pk in mandated,
        }
        for each in found
    ]
    lines.sort(key=lambda line: not line["runs"])
    context |= {
        "lines": lines,
        "alerts": [_alert_line(each, access) for each in asked],
        "may_begin": rules.may_begin(request.membership, access),
    }
    return render(request, "casework/programmes.html", context)


def _runs_today(mandate: Mandate) -> bool:
    return rules.span_of(mandate).covers(today())


def _alert_line(alert: Any, access: CaseAccess) -> dict[str, Any]:
    return {
        "alert": alert,
        "mine": alert.agency_id == access.agency_id,
        "receipt": getattr(alert, "receipt", None),
    }


@require_http_methods(["GET", "POST"])
def begin_programme(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """He begins a programme; `?referral=` fills in what a mandated referral says."""
    case, access = get_case(case_id, request.membership)
    if not rules.opens_programmes(request.membership, access):
        raise Http404
    if not rules.may_begin(request.membership, access):
        raise Refused(_("A programme is begun by a service that works with him in this case."))
    case, access, context = _open(request, case_id, page="begin_programme")
    persons = reading.who_may_follow(case, access)
    offered = {"persons": persons, "authorities": mandates.authorities()}
    status = 200
    if request.method == "POST":
        form = BeginForm(request.POST, **offered)
        if form.is_valid():
            try:
                made = programme_acts.begin(
                    by=request.membership,
                    case=case,
                    access=access,
                    case_person_id=form.cleaned_data["case_person"],
                    begun=form.begun(),
                    request_key=form.cleaned_data["request_key"],
                    referral_ref=_own_referral(request, case, form.cleaned_data["referral"]),
                )
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("The programme has begun. Plan the first sessions."))
                return redirect("casework:programme", case.pk, made.pk)
        status = 422
    else:
        form = BeginForm(initial=_initial(request, case, persons), **offered)
    return render(request, "casework/programme_form.html", context | {"form": form}, status=status)


def _own_referral(request: HttpRequest, case: Case, referral_id: UUID | None) -> UUID | None:
    """The referral it follows from, where the acting service took it over in this case."""
    found = _referral(request, case, referral_id)
    return found.pk if found is not None else None


def _referral(request: HttpRequest, case: Case, referral_id: UUID | None) -> Referral | None:
    if referral_id is None:
        return None
    mine = Referral.objects.between(request.membership).filter(to_agency=request.membership.agency_id, case=case.pk)
    found = mine.filter(pk=referral_id).select_related("from_agency").first()
    return found if found is not None and found.taken else None


def _initial(request: HttpRequest, case: Case, persons: list[CasePerson]) -> dict[str, Any]:
    initial: dict[str, Any] = {"begun_on": today()}
    if len(persons) == 1:
        initial["case_person"] = str(persons[0].pk)
    try:
        asked = UUID(request.GET.get("referral", ""))
    except ValueError:
        return initial
    referral = _referral(request, case, asked)
    if referral is None:
        return initial
    initial |= {"referral": referral.pk, "case_person": str(referral.subject_id)}
    if referral.mandated:
        initial |= {
            "entry": Entry.MANDATE,
            "issuer_kind": referral.from_agency.kind,
            "issuer_id": str(referral.from_agency_id),
            "number": referral.legal_text[:200],
            "conditions": referral.reason,
            "starts_on": today(),
        }
    return initial


# --- one programme --------------------------------------------------------------------------------------------
@require_GET
def programme(request: HttpRequest, case_id: UUID, programme_id: UUID) -> HttpResponse:
    """Its mandates, sessions and steps; for the service that runs it, what waits to be said."""
    found, access, context = one(request, case_id, programme_id, page="programme")
    return _page(request, found, access, context)


def _page(
    request: HttpRequest,
    found: Programme,
    access: CaseAccess,
    context: dict,
    *,
    form: Form | None = None,
    name: str = "",
    status: int = 200,
) -> HttpResponse:
    """`form` is the one that was sent, as it was typed, in the place called `name`."""
    keeps = rules.may_keep(access, found)
    steps = reading.steps_of([found], access)
    sessions = reading.sessions_of([found], access)
    last = steps[-1] if steps else None
    running = rules.runs(last.step if last else "")
    forms = {}
    if keeps:
        forms = {
            "sessions": SessionsForm(initial={"kind": SessionKind.INDIVIDUAL, "count": 1}),
            "end": MandateEndForm(),
            "report": ReportForm(initial={"given_on": today()}),
        }
        if form is not None:
            forms[name] = form
    day = today()
    context |= {
        "keeps": keeps,
        "forms": forms,
        "form": form,
        "last": last,
        "runs": running,
        "steps": [_step_line(each, found, access) for each in steps],
        "mandates": [_mandate_line(each, found, access) for each in reading.mandates_of([found], access)],
        "to_mark": [each for each in sessions if each.mark is None and each.on <= day],
        "coming": [each for each in sessions if each.mark is None and each.on > day],
        "held": [each for each in sessions if each.mark is not None][::-1],
        "counts": rules.counted(each.mark.outcome for each in sessions if each.mark is not None),
        "look": next(iter(reading.to_look_at([found])), None) if keeps and running else None,
        "plans": reading.plans_of(found, access, request.membership),
        "own": found.agency_id == access.agency_id,
        "may_alert": rules.may_alert(access, found),
        "alerts": [
            _alert_line(each, access)
            for each in acts.alerts_of(found.case, access).filter(programme=found, agency=access.agency_id)[:20]
        ],
    }
    return render(request, "casework/programme.html", context, status=status)


def _mandate_line(mandate: Mandate, found: Programme, access: CaseAccess) -> dict[str, Any]:
    span = rules.span_of(mandate)
    over = getattr(mandate, "end", None)
    return {
        "mandate": mandate,
        "issuer": mandate.issuer.name if mandate.issuer else mandate.issuer_name,
        "last": span.last,
        "over": over,
        "prolonged": getattr(mandate, "replaced_by", None),
        "runs": span.covers(today()),
        "coming": span.first > today(),
        "due": reading.report_due_on(mandate),
        "late": reading.is_report_late(mandate),
        "reports": list(mandate.reports.all()),
        "may_print": rules.may_print_sheet(access, found, mandate),
    }


def _step_line(step: ProgrammeStep, found: Programme, access: CaseAccess) -> dict[str, Any]:
    own = found.agency_id == access.agency_id
    return {"step": step, "by": step.author.full_name if own else "", "note": step.note if own else None}


# --- sessions -------------------------------------------------------------------------------------------------
@require_POST
def plan_sessions(request: HttpRequest, case_id: UUID, programme_id: UUID) -> HttpResponse:
    """Plan a session, or one a week."""
    found, access, context = to_keep(request, case_id, programme_id, page="programme")
    form = SessionsForm(request.POST)

    def send(given: dict[str, Any]) -> None:
        programme_acts.plan_sessions(by=request.membership, access=access, programme=found, **given)

    done = _("The sessions are planned.")
    return do(request, found, access, context, form, "sessions", send, done)


@require_POST
def mark_session(request: HttpRequest, case_id: UUID, session_id: UUID) -> HttpResponse:
    """Say what became of a session, and come back to where one was."""
    case, access = get_case(case_id, request.membership)
    rows = ProgrammeSession.objects.filter(reading.days_readable(access), case=case)
    session = rows.select_related("programme").filter(pk=session_id).first()
    if session is None:
        raise Http404
    session.programme.case = case
    form = MarkForm(request.POST)
    back = "casework:sessions" if request.POST.get("from") == "sessions" else ""
    try:
        if not form.is_valid():
            raise RuleBroken(_("This page was incomplete. Check what is below and send it again."))
        made = programme_acts.mark(by=request.membership, access=access, session=session, **form.cleaned_data)
    except RuleBroken as broken:
        messages.error(request, " ".join(str(message) for message in broken.messages))
        if back:
            return _sessions_page(request, status=422)
        found, access, context = one(request, case_id, session.programme_id, page="programme")
        return _page(request, found, access, context, status=422)
    messages.success(request, _("Written down: %(what)s.") % {"what": made.get_outcome_display()})
    return redirect(back) if back else redirect("casework:programme", case.pk, session.programme_id)


@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    """The sessions of the service: those to mark, today, the week to come. Nothing for other services."""
    return _sessions_page(request)


def _sessions_page(request: HttpRequest, *, status: int = 200) -> HttpResponse:
    by = request.membership
    if not rules.runs_programmes(by):
        raise Http404
    day = today()
    rows = reading.own_sessions(by, first=day - ALSO_LATELY, last=day + WEEK)
    found = [each for each in reading.with_marks(rows[:MOST_OF_A_WEEK]) if each.mark is None or each.on >= day]
    names = short_names(grants_of([each.case_id for each in found], by).values())
    record(
        action=Action.LISTED,
        object_kind="plans.ProgrammeSession",
        fields=sorted({each.case.reference for each in found}),
    )
    lines = [{"session": each, "initials": names.get(each.case_id, "")} for each in found]
    context = {
        "late": [line for line in lines if line["session"].on < day],
        "today": [line for line in lines if line["session"].on == day],
        "coming": [line for line in lines if line["session"].on > day],
        "may_write": may_write(by),
    }
    return render(request, "casework/sessions.html", context, status=status)


# --- how it goes on -------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def programme_step(request: HttpRequest, case_id: UUID, programme_id: UUID) -> HttpResponse:
    """Completed, left, excluded, taken up again."""
    found, access, context = to_keep(request, case_id, programme_id, page="programme_step")
    last = reading.last_steps([found.pk]).get(found.pk)
    steps = rules.NEXT[last.step if last else ""]
    status = 200
    if request.method == "POST":
        form = StepForm(request.POST, steps=steps)
        if form.is_valid():
            try:
                acts.step(by=request.membership, access=access, programme=found, **form.cleaned_data)
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("Written down."))
                return redirect("casework:programme", found.case_id, found.pk)
        status = 422
    else:
        form = StepForm(initial={"on": today(), "shown": last.pk if last else ""}, steps=steps)
    context |= {"form": form, "last": last, "steps": steps}
    return render(request, "casework/programme_step.html", context, status=status)


@require_http_methods(["GET", "POST"])
def therapeutic_plan(request: HttpRequest, case_id: UUID, programme_id: UUID) -> HttpResponse:
    """What the programme works on with him: read where it is open, written by its service."""
    found, access, context = one(request, case_id, programme_id, page="therapeutic_plan")
    plans = reading.plans_of(found, access, request.membership)
    keeps = rules.may_keep(access, found)
    own = found.agency_id == access.agency_id
    if not plans and not own:
        raise Http404
    if request.method == "POST" and not keeps:
        raise Refused(_("Only the service that runs this programme writes in it."))
    form, status = None, 200
    if request.method == "POST":
        form = PlanForm(request.POST)
        if form.is_valid():
            try:
                programme_acts.write_plan(by=request.membership, access=access, programme=found, **form.cleaned_data)
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("The plan is written down. The former one stays on record."))
                return redirect("casework:therapeutic_plan", found.case_id, found.pk)
        status = 422
    elif keeps:
        initial: dict[str, Any] = {"internal": True}
        if plans:
            current = plans[0]
            initial = {name: getattr(current, name) for name in ("aims", "means", "internal")} | {"shown": current.pk}
        form = PlanForm(initial=initial)
    context |= {"plans": plans, "form": form, "own": own}
    return render(request, "casework/therapeutic_plan.html", context, status=status)


# --- small things ---------------------------------------------------------------------------------------------
def do(
    request: HttpRequest,
    found: Programme,
    access: CaseAccess,
    context: dict,
    form: Form,
    name: str,
    send: Callable[[dict[str, Any]], None],
    done: str,
) -> HttpResponse:
    """Do what a form of the page says and come back; what is refused is shown with everything typed."""
    if form.is_valid():
        try:
            send(dict(form.cleaned_data))
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, done)
            return redirect("casework:programme", found.case_id, found.pk)
    return _page(request, found, access, context, form=form, name=name, status=422)
