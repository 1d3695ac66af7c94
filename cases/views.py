"""The case list, the search, and the tabs of this room: summary, people."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Exists, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from agencies.models import Membership
from agencies.perms import may_see_cases, may_write
from audit.models import Action
from audit.services import record
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.pagination import bounded_count, page_or_first, paginate
from common.phones import display

from . import forms, panels, services, timeline_page
from .access import LIST_KEYS, CaseAccess, levels_given, participation_rows, row_access, with_access
from .enums import Category, ContactKind, ParticipationSide, Safe, Side, Stage
from .models import Case, CasePerson, ContactPoint
from .note_views import compose
from .page import open_page, safe_contact, short_names, with_last_call
from .perms import in_doubt, may_change_contact, shows_contact, shows_person, stage_told
from .search import MOST, find
from .timeline_page import EVERYTHING

PER_PAGE = 25


# --- list and search ------------------------------------------------------------------------------------------
@require_GET
def case_list(request: HttpRequest) -> HttpResponse:
    """The cases of the acting agency, the most urgent first. At most eight queries, whatever their number."""
    membership = _case_worker(request)
    due = panels.due()
    form = forms.FilterForm(request.GET)
    rows = _filtered(participation_rows(membership), form, membership)
    listed = with_access(rows)
    if due:
        listed = listed.annotate(next_due=due.next_of(membership))
    page = page_or_first(
        lambda cursor: paginate(listed, keys=LIST_KEYS, cursor=cursor, per_page=PER_PAGE), request.GET.get("cursor")
    )
    accesses = {row.content_object_id: row_access(row, membership) for row in page.items}
    names = short_names(accesses.values())
    several = page.next_cursor or page.previous_cursor
    context = {
        "form": form,
        "filtered": any(form.cleaned_data.values()) if form.is_valid() else False,
        "page": page,
        "total": bounded_count(rows.select_related(None)) if several else None,
        "due_label": due is not None,
        "lines": [_line(row, accesses[row.content_object_id], names, due) for row in page.items],
    }
    record(action=Action.LISTED, object_kind="cases.list", fields=[str(pk) for pk in accesses])
    return render(request, "cases/list.html", context)


def _case_worker(request: HttpRequest) -> Membership:
    """The acting membership; Http404 for who works without case content."""
    if not may_see_cases(request.membership):
        raise Http404
    return request.membership


def _filtered(rows: QuerySet, form: forms.FilterForm, membership: Membership) -> QuerySet:
    wanted = form.cleaned_data if form.is_valid() else {}
    if stage := wanted.get("stage"):
        rows = rows.filter(_at_stage(stage))
    if level := wanted.get("level"):
        rows = rows.filter(Exists(levels_given(membership)), content_object__level=level)
    if wanted.get("mine") and (due := panels.due()):
        rows = rows.filter(content_object__in=due.cases(membership))
    return rows


def _at_stage(stage: str) -> Q:
    """The same rule as `perms.stage_told`, as a filter on participations."""
    hidden = Q(side=ParticipationSide.PERPETRATOR, content_object__stage=Stage.SUPERVISED)
    told = Q(content_object__stage=stage) & ~hidden
    return told | hidden if stage == Stage.FOLLOWED else told


def _line(row: Any, access: CaseAccess, names: dict, due: panels.Due | None) -> dict[str, Any]:
    case = row.content_object
    owed = getattr(row, "next_due", None) or {}
    return {
        "case": case,
        "initials": names.get(case.pk, ""),
        "stage": stage_told(case, access.side).label,
        "level_known": access.level,
        "at": row.sort_at,
        "owed": due.label(owed["kind"]) if due and owed else "",
        "owed_at": parse_datetime(owed["due_at"]) if owed else None,
    }


@require_http_methods(["GET", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Search by reference or name. The words travel by POST and are written nowhere; nothing found and not allowed
    read alike.
    """
    membership = _case_worker(request)
    if request.method == "GET":
        context = {"form": forms.SearchForm(), "may_search_in_emergency": may_write(membership)}
        return render(request, "cases/search.html", context)
    form = forms.SearchForm(request.POST)
    found, more = find(membership, request.POST.get("q", ""))
    fields = [str(item.case.pk) for item in found]
    record(action=Action.SEARCHED, object_kind="cases.search", fields=fields)
    names = short_names(item.access for item in found)
    lines = [
        {
            "found": item,
            "initials": names.get(item.case.pk, ""),
            "stage": stage_told(item.case, item.access.side).label,
            "level_known": item.access.level,
        }
        for item in found
    ]
    context = {"form": form, "searched": True, "lines": lines, "more": more, "most": MOST}
    context["may_search_in_emergency"] = may_write(membership)
    context["too_short"] = len(request.POST.get("q", "").strip()) < 2
    return render(request, "cases/search.html", context)


