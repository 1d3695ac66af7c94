"""Two answers to a referral at the same moment: one of them counts, and what follows happens once."""

from datetime import timedelta

import pytest

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from cases.models import CaseEvent
from casework.referring import accept_referral, decline_referral, withdraw_referral
from casework.rounds import expire_referrals
from common.clock import now
from common.errors import RuleBroken
from followups.models import FollowUp
from referrals.models import Referral
from sharing.models import SharingDecision, WayIn
from tests.factories import make_agency, make_member
from tests.referrals_acts import make_case, send
from tests.sharing.test_together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def doing(by, act, referral, **given):
    """The act as this member, in a connection of its own."""

    def run():
        with acting_as(by):
            return act(by=by, referral_id=referral.pk, **given).state

    return run


def states(world, case) -> list[str]:
    with acting_as(world.officer):
        return sorted(Referral.objects.filter(case=case).values_list("state", flat=True))


def opened(world, case) -> int:
    with acting_as(world.officer):
        return SharingDecision.objects.filter(case=case, way_in=WayIn.REFERRAL).count()


def events(world, case, code) -> int:
    with acting_as(world.officer):
        return CaseEvent.objects.filter(case=case, code=code).count()


def no(results) -> int:
    """How many were refused, each in words."""
    assert all(isinstance(each, RuleBroken) for each in results if isinstance(each, Exception)), results
    return sum(isinstance(each, RuleBroken) for each in results)


def out_of_time(owner, referral):
    owner.execute(
        "UPDATE referrals_referral SET expires_at = %s WHERE id = %s", [now() - timedelta(minutes=1), referral.pk]
    )


def test_answers_at_the_same_moment(committed_world, owner):
    world = committed_world
    colleague = make_member(world.shelter.agency)
    saules = make_member(make_agency(AgencyKind.SHELTER, "Maison des Saules", side=AgencySide.VICTIM))
    third = make_member(make_agency(AgencyKind.SHELTER, "Maison du Houx", side=AgencySide.VICTIM))

    case = make_case(world.officer)
    referral = send(world.officer, case, world.shelter)
    results = at_once(
        doing(world.shelter, accept_referral, referral), doing(colleague, accept_referral, referral),
        doing(world.officer, withdraw_referral, referral),
    )  # fmt: skip
    assert no(results) == 2 and len(states(world, case)) == 1
    assert opened(world, case) == (states(world, case) == ["accepted"])

    case = make_case(world.officer)
    referral = send(world.officer, case, world.shelter, also=(saules.agency_id,))
    with acting_as(world.officer):
        other = Referral.objects.get(case=case, to_agency=saules.agency)
    results = at_once(doing(world.shelter, accept_referral, referral), doing(saules, accept_referral, other))
    assert no(results) == 1 and states(world, case) == ["accepted", "withdrawn"] and opened(world, case) == 1

    case = make_case(world.officer)
    also = (saules.agency_id, third.agency_id)
    referral = send(world.officer, case, world.shelter, also=also, in_order=True)
    results = at_once(
        doing(world.shelter, decline_referral, referral, reason="no_place"),
        doing(colleague, decline_referral, referral, reason="no_place"),
    )
    assert no(results) == 1 and states(world, case) == ["declined", "queued", "sent"]
    assert events(world, case, "referral_sent") == 2, "the next in line is sent once"
    with acting_as(world.officer):
        second = Referral.objects.get(case=case, to_agency=saules.agency)
    out_of_time(owner, second)
    results = at_once(expire_referrals, expire_referrals, doing(saules, accept_referral, second))
    assert no(results) == 1 and states(world, case) == ["declined", "expired", "sent"]
    assert events(world, case, "referral_sent") == 3
    with acting_as(third):
        assert FollowUp.objects.filter(case=case, agency=third.agency, settled_at=None).count() == 1
