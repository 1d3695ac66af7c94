"""The board between prosecutor and police: its pages, line by line. Nothing is decided here."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import User
from agencies.enums import AgencyKind
from agencies.models import Membership, Unit
from audit.models import Action, AuditEvent
from cases.access import CaseAccess, grants_of
from cases.models import Case
from cases.page import short_names
from common.clock import now
from common.pagination import BoundedCount, Key, KeysetPage, bounded_count, paginate
from followups.models import FollowUp, FollowUpKind
from reports.models import ProsecutorDecision, TrackedKind, Tracking, TrackingAct, TrackingStep
from reports.tracking import MEASURES, hearings_to_hold
from sharing.models import CaseLink
from sharing.perms import may_know_link

from . import alike
from .board_forms import DECIDED, OVERDUE, WAITING

FIRST_DUE = (Key("decide_by"), Key("id"))
LAST_DUE = (Key("decide_by", descending=True), Key("id", descending=True))
PER_PAGE = 25
COUNTED = 200
MOST_ACTS = 200
MOST_LINKS = 200
LATELY = timedelta(days=180)
"""Hearings asked about what was due before stand on the board alone."""
OBJECT = "reports.Tracking"


def decides(membership: Membership) -> bool:
    """Whether the acting agency is an office that decides; else it is police that sent something."""
    return membership.agency.kind == AgencyKind.PROSECUTOR


# --- which ----------------------------------------------------------------------------------------------------
def rows(membership: Membership, *, state: str = "", kind: str = "", mine: bool = False) -> QuerySet[Tracking]:
    """Those of a board. What waits is what is still owed: a handful among all that ever arrived."""
    found = Tracking.objects.visible_to(membership)
    if state in (WAITING, OVERDUE):
        found = found.filter(pk__in=_owed(membership).filter(settled_at=None).values("source_id"))
    if state == OVERDUE:
        found = found.filter(decide_by__lt=now())
    if state == DECIDED:
        found = found.exclude(pk__in=_owed(membership).filter(settled_at=None).values("source_id"))
    if kind:
        found = found.filter(kind=kind)
    if mine:
        own = _owed(membership).filter(unit__reference_person=membership.user_id)
        found = found.filter(pk__in=own.values("source_id"))
    return found


def _owed(membership: Membership) -> QuerySet[FollowUp]:
    column = "agency" if decides(membership) else "planned_by_agency"
    return FollowUp.objects.filter(kind=FollowUpKind.PROSECUTOR_DECISION, **{column: membership.agency_id})


def page_of(
    membership: Membership, cursor: str | None, *, state: str = "", kind: str = "", mine: bool = False
) -> KeysetPage[Tracking]:
    """A page, the longest overdue first; of what is decided and of everything, the latest first. Raises BadCursor."""
    found = rows(membership, state=state, kind=kind, mine=mine)
    found = found.select_related("case", "report", "police", "sender", "prosecutor")
    keys = FIRST_DUE if state in (WAITING, OVERDUE) else LAST_DUE
    return paginate(found, keys=keys, cursor=cursor, per_page=PER_PAGE)


def counts(membership: Membership) -> tuple[BoundedCount, BoundedCount]:
    """(how many wait, how many of them are overdue), counted no further than COUNTED."""
    return (
        bounded_count(rows(membership, state=WAITING), COUNTED),
        bounded_count(rows(membership, state=OVERDUE), COUNTED),
    )


def hearings_asked(membership: Membership, at: datetime) -> list[TrackingAct]:
    """The hearings that the acting police are asked for and have not said to be held, the first asked first. No query
    for others.
    """
    if membership.agency.kind != AgencyKind.POLICE:
        return []
    recent = Tracking.objects.visible_to(membership).filter(decide_by__gt=at - LATELY)
    acts = TrackingAct.objects.filter(tracking__in=recent, step__in=[TrackingStep.HEARING, TrackingStep.HEARD])
    found: dict[UUID, list[TrackingAct]] = defaultdict(list)
    for act in acts.select_related("tracking__case").order_by("at", "id"):
        found[act.tracking_id].append(act)
    return sorted((act for each in found.values() for act in hearings_to_hold(each)), key=lambda act: act.at)


# --- in words -------------------------------------------------------------------------------------------------
@dataclass
class Line:
    """One thing received, with what has become of it, as the acting agency may know it."""

    tracking: Tracking
    url: str
    initials: str = ""
    level: str = ""
    level_known: bool = False
    what: str = ""
    sender: str = ""
    readers: list[str] = field(default_factory=list)
    unit: Unit | None = None
    decision: ProsecutorDecision | None = None
    former: list[ProsecutorDecision] = field(default_factory=list)
    measures: list[TrackingAct] = field(default_factory=list)
    hearings: list[TrackingAct] = field(default_factory=list)
    acts: list[TrackingAct] = field(default_factory=list)
    alike: list[dict[str, Any]] = field(default_factory=list)
    linked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def overdue(self) -> bool:
        """Nothing is decided, and the day has passed."""
        return self.decision is None and self.tracking.decide_by < now()


def lines(membership: Membership, found: Iterable[Tracking]) -> list[Line]:
    """These in words, in a constant number of queries."""
    found = list(found)
    ids = [each.pk for each in found]
    cases = list({each.case_id: each.case for each in found}.values())
    acts, decisions = _acts(ids), _decisions(ids)
    units = _units(membership, ids)
    proposed = alike.alike_cases(by=membership, cases=cases)
    links = _links(membership, cases)
    others = {each.pk for pairs in links.values() for _link, each in pairs}
    accesses = grants_of([*{case.pk for case in cases}, *others], membership)
    names = short_names(accesses[pk] for pk in {case.pk for case in cases} if pk in accesses)
    told = []
    for each in found:
        access = accesses.get(each.case_id) or CaseAccess(each.case_id, membership.agency_id)
        steps, decided = acts.get(each.pk, []), decisions.get(each.pk, [])
        told.append(
            Line(
                tracking=each,
                url=reverse("casework:tracked", args=[each.pk]),
                initials=names.get(each.case_id, ""),
                level=each.case.level if access.level else "",
                level_known=access.level,
                what=capfirst(each.get_kind_display()),
                sender=sender_of(each, access),
                readers=list(dict.fromkeys(a.done_by.full_name for a in steps if a.step == TrackingStep.READ)),
                unit=units.get(each.pk),
                decision=decided[0] if decided else None,
                former=decided[1:],
                measures=[act for act in steps if act.step in MEASURES],
                hearings=hearings_to_hold(steps),
                acts=steps,
                alike=[_alike(case) for case in proposed.get(each.case_id, [])],
                linked=[
                    {
                        "reference": other.reference,
                        "url": reverse("cases:summary", args=[other.pk]),
                        "kind": link.get_kind_display(),
                    }
                    for link, other in links.get(each.case_id, [])
                    if may_know_link(access, accesses.get(other.pk))
                ],
            )
        )
    return told


def sender_of(tracking: Tracking, access: CaseAccess) -> str:
    """Who sent it: the police; of a professional's report the service, where the office may know which follow her."""
    if tracking.kind != TrackedKind.ALERT:
        return tracking.police.short_name if tracking.police else ""
    return tracking.sender.short_name if access.knows_service(tracking.sender_id) else ""