# --- summary --------------------------------------------------------------------------------------------------
@require_GET
def summary(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """What has happened lately, whose move is next, who takes part."""
    case, access, context = open_page(request, case_id, tab="summary")
    page = timeline_page.page_of(request, case, access, EVERYTHING, None, length=timeline_page.LATEST)
    context |= timeline_page.shown_page(request, case, access, page, EVERYTHING)
    context |= {
        "compose": compose(request, case, access, beside=False),
        "panels_head": panels.panels(request, case, access, "head"),
        "panels_top": panels.panels(request, case, access, "top"),
        "panels_aside": panels.panels(request, case, access, "aside"),
    }
    return render(request, "cases/summary.html", context)


# --- people ---------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest, case_id: UUID, point_id: UUID) -> HttpResponse:
    """The rule first; the whole number only once it was read (POST), and that it was shown is recorded."""
    case, access, context = open_page(request, case_id, tab="people", fields=(f"{Category.IDENTITY}:{Side.VICTIM}",))
    point = _point(case, access, point_id)
    context |= {"contact": safe_contact(point), "person": point.case_person.person, "case_person": point.case_person}
    context["may_change"] = may_change_contact(access, point.side)
    if request.method == "POST":
        record(
            action=Action.READ,
            case_id=case.pk,
            object_kind="cases.contact",
            object_id=point.pk,
            fields=(f"{Category.CONTACT}:{point.side}",),
        )
        is_phone = point.kind == ContactKind.PHONE
        context |= {"value": display(point.value) if is_phone else point.value, "is_phone": is_phone}
        callable_now = is_phone and point.safe == Safe.YES and not in_doubt(point)
        context["call"] = point.value if callable_now else ""
    return render(request, "cases/contact.html", context)


def _point(case: Case, access: CaseAccess, point_id: UUID) -> ContactPoint:
    points = with_last_call(ContactPoint.objects.filter(case=case, pk=point_id, ended_at=None))
    point = points.select_related("case_person__person").first()
    if point is None or not shows_contact(access, point):
        raise Http404
    return point


@require_http_methods(["GET", "POST"])
def new_contact(request: HttpRequest, case_id: UUID, case_person_id: UUID) -> HttpResponse:
    """Another way to reach a person of the case."""
    case, access, context = open_page(request, case_id, tab="people")
    case_person = CasePerson.objects.filter(case=case, pk=case_person_id).select_related("person").first()
    if case_person is None or not (
        shows_person(access, case_person) and access.can(Category.CONTACT, case_person.side)
    ):
        raise Http404
    return _contact_form(request, access, context, case_person, None)


@require_http_methods(["GET", "POST"])
def replace_contact(request: HttpRequest, case_id: UUID, point_id: UUID) -> HttpResponse:
    """New rules in the place of those in force, which end and stay on record."""
    case, access, context = open_page(request, case_id, tab="people")
    if request.method == "GET":
        point = _point(case, access, point_id)
    else:  # one that a colleague has just replaced is told so by the service
        point = ContactPoint.objects.filter(case=case, pk=point_id).select_related("case_person__person").first()
        if point is None or not shows_contact(access, point):
            raise Http404
    return _contact_form(request, access, context, point.case_person, point)


RULES = ("hours", "say", "must_not_answer")
PERMITTED = ("may_sms", "may_leave_message")


def _contact_form(
    request: HttpRequest, access: CaseAccess, context: dict, case_person: CasePerson, replaces: ContactPoint | None
) -> HttpResponse:
    if not may_change_contact(access, case_person.side):
        raise Refused(_("Your agency may not change how this person is reached."))
    status = 200
    if request.method == "POST":
        form = forms.ContactForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            try:
                services.change_contact(
                    by=request.membership,
                    access=access,
                    case_person=case_person,
                    replaces=replaces,
                    kind=given["kind"],
                    value=given["value"],
                    safe=given["safe"],
                    **{name: given[name] for name in (*RULES, *PERMITTED)},
                )
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("The contact rules are recorded. Everybody who may call reads them now."))
                return redirect("cases:people", context["case"].pk)
        status = 422
    else:
        initial: dict[str, Any] = {"kind": ContactKind.PHONE, "safe": ""}
        if replaces is not None:
            names = ("kind", "value", "safe", *RULES, *PERMITTED)
            initial = {name: getattr(replaces, name) for name in names}
            if replaces.kind == ContactKind.PHONE:
                initial["value"] = display(replaces.value)
            record(
                action=Action.READ,
                case_id=context["case"].pk,
                object_kind="cases.contact",
                object_id=replaces.pk,
                fields=(f"{Category.CONTACT}:{replaces.side}",),
            )
        form = forms.ContactForm(initial=initial)
    context |= {"form": form, "person": case_person.person, "case_person": case_person, "replaces": replaces}
    return render(request, "cases/contact_form.html", context, status=status)
