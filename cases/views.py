"""The case list, the search, and the tabs of this room: summary, people, notes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, UUIDField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, JSONObject
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from agencies.models import Membership
from agencies.perms import may_see_cases, may_write
from audit.models import Action, AuditEvent
from audit.services import record
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.ids import uuid7
from common.languages import names as language_names
from common.pagination import Key, bounded_count, page_or_first, paginate, paginate_together
from common.phones import display
from common.templatetags.ui import due_when

from . import forms, panels, services, timeline
from .access import LIST_KEYS, CaseAccess, levels_given, participation_rows, row_access, with_access
from .enums import Category, ContactKind, ParticipationSide, PersonRole, Safe, Side
from .models import Case, CaseEvent, CasePerson, ContactPoint, Note
from .page import open_page, safe_contact, short_names, with_last_call
from .perms import in_doubt, may_change_contact, may_rectify, note_subjects, shows_contact, shows_person
from .search import MOST, find
from .words import about, seen_by

TIMELINE_KEYS = (Key("at", descending=True), Key("id", descending=True))
TIMELINE_LENGTH = 30
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
        rows = rows.filter(content_object__stage=stage)
    if level := wanted.get("level"):
        rows = rows.filter(Exists(levels_given(membership)), content_object__level=level)
    if wanted.get("mine") and (due := panels.due()):
        rows = rows.filter(content_object__in=due.cases(membership))
    return rows


def _line(row: Any, access: CaseAccess, names: dict, due: panels.Due | None) -> dict[str, Any]:
    case = row.content_object
    owed = getattr(row, "next_due", None) or {}
    return {
        "case": case,
        "initials": names.get(case.pk, ""),
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
        {"found": item, "initials": names.get(item.case.pk, ""), "level_known": item.access.level} for item in found
    ]
    context = {"form": form, "searched": True, "lines": lines, "more": more, "most": MOST}
    context["may_search_in_emergency"] = may_write(membership)
    context["too_short"] = len(request.POST.get("q", "").strip()) < 2
    return render(request, "cases/search.html", context)


# --- summary --------------------------------------------------------------------------------------------------
@require_GET
def summary(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """What has happened, whose move is next, who takes part."""
    case, access, context = open_page(request, case_id, tab="summary")
    since = _moment(request.GET.get("since"))
    page = page_or_first(
        lambda cursor: paginate_together(
            _timeline(request, case, access, since), keys=TIMELINE_KEYS, cursor=cursor, per_page=TIMELINE_LENGTH
        ),
        request.GET.get("cursor"),
    )
    new_since = since or next((row.last_visit for row in page.items if isinstance(row, CaseEvent)), None)
    entries = [_internal(row) if isinstance(row, Note) else _entry(case, access, row, new_since) for row in page.items]
    _mark_notes(case, access, page.items, entries)
    context |= {
        "page": page,
        "days": by_day(entries),
        "since": since,
        "new_since": new_since,
        "new_count": sum(1 for entry in entries if entry["new"]),
        "panels_head": panels.panels(request, case, access, "head"),
        "panels_top": panels.panels(request, case, access, "top"),
        "panels_aside": panels.panels(request, case, access, "aside"),
    }
    return render(request, "cases/summary.html", context)


def _moment(text: str | None) -> datetime | None:
    try:
        found = parse_datetime(text or "")
    except ValueError:
        return None
    return found if found is not None and found.utcoffset() is not None else None


def _timeline(request: HttpRequest, case: Case, access: CaseAccess, since: datetime | None) -> list[QuerySet]:
    """The events this agency may read, with the words of their note and the last visit, and its own internal notes."""
    text = Note.objects.filter(pk=OuterRef("note_id"), internal=False).values(
        text=JSONObject(facts="facts", statements="statements", appreciation="appreciation")
    )
    hidden = timeline.NOT_ON_HIS_SIDE if access.side == ParticipationSide.PERPETRATOR else ()
    events = (
        CaseEvent.objects.filter(case=case)
        .filter(access.readable())
        .exclude(code__in=hidden)
        .annotate(
            note_id=Cast(KeyTextTransform("note", "payload"), UUIDField()),
            note_text=Subquery(text),
            marked=panels.marked(OuterRef("note_id")),
            assessment_id=Cast(KeyTextTransform("assessment", "payload"), UUIDField()),
            reads_assessment=panels.reads_assessment(access, OuterRef("assessment_id")),
            last_visit=Subquery(last_visits(request, case).values("at")[:1]),
        )
        .select_related("agency", "user", "next_agency")
    )
    internal = (
        Note.objects.filter(case=case, internal=True, agency=access.agency_id)
        .annotate(at=F("written_at"), marked=panels.marked(OuterRef("pk")))
        .select_related("agency", "author")
    )
    if since:
        events, internal = events.filter(at__gt=since), internal.filter(at__gt=since)
    return [events, internal]


def last_visits(request: HttpRequest, case: Case) -> QuerySet[AuditEvent]:
    """When this person read the summary of this case for this agency before this request, the latest first."""
    return (
        AuditEvent.objects.filter(
            case_id=case.pk,
            user_id=request.user.pk,
            agency_id=request.membership.agency_id,
            action=Action.READ,
            object_kind="cases.summary",
        )
        .exclude(request_id=request.request_id)
        .order_by("-at")
    )


def _entry(case: Case, access: CaseAccess, event: CaseEvent, new_since: datetime | None) -> dict[str, Any]:
    mine = event.agency_id == access.agency_id
    known = mine or access.can(Category.NETWORK, Side.VICTIM)
    title = timeline.title(event.code, event.payload)
    detail = timeline.detail(event.code, event.payload)
    next_move = _next(event, access)
    small = event.code in timeline.SMALL
    return {
        "at": event.at,
        "anchor": f"event-{event.pk}",
        "human": not small,
        "title": title,
        "text": " · ".join(filter(None, [title, detail, next_move])) if small else detail,
        "author": event.user.full_name if event.user and known else "",
        "agency": event.agency.short_name
        if event.agency and known
        else ("" if event.agency is None else _("another service")),
        "level": event.payload.get("level", "") if access.level or mine else "",
        "url": _link(case, access, event),
        "next_move": next_move,
        "visible_to": seen_by(event.category, event.side),
        "shown": event,
        "parts": _parts(event.note_text or {}),
        "new": bool(new_since and event.at > new_since and not mine),
    }


def _link(case: Case, access: CaseAccess, event: CaseEvent) -> str:
    if (report := event.payload.get("report")) and access.shows(event):
        return reverse("reports:detail", args=[case.pk, report])
    if event.reads_assessment:  # a level is told to more services than the answers it comes from
        return reverse("riskassessment:detail", args=[case.pk, event.assessment_id])
    if (file := event.payload.get("file")) and access.shows(event):
        return reverse("reports:file", args=[case.pk, file])
    return ""


def _next(event: CaseEvent, access: CaseAccess) -> str:
    """Whose move the event announced, as far as this agency may know that service."""
    if event.next_agency is None:
        return ""
    if event.next_agency_id != access.agency_id and not access.can(Category.NETWORK, Side.VICTIM):
        return ""
    what = "" if event.code in timeline.SMALL else timeline.next_move(event.next_act)  # a small line says it already
    due = due_when(event.next_due_at) if event.next_due_at and event.next_due_at > now() else ""
    return " · ".join(filter(None, [event.next_agency.short_name, what, due]))


def _parts(text: Mapping[str, str]) -> list[tuple[Any, str]]:
    """The parts of a note that were filled in: (label, text)."""
    return [
        (Note._meta.get_field(name).verbose_name, text[name])
        for name in ("facts", "statements", "appreciation")
        if text.get(name)
    ]


def _internal(note: Note) -> dict[str, Any]:
    return {
        "at": note.written_at,
        "anchor": f"note-{note.pk}",
        "human": True,
        "title": _("Internal note · %(about)s") % {"about": about(note.category, note.side)},
        "text": "",
        "author": note.author.full_name,
        "agency": note.agency.short_name,
        "visible_to": _("my agency only"),
        "shown": note,
        "parts": _parts({name: getattr(note, name) for name in ("facts", "statements", "appreciation")}),
        "new": False,
    }


def _mark_notes(case: Case, access: CaseAccess, rows: Sequence[Any], entries: list[dict[str, Any]]) -> None:
    """Beside the words of a note, what was corrected in it, and where its author corrects it.

    No query, one where something was corrected.
    """
    notes = {at: row.pk if isinstance(row, Note) else row.note_id for at, row in enumerate(rows)}
    notes = {at: note for at, note in notes.items() if note and entries[at]["parts"]}
    marks = panels.marks(access, [note for at, note in notes.items() if rows[at].marked])
    for at, note in notes.items():
        entries[at]["marks"] = marks.get(note)
        if may_rectify(access, rows[at].agency_id):
            entries[at]["rectify_url"] = reverse("casework:rectify", args=[case.pk, "note", note])


def by_day(entries: list[dict[str, Any]]) -> list[tuple[datetime, list[dict[str, Any]]]]:
    """Entries under the Belgian day they happened on, in their order."""
    days: list[tuple[datetime, list[dict[str, Any]]]] = []
    for entry in entries:
        if not days or local(days[-1][0]).date() != local(entry["at"]).date():
            days.append((entry["at"], []))
        days[-1][1].append(entry)
    return days


# --- people ---------------------------------------------------------------------------------------------------
@require_GET
def people(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The persons of the case, by side, as far as this agency may know them; numbers masked behind their rule."""
    case, access, context = open_page(request, case_id, tab="people")
    persons = CasePerson.objects.filter(case=case).select_related("person").order_by("created_at")
    points: dict[UUID, list[dict]] = {}
    for point in with_last_call(ContactPoint.objects.filter(case=case, ended_at=None)).order_by("recorded_at"):
        if shows_contact(access, point):
            points.setdefault(point.case_person_id, []).append(safe_contact(point))
    persons = [case_person for case_person in persons if shows_person(access, case_person)]
    marks = panels.marks(access, [case_person.pk for case_person in persons])
    groups = []
    for side, title in (
        (Side.VICTIM, _("The victim and the children")),
        (Side.PERPETRATOR, _("The presumed perpetrator")),
        (Side.CASE, _("Others")),
    ):
        cards = [
            _card(case_person, access, points.get(case_person.pk, [])) | {"marks": marks.get(case_person.pk)}
            for case_person in persons
            if case_person.side == side
        ]
        if side != Side.CASE or cards:
            groups.append({"title": title, "cards": cards, "side": side.value})
    context |= {"groups": groups, "panels": panels.panels(request, case, access, "people")}
    return render(request, "cases/people.html", context)


