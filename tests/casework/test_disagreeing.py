"""Two grids that disagree: told once, in nobody's name, to who receives the level."""

from datetime import timedelta

import pytest

from agencies.acting import acting_as
from cases.access import for_case
from cases.models import Case, CaseEvent
from casework.assessing import sign_assessment
from casework.disagreeing import alert, tell
from common.clock import now
from tests.cases.helpers import as_, bring_in, text, url
from tests.factories import make_report

from .test_over_time import HIS, assess

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world):
    case = make_report(world.officer).case
    bring_in(case, world.officer, world.programme, ["identity:perpetrator"], side="perpetrator")
    return case


def told(by, case) -> list[CaseEvent]:
    with acting_as(by):
        return list(CaseEvent.objects.filter(case=case, code="levels_disagree"))


def alerted(by, case) -> bool:
    with acting_as(by):
        found = Case.objects.get(pk=case.pk)
        return alert(found, for_case(found, by)) is not None


def test_told_once_by_whoever_signs_last_and_only_to_who_receives_the_level(world, case):
    start = now() - timedelta(days=30)
    police = assess(world.officer, case, level="high", at=start, strangulation="yes")
    assert not told(world.officer, case) and not alerted(world.officer, case)
    his = assess(world.programme, case, HIS, level="low", at=start + timedelta(days=2))
    event = told(world.officer, case)[0]
    assert event.payload == {"assessments": sorted([str(police.pk), str(his.pk)])}
    assert (event.agency, event.user, event.next_act) == (None, None, "ask_coordination")
    assert (event.category, event.side) == ("level", "case")
    with acting_as(world.programme):
        sign_assessment(by=world.programme, assessment_id=his.pk)  # again
        tell(case=case)
    assert len(told(world.officer, case)) == 1 and not told(world.programme, case)
    assert alerted(world.officer, case) and not alerted(world.programme, case)


def test_a_new_pair_is_told_anew_and_the_alert_goes_when_they_agree(world, case):
    start = now() - timedelta(days=30)
    assess(world.officer, case, level="critical", at=start, strangulation="yes")
    assess(world.programme, case, HIS, level="low", at=start + timedelta(days=2))
    assert len(told(world.officer, case)) == 1, "signed and concluded: one pair"
    assess(world.officer, case, level="high", at=start + timedelta(days=9), strangulation="yes")
    assert len(told(world.officer, case)) == 2
    assess(world.officer, case, level="moderate", at=start + timedelta(days=12))
    assert len(told(world.officer, case)) == 2 and not alerted(world.officer, case)


def test_the_pages_say_it_without_naming_a_grid_that_is_not_read(world, case):
    bring_in(case, world.officer, world.other_officer, ["level:case"], side="neutral", contributes=False)
    start = now() - timedelta(days=30)
    assess(world.officer, case, level="high", at=start, strangulation="yes")
    assess(world.programme, case, HIS, level="low", at=start + timedelta(days=2))
    words = "Deux services jugent le risque différemment"
    for by in (world.officer, world.other_officer):
        for name in ("cases:summary", "riskassessment:case_list", "casework:over_time"):
            seen = text(as_(by).get(url(name, case)))
            assert words in seen, name
    ask = url("casework:ask_coordination", case)
    assert ask in text(as_(world.officer).get(url("casework:over_time", case)))
    assert ask not in text(as_(world.other_officer).get(url("casework:over_time", case))), "it only reads"
    for name in ("riskassessment:case_list", "casework:over_time"):
        assert "auteur présumé" not in text(as_(world.other_officer).get(url(name, case))).split("<main")[1]
    for name in ("cases:summary", "riskassessment:case_list", "casework:over_time"):
        assert words not in text(as_(world.programme).get(url(name, case))), name
