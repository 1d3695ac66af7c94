"""Who and how to reach them may be read, and what may be added to a case. Pure predicates over an access."""

from agencies.enums import Role
from agencies.models import Membership
from agencies.perms import SENIORS, may_write

from .access import CaseAccess
from .enums import COORDINATE, Category, ParticipationSide, Side
from .models import Case, CasePerson, ContactPoint

DOUBTS = frozenset({"other_answered", "wrong_number"})
"""Outcomes of a call, in the payload of its event, after which her number is doubted."""

NOTE_CATEGORIES = (
    Category.FACTS,
    Category.PSYCHOSOCIAL,
    Category.HEALTH,
    Category.MIGRATION,
    Category.CHILDREN,
    Category.JUDICIAL,
    Category.PERPETRATOR_WORK,
)
"""What a note may be about; the rest has forms of its own."""

ABOUT_HER = (
    (Category.PSYCHOSOCIAL, Side.VICTIM),
    (Category.HEALTH, Side.VICTIM),
    (Category.MIGRATION, Side.VICTIM),
    (Category.CHILDREN, Side.VICTIM),
)
ABOUT_HIM = (
    (Category.PSYCHOSOCIAL, Side.PERPETRATOR),
    (Category.HEALTH, Side.PERPETRATOR),
    (Category.PERPETRATOR_WORK, Side.PERPETRATOR),
)
OWN_WORK = {
    ParticipationSide.VICTIM: ABOUT_HER,
    ParticipationSide.PERPETRATOR: ABOUT_HIM,
    ParticipationSide.NEUTRAL: (*ABOUT_HER, *ABOUT_HIM),
}


def in_doubt(point: ContactPoint) -> bool:
    """Whether a row of `page.with_last_call` was written before the call that says it may be somebody else's now."""
    return point.last_call in DOUBTS and point.side == Side.VICTIM and point.recorded_at < point.last_call_at


def note_subjects(access: CaseAccess) -> list[tuple[Category, Side]]:
    """The category × side pairs this agency may write a note under: what it sees, and its own side's work."""
    if not access.contribute:
        return []
    own = OWN_WORK.get(access.side, ())
    return [
        (category, side)
        for category in NOTE_CATEGORIES
        for side in Side
        if access.can(category, side) or (category, side) in own
    ]


def may_write_note(access: CaseAccess, category: str, side: str) -> bool:
    """Whether the acting member may write a note of this category and side."""
    return (category, side) in note_subjects(access)


def shows_person(access: CaseAccess, case_person: CasePerson) -> bool:
    """Whether who this person is may be read: the identity of that side is open, or the agency wrote it."""
    return access.can(Category.IDENTITY, case_person.side) or case_person.agency_id == access.agency_id


def shows_contact(access: CaseAccess, point: ContactPoint) -> bool:
    """Whether a way to reach somebody may be read; the perpetrator's side never reads the victim's, its own or not."""
    return access.can(Category.CONTACT, point.side)


def may_change_contact(access: CaseAccess, side: str) -> bool:
    """Whether the acting member may write down how to reach the people of a side."""
    return access.contribute and access.can(Category.CONTACT, side)


def may_rectify(access: CaseAccess, agency_id: object) -> bool:
    """Correct a wrong fact in a record of this agency: who writes for the agency that wrote it, taking part still or
    not, since who received it must be told.
    """
    return bool(access) and access.may_write and agency_id == access.agency_id


def may_restrict(membership: Membership, case: Case, access: CaseAccess) -> bool:
    """Restrict the case to named persons, or lift it: who answers for the agency that leads, or who coordinates."""
    answers = membership.role in SENIORS and leads(membership, case)
    coordinates = membership.role == Role.COORDINATOR and access.has(COORDINATE)
    return access.contribute and (answers or coordinates)


def may_name(membership: Membership, access: CaseAccess) -> bool:
    """Say who of one's own service works on a restricted case that one sees oneself."""
    return access.contribute and (membership.role in SENIORS or membership.role == Role.COORDINATOR)


def may_name_unread(membership: Membership | None) -> bool:
    """Name people of one's own service in a restricted case without reading it: a manager, so that no work is lost."""
    return may_write(membership) and membership.role == Role.MANAGER


def may_exclude(membership: Membership, case: Case, access: CaseAccess, agency_id: object) -> bool:
    """Exclude somebody of this agency, or let them in again: their own seniors, and those of the agency that leads."""
    answers = access.contribute and membership.role in SENIORS
    return answers and (agency_id == membership.agency_id or leads(membership, case))


def leads(membership: Membership, case: Case) -> bool:
    """Whether the acting agency is the one that leads the case."""
    return membership.agency_id == case.lead_agency_id


def may_exclude_oneself(access: CaseAccess) -> bool:
    """Say "I know him": whoever sees the case, readers too, may close it to themselves."""
    return bool(access)