def _card(case_person: CasePerson, access: CaseAccess, contacts: list[dict]) -> dict[str, Any]:
    person = case_person.person
    return {
        "case_person": case_person,
        "name": person.full_name or _("name not known"),
        "age": age(person.birth_date) if person.birth_date else None,
        "languages": language_names(person.languages),
        "contacts": contacts,
        "contact_open": access.can(Category.CONTACT, case_person.side),
        "may_change": may_change_contact(access, case_person.side) and case_person.role != PersonRole.CHILD,
        "may_rectify": may_rectify(access, case_person.agency_id),
    }


def age(born: date) -> int:
    """Whole years today, on a Belgian calendar."""
    today = local(now()).date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


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


# --- notes ----------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def write_note(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """A note, after having read who will read it."""
    case, access, context = open_page(request, case_id, tab="summary", page="write_note")
    if not note_subjects(access):
        raise Refused(_("You can read this case but not add to it."))
    readers = panels.readers(case, access)
    status = 200
    if request.method == "POST":
        form = forms.NoteForm(request.POST, access=access, readers=readers)
        if form.is_valid():
            given = form.cleaned_data
            category, _separator, side = given["about"].partition(":")
            try:
                services.write_note(
                    by=request.membership,
                    case=case,
                    access=access,
                    category=category,
                    side=side,
                    facts=given["facts"],
                    statements=given["statements"],
                    appreciation=given["appreciation"],
                    internal=given["internal"],
                    key=form.key_value(),
                )
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("Your note is in the case."))
                return redirect("cases:summary", case.pk)
        status = 422
    else:
        form = forms.NoteForm(initial={"key": uuid7()}, access=access, readers=readers)
    context |= {"form": form, "back": reverse("cases:summary", args=[case.pk])}
    return render(request, "cases/write_note.html", context, status=status)
