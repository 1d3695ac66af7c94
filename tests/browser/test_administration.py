"""An administrator opens a service and invites somebody; the newcomer opens the account. On a desk and on a phone."""

import pytest
from playwright.sync_api import expect

from tests.factories import make_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]


def test_a_service_is_opened_and_its_first_person_comes_in(page, live_server, committed_world, settings, look, log_in):
    settings.SITE_URL = live_server.url
    world = committed_world
    make_member(world.shelter.agency, "manager", given_name="Odile", family_name="Hanssens")
    log_in(page, world.platform_admin.user)
    page.goto(f"{live_server.url}/administration/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Administration")
    look(page, "administration")
    page.get_by_role("link", name="Services", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Services")
    look(page, "agencies")

    page.get_by_role("link", name="Ouvrir un service").click()
    look(page, "agency-new")
    page.get_by_role("button", name="Ouvrir le service").click()
    expect(page.locator("[data-error-summary]")).to_be_visible()
    look(page, "agency-errors")
    page.get_by_label("Nom complet").fill("Centre Clair-Matin, aide aux victimes")
    page.get_by_label("Nom court").fill("Clair-Matin")
    page.select_option("select[name=kind]", "victim_support")
    page.get_by_label("Territoire").fill("1210 1030")
    page.get_by_label("Téléphone de garde", exact=True).fill("0470 12 34 56")
    page.get_by_role("button", name="Ouvrir le service").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Centre Clair-Matin, aide aux victimes")

    page.get_by_role("link", name="Inviter quelqu’un").click()
    look(page, "invite")
    page.fill("input[name=email]", "nora.petit@example.org")
    page.fill("input[name=given_name]", "Nora")
    page.fill("input[name=family_name]", "Petit")
    page.check("input[name=role][value=practitioner]")
    page.get_by_role("button", name="Envoyer l’invitation").click()
    link = page.get_by_label("Lien d’invitation").input_value()
    look(page, "agency-link")
    page.reload()
    expect(page.get_by_label("Lien d’invitation")).to_have_count(0)

    page.goto(f"{live_server.url}/administration/rights/")
    look(page, "rights")
    page.goto(f"{live_server.url}/administration/agencies/?name=Tilleul")
    page.get_by_role("link", name="Maison du Tilleul").click()
    look(page, "agency")
    page.get_by_role("link", name="Odile Hanssens").click()
    look(page, "member")

    page.context.clear_cookies()
    page.goto(link)
    expect(page).to_have_title("Invitation · MOVE")
    look(page, "invitation")
    page.fill("input[name=password1]", "une-loutre-sous-la-pluie")
    page.fill("input[name=password2]", "une-loutre-sous-la-pluie")
    page.get_by_role("button", name="Ouvrir mon compte").click()
    expect(page.get_by_text("Bienvenue. Votre compte est ouvert.")).to_be_visible()
    page.context.clear_cookies()
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ce lien ne fonctionne plus")
    look(page, "invitation-closed")
