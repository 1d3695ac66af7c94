"""“Who had access to my data”: write the request down, check its safety, give or refuse, hand over the paper."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.enums import AgencyKind
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, Side
from cases.models import Case, CasePerson
from cases.page import open_page
from common import pdf
from common.errors import RuleBroken
from common.forms import show_errors

from . import subject_access, subject_paper
from .consent_forms import named
from .consents import representatives
from .models import CheckConclusion, SubjectCheck, SubjectRequest
from .subject_access import FINDINGS, QUESTIONS, Told
from .subject_access_forms import AnswerForm, CheckForm, RefuseForm, SubjectRequestForm
from .subject_lines import Held, HeldBack, Line

FRAME = (f"{Category.SUMMARY}:{Side.CASE}",)
"""What these pages show of the case besides who asks, which is on record apart: following a request is no reading of
what it is about, and must not stand on the list it leads to.
"""


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, case_id: UUID, case_person_id: UUID) -> HttpResponse:
    """Write down that a person asks who had access to their data."""
    case, access, context = _open(request, case_id, "new_subject_request")
    subject = subject_access.subject_of(by=request.membership, access=access, case_person_id=case_person_id)
    _shown(case, "cases.CasePerson", subject)
    people = [] if subject.side == Side.PERPETRATOR else _others(access, subject)
    form = SubjectRequestForm(request.POST if request.method == "POST" else None, people=people)
    if request.method == "POST" and form.is_valid():
        try:
            written = subject_access.write_request(
                by=request.membership,
                case=case,
                access=access,
                subject=subject,
                asked=form.asked(),
                request_key=form.cleaned_data["request_key"],
            )
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("The request is written down."))
            return redirect("sharing:subject_request", case.pk, written.pk)
    context |= {"form": form, "subject": subject, "who": named(subject), "his": subject.side == Side.PERPETRATOR}
    return render(request, "sharing/subject_new.html", context, status=422 if form.is_bound else 200)


def _open(request: HttpRequest, case_id: UUID, page: str) -> tuple[Case, CaseAccess, dict[str, Any]]:
    return open_page(request, case_id, tab="access", page=page, fields=FRAME)


def _shown(case: Case, kind: str, row: SubjectRequest | CasePerson) -> None:
    """On record: who the person is was shown."""
    fields = [f"{Category.IDENTITY}:{row.side}"]
    record(action=Action.READ, case_id=case.pk, object_kind=kind, object_id=row.pk, fields=fields)


def _others(access: CaseAccess, subject: CasePerson) -> list[CasePerson]:
    return [person for person in representatives(access) if person.pk != subject.pk]


@require_GET
def detail(request: HttpRequest, case_id: UUID, subject_request_id: UUID) -> HttpResponse:
    """One request: who asks, its clock, the list for who handles it, what was concluded and answered."""
    case, access, context = _open(request, case_id, "subject_request")
    return _page(request, case, access, context, subject_request_id)


@require_POST
def check(request: HttpRequest, case_id: UUID, subject_request_id: UUID) -> HttpResponse:
    """A second person concludes whether an answer is safe."""
    case, access, context = _open(request, case_id, "subject_request")
    form = CheckForm(request.POST)
    given = form.cleaned_data if form.is_valid() else {}
    try:
        subject_access.conclude(
            by=request.membership,
            case=case,
            access=access,
            request_id=subject_request_id,
            findings=form.findings(),
            reasons=given.get("reasons", ""),
            conclusion=given.get("conclusion", ""),
            not_before=given.get("not_before"),
            seen=given.get("seen", ""),
            request_key=given.get("request_key"),
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, case, access, context, subject_request_id, check_form=form)
    messages.success(request, _("The safety check is recorded."))
    return redirect("sharing:subject_request", case.pk, subject_request_id)


@require_POST
def answer(request: HttpRequest, case_id: UUID, subject_request_id: UUID) -> HttpResponse:
    """Give the list that was shown."""
    case, access, context = _open(request, case_id, "subject_request")
    form = AnswerForm(request.POST)
    seen = form.cleaned_data["seen"] if form.is_valid() else ""
    try:
        subject_access.answer(by=request.membership, case=case, access=access, request_id=subject_request_id, seen=seen)
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, case, access, context, subject_request_id, answer_form=form)
    messages.success(request, _("The answer is made. Hand the paper over in person, where that is safe."))
    return redirect("sharing:subject_request", case.pk, subject_request_id)


@require_POST
def refuse(request: HttpRequest, case_id: UUID, subject_request_id: UUID) -> HttpResponse:
    """Refuse, for a reason the person reads."""
    case, access, context = _open(request, case_id, "subject_request")
    form = RefuseForm(request.POST)
    because = form.cleaned_data["because"] if form.is_valid() else ""
    try:
        subject_access.refuse(
            by=request.membership, case=case, access=access, request_id=subject_request_id, because=because
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, case, access, context, subject_request_id, refuse_form=form)
    messages.success(request, _("The refusal is recorded. The letter says why, and where the person may turn."))
    return redirect("sharing:subject_request", case.pk, subject_request_id)


@require_GET
def document(request: HttpRequest, case_id: UUID, subject_request_id: UUID) -> HttpResponse:
    """The paper that was given, again."""
    case, access, _context = _open(request, case_id, "subject_request")
    _answer, content = subject_access.document(
        by=request.membership, case=case, access=access, request_id=subject_request_id
    )
    return pdf.answer(content, name=subject_paper.NAME)


# --- the page -------------------------------------------------------------------------------------------------
def _page(
    request: HttpRequest,
    case: Case,
    access: CaseAccess,
    context: dict[str, Any],
    request_id: UUID,
    *,
    check_form: forms.Form | None = None,
    answer_form: forms.Form | None = None,
    refuse_form: forms.Form | None = None,
) -> HttpResponse:
    told = subject_access.find(by=request.membership, case=case, access=access, request_id=request_id)
    _shown(case, "sharing.SubjectRequest", told.request)
    failed = check_form or answer_form or refuse_form
    if failed is not None and failed.is_bound and "seen" in failed.fields:
        failed.data = failed.data.copy()
        failed.data["seen"] = told.seen  # the list that stands on this page now
    opened = told.answer is None
    context |= {
        "told": told,
        "asks": _asks(told.request),
        "overdue": subject_access.is_overdue(told.request),
        "knows_recorder": _knows(access, told.request.agency_id),
        "lines": [_line(line) for line in told.lines],
        "held": [_held(held) for held in told.held],
        "checks": [_check(each, access) for each in told.checks],
        "form": failed,
        "check_form": check_form or CheckForm(seen=told.seen)
        if opened and told.needs_check and told.checks_safety
        else None,
        "answer_form": AnswerForm(initial={"seen": told.seen}) if opened and told.handles else None,
        "refuse_form": refuse_form or RefuseForm() if opened and told.handles else None,
        "his": told.request.side == Side.PERPETRATOR,
    }
    return render(request, "sharing/subject_request.html", context, status=200 if failed is None else 422)


def _asks(request: SubjectRequest) -> str:
    """Who asks, in words, with the name of who asks for the person."""
    name = request.representative.person.full_name if request.representative else request.asker_name
    words = str(request.get_asked_by_display())
    return f"{words} ({name})" if name else words


def _knows(access: CaseAccess, agency_id: object) -> bool:
    """Whether which service this is may be said: one's own, or to who knows the services of the victim."""
    return agency_id == access.agency_id or access.can(Category.NETWORK, Side.VICTIM)


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "kind": AgencyKind(line.kind).label,
        "what": subject_paper.in_full(line.pairs),
        "when": [subject_paper.period(first, last) for first, last in line.periods],
        "said_on": sorted(line.said_on),
        "why": subject_paper.reasons(line),
        "read": subject_paper.really_read(line),
    }


