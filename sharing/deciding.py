"""A sharing that a service decides by itself: what may be proposed, what it would show, and the decision."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership, Partnership, PartnershipMember
from agencies.services import writers_of
from cases.access import CaseAccess, get_case, participants
from cases.enums import Category, EventCode, ParticipationSide, Side, network_side
from cases.models import Case
from cases.services import log_event
from cases.words import about
from common.clock import local, now
from common.errors import Refused, RuleBroken, text_problem
from notifications.models import NoticeKind
from notifications.services import notify

from . import bases
from .authorisations import covering
from .grants import BOTH_SIDES, Opening, of_judicial_origin, permission_of, refused_to
from .models import Basis, Consent, ProsecutorAuthorisation, SharingDecision, WayIn
from .perms import may_decide, may_open
from .preview import LISTED, Preview, preview
from .services import check_basis, decide, default_grants, participation_side, proposed_side, side_with

LONGEST = timedelta(days=366)
"""How long a sharing lasts at most, unless what it rests on has an end of its own."""

USUAL_DAYS = 180
LENGTHS = {"necessity": 500, "timeliness": 300, "security": 300, "legal_text": 300}


@dataclass(frozen=True)
class Asked:
    """What was typed: identifiers as UUID or None, the rest as text; `until` an aware moment or None."""

    recipient_id: UUID | None = None
    basis: str = ""
    side: str = ""
    grants: tuple[str, ...] = ()
    contributes: bool = False
    consent_id: UUID | None = None
    partnership_id: UUID | None = None
    authorisation_id: UUID | None = None
    legal_text: str = ""
    particulars: Mapping[str, Any] = field(default_factory=dict)
    necessity: str = ""
    accurate_on: date | None = None
    timeliness: str = ""
    security: str = ""
    reach: str = ""
    until: datetime | None = None
    answers: UUID | None = None
    """The information request it answers, if any."""


@dataclass(frozen=True)
class Proposal:
    """A decision that may be taken, and exactly what it would open; nothing of it is stored."""

    asked: Asked
    recipient: Agency
    side: str
    grants: tuple[str, ...]
    consent: Consent | None
    partnership: Partnership | None
    authorisation: ProsecutorAuthorisation | None
    ends_at: datetime | None

    @property
    def end(self) -> datetime | None:
        """When it ends by itself: its own end, or that of what it rests on, whichever comes first."""
        ends = (
            self.ends_at,
            self.consent and self.consent.valid_until,
            self.authorisation and self.authorisation.valid_until,
        )
        return min(filter(None, ends), default=None)

    def opening(self) -> Opening:
        """What it opens, as the sum of permissions takes it."""
        return Opening(self.grants, self.asked.contributes, self.end)


@dataclass(frozen=True)
class Offer:
    """A "category:side" pair that the acting agency sees, in words; `why_not` where it cannot go to this recipient."""

    pair: str
    words: str
    why_not: str = ""


# --- what may be chosen -----------------------------------------------------------------------------------------
def recipients_for(by: Membership) -> list[Agency]:
    """Every other active agency, by kind and name."""
    return list(Agency.objects.active().exclude(pk=by.agency_id).order_by("kind", "name"))


def check_start(*, by: Membership, recipient_id: UUID | None, basis: str) -> Agency:
    """The recipient, for a basis that may reach it. Raises RuleBroken by field."""
    errors: dict[str, list[str]] = {}
    recipient = Agency.objects.active().filter(pk=recipient_id).first() if recipient_id else None
    if recipient is None:
        errors["recipient"] = [_("Choose a service.")]
    elif recipient.pk == by.agency_id:
        errors["recipient"] = [_("Choose another service: yours sees its own work.")]
    if basis not in bases.DECIDABLE:
        errors["basis"] = [_("Choose on what basis this is shared.")]
    elif recipient is not None and recipient.kind not in bases.RECIPIENTS.get(basis, {recipient.kind}):
        errors["recipient"] = [_("On this basis, only the prosecutor may be told.")]
    if errors:
        raise RuleBroken(errors)
    return recipient


def sides_for(*, case: Case, access: CaseAccess, recipient: Agency) -> list[str]:
    """The sides the recipient may take in this case, the one to propose first: whoever works with him stays there."""
    if recipient.kind in BOTH_SIDES:
        return [ParticipationSide.NEUTRAL]
    held = participation_side(case=case, agency=recipient)
    if held == ParticipationSide.PERPETRATOR:
        return [held]
    # whether it already works with her is told to those who may know of it
    first = held if access.can(Category.NETWORK, Side.VICTIM) else proposed_side(recipient)
    # whoever decides: to say that a service of hers works with him would close her number to it
    hers = {ParticipationSide.PERPETRATOR} if proposed_side(recipient) == ParticipationSide.VICTIM else set()
    return [first, *(side for side in ParticipationSide.values if side != first and side not in hers)]


def offers(*, access: CaseAccess, recipient: Agency, side: str, basis: str) -> list[Offer]:
    """Each pair the acting agency sees, with the reason where it can never go to this recipient on this basis."""
    found = []
    for category in LISTED:
        for whose in Side:
            if access.can(category, whose):
                pair = f"{category}:{whose}"
                why_not = _why_not(pair, recipient=recipient, side=side, basis=basis)
                found.append(Offer(pair, about(category, whose), why_not))
    return found


def _why_not(pair: str, *, recipient: Agency, side: str, basis: str) -> str:
    if permission_of(pair) in refused_to(side):
        return _("never opened to a service that works with the presumed perpetrator")
    if basis != Basis.PROSECUTOR_AUTHORISATION and of_judicial_origin([pair], recipient_kind=recipient.kind):
        return _("police and justice record: only on a prosecutor's authorisation")
    return ""


def proposed_grants(*, recipient: Agency, offered: Iterable[Offer]) -> list[str]:
    """Those of the offered pairs that the reference data proposes for this kind of service."""
    usual = set(default_grants(way_in=WayIn.DECISION, agency=recipient).grants)
    return [offer.pair for offer in offered if offer.pair in usual and not offer.why_not]


def proposed_until(recipient: Agency) -> datetime:
    """The end the reference data proposes for this kind of service."""
    days = default_grants(way_in=WayIn.DECISION, agency=recipient).valid_days
    return now() + timedelta(days=days or USUAL_DAYS)


def consents_for(*, access: CaseAccess, recipient: Agency) -> list[Consent]:
    """The consents that hold and name this recipient, of those the acting agency may know."""
    found = Consent.objects.of_case(access).live().naming(recipient)
    return list(found.select_related("subject__person").order_by("-recorded_at"))


def partnerships_of(by: Membership, recipient: Agency) -> list[Partnership]:
    """The partnerships in force in which both take part, by name."""
    members = PartnershipMember.objects.live()
    return list(
        Partnership.objects.live()
        .filter(pk__in=members.filter(agency=by.agency_id).values("partnership"))
        .filter(pk__in=members.filter(agency=recipient).values("partnership"))
    )


# --- the proposal -------------------------------------------------------------------------------------------------
def propose(*, by: Membership, case: Case, access: CaseAccess, asked: Asked) -> Proposal:
    """What this decision would be. Raises Refused for who may not decide, RuleBroken by field for what may not go."""
    if not may_decide(access):
        raise Refused(_("You can read this case but not add to it."))
    recipient = check_start(by=by, recipient_id=asked.recipient_id, basis=asked.basis)
    errors: dict[str, list[str]] = {}
    sides = sides_for(case=case, access=access, recipient=recipient)
    if asked.side not in sides:
        errors["side"] = [_("Say with whom this service works in this case.")]
    side = side_with(case=case, agency=recipient, proposed=asked.side if asked.side in sides else sides[0])
    if problem := _grants_problem(access, asked.grants, side):
        errors["grants"] = [problem]
    consent, partnership, authorisation = _rests_on(by, access, case, recipient, asked)
    errors |= _answers_problems(asked)
    if problem := _until_problem(asked.until, consent, authorisation):
        errors["until"] = [problem]
    try:
        check_basis(
            case=case, by_agency_id=by.agency_id, recipient=recipient, basis=asked.basis,
            grants=[] if "grants" in errors else asked.grants, consent=consent, legal_text=asked.legal_text,
            necessity=asked.necessity, way_in=WayIn.DECISION, particulars=asked.particulars, partnership=partnership,
            authorisation=authorisation, timeliness=asked.timeliness, security=asked.security, reach=asked.reach,
        )  # fmt: skip
    except RuleBroken as broken:
        errors = broken.errors | errors
    if errors:
        raise RuleBroken(errors)
    if asked.basis == Basis.REPORT_TO_PROSECUTOR:
        asked = replace(asked, contributes=True)  # who is told so that they act may act
    ends = (asked.until, partnership and partnership.ends_at)
    return Proposal(
        asked=asked,
        recipient=recipient,
        side=side,
        grants=asked.grants + telling(access),
        consent=consent,
        partnership=partnership,
        authorisation=authorisation,
        ends_at=min(filter(None, ends), default=None),
    )


def telling(access: CaseAccess) -> tuple[str, ...]:
    """What a decision of this access says of the services that take part: nothing by itself, as usual; those of his
    side alone, by name, where it knows no others. What one does not see, one does not open.
    """
    return () if access.can(Category.NETWORK, Side.VICTIM) else (f"{Category.NETWORK}:{Side.PERPETRATOR}",)


def _grants_problem(access: CaseAccess, grants: tuple[str, ...], side: str) -> str:
    if not grants:
        return _("Say what is shared.")
    listed = {f"{category}:{about}" for category in LISTED for about in Side}
    if not set(grants) <= listed or not may_open(access, list(grants)):
        return _("Your service opens only what it sees itself: choose among what is offered here.")
    if refused_to(side) & {permission_of(pair) for pair in grants}:
        return _(
            "This service works with the presumed perpetrator: how to reach the victim and who follows her are never"
            " opened to it."
        )
    return ""


def _rests_on(
    by: Membership, access: CaseAccess, case: Case, recipient: Agency, asked: Asked
) -> tuple[Consent | None, Partnership | None, ProsecutorAuthorisation | None]:
    """What the basis rests on, among what this agency may know; None where nothing of the sort was chosen."""
    consent = partnership = authorisation = None
    if asked.basis == Basis.CONSENT and asked.consent_id:
        consent = Consent.objects.of_case(access).filter(pk=asked.consent_id).first()
    if asked.basis == Basis.CONSULTATION and asked.partnership_id:
        partnership = Partnership.objects.live().filter(pk=asked.partnership_id).first()
    if asked.basis == Basis.PROSECUTOR_AUTHORISATION and asked.authorisation_id:
        known = covering(access=access, recipient=recipient)
        authorisation = next((each for each in known if each.pk == asked.authorisation_id), None)
    return consent, partnership, authorisation


def _answers_problems(asked: Asked) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for name, most in LENGTHS.items():
        if problem := text_problem(getattr(asked, name), most=most):
            errors[name] = [problem]
    if asked.accurate_on is None or asked.accurate_on > local(now()).date():
        errors["accurate_on"] = [_("Say on what day what is shared was last checked: today at the latest.")]
    return errors


def _until_problem(
    until: datetime | None, consent: Consent | None, authorisation: ProsecutorAuthorisation | None
) -> str:
    own_end = (consent and consent.valid_until) or (authorisation and authorisation.valid_until)
    if until is None:
        return "" if own_end else _("Say until when.")
    if until <= now():
        return _("This end is already past.")
    if until > now() + LONGEST and not own_end:
        return _("A sharing lasts one year at most; decide again then.")
    return ""


# --- the preview, the decision --------------------------------------------------------------------------------------
Answering = Callable[[Membership, UUID, SharingDecision], object]
_answering: list[Answering] = []


def register_answering(answer: Answering) -> None:
    """Say what a decision taken for an information request settles, in its transaction; there is one such answer."""
    _answering[:] = [answer]


class PreviewChanged(Exception):
    """What the recipient would see is no longer what was shown; nothing was saved."""


def look(*, case: Case, access: CaseAccess, proposal: Proposal) -> Preview:
    """What the recipient would see by this proposal, line by line."""
    return preview(
        case=case, access=access, recipient=proposal.recipient, side=proposal.side, opening=proposal.opening()
    )


def decided_with(*, by: Membership, case: Case, request_key: UUID) -> SharingDecision | None:
    """The decision this very form has already taken, if any."""
    return SharingDecision.objects.filter(case=case, agency=by.agency_id, request_key=request_key).first()


def decide_by_hand(
    *, by: Membership, case_id: UUID, asked: Asked, request_key: UUID, previewed: str
) -> SharingDecision:
    """Decide what was previewed (`previewed` is its fingerprint), note it in the timeline, tell the recipient.

    The same `request_key` gives the same decision, even at the same moment. Raises Http404, Refused, RuleBroken by
    field, PreviewChanged.
    """
    case, access = get_case(case_id, by)
    if (already := decided_with(by=by, case=case, request_key=request_key)) is not None:
        return already
    proposal = propose(by=by, case=case, access=access, asked=asked)
    if look(case=case, access=access, proposal=proposal).fingerprint != previewed:
        raise PreviewChanged
    try:
        with transaction.atomic():
            decision = decide(
                by=by,
                case=case,
                recipient=proposal.recipient,
                side=proposal.side,
                way_in=WayIn.REQUEST if asked.answers else WayIn.DECISION,
                basis=Basis(asked.basis),
                grants=proposal.grants,
                necessity=asked.necessity,
                contributes=proposal.asked.contributes,
                consent=proposal.consent,
                legal_text=asked.legal_text if asked.basis == Basis.LEGAL_OBLIGATION else "",
                particulars=asked.particulars,
                partnership=proposal.partnership,
                authorisation=proposal.authorisation,
                accurate_on=asked.accurate_on,
                timeliness=asked.timeliness,
                security=asked.security,
                reach=asked.reach,
                ends_at=proposal.ends_at,
                source_id=asked.answers,
                request_key=request_key,
            )
            if asked.answers:
                for answer in _answering:
                    answer(by, asked.answers, decision)
    except IntegrityError:
        if (already := decided_with(by=by, case=case, request_key=request_key)) is None:
            raise
        return already
    log_event(
        by=by,
        case=case,
        code=EventCode.SHARED,
        category=Category.NETWORK,
        side=network_side(proposal.side),
        payload={"decision": str(decision.pk), "to": str(proposal.recipient.pk)},
    )
    tell_recipient(
        case=case,
        recipient=proposal.recipient,
        kind=NoticeKind.SHARING_OPENED,
        dedupe_key=f"sharing:{decision.pk}:opened",
    )
    return decision


def tell_recipient(*, case: Case, recipient: Agency, kind: NoticeKind, dedupe_key: str) -> None:
    """Tell those of the recipient's writers who may know of the case, without content."""
    notify(
        recipients=participants([case]).among(case, writers_of([recipient])),
        kind=kind,
        path=reverse("sharing:case_access", args=[case.pk]),
        dedupe_key=dedupe_key,
        case_id=case.pk,
    )
