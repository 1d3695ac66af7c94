"""What a membership allows, whatever the case. Pure predicates; a missing membership allows nothing."""

from .enums import UNIT_KINDS, VICTIM_CELLS, AgencyKind, Role
from .models import Agency, Membership, TrainingSession

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


def may_announce_trainings(membership: Membership | None) -> bool:
    """Put a training on the calendar: coordinators and the platform administrator."""
    return may_administer_platform(membership) or (membership is not None and membership.role == Role.COORDINATOR)


def may_keep_training(membership: Membership | None, session: TrainingSession) -> bool:
    """Change, cancel and conclude a session: who may announce one, in the service that announced it, or on all of the
    platform.
    """
    return may_announce_trainings(membership) and (
        may_administer_platform(membership) or membership.agency_id == session.agency_id
    )


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


def may_keep_units(membership: Membership | None, agency: Agency) -> bool:
    """Say into which sections or neighbourhoods an agency is divided, and who answers for each: who administers it."""
    return agency.kind in UNIT_KINDS and may_administer_agency(membership, agency.pk)


def may_tell_capacity(membership: Membership | None, agency_id: object) -> bool:
    """Say how many places are left in an agency: whoever writes for it, and who administers it."""
    if may_administer_agency(membership, agency_id):
        return True
    return may_write(membership) and membership.agency_id == agency_id


def may_hand_load(membership: Membership | None, agency_id: object) -> bool:
    """Give the work of a colleague of one's own agency to another: who administers it from inside."""
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


def may_hand_out(membership: Membership | None) -> bool:
    """Print the papers that are handed over: everybody who works here; nothing of a case stands on them."""
    return membership is not None


def may_keep_posters(membership: Membership | None) -> bool:
    """Say where posters of a cell that calls back hang: who writes there, and who administers it."""
    if membership is None or membership.agency.kind not in VICTIM_CELLS:
        return False
    return may_write(membership) or may_administer_agency(membership, membership.agency_id)
