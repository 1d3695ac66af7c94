"""What is told of a grid follows its own category and side: links, previews, corrections, the second lock."""

from datetime import timedelta

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from audit.models import AuditEvent
from cases.access import CaseAccess, for_case
from cases.enums import VIEW_CASE
from cases.models import Case
from casework.rectifying import resolve
from casework.shown_grids import lines
from common.clock import local, now
from common.ids import uuid7
from riskassessment.models import Assessment, Conclusion, TurningPoint
from tests.cases.helpers import as_, bring_in, text, url
from tests.factories import make_report

from .test_over_time import HIS, assess

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(world):
    """Zone A and the programme have each concluded a level; zone B receives the level, the prosecutor reads both."""
    case = make_report(world.officer).case
    bring_in(case, world.officer, world.programme, ["identity:perpetrator"], side="perpetrator")
    bring_in(case, world.officer, world.other_officer, ["level:case"], side="neutral", contributes=False)
    start = now() - timedelta(days=9)
    police = assess(world.officer, case, level="high", at=start, strangulation="yes")
    his = assess(world.programme, case, HIS, level="moderate", at=start + timedelta(days=3))
    bring_in(case, world.officer, world.prosecutor, ["risk:case", "level:case"], side="neutral")
    bring_in(case, world.programme, world.prosecutor, ["perpetrator_work:perpetrator"], side="neutral")
    return case, police, his


def address(case, assessment) -> str:
    return reverse("riskassessment:detail", args=[case.pk, assessment.pk])


def test_the_timeline_leads_to_the_assessments_one_reads(world, story):
    case, police, his = story
    leads = {
        world.officer: {police},
        world.programme: {his},
        world.other_officer: set(),
        world.prosecutor: {police, his},
    }
    for by, open_to in leads.items():
        seen = text(as_(by).get(url("cases:summary", case)))
        found = {one for one in (police, his) if address(case, one) in seen}
        assert found == open_to, by
        for one in (police, his):
            assert (as_(by).get(address(case, one)).status_code == 200) == (one in open_to)


def test_a_preview_shows_the_grids_of_the_categories_it_opens(world, story):
    case, _police, _his = story
    with acting_as(world.prosecutor):
        found = Case.objects.get(pk=case.pk)
        for name, pairs in (
            ("view_risk_case", {("risk", "case")}),
            ("view_perpetrator_work_perpetrator", {("perpetrator_work", "perpetrator")}),
            ("view_level_case", {("level", "case")}),
            ("view_psychosocial_victim", set()),
        ):
            new = CaseAccess(case.pk, world.stranger.agency_id, {VIEW_CASE: None, name: None}, "neutral")
            shown = list(lines(found, new))
            assert {(line.category, line.side) for line in shown} == pairs, name
            assert all(line.words for line in shown)


def test_a_correction_of_a_grid_stands_where_the_grid_does(world, story):
    case, police, his = story
    for by, one, pair in (
        (world.officer, police, ("risk", "case")),
        (world.programme, his, ("perpetrator_work", "perpetrator")),
    ):
        with acting_as(by):
            found = Case.objects.get(pk=case.pk)
            record = resolve(found, for_case(found, by), "assessment", one.pk).wrong_record
            assert (record.category, record.side) == pair


def test_the_second_lock_keeps_his_side_from_what_is_hers(world, story):
    case, police, his = story
    with acting_as(world.officer):
        TurningPoint.objects.create(
            category="health", side="victim", case=case, kind="pregnancy", source_id=uuid7(),
            happened_on=local(now()).date(), agency=world.officer.agency, author=world.officer.user,
        )  # fmt: skip
    with acting_as(world.programme):
        assert list(Assessment.objects.all()) == [his]
        assert {each.assessment_id for each in Conclusion.objects.all()} == {his.pk}
        assert not TurningPoint.objects.exists()
    with acting_as(world.other_officer):
        assert not Assessment.objects.exists()
        assert {each.assessment_id for each in Conclusion.objects.all()} == {police.pk}, "read with the level"


def test_the_trail_says_which_categories_a_list_showed(world, story):
    """Answers bound by secrecy that were read through a list are on record as such, and nothing else is."""
    case, _police, _his = story
    shows = {
        world.officer: {"risk:case", "level:case"},
        world.programme: {"perpetrator_work:perpetrator"},
        world.other_officer: {"level:case"},
        world.prosecutor: {"risk:case", "level:case", "perpetrator_work:perpetrator"},
    }
    for by, fields in shows.items():
        for kind, address in (
            ("cases.assessments", url("riskassessment:case_list", case)),
            ("api.assessments", reverse("api:case_assessments", args=[case.pk])),
        ):
            assert as_(by).get(address).status_code == 200
            with acting_as(by):
                read = AuditEvent.objects.filter(user_id=by.user_id, object_kind=kind).latest("at")
            assert set(read.fields) == fields, (by, kind)
