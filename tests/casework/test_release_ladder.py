"""The alert of a release is told again and again, to more people, whoever leaves, until one says who was told."""

from datetime import timedelta

import pytest
from django.core import mail

from agencies.acting import acting_as
from cases.access import get_case
from casework.restricting import exclude, restrict
from common.acting import SystemContext, system_context
from common.clock import now
from followups.models import FollowUpKind
from followups.tasks import send_due_reminders
from notifications.models import Notice, NoticeKind
from notifications.tasks import send_waiting_mail
from plans.models import DetentionAsk, ReleaseAsk
from tests.casework.custody_acts import (
    HIS,
    let_out,
    lock_up,
    notices_of_kind,
    owed_of,
    the_alert,
    told_by,
)
from tests.casework.grid_acts import bring_in
from tests.factories import make_report

pytestmark = pytest.mark.django_db(transaction=True)

HOURS = "interval '1 hour'"


@pytest.fixture
def world(committed_world):
    return committed_world


@pytest.fixture
def case(world):
    return make_report(world.officer).case


def hours_pass(owner, hours):
    """What was to be told is due earlier by so many hours: the database's own clock does not move."""
    for column in ("due_at", "remind_at"):
        owner.execute(
            f"UPDATE followups_followup SET {column} = {column} - %s * {HOURS} WHERE {column} IS NOT NULL",  # noqa: S608
            [hours],
        )


def people(kind=NoticeKind.RELEASE_ALERT):
    return [each.recipient_id for each in notices_of_kind(kind)]


def leave(owner, case, *members):
    """These agencies take no part any more."""
    groups = [each.agency.group_id for each in members]
    owner.execute(
        "DELETE FROM cases_casegroupobjectpermission WHERE content_object_id = %s AND group_id = ANY(%s)",
        [case.pk, groups],
    )


def by_agency(case, member):
    return [each for each in owed_of(case) if each.agency_id == member.agency_id]


def test_it_climbs_repeats_and_never_stops_by_itself(world, case, owner):
    let_out(world.officer, case)
    send_due_reminders()
    assert people().count(world.eva.user_id) == 1, "told with the act, not twice"
    assert world.eva_manager.user_id not in people()
    for step in range(2, 12):
        hours_pass(owner, 24)
        send_due_reminders()
        assert people().count(world.eva.user_id) == step, "who was told first is told again"
    assert people().count(world.eva_manager.user_id) >= 9 and world.police_manager.user_id in people()
    assert all(each.remind_at is not None for each in owed_of(case))
    told_by(world.eva, case, the_alert(case))
    before = len(people())
    hours_pass(owner, 48)
    send_due_reminders()
    assert len(people()) == before and owed_of(case) == []


def test_an_attempt_does_not_stop_it(world, case, owner):
    let_out(world.officer, case)
    told_by(world.eva, case, the_alert(case), "not_reached")
    send_due_reminders()
    hours_pass(owner, 3)
    before = len(people())
    send_due_reminders()
    assert len(people()) > before


def test_a_planned_release_is_told_again_some_days_ahead(world, case, owner):
    let_out(world.officer, case, kind="planned", at=now() + timedelta(days=10))
    before = people().count(world.eva.user_id)
    send_due_reminders()
    assert people().count(world.eva.user_id) == before
    hours_pass(owner, 24 * 7 + 1)
    send_due_reminders()
    assert people().count(world.eva.user_id) == before + 1


def test_who_comes_in_later_is_asked_with_the_next_reminder(world, case, owner):
    let_out(world.officer, case)
    bring_in(world.officer, case, world.other_officer, ["contact:victim"], side="neutral")
    assert by_agency(case, world.other_officer) == []
    send_due_reminders()
    assert by_agency(case, world.other_officer) and world.other_officer.user_id in people()


def test_where_one_service_has_left_the_others_are_asked_all_the_same(world, case, owner):
    let_out(world.officer, case)
    leave(owner, case, world.eva)
    hours_pass(owner, 2)
    send_due_reminders()
    assert by_agency(case, world.eva) == [] and by_agency(case, world.officer)
    assert people().count(world.eva.user_id) == 1, "nothing once it has left"


