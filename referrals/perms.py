"""Who may refer, and who may do what with a referral. Pure predicates, asked by services and by pages."""

from agencies.enums import JUDICIAL_KINDS, AgencyKind, AgencySide
from agencies.models import Agency, Membership
from agencies.perms import may_write
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, PersonRole, Side
from cases.models import CasePerson
from sharing.models import Basis

from .models import Referral
from .states import STEPS, Act, acts_from

REFERRED = frozenset({PersonRole.VICTIM, PersonRole.PRESUMED_PERPETRATOR, PersonRole.CONVICTED, PersonRole.CHILD})
BOUND_BY_LAW = JUDICIAL_KINDS | {AgencyKind.CHILD_PROTECTION}
"""To whom a text of law may oblige to send somebody; to everybody else a person goes because they agreed."""


def changes_side(agency: Agency, side: str) -> bool:
    """Whether accepting on `side` puts an agency that is not usually his on his side: worth a warning to both."""
    return side == AgencySide.PERPETRATOR and agency.side != AgencySide.PERPETRATOR


def may_refer(access: CaseAccess) -> bool:
    """An agency that takes part now, by a member who writes."""
    return access.contribute


def may_refer_about(access: CaseAccess, subject: CasePerson) -> bool:
    """Only somebody whose name the agency sees; his side sends nobody of hers anywhere: whoever receives her would be
    told which services follow her.
    """
    hers_by_his = access.side == ParticipationSide.PERPETRATOR and subject.side != Side.PERPETRATOR
    named = access.can(Category.IDENTITY, subject.side)
    return may_refer(access) and subject.role in REFERRED and named and not hers_by_his


def takes_referrals(agency: Agency, *, sender: Membership) -> bool:
    """Active, takes referrals, and somebody else."""
    return agency.is_active and agency.accepts_referrals and agency.pk != sender.agency_id


def knows_sender(agency_id: object, referral: Referral, access: CaseAccess | None = None) -> bool:
    """The two services know each other; whoever else reads it does where the victim's services may be known.

    A service of hers may send him somewhere: his side reads where to, never from whom.
    """
    if agency_id in (referral.from_agency_id, referral.to_agency_id):
        return True
    return access is not None and access.can(Category.NETWORK, Side.VICTIM)


def bases_for(agency: Agency) -> tuple[Basis, ...]:
    """On what basis a person may be sent to this agency."""
    return (Basis.CONSENT, Basis.LEGAL_OBLIGATION) if agency.kind in BOUND_BY_LAW else (Basis.CONSENT,)


def acts_of(membership: Membership | None, referral: Referral) -> tuple[Act, ...]:
    """What this member may do with the referral now."""
    if not may_write(membership) or membership.agency_id not in (referral.from_agency_id, referral.to_agency_id):
        return ()
    return acts_from(referral.state, as_sender=membership.agency_id == referral.from_agency_id)


def is_party_to(membership: Membership | None, referral: Referral, act: Act) -> bool:
    """Whether the act is the acting agency's to do, in whatever state the referral is."""
    party = referral.from_agency_id if STEPS[act].by_sender else referral.to_agency_id
    return membership is not None and membership.agency_id == party
