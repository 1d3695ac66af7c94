"""Who reads and writes needs, migration backgrounds and dangers for professionals. Pure predicates over an access."""

from uuid import UUID

from agencies.models import Membership
from agencies.perms import SENIORS
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, Side
from cases.models import Case, CasePerson
from cases.perms import leads, never_his, shows_person
from cases.who_sees import who_sees

from .models import Domain, NeedLine, StaffDanger, StaffDangerWords, category_of

ACROSS = {ParticipationSide.VICTIM: Side.PERPETRATOR, ParticipationSide.PERPETRATOR: Side.VICTIM}
"""The side whose needs an agency never reads nor writes, by where it stands in the case."""

ASSESSED = (Side.VICTIM, Side.PERPETRATOR)
"""Of whom needs are assessed; a witness or a third party is referred without."""


def reads_side(access: CaseAccess, side: str) -> bool:
    """Whether the needs of the persons of this side may be read here at all."""
    return bool(access) and side in ASSESSED and ACROSS.get(access.side) != side


def reads_domain(access: CaseAccess, domain: str, side: str) -> bool:
    """Whether what others wrote of this need, for persons of this side, is open."""
    return reads_side(access, side) and access.can(category_of(domain), side)


def reads_needs(access: CaseAccess, side: str) -> bool:
    """Whether some need of the persons of this side is open."""
    return any(reads_domain(access, domain, side) for domain in Domain)


def shows_need(access: CaseAccess, line: NeedLine) -> bool:
    """Whether one need may be read: its category of that side is open, or one's own service wrote it."""
    return reads_side(access, line.side) and access.shows(line)


def may_write_needs(access: CaseAccess, case_person: CasePerson) -> bool:
    """Write the needs of a person: who adds to the case, knows who it is, and does not stand on the other side."""
    return access.contribute and reads_side(access, case_person.side) and shows_person(access, case_person)


def reads_background(access: CaseAccess, side: str) -> bool:
    """Whether what others wrote of somebody's way here is open."""
    return reads_side(access, side) and access.can(Category.MIGRATION, side)


def may_write_background(access: CaseAccess, case_person: CasePerson) -> bool:
    """Write it: as needs are written."""
    return may_write_needs(access, case_person)


def known_services(case: Case, access: CaseAccess) -> frozenset[UUID]:
    """The services of the case that the acting one may know, itself among them: whose names stand beside a row."""
    return frozenset(reader.access.agency_id for reader in who_sees(case, access).readers)


# --- dangers for professionals --------------------------------------------------------------------------------
def meets_him(access: CaseAccess) -> bool:
    """Whether the acting agency takes part in the case now; its own past work alone is no meeting any more."""
    return bool(access) and not access.own_work_only


def shows_danger(access: CaseAccess, danger: StaffDanger) -> bool:
    """Whether a danger may be read: by whoever takes part, and by who flagged it."""
    return meets_him(access) or (bool(access) and danger.agency_id == access.agency_id)


def shows_danger_words(access: CaseAccess, words: StaffDangerWords) -> bool:
    """Whether what was seen, what to do and who says so may be read: never on his side but by who wrote it."""
    own = bool(access) and words.agency_id == access.agency_id
    return own or (meets_him(access) and not never_his(access))


def may_flag(access: CaseAccess) -> bool:
    """Flag a danger: whoever adds to the case."""
    return access.contribute


def may_end_danger(membership: Membership, case: Case, access: CaseAccess, danger: StaffDanger) -> bool:
    """Prolong or end it: who writes for the service that flagged it, or answers for the one that leads the case."""
    if not access.contribute:
        return False
    return danger.agency_id == membership.agency_id or (leads(membership, case) and membership.role in SENIORS)
