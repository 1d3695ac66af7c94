"""A situation scored without identity: nothing that tells who it is, nothing kept past its end, read by its service."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import Role
from audit.models import AuditEvent, LogEntry
from common.acting import SystemContext, system_context
from common.clock import now, travel
from common.errors import Refused, RuleBroken
from riskassessment import consulting
from riskassessment.consulting import Typed
from riskassessment.models import Consultation, CoordinationRequest
from riskassessment.orientation import advise, orientation
from riskassessment.tasks import erase_consultations
from tests.actors import as_
from tests.factories import make_member

from .coordination_acts import answers_at, ask_from_consultation, consult, make_scheme

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(world):
    with acting_as(world.eva):
        (found,) = consulting.versions_for(world.eva)
    return found


def rows(model) -> int:
    with system_context(SystemContext.CONSULTATIONS):
        return model.objects.count()


# --- who may, and with what -----------------------------------------------------------------------------------
def test_writers_of_services_the_grid_is_open_to_consult(world, version):
    with acting_as(world.officer):
        assert consulting.versions_for(world.officer) == []
        with pytest.raises(Refused):
            consulting.consult(by=world.officer, key=uuid4(), version=version, typed=Typed())
    reader = make_member(world.eva.agency, Role.READER)
    with acting_as(reader):
        assert consulting.versions_for(reader) == []
    assert consult(world.eva).indicative_level == "high"


def test_a_consultation_is_its_services_alone(world):
    mine = consult(world.eva)
    colleague, elsewhere = make_member(world.eva.agency), world.shelter
    for member, status in ((colleague, 200), (elsewhere, 404), (world.platform_admin, 404), (world.officer, 404)):
        assert as_(member).get(reverse("casework:consultation", args=[mine.pk])).status_code == status, member.agency


# --- texts ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("situation", "Appelez le 0470 12 34 42."),
        ("situation", "fatou@example.org"),
        ("situation", "Elle est née le 12/04/1991."),
        ("comment", "NISS 85.07.30-033.28"),
        ("text", "chez sa sœur, rue de la Loi 16"),
    ],
)
def test_what_surely_tells_who_she_is_is_refused_confirmed_or_not(world, version, where, text):
    answers = answers_at(version, "low")
    field = {"situation": "situation", "comment": "surveillance", "text": "what_helps"}[where]
    if where == "comment":
        answers["surveillance"]["comment"] = text
    if where == "text":
        answers["what_helps"] = {"value": text}
    situation = text if where == "situation" else ""
    with acting_as(world.eva), pytest.raises(RuleBroken) as refused:
        typed = Typed(situation=situation, answers=answers, confirmed=frozenset({text}))
        consulting.consult(by=world.eva, key=uuid4(), version=version, typed=typed)
    assert set(refused.value.errors) == {field} and rows(Consultation) == 0


def test_what_likely_names_somebody_is_confirmed_once_for_these_words(world, version):
    typed = {"situation": "Fatou Diallo le craint.", "answers": answers_at(version, "low")}
    with acting_as(world.eva):
        with pytest.raises(RuleBroken) as refused:
            consulting.consult(by=world.eva, key=uuid4(), version=version, typed=Typed(**typed))
        assert set(refused.value.errors) == {"situation", consulting.CONFIRM}
        seen = consulting.soft_words([typed["situation"]])
        assert seen == {"Fatou Diallo"}
        with pytest.raises(RuleBroken):  # other words than those that were shown
            typed_again = typed | {"situation": "Fatou Diallo craint Yvan Morel."}
            consulting.consult(by=world.eva, key=uuid4(), version=version, typed=Typed(**typed_again, confirmed=seen))
        kept = consulting.consult(by=world.eva, key=uuid4(), version=version, typed=Typed(**typed, confirmed=seen))
    assert kept.pk


def page_of(version, **changes) -> dict:
    sent = {"situation": "Il la suit.", "area": "4000", "key": str(uuid4())}
    for item_id, answer in answers_at(version, changes.pop("level", "high")).items():
        sent[f"a-{item_id}"] = answer["value"]
    return sent | changes


def test_the_page_warns_keeps_what_was_typed_and_takes_the_confirmation(world, version):
    browser, url = as_(world.eva), reverse("casework:consultation_new")
    assert browser.get(url).status_code == 200
    sent = page_of(version, situation="Fatou Diallo le craint.", **{"c-surveillance": "vu par Yvan Morel"})
    refused = browser.post(url, sent)
    text = refused.content.decode()
    assert refused.status_code == 422 and rows(Consultation) == 0
    assert (
        "Fatou Diallo le craint." in text
        and "«\u00a0Fatou Diallo\u00a0»" in text
        and "«\u00a0Yvan Morel\u00a0»" in text
    )
    form = refused.context["form"]
    assert form.confirm_shown and set(form.data["seen"].splitlines()) == {"Fatou Diallo", "Yvan Morel"}
    again = browser.post(url, sent | {"seen": form.data["seen"], "confirmed": "on"})
    assert again.status_code == 302 and rows(Consultation) == 1
    # sent once more: the same consultation
    assert browser.post(url, sent | {"seen": form.data["seen"], "confirmed": "on"}).url == again.url
    assert rows(Consultation) == 1


def test_a_wrong_postal_code_or_nothing_answered_is_refused(world, version):
    browser, url = as_(world.eva), reverse("casework:consultation_new")
    assert browser.post(url, page_of(version, area="40")).status_code == 422
    assert browser.post(url, {"situation": "Il la suit.", "key": str(uuid4())}).status_code == 422
    assert browser.post(url, page_of(version, key="not one")).status_code == 302
    assert browser.get(url + "?grid=police-demonstration").status_code == 403


# --- what it indicates ----------------------------------------------------------------------------------------
def test_high_proposes_the_coordination_and_the_rest_says_where_to_turn(world):
    make_scheme(world, world.eva)
    browser = as_(world.eva)
    for level, offers in (("high", True), ("low", False), ("insufficient", False)):
        found = consult(world.eva, level)
        assert found.indicative_level == level
        page = browser.get(reverse("casework:consultation", args=[found.pk]))
        text = page.content.decode()
        assert (reverse("casework:consultation_ask", args=[found.pk]) in text) == offers, level
        assert "112" in text and "0800 30 030" in text
        assert page.context["too_little"] == (level == "insufficient")
        assert page.context["trained"] is False
        asks = browser.get(reverse("casework:consultation_ask", args=[found.pk]))
        assert asks.status_code == (200 if offers else 403)


def test_it_is_completed_until_the_coordination_is_asked(world, version):
    scheme = make_scheme(world, world.eva)
    found = consult(world.eva, "insufficient")
    browser = as_(world.eva)
    edit = reverse("casework:consultation_edit", args=[found.pk])
    assert browser.get(edit).status_code == 200
    assert browser.post(edit, page_of(version)).status_code == 302
    with acting_as(world.eva):
        found.refresh_from_db()
    assert (found.indicative_level, found.version) == ("high", 1)
    ask_from_consultation(world.eva, found, scheme)
    assert browser.get(edit).status_code == browser.post(edit, page_of(version)).status_code == 403
    assert browser.post(reverse("casework:consultation_erase", args=[found.pk])).status_code == 403


def test_the_advice_holds_for_every_level_a_grid_gives():
    for level in ("low", "moderate", "high", "critical", "insufficient", "judgement"):
        for language in ("fr", "en", "nl"):
            told = advise(level, language)
            assert told.words and told.kinds
    assert orientation().verified_on is None, "no jurist has read it over yet"


# --- nothing stays --------------------------------------------------------------------------------------------
def test_it_is_erased_at_its_end_and_out_of_sight_before_the_worker_comes(world, settings):
    found = consult(world.eva)
    assert found.expires_at - found.created_at >= timedelta(days=settings.CONSULTATION_DAYS - 1)
    erase_consultations()
    assert rows(Consultation) == 1, "not before its end"
    past(found)
    assert as_(world.eva).get(reverse("casework:consultation", args=[found.pk])).status_code == 404
    erase_consultations()
    assert rows(Consultation) == 0


def past(*found) -> None:
    """A day past their end, by the database's clock too."""
    with system_context(SystemContext.CONSULTATIONS):
        for each in found:
            type(each).objects.filter(pk=each.pk).update(expires_at=now() - timedelta(days=1))


