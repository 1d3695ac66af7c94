"""What the timeline of a case shows to one agency: which rows, in what words, and what is new to this person.

Two pages share it: the summary has the latest entries, the timeline all of them, filtered. Both count as a visit of the
case; what came after the last one is new, here and in “my work”. The moment of that visit travels in the address, so
that a second page, or the same page again, still says the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, JSONObject
from django.http import HttpRequest
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from audit.models import Action, AuditEvent
from common.clock import BRUSSELS, end_of, local, now
from common.pagination import BoundedCount, Key, KeysetPage, cursor_beside, page_or_first, paginate_together
from common.templatetags.ui import due_when

from . import notes, panels, timeline
from .access import CaseAccess
from .enums import EventCode
from .models import Case, CaseEvent, Note
from .perms import may_correct_note, may_rectify
from .timeline import FAMILY_CODES, MACHINERY, Family
from .who_sees import who_sees
from .words import about, seen_by

KEYS = (Key("at", descending=True), Key("id", descending=True))
LENGTH = 30
LATEST = 15
ABOVE = 3
"""Entries shown above the one a permanent link leads to."""
MOST_NEW = 99

Entry = dict[str, Any]
Item = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """Which entries are asked for; empty where all are. The days are Belgian ones, both included.

    `since` is the visit from which on entries are new, `new` whether the others are left out.
    """

    acts: str = ""
    family: str = ""
    agency: UUID | None = None
    first_day: date | None = None
    last_day: date | None = None
    new: bool = False
    since: datetime | None = None

    def __bool__(self) -> bool:
        return any((self.acts, self.family, self.agency, self.first_day, self.last_day, self.new and self.since))

    def events(self) -> Q:
        """The same, as a filter on events."""
        found = self._at("at")
        if self.acts:
            small = Q(code__in=timeline.SMALL)
            found &= small if self.acts == MACHINERY else ~small
        if self.family:
            found &= Q(code__in=FAMILY_CODES[Family(self.family)])
        return found

    def internal(self) -> Q:
        """The same, as a filter on notes that stay inside the agency."""
        notes_too = self.acts != MACHINERY and self.family in ("", Family.NOTES)
        return self._at("written_at") if notes_too else Q(pk__in=[])

    def _at(self, column: str) -> Q:
        found = Q(agency=self.agency) if self.agency else Q()
        if self.first_day:
            found &= Q((f"{column}__gte", datetime.combine(self.first_day, time(), BRUSSELS)))
        if self.last_day:
            found &= Q((f"{column}__lt", end_of(self.last_day)))
        if self.new and self.since:
            found &= Q((f"{column}__gt", self.since))
        return found


EVERYTHING = Wanted()


# --- visits -----------------------------------------------------------------------------------------------------
def last_visits(request: HttpRequest, case: Case) -> QuerySet[AuditEvent]:
    """When this person read this case's timeline for this agency before this request, the latest first."""
    return (
        AuditEvent.objects.filter(
            case_id=case.pk,
            user_id=request.user.pk,
            agency_id=request.membership.agency_id,
            action=Action.READ,
            object_kind__in=notes.VISITS,
        )
        .exclude(request_id=request.request_id)
        .order_by("-at")
    )


def last_visit(request: HttpRequest, case: Case) -> datetime | None:
    """The moment of the last one, or None for a first visit. One query."""
    return last_visits(request, case).values_list("at", flat=True).first()


