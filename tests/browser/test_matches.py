"""Hit, no hit and links between cases in a browser: by keyboard, on a desk and on a phone, in both themes."""

import pytest
from playwright.sync_api import expect

from tests.factories import make_report
from tests.sharing.test_links import Two

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]


def test_told_at_work_then_asked(page, context, live_server, committed_world, look, log_in):
    world = committed_world
    make_report(world.officer, j2_accepted="no")
    make_report(world.other_officer, j2_accepted="no")
    log_in(page, world.other_officer.user)
    panel = page.get_by_role("region", name="Mêmes personnes dans d’autres services")
    panel.get_by_role("link", name="Voir et demander").focus()
    look(page, "work")
    panel.get_by_role("link", name="Voir et demander").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Même personne dans un autre service")
    look(page, "match")
    context.add_cookies([{"name": "theme", "value": "dark", "url": live_server.url}])
    page.reload()
    look(page, "match-dark")
    page.get_by_role("button", name="Demander à ce service").press("Enter")
    expect(page.get_by_text("La question est posée.")).to_be_visible()
    expect(page.get_by_role("button", name="Demander à ce service")).to_have_count(0)
    look(page, "asked")
    page.get_by_role("link", name="Mêmes personnes dans d’autres services").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mêmes personnes dans d’autres services")
    look(page, "list")


def test_a_prosecutor_links_two_cases(page, live_server, committed_world, look, log_in):
    two = Two(committed_world)
    log_in(page, committed_world.prosecutor.user)
    page.goto(f"{live_server.url}/cases/{two.one.pk}/people/")
    page.get_by_role("link", name="Lier ou mettre fin").click()
    page.get_by_role("button", name="Lier les deux dossiers").click()
    expect(page.get_by_role("alert")).to_contain_text("Aucun dossier que vous voyez ne porte cette référence.")
    look(page, "links-refused")
    page.get_by_label("Référence de l’autre dossier").fill(two.other.reference)
    page.get_by_label("Plainte croisée").check()
    page.get_by_role("button", name="Lier les deux dossiers").click()
    expect(page.get_by_role("link", name=two.other.reference)).to_be_visible()
    look(page, "links")
