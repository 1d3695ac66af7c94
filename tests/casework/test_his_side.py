"""What a service on his side learns with every permission it may hold: never which service helps her, never that she
has reported again.
"""

from datetime import timedelta

import pytest

from agencies.acting import acting_as
from cases.access import for_case, participation_rows
from cases.enums import EventCode
from cases.models import Case, CaseEvent
from casework.assessing import conclude_level, review_assessment
from casework.disagreeing import alert
from casework.repeating import panel
from casework.work import sections
from common.clock import now, travel
from tests.cases.helpers import as_, text, url
from tests.factories import make_agency, make_member, make_report, train
from tests.riskassessment.test_assessment_paper import flat, printed

from .grid_acts import CRITICALITY, PERPETRATOR, bring_in, sign

pytestmark = pytest.mark.django_db

REASONS = "Elle s’est réfugiée chez sa sœur et il est détenu."
EVERYTHING = (
    "level:case", "risk:case", "psychosocial:victim", "identity:victim", "identity:perpetrator",
    "perpetrator_work:perpetrator", "facts:case", "facts:victim",
)  # fmt: skip


@pytest.fixture
def hers(world):
    return make_member(make_agency("shelter", "Refuge Les Tilleuls"), given_name="Odile", family_name="Refuge-Test")


@pytest.fixture
def his(world):
    return make_member(make_agency("mental_health", "Centre de guidance"))


@pytest.fixture
def case(world, hers, his):
    """Her shelter has assessed her twice; a centre that treats him holds whatever may be decided."""
    case = make_report(world.officer).case
    bring_in(world.officer, case, hers)
    bring_in(world.officer, case, his, EVERYTHING, side="perpetrator")
    return case


def verified(by, case):
    train(by, course="criticality")
    reviewer = make_member(by.agency, "manager", given_name="Irène", family_name="Relit-Test")
    train(reviewer, course="criticality")
    assessment = sign(by, case, CRITICALITY, "critical")
    with acting_as(by):
        conclude_level(by=by, assessment_id=assessment.pk, level="critical", justification=REASONS)
    with acting_as(reviewer):
        review_assessment(by=reviewer, assessment_id=assessment.pk, verdict="returned", remarks="À reprendre.")
    return assessment


def test_the_answers_he_may_be_told_do_not_say_who_wrote_them(world, case, hers, his):
    with travel(now() - timedelta(days=3)):
        first = verified(hers, case)
    last = sign(hers, case, CRITICALITY, "critical")
    pages = {
        "list": url("riskassessment:case_list", case),
        "first": url("riskassessment:detail", case, first.pk),
        "last": url("riskassessment:detail", case, last.pk),
        "over time": url("casework:over_time", case),
        "compare": url("casework:compare", case) + f"?one={last.pk}&other={first.pk}",
    }
    for name, address in pages.items():
        seen, by_hers = text(as_(his).get(address)), text(as_(hers).get(address))
        for who in ("Tilleuls", "Odile", "Irène"):
            assert who not in seen, f"{who} on {name}"
        assert "un autre service" in seen and "Tilleuls" in by_hers, name
    paper = flat(printed(his, first))
    assert "un autre service" in paper and not any(who in paper for who in ("Tilleuls", "Odile", "Irène"))
    assert "Odile" in flat(printed(hers, first)) and "Irène" in flat(printed(hers, first))


def test_repeated_events_and_disagreement_are_not_for_his_side(world, case, hers, his):
    train(hers, course="criticality")
    sign(hers, case, CRITICALITY, "critical")
    sign(his, case, PERPETRATOR, "low")
    with acting_as(world.officer):
        assert CaseEvent.objects.filter(case=case, code=EventCode.LEVELS_DISAGREE).exists()
        CaseEvent.objects.create(
            case=case, at=now(), code=EventCode.EVENTS_REPEATED, category="level", side="case",
            payload={"events": 3, "months": 12, "since": "today"},
        )  # fmt: skip
    told = ("jugent le risque différemment", "vus par tous les services ensemble")
    for by, reads in ((his, False), (world.officer, True)):
        seen = text(as_(by).get(url("cases:summary", case)))
        assert [words in seen for words in told] == [reads, reads], by
        with acting_as(by):
            found = Case.objects.get(pk=case.pk)
            access = for_case(found, by)
            assert access.level and (alert(found, access) is not None) == reads
            assert (panel(None, found, access) is not None) == reads


def test_neither_is_news_for_his_side(world, case, his):
    for by in (his, world.officer):
        as_(by).get(url("cases:summary", case))
    with acting_as(world.officer):
        CaseEvent.objects.create(
            case=case, at=now() + timedelta(seconds=1), code=EventCode.EVENTS_REPEATED, category="level", side="case",
            payload={"events": 3, "months": 12, "since": "today"},
        )  # fmt: skip
    for by, news in ((his, 0), (world.officer, 1)):
        with acting_as(by), travel(now() + timedelta(minutes=1)):
            assert len(sections(by)["news"]) == news, by


def test_lines_of_his_programme_are_not_for_her_side_in_news_lists_nor_the_database(world, case, hers, his):
    bring_in(world.officer, case, hers, ["perpetrator_work:perpetrator"])
    for by in (hers, his):
        as_(by).get(url("cases:summary", case))

    def moved(by) -> object:
        with acting_as(by):
            return participation_rows(by).get(content_object=case).sort_at

    before = {by: moved(by) for by in (hers, his)}
    with acting_as(world.officer):
        CaseEvent.objects.create(
            case=case, at=now() + timedelta(seconds=1), code=EventCode.PROGRAMME_BEGUN,
            category="perpetrator_work", side="perpetrator", payload={},
        )  # fmt: skip
    for by, reads in ((hers, False), (his, True)):
        with acting_as(by), travel(now() + timedelta(minutes=1)):
            assert for_case(case, by).can("perpetrator_work", "perpetrator")
            assert len(sections(by)["news"]) == reads, by
            assert CaseEvent.objects.filter(code=EventCode.PROGRAMME_BEGUN).exists() is reads, by
        assert (moved(by) > before[by]) is reads


def test_what_no_timeline_of_his_side_tells_the_database_keeps_from_it_too(world, case, his):
    codes = (EventCode.EVENTS_REPEATED, EventCode.CASE_REOPENED, EventCode.HEARING_ASKED)
    with acting_as(world.officer):
        for code in codes:
            CaseEvent.objects.create(case=case, at=now(), code=code, category="level", side="case", payload={})
            CaseEvent.objects.create(case=case, at=now(), code=code, category="summary", side="case", payload={})
        police = CaseEvent.objects.filter(code__in=codes).count()
    with acting_as(his):
        assert (police, CaseEvent.objects.filter(code__in=codes).count()) == (6, 0)
