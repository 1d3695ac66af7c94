"""The six steps: what is done, under way and missing, for whom, and each only for who may see it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from cases.access import get_case
from cases.enums import ParticipationSide, Side
from cases.models import Case
from plans import steps
from plans.models import Domain
from plans.needs import Need
from plans.steps import Line, State, StepKey
from tests.actors import all_of_his_side, as_
from tests.casework.custody_acts import lock_up
from tests.factories import World, make_report
from tests.referrals_acts import send

from .needs_acts import HIS_IDENTITY, all_of_her_side, bring_in, person_in, write_needs

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world: World) -> Case:
    return make_report(world.officer).case


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def registered():
    """What a test registers is forgotten after it."""
    before = dict(steps._known)
    yield steps.register
    steps._known.clear()
    steps._known.update(before)


def known(by, case: Case) -> dict[str, steps.Step]:
    with acting_as(by):
        found, access = get_case(case.pk, by)
        return {step.key: step for step in steps.overview(by, found, access)}


def words(step: steps.Step, state: State) -> list[str]:
    return [line.words for line in step.known if line.state == state]


def url(case: Case) -> str:
    return reverse("plans:overview", args=[case.pk])


def test_six_steps_in_order_and_what_is_missing_on_top(world, case):
    found = known(world.officer, case)
    assert list(found) == list(StepKey)
    assert [step.number for step in found.values()] == [1, 2, 3, 4, 5, 6]
    answer = as_(world.officer).get(url(case), headers={"accept-language": "en"})
    shown = answer.content.decode()
    assert "What is missing" in shown and "Needs not assessed yet" in shown
    with acting_as(world.officer):
        her = person_in(case)
    assert reverse("plans:write_needs", args=[case.pk, her.pk]) in shown
    assert reverse("riskassessment:case_list", args=[case.pk]) in shown


def test_needs_go_from_missing_to_done(world, case):
    def of_her() -> list[State]:
        (column,) = [each for each in known(world.officer, case)[StepKey.INITIAL].columns if each.side == Side.VICTIM]
        (group,) = [each for each in column.groups if each.person.role == "victim"]
        return [line.state for line in group.lines]

    assert of_her() == [State.MISSING]
    first = write_needs(world.officer, case)
    assert of_her() == [State.UNDER_WAY]
    every = {domain: Need("none", "", "person") for domain in Domain}
    write_needs(world.officer, case, needs=every, replaces=first.pk)
    assert of_her() == [State.DONE]


def test_a_need_without_a_referral_is_missing_until_somebody_is_asked(world, case):
    write_needs(world.officer, case, needs={"psychosocial": Need("needed", "", "person")})
    step = known(world.officer, case)[StepKey.REFERRALS]
    (line,) = step.missing
    with acting_as(world.officer):
        her = person_in(case)
    assert line.person == her.pk and f"subject={her.pk}&need=psychosocial" in line.url
    send(world.officer, case, world.shelter, need="psychosocial")
    step = known(world.officer, case)[StepKey.REFERRALS]
    assert not step.missing
    assert any("Maison du Tilleul" in each for each in words(step, State.UNDER_WAY))


def test_who_learns_of_detentions_finds_where_to_write_the_first_one(world, case):
    where = reverse("casework:custody", args=[case.pk])

    def ways_in(by) -> list[Line]:
        return [line for line in known(by, case)[StepKey.LEGAL].known if line.url == where]

    (line,) = ways_in(world.officer)
    assert (line.state, line.words, line.act) == (
        None, "No detention is written.", "Write down a detention or a release",
    )  # fmt: skip
    # nothing is missing as long as nobody is detained
    assert line not in known(world.officer, case)[StepKey.LEGAL].missing
    assert line.words in as_(world.officer).get(url(case), headers={"accept-language": "en"}).content.decode()

    bring_in(world, case, world.programme, ParticipationSide.PERPETRATOR, HIS_IDENTITY)
    (line,) = ways_in(world.programme)
    assert line.words == "Your service has written no detention."
    assert ways_in(world.eva) == [], "a service that does not enter one has nothing to do there"

    lock_up(world.officer, case)
    (line,) = ways_in(world.officer)
    assert (line.state, line.words) == (State.UNDER_WAY, "Detained.")
    assert ways_in(world.programme)[0].words == "Your service has written no detention.", "nothing of it is told"


def test_his_side_reads_its_own_column_and_nothing_of_her(world, case):
    his = all_of_his_side(world, case)
    write_needs(world.officer, case)
    send(world.officer, case, world.shelter)
    answer = as_(his).get(url(case), headers={"accept-language": "en"})
    shown = answer.content.decode()
    assert answer.status_code == 200
    for never in ("Fatou", "Diallo-Test", "With her", "Maison du Tilleul", "Reference person", "Zone de police A"):
        assert never not in shown, never
    assert [column.side for column in known(his, case)[StepKey.INITIAL].columns] == [Side.PERPETRATOR]


def test_a_line_for_the_wrong_side_is_dropped_whatever_a_room_says(world, case, registered):
    registered(
        StepKey.LEGAL,
        "careless",
        lambda seen: [
            Line(Side.VICTIM, State.DONE, "of her"),
            Line(Side.CASE, State.DONE, "of the case"),
            Line(Side.CASE, State.DONE, "for all", his=True),
            Line(Side.PERPETRATOR, State.MISSING, "of him"),
        ],
    )
    his = all_of_his_side(world, case)
    told = [line.words for line in known(his, case)[StepKey.LEGAL].known]
    assert "for all" in told and "of him" in told
    assert "of her" not in told and "of the case" not in told


def test_her_side_has_his_column_where_something_of_him_is_open(world, case):
    narrow, wide = world.shelter, all_of_her_side(world, case)
    bring_in(world, case, narrow, ParticipationSide.VICTIM, ["identity:victim", "identity:perpetrator"])
    assert [column.side for column in known(narrow, case)[StepKey.INITIAL].columns] == [Side.VICTIM]
    assert [column.side for column in known(wide, case)[StepKey.INITIAL].columns] == [Side.VICTIM, Side.PERPETRATOR]


def test_who_accompanies_is_told_to_who_may_know_it(world, case):
    bring_in(world, case, world.programme, ParticipationSide.PERPETRATOR, HIS_IDENTITY)
    told = words(known(world.officer, case)[StepKey.COUNSELLING], State.UNDER_WAY)
    assert any("Cellule EVA A" in each for each in told) and any("Programme Passerelle" in each for each in told)
    told = words(known(world.programme, case)[StepKey.COUNSELLING], State.UNDER_WAY)
    assert any("Programme Passerelle" in each for each in told) and not any("EVA" in each for each in told)


def test_strangers_do_not_know_the_plan(world, case):
    for member in (world.stranger, world.other_officer, world.platform_admin):
        assert as_(member).get(url(case)).status_code == 404


def test_as_many_queries_whatever_the_case_holds(world, case):
    hers = all_of_her_side(world, case)
    write_needs(world.officer, case)
    send(world.officer, case, world.shelter)
    client = as_(world.officer)
    client.get(url(case))

    def count() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(url(case)).status_code == 200
        return len(found)

    few = count()
    write_needs(hers, case)
    write_needs(world.officer, case, "child")
    write_needs(world.officer, case, "presumed_perpetrator")
    send(world.officer, case, world.stranger, need="psychosocial")
    assert count() == few
