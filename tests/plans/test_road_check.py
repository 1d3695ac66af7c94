"""Active measures for this person: who may ask, who is found, what is told, what is on record."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from audit.models import Action, AuditEvent
from cases.enums import Side
from cases.models import Case
from cases.services import add_contact_point
from common.clock import now
from common.errors import Refused, RuleBroken
from plans.measure_checks import TooMany, Wanted, check
from plans.models import MeasureAct, MeasureKind
from tests.actors import as_, excluded_colleague, restricted_case
from tests.factories import World, make_report

from .measure_acts import KEPT, PLACES, REASONS, ask_measure, notified_ban, step_on

pytestmark = pytest.mark.django_db

BORN = "1988-03-09"


def english_client(member):
    client = as_(member)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def banned_case(world: World) -> Case:
    case = make_report(
        world.officer, perpetrator_given_name="Jean-Noël", perpetrator_family_name="Van den Broeck",
        perpetrator_birth_date=BORN,
    ).case  # fmt: skip
    notified_ban(world.officer, case)
    return case


def ask(by, family="Van den Broeck", given="Jean-Noël", born=date(1988, 3, 9), why="control"):
    with acting_as(by):
        return check(by=by, wanted=Wanted(family, given, born, why))


@pytest.mark.parametrize(
    ("family", "given"),
    [
        ("Van den Broeck", "Jean-Noël"),
        ("VANDENBROECK", "jean noel"),
        ("Broeck van den", "Jean Noël"),
        ("Jean-Noël", "Van den Broeck"),
    ],
)
def test_another_zone_finds_him_however_his_name_is_typed(world: World, banned_case, family, given):
    (line,) = ask(world.other_officer, family, given).measures
    assert line.label == "Temporary residence ban"
    assert line.notified
    assert (line.zone, line.phone) == ("Zone de police A", "02 555 01 01")
    assert line.protects == ["F. D."]
    assert line.until is not None


@pytest.mark.parametrize(
    ("family", "given", "born"),
    [
        ("Van den Broeck", "Jean-Noël", date(1988, 3, 10)),
        ("Van den Broeck", "Jean-Louis", date(1988, 3, 9)),
        ("Van den Berg", "Jean-Noël", date(1988, 3, 9)),
        ("Diallo-Test", "Fatou", date(1991, 4, 12)),
    ],
)
def test_nobody_else_is_found_and_she_never(world: World, banned_case, family, given, born):
    assert ask(world.other_officer, family, given, born).measures == []


@pytest.mark.parametrize(("family", "given"), [("Van*", "Jean"), ("%%", "Jean"), ("V", "Jean"), ("", "Jean")])
def test_no_wildcard_and_no_half_name(world: World, banned_case, family, given):
    with pytest.raises(RuleBroken) as refused:
        ask(world.other_officer, family, given)
    assert "family_name" in refused.value.errors


def test_several_of_one_name_are_not_listed_but_asked_for_the_birth_date(world: World, banned_case):
    other = make_report(
        world.officer, perpetrator_given_name="Jean-Noël", perpetrator_family_name="Van den Broeck",
        perpetrator_birth_date="1971-11-02",
    ).case  # fmt: skip
    notified_ban(world.officer, other)
    answer = ask(world.other_officer, born=None)
    assert (answer.measures, answer.several) == ([], True)
    assert len(ask(world.other_officer).measures) == 1
    with acting_as(world.officer):
        assert not AuditEvent.objects.filter(case_id=other.pk, object_kind="plans.road_check").exists()


def test_without_a_birth_date_the_officer_is_warned(world: World, banned_case):
    assert ask(world.other_officer, born=None).undated
    assert not ask(world.other_officer).undated


def test_only_what_binds_him_now_is_told(world: World, banned_case):
    alarm = ask_measure(world.officer, banned_case, MeasureKind.MOBILE_ALARM, about=None, act="order")
    step_on(world.officer, alarm, MeasureAct.NOTIFY)
    ask_measure(world.officer, banned_case, MeasureKind.NO_CONTACT)
    over = notified_ban(world.officer, banned_case, at=now() - timedelta(days=1))
    step_on(world.officer, over, MeasureAct.LIFT)
    warrant = ask_measure(world.officer, banned_case, MeasureKind.ARREST_WARRANT, act="order", protects=())
    labels = [(each.label, each.notified) for each in ask(world.prosecutor).measures]
    assert sorted(labels) == [("Arrest warrant", False), ("Temporary residence ban", True)]
    assert warrant.pk


def test_an_address_of_hers_is_never_told(world: World):
    case = make_report(world.officer, perpetrator_birth_date=BORN).case
    with acting_as(world.officer):
        add_contact_point(
            by=world.officer, case_person=case.case_persons.get(role="victim"), kind="address", value=PLACES, safe="yes"
        )
    notified_ban(world.officer, case, his_to_know=True)
    (line,) = ask(world.other_officer, "Morel-Test", "Yvan").measures
    assert (line.places, line.conditions, line.ask) == ("", "", True)


def test_the_page_tells_nothing_of_the_case(world: World, banned_case):
    answer = english_client(world.other_officer).post(
        reverse("casework:road_check"),
        {"family_name": "Van den Broeck", "given_name": "Jean-Noël", "birth_date": BORN, "why": "near"},
    )
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "02 555 01 01" in page
    for kept in (banned_case.reference, str(banned_case.pk), "Diallo", "Fatou", KEPT, REASONS):
        assert kept not in page


@pytest.mark.parametrize("who", ["eva", "shelter", "programme", "stranger", "platform_admin"])
def test_the_page_is_for_police_and_prosecutors(world: World, banned_case, who):
    member = getattr(world, who)
    client = english_client(member)
    assert client.get(reverse("casework:road_check")).status_code == 404
    assert client.post(reverse("casework:road_check"), {}).status_code == 404
    with pytest.raises(Refused):
        ask(member)


def test_every_question_is_on_record_without_a_name_and_on_the_trail_of_the_case(world: World, banned_case):
    ask(world.other_officer)
    ask(world.other_officer, "Nobody", "Known")
    with acting_as(world.other_officer):
        mine = AuditEvent.objects.filter(object_kind="plans.road_check", action=Action.SEARCHED)
        assert [(each.case_id, each.reason) for each in mine] == [(None, "control")] * 2
        assert "Broeck" not in str(list(mine.values()))
    trail = english_client(world.officer).get(reverse("casework:trail", args=[banned_case.pk])).content.decode()
    assert world.other_officer.user.full_name in trail
    assert "active measures, asked on the road" in trail
    assert "a check of identity or traffic" in trail


def test_questions_are_counted_by_the_hour(world: World, banned_case, settings):
    settings.MEASURE_CHECKS = 2
    ask(world.other_officer)
    ask(world.other_officer, "Nobody", "Known")
    with pytest.raises(TooMany):
        ask(world.other_officer)
    again = english_client(world.other_officer).post(
        reverse("casework:road_check"),
        {"family_name": "Van den Broeck", "given_name": "Jean-Noël", "birth_date": BORN, "why": "control"},
    )
    assert again.status_code == 429
    assert "Van den Broeck" in again.content.decode()


def test_a_restricted_case_answers_and_a_conflict_of_interest_does_not(world: World, banned_case):
    colleague = excluded_colleague(world, banned_case)
    assert ask(colleague).measures == []
    restricted = restricted_case(world)
    referent = world.police_referent
    with acting_as(referent):
        him = restricted.case_persons.get(side=Side.PERPETRATOR).person
    notified_ban(referent, restricted)
    found = ask(world.other_officer, him.family_name, him.given_name, None)
    assert len(found.measures) == 1


def test_bad_input_is_refused_with_everything_typed(world: World, banned_case):
    client = english_client(world.other_officer)
    for typed in ({}, {"family_name": "x" * 10_000}, {"family_name": "😀😀", "given_name": "\x00", "why": "nonsense"}):
        assert client.post(reverse("casework:road_check"), typed).status_code == 422
    kept = client.post(reverse("casework:road_check"), {"family_name": "Van den Broeck", "given_name": "Jean-Noël"})
    assert kept.status_code == 422
    assert "Van den Broeck" in kept.content.decode()


def test_questions_cost_the_same_with_more_measures(world: World, banned_case, django_assert_max_num_queries):
    for _each in range(3):
        notified_ban(world.officer, banned_case)
    with acting_as(world.other_officer), django_assert_max_num_queries(30) as seen:
        check(by=world.other_officer, wanted=Wanted("Van den Broeck", "Jean-Noël", date(1988, 3, 9), "control"))
    first = len(seen)
    for _each in range(5):
        notified_ban(world.officer, banned_case)
    with acting_as(world.other_officer), django_assert_max_num_queries(first):
        check(by=world.other_officer, wanted=Wanted("Van den Broeck", "Jean-Noël", date(1988, 3, 9), "control"))
