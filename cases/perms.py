"""Who and how to reach them may be read, and what may be added to a case. Pure predicates over an access."""

from agencies.enums import INVESTIGATORS, VICTIM_CELLS, Role
from agencies.models import Agency, Membership
from agencies.perms import SENIORS, may_see_cases, may_write

from .access import CaseAccess
from .enums import (
    COORDINATE,
    OPPOSITE,
    AppointmentKind,
    Category,
    ParticipationSide,
    PersonRole,
    SameVerdict,
    Side,
    Stage,
)
from .models import Appointment, Case, CasePerson, ContactPoint, Proceeding, SamePerson

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


def not_wished(point: ContactPoint) -> bool:
    """Whether the person said, since a row of `page.with_last_call` was written, that nobody should contact her."""
    return point.side == Side.VICTIM and point.refused_at is not None and point.recorded_at < point.refused_at


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
    return access.takes_part and access.can(Category.CONTACT, side)


def shows_appointment(access: CaseAccess, appointment: Appointment) -> bool:
    """Whether where and when somebody is awaited may be read: as how to reach them, or because the agency made it.
    On his side no appointment of hers is read, its own neither.
    """
    if access.side == ParticipationSide.PERPETRATOR and appointment.side != Side.PERPETRATOR:
        return False
    own = bool(access) and appointment.agency_id == access.agency_id
    return own or access.can(Category.CONTACT, appointment.side)


def knows_overlap(access: CaseAccess, appointment: Appointment) -> bool:
    """Be told that the other side is awaited there too: who reads the appointments of both, and whoever was told so
    when making it. On his side nobody.
    """
    if not appointment.overlap_accepted or access.side == ParticipationSide.PERPETRATOR:
        return False
    both = all(access.can(Category.CONTACT, side) for side in OPPOSITE)
    return both or appointment.agency_id == access.agency_id


def may_make_appointment(access: CaseAccess, side: str) -> bool:
    """Make an appointment for somebody of this side: who adds to the case and knows how to reach them."""
    return access.contribute and access.can(Category.CONTACT, side)


def may_make_appointments(access: CaseAccess) -> bool:
    """Make one for anybody of the case."""
    return any(may_make_appointment(access, side) for side in Side)


def may_change_appointment(access: CaseAccess, appointment: Appointment) -> bool:
    """Move an appointment, or say what became of it: the agency that made it, while it reaches the person."""
    return appointment.agency_id == access.agency_id and may_make_appointment(access, appointment.side)


def helps_asked(kind: str, role: str) -> frozenset[str]:
    """What must have been proposed to her before a hearing: somebody at her side, somebody with the children."""
    hearing_of_hers = kind == AppointmentKind.HEARING and role == PersonRole.VICTIM
    return frozenset({"accompaniment", "childcare"}) if hearing_of_hers else frozenset()


def internal_by_default(agency: Agency) -> bool:
    """Whether a note stays inside its agency unless the author says otherwise: in a cell that calls victims, which is
    part of a police zone and keeps what she says from its investigators.
    """
    return agency.kind in VICTIM_CELLS


def may_rectify(access: CaseAccess, agency_id: object) -> bool:
    """Correct a wrong fact in a record of this agency: who writes for the agency that wrote it, taking part still or
    not, since who received it must be told.
    """
    return bool(access) and access.may_write and agency_id == access.agency_id


def may_correct_note(access: CaseAccess, agency_id: object) -> bool:
    """Put new words in the place of those of a note of this agency: who writes for it, while it takes part."""
    return access.contribute and agency_id == access.agency_id


def may_restrict(membership: Membership, case: Case, access: CaseAccess) -> bool:
    """Restrict the case to named persons, or lift it: who answers for the agency that leads, or who coordinates."""
    answers = membership.role in SENIORS and leads(membership, case)
    coordinates = membership.role == Role.COORDINATOR and access.has(COORDINATE)
    return access.takes_part and (answers or coordinates)


def may_name(membership: Membership, access: CaseAccess) -> bool:
    """Say who of one's own service works on a restricted case that one sees oneself."""
    return access.takes_part and (membership.role in SENIORS or membership.role == Role.COORDINATOR)


def may_name_unread(membership: Membership | None) -> bool:
    """Name people of one's own service in a restricted case without reading it: a manager, so that no work is lost."""
    return may_write(membership) and membership.role == Role.MANAGER


