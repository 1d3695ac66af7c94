"""Who sees what of a case and why, as one of its agencies may know it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.enums import AgencyKind, AgencySide
from agencies.models import Agency, Membership
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, Side
from cases.models import Case, CasePerson
from cases.page import sees
from cases.words import in_words
from common.acting import SystemContext, system_context
from common.clock import last_day, local, now
from common.languages import names as language_names
from reports.models import Attachment

from . import bases, oral
from .grants import total
from .law import Article, article, to_confirm
from .models import Consent, ConsentRecipient, GivenBy, InformationRequest, Purpose, SharingDecision
from .opposing import closed_as_told
from .perms import may_hand_sheet, may_record_consent, may_revoke, may_withdraw

FEW = 100


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
    begins_at: datetime | None = None
    own: bool = False  # the reader's agency decided it or received it: it reads the answers given

    @property
    def article(self) -> Article:
        """What it rests on, as numbered on the day it was decided."""
        return article(self.decision.basis, local(self.decision.decided_at).date())

    @property
    def to_confirm(self) -> str:
        return to_confirm()

    @property
    def particulars(self) -> list[tuple[str, str]]:
        """What its basis asked for besides, for the decider and the recipient."""
        return bases.in_words(self.decision.basis, self.decision.particulars) if self.own else []


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
                "recipient",
                "agency",
                "decided_by",
                "consent",
                "consent__withdrawal",
                "authorisation__taken_back",
                "partnership",
                "revocation",
            ).order_by("-decided_at", "-pk")
        )
        hers = _hers(case, access)
    found: dict[Any, Participant] = {}
    for decision in decisions:
        participant = found.setdefault(
            decision.recipient_id, Participant(agency=decision.recipient, side=decision.side, sees="")
        )
        if decision.side == ParticipationSide.PERPETRATOR:
            participant.side = decision.side
        participant.why.append(_why(decision, decision.pk in live, access, membership, hers))
    for participant in found.values():
        openings = [why.decision.opening() for why in participant.why if why.holds]
        closed = closed_as_told(case, kind=participant.agency.kind, side=participant.side)
        sums = total(openings, side=participant.side, closed=closed)
        participant.own = participant.agency.pk == access.agency_id
        shown = access if participant.own else CaseAccess(case.pk, participant.agency.pk, sums, participant.side)
        participant.side = shown.side or participant.side
        participant.sees = sees(shown) if shown else ""
        participant.until = shown.grants.get("view_case") if shown else None
    return sorted(found.values(), key=lambda one: (not one.own, not one.holds, one.agency.name))


def _hers(case: Case, access: CaseAccess) -> frozenset:
    """Agencies that work with her in this case, where this access may not know them; asked in the context `grants`."""
    if access.can(Category.NETWORK, Side.VICTIM):
        return frozenset()
    rows = SharingDecision.objects.filter(case=case, side=ParticipationSide.VICTIM)
    return frozenset(rows.values_list("recipient", flat=True))


def _why(decision: SharingDecision, holds: bool, access: CaseAccess, membership: Membership, hers: frozenset) -> Why:
    opening = CaseAccess(decision.case_id, decision.recipient_id, total([decision.opening()], side=decision.side))
    ended = decision.ended_at is not None and decision.ended_at <= now()
    waits = not holds and not ended and decision.starts_at > now()
    return Why(
        decision=decision,
        opens=sees(opening),
        holds=holds,
        until=decision.end if holds else None,
        ended_at=decision.ended_at if not holds else None,
        decider=_decider(decision, access, hers),
        may_revoke=(holds or waits) and may_revoke(membership, decision),
        begins_at=decision.starts_at if waits else None,
        own=access.agency_id in (decision.agency_id, decision.recipient_id),
    )


def _decider(decision: SharingDecision, access: CaseAccess, hers: frozenset) -> str:
    """Who decided; not told to the perpetrator's side about others, nor of what it received from a service of hers."""
    if decision.agency_id == access.agency_id:
        return f"{decision.decided_by.full_name}, {decision.agency.name}"
    if not access.can(Category.NETWORK, Side.VICTIM):
        works_with_her = decision.agency_id in hers or decision.agency.side == AgencySide.VICTIM
        if decision.recipient_id != access.agency_id or works_with_her:
            return ""
    return decision.agency.name


@dataclass
class ConsentLine:
    """One consent: whose, what of it the reader may know, whether it holds, and what may be done with it."""

    consent: Consent
    who: str
    given: str
    explained: str
    categories: list[str]
    purposes: list[str]
    recipients: list[str]
    recorder: str
    holds: bool
    until: datetime | None
    ends_soon: bool
    withdrawn_at: datetime | None
    may_withdraw: bool
    may_renew: bool
    may_hand_sheet: bool
    evidence: Attachment | None
    to_open: list[Agency]
    opens_to_others: bool