def stamp(at: datetime) -> str:
    """A moment for an address: UTC, without a plus sign."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str | None) -> datetime | None:
    """What `stamp` made, back; None for anything else, a moment to come included."""
    try:
        found = parse_datetime(text or "")
        return found if found is not None and found.utcoffset() is not None and found <= now() else None
    except (ValueError, OverflowError):
        return None


def is_new(event: CaseEvent, access: CaseAccess, since: datetime | None) -> bool:
    """Whether an event is news to somebody of this agency who was here at `since`; on a first visit nothing is."""
    others = event.agency_id != access.agency_id
    return bool(since and event.at > since and others and event.code not in timeline.NOT_NEWS)


def count_new(case: Case, access: CaseAccess, since: datetime) -> BoundedCount:
    """How many entries are new since then, to 99. One query."""
    news = _events(case, access).filter(at__gt=since).exclude(agency=access.agency_id)
    found = news.exclude(code__in=timeline.NOT_NEWS).order_by()[: MOST_NEW + 1].count()
    return BoundedCount(value=min(found, MOST_NEW), more=found > MOST_NEW)


# --- rows -------------------------------------------------------------------------------------------------------
def _events(case: Case, access: CaseAccess) -> QuerySet[CaseEvent]:
    return CaseEvent.objects.filter(case=case).filter(access.readable()).exclude(timeline.kept_from(access.side))


def _internal_notes(case: Case, access: CaseAccess) -> QuerySet[Note]:
    """The first versions: where they were corrected, the latest words stand at the same place."""
    return Note.objects.filter(case=case, internal=True, agency=access.agency_id, supersedes=None).annotate(
        at=F("written_at")
    )


def rows(request: HttpRequest, case: Case, access: CaseAccess, wanted: Wanted = EVERYTHING) -> list[QuerySet]:
    """The events this agency may read, with the words of their note and the last visit, and its own internal notes."""
    text = Note.objects.filter(pk=OuterRef("note_id"), internal=False).values(
        text=JSONObject(facts="facts", statements="statements", appreciation="appreciation")
    )
    events = (
        _events(case, access)
        .filter(wanted.events())
        .annotate(
            note_id=Cast(KeyTextTransform("note", "payload"), UUIDField()),
            note_text=Subquery(text),
            corrected=Exists(Note.objects.filter(supersedes=OuterRef("note_id"))),
            marked=panels.marked(OuterRef("note_id")),
            assessment_id=Cast(KeyTextTransform("assessment", "payload"), UUIDField()),
            reads_assessment=panels.reads_assessment(access, OuterRef("assessment_id")),
            last_visit=Subquery(last_visits(request, case).values("at")[:1]),
        )
        .select_related("agency", "user", "next_agency")
    )
    internal = (
        _internal_notes(case, access)
        .filter(wanted.internal())
        .annotate(
            corrected=Exists(Note.objects.filter(supersedes=OuterRef("pk"))), marked=panels.marked(OuterRef("pk"))
        )
        .select_related("agency", "author")
    )
    return [events, internal]


def services(case: Case, access: CaseAccess) -> list[tuple[UUID, str]]:
    """The services whose entries stand under their name for this agency: (id, short name), by name. No query of its
    own: who reads the case is asked for on every page that says who will read a note.
    """
    found = [reader.agency for reader in who_sees(case, access).readers]
    named = [(agency.pk, agency.short_name) for agency in found if access.knows_service(agency.pk)]
    return sorted(named, key=lambda service: service[1])


def page_of(
    request: HttpRequest, case: Case, access: CaseAccess, wanted: Wanted, cursor: str | None, *, length: int
) -> KeysetPage:
    """One page of rows; from the first one when the cursor is not one of ours. Two queries."""
    found = rows(request, case, access, wanted)
    return page_or_first(lambda at: paginate_together(found, keys=KEYS, cursor=at, per_page=length), cursor)


def find(case: Case, access: CaseAccess, entry_id: UUID) -> CaseEvent | Note | None:
    """The entry with this id, or the entry of the note with this id, where this agency reads it."""
    events = _events(case, access)
    entry = events.filter(pk=entry_id).first()
    entry = entry or _internal_notes(case, access).filter(pk=entry_id).first()
    return entry or events.filter(code=EventCode.NOTE_WRITTEN, payload__note=str(entry_id)).first()


def cursor_to(case: Case, access: CaseAccess, entry: CaseEvent | Note) -> str:
    """The cursor of a page that holds the entry, a few others above it; empty where the first page does."""
    before = cursor_beside(entry, keys=KEYS, side="before")
    together = [_events(case, access), _internal_notes(case, access)]
    above = paginate_together(together, keys=KEYS, cursor=before, per_page=ABOVE + 1)
    if len(above.items) <= ABOVE:
        return ""
    return cursor_beside(above.items[0], keys=KEYS, side="after")


# --- entries ----------------------------------------------------------------------------------------------------
def entries(
    case: Case, access: CaseAccess, found: Sequence[CaseEvent | Note], *, since: datetime | None
) -> list[Entry]:
    """What the template shows of these rows: see components/timeline_entry.html.

    No query, one where a note was corrected by its author, one where a wrong fact was corrected in one.
    """
    shown = [_internal(case, row) if isinstance(row, Note) else _entry(case, access, row, since) for row in found]
    _show_notes(case, access, found, shown)
    return shown


def _entry(case: Case, access: CaseAccess, event: CaseEvent, since: datetime | None) -> Entry:
    mine = event.agency_id == access.agency_id
    known = access.knows_service(event.agency_id)
    title = timeline.title(event.code, event.payload)
    detail = timeline.detail(event.code, event.payload)
    next_move = _next(event, access)
    small = event.code in timeline.SMALL
    return {
        "id": event.pk,
        "at": event.at,
        "link": reverse("cases:timeline_entry", args=[case.pk, event.pk]),
        "human": not small,
        "title": title,
        "text": " · ".join(filter(None, [title, detail, next_move])) if small else detail,
        "author": event.user.full_name if event.user and known else "",
        "agency": event.agency.short_name
        if event.agency and known
        else ("" if event.agency is None else _("another service")),
        "level": event.payload.get("level", "") if access.level or mine else "",
        "url": _leads_to(case, access, event),
        "next_move": next_move,
        "visible_to": seen_by(event.category, event.side),
        "shown": event,
        "parts": notes.words(event.note_text or {}),
        "new": is_new(event, access, since),
    }


def _leads_to(case: Case, access: CaseAccess, event: CaseEvent) -> str:
    if (situation := event.payload.get("situation")) and access.shows(event):
        return reverse("reports:situation", args=[case.pk, situation])
    if (report := event.payload.get("report")) and access.shows(event):
        return reverse("reports:detail", args=[case.pk, report])
    if event.reads_assessment:  # a level is told to more services than the answers it comes from
        return reverse("riskassessment:detail", args=[case.pk, event.assessment_id])
    if (file := event.payload.get("file")) and access.shows(event):
        return reverse("reports:file", args=[case.pk, file])
    if (appointment := event.payload.get("appointment")) and access.shows(event):
        return reverse("cases:appointment", args=[case.pk, appointment])
    if (note := event.payload.get("corrects")) and access.shows(event):
        return reverse("cases:timeline_entry", args=[case.pk, note])
    return ""


def _next(event: CaseEvent, access: CaseAccess) -> str:
    """Whose move the event announced, as far as this agency may know that service."""
    if event.next_agency is None:
        return ""
    if not access.knows_service(event.next_agency_id):
        return ""
    what = "" if event.code in timeline.SMALL else timeline.next_move(event.next_act)  # a small line says it already
    due = due_when(event.next_due_at) if event.next_due_at and event.next_due_at > now() else ""
    return " · ".join(filter(None, [event.next_agency.short_name, what, due]))


def _internal(case: Case, note: Note) -> Entry:
    return {
        "id": note.pk,
        "at": note.written_at,
        "link": reverse("cases:timeline_entry", args=[case.pk, note.pk]),
        "human": True,
        "title": _("Internal note · %(about)s") % {"about": about(note.category, note.side)},
        "text": "",
        "author": note.author.full_name,
        "agency": note.agency.short_name,
        "visible_to": _("my agency only"),
        "shown": note,
        "parts": notes.words(note),
        "new": False,
    }


def _show_notes(case: Case, access: CaseAccess, found: Sequence[Any], shown: list[Entry]) -> None:
    """The latest words of a note and those they replaced, what was wrong in it, and where its author corrects it."""
    ids = {at: row.pk if isinstance(row, Note) else row.note_id for at, row in enumerate(found)}
    ids = {at: note for at, note in ids.items() if note and shown[at]["parts"]}
    later = notes.corrections(case, access) if any(found[at].corrected for at in ids) else {}
    marks = panels.marks(access, [note for at, note in ids.items() if found[at].marked])
    for at, note in ids.items():
        row, entry = found[at], shown[at]
        entry["marks"] = marks.get(note)
        if note in later:
            _show_corrections(access, entry, later[note], row.agency_id)
        if row.agency_id == access.agency_id:
            if may_correct_note(access, row.agency_id):
                entry["correct_url"] = reverse("cases:correct_note", args=[case.pk, note])
            # a note that stayed inside was received by nobody: nobody is to be told
            if may_rectify(access, row.agency_id) and not isinstance(row, Note):
                entry["rectify_url"] = reverse("casework:rectify", args=[case.pk, "note", note])


def _show_corrections(access: CaseAccess, entry: Entry, later: Sequence[Note], agency_id: UUID) -> None:
    mine, known = agency_id == access.agency_id, access.knows_service(agency_id)
    before = entry["parts"]
    earlier = []
    for version in later:
        who = version.author.full_name if known else ""
        earlier.append({"parts": before if mine or version.was_read else [], "at": version.written_at, "who": who})
        before = notes.words(version)
    entry |= {"parts": before, "earlier": earlier[::-1]}


# --- days, runs and what is new ---------------------------------------------------------------------------------
def by_day(found: Sequence[Entry]) -> list[tuple[datetime, list[Entry]]]:
    """Entries under the Belgian day they happened on, in their order."""
    days: list[tuple[datetime, list[Entry]]] = []
    for entry in found:
        if not days or local(days[-1][0]).date() != local(entry["at"]).date():
            days.append((entry["at"], []))
        days[-1][1].append(entry)
    return days


def folded(
    found: Sequence[Entry], *, since: datetime | None, wanted: UUID | None = None
) -> list[tuple[datetime, list[Item]]]:
    """The days with their items: {"entry"} or, for small lines that follow each other, {"run", "open"}.

    The item with the first new entry has "new_from", the one where what was seen before begins "seen_from"; `wanted`
    is the entry the address names: it has "found", and its run is open.
    """
    _landmarks(found, since)
    for entry in found:
        entry["found"] = entry["id"] == wanted
    return [(day, list(_items(of_day))) for day, of_day in by_day(found)]


def _landmarks(found: Sequence[Entry], since: datetime | None) -> None:
    first = next((entry for entry in found if entry["new"]), None)
    if first is not None:
        first["new_from"] = True
        if (seen := next((entry for entry in found if entry["at"] <= since), None)) is not None:
            seen["seen_from"] = True


def _items(found: Sequence[Entry]) -> Iterator[Item]:
    run: list[Entry] = []

    def close() -> Iterator[Item]:
        if run:
            marks = {name: any(entry.get(name) for entry in run) for name in ("new_from", "seen_from")}
            opened = any(entry["found"] or entry["new"] for entry in run)
            yield {"run": list(run), "open": opened, "first": run[-1], "last": run[0]} | marks
            run.clear()

    for entry in found:
        if run and (entry["human"] or entry.get("new_from") or entry.get("seen_from")):
            yield from close()
        if entry["human"]:
            yield {"entry": entry, "new_from": entry.get("new_from"), "seen_from": entry.get("seen_from")}
        else:
            run.append(entry)
    yield from close()


def shown_page(
    request: HttpRequest, case: Case, access: CaseAccess, page: KeysetPage, wanted: Wanted, *, entry: UUID | None = None
) -> Mapping[str, Any]:
    """The context of templates/cases/_timeline.html for a page of rows."""
    since = wanted.since or next((row.last_visit for row in page.items if isinstance(row, CaseEvent)), None)
    found = entries(case, access, page.items, since=since)
    return {
        "page": page,
        "days": folded(found, since=since, wanted=entry),
        "new_since": since,
        "since_stamp": stamp(since) if since else "",
        "new_here": sum(1 for each in found if each["new"]),
    }
