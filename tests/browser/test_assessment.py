"""A grid at the counter, on a phone: autosave, two people, critical questions, the result; and on a wide screen."""

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from agencies.acting import acting_as
from cases.access import for_case
from riskassessment.models import Assessment
from riskassessment.services import save_answers, start
from tests.factories import make_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def draft(committed_world):
    officer = committed_world.officer
    report = make_report(officer, "police_complaint")
    with acting_as(officer):
        access = for_case(report.case, officer)
        return start(
            by=officer,
            case=report.case,
            access=access,
            grid_slug="police-demonstration",
            report=report,
            presence="alone",
        )


@pytest.fixture
def opened(page: Page, live_server, committed_world, draft):
    """The grid's page, as the officer."""
    client = Client()
    client.force_login(committed_world.officer.user)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/cases/{draft.case_id}/assessments/{draft.pk}/")
    return page


def answer(page: Page, item: str, position: int) -> None:
    page.locator(f'label[for="id_a-{item}_{position}"]').click()


def saved(page: Page) -> None:
    expect(page.locator('[data-autosave-status][data-state="saved"]')).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_answers_are_kept_as_they_are_given_then_signed(opened, accessible, committed_world, draft, width):
    opened.set_viewport_size({"width": width, "height": 844})
    accessible(opened)
    expect(opened.locator("[data-critical-count]")).to_have_text("6")
    answer(opened, "strangulation", 0)
    saved(opened)
    expect(opened.locator("[data-critical-count]")).to_have_text("5")
    expect(opened.locator('[data-critical-left="a-strangulation"]')).to_be_hidden()
    opened.reload()
    expect(opened.locator("#id_a-strangulation_0")).to_be_checked()

    opened.locator("[data-grid] .btn-primary").click()
    summary = opened.locator("[data-error-summary]")
    expect(summary.locator("li")).to_have_count(5)
    expect(summary).to_be_focused()
    accessible(opened)
    summary.locator("a").first.click()
    expect(opened.locator("#id_a-death_threats_0")).to_be_focused()
    for item in ("death_threats", "weapon_access", "perpetrator_suicidal", "children_harmed", "fear_killed"):
        answer(opened, item, 2)
    expect(opened.locator("[data-critical-none]")).to_be_visible()
    saved(opened)
    opened.locator("[data-grid] .btn-primary").click()

    expect(opened.locator(".result-levels .level-high")).to_be_visible()
    expect(opened.locator(".notice-warning", has_text="COL 15/2020")).to_be_visible()
    accessible(opened)
    opened.get_by_label("Élevé").check()
    opened.get_by_label("Justification").fill(
        "Elle nomme la strangulation ; le reste n’a pas pu être demandé en sécurité."
    )
    opened.locator('form[action$="/conclude/"] button').click()
    expect(opened.locator(".kept-text")).to_contain_text("strangulation")
    accessible(opened)
    with acting_as(committed_world.officer):
        assert Assessment.objects.get(pk=draft.pk).indicative_level == "high"


def test_when_a_colleague_saved_meanwhile_both_values_are_shown(opened, accessible, committed_world, draft):
    colleague = committed_world.police_referent
    with acting_as(colleague):
        save_answers(by=colleague, assessment_id=draft.pk, answers={"escalation": "no"}, version=0)
    answer(opened, "escalation", 0)
    panel = opened.locator("[data-conflict-item]")
    expect(panel).to_contain_text("Oui")
    expect(panel).to_contain_text("Non")
    accessible(opened)
    panel.locator('[data-keep="yours"]').click()
    saved(opened)
    with acting_as(colleague):
        assert Assessment.objects.get(pk=draft.pk).answers["escalation"]["value"] == "yes"