def test_a_request_without_identity_is_erased_and_then_the_consultation(world):
    scheme = make_scheme(world, world.eva)
    found = consult(world.eva)
    request = ask_from_consultation(world.eva, found, scheme)
    past(found)
    erase_consultations()
    assert rows(Consultation) == 1, "the request still waits: what it is about is kept with it"
    past(request)
    assert as_(scheme.coordinator).get(reverse("casework:coordination_request", args=[request.pk])).status_code == 404
    erase_consultations()
    assert rows(CoordinationRequest) == 0 and rows(Consultation) == 0


def test_it_is_erased_by_hand(world):
    found = consult(world.eva)
    assert as_(world.shelter).post(reverse("casework:consultation_erase", args=[found.pk])).status_code == 404
    assert as_(world.eva).post(reverse("casework:consultation_erase", args=[found.pk])).status_code == 302
    assert rows(Consultation) == 0


def test_both_trails_keep_identifiers_alone(world):
    found = consult(world.eva, situation="Il la suit jusqu'à la bibliothèque.")
    as_(world.eva).get(reverse("casework:consultation", args=[found.pk]))
    as_(world.eva).post(reverse("casework:consultation_erase", args=[found.pk]))
    with acting_as(world.eva):
        events = AuditEvent.objects.filter(object_kind=consulting.KIND)
        assert {event.action for event in events} >= {"read", "decided"}
        entries = LogEntry.objects.filter(object_pk=str(found.pk))
        assert entries.count() == 2  # made, removed
        said = str([*events.values(), *entries.values()])
    assert "bibliothèque" not in said and "'4000'" not in said and "'high'" not in said
    assert all(event.case_id is None for event in events)


