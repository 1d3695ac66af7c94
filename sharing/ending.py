"""What the end of a consent changes: for whom, what they keep on other bases, and what they had already seen."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import F, Func, Max, TextField

from agencies.models import Agency
from audit.models import Action, AuditEvent
from cases.access import CaseAccess, own_work_in
from cases.enums import VIEW_CASE, Category, Side
from cases.models import Case
from cases.page import sees
from cases.words import about
from common.acting import SystemContext, system_context

from .grants import total
from .models import Consent, SharingDecision
from .opposing import closed_as_told


@dataclass(frozen=True)
class Seen:
    """A category that was open on pages the agency read, in words, and when it did last."""

    what: str
    last: datetime


@dataclass
class Ending:
    """What one agency loses with a consent. `loses` and `keeps` are permissions; the words are for who may know."""

    agency: Agency
    side: str
    loses: frozenset[str]
    keeps: frozenset[str]
    others: list[SharingDecision] = field(default_factory=list)

    @property
    def loses_case(self) -> bool:
        return VIEW_CASE in self.loses

    @property
    def lost_words(self) -> str:
        """What closes, in words; empty where other bases open all of it."""
        return _words(self.agency, self.loses, self.side) if self.loses else ""

    @property
    def kept_words(self) -> str:
        """What stays open, in words; empty where nothing does."""
        return _words(self.agency, self.keeps, self.side) if VIEW_CASE in self.keeps else ""


def _words(agency: Agency, names: Iterable[str], side: str) -> str:
    return sees(CaseAccess(None, agency.pk, dict.fromkeys([VIEW_CASE, *names]), side))


def endings(case: Case, consent: Consent, access: CaseAccess | None = None) -> list[Ending]:
    """One for each agency that holds something on this consent now, by name; the decisions counted are those `access`
    may know of, all of them without it.
    """
    known = SharingDecision.objects.of_case(access).values_list("pk", flat=True) if access is not None else None
    visible = list(known) if known is not None else None
    with system_context(SystemContext.GRANTS):
        live = SharingDecision.objects.live().filter(case=case)
        if visible is not None:
            live = live.filter(pk__in=visible)
        resting = live.filter(consent=consent).values_list("recipient", flat=True)
        decisions = list(
            live.filter(recipient__in=list(resting))
            .select_related("recipient", "agency", "consent", "authorisation")
            .order_by("recipient__name", "-decided_at", "-pk")
        )
        by_agency: dict[UUID, list[SharingDecision]] = {}
        for decision in decisions:
            by_agency.setdefault(decision.recipient_id, []).append(decision)
    with_own_work = own_work_in(case.pk)
    return [_ending(case, consent, found, with_own_work) for found in by_agency.values()]


def _ending(case: Case, consent: Consent, decisions: list[SharingDecision], with_own_work: frozenset[int]) -> Ending:
    agency, side = decisions[0].recipient, decisions[0].side
    others = [decision for decision in decisions if decision.consent_id != consent.pk]
    own = agency.group_id in with_own_work
    how = {"side": side, "keeps_own_work": own, "closed": closed_as_told(case, kind=agency.kind, side=side)}
    before = total((decision.opening() for decision in decisions), **how)
    after = total((decision.opening() for decision in others), **how)
    return Ending(agency, side, frozenset(before) - frozenset(after), frozenset(after), others)


def already_seen(case: Case, consent: Consent, access: CaseAccess) -> dict[UUID, tuple[Agency, list[Seen]]]:
    """What of this consent each agency had before it on pages it read: {agency id: (agency, what and when)}.

    Only agencies `access` may know of. Two queries however many readings there are: PostgreSQL sums the trail.
    """
    known = SharingDecision.objects.of_case(access).filter(consent=consent)
    rests: dict[UUID, list[SharingDecision]] = {}
    for decision in known.select_related("recipient").order_by("recipient__name"):
        rests.setdefault(decision.recipient_id, []).append(decision)
    if not rests:
        return {}
    first = min(decision.starts_at for decisions in rests.values() for decision in decisions)
    reads = (
        AuditEvent.objects.filter(
            case_id=case.pk,
            agency_id__in=list(rests),
            action__in=[Action.READ, Action.EXPORTED],
            at__gte=first,
        )
        .annotate(pair=Func(F("fields"), function="jsonb_array_elements_text", output_field=TextField()))
        .values("agency_id", "pair")
        .annotate(last=Max("at"))
        .order_by("agency_id", "pair")
    )
    found = {agency_id: (decisions[0].recipient, []) for agency_id, decisions in rests.items()}
    for row in reads:
        decisions = rests[row["agency_id"]]
        opened = {pair for decision in decisions for pair in decision.grants}
        since = min(decision.starts_at for decision in decisions)
        category, _separator, side = row["pair"].partition(":")
        if row["pair"] in opened and row["last"] >= since and category in Category.values and side in Side.values:
            found[row["agency_id"]][1].append(Seen(about(category, side), row["last"]))
    return found
