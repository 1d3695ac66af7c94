"""Who has read and changed a case, from both trails, in words. What is told is who, when, what and on which basis."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Max, Min, Q, QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from agencies.models import Agency, Membership
from audit.models import Action, AuditEvent, LogEntry
from cases.access import CaseAccess
from cases.enums import Category, Side
from cases.models import Case
from common.clock import BRUSSELS, end_of
from common.pagination import Key, KeysetPage, paginate_together
from followups.holding import ids_of
from followups.models import FollowUp, FollowUpKind
from sharing.models import SharingDecision

from .trail_words import CHANGES, MODELS, SYSTEM, basis_words, categories, changed_fields, page_words

KEYS = (Key("at", descending=True), Key("id", descending=True))
PER_PAGE = 60
ON_PAPER = 2_000  # rows
MOST_READERS = 100
MOST_NAMES = 300
INTERNAL = (
    "reports.Tracking",
    "reports.TrackingAct",
    "reports.ProsecutorDecision",
    "cases.Proceeding",
    "cases.proceeding",
    "cases.ProceedingReader",
    "cases.ProceedingStep",
    "plans.TherapeuticPlan",
    "plans.ProgrammeAlert",
    "plans.AlertRoute",
    "plans.AlertReceipt",
    "plans.AlertTaken",
    "plans.AlertAnswer",
)
"""What stays between a prosecutor's office and the police, what a proceeding has readers of its own for, what worries
his programme and what it works on: each reads in the trail what it did itself.
"""
ICONS = {Action.DECIDED: "key", Action.REFUSED: "slash-circle", Action.EXPORTED: "box-arrow-up-right"}


class Kind(TextChoices):
    """What was done, as the list is asked for it."""

    READ = "read", pgettext_lazy("trail", "Readings")
    CHANGED = "changed", pgettext_lazy("trail", "Changes")
    DECIDED = "decided", pgettext_lazy("trail", "Decisions")
    REFUSED = "refused", pgettext_lazy("trail", "Refusals")
    EXPORTED = "exported", pgettext_lazy("trail", "Copies taken out")


READS = (Action.READ, Action.LISTED, Action.SEARCHED)
ACTIONS = {
    Kind.READ: READS,
    Kind.CHANGED: (),
    Kind.DECIDED: (Action.DECIDED,),
    Kind.REFUSED: (Action.REFUSED,),
    Kind.EXPORTED: (Action.EXPORTED,),
}


@dataclass(frozen=True)
class Wanted:
    """Which rows are asked for; None where all are. The days are Belgian ones, both included."""

    agency: UUID | None = None
    person: UUID | None = None
    kind: str | None = None
    since: date | None = None
    until: date | None = None

    def __bool__(self) -> bool:
        return any((self.agency, self.person, self.kind, self.since, self.until))

    def of(self, rows: QuerySet, *, person: str, at: str) -> QuerySet:
        """The same rows without those of other people, agencies and days, in these columns."""
        if self.agency:
            rows = rows.filter(agency_id=self.agency)
        if self.person:
            rows = rows.filter(**{person: self.person})
        if self.since:
            rows = rows.filter(**{f"{at}__gte": datetime.combine(self.since, time(), BRUSSELS)})
        if self.until:
            rows = rows.filter(**{f"{at}__lt": end_of(self.until)})
        return rows


EVERYTHING = Wanted()


def sees_all(access: CaseAccess) -> bool:
    """Whether the trail of every agency is told; the others read their own agency's rows."""
    return access.can(Category.NETWORK, Side.VICTIM)


