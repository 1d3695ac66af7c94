"""Who may refer, and who may do what with a referral. Pure predicates, asked by services and by pages."""

from copy import copy
from datetime import datetime
from uuid import UUID

from django.db.models import BooleanField

from agencies.enums import JUDICIAL_KINDS, AgencyKind, AgencySide
from agencies.models import Agency, Membership
from agencies.perms import may_write
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, PersonRole, Side
from cases.models import CasePerson
from sharing.models import Basis

from .models import GOING_ON, FeedbackBasis, Referral, ReferralState
from .states import STEPS, Act, acts_from

REFERRED = frozenset({PersonRole.VICTIM, PersonRole.PRESUMED_PERPETRATOR, PersonRole.CONVICTED, PersonRole.CHILD})
MANDATING = frozenset({AgencyKind.PROSECUTOR, AgencyKind.COURT, AgencyKind.JUSTICE_HOUSE})
"""Who may place the presumed perpetrator under a mandate."""
BOUND_BY_LAW = JUDICIAL_KINDS | {AgencyKind.CHILD_PROTECTION}
"""To whom a text of law may oblige to send somebody; to everybody else a person goes because they agreed."""
IN_HAND = (ReferralState.SENT, ReferralState.RECEIVED, *GOING_ON)
"""The receiver has it to look at or to go on with."""


def changes_side(agency: Agency, side: str) -> bool:
    """Whether accepting on `side` puts an agency that is not usually his on his side: worth a warning to both."""
    return side == AgencySide.PERPETRATOR and agency.side != AgencySide.PERPETRATOR


def may_refer(access: CaseAccess) -> bool:
    """An agency that takes part now, by a member who writes."""
    return access.contribute


def speaks_for(access: CaseAccess, person: CasePerson) -> bool:
    """Whether the agency may ask something of another service for this person: it sees their name, and is not on his
    side while they are on hers.
    """
    hers_by_his = access.side == ParticipationSide.PERPETRATOR and person.side != Side.PERPETRATOR
    return access.can(Category.IDENTITY, person.side) and not hers_by_his


def may_refer_about(access: CaseAccess, subject: CasePerson) -> bool:
    """Only somebody whose name the agency sees; his side sends nobody of hers anywhere: whoever receives her would be
    told which services follow her.
    """
    return may_refer(access) and subject.role in REFERRED and speaks_for(access, subject)


def takes_referrals(agency: Agency, *, sender_id: UUID) -> bool:
    """Active, takes referrals, and somebody else than the agency that sends; what a sender entered is its own to ask
    until an administrator has confirmed it.
    """
    told = not agency.to_be_checked or agency.entered_by_id == sender_id
    return told and agency.is_active and agency.accepts_referrals and agency.pk != sender_id


def has_room(agency: Agency) -> bool:
    """Nothing said, or a place left."""
    return agency.free_places != 0


def serves(agency: Agency, postal_code: str) -> bool:
    """Whether it works there; without a territory everywhere, and nobody knows while no postal code is given."""
    return not agency.territory or not postal_code or postal_code in agency.territory


def may_mandate(agency: Agency) -> bool:
    """A judicial authority: what it imposes on the presumed perpetrator goes along with the referral."""
    return agency.kind in MANDATING


def knows_sender(agency_id: object, referral: Referral, access: CaseAccess | None = None) -> bool:
    """The two services know each other; whoever else reads it does where the victim's services may be known.

    A service of hers may send him somewhere: his side reads where to, never from whom.
    """
    if agency_id in (referral.from_agency_id, referral.to_agency_id):
        return True
    return access is not None and access.can(Category.NETWORK, Side.VICTIM)


BETWEEN_THE_TWO = frozenset({"postal_code", "first_appointment_at", "taken_by", "assigned_to"})
WHY = frozenset(
    {
        "reason", "legal_text", "asked_by", "mandated", "interpreter_language", "childcare", "accompaniment",
        "transport", "decline_reason", "answer_note", "result",
    }
)  # fmt: skip
"""What his side does not read of a referral between two other services."""


def kept_between(agency_id: object, referral: Referral, access: CaseAccess | None) -> frozenset[str]:
    """What of a referral this agency does not read, by field. Where, when and by whom somebody is met is between
    the two services; his side reads where he is sent, never why, who asked for it, nor what was answered.
    """
    if agency_id in (referral.from_agency_id, referral.to_agency_id):
        return frozenset()
    his = access is None or access.side == ParticipationSide.PERPETRATOR
    return BETWEEN_THE_TWO | WHY if his else BETWEEN_THE_TWO


def as_known(agency_id: object, referral: Referral, access: CaseAccess | None) -> Referral:
    """The referral as this agency reads it: the row itself, or a copy without what is kept from it. Never saved."""
    kept = kept_between(agency_id, referral, access)
    if not kept:
        return referral
    known = copy(referral)
    for name in kept:
        field = Referral._meta.get_field(name)
        setattr(known, name, None if field.null else False if isinstance(field, BooleanField) else "")
    return known


def bases_for(agency: Agency, *, mandated: bool = False) -> tuple[Basis, ...]:
    """On what basis a person may be sent to this agency; under a mandate the law carries it anywhere."""
    by_law = mandated or agency.kind in BOUND_BY_LAW
    return (Basis.CONSENT, Basis.LEGAL_OBLIGATION) if by_law else (Basis.CONSENT,)


def acts_of(membership: Membership | None, referral: Referral) -> tuple[Act, ...]:
    """What this member may do with the referral now."""
    if not may_write(membership) or membership.agency_id not in (referral.from_agency_id, referral.to_agency_id):
        return ()
    return acts_from(referral.state, as_sender=membership.agency_id == referral.from_agency_id)


def is_party_to(membership: Membership | None, referral: Referral, act: Act) -> bool:
    """Whether the act is the acting agency's to do, in whatever state the referral is."""
    party = {True: referral.from_agency_id, False: referral.to_agency_id, None: None}[STEPS[act].by_sender]
    return membership is not None and membership.agency_id == party


def out_of_time(referral: Referral, *, at: datetime) -> bool:
    """Whether nobody may answer it any more, even before it is written down as expired."""
    return referral.waits and referral.expires_at is not None and referral.expires_at <= at


def may_assign(membership: Membership | None, referral: Referral) -> bool:
    """Say who of the receiver looks at it or goes on with it, while it is not over."""
    return may_write(membership) and membership.agency_id == referral.to_agency_id and referral.state in IN_HAND


def may_tell_content(membership: Membership | None, referral: Referral) -> bool:
    """Tell the sender more than the state: the service that has said yes, by somebody who writes."""
    return may_write(membership) and membership.agency_id == referral.to_agency_id and referral.taken


def feedback_bases(referral: Referral) -> tuple[FeedbackBasis, ...]:
    """On what basis content may go back: consent; by right only to an authority that mandated."""
    by_right = referral.mandated and may_mandate(referral.from_agency)
    return (FeedbackBasis.CONSENT, FeedbackBasis.MANDATE) if by_right else (FeedbackBasis.CONSENT,)