def _acts(ids: list[UUID]) -> dict[UUID, list[TrackingAct]]:
    found: dict[UUID, list[TrackingAct]] = defaultdict(list)
    acts = TrackingAct.objects.filter(tracking__in=ids).select_related("done_by", "agency", "unit")
    for act in acts.order_by("at", "id")[: MOST_ACTS * max(len(ids), 1)]:
        found[act.tracking_id].append(act)
    return found


def _decisions(ids: list[UUID]) -> dict[UUID, list[ProsecutorDecision]]:
    """The decisions of each, the one that holds first."""
    found: dict[UUID, list[ProsecutorDecision]] = defaultdict(list)
    rows = ProsecutorDecision.objects.filter(tracking__in=ids).select_related("decided_by", "agency")
    for decision in rows.order_by("-decided_at", "-id"):
        found[decision.tracking_id].append(decision)
    return found


def _units(membership: Membership, ids: list[UUID]) -> dict[UUID, Unit]:
    owed = _owed(membership).filter(source_id__in=ids).exclude(unit=None).select_related("unit__reference_person")
    return {each.source_id: each.unit for each in owed}


def _alike(found: alike.Alike) -> dict[str, Any]:
    """A case that may belong with it, and why; which page decides."""
    return {
        "reference": found.case.reference,
        "url": reverse("cases:summary", args=[found.case.pk]),
        "kind": found.kind.label,
        "why": alike.words(found.reasons),
        "his_alone": found.his_alone,
    }


def _links(membership: Membership, cases: list[Case]) -> dict[UUID, list[tuple[CaseLink, Case]]]:
    """The cases these are said to belong with, of those this member sees."""
    ids = {case.pk for case in cases}
    visible = Case.objects.visible_to(membership).values("pk")
    among = CaseLink.objects.filter(Q(first__in=ids) | Q(second__in=ids), end=None)
    among = among.filter(first__in=visible, second__in=visible).select_related("first", "second")
    found: dict[UUID, list[tuple[CaseLink, Case]]] = defaultdict(list)
    for link in among.order_by("-pk")[:MOST_LINKS]:
        for own, other in ((link.first, link.second), (link.second, link.first)):
            if own.pk in ids:
                found[own.pk].append((link, other))
    return found


def opened_by(membership: Membership, tracking: Tracking) -> list[str]:
    """Who of one's own office has opened the item or its report, whether or not they said that they take it."""
    kinds = [OBJECT, "cases.reports"]
    seen = AuditEvent.objects.filter(
        case_id=tracking.case_id,
        agency_id=membership.agency_id,
        action=Action.READ,
        object_kind__in=kinds,
        object_id__in=[tracking.pk, tracking.report_id or tracking.pk],
    )
    users = dict.fromkeys(seen.order_by("at").values_list("user_id", flat=True)[:MOST_ACTS])
    names = User.objects.in_bulk([each for each in users if each])
    return [names[each].full_name for each in users if each in names]


def history(line: Line) -> list[dict[str, Any]]:
    """Everything that happened to it, the latest first: arrival, steps, decisions."""
    told = [
        {
            "at": act.at,
            "what": _step_words(act),
            "who": act.done_by.full_name,
            "agency": act.agency.short_name,
            "act": act,
            "text": act.text,
        }
        for act in line.acts
    ]
    told += [
        {
            "at": decision.decided_at,
            "what": _("Decision: %(what)s") % {"what": decision.get_outcome_display()},
            "who": decision.decided_by.full_name,
            "agency": decision.agency.short_name,
            "decision": decision,
            "text": decision.reasons,
            "replaced": decision is not line.decision,
        }
        for decision in [line.decision, *line.former]
        if decision is not None
    ]
    return sorted(told, key=lambda each: each["at"], reverse=True)


def _step_words(act: TrackingAct) -> str:
    words = capfirst(act.get_step_display())
    if act.step == TrackingStep.ASSIGNED and act.unit:
        return _("Given to the section %(name)s") % {"name": act.unit.name}
    return f"{words} · {act.get_whom_display()}" if act.whom else words
