"""When a trail cannot be written: no page of a case is shown, nothing is saved, and the health page says why."""

import json
import time

import pytest
from django.test import Client
from django.urls import reverse

from agencies.acting import acting_as
from audit import probe, sealing
from audit.models import AuditEvent
from tests.actors import as_
from tests.audit.faults import FAULTS, TABLES, impatient, locked
from tests.canaries import BY_DIGEST, bound_models, plant
from tests.factories import PASSWORD, make_report
from tests.sampling import rest_long
from tests.test_permissions import PARAMETERS, expected

pytestmark = pytest.mark.django_db(transaction=True)

GOES_ON = {
    "account_change_password", "account_inactive", "account_login", "account_logout", "account_reauthenticate",
    "account_reset_password", "account_reset_password_done", "account_reset_password_from_key",
    "account_reset_password_from_key_done", "api:schema", "choose_acting", "health_live",
    "api:grid", "api:grids",  # what grids ask, of no case
    "cases:search", "casework:road_check", "sharing:emergency", "sharing:new_incident",  # a form with nothing in it
    "notifications:list",  # codes, without case content
    "reports:hints", "reports:new",  # wordings, the same for everybody; which kind of report
    "reports:draft",  # what one's own service is still writing: of no case yet, and not to be lost
    "sharing:may_i_speak",  # open to everybody
    "agencies:handout", "agencies:handouts", "agencies:directory",  # papers and services, of no case
    "administration:protocol", "administration:protocols",  # what services agreed, of no case
    "casework:handed_load",  # who took over from whom, in numbers
    "trainings:calendar", "trainings:entry", "trainings:session",
    "followups:poster_page", "followups:poster_thanks",  # somebody asks to be called back
}  # fmt: skip
"""Pages that show nothing of a case: they need no trail."""


def count_rows(owner) -> dict[str, int]:
    tables = [model._meta.db_table for model in bound_models()] + list(TABLES)
    return {table: owner.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in tables}


@pytest.mark.parametrize("fault", rest_long(FAULTS, quick=("full",)))
def test_no_page_of_a_case_is_shown(committed_story, owner, fault):
    story = committed_story
    garden = plant(owner)
    client = as_(story.members["officer"])
    addresses = {name: story.path(name) for name in PARAMETERS}
    with FAULTS[fault](owner, "audit_auditevent"):
        answers = {name: client.get(address) for name, address in addresses.items()}
        shown = {name for name, answer in answers.items() if answer.status_code == 200}
        told = {name: garden.found_in(answer.text) for name, answer in answers.items() if not answer.streaming}
        failed = {name: answer.status_code for name, answer in answers.items() if answer.status_code == 500}
    assert shown <= GOES_ON, sorted(shown - GOES_ON)
    assert not failed
    told.pop("reports:draft")
    assert not any(told.values()), {name: words for name, words in told.items() if words}
    read = (
        {name for name in PARAMETERS if expected(name, "GET", "officer") == 200}
        - GOES_ON
        - BY_DIGEST
        - {"health_ready"}
    )
    assert len(read) > 30 and {answers[name].status_code for name in read} == {503}
    page = answers["cases:summary"]
    assert "ne peut pas être enregistrée" in page.text and "J+2" in page.text
    assert {name: client.get(addresses[name]).status_code for name in read} == dict.fromkeys(read, 200), "repaired"


@pytest.mark.parametrize("who", rest_long(["shelter", "programme", "eva", "dpo"], quick=()))
def test_nor_to_the_other_actors(committed_story, owner, who):
    story = committed_story
    garden = plant(owner)
    client = as_(story.members[who])
    with FAULTS["full"](owner, "audit_auditevent"):
        for name in PARAMETERS:
            answer = client.get(story.path(name))
            assert answer.status_code != 500, name
            if not answer.streaming:
                assert not garden.found_in(answer.text), name


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_saved(committed_world, owner, fault, table):
    world = committed_world
    case = make_report(world.officer).case
    client = as_(world.officer)
    address = reverse("cases:write_note", args=[case.pk])
    note = {"about": "facts:case", "facts": "Elle est revenue.", "statements": "", "appreciation": ""}
    before = count_rows(owner)
    with FAULTS[fault](owner, table):
        answer = client.post(address, note)
        assert answer.status_code == 503, answer.text
    assert count_rows(owner) == before
    answer = client.post(address, note)
    assert answer.status_code == 302, "repaired, and works again"
    assert count_rows(owner)["cases_note"] == before["cases_note"] + 1


