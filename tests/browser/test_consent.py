"""A consent agreed to with her: the form without losing anything, the paper, and its end, on a desk and on a phone."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from cases.models import Case
from common.acting import SystemContext, system_context
from common.clock import now
from followups.models import FollowUp, FollowUpKind
from tests.referrals_acts import make_case
from tests.sharing.consent_acts import open_on, write

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_recorded_printed_withdrawn(page: Page, committed_world, live_server, look, log_in):
    world = committed_world
    case = make_case(world.officer)
    before = write(world.officer, case, world.shelter, valid_until=now() + timedelta(days=3))
    open_on(world.officer, before, world.shelter)
    with system_context(SystemContext.REMINDERS):
        Case.objects.filter(pk=case.pk).update(level="critical")
    log_in(page, world.officer.user)
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
    log_in(page, world.eva.user)
    page.goto(f"{live_server.url}/followups/{asked.pk}/")
    look(page, "asked")
