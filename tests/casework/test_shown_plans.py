"""What a sharing decision would show of the plan for a case: each kind under the category that opens it, no other."""

import pytest
from django.utils import translation

from agencies.acting import acting_as
from cases.access import CaseAccess, for_case
from cases.enums import VIEW_CASE, Category, Side, codename
from cases.models import Case
from casework.shown_plans import lines
from sharing.grants import Opening
from sharing.preview import preview
from tests.casework.custody_acts import let_out, lock_up, wish
from tests.plans.actions_acts import WORDS, plan_one
from tests.plans.measure_acts import CONDITIONS, KEPT, REASONS, ask_measure, notified_ban
from tests.plans.programme_acts import begun_by, case_with_programme, session_on
from tests.plans.safety_acts import CODE_WORD, write_plan

pytestmark = pytest.mark.django_db

HIS_ACTION = "Proposer un lit au centre d’accueil pour lui."
WISH = "Par sa sœur, le soir."


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def case(world) -> Case:
    """With a row of every kind, written by the police, but for his programme."""
    case = case_with_programme(world)
    plan_one(world.officer, case)
    plan_one(world.officer, case, about="presumed_perpetrator", words=HIS_ACTION)
    write_plan(world.eva, case)
    notified_ban(world.officer, case)
    ask_measure(world.officer, case, "mobile_alarm", about=None, act="order")
    lock_up(world.officer, case)
    let_out(world.officer, case)
    wish(world.officer, case, words=WISH)
    session_on(world.programme, begun_by(world.programme, case), 2)
    return case


def shown(by, case: Case, *pairs: tuple[str, str], side: str = "victim") -> str:
    """The lines that a service on this side would newly read, had it only these pairs."""
    with acting_as(by):
        grants = {VIEW_CASE: None} | {codename(*pair): None for pair in pairs}
        found = Case.objects.get(pk=case.pk)
        new = CaseAccess(case.pk, None, grants, side)
        return str([(line.category, line.title, line.words) for line in lines(found, new)])


EACH = {
    (Category.NETWORK, Side.VICTIM): ("Action: ", WORDS),
    (Category.NETWORK, Side.PERPETRATOR): ("Action: ", HIS_ACTION),
    (Category.CONTACT, Side.VICTIM): ("Safety plan", CODE_WORD, "If he is released", WISH),
    (Category.JUDICIAL, Side.CASE): ("Mobile alarm", CONDITIONS, KEPT, "Detained: ", "Saint-Gilles", "Release: "),
}
"""What each pair opens; nothing of it stands under another one."""


def test_each_kind_stands_under_the_pair_that_opens_it_and_under_no_other(world, case):
    for pair, words in EACH.items():
        seen = shown(world.officer, case, pair)
        assert all(word in seen for word in words), (pair, seen)
        for other, kept in EACH.items():
            apart = set(kept) - set(words)
            assert other == pair or not any(word in seen for word in apart), (pair, other)
    others = [(category, side) for category in Category for side in Side if (category, side) not in EACH]
    assert shown(world.officer, case, *(pair for pair in others if pair[0] != Category.SUMMARY)) == "[]"
    assert REASONS not in shown(world.officer, case, *EACH), "why it was asked for stays with its page"


def test_on_his_side_it_shows_what_he_was_notified_of_and_nothing_of_hers(world, case):
    seen = shown(world.officer, case, *EACH, side="perpetrator")
    assert CONDITIONS in seen and HIS_ACTION in seen and "Detained: " in seen
    for kept in (WORDS, CODE_WORD, WISH, KEPT, "If he is released", "alarm", "Safety plan"):
        assert kept not in seen, kept


def test_his_programme_stands_under_work_with_him_and_never_for_her_side(world, case):
    pair = (Category.PERPETRATOR_WORK, Side.PERPETRATOR)
    seen = shown(world.programme, case, pair, side="neutral")
    assert "Programme, begun" in seen and "'1'" in seen
    assert shown(world.programme, case, pair) == "[]"


def test_the_page_before_a_decision_shows_them_beside_the_services(world, case):
    with acting_as(world.officer):
        found = Case.objects.get(pk=case.pk)
        opening = Opening(("judicial:case", "contact:victim"), contributes=True)
        seen = preview(
            case=found, access=for_case(found, world.officer), recipient=world.shelter.agency, side="victim",
            opening=opening,
        )  # fmt: skip
    told = str(seen.groups)
    for word in (WORDS, HIS_ACTION, CODE_WORD, CONDITIONS, "Detained: ", "If he is released"):
        assert word in told, word
