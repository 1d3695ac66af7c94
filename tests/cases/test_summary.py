"""The timeline and the panels beside it: each agency reads its part, in a bounded number of queries."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from cases.access import for_case
from cases.enums import Category, Level, Side
from cases.models import Case
from cases.services import log_event, set_level, write_note
from cases.timeline_page import by_day
from common.clock import local, now, travel
from tests.factories import make_member, make_report
from tests.referrals_acts import asked
from tests.riskassessment.test_services import CHECKLIST, signed

from .helpers import Queries, as_, bring_in_programme, text, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world):
    return make_report(world.officer).case


def note(by, case, category="facts", side="case", **texts):
    with acting_as(by):
        access = for_case(Case.objects.get(pk=case.pk), by)
        return write_note(by=by, case=case, access=access, category=category, side=side, **texts)


def page(membership, case, **query) -> str:
    answer = as_(membership).get(url("cases:summary", case), query)
    assert answer.status_code == 200
    return text(answer)


@pytest.mark.parametrize("who", ["stranger", "other_officer", "shelter", "programme", "prosecutor", "platform_admin"])
@pytest.mark.parametrize(
    "name", ["cases:summary", "cases:people", "cases:write_note", "reports:case_list", "casework:trail"]
)
def test_a_stranger_finds_nothing_at_all(world, case, who, name):
    assert as_(getattr(world, who)).get(url(name, case)).status_code == 404


def test_the_officer_reads_what_happened_and_whose_move_is_next(world, case):
    seen = page(world.officer, case)
    assert "PV de différend familial" in seen and "Marc Delvaux" in seen
    assert "Cellule EVA A" in seen and "Zone de police A" in seen
    assert "les services qui voient" in seen, "who reads each entry, in words"
    assert reverse("reports:new") in seen


def test_the_cell_reads_its_own_part(world, case):
    seen = page(world.eva, case)
    assert "PV de différend" not in seen and "Contact J+2" in seen
    assert "counter-checklist" not in seen and reverse("reports:new") not in seen


def test_the_perpetrators_side_reads_nothing_of_hers(world, case):
    note(world.eva, case, "psychosocial", "victim", facts="Elle dort chez une amie.")
    bring_in_programme(case, world.officer, world.programme)
    for name in ("cases:summary", "cases:people", "casework:trail"):
        seen = text(as_(world.programme).get(url(name, case)))
        for hers in (
            "Cellule EVA",
            "EVA A",
            "Fatou",
            "Diallo",
            "F. D.",
            "amie",
            "J+2",
            "… 42",
            "bibliothèque",
            "Leïla",
        ):
            assert hers not in seen, f"{hers} on {name}"
    assert "Programme Passerelle" in page(world.programme, case)
    assert "Yvan" in text(as_(world.programme).get(url("cases:people", case)))


def test_a_service_of_another_side_is_not_named_by_its_entries(world, case):
    """An entry open to the perpetrator's side does not tell which victim service wrote it."""
    with acting_as(world.eva):
        log_event(
            by=world.eva, case=case, code="note_written", category=Category.SUMMARY, side=Side.CASE,
            next_agency=world.eva.agency, next_act="j2_contact", next_due_at=now(),
        )  # fmt: skip
    bring_in_programme(case, world.officer, world.programme)
    seen = page(world.programme, case)
    assert "un autre service" in seen and "EVA" not in seen and "Leïla" not in seen
    assert "EVA" in page(world.officer, case)


def test_notes_are_read_by_their_readers_and_internal_ones_by_their_agency(world, case):
    note(world.officer, case, facts="Vu : une porte cassée.", appreciation="Escalade probable.")
    note(world.officer, case, facts="Pour nous seuls.", internal=True)
    mine = page(world.officer, case)
    assert "une porte cassée" in mine and "Escalade probable" in mine and "Pour nous seuls" in mine
    theirs = page(world.eva, case)
    assert "porte cassée" not in theirs and "Pour nous seuls" not in theirs
    with acting_as(world.officer):
        from sharing.models import Basis, WayIn
        from sharing.services import decide

        decide(
            by=world.officer, case=case, recipient=world.prosecutor.agency, side="neutral", way_in=WayIn.COMPLAINT,
            basis=Basis.LEGAL_OBLIGATION, grants=["facts:case"], legal_text="art. 29 CIC", necessity="Plainte.",
        )  # fmt: skip
    prosecutors = page(world.prosecutor, case)
    assert "porte cassée" in prosecutors and "Pour nous seuls" not in prosecutors


