"""The chart tells the same as the level of the case; what moved it is told to who reads it, and to nobody else."""

from datetime import timedelta

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from cases.access import for_case
from cases.models import Case
from casework.assessing import conclude_level, sign_assessment
from casework.over_time import curve, over_time
from common.clock import local, now, travel
from common.ids import uuid7
from riskassessment import services
from riskassessment.models import Assessment, AssessmentReview, TurningPoint
from riskassessment.versions import definition_of
from tests.cases.helpers import Queries, as_, bring_in, text, url
from tests.factories import make_report

pytestmark = pytest.mark.django_db

POLICE, HIS = "police-demonstration", "perpetrator-demonstration"
REASONS = "Il est suivi chaque semaine et il a quitté le domicile."


@pytest.fixture
def case(world):
    """A case of zone A; the programme works with him and fills in its own grid. Zone B receives the level alone."""
    case = make_report(world.officer).case
    bring_in(case, world.officer, world.programme, ["identity:perpetrator"], side="perpetrator")
    bring_in(case, world.officer, world.other_officer, ["level:case"], side="neutral", contributes=False)
    return case


def assess(by, case, slug=POLICE, level="", *, at=None, **answers) -> Assessment:
    """A grid signed by `by`, every question answered "no" but for `answers`; its level concluded where it is named."""
    with travel(at or now()), acting_as(by):
        access = for_case(Case.objects.get(pk=case.pk), by)
        draft = services.start(by=by, case=case, access=access, grid_slug=slug, presence="alone")
        questions = definition_of(draft.grid_version).questions
        given = {item.id: "no" for item in questions if item.type == "yes_no"} | answers
        signed = sign_assessment(by=by, assessment_id=draft.pk, answers=given)
        if level:
            conclude_level(by=by, assessment_id=signed.pk, level=level, justification=REASONS)
    return signed


def level_of(world, case) -> tuple[str, bool]:
    with acting_as(world.officer):
        found = Case.objects.get(pk=case.pk)
    return found.level, found.level_provisional


def page(by, case) -> str:
    answer = as_(by).get(url("casework:over_time", case))
    assert answer.status_code == 200
    return text(answer)


def told(by, case):
    with acting_as(by):
        found = Case.objects.get(pk=case.pk)
        return over_time(found, for_case(found, by))


CRITICAL = {"strangulation": "yes", "death_threats": "yes"}


def test_the_curve_ends_where_the_case_stands_after_every_act(world, case):
    def ends_there():
        for by in (world.officer, world.other_officer):
            with acting_as(by):
                last = curve(Case.objects.get(pk=case.pk))[-1]
                assert (last.level, last.provisional) == level_of(world, case)

    start = now() - timedelta(days=40)
    assess(world.officer, case, at=start, strangulation="yes")
    ends_there()
    assess(world.officer, case, level="high", at=start + timedelta(days=3), strangulation="yes")
    ends_there()
    assess(world.programme, case, HIS, level="critical", at=start + timedelta(days=9))
    ends_there()
    assess(world.officer, case, level="low", at=start + timedelta(days=20))
    ends_there()
    with acting_as(world.officer):
        points = curve(Case.objects.get(pk=case.pk))
        drawn = [(point.level, point.provisional) for point in points]
        assert drawn == [("high", True), ("high", False), ("critical", False)]


def test_what_moved_the_level_is_told_where_it_is_read_and_stands_without_a_reason_elsewhere(world, case):
    start = now() - timedelta(days=20)
    assess(world.officer, case, level="moderate", at=start)
    assess(world.programme, case, HIS, level="high", at=start + timedelta(days=5))
    police = told(world.officer, case)
    assert [(each.grid != "", each.stands) for each in police.happenings[::-1]] == [
        (True, ("low", True)),
        (True, ("moderate", False)),
        (False, ("high", False)),
    ], "signed, concluded, and what the programme retained"
    assert "grille que votre service ne lit pas" in page(world.officer, case)
    assert not police.happenings[0].url and not police.happenings[0].given
    assert [grid.letter for grid in police.grids] == ["A"], "its own grid, beside what the case stands at"
    with acting_as(world.officer):
        assert "perpetrator" not in str(police.happenings) and world.programme.agency.short_name not in str(police)
    zone_b = told(world.other_officer, case)
    assert len(zone_b.happenings) == 3 and not any(each.grid or each.who or each.url for each in zone_b.happenings)
    assert not zone_b.grids and zone_b.happenings[0].stands == level_of(world, case)


