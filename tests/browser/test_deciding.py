"""A sharing decided by hand, an authorisation recorded and taken back, a partnership opened: on a desk and a phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.factories import make_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_authorised_shared_and_taken_back(page: Page, committed_world, live_server, look, log_in):
    world = committed_world
    case = make_report(world.officer).case
    log_in(page, world.officer.user)
    page.goto(f"{live_server.url}/cases/{case.pk}/access/")
    page.get_by_role("link", name="Autorisations du procureur").click()
    page.get_by_role("link", name="Noter une autorisation").click()
    look(page, "authorisation-form")
    page.fill("input[name=magistrate]", "A. Collin")
    page.get_by_role("button", name="Noter l’autorisation").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.locator("input[name=magistrate]")).to_have_value("A. Collin")
    look(page, "authorisation-refused")
    page.fill("input[name=reference]", "AI/2026/7")
    for category in ("level", "facts"):
        page.locator(f"input[name=categories][value={category}]").check()
    page.locator("select[name=recipient]").select_option(str(world.shelter.agency_id))
    page.get_by_role("button", name="Noter l’autorisation").click()
    expect(page.get_by_text("AI/2026/7")).to_be_visible()
    look(page, "authorisations")

    page.get_by_role("link", name="Qui voit quoi").click()
    page.get_by_role("link", name="Partager avec un service").click()
    look(page, "start")
    page.get_by_role("button", name="Continuer").click()
    expect(page.locator("[data-error-summary]")).to_be_visible()
    look(page, "start-refused")
    page.locator("select[name=recipient]").select_option(str(world.shelter.agency_id))
    page.locator("input[name=basis][value=prosecutor_authorisation]").check()
    page.get_by_role("button", name="Continuer").click()
    look(page, "form")
    page.locator("input[name=grants][value='facts:case']").check()
    page.locator("input[name=grants][value='level:case']").check()
    for pair in ("identity:victim", "contact:victim", "children:victim"):
        page.locator(f"input[name=grants][value='{pair}']").uncheck()
    page.fill("textarea[name=necessity]", "Régler la sécurité de l’accueil.")
    page.get_by_role("button", name="Voir ce que le service verrait").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.locator("textarea[name=necessity]")).to_have_value("Régler la sécurité de l’accueil.")
    look(page, "form-refused")
    page.fill("input[name=timeliness]", "La place se prépare.")
    page.fill("input[name=security]", "Dans l’application seulement.")
    page.get_by_role("button", name="Voir ce que le service verrait").click()
    expect(page.get_by_text("je ne sortirais pas vivante")).to_be_visible()
    look(page, "preview")
    page.get_by_role("button", name="Décider").click()
    page.wait_for_url(lambda url: url.endswith("/access/"))
    page.locator("section", has_text="Maison du Tilleul").get_by_text("Pourquoi, et qui l’a décidé").first.click()
    expect(page.get_by_text("Régler la sécurité de l’accueil.")).to_be_visible()
    look(page, "tab")

    page.get_by_role("link", name="Autorisations du procureur").click()
    page.get_by_text("La retirer", exact=True).click()
    page.locator("input[name=reason]").fill("Instruction close.")
    page.get_by_role("button", name="La retirer maintenant").click()
    expect(page.get_by_text("Instruction close.")).to_be_visible()


@pytest.mark.long
def test_a_partnership_is_opened_and_ended(page: Page, committed_world, live_server, look, log_in):
    world = committed_world
    log_in(page, world.platform_admin.user)
    page.goto(f"{live_server.url}/administration/")
    page.get_by_role("link", name="Partenariats").click()
    look(page, "partnerships-none")
    page.get_by_role("link", name="Ouvrir un partenariat").click()
    page.get_by_role("button", name="Ouvrir le partenariat").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    look(page, "partnership-refused")
    page.fill("input[name=name]", "Concertation de la Lorne")
    page.locator("input[name=kind][value=dispositif]").check()
    for name in ("act", "who_takes_part", "purpose", "modalities"):
        page.fill(f"textarea[name={name}]", "Comme l’acte le dit.")
    page.get_by_role("button", name="Ouvrir le partenariat").click()
    page.locator("select[name=agency]").select_option(str(world.shelter.agency_id))
    page.get_by_role("button", name="Il participe dès maintenant").click()
    expect(page.locator(".what", has_text="Maison du Tilleul")).to_be_visible()
    look(page, "partnership")
    page.get_by_text("Y mettre fin", exact=True).click()
    page.get_by_role("button", name="Oui").click()
    expect(page.get_by_role("heading", name="Qui a participé")).to_be_visible()
    page.get_by_role("link", name="Partenariats").first.click()
    look(page, "partnerships")
