"""A grid at the counter, on a phone: autosave, two people, critical questions, the result; and on a wide screen. Every
type of question by keyboard alone; the answers of last time; without a script.
"""

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from agencies.acting import acting_as
from cases.access import for_case
from riskassessment.models import Assessment
from riskassessment.services import save_answers, sign, start
from tests.factories import make_report
from tests.riskassessment import every_type

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


def enter(context, live_server, member) -> None:
    """Log this person in, without the form."""
    client = Client()
    client.force_login(member.user)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])


@pytest.fixture
def opened(page: Page, live_server, committed_world, draft):
    """The grid's page, as the officer."""
    enter(page.context, live_server, committed_world.officer)
    page.goto(f"{live_server.url}/cases/{draft.case_id}/assessments/{draft.pk}/")
    return page


@pytest.fixture
def every(committed_world):
    """A draft with every type of question, beginning from a signed one; with its path."""
    officer = committed_world.officer
    every_type.publish(every_type.raw())
    report = make_report(officer, "police_complaint")
    with acting_as(officer):
        begin = {"by": officer, "case": report.case, "grid_slug": every_type.SLUG, "report": report}
        begin |= {"access": for_case(report.case, officer), "presence": "alone"}
        before = start(**begin)
        known = {"weapon": {"value": "yes", "comment": "Un couteau.", "source": "victim"}, "which": ["knife"]}
        before = sign(by=officer, assessment_id=before.pk, answers=known | {"home": "together", "times": 2})
        return start(**begin, based_on=before)


def path_of(assessment) -> str:
    return f"/cases/{assessment.case_id}/assessments/{assessment.pk}/"


def kept(member, assessment) -> Assessment:
    with acting_as(member):
        return Assessment.objects.get(pk=assessment.pk)


def answer(page: Page, item: str, position: int) -> None:
    page.locator(f'label[for="id_a-{item}_{position}"]').click()


def saved(page: Page) -> None:
    expect(page.locator('[data-autosave-status][data-state="saved"]')).to_be_visible()


@pytest.mark.parametrize("width", [390, pytest.param(1280, marks=pytest.mark.long)])
def test_answers_are_kept_as_they_are_given_then_signed(opened, accessible, committed_world, draft, width):
    opened.set_viewport_size({"width": width, "height": 844})
    accessible(opened)
    expect(opened.locator("[data-critical-count]")).to_have_text("6")
    answer(opened, "strangulation", 0)
    saved(opened)
    expect(opened.locator("[data-critical-count]")).to_have_text("5")
    expect(opened.locator('[data-critical-left="a-strangulation"]')).to_have_attribute("hidden", "")
    opened.locator(".critical-left summary").click()
    opened.locator('[data-critical-left="a-death_threats"] a').click()
    expect(opened.locator(".critical-panel")).to_be_hidden()
    expect(opened.locator("#id_a-death_threats")).to_be_in_viewport()
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


@pytest.mark.long
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


