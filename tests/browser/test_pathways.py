"""From a need that was expressed to the form of a referral, filled in; the editor of the rules; the map of gaps."""

import pytest
from playwright.sync_api import expect

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from cases.models import CasePerson
from tests.factories import make_agency, make_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]


def test_what_next_by_keyboard_and_on_a_phone(page, live_server, committed_world, log_in, look):
    world = committed_world
    clinic = make_agency(AgencyKind.MENTAL_HEALTH, "Centre Les Platanes", territory=["1030"], waiting_days=12)
    make_agency(AgencyKind.HOSPITAL, "Hôpital du Parc", territory=["1030"], free_places=0)
    case = make_report(world.officer).case
    with acting_as(world.officer):
        him = CasePerson.objects.get(case=case, role="presumed_perpetrator").pk
    log_in(page, world.officer.user)
    page.goto(f"{live_server.url}/cases/{case.pk}/referrals/")
    page.get_by_role("link", name="Que faire ensuite").click()
    page.locator(f"input[name=subject][value='{him}']").check()
    page.select_option("select[name=need]", "language")
    page.fill("input[name=postal_code]", "1030")
    page.press("input[name=postal_code]", "Enter")
    expect(page.get_by_text("à la place de").first).to_be_visible()
    expect(page.get_by_text("Environ 12 jours d’attente.")).to_be_visible()
    look(page, "next")
    page.get_by_role("button", name="Le compter comme manquant").click()
    expect(page.get_by_text("Ce qui manque ici est compté")).to_be_visible()
    page.get_by_role("link", name="Orienter · Centre Les Platanes").click()
    expect(page.locator("select[name=to_agency]")).to_have_value(str(clinic.pk))
    expect(page.locator("select[name=need]")).to_have_value("language")
    log_in_as_platform(page, live_server, world, log_in)
    page.goto(f"{live_server.url}/administration/missing-services/")
    expect(page.get_by_text("1030").first).to_be_visible()
    look(page, "gaps")


def log_in_as_platform(page, live_server, world, log_in):
    page.context.clear_cookies()
    log_in(page, world.platform_admin.user)


def test_the_rules_are_tried_and_changed(page, live_server, committed_world, log_in, look):
    world = committed_world
    make_agency(AgencyKind.MIGRANT_SERVICE, "Rivages", side=AgencySide.VICTIM)
    log_in(page, world.platform_admin.user)
    page.goto(f"{live_server.url}/administration/pathways/")
    page.select_option("select[name=need]", "perpetrator_work")
    page.select_option("select[name=role]", "presumed_perpetrator")
    page.get_by_role("button", name="Voir quelles règles comptent").click()
    expect(page.locator("section[aria-labelledby=try-title] .what").first).to_contain_text("rogramme")
    look(page, "rules")
    page.goto(f"{live_server.url}/administration/pathways/rules/housing/")
    look(page, "rule")
    page.fill("textarea[name=why_fr]", "Un toit.")
    page.get_by_role("button", name="Publier", exact=True).click()
    expect(page.get_by_text("La version 2 compte dès maintenant.")).to_be_visible()
    page.get_by_role("link", name="Version 1").click()
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()
