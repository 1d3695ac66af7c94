"""Who sees what of a case and why, as one of its agencies may know it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agencies.models import Agency, Membership
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, Side
from cases.models import Case, CasePerson
from cases.page import sees
from common.acting import SystemContext, system_context

from .grants import total
from .models import Consent, ConsentRecipient, SharingDecision
from .perms import may_revoke, may_withdraw


@dataclass
class Why:
    """One decision: what it opens in words, on what, until when, and whether it still holds."""

    decision: SharingDecision
    opens: str
    holds: bool
    until: datetime | None
    ended_at: datetime | None
    decider: str
    may_revoke: bool


@dataclass
class Participant:
    """An agency of the case: its side, what the known decisions open to it now, and each of them."""

    agency: Agency
    side: str
    sees: str
    own: bool = False
    until: datetime | None = None
    why: list[Why] = field(default_factory=list)

    @property
    def side_label(self) -> str:
        return str(ParticipationSide(self.side).label)

    @property
    def holds(self) -> bool:
        return any(why.holds for why in self.why)


def participants(case: Case, access: CaseAccess, membership: Membership) -> list[Participant]:
    """The agencies this access may know of, the acting one first, then by name. Six queries whatever their number."""
    visible = list(SharingDecision.objects.of_case(access).values_list("pk", flat=True))
    with system_context(SystemContext.GRANTS):
        # a decision is known while the consent under it may not be: only its end is taken from there
        rows = SharingDecision.objects.filter(pk__in=visible)
        live = set(rows.live().values_list("pk", flat=True))
        decisions = list(
            rows.select_related(
                "recipient", "agency", "decided_by", "consent", "consent__withdrawal", "authorisation", "revocation"
            ).order_by("-decided_at", "-pk")
        )
    found: dict[Any, Participant] = {}
    for decision in decisions:
        participant = found.setdefault(
            decision.recipient_id, Participant(agency=decision.recipient, side=decision.side, sees="")
        )
        if decision.side == ParticipationSide.PERPETRATOR:
            participant.side = decision.side
        participant.why.append(_why(decision, decision.pk in live, access, membership))
    for participant in found.values():
        openings = [why.decision.opening() for why in participant.why if why.holds]
        sums = total(openings, side=participant.side)
        participant.own = participant.agency.pk == access.agency_id
        shown = access if participant.own else CaseAccess(case.pk, participant.agency.pk, sums, participant.side)
        participant.side = shown.side or participant.side
        participant.sees = sees(shown) if shown else ""
        participant.until = shown.grants.get("view_case") if shown else None
    return sorted(found.values(), key=lambda one: (not one.own, not one.holds, one.agency.name))


def _why(decision: SharingDecision, holds: bool, access: CaseAccess, membership: Membership) -> Why:
    revocation = getattr(decision, "revocation", None)
    withdrawal = getattr(decision.consent, "withdrawal", None) if decision.consent else None
    ends = [end for end in (
        decision.end, revocation and revocation.revoked_at, withdrawal and withdrawal.withdrawn_at
    ) if end]  # fmt: skip
    opening = CaseAccess(decision.case_id, decision.recipient_id, total([decision.opening()], side=decision.side))
    return Why(
        decision=decision,
        opens=sees(opening),
        holds=holds,
        until=decision.end if holds else None,
        ended_at=min(ends, default=None) if not holds else None,
        decider=_decider(decision, access),
        may_revoke=holds and may_revoke(membership, decision),
    )


def _decider(decision: SharingDecision, access: CaseAccess) -> str:
    """Who decided; not told to the perpetrator's side about others, since it may be a service of hers."""
    concerned = access.agency_id in (decision.recipient_id, decision.agency_id)
    if not concerned and not access.can(Category.NETWORK, Side.VICTIM):
        return ""
    if decision.agency_id == access.agency_id:
        return f"{decision.decided_by.full_name}, {decision.agency.name}"
    return decision.agency.name


@dataclass
class ConsentLine:
    """One consent: whose, what of it the reader may know, and whether it holds."""

    consent: Consent
    who: str
    categories: list[str]
    recipients: list[str]
    recorder: str
    holds: bool
    withdrawn_at: datetime | None
    may_withdraw: bool


def consents(case: Case, access: CaseAccess) -> list[ConsentLine]:
    """The consents this access may know of, the latest first. Four queries whatever their number."""
    known = Consent.objects.of_case(access)
    live = set(known.live().values_list("pk", flat=True))
    persons = {
        person.pk: person
        for person in CasePerson.objects.filter(case=case).select_related("person")
        if access.can(Category.IDENTITY, person.side)
    }
    named: dict[Any, list[Agency]] = {}
    rows = ConsentRecipient.objects.filter(consent__in=known).select_related("agency").order_by("agency__name")
    for row in rows:
        named.setdefault(row.consent_id, []).append(row.agency)
    return [
        ConsentLine(
            consent=consent,
            who=_who(persons.get(consent.subject_id), consent.side),
            categories=[str(Category(category).label) for category in consent.categories],
            recipients=[
                agency.name
                for agency in named.get(consent.pk, [])
                if access.agency_id in (agency.pk, consent.agency_id) or access.can(Category.NETWORK, consent.side)
            ],
            recorder=_recorder(consent, named.get(consent.pk, []), access),
            holds=consent.pk in live,
            withdrawn_at=consent.withdrawal.withdrawn_at if hasattr(consent, "withdrawal") else None,
            may_withdraw=consent.pk in live and may_withdraw(access, consent),
        )
        for consent in known.select_related("agency", "withdrawal").order_by("-recorded_at", "-pk")
    ]


def _recorder(consent: Consent, named: list[Agency], access: CaseAccess) -> str:
    """Who recorded it; as for decisions, not told to the perpetrator's side about others."""
    concerned = access.agency_id in (consent.agency_id, *(agency.pk for agency in named))
    if not concerned and not access.can(Category.NETWORK, Side.VICTIM):
        return ""
    return consent.agency.name


def _who(person: CasePerson | None, side: str) -> str:
    if person is None:
        return str(Side(side).label)
    name = f"{person.person.given_name} {person.person.family_name}".strip()
    return f"{name} ({person.get_role_display()})" if name else str(person.get_role_display())
