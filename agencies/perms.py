"""What a membership allows, whatever the case. Pure predicates; a missing membership allows nothing."""

from .enums import Role
from .models import Membership

NO_CONTENT = frozenset({Role.PLATFORM_ADMINISTRATOR, Role.DATA_PROTECTION_OFFICER})
WRITERS = frozenset({Role.PRACTITIONER, Role.REFERENT, Role.MANAGER, Role.COORDINATOR})
SENIORS = frozenset({Role.REFERENT, Role.MANAGER})


def may_see_cases(membership: Membership | None) -> bool:
    """Platform administrators and data protection officers work without case content."""
    return membership is not None and membership.role not in NO_CONTENT


def may_write(membership: Membership | None) -> bool:
    """Roles that record, assess, refer; a reader and an agency administrator only read."""
    return membership is not None and membership.role in WRITERS


def may_countersign(membership: Membership | None) -> bool:
    """Second signature under a concluded level below the indicative one."""
    return membership is not None and membership.role in SENIORS


def may_administer_platform(membership: Membership | None) -> bool:
    """Create agencies and invite anybody anywhere."""
    return membership is not None and membership.role == Role.PLATFORM_ADMINISTRATOR


def may_administer_agency(membership: Membership | None, agency_id: object) -> bool:
    """Invite people into one's own agency, or into any as platform administrator."""
    if may_administer_platform(membership):
        return True
    return (
        membership is not None
        and membership.agency_id == agency_id
        and membership.role in {Role.AGENCY_ADMINISTRATOR, Role.MANAGER}
    )
