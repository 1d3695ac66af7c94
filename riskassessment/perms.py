"""Who fills in, concludes and verifies. Pure predicates, asked by services and pages alike."""

from agencies.enums import AgencyKind, Role
from agencies.models import Agency, Membership
from agencies.perms import SENIORS, may_countersign
from cases.access import CaseAccess
from cases.enums import CONTRIBUTE, Category, ParticipationSide, Side

from .models import Assessment, AssessmentReview, Conclusion, Countersignature, GridVersion
from .versions import definition_of, open_to

COORDINATING = SENIORS | {Role.COORDINATOR}
"""Who verifies for a coordination."""


PLACES = (
    (Category.RISK, Side.CASE),
    (Category.PSYCHOSOCIAL, Side.VICTIM),
    (Category.PERPETRATOR_WORK, Side.PERPETRATOR),
)
"""Where the answers of a grid may stand, category and side; `GridDefinition` holds the same list."""


def opens_room(access: CaseAccess) -> bool:
    """Whether the assessments of a case are open to the acting agency: the answers of some grid, the level, or its own
    part in the case, since whoever takes part fills in grids of its own.
    """
    return access.level or access.has(CONTRIBUTE) or any(access.can(*place) for place in PLACES)


def may_start(access: CaseAccess, agency: Agency, version: GridVersion) -> bool:
    """Whoever adds to the case, with a grid open to their agency; on his side, with one about him alone: it neither
    asks her nor says, with low answers, where the case stands with a grid about her.
    """
    if access.side == ParticipationSide.PERPETRATOR and definition_of(version).side != Side.PERPETRATOR:
        return False
    return access.contribute and open_to(agency, version)


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


def awaits_review(assessment: Assessment, review: AssessmentReview | None) -> bool:
    """Whether nobody has verified yet a signed assessment that gives a level."""
    return bool(assessment.signed_at and assessment.indicative_level and review is None)


def awaits_countersignature(conclusion: Conclusion | None, countersignature: Countersignature | None) -> bool:
    """A level below the indicative one is not in force until somebody else has signed under it."""
    return conclusion is not None and conclusion.lowers and countersignature is None


def shows_conclusion(assessment: Assessment, conclusion: Conclusion | None, access: CaseAccess) -> bool:
    """A level is concluded, and both it and the words under it are open to the acting agency."""
    return conclusion is not None and knows_level(assessment, access) and access.shows(conclusion)


def wrote(assessment: Assessment, conclusion: Conclusion | None, user_id: object) -> bool:
    """Whether this person began the grid, changed its answers last, signed it or concluded its level."""
    concluded_by = conclusion.author_id if conclusion else None
    return user_id in (assessment.author_id, assessment.saved_by_id, assessment.signed_by_id, concluded_by)


def verifies(assessment: Assessment, by: Membership) -> bool:
    """Whose place it is: a senior of the service that assessed, or of a coordination."""
    if by.agency.kind == AgencyKind.COORDINATION:
        return by.role in COORDINATING
    return assessment.agency_id == by.agency_id and may_countersign(by)


def may_review(
    assessment: Assessment, conclusion: Conclusion | None, by: Membership, access: CaseAccess, *, trained: bool
) -> bool:
    """Verify an assessment whose level is concluded, and sign under it where it is lower than indicated.

    Nobody who filled it in, signed or concluded; `trained` for what the grid asks; of the coordination, who takes part
    in the case and reads both the answers and the conclusion.
    """
    return bool(
        assessment.signed_at
        and access.contribute
        and access.shows(assessment)
        and shows_conclusion(assessment, conclusion, access)
        and verifies(assessment, by)
        and not wrote(assessment, conclusion, by.user_id)
        and trained
    )