def may_exclude(membership: Membership, case: Case, access: CaseAccess, agency_id: object) -> bool:
    """Exclude somebody of this agency, or let them in again: their own seniors, and those of the agency that leads."""
    answers = access.takes_part and membership.role in SENIORS
    return answers and (agency_id == membership.agency_id or leads(membership, case))


def leads(membership: Membership, case: Case) -> bool:
    """Whether the acting agency is the one that leads the case."""
    return membership.agency_id == case.lead_agency_id


def may_exclude_oneself(access: CaseAccess) -> bool:
    """Say "I know him": whoever sees the case, readers too, may close it to themselves."""
    return bool(access)


def investigates(membership: Membership | None) -> bool:
    """Police and prosecutors, who alone learn that a suspect is known in other cases, with other victims."""
    return may_see_cases(membership) and membership.agency.kind in INVESTIGATORS


def may_know_both(one: CaseAccess | None, other: CaseAccess | None) -> bool:
    """Know what two cases have in common, by the agency's accesses to them: it sees both, and does not work with him
    in one and with somebody else in the other.
    """
    if not one or not other:
        return False
    return (one.side == ParticipationSide.PERPETRATOR) == (other.side == ParticipationSide.PERPETRATOR)


def may_compare(one: CaseAccess | None, other: CaseAccess | None, side: str) -> bool:
    """Know that a person on this side of a case may be one of another case: who both are is open to the agency."""
    return may_know_both(one, other) and all(access.can(Category.IDENTITY, side) for access in (one, other))


def stage_told(case: Case, side: str) -> Stage:
    """The stage as an agency on this side is told it. On his side a case under supervision is not told from one that
    goes on: that it is watched says that somebody still speaks of it.
    """
    hidden = case.stage == Stage.SUPERVISED and side == ParticipationSide.PERPETRATOR
    return Stage.FOLLOWED if hidden else Stage(case.stage)


# --- children -------------------------------------------------------------------------------------------------
def never_his(access: CaseAccess) -> bool:
    """Whether the acting agency works with him here: it reads nothing that leads to a child, granted or not."""
    return access.side == ParticipationSide.PERPETRATOR


def reads_children(access: CaseAccess) -> bool:
    """Whether what is known of the children of the case is open."""
    return access.can(Category.CHILDREN, Side.VICTIM) and not never_his(access)


def may_write_of_children(access: CaseAccess) -> bool:
    """Whether the acting member may write who knows a child, and with whom the child is when."""
    return access.contribute and reads_children(access)


# --- proceedings ----------------------------------------------------------------------------------------------
def may_open_proceeding(access: CaseAccess) -> bool:
    """Whether the acting member may write down a family or youth proceeding: who adds to the case, not on his side."""
    return access.contribute and not never_his(access)


def may_keep_proceeding(access: CaseAccess, proceeding: Proceeding) -> bool:
    """Add what happened, name its readers and end them: who writes for the service that wrote the proceeding."""
    return may_open_proceeding(access) and proceeding.agency_id == access.agency_id


def may_know_same(membership: Membership | None, one: CaseAccess | None, other: CaseAccess | None, side: str) -> bool:
    """Know what was decided of two records of this side: who both are is open. That a suspect is known in two cases is
    for police and prosecutors.
    """
    across = one is not None and other is not None and one.case_id != other.case_id
    if across and side == Side.PERPETRATOR and not investigates(membership):
        return False
    return may_compare(one, other, side)


def may_say_same(membership: Membership | None, one: CaseAccess | None, other: CaseAccess | None, side: str) -> bool:
    """Say of two records of this side that they are one person or two: who adds to both cases and works there with that
    side or with both; of others than these two, whoever is not on his side.
    """
    if not may_know_same(membership, one, other, side):
        return False
    others = {ParticipationSide.VICTIM, ParticipationSide.NEUTRAL}
    with_them = others if side == Side.CASE else {side, ParticipationSide.NEUTRAL}
    return all(access.contribute and access.side in with_them for access in (one, other))


def may_show_as_one(membership: Membership | None, first: CasePerson, second: CasePerson) -> bool:
    """Have two records shown as one: the agency that wrote both; what another one wrote is linked, never merged."""
    return membership is not None and first.agency_id == second.agency_id == membership.agency_id


def may_undo_same(membership: Membership | None, decision: SamePerson, *, may_say: bool) -> bool:
    """Undo what was decided of two records: who may say it; records shown as one, the agency that wrote them."""
    own = membership is not None and decision.agency_id == membership.agency_id
    return may_say and (own or decision.verdict != SameVerdict.MERGED)