def test_without_the_level_a_service_follows_its_own_grids_alone(world, case):
    start = now() - timedelta(days=20)
    assess(world.officer, case, level="critical", at=start, **CRITICAL)
    assess(world.programme, case, HIS, level="low", at=start + timedelta(days=5))
    found = told(world.programme, case)
    assert {each.grid for each in found.happenings} == {found.grids[0].title}
    assert not any(each.stands for each in found.happenings)
    seen = page(world.programme, case)
    for hers in ("level-critical", "Zone de police", "Fatou", "Diallo"):
        assert hers not in seen, hers
    assert "level-low" in seen


def test_the_perpetrators_side_reads_no_turning_point_of_hers(world, case):
    assess(world.programme, case, HIS, level="high")
    with acting_as(world.officer):
        common = {"case": case, "agency": world.officer.agency, "author": world.officer.user}
        for category, side, kind, words in (
            ("facts", "case", "report", "Nouveau PV"),
            ("health", "victim", "pregnancy", "Enceinte de trois mois"),
        ):
            TurningPoint.objects.create(
                category=category, side=side, kind=kind, words=words, source_id=uuid7(),
                happened_on=local(now()).date() - timedelta(days=2), **common,
            )  # fmt: skip
    with acting_as(world.officer):
        assert "Nouveau PV" in page(world.officer, case)
    seen = page(world.programme, case)
    assert "Nouveau PV" not in seen and "Enceinte" not in seen and "Grossesse" not in seen
    kinds = [(each.kind, each.whole_day) for each in told(world.officer, case).happenings]
    assert ("turning", True) in kinds


def test_a_returned_assessment_is_told_to_who_reads_it(world, case):
    assessment = assess(world.officer, case, level="moderate", at=now() - timedelta(days=1))
    with acting_as(world.police_manager):
        AssessmentReview.objects.create(
            category=assessment.category,
            side=assessment.side,
            case=case,
            assessment=assessment,
            verdict="returned",
            remarks="Demander pour les armes.",
            agency=world.police_manager.agency,
            author=world.police_manager.user,
        )
    found = told(world.officer, case)
    assert [each.kind for each in found.happenings] == ["returned", "act", "act"]
    assert "returned" not in [each.kind for each in told(world.other_officer, case).happenings]


def test_the_page_has_the_numbers_of_the_chart_in_a_table(world, case):
    start = now() - timedelta(days=60)
    for step, level in enumerate(("low", "moderate", "high")):
        assess(world.officer, case, level=level, at=start + timedelta(days=20 * step), escalation="yes")
    seen = page(world.officer, case)
    assert 'role="img"' in seen and 'aria-describedby="over-time-table"' in seen and 'id="over-time-table"' in seen
    found = told(world.officer, case)
    assert [each.number for each in found.happenings] == [6, 5, 4, 3, 2, 1]
    drawn = [mark["mark"].number for mark in found.drawings[0]["marks"]]
    assert drawn == [1, 2, 3, 4, 5, 6]
    assert sum(bool(each.compare_url) for each in found.happenings) == 2, "all but the first"
    for each in found.happenings:
        if each.compare_url:
            assert as_(world.officer).get(each.compare_url).status_code == 200


def test_only_the_latest_are_told_and_the_page_costs_the_same(world, case, monkeypatch):
    monkeypatch.setattr("casework.over_time.MOST", 3)
    start = now() - timedelta(days=60)
    client = as_(world.officer)

    def cost() -> int:
        client.get(url("casework:over_time", case))
        with Queries() as queries:
            assert client.get(url("casework:over_time", case)).status_code == 200
        return queries.count

    assess(world.officer, case, level="high", at=start)
    few = cost()
    for step in range(1, 5):
        assess(world.officer, case, level="critical", at=start + timedelta(days=step))
    assert cost() == few <= 15
    found = told(world.officer, case)
    assert found.cut and len(found.happenings) == 3
    assert found.drawings[0]["curves"][0]["spots"][-1]["point"].level == "critical"