def _trails(case: Case, access: CaseAccess, membership: Membership) -> tuple[QuerySet, QuerySet]:
    """Events and entries of the case that this member may read."""
    own = Q(agency_id=membership.agency_id)
    inside = ContentType.objects.get_for_models(*map(apps.get_model, INTERNAL)).values()
    events: QuerySet = AuditEvent.objects.filter(own | ~Q(object_kind__in=INTERNAL), case_id=case.pk)
    closed = Q(content_type__in=[each.pk for each in inside])
    # what is owed for it stands in a table with everything else that is due
    if owed := ids_of(case, FollowUpKind.PROSECUTOR_DECISION):
        closed |= Q(content_type=ContentType.objects.get_for_model(FollowUp), object_pk__in=list(map(str, owed)))
    entries: QuerySet = LogEntry.objects.filter(own | ~closed, case_id=case.pk)
    if not sees_all(access):
        events = events.filter(agency_id=membership.agency_id)
        entries = entries.filter(agency_id=membership.agency_id)
    return events, entries


def page_of(
    case: Case,
    access: CaseAccess,
    membership: Membership,
    cursor: str | None,
    wanted: Wanted = EVERYTHING,
    *,
    per_page: int | None = None,
) -> KeysetPage[dict]:
    """One page of both trails, the latest first. Raises BadCursor."""
    events, entries = _trails(case, access, membership)
    events = wanted.of(events, person="user_id", at="at")
    entries = wanted.of(entries, person="actor_id", at="timestamp")
    if wanted.kind:
        events = events.filter(action__in=ACTIONS[Kind(wanted.kind)])
    shared = ("at", "id", "agency_id", "action", "reason", "system")
    rows = [events.values(*shared, "user_id", "object_kind", "fields", "request_id")]
    if wanted.kind in (None, Kind.CHANGED):
        entries = entries.annotate(at=F("timestamp"))
        rows.append(entries.values(*shared, "actor_id", "content_type_id", "changes", "cid"))
    return paginate_together(rows, keys=KEYS, cursor=cursor, per_page=per_page or PER_PAGE)


@dataclass(frozen=True)
class Names:
    """Who stands in the trail, agencies and people, by name."""

    agencies: list[tuple[UUID, str]]
    people: list[tuple[UUID, str]]


def names(case: Case, access: CaseAccess, membership: Membership) -> Names:
    """Those who stand in the trail of a case, for its filters. Four queries; bounded."""
    events, entries = _trails(case, access, membership)
    found = [
        *events.order_by().values_list("agency_id", "user_id").distinct()[:MOST_NAMES],
        *entries.order_by().values_list("agency_id", "actor_id").distinct()[:MOST_NAMES],
    ]
    agencies = Agency.objects.filter(pk__in={agency for agency, _user in found} - {None})
    people = User.objects.filter(pk__in={user for _agency, user in found} - {None})
    return Names(
        sorted(((one.pk, one.short_name) for one in agencies), key=lambda one: one[1]),
        sorted(((one.pk, one.full_name) for one in people), key=lambda one: one[1]),
    )


@dataclass(frozen=True)
class ReaderLine:
    """One person of one agency who has read the case: when, how often, which pages and categories, on which bases."""

    who: str
    agency: str
    first: datetime
    last: datetime
    times: int
    copies: int
    pages: list[str]
    fields: list[str]
    bases: list[str]


