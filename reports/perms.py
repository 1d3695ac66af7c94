from agencies.enums import AgencyKind
from agencies.models import Membership
from agencies.perms import may_write


def may_record(membership: Membership | None) -> bool:
    """Police officers record police reports."""
    return may_write(membership) and membership.agency.kind == AgencyKind.POLICE
