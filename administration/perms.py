"""Who may conclude on unusual readings. Pure predicates; a missing membership allows nothing."""

from agencies.models import Membership
from agencies.perms import may_oversee

from .models import UnusualReading


def may_conclude(membership: Membership | None, reading: UnusualReading) -> bool:
    """Data-protection officers, each on every reading but their own."""
    return may_oversee(membership) and membership.user_id != reading.user_id
