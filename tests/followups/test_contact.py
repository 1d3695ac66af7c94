"""The J+2 contact as it is done: taken on once, written down once, settled or tried again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import ProgrammingError, connection
from django.http import Http404

from agencies.acting import acting_as
from cases.models import CasePerson, Note
from common.acting import SystemContext, system_context
from common.clock import BRUSSELS, now
from common.errors import Refused, RuleBroken
from followups import calling, planning, reminding, settling
from followups.models import ContactAttempt, FollowUp, FollowUpPolicy
from sharing.models import SharingDecision, WayIn
from sharing.services import revoke
from tests.factories import make_member, make_report

from . import helpers

pytestmark = pytest.mark.django_db


@pytest.fixture
def follow_up(world):
    make_report(world.officer)
    return helpers.the_follow_up()


def attempt(by, follow_up, *, key=None, outcome="reached", **given):
    with acting_as(by):
        return calling.record_attempt(
            by=by, follow_up_id=follow_up.pk, request_key=key or uuid4(), outcome=outcome, **given
        )


def test_reached_settles_it(world, follow_up):
    made = attempt(world.eva, follow_up, frame_explained=True, housing_checked=True, note="Elle dort chez sa sœur.")
    after = helpers.the_follow_up()
    assert after.settled_at and after.settled_by_id == world.eva.user_id and after.outcome == "reached"
    assert after.remind_at is None and after.assigned_to_id == world.eva.user_id
    assert made.talked_about == ["cadre expliqué", "logement vérifié"]
    (event,) = helpers.events(world.officer, "j2_done")
    assert event.payload == {"follow_up": str(follow_up.pk), "attempt": str(made.pk), "outcome": "reached"}
    assert event.next_agency is None


def test_declined_ends_it(world, follow_up):
    attempt(world.eva, follow_up, outcome="declined")
    assert helpers.the_follow_up().outcome == "declined"
    assert len(helpers.events(world.eva, "j2_stopped")) == 1


def test_an_attempt_in_vain_is_tried_again(world, follow_up):
    next_at = now() + timedelta(hours=5)
    attempt(world.eva, follow_up, outcome="no_answer", next_at=next_at)
    after = helpers.the_follow_up()
    assert after.settled_at is None and after.remind_at == next_at and after.due_at == follow_up.due_at
    (event,) = helpers.events(world.officer, "j2_attempt")
    assert event.next_agency_id == world.eva.agency_id and event.next_due_at == next_at


@pytest.mark.django_db(transaction=True)
def test_after_an_attempt_the_person_is_reminded_first_and_silence_escalates_again(committed_world, owner):
    world = committed_world
    make_report(world.officer)
    follow_up = helpers.the_follow_up()
    helpers.make_due(owner, hours=30)
    reminding.send_due_reminders()
    attempt(world.eva_referent, follow_up, outcome="call_back", next_at=now() + timedelta(hours=1))
    before = len(helpers.notices())
    helpers.next_step_is_due(owner)
    assert reminding.send_due_reminders() == 1
    (fresh,) = helpers.notices()[before:]
    assert fresh.recipient_id == world.eva_referent.user_id and fresh.kind == "follow_up_due"
    helpers.next_step_is_due(owner)
    assert reminding.send_due_reminders() == 1
    assert helpers.notices()[-1].kind == "follow_up_unanswered"


@pytest.mark.parametrize(
    ("outcome", "hours", "field"),
    [
        ("", None, "outcome"),
        ("asleep", None, "outcome"),
        ("no_answer", None, "next_at"),
        ("no_answer", -1, "next_at"),
        ("no_answer", 24 * 7 + 1, "next_at"),
        ("reached", 5, "next_at"),
        ("declined", 5, "next_at"),
    ],
)
def test_what_does_not_hold_together_is_refused_by_field(world, follow_up, outcome, hours, field):
    next_at = now() + timedelta(hours=hours) if hours is not None else None
    with pytest.raises(RuleBroken) as broken:
        attempt(world.eva, follow_up, outcome=outcome, next_at=next_at)
    assert list(broken.value.errors) == [field]
    with acting_as(world.eva):
        assert not ContactAttempt.objects.exists()
    assert helpers.the_follow_up().assigned_to_id is None


def test_sent_twice_is_one_attempt(world, follow_up):
    key = uuid4()
    first = attempt(world.eva, follow_up, key=key)
    assert attempt(world.eva, follow_up, key=key) == first
    with acting_as(world.eva):
        assert ContactAttempt.objects.count() == 1
    assert len(helpers.events(world.eva, "j2_done")) == 1


def test_a_settled_contact_takes_no_other_attempt(world, follow_up):
    attempt(world.eva, follow_up)
    with pytest.raises(RuleBroken):
        attempt(world.eva_referent, follow_up)


@pytest.mark.django_db(transaction=True)
def test_five_at_once_are_one_attempt(committed_world):
    world = committed_world
    make_report(world.officer)
    follow_up, key = helpers.the_follow_up(), uuid4()

    def send(_number):
        try:
            return attempt(world.eva, follow_up, key=key).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        assert len(set(pool.map(send, range(5)))) == 1
    assert len(helpers.events(world.eva, "j2_done")) == 1


def test_taken_on_once(world, follow_up):
    with acting_as(world.eva):
        calling.claim(by=world.eva, follow_up_id=follow_up.pk, held_by=None)
        calling.claim(by=world.eva, follow_up_id=follow_up.pk, held_by=None)
    with acting_as(world.eva_referent):
        with pytest.raises(RuleBroken):
            calling.claim(by=world.eva_referent, follow_up_id=follow_up.pk, held_by=None)
        calling.claim(by=world.eva_referent, follow_up_id=follow_up.pk, held_by=world.eva.user_id)
    assert helpers.the_follow_up().assigned_to_id == world.eva_referent.user_id


def test_nobody_takes_on_what_is_settled(world, follow_up):
    attempt(world.eva, follow_up)
    with acting_as(world.eva_referent), pytest.raises(RuleBroken):
        calling.claim(by=world.eva_referent, follow_up_id=follow_up.pk, held_by=world.eva.user_id)


def test_only_writing_members_of_the_agency_that_owes_it_act(world, follow_up):
    reader = make_member(world.eva.agency, "reader")
    for member, error in (
        (reader, Refused),
        (world.officer, Refused),
        (world.police_manager, Refused),
        (world.stranger, Http404),
        (world.other_officer, Http404),
        (world.programme, Http404),
        (world.platform_admin, Http404),
    ):
        with pytest.raises(error):
            attempt(member, follow_up)
        with acting_as(member), pytest.raises(error):
            calling.claim(by=member, follow_up_id=follow_up.pk, held_by=None)
    assert helpers.the_follow_up().settled_at is None


def test_consent_withdrawn_ends_the_contact_at_once(world, follow_up):
    with acting_as(world.officer):
        revoke(by=world.officer, decision=SharingDecision.objects.get(way_in=WayIn.J2_CONTACT), reason="withdrawn")
    with pytest.raises(Http404):
        attempt(world.eva, follow_up)
    with acting_as(world.eva):
        assert not FollowUp.objects.visible_to(world.eva).exists()


def test_attempts_are_never_edited(world, follow_up):
    made = attempt(world.eva, follow_up)
    with acting_as(world.eva), pytest.raises(ProgrammingError, match="permission denied"):
        ContactAttempt.objects.filter(pk=made.pk).update(outcome="declined")


def test_answering_settles_without_access_to_the_case(world, follow_up):
    with acting_as(world.stranger):
        assert settling.settle(by=world.stranger, kind="j2_contact", source_id=follow_up.source_id, outcome="withdrawn")
        assert not settling.settle(
            by=world.stranger, kind="j2_contact", source_id=follow_up.source_id, outcome="withdrawn"
        )
    assert helpers.the_follow_up().settled_by_id == world.stranger.user_id


def test_what_she_said_is_closed_to_who_asked_for_the_call(world, follow_up):
    attempt(world.eva, follow_up, note="Elle dort chez sa sœur.")
    with acting_as(world.eva):
        assert ContactAttempt.objects.get().note.statements == "Elle dort chez sa sœur."
    with acting_as(world.officer):
        assert ContactAttempt.objects.count() == 1, "the police see that the call was made"
        assert not Note.objects.exists(), "and the second lock keeps her words closed"


def test_a_policy_of_working_days_passes_over_a_weekend_and_a_legal_holiday(world):
    with system_context(SystemContext.REFERENCE):
        FollowUpPolicy.objects.create(
            kind="j2_contact", version=2, days=2, counting="working", escalate_after_hours=[24, 48], provenance={}
        )
    report = make_report(world.officer)
    with acting_as(world.officer):
        planned = planning.plan_j2(
            by=world.officer,
            case=report.case,
            about=CasePerson.objects.get(case=report.case_id, role="victim"),
            agency=world.eva.agency,
            report_id=uuid4(),
            met_at=datetime(2026, 5, 13, 12, tzinfo=UTC),  # the Wednesday before Ascension
            reference="",
        )
    due = planned.due_at
    assert due.astimezone(BRUSSELS).date().isoformat() == "2026-05-18"