def _held(held: HeldBack) -> dict[str, Any]:
    return {
        "name": held.name,
        "kind": AgencyKind(held.kind).label,
        "what": subject_paper.in_full(held.pairs),
        "judicial": held.why == Held.JUDICIAL,
    }


def _check(check: SubjectCheck, access: CaseAccess) -> dict[str, Any]:
    """One check: its words only where this access may read them, its author only where the service may be known."""
    words = getattr(check, "words", None)
    if access.side == ParticipationSide.PERPETRATOR:
        words = None
    answers = dict(zip(FINDINGS, (_("yes"), _("no"), _("not known")), strict=True))
    return {
        "conclusion": CheckConclusion(check.conclusion).label,
        "code": check.conclusion,
        "not_before": check.not_before,
        "at": check.checked_at,
        "by": f"{check.checked_by.full_name}, {check.agency.short_name}" if _knows(access, check.agency_id) else "",
        "reasons": words.reasons if words else "",
        "findings": [(label, answers[words.findings[key]]) for key, label in QUESTIONS.items()] if words else [],
    }


def overview(told: Told) -> dict[str, Any]:
    """A request as a line of the tab of accesses."""
    return {
        "request": told.request,
        "who": named(told.request.subject),
        "state": told.state,
        "due_on": told.due_on,
        "overdue": subject_access.is_overdue(told.request),
        "mine": told.checks_safety if told.state == "to_check" else told.handles,
    }


def links(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """On the page of people: whose request may be written down, or that a senior does it; nothing on other cases."""
    people = [(person.pk, named(person)) for person in subject_access.subjects(request.membership, access)]
    asked = people or subject_access.told_to_a_senior(request.membership, access)
    return {"case": case, "people": people} if asked else None
