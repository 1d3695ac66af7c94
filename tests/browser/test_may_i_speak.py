"""A doctor without an account asks whether she may speak: by keyboard, on a desk and on a phone, in both themes."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_from_the_login_page_to_the_prosecutor_by_keyboard(page, context, live_server, look):
    page.goto(f"{live_server.url}/account/login/")
    page.get_by_role("link", name="Puis-je parler").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Puis-je parler\u00a0?")
    look(page, "first")
    for answer in (
        "Médecin",
        "Non, ou je ne peux pas",
        "Oui, grave et imminent",
        "Non, j’ai essayé",
        "un mineur",
    ):
        link = page.locator("a.choice").filter(has_text=answer)
        link.focus()
        page.keyboard.press("Enter")
        page.wait_for_load_state()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("au procureur du Roi, et à lui seul")
    expect(page.get_by_text("ancien art. 458bis")).to_be_visible()
    look(page, "outcome")
    context.add_cookies([{"name": "theme", "value": "dark", "url": live_server.url}])
    page.reload()
    look(page, "outcome-dark")
    page.get_by_role("link", name="Modifier la réponse 3").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("danger grave")
    look(page, "question-dark")


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_a_script(page, live_server):
    page.goto(f"{live_server.url}/may-i-speak/")
    page.locator("a.choice").filter(has_text="Enseignant").click()
    page.locator("a.choice").filter(has_text="Oui").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("Oui")
    assert page.locator("[data-quick-exit]").get_attribute("href").startswith("https://"), "a link that leaves"
