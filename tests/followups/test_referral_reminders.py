"""The answer to a referral is reminded by its urgency, and who waits for it is told that it stays away."""

from datetime import timedelta

import pytest

from agencies.acting import acting_as
from agencies.enums import Role
from cases.models import CaseExclusion
from casework.referring import assign_referral
from common.acting import SystemContext, system_context
from common.clock import now
from followups import reminding, tasks
from followups.models import FollowUp
from notifications.models import NoticeKind
from tests.factories import make_member
from tests.referrals_acts import make_case, send

from . import helpers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(committed_world):
    return committed_world


def due_now(owner, referral) -> FollowUp:
    """Let the answer be due now, with the time that was given to it."""
    owner.execute(
        "UPDATE followups_followup SET created_at = created_at - (due_at - now()), due_at = now(), remind_at = now()"
        " WHERE source_id = %s",
        [referral.pk],
    )
    owner.execute("UPDATE followups_followup SET remind_at = NULL WHERE source_id <> %s", [referral.pk])
    return of(referral)


def of(referral) -> FollowUp:
    with system_context(SystemContext.REMINDERS):
        return FollowUp.objects.get(source_id=referral.pk)


def told_of(referral, kind: str) -> set:
    path = f"/referrals/{referral.pk}/"
    return {notice.recipient_id for notice in helpers.notices() if notice.kind == kind and notice.path == path}


@pytest.mark.parametrize(("urgency", "first", "second"), [("today", 4, 8), ("within_48_hours", 24, 48)])
def test_silence_goes_up_sooner_where_the_answer_was_asked_sooner(world, owner, urgency, first, second):
    referral = send(world.officer, make_case(world.officer), world.shelter, urgency=urgency)
    manager = make_member(world.shelter.agency, Role.MANAGER)
    due = due_now(owner, referral).due_at
    assert reminding.send_due_reminders() == 1
    assert told_of(referral, NoticeKind.FOLLOW_UP_DUE) == {world.shelter.user_id}
    assert told_of(referral, NoticeKind.REFERRAL_LATE) == set(), "due is not yet late"
    assert abs(of(referral).remind_at - due - timedelta(hours=first)) < timedelta(minutes=1)
    helpers.next_step_is_due(owner)
    reminding.send_due_reminders()
    assert told_of(referral, NoticeKind.FOLLOW_UP_UNANSWERED) == {manager.user_id}
    assert told_of(referral, NoticeKind.REFERRAL_LATE) == {world.officer.user_id}
    assert abs(of(referral).remind_at - due - timedelta(hours=second)) < timedelta(minutes=1)


@pytest.mark.parametrize(("urgency", "before"), [("today", 2), ("within_a_week", 24)])
def test_the_task_reminds_before_the_answer_is_due_and_again_when_it_is(world, owner, urgency, before):
    referral = send(world.officer, make_case(world.officer), world.shelter, urgency=urgency)
    planned = of(referral)
    assert abs(planned.due_at - planned.remind_at - timedelta(hours=before)) < timedelta(minutes=1)
    tasks.send_due_reminders()
    assert told_of(referral, NoticeKind.FOLLOW_UP_SOON) == set(), "it has only just been told"
    sooner = planned.remind_at - now()
    owner.execute(
        "UPDATE followups_followup SET created_at = created_at - %s, due_at = due_at - %s, remind_at = remind_at - %s"
        " WHERE source_id = %s",
        [sooner, sooner, sooner, referral.pk],
    )
    tasks.send_due_reminders()
    tasks.send_due_reminders()
    assert told_of(referral, NoticeKind.FOLLOW_UP_SOON) == {world.shelter.user_id}
    reminded = of(referral)
    assert (reminded.step, reminded.remind_at) == (0, reminded.due_at), "once more when it is due"
    due_now(owner, referral)
    tasks.send_due_reminders()
    assert told_of(referral, NoticeKind.FOLLOW_UP_DUE) == {world.shelter.user_id}
    assert of(referral).step == 1 and told_of(referral, NoticeKind.REFERRAL_LATE) == set()


def test_who_looks_at_it_is_reminded_and_who_is_kept_out_never(world, owner):
    case = make_case(world.officer)
    friend, colleague = make_member(world.shelter.agency), make_member(world.shelter.agency)
    with system_context(SystemContext.GRANTS):
        CaseExclusion.objects.create(case=case, user=friend.user)
    referral = send(world.officer, case, world.shelter)
    with acting_as(world.shelter):
        assign_referral(by=world.shelter, referral_id=referral.pk, user_id=colleague.user_id)
    due_now(owner, referral)
    reminding.send_due_reminders()
    assert told_of(referral, NoticeKind.FOLLOW_UP_DUE) == {colleague.user_id}
    helpers.next_step_is_due(owner)
    reminding.send_due_reminders()
    assert friend.user_id not in {notice.recipient_id for notice in helpers.notices()}


def test_in_a_restricted_case_who_is_asked_is_reminded_though_not_yet_named(world, owner):
    case = make_case(world.officer)
    referral = send(world.officer, case, world.shelter)
    owner.execute("UPDATE cases_case SET restricted = true WHERE id = %s", [case.pk])
    due_now(owner, referral)
    reminding.send_due_reminders()
    assert told_of(referral, NoticeKind.FOLLOW_UP_DUE) == {world.shelter.user_id}
    helpers.next_step_is_due(owner)
    reminding.send_due_reminders()
    assert told_of(referral, NoticeKind.REFERRAL_LATE) == set(), "nobody of the sender is named"
