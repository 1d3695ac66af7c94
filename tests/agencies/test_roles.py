"""Who may give which role: pure predicates, the table written out."""

import pytest

from agencies.enums import AgencyKind, Role
from agencies.models import Agency, Membership
from agencies.perms import may_change_member, may_give, role_fits
from common.ids import uuid7

EVERYWHERE = {Role.READER, Role.PRACTITIONER, Role.REFERENT, Role.MANAGER, Role.AGENCY_ADMINISTRATOR}
COORDINATION = {Role.COORDINATOR, Role.PLATFORM_ADMINISTRATOR, Role.DATA_PROTECTION_OFFICER}


def member(role: str, agency: Agency) -> Membership:
    return Membership(user_id=uuid7(), agency=agency, role=role)


@pytest.mark.parametrize("kind", AgencyKind.values)
def test_platform_roles_exist_in_coordination_agencies_only(kind):
    fitting = {role for role in Role if role_fits(role, Agency(kind=kind))}
    assert fitting == (EVERYWHERE | COORDINATION if kind == AgencyKind.COORDINATION else EVERYWHERE)
    assert not role_fits("emperor", Agency(kind=kind))


@pytest.mark.parametrize(
    "giver, given",
    [
        (Role.READER, set()),
        (Role.PRACTITIONER, set()),
        (Role.REFERENT, set()),
        (Role.MANAGER, EVERYWHERE - {Role.AGENCY_ADMINISTRATOR}),
        (Role.AGENCY_ADMINISTRATOR, EVERYWHERE | {Role.COORDINATOR}),
        (Role.COORDINATOR, set()),
        (Role.PLATFORM_ADMINISTRATOR, EVERYWHERE | COORDINATION),
        (Role.DATA_PROTECTION_OFFICER, set()),
    ],
)
def test_nobody_gives_a_role_above_their_own(giver, given):
    own = Agency(kind=AgencyKind.COORDINATION)
    assert {role for role in Role if may_give(member(giver, own), role, own)} == given


@pytest.mark.parametrize("giver", [Role.MANAGER, Role.AGENCY_ADMINISTRATOR])
def test_an_agency_administrator_gives_nothing_elsewhere(giver):
    own, other = Agency(kind=AgencyKind.SHELTER), Agency(kind=AgencyKind.SHELTER)
    assert may_give(member(giver, own), Role.READER, own)
    assert not any(may_give(member(giver, own), role, other) for role in Role)
    assert not any(may_give(None, role, own) for role in Role)


def test_nobody_changes_their_own_membership_in_any_agency():
    own = Agency(kind=AgencyKind.COORDINATION)
    boss = member(Role.PLATFORM_ADMINISTRATOR, own)
    hat = Membership(user_id=boss.user_id, agency=Agency(kind=AgencyKind.SHELTER), role=Role.READER)
    assert not may_change_member(boss, boss)
    assert not may_change_member(boss, hat)
    assert may_change_member(boss, member(Role.PLATFORM_ADMINISTRATOR, own))
    assert not may_change_member(member(Role.MANAGER, own), member(Role.AGENCY_ADMINISTRATOR, own))
    assert not may_change_member(None, boss)