def readers(
    case: Case, access: CaseAccess, membership: Membership, wanted: Wanted = EVERYTHING
) -> tuple[list[ReaderLine], bool]:
    """Who has read, the latest first, and whether there are more than are told. Four queries, whatever was read."""
    events, _entries = _trails(case, access, membership)
    actions = (Action.EXPORTED,) if wanted.kind == Kind.EXPORTED else (*READS, Action.EXPORTED)
    if wanted.kind not in (None, Kind.READ, Kind.EXPORTED):
        return [], False
    rows = list(
        wanted.of(events.filter(action__in=actions), person="user_id", at="at")
        .order_by()
        .values("user_id", "agency_id", "system")
        .annotate(
            first=Min("at"),
            last=Max("at"),
            times=Count("id"),
            copies=Count("id", filter=Q(action=Action.EXPORTED)),
            kinds=ArrayAgg("object_kind", distinct=True),
            shown=ArrayAgg("fields", distinct=True),
        )
        .order_by("-last")[: MOST_READERS + 1]
    )
    people = User.objects.in_bulk({row["user_id"] for row in rows} - {None})
    agencies = Agency.objects.in_bulk({row["agency_id"] for row in rows} - {None})
    decisions = list(
        SharingDecision.objects.of_case(access)
        .filter(recipient__in=agencies)
        .order_by("starts_at")
        .values("recipient_id", "basis", "decided_at", "starts_at")[:MOST_NAMES]
    )
    told = []
    for row in rows[:MOST_READERS]:
        user, agency = people.get(row["user_id"]), agencies.get(row["agency_id"])
        shown = {pair for fields in row["shown"] for pair in fields}
        told.append(
            ReaderLine(
                who=user.full_name if user else str(SYSTEM.get(row["system"], _("MOVE"))),
                agency=agency.short_name if agency else "",
                first=row["first"],
                last=row["last"],
                times=row["times"],
                copies=row["copies"],
                pages=sorted({page_words(kind) for kind in row["kinds"]}),
                fields=categories(sorted(shown)),
                bases=_bases(decisions, row),
            )
        )
    return told, len(rows) > MOST_READERS


def _bases(decisions: Sequence[dict], row: dict) -> list[str]:
    """On what the agency rested, of what had begun when the person last read."""
    found = []
    for one in decisions:
        if one["recipient_id"] == row["agency_id"] and one["starts_at"] <= row["last"]:
            words = basis_words(one["basis"], one["decided_at"])
            if words not in found:
                found.append(words)
    return found


def lines(rows: Iterable[dict]) -> list[dict[str, Any]]:
    """Rows of `page_of` in words; what one person did in one request, or read again and again, is one line."""
    rows = list(rows)
    people = User.objects.in_bulk({row.get("user_id") or row.get("actor_id") for row in rows} - {None})
    agencies = Agency.objects.in_bulk({row["agency_id"] for row in rows} - {None})
    told: list[dict[str, Any]] = []
    for row in rows:
        line = _change(row) if "actor_id" in row else _event(row)
        user = people.get(row.get("user_id") or row.get("actor_id"))
        agency = agencies.get(row["agency_id"])
        line |= {
            "at": row["at"],
            "person": row.get("user_id") or row.get("actor_id"),
            "who": user.full_name if user else str(SYSTEM.get(row["system"], _("MOVE"))),
            "agency": agency.short_name if agency else "",
            "count": 1,
        }
        last = told[-1] if told else None
        if last and all(last[name] == line[name] for name in ("person", "who", "agency", "group")):
            _join(last, line)
        else:
            told.append(line)
    return told


def _event(row: dict) -> dict[str, Any]:
    kind = row["object_kind"]
    return {
        "icon": ICONS.get(row["action"], "eye"),
        "what": str(Action(row["action"]).label).capitalize(),
        "objects": [page_words(kind)],
        "fields": categories(row["fields"]),
        "basis": basis_words(row["reason"], row["at"], kind),
        "group": ("event", row["action"], kind, tuple(row["fields"]), row["reason"]),
    }


def _change(row: dict) -> dict[str, Any]:
    model = ContentType.objects.get_for_id(row["content_type_id"]).model_class()
    return {
        "icon": "pencil-square",
        "what": str(CHANGES.get(row["action"], row["action"])),
        "objects": [str(MODELS.get(model._meta.label) or model._meta.verbose_name)] if model else [],
        "fields": changed_fields(model, row["changes"]) if row["action"] == 1 else [],
        "basis": row["reason"],
        "group": ("change", row["action"], row["cid"]),
    }


def _join(line: dict[str, Any], more: dict[str, Any]) -> None:
    line["count"] += 1
    for name in ("objects", "fields"):
        line[name] += [item for item in more[name] if item not in line[name]]
