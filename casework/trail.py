"""Who has read and changed a case, from both trails, in words. What is told is who, when, what and on which basis."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Max, Min, Q, QuerySet, TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import User
from agencies.models import Agency, Membership
from audit.models import Action, AuditEvent, LogEntry
from cases.access import CaseAccess
from cases.enums import Category, Side
from cases.models import Case
from cases.words import about
from common.clock import BRUSSELS, end_of, local
from common.pagination import Key, KeysetPage, paginate_together
from followups.models import FollowUp, FollowUpKind
from followups.services import ids_of
from plans.measure_checks import Why
from plans.models import AlertOutcome, ClosingKind, LeadState, LeadWhy, PartCode, ReopenedFor
from reports.models import Decision, TrackingStep
from sharing.law import with_article
from sharing.models import (
    AskedBy,
    Basis,
    CheckConclusion,
    IncidentKind,
    Outcome,
    RectifiedKind,
    SharingDecision,
    StepKind,
    Verdict,
)

KEYS = (Key("at", descending=True), Key("id", descending=True))
PER_PAGE = 60
ON_PAPER = 2_000  # rows
MOST_READERS = 100
MOST_NAMES = 300

PAGES = {
    "cases.summary": gettext_lazy("the summary"),
    "cases.timeline": gettext_lazy("the timeline"),
    "cases.correct_note": gettext_lazy("the page to correct a note"),
    "cases.write_note": gettext_lazy("the page to write a note"),
    "cases.people": gettext_lazy("the people"),
    "cases.contacts": gettext_lazy("the page of contacts"),
    "cases.contact": gettext_lazy("a whole number or address"),
    "cases.plan": gettext_lazy("the six steps"),
    "cases.needs": gettext_lazy("the needs"),
    "cases.write_needs": gettext_lazy("the page to write needs"),
    "cases.migration": gettext_lazy("the migration background"),
    "cases.dangers": gettext_lazy("the dangers for professionals"),
    "cases.flag_danger": gettext_lazy("the page to flag a danger"),
    "cases.prolong_danger": gettext_lazy("the page to prolong a danger"),
    "cases.end_danger": gettext_lazy("the page to end a danger"),
    "casework.briefing": gettext_lazy("the shift sheet"),
    "cases.action_plan": gettext_lazy("the action plan"),
    "cases.action": gettext_lazy("an action of the plan"),
    "cases.new_action": gettext_lazy("the page to plan an action"),
    "cases.agree_plan": gettext_lazy("the page to say that the plan is agreed on"),
    "cases.safety_plan": gettext_lazy("the safety plan"),
    "cases.write_safety_plan": gettext_lazy("the page to write the safety plan"),
    "cases.safety_paper": gettext_lazy("the question before the safety plan is printed"),
    "plans.safety_paper": gettext_lazy("the safety plan, printed"),
    "cases.appointments": gettext_lazy("the appointments"),
    "cases.appointment": gettext_lazy("an appointment"),
    "cases.new_appointment": gettext_lazy("the page to make an appointment"),
    "cases.move_appointment": gettext_lazy("the page to move an appointment"),
    "cases.programmes": gettext_lazy("the work with the presumed perpetrator"),
    "cases.begin_programme": gettext_lazy("the work with the presumed perpetrator"),
    "cases.programme": gettext_lazy("the work with the presumed perpetrator"),
    "cases.programme_mandate": gettext_lazy("the work with the presumed perpetrator"),
    "cases.programme_step": gettext_lazy("the work with the presumed perpetrator"),
    "cases.therapeutic_plan": gettext_lazy("the work with the presumed perpetrator"),
    "cases.programme_alert": gettext_lazy("the work with the presumed perpetrator"),
    "cases.alert": gettext_lazy("a worry about him"),
    "cases.passed_on": gettext_lazy("what was passed on to a service"),
    "plans.programme_sheet": gettext_lazy("attendance and conditions, printed"),
    "cases.custody": gettext_lazy("the page of detention and release"),
    "cases.detain": gettext_lazy("the page to write down a detention"),
    "cases.detention": gettext_lazy("a detention"),
    "cases.enter_release": gettext_lazy("the page to write down a release"),
    "cases.release_wish": gettext_lazy("the page of what she wishes to know"),
    "cases.release_alert": gettext_lazy("a release alert"),
    "casework.release_number": gettext_lazy("a whole number, to tell her of a release"),
    "cases.appointment_sheet": gettext_lazy("the sheet of an appointment"),
    "casework.neighbourhood_history": gettext_lazy("what a cell knows of a person over time"),
    "cases.child": gettext_lazy("the page of a child"),
    "cases.proceeding": gettext_lazy("a family or youth proceeding"),
    "cases.child_sheet": gettext_lazy("the sheet on a child for the school"),
    "cases.reports": gettext_lazy("the reports"),
    "cases.situations": gettext_lazy("the situations"),
    "cases.situation": gettext_lazy("a situation"),
    "cases.situation_next": gettext_lazy("what may be done after a situation"),
    "casework.help_sheet": gettext_lazy("the sheet of advice"),
    "reports.situation_new": gettext_lazy("the reference, to open a situation"),
    "cases.files": gettext_lazy("the files"),
    "cases.new_file": gettext_lazy("the page to add a file"),
    "reports.Attachment": gettext_lazy("a file"),
    "reports.new": gettext_lazy("the reference, to report again"),
    "reports.draft": gettext_lazy("the report being typed"),
    "reports.declaration": gettext_lazy("the declaration of an injured party, printed"),
    "cases.verify_classification": gettext_lazy("the page to verify a classification"),
    "cases.assessments": gettext_lazy("the assessments"),
    "cases.over_time": gettext_lazy("the risk over time"),
    "cases.compare": gettext_lazy("two assessments compared"),
    "cases.turning_point": gettext_lazy("the page to say that something has changed"),
    "cases.hand_over": gettext_lazy("the page to hand over a grid"),
    "cases.referrals": gettext_lazy("the referrals"),
    "cases.next_services": gettext_lazy("the page that proposes services"),
    "cases.unlisted_service": gettext_lazy("the page that names a service that is not in the list"),
    "cases.access": gettext_lazy("accesses and sharing"),
    "cases.new_decision": gettext_lazy("the page to share with a service"),
    "cases.authorisations": gettext_lazy("the prosecutor's authorisations"),
    "cases.new_authorisation": gettext_lazy("the page to record an authorisation"),
    "cases.new_consent": gettext_lazy("a new consent"),
    "cases.consent_sheet": gettext_lazy("the sheet of a consent"),
    "cases.new_subject_request": gettext_lazy("the page of a new request about one’s data"),
    "cases.subject_request": gettext_lazy("a request about one’s data"),
    "cases.withdraw_consent": gettext_lazy("the end of a consent"),
    "cases.restriction": gettext_lazy("who may work on the case"),
    "cases.naming": gettext_lazy("who may work on the case, to name people"),
    "cases.emergency": gettext_lazy("the safety sheet of an emergency"),
    "cases.measures": gettext_lazy("the protection measures"),
    "cases.measure": gettext_lazy("a protection measure"),
    "cases.new_measure": gettext_lazy("the page to write a protection measure"),
    "cases.measure_sheet": gettext_lazy("the sheet of a protection measure"),
    "plans.road_check": gettext_lazy("the active measures, asked on the road"),
    "administration.case_access": gettext_lazy("who holds what, without content"),
    "cases.incident": gettext_lazy("the page to report a safety incident"),
    "cases.information_request": gettext_lazy("the page to ask a service for information"),
    "cases.oral_disclosure": gettext_lazy("the page to write down what was said aloud"),
    "cases.links": gettext_lazy("the links with other cases"),
    "cases.same_person": gettext_lazy("one person in several records"),
    "cases.group": gettext_lazy("the cases that look alike"),
    "cases.opposing": gettext_lazy("the review of opposing reports"),
    "cases.coordination": gettext_lazy("the coordination of the case"),
    "cases.closing": gettext_lazy("the closing of the case"),
    "cases.told_return": gettext_lazy("the page to write down how she may come back"),
    "cases.end_part": gettext_lazy("the page to end the follow-up of the service"),
    "cases.lead": gettext_lazy("the lead of the case"),
    "cases.hand_lead": gettext_lazy("the page to hand the lead over"),
    "plans.AlertAnswer": gettext_lazy("the answer to a worry about him"),
    "plans.AgencyFollowUp": gettext_lazy("the follow-up of a service"),
    "plans.CaseClosing": gettext_lazy("the closing of the case"),
    "plans.CaseReopening": gettext_lazy("the reopening of the case"),
    "plans.LeadAnswer": gettext_lazy("an answer to an offer of the lead"),
    "plans.LeadOffer": gettext_lazy("an offer of the lead"),
    "cases.coordination_request": gettext_lazy("the page to ask the coordination"),
    "cases.rectify": gettext_lazy("the page to correct a wrong fact"),
    "cases.trail": gettext_lazy("this list of readings and changes"),
    "referrals.detail": gettext_lazy("a referral"),
    "referrals.letter": gettext_lazy("the letter of a referral"),
    "referrals.interpreter": gettext_lazy("a request for an interpreter"),
    "cases.interpreter": gettext_lazy("the page to ask for an interpreter"),
    "followups.number": gettext_lazy("the number to call"),
    "api.case": gettext_lazy("the summary"),
    "api.report": gettext_lazy("a report"),
    "api.assessment": gettext_lazy("an assessment"),
    "api.assessments": gettext_lazy("the assessments"),
    "api.referral": gettext_lazy("a referral"),
    "api.followup": gettext_lazy("a follow-up"),
    "sharing.SharingDecision": gettext_lazy("a sharing decision"),
    "reports.Tracking": gettext_lazy("an item on the board of police and prosecutor"),
}
MODELS = {
    "cases.CaseExclusion": gettext_lazy("exclusion of a person"),
    "riskassessment.Countersignature": gettext_lazy("second signature"),
    "sharing.AuthorisationEnd": gettext_lazy("end of an authorisation"),
    "sharing.BreakGlassReview": gettext_lazy("review of an emergency access"),
    "sharing.IncidentStep": gettext_lazy("step of a safety incident"),
    "sharing.RectificationReceipt": gettext_lazy("papers corrected"),
    "sharing.SharingRevocation": gettext_lazy("end of a sharing"),
}
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
SYSTEM = {
    "reminders": gettext_lazy("MOVE, reminders"),
    "grants": gettext_lazy("MOVE, permissions"),
    "checks": gettext_lazy("MOVE, checks"),
    "files": gettext_lazy("MOVE, checking of files"),
    "notices": gettext_lazy("MOVE, mail"),
    "reference": gettext_lazy("MOVE, set-up"),
    "restriction": gettext_lazy("MOVE, permissions"),
    "oversight": gettext_lazy("MOVE, data protection"),
    "unusual": gettext_lazy("MOVE, data protection"),
    "matching": gettext_lazy("MOVE, search for the same person"),
    "safety": gettext_lazy("MOVE, emergency access"),
    "sealing": gettext_lazy("MOVE, sealing"),
    "levels": gettext_lazy("MOVE, level of the case"),
    "repeats": gettext_lazy("MOVE, repeated events"),
    "consultations": gettext_lazy("MOVE, consultations without identity"),
    "letters": gettext_lazy("MOVE, answer to a letter"),
    "callbacks": gettext_lazy("MOVE, requests to be called back"),
    "measures_check": gettext_lazy("MOVE, question on the road"),
    "gaps": gettext_lazy("MOVE, missing services"),
}
FIELDS = {
    "level_at": gettext_lazy("date of the level"),
    "reassess_by": gettext_lazy("date of the reassessment"),
    "closed_at": gettext_lazy("closing"),
    "supervised_until": gettext_lazy("under supervision until"),
    "ended_at": gettext_lazy("end"),
    "answers": gettext_lazy("answers"),
    "signed_at": gettext_lazy("signature"),
    "settled_at": gettext_lazy("settled"),
    "outcome": gettext_lazy("outcome"),
    "assigned_to": gettext_lazy("person in charge"),
    "state": gettext_lazy("state"),
}
ICONS = {Action.DECIDED: "key", Action.REFUSED: "slash-circle", Action.EXPORTED: "box-arrow-up-right"}
REASONS = {"403": gettext_lazy("not allowed to this person"), "404": gettext_lazy("not open to this person")}
CODES: Mapping[str, type[TextChoices]] = {
    "plans.AlertAnswer": AlertOutcome,
    "plans.AgencyFollowUp": PartCode,
    "plans.CaseClosing": ClosingKind,
    "plans.CaseReopening": ReopenedFor,
    "plans.LeadAnswer": LeadState,
    "plans.LeadOffer": LeadWhy,
    "plans.road_check": Why,
    "reports.ProsecutorDecision": Decision,
    "reports.TrackingAct": TrackingStep,
    "sharing.BreakGlassReview": Verdict,
    "sharing.IncidentStep": StepKind,
    "sharing.Rectification": RectifiedKind,
    "sharing.SafetyIncident": IncidentKind,
    "sharing.SubjectAnswer": Outcome,
    "sharing.SubjectCheck": CheckConclusion,
    "sharing.SubjectRequest": AskedBy,
}
"""Where the reason of a decision is no basis: what it is a code of."""
CHANGES = {0: gettext_lazy("Added"), 1: gettext_lazy("Changed"), 2: gettext_lazy("Removed")}


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
            words = _basis(one["basis"], one["decided_at"])
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
        "basis": _basis(row["reason"], row["at"], kind),
        "group": ("event", row["action"], kind, tuple(row["fields"]), row["reason"]),
    }


def _basis(reason: str, at: datetime, kind: str = "") -> str:
    """A basis with its article as numbered on that day; another code in words; any other reason as it was written."""
    if kind in CODES and reason in CODES[kind].values:
        return str(CODES[kind](reason).label)
    if reason not in Basis.values:
        return str(REASONS.get(reason, reason))
    return with_article(str(Basis(reason).label), reason, local(at).date())


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


def categories(fields: Iterable[str]) -> list[str]:
    """ "category:side" pairs in words, one for each category; identifiers that were listed are left out."""
    sides: dict[Category, list[Side]] = {}
    for item in fields:
        category, _separator, side = str(item).partition(":")
        if category in Category.values and side in Side.values:
            sides.setdefault(Category(category), []).append(Side(side))
    found = []
    for category, about_whom in sides.items():
        named = [side for side in about_whom if side != Side.CASE]
        whom = ", ".join(str(side.label) for side in named)
        found.append(f"{category.label} ({whom})" if len(named) > 1 else about(category, (named or about_whom)[0]))
    return found


def changed_fields(model: Any, changes: dict | None) -> list[str]:
    """The names of the fields that changed, never their values; those that have no words are the machinery's."""
    fields = {field.name: getattr(field, "verbose_name", "") for field in model._meta.get_fields()} if model else {}
    words = (FIELDS.get(name) or fields.get(name) for name in changes or {})
    return [str(word) for word in words if isinstance(word, Promise)]


def page_words(kind: str) -> str:
    """What an object_kind names, a page or a model."""
    return str(PAGES.get(kind) or model_name(kind))


def model_name(kind: str) -> str:
    """The words of an object_kind that names a model; for the address of a page, which is no word, "a page"."""
    try:
        return str(MODELS.get(kind) or apps.get_model(kind)._meta.verbose_name)
    except (LookupError, ValueError):
        return _("a page of the case")
