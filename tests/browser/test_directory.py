"""Eight minutes alone: she finds a service on a phone, by keyboard, without a script; a service keeps its own entry."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from agencies.enums import AgencyKind, Audience, Need
from agencies.models import ServiceOffer
from common.acting import SystemContext, system_context
from common.clock import now
from tests.factories import make_agency

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def offers(committed_world):
    shared = {
        "audiences": [Audience.VICTIM, Audience.RELATIVE],
        "languages": ["fr", "ar"],
        "phone": "0470 12 34 56",
        "confirmed_at": now(),
    }
    with system_context(SystemContext.REFERENCE):
        ServiceOffer.objects.create(
            agency=make_agency(AgencyKind.CPAS, name="CPAS de la Colline"),
            name="Permanence logement",
            description={"fr": "Aide pour trouver un logement, sans rendez-vous le matin."},
            needs=[Need.HOUSING],
            address="Rue de la Colline 4",
            postal_code="1030",
            schedule=[{"days": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "12:00"}],
            fees={"fr": "gratuit"},
            url="https://example.org/",
            accessible=True,
            **shared,
        )
        ServiceOffer.objects.create(
            agency=make_agency(AgencyKind.SHELTER, name="Les Glycines"),
            name="Accueil jour et nuit",
            description={"fr": "Un endroit sûr."},
            needs=[Need.SHELTER],
            always_open=True,
            interpretation=True,
            **shared,
        )


def test_from_the_login_page_by_keyboard_to_a_phone_number_and_away(page, live_server, look, offers):
    page.goto(f"{live_server.url}/account/login/")
    page.get_by_role("link", name="Adresses utiles").click()
    expect(page).to_have_title("Adresses utiles")
    page.context.clear_cookies()  # the login page has set one
    page.reload()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("[data-quick-exit]")).to_be_focused()
    look(page, "empty")
    page.get_by_label("Code postal ou commune").fill("schaarbeek")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Services pour 1030 Schaerbeek")).to_be_visible()
    names = page.locator("article h3")
    expect(names).to_have_text(["Permanence logement", "Accueil jour et nuit"])
    expect(page.get_by_text("Donnée par téléphone seulement.")).to_be_visible()
    look(page, "found")
    assert page.context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    page.route("https://www.meteo.be/**", lambda route: route.fulfill(body="beau temps", content_type="text/html"))
    page.get_by_role("heading", level=1).click()
    for _time in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url("https://www.meteo.be/**")


def test_in_dutch_a_town_of_several_places_is_asked_about(page, live_server, accessible, offers):
    page.goto(f"{live_server.url}/directory/")
    page.get_by_role("link", name="Nederlands").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nuttige adressen")
    page.get_by_label("Postcode of gemeente").fill("Brussel")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Over welke plaats gaat het?")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="1020").click()
    expect(page.get_by_role("heading", name="Diensten voor 1020 Laken")).to_be_visible()
    accessible(page)


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_a_script(page, live_server, offers):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{live_server.url}/directory/")
    page.get_by_label("Code postal ou commune").fill("1210")
    page.get_by_label("Ce que vous cherchez").select_option(label="Un endroit sûr où loger")
    page.get_by_role("button", name="Chercher").click()
    expect(page.locator("article h3")).to_have_text(["Accueil jour et nuit"])
    assert page.locator("[data-quick-exit]").get_attribute("href").startswith("https://"), "a link that leaves"
    expect(page.locator("[data-quick-exit]")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Imprimer")).to_be_hidden()


def test_what_is_printed_holds_the_services_and_nothing_of_the_search(page, live_server, offers):
    page.goto(f"{live_server.url}/directory/?p=1030")
    page.emulate_media(media="print")
    expect(page.get_by_text("0470 12 34 56").first).to_be_visible()
    expect(page.locator("[data-quick-exit]")).to_be_hidden()
    expect(page.locator("form")).to_be_hidden()
    expect(page.get_by_text("Si quelqu’un regarde votre téléphone")).to_be_hidden()


@pytest.mark.long
def test_a_service_keeps_its_entry_and_its_places(page, live_server, log_in, look, committed_world):
    admin = committed_world.agency_admin
    log_in(page, admin.user)
    page.goto(live_server.url + reverse("administration:offers", args=[admin.agency_id]))
    look(page, "offers-empty")
    page.get_by_role("link", name="Écrire une fiche").click()
    look(page, "offer-form")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("[data-error-summary]")).to_be_visible()
    look(page, "offer-errors")
    page.get_by_label("Aide juridique").check()
    page.get_by_label("Pour les proches").check()
    page.get_by_label("Ce qui est proposé, en français").fill("Un premier conseil.")
    page.get_by_label("Téléphone").fill("0470 12 34 56")
    area = page.locator("#part-area")
    if area.get_attribute("open") is None:
        area.locator("summary").click()
    page.get_by_label("Français", exact=True).check()
    page.locator("#part-hours summary").click()
    page.get_by_label("Lundi").fill("9-12")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("button", name="C’est toujours exact")).to_be_visible()
    look(page, "offers")
    page.get_by_role("link", name="Places libres").click()
    look(page, "capacity")
    page.get_by_role("button", name="Nous sommes complets").click()
    expect(page.get_by_text("Complet", exact=True)).to_be_visible()
    look(page, "capacity-full")