def test_what_is_new_since_my_last_visit(world, case):
    client = as_(world.officer)
    first = text(client.get(url("cases:summary", case)))
    assert "entry-new" not in first, "everything is new on a first visit: nothing is marked"
    colleague = make_member(world.eva.agency)
    note(colleague, case, "psychosocial", "victim", facts="x")
    note(world.officer, case, facts="à moi")
    bring_in_programme(case, world.officer, world.programme)
    client.get(url("cases:people", case))
    again = client.get(url("cases:summary", case))
    assert text(again).count("entry-new") == 0, "hers is not open to police, mine is not news to me"

    with acting_as(world.prosecutor):
        log_event(by=world.prosecutor, case=case, code="note_written", category=Category.FACTS, side=Side.CASE)
    fresh = client.get(url("cases:summary", case))
    assert text(fresh).count("entry-new") == 1 and "Depuis ma dernière visite (1)" in text(fresh)
    assert f"{url('cases:timeline', case)}?since={fresh.context['since_stamp'].replace(':', '%3A')}" in text(fresh)


def test_the_latest_entries_lead_to_the_whole_timeline(world, case, monkeypatch):
    monkeypatch.setattr("cases.timeline_page.LATEST", 3)
    for number in range(7):
        note(world.officer, case, facts=f"Fait numéro {number}.", internal=number == 5)
    client = as_(world.officer)
    answer = client.get(url("cases:summary", case))
    assert [n for n in range(7) if f"Fait numéro {n}." in text(answer)] == [4, 5, 6]
    before = client.get(url("cases:timeline", case), {"cursor": answer.context["page"].next_cursor})
    assert [n for n in range(7) if f"Fait numéro {n}." in text(before)] == [0, 1, 2, 3]


def test_the_risk_is_drawn_for_who_receives_the_level(world, case):
    report = make_report(world.officer, "police_complaint")
    signed(world.officer, report, death_threats="yes", strangulation="yes")
    seen = page(world.officer, report.case)
    assert "<svg" in seen and 'class="chart"' in seen and "risk-table" in seen
    assert 'class="chart"' not in page(world.eva, report.case)
    assert 'class="chart"' not in page(world.officer, case)


def test_an_awaited_answer_is_somebodys_move(world, case):
    from casework.referring import send_referral
    from common.ids import uuid7

    with acting_as(world.officer):
        send_referral(by=world.officer, case_id=case.pk, asked=asked(case, world.shelter), request_key=uuid7())
    seen = page(world.officer, case)
    assert "Maison du Tilleul" in seen and "en attente de réponse" in seen
    bring_in_programme(case, world.officer, world.programme)
    assert "Tilleul" not in page(world.programme, case)


def test_the_page_costs_as_many_queries_however_much_happened(world, case):
    report = make_report(world.officer, "police_complaint")
    client = as_(world.officer)

    def cost():
        client.get(url("cases:summary", report.case))
        with Queries() as queries:
            assert client.get(url("cases:summary", report.case)).status_code == 200
        return queries

    signed(world.officer, report, strangulation="yes")
    note(world.officer, report.case, facts="un")
    few = cost()
    for number in range(8):
        note(world.officer, report.case, facts=f"{number}", internal=number % 2 == 0)
    make_report(world.officer)
    signed(world.officer, report, death_threats="yes")
    many = cost()
    assert few.count == many.count <= 21, "\n\n".join(many.statements)


def test_the_next_step_is_offered_until_it_is_done_to_who_may_take_it(world):
    report = make_report(world.officer)
    seen = page(world.officer, report.case)
    assert 'value="counter-checklist"' in seen and 'value="police-demonstration"' not in seen
    for who in ("eva", "reader"):
        assert "counter-checklist" not in page(getattr(world, who), report.case)
    signed(world.officer, report, CHECKLIST, "no")
    assert "counter-checklist" not in page(world.officer, report.case)


def test_when_she_has_left_only_the_grid_of_the_complaint_is_still_asked_for(world):
    with travel(now() - timedelta(days=2)):
        report = make_report(world.officer, "police_complaint")
    seen = page(world.officer, report.case)
    assert 'value="police-demonstration"' in seen and 'value="counter-checklist"' not in seen


def test_the_level_of_an_entry_is_told_with_the_level_only(world):
    report = make_report(world.officer, "police_complaint")
    with acting_as(world.officer):
        case = Case.objects.get(pk=report.case_id)
        log_event(
            by=world.officer, case=case, code="level_concluded", category=Category.LEVEL, side=Side.CASE,
            payload={"level": "critical"},
        )  # fmt: skip
        set_level(case=case, level=Level.CRITICAL, provisional=False, at=now(), reassess_by=None)
    assert "level-critical" in page(world.officer, case) and "level-critical" not in page(world.eva, case)


def test_entries_stand_under_their_belgian_day(world, case):
    late_evening = datetime(2026, 3, 14, 23, 30, tzinfo=UTC)  # half past midnight on the 15th in Brussels
    entries = [
        {"at": late_evening},
        {"at": late_evening - timedelta(hours=1)},
        {"at": late_evening - timedelta(days=1)},
    ]
    days = by_day(entries)
    assert [[local(entry["at"]).day for entry in found] for _day, found in days] == [[15], [14, 14]]
    assert "Aujourd’hui" in page(world.officer, case)
