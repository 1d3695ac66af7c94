"""The same release, request or end of monitoring at one moment: one of them counts, the other is told who was first."""

from datetime import timedelta

import pytest

from agencies.acting import acting_as
from agencies.enums import Role
from cases.access import get_case
from cases.enums import COORDINATE
from casework import coordination_answering, monitoring, releasing
from common.acting import SystemContext, system_context
from common.clock import now
from common.ids import uuid7
from followups.models import FollowUp, FollowUpKind
from plans.models import MonitoringAct, MonitoringPeriod, Release, ReleaseAlert
from riskassessment.models import RequestState
from sharing.models import SharingDecision, WayIn
from tests.casework.test_closing_together import refused
from tests.factories import make_member, make_report
from tests.sharing.sums import drift
from tests.sharing.test_together import at_once

from .coordination_acts import ask_from_case, make_scheme, retain
from .custody_acts import him_of, lock_up
from .test_coordination_handing import Two

pytestmark = pytest.mark.django_db(transaction=True)


def acting(by, act, **given):
    """The act as this member, in a connection of its own."""

    def run():
        with acting_as(by):
            return act(by=by, **given)

    return run


def told_who(results, *members) -> None:
    """One was refused, and reads the name of the other."""
    (second,) = refused(results)
    first = members[1 - results.index(second)]
    assert first.user.full_name in str(second)


def test_one_release_said_by_two_is_one_alert(committed_world):
    world = committed_world
    case = make_report(world.officer).case
    lock_up(world.officer, case)
    given = {"case_id": case.pk, "case_person_id": him_of(world.officer, case).pk, "kind": "happened"}
    at = now() - timedelta(minutes=5)
    first, second = at_once(
        acting(world.officer, releasing.enter_release, released_at=at, request_key=uuid7(), **given),
        acting(
            world.police_referent, releasing.enter_release, released_at=at + timedelta(minutes=2),
            request_key=uuid7(), **given,
        ),
    )  # fmt: skip
    assert first.pk == second.pk, "who comes second is given what is written"
    with system_context(SystemContext.REMINDERS):
        assert Release.objects.filter(case=case).count() == 1
        alert = ReleaseAlert.objects.get(case=case)
        owed = FollowUp.objects.filter(case=case, kind=FollowUpKind.RELEASE, settled_at=None)
        asked = list(owed.values_list("agency", flat=True))
        assert asked and len(asked) == len(set(asked)) == alert.asks.count()


def test_two_who_answer_for_the_coordination(committed_world):
    world = committed_world
    case = make_report(world.officer).case
    scheme = make_scheme(world, world.officer, world.eva)
    request = ask_from_case(world.officer, case, scheme)
    pair = (scheme.coordinator, scheme.colleague)
    results = at_once(
        acting(pair[0], coordination_answering.retain, request_id=request.pk),
        acting(pair[1], coordination_answering.redirect, request_id=request.pk, reason="Adressez-vous au refuge."),
    )
    told_who(results, *pair)
    if isinstance(results[0], Exception):
        retain(scheme.coordinator, ask_from_case(world.officer, case, scheme))
    with acting_as(scheme.coordinator):
        joined = SharingDecision.objects.live().filter(recipient=scheme.coordinator.agency, way_in=WayIn.COORDINATION)
        assert joined.count() == 1 and MonitoringPeriod.objects.filter(case=case).count() == 1

    # two who end close monitoring
    results = at_once(
        *(
            acting(each, monitoring.end_monitoring, case_id=case.pk, reason="Il est parti.", request_key=uuid7())
            for each in pair
        )
    )
    told_who(results, *pair)
    with acting_as(scheme.coordinator):
        assert MonitoringAct.objects.filter(case=case).count() == 1
        assert get_case(case.pk, scheme.coordinator)[0].monitored_since is None
    assert drift() == []


def test_two_who_answer_an_offer_of_the_coordination(committed_world):
    two = Two(committed_world)
    pair = (two.west, make_member(two.west.agency, Role.COORDINATOR, given_name="Marc", family_name="Denis"))
    offer = two.offer()
    results = at_once(
        acting(pair[0], coordination_answering.retain, request_id=offer.pk),
        acting(pair[1], coordination_answering.redirect, request_id=offer.pk, reason="Nous n'avons plus de place."),
    )
    told_who(results, *pair)
    state = next(each.state for each in results if not isinstance(each, Exception))
    holder = two.west if state == RequestState.RETAINED else two.east.coordinator
    with acting_as(holder):
        assert get_case(two.case.pk, holder)[1].has(COORDINATE)
    with system_context(SystemContext.REMINDERS):
        plans = FollowUp.objects.filter(case=two.case, kind=FollowUpKind.COORDINATED_PLAN, settled_at=None)
        assert list(plans.values_list("agency", flat=True)) == [holder.agency_id]
    assert drift() == []