def test_where_all_who_were_asked_have_left_another_that_reaches_her_is_asked(world, case, owner):
    bring_in(world.officer, case, world.shelter, ["contact:victim", "identity:victim"])
    let_out(world.officer, case)
    assert by_agency(case, world.shelter) == []
    leave(owner, case, world.eva, world.officer)
    hours_pass(owner, 2)
    send_due_reminders()
    assert by_agency(case, world.shelter) and world.shelter.user_id in people()


def test_where_nobody_is_left_who_answers_for_the_case_and_the_platform_are_told(world, case, owner):
    let_out(world.officer, case)
    owner.execute("DELETE FROM cases_casegroupobjectpermission WHERE content_object_id = %s", [case.pk])
    hours_pass(owner, 2)
    send_due_reminders()
    assert world.police_manager.user_id in people() and world.platform_admin.user_id in people()
    assert owed_of(case), "it goes on"
    told = len(people())
    hours_pass(owner, 24)
    send_due_reminders()
    assert len(people()) > told
    with system_context(SystemContext.NOTICES):
        alone = Notice.objects.filter(recipient=world.platform_admin.user_id, kind=NoticeKind.RELEASE_ALERT)
        assert all(each.case_id is None and str(case.pk) not in each.path for each in alone)


def test_a_closed_case_is_told_too(world, case, owner):
    let_out(world.officer, case)
    owner.execute("UPDATE cases_case SET closed_at = now(), stage = 'closed' WHERE id = %s", [case.pk])
    hours_pass(owner, 2)
    before = len(people())
    send_due_reminders()
    assert len(people()) > before
    told_by(world.eva, case, the_alert(case))
    assert owed_of(case) == []


def test_in_a_restricted_case_who_is_named_is_told_and_nobody_else(world, case, owner):
    with acting_as(world.police_referent):
        found, access = get_case(case.pk, world.police_referent)
        restrict(by=world.police_referent, case=found, access=access, named=[world.officer.user_id], reason="x")
    let_out(world.officer, case)
    for _step in range(4):
        hours_pass(owner, 24)
        send_due_reminders()
    told = set(people())
    assert world.officer.user_id in told and world.police_manager.user_id not in told


def test_somebody_excluded_is_never_told(world, case, owner):
    her_colleague = world.police_referent.user_id
    with acting_as(world.police_manager):
        found, access = get_case(case.pk, world.police_manager)
        exclude(by=world.police_manager, case=found, access=access, user_id=her_colleague, reason="x", sure=True)
    let_out(world.officer, case)
    for _step in range(3):
        hours_pass(owner, 24)
        send_due_reminders()
    assert her_colleague not in people() and world.officer.user_id in people()


def test_his_side_is_never_told_whatever_the_silence(world, case, owner):
    bring_in(world.officer, case, world.programme, HIS, side="perpetrator")
    let_out(world.programme, case)
    for _step in range(5):
        hours_pass(owner, 24)
        send_due_reminders()
    with system_context(SystemContext.NOTICES):
        kinds = set(Notice.objects.filter(recipient=world.programme.user_id).values_list("kind", flat=True))
    assert not kinds & {NoticeKind.RELEASE_ALERT, NoticeKind.RELEASE_TOLD}
    with system_context(SystemContext.REMINDERS):
        assert not ReleaseAsk.objects.filter(agency=world.programme.agency).exists()


def test_the_mail_that_goes_out_is_neutral(world, case):
    let_out(world.officer, case)
    send_waiting_mail()
    assert mail.outbox
    for message in mail.outbox:
        text = f"{message.subject} {message.body}".lower()
        for word in ("libér", "release", "détention", "prison", "victime", case.reference.lower()):
            assert word not in text


def test_still_detained_goes_to_another_service_when_the_one_asked_has_left(world, case, owner):
    bring_in(world.officer, case, world.prosecutor, ["judicial:case", "identity:perpetrator"], side="neutral")
    detention = lock_up(world.prosecutor, case)
    (owed,) = owed_of(case, FollowUpKind.DETENTION)
    assert owed.agency_id == world.prosecutor.agency_id
    leave(owner, case, world.prosecutor)
    hours_pass(owner, 24 * 15)
    send_due_reminders()
    (owed,) = owed_of(case, FollowUpKind.DETENTION)
    assert owed.agency_id == world.officer.agency_id
    with acting_as(world.officer):
        assert DetentionAsk.objects.filter(detention=detention.pk, agency=world.officer.agency).exists()