def test_an_agency_that_takes_part_without_the_level_finds_the_room_and_its_tab(world, case):
    for by in (world.programme, world.eva):
        seen = text(as_(by).get(url("riskassessment:case_list", case)))
        assert reverse("riskassessment:case_list", args=[case.pk]) in seen
    assert as_(world.stranger).get(url("casework:over_time", case)).status_code == 404
    assert as_(world.stranger).get(url("casework:compare", case)).status_code == 404


# --- comparing ----------------------------------------------------------------------------------------------------
def test_two_assessments_of_a_grid_question_by_question(world, case):
    start = now() - timedelta(days=20)
    first = assess(world.officer, case, at=start, escalation="yes", strangulation="unknown")
    second = assess(
        world.officer,
        case,
        at=start + timedelta(days=5),
        strangulation={"value": "yes", "comment": "Elle en parle.", "source": "victim"},
    )
    answer = as_(world.officer).get(url("casework:compare", case))
    seen = text(answer)
    assert answer.context["one"]["assessment"] == second and answer.context["other"]["assessment"] == first
    assert [group["change"] for group in answer.context["diff"]["groups"]] == ["better", "newly_known"]
    assert "Elle en parle." in seen and "à peine" not in seen
    turned = as_(world.officer).get(url("casework:compare", case), {"one": first.pk, "other": second.pk})
    assert turned.context["one"]["assessment"] == second, "the later one is the later one"
    alone = as_(world.officer).get(url("casework:compare", case), {"one": first.pk})
    assert alone.status_code == 200 and alone.context["other"] is None
    same = as_(world.officer).get(url("casework:compare", case), {"one": first.pk, "other": first.pk})
    assert same.status_code == 200 and same.context["other"] is None


def test_two_grids_side_by_side_only_where_both_are_read(world, case):
    start = now() - timedelta(days=20)
    police = assess(world.officer, case, at=start, strangulation="yes")
    his = assess(world.programme, case, HIS, at=start + timedelta(days=5))
    both = {"one": police.pk, "other": his.pk}
    for by in (world.officer, world.programme, world.other_officer, world.stranger):
        assert as_(by).get(url("casework:compare", case), both).status_code == 404
    bring_in(case, world.officer, world.prosecutor, ["risk:case", "level:case"], side="neutral")
    assert as_(world.prosecutor).get(url("casework:compare", case), both).status_code == 404
    bring_in(case, world.programme, world.prosecutor, ["perpetrator_work:perpetrator"], side="neutral")
    answer = as_(world.prosecutor).get(url("casework:compare", case), both)
    assert answer.status_code == 200 and answer.context["beside"]["lines"]
    factors = [line["factor"] for line in answer.context["beside"]["lines"]]
    assert len(factors) == len(set(factors))


@pytest.mark.parametrize("nonsense", ["", "x", "00000000-0000-0000-0000-000000000000", "é" * 300])
def test_what_is_no_assessment_is_not_found(world, case, nonsense):
    first = assess(world.officer, case)
    status = 200 if not nonsense else 404
    assert as_(world.officer).get(url("casework:compare", case), {"one": nonsense}).status_code == status
    asked = {"one": first.pk, "other": nonsense}
    assert as_(world.officer).get(url("casework:compare", case), asked).status_code == status


def test_a_draft_is_not_compared(world, case):
    first = assess(world.officer, case, at=now() - timedelta(days=2))
    with acting_as(world.officer):
        access = for_case(Case.objects.get(pk=case.pk), world.officer)
        draft = services.start(by=world.officer, case=case, access=access, grid_slug=POLICE, presence="alone")
    asked = {"one": first.pk, "other": draft.pk}
    assert as_(world.officer).get(url("casework:compare", case), asked).status_code == 404
