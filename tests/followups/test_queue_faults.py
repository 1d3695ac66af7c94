"""The queue only wakes workers up: two at once, one killed in the middle, Redis emptied — each reminder seen once."""

import threading
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection

from common.clock import now
from followups import reminding
from move.celery import app
from tests.celery_processes import wait_until
from tests.factories import make_report

from . import helpers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(committed_world):
    return committed_world


@pytest.fixture
def due(world, owner):
    """A J+2 contact whose time has just come."""
    make_report(world.officer)
    helpers.make_due(owner)
    return helpers.the_follow_up()


def every_one_told_once(owner) -> None:
    """Each follow-up has gone one step, with one notice and one mail per person of the team, and one event."""
    (total,) = owner.execute("SELECT count(*) FROM followups_followup").fetchone()
    steps = owner.execute("SELECT step, count(*) FROM followups_followup GROUP BY step").fetchall()
    assert steps == [(1, total)]
    for table, per_follow_up in (
        ("notifications_notice", 2),
        ("notifications_outgoingmail", 2),
        ("cases_caseevent WHERE code = 'reminder_sent'", 1),
        ("(SELECT DISTINCT split_part(dedupe_key, ':', 2) FROM notifications_notice) told", 1),
    ):
        assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (total * per_follow_up,), table


def test_beat_entries_name_tasks_that_exist():
    app.loader.import_default_modules()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in app.tasks


def test_two_dispatchers_at_once_tell_each_follow_up_once(world, due, owner):
    helpers.plan_many(world.officer, due, 59)
    ready, sent = threading.Barrier(4), []

    def dispatch():
        try:
            ready.wait()
            sent.append(reminding.send_due_reminders(batch=7))
        finally:
            connection.close()

    dispatchers = [threading.Thread(target=dispatch) for _number in range(4)]
    for dispatcher in dispatchers:
        dispatcher.start()
    for dispatcher in dispatchers:
        dispatcher.join()
    assert sum(sent) == 60
    every_one_told_once(owner)


def test_worker_and_beat_fire_the_reminder_and_the_mail(world, due, owner, celery_processes):
    wait_until(lambda: len(helpers.notices()) == 2, what="two notices")
    wait_until(
        lambda: (
            owner.execute("SELECT count(*) FROM notifications_outgoingmail WHERE state = 'sent'").fetchone() == (2,)
        ),
        what="two mails",
    )
    time.sleep(2.5)  # two more ticks
    every_one_told_once(owner)
    log = celery_processes.log()
    assert "Traceback" not in log
    for secret in ("Fatou", "Diallo", "Yvan", "0470", "example.org", due.case.reference):
        assert secret not in log


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(world, due, owner, celery):
    helpers.plan_many(world.officer, due, 9)
    celery.beat()
    celery.worker("first")
    with owner.transaction():
        # Mails wait for this lock: the worker has claimed the rows, written events and notices, and cannot commit.
        owner.execute("LOCK TABLE notifications_outgoingmail IN SHARE MODE")
        waiting = (
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'notifications_outgoingmail'::regclass"
        )
        wait_until(lambda: owner.execute(waiting).fetchone()[0], what="a worker in the middle")
        celery.kill("first")
        assert owner.execute("SELECT count(*) FROM notifications_notice").fetchone() == (0,), "nothing was committed"
    celery.worker("second")
    wait_until(lambda: len(helpers.notices()) == 20, what="the other worker takes over")
    time.sleep(1.5)
    every_one_told_once(owner)


def test_redis_emptied_is_a_tick_lost_and_nothing_else(world, due, owner, celery):
    celery.beat()
    wait_until(lambda: celery.redis.llen("celery"), what="a message in the queue")
    celery.redis.flushdb()
    celery.worker()
    wait_until(lambda: len(helpers.notices()) == 2, what="the next tick")
    celery.redis.flushdb()  # under a running worker
    helpers.plan_many(world.officer, due, 1)
    wait_until(lambda: len(helpers.notices()) == 4, what="the tick after")
    every_one_told_once(owner)


@pytest.mark.long
def test_workers_killed_again_and_again(world, due, owner, celery):
    helpers.plan_many(world.officer, due, 1999)
    celery.beat()
    for number in range(8):
        celery.worker(f"worker{number}")
        seen = len(helpers.notices())
        wait_until(lambda seen=seen: len(helpers.notices()) > seen, what="some progress")
        celery.kill(f"worker{number}")
    celery.worker("last")
    wait_until(lambda: len(helpers.notices()) == 4000, seconds=240, what="all of them")
    every_one_told_once(owner)


@pytest.mark.long
def test_a_hundred_thousand_reminders(world, due, owner):
    """Every one once, by two dispatchers, and a table full of later ones costs nothing."""
    owner.execute(
        "INSERT INTO cases_case (id, reference, stage, level, level_provisional, classification, lead_agency_id,"
        " restricted, opened_at)"
        " SELECT gen_random_uuid(), 'MOVE-2000-' || n, 'opened', '', false, '', %s, false, now()"
        " FROM generate_series(1, 20000) n",
        [world.officer.agency_id],
    )
    owner.execute(
        "INSERT INTO cases_casegroupobjectpermission (id, group_id, permission_id, content_object_id, side)"
        " SELECT gen_random_uuid(), %s, move_permission(codename), c.id, 'victim' FROM cases_case c,"
        " unnest(ARRAY['view_case', 'contribute_case', 'view_contact_victim']) codename"
        " WHERE c.reference LIKE 'MOVE-2000-%%'",
        [world.eva.agency.group_id],
    )
    copied = (
        "INSERT INTO followups_followup (id, case_id, kind, source_id, report_reference, agency_id,"
        " planned_by_agency_id, policy_id, due_at, remind_at, step, outcome, created_at)"
        " SELECT gen_random_uuid(), c.id, 'j2_contact', gen_random_uuid(), '', %s, %s, %s, %s, %s, 0, '', now()"
        " FROM cases_case c, generate_series(1, 5) WHERE c.reference LIKE 'MOVE-2000-%%'"
    )
    ids = [world.eva.agency_id, world.officer.agency_id, due.policy_id]
    at, later = now() - timedelta(minutes=1), now() + timedelta(days=30)
    owner.execute(copied, [*ids, at, at])
    owner.execute(copied, [*ids, later, later])
    owner.execute("ANALYZE")
    sent = []

    def dispatch():
        try:
            sent.append(reminding.send_due_reminders(seconds=3000))
        finally:
            connection.close()

    dispatchers = [threading.Thread(target=dispatch) for _number in range(2)]
    for dispatcher in dispatchers:
        dispatcher.start()
    for dispatcher in dispatchers:
        dispatcher.join()
    assert sum(sent) == 100_001
    owner.execute("DELETE FROM followups_followup WHERE due_at > now()")
    every_one_told_once(owner)
    owner.execute("ANALYZE")
    started = time.monotonic()
    assert reminding.send_due_reminders() == 0
    assert time.monotonic() - started < 0.2, "an idle tick costs nothing"
