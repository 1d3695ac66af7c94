"""The curve of the risk, two assessments compared, two grids side by side: on a desk and a phone, light and dark."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from agencies.acting import acting_as
from common.clock import local, now
from common.ids import uuid7
from riskassessment.models import TurningPoint
from tests.cases.helpers import bring_in
from tests.casework.test_over_time import CRITICAL, HIS, assess
from tests.factories import make_report

from .test_assessment import enter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]


@pytest.fixture
def story(committed_world):
    """Three months of a case: police four times, the programme twice; the prosecutor reads both; they disagree."""
    world = committed_world
    case = make_report(world.officer).case
    bring_in(case, world.officer, world.programme, ["identity:perpetrator"], side="perpetrator")
    bring_in(case, world.officer, world.prosecutor, ["risk:case", "level:case", "facts:case"], side="neutral")
    bring_in(case, world.programme, world.prosecutor, ["perpetrator_work:perpetrator"], side="neutral")
    start = now() - timedelta(days=88)
    assess(world.officer, case, level="moderate", at=start, escalation="yes", stalking="yes")
    assess(world.programme, case, HIS, level="moderate", at=start + timedelta(days=16))
    assess(world.officer, case, level="high", at=start + timedelta(days=40), strangulation="yes", escalation="yes")
    comment = {"value": "yes", "comment": "Il l’a écrit à sa sœur.", "source": "document"}
    assess(
        world.officer, case, level="critical", at=start + timedelta(days=58), **CRITICAL | {"death_threats": comment}
    )
    assess(world.programme, case, HIS, level="low", at=start + timedelta(days=71), attendance="regular")
    assess(world.officer, case, at=start + timedelta(days=80), strangulation="unknown", escalation="yes")
    with acting_as(world.officer):
        for days, kind in ((39, "separation"), (57, "measure_breached")):
            TurningPoint.objects.create(
                category="facts", side="case", case=case, kind=kind, source_id=uuid7(), words="",
                happened_on=local(start + timedelta(days=days)).date(),
                agency=world.officer.agency, author=world.officer.user,
            )  # fmt: skip
    return case


def test_the_risk_over_time(page: Page, live_server, committed_world, story, look):
    enter(page.context, live_server, committed_world.prosecutor)
    page.goto(f"{live_server.url}/cases/{story.pk}/assessments/over-time/")
    expect(page.locator("svg.chart-wide")).to_be_visible()
    expect(page.locator("svg.chart-narrow")).to_be_hidden()
    expect(page.locator(".disagreement")).to_be_visible()
    look(page, "over-time")
    page.set_viewport_size({"width": 390, "height": 900})
    expect(page.locator("svg.chart-narrow")).to_be_visible()
    expect(page.locator("svg.chart-wide")).to_be_hidden()


def test_two_assessments_and_two_grids(page: Page, live_server, committed_world, story, look):
    enter(page.context, live_server, committed_world.prosecutor)
    page.goto(f"{live_server.url}/cases/{story.pk}/assessments/")
    look(page, "list")
    page.locator("a[href*='/compare/?one=']").first.click()
    expect(page.locator(".compare-list").first).to_be_visible()
    look(page, "diff")
    his = page.locator("#other option", has_text="Programme Passerelle").first.get_attribute("value")
    page.select_option("#other", his)
    page.locator("form.panel button[type=submit]").click()
    expect(page.locator(".compare-factors")).to_be_visible()
    look(page, "side-by-side")


def test_the_small_curve(page: Page, live_server, committed_world, story, look):
    enter(page.context, live_server, committed_world.prosecutor)
    page.goto(f"{live_server.url}/cases/{story.pk}/")
    expect(page.locator("#risk-title")).to_be_visible()
    look(page, "summary")