@pytest.mark.parametrize("fault", FAULTS)
def test_the_door_stays_open(committed_world, owner, fault):
    with FAULTS[fault](owner, "audit_auditevent"):
        visitor = Client()
        assert visitor.get(reverse("account_login")).status_code == 200
        answer = visitor.post(reverse("account_login"), {"login": committed_world.eva.user.email, "password": PASSWORD})
        assert answer.status_code == 302 and "_auth_user_id" in visitor.session
        assert visitor.get(reverse("notifications:list")).status_code == 200
        assert Client().get(reverse("sharing:may_i_speak")).status_code == 200
        assert Client().get("/health/live").status_code == 200


def test_a_refusal_that_cannot_be_recorded_is_no_answer(committed_world, owner):
    case = make_report(committed_world.officer).case
    with FAULTS["full"](owner, "audit_auditevent"):
        answer = as_(committed_world.stranger).get(reverse("cases:summary", args=[case.pk]))
    assert answer.status_code == 503 and case.reference not in answer.text


# --- the health page ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("table", TABLES)
def test_the_health_page_says_why(committed_world, owner, client, fault, table):
    with FAULTS[fault](owner, table):
        started = time.monotonic()
        answer = client.get("/health/ready")
        assert time.monotonic() - started < 4
    assert answer.status_code == 503
    assert answer.json() == {"status": "failed", "failed": ["audit"], "why": {"audit": fault}}
    answer = client.get("/health/ready")
    assert answer.json()["failed"] == [], "repaired, and says so without a restart"


def test_a_trail_that_does_not_answer_is_locked(committed_world, owner, client):
    owner.execute(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(20); RETURN NEW; END $$"
    )
    owner.execute("CREATE TRIGGER slow BEFORE INSERT ON audit_logentry FOR EACH ROW EXECUTE FUNCTION slow()")
    started = time.monotonic()
    assert probe.trouble() == "locked"
    assert time.monotonic() - started < 3


def test_no_row_remains_of_the_try(committed_world, owner):
    before = count_rows(owner)
    assert probe.trouble() is None
    assert count_rows(owner) == before
    with acting_as(committed_world.officer):
        assert not AuditEvent.objects.filter(object_kind="audit.probe").exists()


def test_late_sealing_is_told_and_fails_nothing(committed_world, owner, client):
    make_report(committed_world.officer)
    assert "why" not in client.get("/health/ready").json()
    for table, column in (("audit_auditevent", "at"), ("audit_logentry", '"timestamp"')):
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute(
            f"UPDATE {table} SET {column} = greatest({column} - interval '11 min', date_trunc('month', now()))"
        )
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "failed": [], "why": {"audit": "late"}}
    sealing.seal()
    assert "why" not in client.get("/health/ready").json()


def test_migrations_are_read_from_the_disk_once(committed_world, client, monkeypatch):
    from move import views

    views._on_disk.cache_clear()
    assert client.get("/health/ready").status_code == 200

    def read_again(*_args):
        raise AssertionError("the migrations of the program do not change while it runs")

    monkeypatch.setattr(views, "MigrationLoader", read_again)
    assert client.get("/health/ready").status_code == 200


# --- locks ----------------------------------------------------------------------------------------------------
def test_the_application_waits_five_seconds_for_a_lock_and_the_owner_as_long_as_it_must(committed_world, owner):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("5s",)
    assert owner.execute("SHOW lock_timeout").fetchone() == ("0",)


def test_a_lock_costs_no_statement_of_its_own(committed_world, owner):
    with impatient(), locked(owner, "audit_auditevent"):
        started = time.monotonic()
        answer = as_(committed_world.officer).get(reverse("cases:list"))
        assert answer.status_code == 503 and time.monotonic() - started < 5


def test_the_api_says_it_in_json(committed_world, owner):
    case = make_report(committed_world.officer).case
    with FAULTS["full"](owner, "audit_auditevent"):
        answer = as_(committed_world.officer).get(reverse("api:case", args=[case.pk]))
    assert answer.status_code == 503 and set(json.loads(answer.text)) == {"detail"}
