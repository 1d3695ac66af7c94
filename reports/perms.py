from agencies.enums import AgencyKind
from agencies.models import Membership
from agencies.perms import may_write
from cases.access import CaseAccess
from cases.enums import Category, Side
from cases.perms import note_subjects

from .models import Attachment, FileState


def may_record(membership: Membership | None) -> bool:
    """Police officers record police reports."""
    return may_write(membership) and membership.agency.kind == AgencyKind.POLICE


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
