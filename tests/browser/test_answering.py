"""A referral answered in a real browser: from the inbox to its result, and the next proposal after a no."""

import pytest
from playwright.sync_api import Page, expect

from agencies.acting import acting_as
from casework.referring import decline_referral
from tests.browser.test_story import DESKTOP, PHONE, Site
from tests.referrals_acts import make_case, send

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_inbox_to_the_result(page: Page, live_server, committed_world, shot, accessible):
    world = committed_world
    case = make_case(world.officer)
    referral = send(world.officer, case, world.shelter, urgency="today", childcare=True)
    other = send(world.officer, case, world.shelter, need="legal")
    site = Site(page, live_server.url)
    page.set_viewport_size(PHONE)
    site.log_in(world.shelter.user.email)
    site.go("/referrals/")
    accessible(page)
    shot(page, "referrals-inbox-phone")
    page.locator("form[action$='/assign/'] button").first.click()
    site.go("/referrals/?show=mine")
    page.locator("main a[href*='/referrals/0']").first.click()
    accessible(page)
    page.locator("form[action$='/accept/'] button").click()
    expect(page.locator("main form[action$='/complete/']")).to_be_visible()
    accessible(page)
    page.set_viewport_size(DESKTOP)
    page.locator("form[action$='/begin/'] button").click()
    # without her consent nothing of content goes back: the page leads to asking for it
    expect(page.locator("form[action$='/feedback/']")).to_have_count(0)
    expect(page.locator("section[aria-labelledby='feedback-title'] a[href*='/consents/']")).to_be_visible()
    accessible(page)
    shot(page, "referral-under-way")
    page.locator("form[action$='/complete/'] [value=helped]").check()
    page.locator("form[action$='/complete/'] button").click()
    expect(page.locator("form[action$='/complete/']")).to_have_count(0)
    with acting_as(world.shelter):
        decline_referral(by=world.shelter, referral_id=other.pk, reason="no_place")
    site.log_in(world.officer.user.email)
    site.go(f"/referrals/{other.pk}/")
    accessible(page)
    shot(page, "referral-declined")
    expect(page.locator(f"main a[href*='after={other.pk}']").first).to_be_visible()
    site.go(f"/referrals/{referral.pk}/")
    accessible(page)