@pytest.mark.long
def test_every_type_is_answered_by_keyboard_alone(page: Page, live_server, committed_world, every, look):
    enter(page.context, live_server, committed_world.officer)
    page.goto(live_server.url + path_of(every))
    press, to = page.keyboard.press, page.locator

    def tab(selector: str, most: int = 12) -> None:
        """Go on with Tab until the focus is there."""
        for _time in range(most):
            press("Tab")
            if page.evaluate("(s) => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"not reached: {selector}")

    expect(to("[data-grid-words]")).to_have_text("0 sur 6")
    for hidden in ("which", "last_seen", "close"):
        expect(to(f"#id_a-{hidden}")).to_be_hidden()
    to("#id_a-weapon").focus()
    tab("[data-confirm] button")
    tab("#id_a-weapon_0")
    press("Space")
    expect(to("#id_a-which")).to_be_visible()  # asked because there is a weapon
    expect(to("[data-grid-words]")).to_have_text("1 sur 7")
    tab("details.comment > summary")
    press("Enter")
    tab("#id_c-weapon")
    page.keyboard.type("Un fusil de chasse.")
    tab("#id_s-weapon")
    page.keyboard.type("La vic")
    expect(to("#id_s-weapon")).to_have_value("victim")

    tab("#id_a-which_0", most=20)
    press("Space")
    tab("#id_a-which_2")
    press("Space")  # none of these stands alone
    expect(to("#id_a-which_0")).not_to_be_checked()
    press("Shift+Tab")
    press("Space")
    expect(to("#id_a-which_2")).not_to_be_checked()
    expect(to("#id_a-which_1")).to_be_checked()

    to("[data-next-unanswered]").focus()
    press("Enter")  # the first one behind where one was
    tab("[name=a-home]")
    press("ArrowDown")
    expect(to("#id_a-home_1")).to_be_checked()
    tab("[name=a-fear]")
    for _time in range(3):
        press("ArrowRight")
    expect(to("#id_a-fear_3")).to_be_checked()
    tab("#id_a-times_input")
    page.keyboard.type("4")
    tab("[name=a-times][value=unknown]")
    press("Space")
    expect(to("#id_a-times_input")).to_have_value("")
    press("Shift+Tab")
    page.keyboard.type("2")
    expect(to("[name=a-times][value=unknown]")).not_to_be_checked()
    press("Tab")
    expect(to("#id_a-last_seen")).to_be_visible()
    tab("[name=a-last_seen][value=unknown]")
    press("Space")
    tab("[name=a-network]")
    press("Space")
    expect(to("#id_a-close")).to_be_visible()
    tab("[name=a-close]")
    press("ArrowRight")
    tab("#id_a-own_words_input", most=20)
    page.keyboard.type("Il reviendra.")
    press("Tab")
    expect(to("[data-grid-words]")).to_have_text("9 sur 9")
    expect(to("[data-next-unanswered]")).to_have_attribute("href", "#sign")
    saved(page)
    look(page, "every-type")
    tab("#sign .btn-primary", most=20)
    press("Enter")
    page.locator(".result").first.wait_for()
    found = kept(committed_world.officer, every)
    assert found.signed_at and found.indicative_level == "high"
    assert {item: answer["value"] for item, answer in found.answers.items()} == {
        "weapon": "yes", "which": ["knife"], "home": "leaving", "fear": 3, "times": 2, "last_seen": "unknown",
        "network": "yes", "close": "no", "own_words": "Il reviendra.",
    }  # fmt: skip
    assert found.answers["weapon"] == {"value": "yes", "comment": "Un fusil de chasse.", "source": "victim"}


@pytest.mark.long
def test_on_a_phone_one_card_after_the_other_with_the_answers_of_last_time(
    page: Page, live_server, committed_world, every
):
    enter(page.context, live_server, committed_world.officer)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(live_server.url + path_of(every))
    weapon = page.locator("#id_a-weapon")
    expect(weapon.locator("[data-confirm] input")).to_have_count(0)
    weapon.locator("[data-confirm] button").click()
    expect(page.locator("#id_a-weapon_0")).to_be_checked()
    expect(page.locator("#id_c-weapon")).to_have_value("Un couteau.")
    expect(weapon.locator("[data-confirm]")).to_be_hidden()
    weapon.locator("[data-step='1']").click()
    expect(page.locator("#id_a-which")).to_be_in_viewport()
    expect(page.locator("#id_a-which")).to_be_focused()
    page.locator("#id_a-which [data-confirm] button").click()
    expect(page.locator("#id_a-which_1")).to_be_checked()
    page.locator("#id_a-which [data-step='1']").click()
    expect(page.locator("#id_a-home")).to_be_focused()
    # its own question steps over what is not asked
    page.locator("#id_a-times [data-step='1']").click()
    expect(page.locator("#id_a-network")).to_be_focused()
    saved(page)
    assert kept(committed_world.officer, every).answers == {
        "weapon": {"value": "yes", "comment": "Un couteau.", "source": "victim"},
        "which": {"value": ["knife"], "comment": ""},
    }
    page.locator("#id_a-times_input").fill("900")
    expect(page.locator("#id_a-times [data-refusal]")).to_be_visible()
    expect(page.locator('[data-autosave-status][data-state="refused"]')).to_be_visible()
    page.locator("#id_a-times_input").fill("9")
    saved(page)
    expect(page.locator("[data-refusal]")).to_have_count(0)


@pytest.mark.long
def test_without_a_script_every_question_says_when_it_is_asked(browser, live_server, committed_world, every):
    context = browser.new_context(java_script_enabled=False, locale="fr-BE", viewport={"width": 390, "height": 844})
    enter(context, live_server, committed_world.officer)
    page = context.new_page()
    page.goto(live_server.url + path_of(every))
    which = page.locator("#id_a-which")
    expect(which).to_be_visible()
    expect(which.locator(".only-if")).to_contain_text("seulement si")
    page.locator("#id_k-weapon").check()
    page.locator("#id_a-which_0").check()
    page.locator("#id_a-times_input").fill("3")
    page.locator("[name=a-times][value=unknown]").check()
    page.locator("#sign .btn-primary").click()
    expect(page.locator("[data-error-summary] li")).to_have_count(1)
    expect(page.locator("#id_k-weapon")).to_be_checked()
    page.locator("[name=a-times][value=unknown]").uncheck()
    page.locator("#sign .btn-primary").click()
    page.locator(".result").first.wait_for()
    found = kept(committed_world.officer, every)
    assert found.answers == {
        "weapon": {"value": "yes", "comment": "Un couteau.", "source": "victim"},
        "which": {"value": ["gun"], "comment": ""},
        "times": {"value": 3, "comment": ""},
    }
    context.close()


def test_whether_she_is_alone_is_asked_before_anything(page: Page, live_server, committed_world, look):
    report = make_report(committed_world.officer)
    enter(page.context, live_server, committed_world.officer)
    page.goto(f"{live_server.url}/cases/{report.case_id}/assessments/")
    page.locator("button[name=grid][value=counter-checklist]").last.click()
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    look(page, "presence")
    summary.locator("a").click()
    expect(page.locator("#start-presence-alone")).to_be_focused()
    page.locator("#start-presence-alone").check()
    page.locator("button[name=grid][value=counter-checklist]").last.click()
    expect(page.locator("form[data-grid]")).to_be_visible()
    with acting_as(committed_world.officer):
        assert Assessment.objects.get().presence == "alone"
