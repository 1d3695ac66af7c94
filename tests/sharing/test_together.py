"""Two acts at the same moment, each in its own connection: nothing is lost, nothing stays open."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from agencies.acting import acting_as
from cases.access import for_case
from cases.models import CasePerson
from casework.referring import send_referral
from common.clock import now
from common.errors import RuleBroken
from common.ids import uuid7
from referrals import sending
from referrals.models import Referral
from sharing.models import Basis, WayIn
from sharing.services import decide, record_consent, withdraw_consent
from tests.factories import make_report
from tests.referrals_acts import asked

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts) -> list:
    """Run the acts in threads that start together; what each returned, or the exception it raised."""
    gate = threading.Barrier(len(acts))
    results: list = [None] * len(acts)

    def run(index, act):
        try:
            gate.wait()
            results[index] = act()
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def share(world, case, grants, **basis):
    with acting_as(world.officer):
        return decide(
            by=world.officer, case=case, recipient=world.shelter.agency, side="victim", way_in=WayIn.REFERRAL,
            grants=grants, necessity="x", **({"basis": Basis.SHARED_SECRET} | basis),
        )  # fmt: skip


def test_two_decisions_at_the_same_moment_both_count(committed_world):
    world = committed_world
    case = make_report(world.officer).case
    for number in range(4):
        end = now() + timedelta(days=number + 1)
        results = at_once(
            lambda end=end: share(world, case, ["identity:victim"], ends_at=end),
            lambda: share(world, case, ["psychosocial:victim"]),
        )
        assert not [one for one in results if isinstance(one, Exception)], results
    with acting_as(world.shelter):
        access = for_case(case, world.shelter)
        assert access.can("identity", "victim") and access.can("psychosocial", "victim")


def test_withdrawn_while_another_decision_rests_on_it(committed_world):
    world = committed_world
    case = make_report(world.officer).case
    with acting_as(world.officer):
        consent = record_consent(
            by=world.officer, subject=CasePerson.objects.get(case=case, role="victim"),
            recipients=[world.shelter.agency], categories=["identity"], purpose="x", given_how="oral", explained="x",
        )  # fmt: skip

    def withdraw():
        with acting_as(world.officer):
            return withdraw_consent(by=world.officer, access=for_case(case, world.officer), consent=consent)

    results = at_once(withdraw, lambda: share(world, case, ["identity:victim"], basis=Basis.CONSENT, consent=consent))
    assert all(not isinstance(one, Exception) or isinstance(one, RuleBroken) for one in results), results
    with acting_as(world.shelter):
        assert not for_case(case, world.shelter), "whichever came first, nothing stays open"


def test_five_clicks_are_one_referral(committed_world):
    world = committed_world
    case = make_report(world.officer).case
    with acting_as(world.officer):
        data = asked(case, world.shelter)
    key = uuid7()

    def send():
        with acting_as(world.officer):
            return send_referral(by=world.officer, case_id=case.pk, asked=data, request_key=key).pk

    results = at_once(*[send] * 5)
    assert len(set(results)) == 1, results
    with acting_as(world.officer):
        assert Referral.objects.count() == 1


def test_a_click_that_looks_before_the_first_is_kept_and_asks_after_it_is_the_same(committed_world, monkeypatch):
    """The moment between looking for what was sent and asking whether it may be."""
    world = committed_world
    case = make_report(world.officer).case
    key, look = uuid7(), sending.sent_with
    with acting_as(world.officer):
        data = asked(case, world.shelter)
        first = send_referral(by=world.officer, case_id=case.pk, asked=data, request_key=key)
        nothing_yet = iter([True])
        monkeypatch.setattr(sending, "sent_with", lambda **given: [] if next(nothing_yet, False) else look(**given))
        assert send_referral(by=world.officer, case_id=case.pk, asked=data, request_key=key).pk == first.pk
