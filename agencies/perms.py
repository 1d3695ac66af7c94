"""What a membership allows, whatever the case. Pure predicates; a missing membership allows nothing."""

from .enums import AgencyKind, Role
from .models import Agency, Membership

NO_CONTENT = frozenset({Role.PLATFORM_ADMINISTRATOR, Role.DATA_PROTECTION_OFFICER})
WRITERS = frozenset({Role.PRACTITIONER, Role.REFERENT, Role.MANAGER, Role.COORDINATOR})
SENIORS = frozenset({Role.REFERENT, Role.MANAGER})
COORDINATION_ONLY = frozenset({Role.COORDINATOR, Role.PLATFORM_ADMINISTRATOR, Role.DATA_PROTECTION_OFFICER})
GIVES = {
    Role.MANAGER: frozenset({Role.READER, Role.PRACTITIONER, Role.REFERENT, Role.MANAGER}),
    Role.AGENCY_ADMINISTRATOR: frozenset(
        {
            Role.READER,
            Role.PRACTITIONER,
            Role.REFERENT,
            Role.MANAGER,
            Role.AGENCY_ADMINISTRATOR,
            Role.COORDINATOR,
        }
    ),
    Role.PLATFORM_ADMINISTRATOR: frozenset(Role),
}
"""Which roles each role may give and end, in the agencies it administers; none above itself."""


def may_see_cases(membership: Membership | None) -> bool:
    """Platform administrators and data protection officers work without case content."""
    return membership is not None and membership.role not in NO_CONTENT


def may_write(membership: Membership | None) -> bool:
    """Roles that record, assess, refer; a reader and an agency administrator only read."""
    return membership is not None and membership.role in WRITERS


def may_countersign(membership: Membership | None) -> bool:
    """Second signature under a concluded level below the indicative one."""
    return membership is not None and membership.role in SENIORS


def may_take_out_assessments(membership: Membership | None) -> bool:
    """Export, coded, what one's own agency has assessed and signed."""
    return membership is not None and membership.role in SENIORS


def may_administer_platform(membership: Membership | None) -> bool:
    """Create agencies and invite anybody anywhere."""
    return membership is not None and membership.role == Role.PLATFORM_ADMINISTRATOR


def may_read_partnerships(membership: Membership | None) -> bool:
    """Read the acts partnerships rest on and who takes part; only the platform administrator changes them."""
    return may_administer_platform(membership) or (membership is not None and membership.role == Role.COORDINATOR)


def may_oversee(membership: Membership | None) -> bool:
    """Follow emergency accesses and safety incidents of every agency, without case content."""
    return membership is not None and membership.role == Role.DATA_PROTECTION_OFFICER


def may_read_access_list(membership: Membership | None) -> bool:
    """Read and print which functions may reach which categories of data, for the authority. No person is named."""
    return may_administer_platform(membership) or may_oversee(membership)


def may_read_proof(membership: Membership | None) -> bool:
    """Read whether both trails of the audit were altered, and ask for a check. Nothing of a case is told."""
    return may_administer_platform(membership) or may_oversee(membership)


def may_administer_agency(membership: Membership | None, agency_id: object) -> bool:
    """Invite people into one's own agency, or into any as platform administrator."""
    if may_administer_platform(membership):
        return True
    return (
        membership is not None
        and membership.agency_id == agency_id
        and membership.role in {Role.AGENCY_ADMINISTRATOR, Role.MANAGER}
    )


def role_fits(role: str, agency: Agency) -> bool:
    """Coordinators, platform administrators and data protection officers exist in coordination agencies only."""
    return role in Role.values and (role not in COORDINATION_ONLY or agency.kind == AgencyKind.COORDINATION)


def may_give(membership: Membership | None, role: str, agency: Agency) -> bool:
    """Invite somebody with this role into this agency, or end it: one's own agency, never a role above one's own."""
    return (
        may_administer_agency(membership, agency.pk)
        and role_fits(role, agency)
        and role in GIVES.get(membership.role, frozenset())
    )


def may_change_member(membership: Membership | None, member: Membership) -> bool:
    """End a membership or change its role. Nobody touches their own, in whatever agency."""
    return (
        membership is not None
        and membership.user_id != member.user_id
        and may_administer_agency(membership, member.agency_id)
        and member.role in GIVES.get(membership.role, frozenset())
    )
