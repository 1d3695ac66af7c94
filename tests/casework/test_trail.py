"""Who has read and changed a case: both trails as one, in words, each agency as far as it may know the others."""

import pytest

from agencies.acting import acting_as
from audit.models import AuditEvent
from cases.models import ContactPoint
from casework.trail import PAGES, model_name
from tests.cases.helpers import Queries, as_, bring_in_programme, text, url
from tests.factories import make_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world):
    return make_report(world.officer).case


def trail(membership, case, **query):
    answer = as_(membership).get(url("casework:trail", case), query)
    assert answer.status_code == 200
    return answer


def told(answer) -> list[dict]:
    return [line for _day, lines in answer.context["days"] for line in lines]


def test_readings_and_changes_are_told_with_who_and_what(world, case):
    as_(world.eva).get(url("cases:summary", case))
    lines = told(trail(world.officer, case))
    read = next(line for line in lines if line["who"] == "Leïla Amrani")
    assert read["agency"] == "Cellule EVA A" and "la synthèse" in read["objects"]
    assert "contact (victime)" in read["fields"] and "faits" not in read["fields"]
    changed = [line for line in lines if line["who"] == "Marc Delvaux" and "PV" in line["objects"]]
    assert changed and changed[0]["count"] > 1, "what was written in one act is one line"
    decided = [line for line in lines if line["basis"]]
    assert any("consentement" in line["basis"] for line in decided)


def test_that_a_number_was_shown_is_told(world, case):
    with acting_as(world.eva):
        point = ContactPoint.objects.get()
    as_(world.eva).post(url("cases:contact", case, point.pk))
    lines = told(trail(world.officer, case))
    shown = next(line for line in lines if "un numéro ou une adresse en entier" in line["objects"])
    assert shown["who"] == "Leïla Amrani" and shown["fields"] == ["contact (victime)"]


def test_no_value_is_ever_shown(world, case):
    page = text(trail(world.officer, case))
    for value in ("Fatou", "Diallo", "12 34 42", "470123442", "bibliothèque", "gorge", "BR.43"):
        assert value not in page.split("<h2>")[-1], value


def test_his_side_reads_its_own_rows_only(world, case):
    as_(world.eva).get(url("cases:summary", case))
    bring_in_programme(case, world.officer, world.programme)
    as_(world.programme).get(url("cases:summary", case))
    answer = trail(world.programme, case)
    assert {line["agency"] for line in told(answer)} == {"Programme Passerelle"}
    assert "EVA" not in text(answer) and "Delvaux" not in text(answer)
    assert "Programme Passerelle" in {line["agency"] for line in told(trail(world.officer, case))}


@pytest.mark.parametrize("who", ["stranger", "other_officer", "shelter", "programme", "platform_admin"])
def test_a_stranger_finds_nothing(world, case, who):
    assert as_(getattr(world, who)).get(url("casework:trail", case)).status_code == 404


def test_every_page_and_record_has_words(world, case):
    """No address of a page, no name of a model in the language of the code."""
    for kind in ("referrals.detail", "followups.number", "riskassessment:detail", "nothing.Known", ""):
        words = PAGES.get(kind) or model_name(kind)
        assert " " in str(words) and "." not in str(words) and ":" not in str(words)


def test_reading_the_trail_is_a_line_of_it(world, case):
    trail(world.officer, case)
    lines = told(trail(world.officer, case))
    assert any("ce relevé des lectures et des changements" in line["objects"] for line in lines)
    with acting_as(world.officer):
        assert AuditEvent.objects.filter(object_kind="cases.trail", case_id=case.pk).count() == 2


def test_pages_hold_every_row_once(world, case, monkeypatch):
    for name in ("cases:summary", "cases:people", "reports:case_list"):
        for _ in range(3):
            as_(world.officer).get(url(name, case))
    monkeypatch.setattr("casework.trail.PER_PAGE", 7)
    seen, cursor = [], None
    while True:
        answer = trail(world.officer, case, **({"cursor": cursor} if cursor else {}))
        seen += [row["id"] for row in answer.context["page"].items]
        cursor = answer.context["page"].next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) > 20
    assert as_(world.officer).get(url("casework:trail", case), {"cursor": "spoilt"}).status_code == 200


def test_another_cases_rows_stay_there(world, case):
    other = make_report(world.officer).case
    as_(world.eva).get(url("cases:people", other))
    assert not [line for line in told(trail(world.officer, case)) if line["who"] == "Leïla Amrani"]


def test_it_costs_the_same_however_much_was_read(world, case):
    client = as_(world.officer)
    client.get(url("casework:trail", case))
    with Queries() as few:
        client.get(url("casework:trail", case))
    for who in ("eva", "eva_referent", "police_manager", "reader"):
        as_(getattr(world, who)).get(url("cases:summary", case))
    with Queries() as many:
        client.get(url("casework:trail", case))
    assert few.count == many.count
