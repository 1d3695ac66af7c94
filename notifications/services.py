"""Notices to people: written with the act, exactly once, without case content."""

from agencies.models import Membership
from common.pagination import bounded_count

from .models import Notice


def unread_count(membership: Membership) -> int:
    """How many notices this person has not read as a member of this agency, at most 100."""
    return bounded_count(
        Notice.objects.filter(recipient=membership.user_id, agency=membership.agency_id, read_at=None),
        limit=100,
    ).value
