"""Writing a referral in a real browser: kept while it is typed, refused with another service one click away."""

import re

import pytest
from playwright.sync_api import Page, expect

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from referrals.models import Referral
from tests.browser.test_story import DESKTOP, PHONE, Site
from tests.factories import make_agency, make_member
from tests.referrals_acts import make_case

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]


def test_a_referral_is_kept_while_typed_and_finds_another_service(
    page: Page, live_server, committed_world, accessible, shot
):
    world = committed_world
    case = make_case(world.officer)
    full = make_agency(AgencyKind.SHELTER, "Refuge Orme", side=AgencySide.VICTIM, free_places=0)
    second = make_member(make_agency(AgencyKind.SHELTER, "Refuge Saule", side=AgencySide.VICTIM, waiting_days=9))
    site = Site(page, live_server.url)
    page.set_viewport_size(PHONE)
    site.log_in(world.officer.user.email)
    form = f"/cases/{case.pk}/referrals/new/"
    site.go(form)
    accessible(page)

    # what is typed is kept, and found again from an empty form
    page.locator("[name=subject]").first.check()
    page.select_option("[name=need]", "shelter")
    page.fill("[name=reason]", "Elle cherche un lieu où dormir avec un enfant.")
    expect(page.locator("[data-autosave-status]")).to_contain_text(re.compile(r"\d"), timeout=15_000)
    site.go(form)
    page.locator("a[href*='?draft=']").click()
    expect(page.locator("[name=reason]")).to_have_value("Elle cherche un lieu où dormir avec un enfant.")
    shot(page, "referral-draft-phone")

    # a service that is not in the list is named on a page of its own, and chosen in the form
    page.locator("button[name=unlisted]").click()
    accessible(page)
    page.fill("[name=name]", "Cabinet médical Aulnaie")
    page.select_option("[name=kind]", "general_practice")
    page.fill("[name=postal_code]", "1210")
    page.fill("[name=professional_phone]", "02 555 61 61")
    shot(page, "referral-unlisted-phone")
    page.locator("form[action$='/unlisted/'] .form-actions button").click()
    expect(page.locator("[name=to_agency] option:checked")).to_have_text("Cabinet médical Aulnaie")
    expect(page.locator("[name=reason]")).to_have_value("Elle cherche un lieu où dormir avec un enfant.")

    # a full service is refused; another one is one click away and nothing typed is lost
    page.select_option("[name=to_agency]", str(full.pk))
    page.check("[name=urgency][value=today]")
    page.check("[name=basis][value=consent]")
    page.check("[name=given_how][value=oral]")
    page.fill("[name=explained]", "Qui verra quoi, jusqu’à quand, et qu’elle peut changer d’avis.")
    page.fill("[name=purpose]", "Trouver un hébergement")
    page.locator("form[action$='/referrals/new/'] button.btn-primary").click()
    expect(page.locator("[data-error-summary]")).to_be_visible()
    accessible(page)
    shot(page, "referral-refused-phone")
    page.locator(f"button[name=instead][value='to_agency:{world.shelter.agency_id}']").click()
    expect(page.locator("[data-error-summary]")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("Maison du Tilleul")
    accessible(page)

    # several services, in order, each with its preview
    page.set_viewport_size(DESKTOP)
    page.locator(".form-actions a.btn-outline-primary").click()
    page.locator("details:has([name=to_agency_2]) > summary").click()
    page.select_option("[name=to_agency_2]", str(second.agency_id))
    page.check("[name=order][value=in_order]")
    page.check("[name=childcare]")
    accessible(page)
    shot(page, "referral-several")
    page.locator("form[action$='/referrals/new/'] button.btn-primary").click()
    expect(page.locator("main")).to_contain_text("2. Refuge Saule")
    accessible(page)
    shot(page, "referral-several-preview")
    page.locator("form:has([name=token]) button.btn-primary").first.click()
    page.wait_for_url(re.compile(r"/referrals/$"))
    accessible(page)
    page.go_back()
    page.wait_for_url(re.compile(r"/referrals/$"))
    with acting_as(world.officer):
        assert list(Referral.objects.order_by("rank").values_list("state", flat=True)) == ["sent", "queued"]
    site.go(form)
    expect(page.locator("a[href*='?draft=']")).to_have_count(0)
