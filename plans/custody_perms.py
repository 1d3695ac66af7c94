"""Who writes that he is detained or released, who reads it, and who tells her. Pure predicates."""

from agencies.enums import AgencyKind
from agencies.models import Membership
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, Side
from cases.models import Case

ENTERS = frozenset(
    {
        AgencyKind.POLICE,
        AgencyKind.PROSECUTOR,
        AgencyKind.COURT,
        AgencyKind.JUSTICE_HOUSE,
        AgencyKind.PRISON_AID,
        AgencyKind.PERPETRATOR_PROGRAMME,
    }
)
"""Services that learn of a detention or a release by their own work: they write it, and may be asked about it."""


def his_side(access: CaseAccess) -> bool:
    """Whether the acting agency works with him here."""
    return access.side == ParticipationSide.PERPETRATOR


def may_enter(by: Membership | None, access: CaseAccess) -> bool:
    """Write a detention or a release: justice, police and programme that take part, the case closed or not: a release
    opens it again.
    """
    return by is not None and access.takes_part and by.agency.kind in ENTERS


def reads_custody(access: CaseAccess) -> bool:
    """Read what others wrote of detentions and releases; one's own is read anyway."""
    return access.can(Category.JUDICIAL, Side.CASE)


def may_answer(access: CaseAccess, *, enters: bool, asked: bool) -> bool:
    """Answer “still detained?”: whoever is asked, and whoever may enter a detention."""
    return access.takes_part and (enters or asked)


def reads_asks(access: CaseAccess) -> bool:
    """Know which service is asked “still detained?”, besides one’s own."""
    return reads_custody(access) and not his_side(access)


def reads_alerts(access: CaseAccess, case: Case) -> bool:
    """Know that she is to be told of a release, whoever is asked: never his side."""
    if not access or his_side(access):
        return False
    reaches = access.can(Category.CONTACT, Side.VICTIM)
    return reaches or reads_custody(access) or case.lead_agency_id == access.agency_id


def may_tell(access: CaseAccess) -> bool:
    """Say that she was told: whoever takes part and reads the alert, the case closed or not."""
    return access.takes_part and not his_side(access)


def reads_wishes(access: CaseAccess) -> bool:
    """Know whether she wishes to be told: who knows how to reach her, never his side."""
    return bool(access) and not his_side(access) and access.can(Category.CONTACT, Side.VICTIM)


def may_write_wish(access: CaseAccess) -> bool:
    """Write down what she wishes: who reaches her and adds to the case."""
    return access.contribute and reads_wishes(access)


def opens_page(by: Membership | None, access: CaseAccess, case: Case) -> bool:
    """Whether there is anything on the page of detention and release for this member."""
    return may_enter(by, access) or reads_custody(access) or reads_alerts(access, case)
