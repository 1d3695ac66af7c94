"""Who writes and publishes grids. Pure predicates, asked by services and pages alike."""

from uuid import UUID

from agencies.models import Membership
from agencies.perms import may_administer_agency, may_administer_platform

from .models import GridDraft


def may_open(membership: Membership | None) -> bool:
    """Administrators of the platform; administrators and managers of an agency, for its own instruments."""
    return membership is not None and may_administer_agency(membership, membership.agency_id)


def may_write_for(membership: Membership | None, agency_id: UUID | None) -> bool:
    """Write a grid of this agency alone; for everybody (None) the platform administrators do."""
    return may_administer_platform(membership) or (
        agency_id is not None and may_administer_agency(membership, agency_id)
    )


def is_second_pair_of_eyes(membership: Membership, draft: GridDraft) -> bool:
    """Neither who proposed the draft nor who saved it last."""
    return membership.user_id not in (draft.proposed_by_id, draft.saved_by_id)
