"""A consent agreed to with her: the form without losing anything, the paper, and its end, on a desk and on a phone."""

import os
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from cases.models import Case
from common.acting import SystemContext, system_context
from common.clock import now
from followups.models import FollowUp, FollowUpKind
from tests.factories import PASSWORD
from tests.referrals_acts import make_case
from tests.sharing.consent_acts import open_on, write

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def look(accessible):
    """Check the page with axe at each width and in both themes, and keep pictures where MOVE_LOOK names a folder."""

    def check(page: Page, name: str) -> None:
        for width, theme in ((1280, "light"), (390, "light"), (390, "dark"), (320, "light")):
            page.evaluate("theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme)
            page.set_viewport_size({"width": width, "height": 900})
            accessible(page)
            if folder := os.environ.get("MOVE_LOOK"):
                page.screenshot(path=f"{folder}/consent-{name}-{width}-{theme}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})

    return check


def log_in(page: Page, server, email: str) -> None:
    page.goto(f"{server.url}/account/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/account/login" not in url)


def test_recorded_printed_withdrawn(page: Page, committed_world, live_server, look):
    world = committed_world
    case = make_case(world.officer)
    before = write(world.officer, case, world.shelter, valid_until=now() + timedelta(days=3))
    open_on(world.officer, before, world.shelter)
    with system_context(SystemContext.REMINDERS):
        Case.objects.filter(pk=case.pk).update(level="critical")
    log_in(page, live_server, world.officer.user.email)
    tab = f"{live_server.url}/cases/{case.pk}/access/"
    page.goto(tab)
    look(page, "tab")
    page.get_by_role("link", name="Enregistrer un consentement").click()
    look(page, "form")
    page.locator("textarea[name=explained]").fill("Qui verra quoi, et comment arrêter.")
    page.get_by_role("button", name="Enregistrer ce consentement").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.locator("textarea[name=explained]")).to_have_value("Qui verra quoi, et comment arrêter.")
    look(page, "form-refused")
    page.locator("label.choice", has_text="Diallo-Test").first.click()
    for value in ("subject", "oral", "given"):
        page.locator(f"input[type=radio][value={value}]").check()
    page.locator("select[name=language]").select_option("ar")
    for name, value in (("categories", "identity"), ("categories", "contact"), ("purposes", "support")):
        page.locator(f"input[name={name}][value={value}]").check()
    page.locator("details", has=page.locator(f"input[value='{world.stranger.agency_id}']")).locator("summary").click()
    page.locator(f"input[value='{world.stranger.agency_id}']").check()
    page.get_by_role("button", name="Enregistrer ce consentement").click()
    page.wait_for_url(lambda url: "#consent-" in url)
    page.get_by_role("link", name="La feuille").first.click()
    expect(page.locator("main.sheet")).to_have_attribute("dir", "rtl")
    look(page, "sheet")
    page.emulate_media(media="print")
    expect(page.locator("nav.bar")).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="discrète").click()
    look(page, "discreet")
    page.goto(f"{tab}consents/{before.pk}/withdraw/")
    look(page, "withdraw")
    page.get_by_role("button", name="Retirer maintenant").click()
    expect(page.get_by_text("Le consentement est retiré")).to_be_visible()

    with system_context(SystemContext.REMINDERS):
        asked = FollowUp.objects.get(kind=FollowUpKind.WITHDRAWAL_CHECK)
    page.context.clear_cookies()
    log_in(page, live_server, world.eva.user.email)
    page.goto(f"{live_server.url}/followups/{asked.pk}/")
    look(page, "asked")