# --- the second lock --------------------------------------------------------------------------------------------
def test_a_stranger_reads_and_changes_none_by_raw_sql(world):
    scheme = make_scheme(world, world.eva)
    found = consult(world.eva)
    table = "riskassessment_consultation"

    def seen(member) -> int:
        with acting_as(member), connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
            return cursor.fetchone()[0]

    def change(member, sql: str) -> int:
        with acting_as(member), connection.cursor() as cursor:
            cursor.execute(sql, [found.pk])
            return cursor.rowcount

    assert seen(world.eva) == 1
    assert seen(world.shelter) == seen(scheme.coordinator) == 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
        assert cursor.fetchone() == (0,)
    ask_from_consultation(world.eva, found, scheme)
    assert seen(scheme.coordinator) == 1 and seen(world.shelter) == 0, "read by the coordination that is asked"
    for sql in (f"UPDATE {table} SET situation = '' WHERE id = %s", f"DELETE FROM {table} WHERE id = %s"):  # noqa: S608
        assert change(world.shelter, sql) == change(scheme.coordinator, sql) == 0


def test_what_is_late_is_erased_whatever_the_clock_of_the_application_says(world):
    found = consult(world.eva)
    with travel(now() + timedelta(days=400)):
        erase_consultations()
    assert rows(Consultation) == 1, "the database's clock says what has expired"
    past(found)
    with travel(now() - timedelta(days=400)):
        erase_consultations()
    assert rows(Consultation) == 0


# --- the navigation ---------------------------------------------------------------------------------------------
def test_the_navigation_proposes_it_to_who_consults_and_answers(world):
    scheme = make_scheme(world, world.eva)

    def entries(member) -> set[str]:
        return {item["url"] for item in as_(member).get("/").context["nav_items"]}

    consultations, coordination = reverse("casework:consultations"), reverse("casework:coordination_requests")
    assert consultations in entries(world.eva) and coordination not in entries(world.eva)
    assert coordination in entries(scheme.coordinator)
    assert not {consultations, coordination} & entries(world.officer)
    assert consultations not in entries(world.reader)
