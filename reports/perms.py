from agencies.enums import JUDICIAL_KINDS, AgencyKind, AgencySide
from agencies.models import Membership
from agencies.perms import may_write
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, Side
from cases.perms import investigates, note_subjects

from .models import SITUATION, Attachment, FileState, Report, ReportKind, Situation, Tracking


def may_record(membership: Membership | None) -> bool:
    """Police officers record police reports."""
    return may_write(membership) and membership.agency.kind == AgencyKind.POLICE


def may_open_situation(membership: Membership | None) -> bool:
    """Write down what a service noticed or heard, before any report: who writes in a service with cases that is neither
    police nor justice. The police have their own reports.
    """
    return may_write(membership) and membership.agency.kind not in JUDICIAL_KINDS


def works_with_him(membership: Membership, access: CaseAccess | None = None) -> bool:
    """Whether the acting service is on the side of the presumed perpetrator: in this case, or, before there is one, by
    what it is. Nothing of how to reach her is asked of it.
    """
    if access:
        return access.side == ParticipationSide.PERPETRATOR
    return membership.agency.side == AgencySide.PERPETRATOR


def may_begin_draft(membership: Membership | None, kind: str) -> bool:
    """Begin typing a report of this kind, or a situation."""
    return may_open_situation(membership) if kind == SITUATION else may_record(membership)


def may_continue(membership: Membership | None, access: CaseAccess, report: Report) -> bool:
    """Turn a family dispute into a complaint: police of the zone that recorded it, who add to the case."""
    dispute = report.kind == ReportKind.POLICE_DISPUTE_REPORT and report.agency_id == access.agency_id
    return dispute and access.takes_part and may_record(membership)


def may_print_declaration(membership: Membership | None, access: CaseAccess, report: Report) -> bool:
    """Print the declaration of an injured party of a complaint: who writes for the zone that recorded it."""
    own = report.kind == ReportKind.POLICE_COMPLAINT and report.agency_id == access.agency_id
    return own and access.takes_part and may_record(membership)


def is_classified(report: Report) -> bool:
    """Whether a report is one that says VIF and VC, to be verified: a complaint."""
    return report.kind == ReportKind.POLICE_COMPLAINT


def may_verify(membership: Membership | None, access: CaseAccess, report: Report) -> bool:
    """Whether the page that verifies a classification is offered: in the zone that recorded it, to who adds to the case
    and is not its author. Who has not followed the training is told there.
    """
    own = is_classified(report) and report.agency_id == access.agency_id
    return own and access.contribute and membership is not None and report.author_id != membership.user_id


def reads_her_part(access: CaseAccess, report: Report) -> bool:
    """Whether what is of her alone may be read in a report: her rights, her declaration, who accompanies her to the
    hearing, and what HERS names. Never on his side, which would learn which service follows her.
    """
    return access.shows(report) and access.side != ParticipationSide.PERPETRATOR


def reads_of_her(access: CaseAccess, situation: Situation) -> bool:
    """Whether what it did to the children, whether she was alone and how to reach her may be read in a situation: on
    his side in one's own alone.
    """
    own = situation.agency_id == access.agency_id
    return own or situation.side == Side.PERPETRATOR or access.side != ParticipationSide.PERPETRATOR


HERS = frozenset({"children_impact", "orientation", "j2_accepted"})
"""Fields of any report that his side does not read: what it did to a child, where she was sent, that she is called."""


def file_subjects(access: CaseAccess) -> list[tuple[Category, Side]]:
    """The category × side pairs this agency may put a file under: those of its notes."""
    return note_subjects(access)


def may_add_file(access: CaseAccess, category: str, side: str) -> bool:
    """Whether the acting member may put a file in the case under this category and side."""
    return (category, side) in file_subjects(access)


def may_open_file(access: CaseAccess, file: Attachment) -> bool:
    """Whether the content may be read: one may know of the file, it was found clean, and it is still there."""
    return access.shows(file) and file.state == FileState.CLEAN and not is_removed(file)


def may_remove_file(access: CaseAccess, file: Attachment) -> bool:
    """Whether the acting member may take the file back: his agency put it there and still works on the case."""
    gone = file.state == FileState.REFUSED or is_removed(file)
    return access.contribute and file.agency_id == access.agency_id and not gone


def is_removed(file: Attachment) -> bool:
    """Whether the agency took it back."""
    return getattr(file, "removal", None) is not None


# --- the line to the prosecutor -------------------------------------------------------------------------------
def follows_board(membership: Membership | None) -> bool:
    """Whether the board between prosecutor and police exists for this member: of one of the two, seeing cases."""
    return investigates(membership)


def may_follow_up(membership: Membership | None, tracking: Tracking) -> bool:
    """Read, give to a section, order and decide: who writes for the office that received it."""
    return may_write(membership) and tracking.prosecutor_id == membership.agency_id


def may_note_heard(membership: Membership | None, tracking: Tracking) -> bool:
    """Say that a hearing was held: who writes for the police that sent it."""
    return may_write(membership) and tracking.police_id is not None and tracking.police_id == membership.agency_id
