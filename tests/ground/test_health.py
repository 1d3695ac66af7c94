"""Health: alive without anything, ready only with everything, and never a page lost because Redis is."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from celery import Celery
from django.core.cache import cache
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.urls import reverse

from audit import sealing
from move import views
from tests.factories import PASSWORD

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def without_redis(settings, monkeypatch):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": NOWHERE}}
    monkeypatch.setattr("move.views.app", Celery("elsewhere", broker=NOWHERE))


@pytest.fixture
def without_database(monkeypatch):
    """The port of a server that is not there."""
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    yield
    connection.close()


def test_alive_without_a_database(client):
    """No database mark: any query fails this test."""
    answer = client.get("/health/live")
    assert answer.status_code == 200 and answer.json() == {"status": "ok"}


@pytest.mark.django_db(transaction=True)
def test_ready(client):
    sealing.seal()  # what was written before all tests waits for its seal, however long they took
    answer = client.get("/health/ready")
    assert answer.status_code == 200, answer.json()
    assert answer.json() == {"status": "ok", "failed": []}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("without_redis")
def test_not_ready_without_redis(client):
    sealing.seal()
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {"status": "failed", "failed": ["redis", "broker"]}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("without_database")
def test_not_ready_without_a_database(client):
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["failed"] == ["database", "migrations"]
    assert client.get("/health/live").status_code == 200
    page = client.get(reverse("account_login"))
    assert page.status_code in (200, 503)


@pytest.mark.django_db(transaction=True)
def test_not_ready_with_a_migration_missing(client, owner):
    owner.execute(
        "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations WHERE app = 'cases')"
    )
    answer = client.get("/health/ready")
    assert answer.status_code == 503 and answer.json()["failed"] == ["migrations"]
    assert MigrationRecorder(connection).applied_migrations()


@pytest.mark.django_db(transaction=True)
def test_health_needs_no_login_and_takes_no_post(client):
    for address in ("/health/live", "/health/ready"):
        assert client.post(address).status_code == 405


@pytest.mark.django_db
@pytest.mark.usefixtures("without_redis")
def test_people_come_in_and_work_without_redis(world, client, settings):
    """Throttling on, Redis gone: the login page answers, a wrong password is refused, a right one opens."""
    settings.ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/300s/key"}
    address = reverse("account_login")
    client.post(address, {"login": world.officer.user.email, "password": "wrong"})
    assert "_auth_user_id" not in client.session
    answer = client.post(address, {"login": world.officer.user.email, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/").status_code == 200
    assert cache.get("x", "nothing") == "nothing"


def test_probes_at_once_do_not_take_each_others_message():
    with ThreadPoolExecutor(max_workers=8) as probes:
        assert all(probes.map(lambda _number: views._broker(), range(8)))
