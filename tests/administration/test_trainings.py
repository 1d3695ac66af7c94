"""Trainings: written down and taken back by who answers for the service, and listed by course."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.acting import acting_as
from agencies.models import TrainingCourse, TrainingRecord
from agencies.training import is_trained
from common.clock import local, now
from tests.factories import make_member

pytestmark = pytest.mark.django_db


def as_(membership) -> Client:
    client = Client()
    client.force_login(membership.user)
    return client


def today():
    return local(now()).date()


def typed(**changes) -> dict:
    course = TrainingCourse.objects.get(code="partner-violence")
    sent = {"course": course.pk, "followed_on": today() - timedelta(days=30), "evidence": "Certificat 12", **changes}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in sent.items()}


def add(by, member, **changes):
    return as_(by).post(reverse("administration:training_add", args=[member.pk]), typed(**changes))


def page(by, member) -> str:
    return as_(by).get(reverse("administration:member", args=[member.pk])).content.decode()


# --- on somebody's page ---------------------------------------------------------------------------------------
def test_a_training_is_written_down_once_and_counts(world):
    for _click in range(2):
        assert add(world.police_manager, world.officer, valid_until=today() + timedelta(days=300)).status_code == 302
    record = TrainingRecord.objects.get()
    assert (record.user, record.agency, record.recorded_by) == (
        world.officer.user,
        world.officer.agency,
        world.police_manager.user,
    )
    assert is_trained(world.officer.user, "partner-violence")
    shown = page(world.police_manager, world.officer)
    assert "Certificat 12" in shown and "Formation aux violences entre partenaires" in shown


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"course": ""}, "course"),
        ({"course": "00000000-0000-7000-8000-000000000000"}, "course"),
        ({"followed_on": ""}, "followed_on"),
        ({"followed_on": "demain"}, "followed_on"),
        ({"followed_on": "2999-01-01"}, "followed_on"),
        ({"valid_until": "1999-01-01"}, "valid_until"),
        ({"evidence": " "}, "evidence"),
        ({"evidence": "x" * 201}, "evidence"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(world, changes, field):
    sent = add(world.police_manager, world.officer, **changes)
    shown = sent.content.decode()
    assert sent.status_code == 422 and f'href="#id_{field}"' in shown
    assert field == "evidence" or "Certificat 12" in shown
    assert not TrainingRecord.objects.exists()


def test_taking_back_asks_a_reason_and_what_was_written_stays(world):
    add(world.police_manager, world.officer)
    record = TrainingRecord.objects.get()
    address = reverse("administration:training_withdraw", args=[record.pk])
    client = as_(world.police_manager)
    assert client.post(address, {"reason": " "}).status_code == 302
    assert is_trained(world.officer.user, "partner-violence"), "no reason, nothing taken back"
    done = client.post(address, {"reason": "Autre personne du même nom."})
    assert done["Location"] == reverse("administration:member", args=[world.officer.pk])
    assert not is_trained(world.officer.user, "partner-violence")
    shown = page(world.police_manager, world.officer)
    assert "Autre personne du même nom." in shown and "Certificat 12" in shown and address not in shown


def test_nobody_writes_down_their_own(world):
    shown = page(world.police_manager, world.police_manager)
    assert reverse("administration:training_add", args=[world.police_manager.pk]) not in shown
    assert add(world.police_manager, world.police_manager).status_code == 403
    assert not TrainingRecord.objects.exists()


def test_each_service_writes_for_its_own_people(world):
    assert add(world.police_manager, world.shelter).status_code == 404
    assert add(world.officer, world.police_referent).status_code == 403
    assert add(world.platform_admin, world.shelter).status_code == 302
    record = TrainingRecord.objects.get()
    withdraw = reverse("administration:training_withdraw", args=[record.pk])
    assert as_(world.police_manager).post(withdraw, {"reason": "x"}).status_code == 404
    assert as_(world.agency_admin).post(withdraw, {"reason": "x"}).status_code == 302
    assert not is_trained(world.shelter.user, "partner-violence")


# --- by course ------------------------------------------------------------------------------------------------
def test_who_holds_what_and_whose_runs_out_soon(world):
    add(world.police_manager, world.officer, valid_until=today() + timedelta(days=59))
    add(world.police_manager, world.police_referent, valid_until=today() + timedelta(days=61))
    add(world.police_manager, world.reader, valid_until=today() - timedelta(days=1))
    shown = as_(world.police_manager).get(reverse("administration:trainings")).content.decode()
    soon = shown.split('id="soon"')[1].split("</section>")[0]
    assert world.officer.user.full_name in soon and soon.count("<li>") == 1
    course = shown.split('id="course-partner-violence"')[1].split("</section>")[0]
    assert course.count("<tr>") == 3, "the head and the two who hold it today"
    assert reverse("administration:member", args=[world.reader.pk]) not in course


def test_the_record_that_lasts_longest_is_shown(world):
    add(world.police_manager, world.officer, followed_on=today() - timedelta(days=20))
    add(world.police_manager, world.officer, valid_until=today() + timedelta(days=10))
    shown = as_(world.police_manager).get(reverse("administration:trainings")).content.decode()
    assert 'id="soon"' not in shown


def test_the_platform_administrator_chooses_the_service(world):
    add(world.police_manager, world.officer)
    address = reverse("administration:trainings")
    client = as_(world.platform_admin)
    assert world.officer.user.full_name not in client.get(address).content.decode()
    shown = client.get(address, {"agency": world.officer.agency_id}).content.decode()
    assert world.officer.user.full_name in shown
    assert client.get(address, {"agency": "x"}).status_code == 404
    assert as_(world.police_manager).get(address, {"agency": world.shelter.agency_id}).status_code == 404


def test_the_list_costs_the_same_for_few_and_many(world):
    client, address = as_(world.police_manager), reverse("administration:trainings")

    def counted() -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            client.get(address)
        return len(found)

    add(world.police_manager, world.officer)
    few = counted()
    for _number in range(4):
        add(world.police_manager, make_member(world.officer.agency))
    with acting_as(world.police_manager):
        assert TrainingRecord.objects.count() == 5
    assert counted() == few
