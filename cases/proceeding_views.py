"""Family and youth proceedings of a case, for who wrote them and their own readers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.errors import Refused, RuleBroken
from common.forms import show_errors

from . import proceedings
from .access import CaseAccess
from .enums import Category, Side
from .models import Case, Proceeding
from .page import open_page
from .perms import may_keep_proceeding, may_open_proceeding, never_his
from .proceeding_forms import ProceedingForm, ReaderForm, StepForm

FIELDS = (f"{Category.SUMMARY}:{Side.CASE}",)


def panel(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """The proceedings this agency reads, on the people page; None where there is nothing to show nor to do."""
    found = list(proceedings.readable(access)[: proceedings.MOST])
    may_open = may_open_proceeding(access)
    return {"case": case, "proceedings": found, "may_open": may_open} if found or may_open else None


@require_http_methods(["GET", "POST"])
def new_proceeding(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Write a proceeding down; one's own service alone reads it until readers are named."""
    case, access, context = open_page(request, case_id, tab="people", page="people", fields=FIELDS)
    if never_his(access):
        raise Http404
    if not may_open_proceeding(access):
        raise Refused(_("You can read this case but not add to it."))
    form = ProceedingForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                opened = proceedings.open_proceeding(
                    by=request.membership, case=case, access=access, **form.cleaned_data
                )
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("Written. Only your service reads it: name its other readers below."))
                return redirect("cases:proceeding", case.pk, opened.pk)
    return render(request, "cases/proceeding_new.html", context | {"form": form}, status=status)


def _open(request: HttpRequest, case_id: UUID, proceeding_id: UUID) -> tuple[Case, CaseAccess, dict, Proceeding]:
    case, access, context = open_page(request, case_id, tab="people", page="proceeding", fields=FIELDS)
    return case, access, context, proceedings.find(access, proceeding_id)


@require_GET
def proceeding(request: HttpRequest, case_id: UUID, proceeding_id: UUID) -> HttpResponse:
    """One proceeding: what it is about, what happened, when it is heard next, who reads it."""
    case, access, context, found = _open(request, case_id, proceeding_id)
    return _page(request, case, access, context, found)


def _page(
    request: HttpRequest,
    case: Case,
    access: CaseAccess,
    context: dict,
    found: Proceeding,
    *,
    refused: Mapping[str, forms.Form] | None = None,
) -> HttpResponse:
    keeps = may_keep_proceeding(access, found)
    steps = list(found.steps.select_related("author")[: proceedings.MOST_STEPS])
    readers = list(found.readers.select_related("reader", "added_by")) if found.agency_id == access.agency_id else []
    live = {each.reader_id for each in readers if each.ended_at is None}
    context |= {
        "proceeding": found,
        "steps": steps,
        "next_hearing": proceedings.next_hearing(steps),
        "keeps": keeps,
        "own": found.agency_id == access.agency_id,
        "readers": [each for each in readers if each.ended_at is None],
        "past_readers": [each for each in readers if each.ended_at is not None],
    }
    if keeps:
        agencies = [each for each in proceedings.candidates(case, access) if each.pk not in live]
        context |= {"step_form": StepForm(), "reader_form": ReaderForm(agencies=agencies), "agencies": agencies}
    context |= refused or {}
    context["formsets"] = list((refused or {}).values())
    return render(request, "cases/proceeding.html", context, status=422 if refused else 200)


@require_POST
def add_step(request: HttpRequest, case_id: UUID, proceeding_id: UUID) -> HttpResponse:
    """What happened, and when it is heard next."""
    case, access, context, found = _open(request, case_id, proceeding_id)
    if not may_keep_proceeding(access, found):
        raise Refused(_("Only the service that wrote this proceeding adds to it."))
    form = StepForm(request.POST)
    if form.is_valid():
        try:
            proceedings.add_step(by=request.membership, access=access, proceeding=found, **form.cleaned_data)
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("Written."))
            return redirect("cases:proceeding", case.pk, found.pk)
    return _page(request, case, access, context, found, refused={"step_form": form})


@require_POST
def add_reader(request: HttpRequest, case_id: UUID, proceeding_id: UUID) -> HttpResponse:
    """Name another service that reads the proceeding."""
    case, access, context, found = _open(request, case_id, proceeding_id)
    if not may_keep_proceeding(access, found):
        raise Refused(_("Only the service that wrote this proceeding adds to it."))
    form = ReaderForm(request.POST, agencies=proceedings.candidates(case, access))
    if form.is_valid():
        try:
            added = proceedings.add_reader(
                by=request.membership,
                case=case,
                access=access,
                proceeding=found,
                agency_id=form.cleaned_data["agency"],
                reason=form.cleaned_data["reason"],
            )
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            who = {"who": added.reader.short_name}
            messages.success(request, _("%(who)s reads this proceeding from now on.") % who)
            return redirect("cases:proceeding", case.pk, found.pk)
    return _page(request, case, access, context, found, refused={"reader_form": form})


@require_POST
def end_reader(request: HttpRequest, case_id: UUID, proceeding_id: UUID, reader_id: UUID) -> HttpResponse:
    """A service reads the proceeding no longer."""
    case, access, _context, found = _open(request, case_id, proceeding_id)
    proceedings.end_reader(access=access, proceeding=found, reader_id=reader_id)
    messages.success(request, _("Ended: this service reads the proceeding no longer."))
    return redirect("cases:proceeding", case.pk, found.pk)
