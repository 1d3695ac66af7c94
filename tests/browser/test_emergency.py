"""A nurse opens a case in an emergency, reads the safety sheet, ends it; the referent judges."""

import pytest
from playwright.sync_api import expect

from tests.factories import make_agency, make_member, make_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_opened_read_ended_and_judged(page, browser, browser_context_args, live_server, committed_world, look, log_in):
    world = committed_world
    case = make_report(world.officer, risk_weapons="Un fusil de chasse dans le garage.").case
    nurse = make_member(make_agency("hospital", "Hôpital du Parc"))
    log_in(page, nurse.user)
    page.goto(f"{live_server.url}/emergency/")
    look(page)

    # no reason: refused, what was typed is there
    page.get_by_label("Nom", exact=True).fill("Diallo-Test")
    page.get_by_label("Prénom").fill("Fatou")
    page.get_by_role("button", name="Rechercher").last.click()
    expect(page.get_by_role("alert")).to_contain_text("20 caractères")
    expect(page.get_by_label("Prénom")).to_have_value("Fatou")
    page.get_by_label("Pourquoi cela ne peut pas attendre").fill("Elle est aux urgences et il la cherche, armé.")
    page.get_by_label("Prénom").press("Enter")
    expect(page.get_by_text("Un dossier existe")).to_be_visible()
    assert case.reference not in page.content() and "Fatou" not in page.url
    look(page)

    page.get_by_role("button", name="Ouvrir en urgence").press("Enter")
    page.wait_for_url(f"{live_server.url}/cases/{case.pk}/emergency/")
    expect(page.get_by_text("Un fusil de chasse dans le garage.")).to_be_visible()
    expect(page.locator("[data-countdown]")).to_have_text("Encore 4 h 0 min.")
    look(page)
    page.get_by_role("link", name="Synthèse").click()
    expect(page.get_by_role("region", name="Accès d’urgence")).to_be_visible()
    page.get_by_role("button", name="Terminer maintenant").click()
    page.wait_for_url(f"{live_server.url}/")
    assert page.goto(f"{live_server.url}/cases/{case.pk}/").status == 404

    other = browser.new_context(**browser_context_args).new_page()
    log_in(other, world.police_referent.user)
    other.goto(f"{live_server.url}/emergencies/")
    look(other)
    other.get_by_role("link", name="Lire et évaluer").click()
    expect(other.get_by_text("La fiche de sécurité d’une urgence")).to_be_visible()
    look(other)
    other.get_by_label("Justifié", exact=True).check()
    other.get_by_label("Pourquoi").last.fill("Le danger était réel.")
    other.get_by_role("button", name="Rendre cette évaluation").click()
    expect(other.get_by_text("Votre évaluation est conservée")).to_be_visible()
    look(other)


@pytest.mark.long
def test_when_the_time_is_over_nothing_stays_on_the_screen(page, live_server, committed_world, log_in):
    from agencies.acting import acting_as
    from sharing import break_glass
    from sharing.emergency_search import Wanted, search

    world = committed_world
    case = make_report(world.officer).case
    nurse = make_member(make_agency("hospital", "Hôpital du Parc"))
    with acting_as(nurse):
        wanted = Wanted(family_name="Diallo-Test", given_name="Fatou")
        (hit,) = search(by=nurse, reason="Elle est aux urgences et il la cherche.", wanted=wanted).hits
        emergency = break_glass.open_emergency(by=nurse, token=hit.token)
    log_in(page, nurse.user)
    address = f"{live_server.url}/cases/{case.pk}/emergency/"
    # the page as it stands two seconds before the end
    page.route(
        address,
        lambda route: route.fulfill(
            response=(found := route.fetch()),
            body=found.text().replace('data-countdown="14', 'data-countdown="2" data-was="14'),
        ),
        times=1,
    )
    page.goto(address)
    expect(page.locator("[data-countdown]")).to_have_text("Encore 1 min.")
    with acting_as(nurse):
        break_glass.end_emergency(by=nurse, emergency_id=emergency.pk)
    expect(page.get_by_text("bibliothèque")).to_have_count(0, timeout=8000)
    expect(page.locator("[data-countdown]")).to_have_count(0)