def consents(case: Case, access: CaseAccess) -> list[ConsentLine]:
    """The consents this access may know of, the latest first. Five queries whatever their number."""
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
    decided = set(
        SharingDecision.objects.of_case(access).filter(consent__in=known).values_list("consent_id", "recipient_id")
    )
    soon = now() + timedelta(days=settings.CONSENT_ENDS_SOON_DAYS)
    rows = known.select_related("agency", "withdrawal", "partnership", "evidence")
    return [
        _consent_line(consent, access, persons, named.get(consent.pk, []), decided, consent.pk in live, soon)
        for consent in rows.order_by("-recorded_at", "-pk")
    ]


def _consent_line(
    consent: Consent,
    access: CaseAccess,
    persons: dict[Any, CasePerson],
    named: list[Agency],
    decided: set[tuple[Any, Any]],
    holds: bool,
    soon: datetime,
) -> ConsentLine:
    # to his side, a consent of hers says what it opens and until when: neither her words nor who follows her
    network = consent.agency_id == access.agency_id or access.can(Category.NETWORK, consent.side)
    subject = persons.get(consent.subject_id)
    renews = subject is not None and may_record_consent(access, subject)
    kinds = [
        _("every service of this kind: %(kind)s") % {"kind": AgencyKind(kind).label} for kind in consent.recipient_kinds
    ]
    return ConsentLine(
        consent=consent,
        who=_who(subject, consent.side),
        given=_given(consent, persons) if network else "",
        explained=consent.explained if network else "",
        categories=[str(Category(category).label) for category in consent.categories],
        purposes=[str(Purpose(purpose).label) for purpose in consent.purposes] or [consent.purpose] * network,
        recipients=[
            *(agency.name for agency in named if network or agency.pk == access.agency_id),
            *(kinds if network else []),
            *([consent.partnership.name] if consent.partnership and network else []),
        ],
        recorder=_recorder(consent, access),
        holds=holds,
        until=last_day(consent.valid_until) if consent.valid_until and (holds or network) else None,
        ends_soon=bool(holds and consent.valid_until and consent.valid_until < soon),
        # that she changed her mind is hers: his side reads that it has ended
        withdrawn_at=consent.withdrawal.withdrawn_at if network and hasattr(consent, "withdrawal") else None,
        may_withdraw=may_withdraw(access, consent),
        may_renew=renews,
        may_hand_sheet=may_hand_sheet(access, consent),
        evidence=consent.evidence if consent.evidence and access.shows(consent.evidence) else None,
        to_open=[
            agency
            for agency in named
            if holds and renews and agency.pk != access.agency_id and (consent.pk, agency.pk) not in decided
        ],
        opens_to_others=holds and renews and network and bool(consent.recipient_kinds or consent.partnership),
    )


def _given(consent: Consent, persons: dict[Any, CasePerson]) -> str:
    """Who gave it and how, in which language."""
    how = f"{consent.get_given_how_display()}, {language_names([consent.language])}"
    if consent.given_by != GivenBy.REPRESENTATIVE:
        return how
    known = persons.get(consent.representative_id)
    name = known.person.full_name if known else consent.representative_name
    return f"{consent.get_given_by_display()}{f' ({name})' if name else ''}, {how}"


def address(case: Case) -> str:
    """The page where all this stands."""
    return reverse("sharing:case_access", args=[case.pk])


def _recorder(consent: Consent, access: CaseAccess) -> str:
    """Who recorded it; not told to the perpetrator's side about others, his own consent written by hers included."""
    known = consent.agency_id == access.agency_id or access.can(Category.NETWORK, Side.VICTIM)
    return consent.agency.name if known else ""


def _who(person: CasePerson | None, side: str) -> str:
    if person is None:
        return str(Side(side).label)
    name = person.person.full_name
    return f"{name} ({person.get_role_display()})" if name else str(person.get_role_display())


def requests(case: Case, membership: Membership) -> list[dict[str, Any]]:
    """The information requests of a case this agency sent or received, the latest first."""
    found = InformationRequest.objects.between(membership).filter(case=case)
    found = found.select_related("from_agency", "to_agency").order_by("-asked_at")[:FEW]
    return [{"request": request, "wanted": in_words(request.grants)} for request in found]


def said(access: CaseAccess) -> list[dict[str, Any]]:
    """What this agency said aloud or was told, the latest first."""
    return [{"said": each, "about": in_words(each.grants)} for each in oral.said_in(access, most=FEW)]
