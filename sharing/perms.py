"""Who may end what was decided. Pure predicates."""

from agencies.models import Membership
from agencies.perms import may_write
from cases.access import CaseAccess
from cases.enums import Category

from .models import Basis, Consent, SharingDecision, WayIn


def may_open(access: CaseAccess, grants: list[str]) -> bool:
    """An agency that takes part opens to others what it sees itself, never more."""
    return access.contribute and all(access.can(*item.split(":")) for item in grants)


def may_withdraw(access: CaseAccess, consent: Consent) -> bool:
    """Whoever recorded the consent, or works with the person who gave it: a change of mind is never sent elsewhere."""
    if not access.may_write:
        return False
    with_the_person = access.contribute and access.side == consent.side and access.can(Category.IDENTITY, consent.side)
    return consent.agency_id == access.agency_id or with_the_person


def may_revoke(membership: Membership | None, decision: SharingDecision) -> bool:
    """The agency that decided it; its own record and what the law sends are not taken back."""
    return (
        may_write(membership)
        and decision.agency_id == membership.agency_id
        and decision.basis not in {Basis.OWN_RECORD, Basis.LEGAL_OBLIGATION}
        and decision.way_in != WayIn.COMPLAINT
    )
