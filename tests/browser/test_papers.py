"""A poster is scanned on a phone: a number is left, called back and forgotten; papers and their editor pass axe."""

import os
import re
from uuid import uuid4

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from agencies import posters
from agencies.acting import acting_as
from tests.actors import as_

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]


def enter(page, member, site):
    session = as_(member).cookies["sessionid"].value
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": site}])


@pytest.fixture
def poster(committed_world):
    with acting_as(committed_world.eva):
        return posters.hang(by=committed_world.eva, poster_id=uuid4(), place="Urgences, salle d’attente")


@pytest.fixture
def on_phone(accessible):
    """Check a public page with axe at 390 and 320 pixels, light and dark; pictures where MOVE_LOOK names a folder."""

    def check(page, name: str) -> None:
        for width, scheme in ((320, "dark"), (390, "dark"), (390, "light")):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 844})
            accessible(page)
            if folder := os.environ.get("MOVE_LOOK"):
                page.screenshot(path=f"{folder}/poster-{name}-{width}-{scheme}.png", full_page=True)

    return check


def test_from_the_poster_to_the_call(page, live_server, committed_world, poster, on_phone, look):
    page.goto(f"{live_server.url}{reverse('followups:poster_page', args=[poster.code])}?l=fr")
    on_phone(page, "form")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("alert")).to_contain_text("numéro de téléphone complet")
    on_phone(page, "refused")
    page.get_by_label("Un numéro où vous pouvez parler").fill("0470 12 34 56")
    page.get_by_label("Quand pouvons-nous vous appeler").fill("en semaine de 9 h à 11 h")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Merci")
    on_phone(page, "thanks")
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    page.goto(f"{live_server.url}/p/aaaaaaaa/?l=fr")
    on_phone(page, "ended")

    enter(page, committed_world.eva, live_server.url)
    page.goto(live_server.url + reverse("followups:callbacks"))
    look(page, "inbox")
    page.get_by_role("button", name="Je rappelle").click()
    assert "0470" not in page.content()
    page.get_by_role("button", name="J’ai lu la consigne").click()
    expect(page.get_by_text("0470 12 34 56")).to_be_visible()
    expect(page.get_by_role("link", name="Appeler, consigne lue")).to_have_attribute("href", "tel:+32470123456")
    look(page, "call")
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Noter et effacer le numéro").click()
    expect(page.get_by_text("sont effacés").first).to_be_visible()
    assert "0470" not in page.content()
    look(page, "inbox-over")


def test_papers_are_chosen_seen_and_written(page, live_server, committed_world, poster, look):
    enter(page, committed_world.eva, live_server.url)
    page.goto(live_server.url + reverse("agencies:handouts"))
    page.get_by_label("Code postal ou commune").fill("saint josse")
    page.get_by_role("button", name="Choisir").click()
    expect(page.get_by_text("Pour Saint-Josse-ten-Noode (1210)")).to_be_visible()
    look(page, "list")
    page.get_by_role("link", name=re.compile("Voir et imprimer.*Votre parcours")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre parcours en 4 étapes")
    look(page, "pathway")
    for name, path in (
        ("card", reverse("agencies:handout", args=["card"])),
        ("posters", reverse("agencies:posters")),
        ("poster", reverse("agencies:poster", args=[poster.pk])),
    ):
        page.goto(live_server.url + path)
        look(page, name)
    enter(page, committed_world.platform_admin, live_server.url)
    for name, path in (
        ("versions", reverse("administration:handouts")),
        ("edit", reverse("administration:handout_edit", args=["pathway", "fr"])),
        ("version", reverse("administration:handout_version", args=["pathway", "fr", 1])),
    ):
        page.goto(live_server.url + path)
        look(page, name)
