""" "Who sees this?" by keyboard and at every width; the shape of a case for an administrator."""

import pytest
from playwright.sync_api import expect

from tests.cases.helpers import bring_in_programme
from tests.factories import make_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_opened_by_keyboard_at_every_width(page, live_server, committed_world, look, log_in):
    world = committed_world
    report = make_report(world.officer, kind="police_complaint")
    bring_in_programme(report.case, world.officer, world.programme)
    log_in(page, world.officer.user)
    for path in ("", "people/", f"reports/{report.pk}/"):
        page.goto(f"{live_server.url}/cases/{report.case_id}/{path}")
        first = page.locator(".who-sees > summary").first
        expect(first).to_contain_text("Qui voit ceci")
        first.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".who-sees[open]").first).to_contain_text("Zone de police A")
        page.evaluate("document.querySelectorAll('.who-sees').forEach(one => { one.open = true })")
        look(page)


@pytest.mark.long
def test_an_administrator_reads_the_shape(page, live_server, committed_world, look, log_in):
    world = committed_world
    case = make_report(world.officer, kind="police_complaint").case
    log_in(page, world.platform_admin.user)
    page.goto(f"{live_server.url}/administration/")
    page.get_by_role("link", name="Accès à un dossier").press("Enter")
    look(page)
    page.get_by_label("Référence du dossier").fill(case.reference)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Personnes")).to_be_visible()
    assert "Zone de police A" not in page.locator("main").inner_text() and case.reference not in page.url
    look(page)
