"""Restriction, requests, rectification, incidents and defaults: one short journey each, by the keyboard."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from agencies.models import Membership
from tests.factories import PASSWORD, make_member, make_report
from tests.referrals_acts import accept, send

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
PHONE = {"width": 390, "height": 844}

SHOWN = """element => [element, element.closest(".choice")].filter(Boolean).some(one => {
  const style = getComputedStyle(one);
  return style.outlineStyle !== "none" || style.boxShadow !== "none";
})"""


@pytest.fixture
def open_page(browser: Browser, browser_context_args, live_server):
    """A page of somebody who has logged in through the form: `open_page(member)`, on a phone with `phone=True`."""

    def open_for(member: Membership, *, phone: bool = False) -> Page:
        page = browser.new_context(**browser_context_args | ({"viewport": PHONE} if phone else {})).new_page()
        page.goto(f"{live_server.url}/account/login/")
        page.get_by_label("Adresse e-mail").fill(member.user.email)
        page.locator("input[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{live_server.url}/")
        return page

    yield open_for
    for context in browser.contexts:
        context.close()


def press(page: Page, wanted: Locator, key: str = "Enter") -> None:
    """Reach a control by the Tab key alone, see where one is, and act on it."""
    wanted.wait_for()
    for _step in range(150):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            assert wanted.evaluate(SHOWN), "one sees where one is"
            page.keyboard.press(key)
            return
    raise AssertionError(f"not reached by the keyboard: {wanted}")


def main(page: Page) -> Locator:
    return page.locator("main")


def test_a_case_is_restricted_and_opened_again_on_a_phone(open_page, live_server, committed_world, accessible):
    world = committed_world
    case = make_report(world.officer).case
    address = f"{live_server.url}/cases/{case.pk}"
    page = open_page(world.police_referent, phone=True)
    page.goto(f"{address}/access/")
    press(page, page.get_by_role("link", name="Qui peut travailler sur ce dossier"))
    press(page, page.locator("summary", has_text="Réserver aux personnes désignées"))
    press(page, page.get_by_role("button", name="Réserver le dossier"))
    expect(page.locator("[data-error-summary]")).to_be_focused()
    page.get_by_label("Pourquoi").first.fill("Un collègue connaît la famille.")
    press(page, page.get_by_role("button", name="Réserver le dossier"))
    expect(page.get_by_text("Seules les personnes désignées par chaque service voient ce dossier")).to_be_visible()
    accessible(page)

    colleague = open_page(world.reader, phone=True)
    assert colleague.goto(f"{address}/").status == 404
    press(page, page.locator("summary", has_text="Lever la restriction"))
    page.get_by_label("Pourquoi").first.fill("Le collègue a quitté le service.")
    press(page, page.get_by_role("button", name="Lever la restriction"))
    expect(page.get_by_text("Le dossier n’est plus réservé")).to_be_visible()
    assert colleague.goto(f"{address}/").status == 200


def test_information_is_asked_and_the_answer_comes_back(open_page, live_server, committed_world, accessible):
    world = committed_world
    case = make_report(world.officer).case
    accept(world.shelter, send(world.officer, case, world.shelter))
    page = open_page(world.shelter)
    page.goto(f"{live_server.url}/cases/{case.pk}/access/")
    press(page, page.get_by_role("link", name="Demander une information à un service"))
    press(page, page.get_by_role("button", name="Envoyer la demande"))
    expect(page.locator("[data-error-summary]")).to_be_focused()
    page.get_by_label("Quel service").select_option(str(world.officer.agency_id))
    press(page, page.locator("input[name=grants][value='children:victim']"), "Space")
    page.get_by_label("À quoi cela doit servir").fill("Préparer la chambre des enfants.")
    press(page, page.get_by_role("button", name="Envoyer la demande"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Demande d’information")
    expect(main(page).locator(".tag", has_text=world.officer.agency.short_name)).to_be_visible()

    officer = open_page(world.officer)
    officer.goto(page.url)
    expect(main(officer).get_by_text("Préparer la chambre des enfants.")).to_be_visible()
    officer.get_by_label("Pourquoi").first.select_option("unsafe")
    press(officer, officer.get_by_role("button", name="Refuser"))
    expect(main(officer).get_by_text("cela mettrait quelqu’un en danger")).to_be_visible()
    accessible(officer)
    page.reload()
    expect(main(page).get_by_text("cela mettrait quelqu’un en danger")).to_be_visible()
    expect(page.get_by_role("button", name="Retirer la demande")).to_have_count(0)


def test_a_wrong_fact_is_corrected_and_the_papers_of_who_received_it(
    open_page, live_server, committed_world, accessible
):
    from agencies.acting import acting_as
    from tests.riskassessment.test_services import signed

    world = committed_world
    report = make_report(world.officer, "police_complaint")
    with acting_as(world.officer):
        signed(world.officer, report)  # the complaint goes to the prosecutor
    page = open_page(world.officer)
    page.goto(f"{live_server.url}/cases/{report.case_id}/reports/{report.pk}/")
    press(page, page.get_by_role("link", name="Corriger une information inexacte"))
    page.get_by_label("Ce qui était inexact").fill("La voiture est grise.")
    press(page, page.get_by_role("button", name="Corriger et prévenir"))
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.get_by_label("Ce qui était inexact")).to_have_value("La voiture est grise.")
    page.get_by_label("Ce qui est exact").fill("La voiture est noire.")
    press(page, page.get_by_role("button", name="Corriger et prévenir"))
    expect(main(page).get_by_text("La voiture est noire.").first).to_be_visible()

    told = open_page(world.prosecutor)
    press(told, told.get_by_role("region", name="Documents à corriger").get_by_role("link").first)
    expect(main(told).get_by_text("La voiture est noire.")).to_be_visible()
    press(told, told.get_by_role("button", name="Nous avons corrigé nos documents"))
    expect(told.get_by_role("button", name="Nous avons corrigé nos documents")).to_have_count(0)
    accessible(told)


def test_an_incident_is_reported_on_a_phone_and_followed(open_page, live_server, committed_world, accessible):
    world = committed_world
    dpo = make_member(world.platform_admin.agency, "data_protection_officer")
    page = open_page(world.eva, phone=True)
    page.goto(f"{live_server.url}/incidents/")
    press(page, page.get_by_role("link", name="Signaler un incident"))
    expect(main(page).get_by_text("112")).to_be_visible()
    press(page, page.locator("input[name=measures][value=warned]"), "Space")
    press(page, page.get_by_role("button", name="Signaler", exact=True))
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.locator("input[name=measures][value=warned]")).to_be_checked()
    press(page, page.locator("input[name=kind][value=unsafe_number]"), "Space")
    page.get_by_label("En quelques mots, sans noms").fill("L’ancien numéro a été composé.")
    accessible(page)
    press(page, page.get_by_role("button", name="Signaler", exact=True))
    expect(main(page).get_by_text("Un numéro dangereux a été appelé").first).to_be_visible()

    officer = open_page(dpo)
    officer.goto(f"{live_server.url}/incidents/")
    press(officer, officer.get_by_role("link", name="Un numéro dangereux a été appelé"))
    officer.get_by_label("Ce qui a été fait", exact=True).select_option("closed")
    officer.get_by_label("En quelques mots, sans noms").fill("Le numéro est effacé partout.")
    press(officer, officer.get_by_role("button", name="Noter"))
    expect(main(officer).get_by_text("Le numéro est effacé partout.")).to_be_visible()
    accessible(officer)


def test_a_default_is_drafted_checked_and_published(open_page, live_server, committed_world, accessible):
    world = committed_world
    page = open_page(world.platform_admin)
    page.goto(f"{live_server.url}/administration/sharing-defaults/")
    way = page.get_by_role("region", name="Orientation acceptée")
    press(page, way.get_by_role("link", name="Toutes les autres sortes de services"))
    press(page, page.locator("input[name=grants][value='children:subject']"), "Space")
    press(page, page.get_by_role("button", name="Enregistrer le brouillon"))
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.locator("input[name=grants][value='children:subject']")).to_be_checked()
    page.locator("[name=reason]").fill("Décision du comité du 12.")
    press(page, page.get_by_role("button", name="Enregistrer le brouillon"))
    opened = page.locator("dt", has_text="Ouvert désormais").locator("xpath=following-sibling::dd[1]")
    expect(opened).to_have_text("enfants (personne orientée)")
    accessible(page)
    press(page, page.get_by_role("button", name="Publier"))
    expect(page.get_by_text("Version 2")).to_be_visible()

    # the list kept for the authority says so at once
    page.goto(f"{live_server.url}/administration/access-list/?kind=shelter")
    expect(main(page).get_by_text("ouvert : enfants (personne orientée)")).to_be_visible()
