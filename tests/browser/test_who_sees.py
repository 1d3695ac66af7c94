""" "Who sees this?" by keyboard and at every width; the shape of a case for an administrator."""

import pytest
from playwright.sync_api import Page, expect

from tests.cases.helpers import bring_in_programme
from tests.factories import PASSWORD, make_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def look(accessible):
    def check(page: Page) -> None:
        for scheme, widths in (("dark", (320,)), ("light", (1280, 320))):
            page.emulate_media(color_scheme=scheme)
            for width in widths:
                page.set_viewport_size({"width": width, "height": 900})
                accessible(page)
                assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    return check


def log_in(page: Page, server: str, member) -> None:
    page.goto(f"{server}/account/login/")
    page.fill("input[name=login]", member.user.email)
    page.fill("input[name=password]", PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(f"{server}/")


def test_opened_by_keyboard_at_every_width(page, live_server, committed_world, look):
    world = committed_world
    report = make_report(world.officer, kind="police_complaint")
    bring_in_programme(report.case, world.officer, world.programme)
    log_in(page, live_server.url, world.officer)
    for path in ("", "people/", f"reports/{report.pk}/"):
        page.goto(f"{live_server.url}/cases/{report.case_id}/{path}")
        first = page.locator(".who-sees > summary").first
        expect(first).to_contain_text("Qui voit ceci")
        first.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".who-sees[open]").first).to_contain_text("Zone de police A")
        page.evaluate("document.querySelectorAll('.who-sees').forEach(one => { one.open = true })")
        look(page)


def test_an_administrator_reads_the_shape(page, live_server, committed_world, look):
    world = committed_world
    case = make_report(world.officer, kind="police_complaint").case
    log_in(page, live_server.url, world.platform_admin)
    page.goto(f"{live_server.url}/administration/")
    page.get_by_role("link", name="Accès à un dossier").press("Enter")
    look(page)
    page.get_by_label("Référence du dossier").fill(case.reference)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Personnes")).to_be_visible()
    assert "Zone de police A" not in page.locator("main").inner_text() and case.reference not in page.url
    look(page)
