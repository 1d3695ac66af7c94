"""Who fills in, concludes and countersigns. Pure predicates, asked by services and pages alike."""

from uuid import UUID

from agencies.models import Membership
from agencies.perms import may_countersign
from cases.access import CaseAccess
from cases.enums import Category, Side

from .definition import GridDefinition
from .models import Assessment, Conclusion, Countersignature


def opens_room(access: CaseAccess) -> bool:
    """Whether the assessments of a case, or at least its level, are open to the acting agency."""
    return access.can(Category.RISK, Side.CASE) or access.level


def may_start(access: CaseAccess, definition: GridDefinition, agency_kind: str, only_for: UUID | None = None) -> bool:
    """Whoever adds to the case, with a grid open to their kind of agency.

    `only_for` is the one agency entitled to the instrument (`Grid.agency_id`), None where everybody is.
    """
    return access.contribute and definition.open_to(agency_kind) and only_for in (None, access.agency_id)


def may_fill(assessment: Assessment, access: CaseAccess) -> bool:
    """A draft is filled in and signed by the agency that began it, while it takes part."""
    return assessment.signed_at is None and access.contribute and assessment.agency_id == access.agency_id


def knows_level(assessment: Assessment, access: CaseAccess) -> bool:
    """The level goes to who receives it in this case; the agency that assessed knows its own."""
    return access.level or assessment.agency_id == access.agency_id


def may_conclude(assessment: Assessment, conclusion: Conclusion | None, access: CaseAccess) -> bool:
    """The agency that assessed concludes, once, on a grid that gives a level."""
    return bool(
        assessment.signed_at
        and assessment.indicative_level
        and conclusion is None
        and access.contribute
        and assessment.agency_id == access.agency_id
    )


def awaits_countersignature(conclusion: Conclusion | None, countersignature: Countersignature | None) -> bool:
    """A level below the indicative one is not in force until somebody else has signed under it."""
    return conclusion is not None and conclusion.lowers and countersignature is None


def may_countersign_level(conclusion: Conclusion, by: Membership, access: CaseAccess) -> bool:
    """A senior of the same agency, other than the person who concluded."""
    return (
        access.contribute
        and may_countersign(by)
        and conclusion.agency_id == by.agency_id
        and conclusion.author_id != by.user_id
    )
