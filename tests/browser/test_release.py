"""A programme learns that he is out and writes it down; the cell tells her, on a phone, and says so."""

from datetime import timedelta

import pytest
from django.urls import reverse

from common.clock import local, now
from tests.actors import as_
from tests.casework.custody_acts import HIS, lock_up, the_alert, wish
from tests.casework.grid_acts import bring_in
from tests.factories import make_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def enter_as(page, member, site):
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": as_(member).cookies["sessionid"].value, "url": site}])


def test_from_what_the_programme_heard_to_her_being_told(page, live_server, committed_world, look):
    world, site = committed_world, live_server.url
    case = make_report(world.officer).case
    bring_in(world.officer, case, world.programme, HIS, side="perpetrator")
    detention = lock_up(world.officer, case)
    wish(world.eva, case, words="Aussi la nuit.")
    custody = site + reverse("casework:custody", args=[case.pk])

    enter_as(page, world.programme, site)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(custody)
    page.get_by_role("link", name="Il est libéré, ou va l’être").click()
    page.get_by_label("Il est sorti", exact=True).check()
    page.get_by_label("Quand\u00a0?", exact=True).fill(local(now() - timedelta(minutes=40)).strftime("%Y-%m-%dT%H:%M"))
    look(page, "enter")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Noter la libération").click()
    page.get_by_text("C’est noté", exact=False).wait_for()
    assert "Cellule EVA" not in page.content() and "prévenir d’une libération" not in page.content()
    look(page, "his-side")
    alert = the_alert(case)

    enter_as(page, world.eva, site)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(site + reverse("casework:my_work"))
    page.get_by_role("heading", name="Libération\u00a0: elle doit être prévenue").wait_for()
    page.get_by_role("link", name="Préparer l’appel").first.click()
    look(page, "alert")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="J’ai lu la consigne", exact=False).click()
    page.get_by_text("0470 12 34 42").wait_for()
    page.get_by_label("Elle a été prévenue", exact=True).check()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.get_by_text("Dites comment elle a été prévenue").first.wait_for()
    look(page, "refused")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_label("Par téléphone, sur un numéro vérifié à nouveau").check()
    page.get_by_role("group", name="Sur quel numéro\u00a0?").get_by_role("radio").first.check()
    page.get_by_label("J’ai vérifié que ce numéro n’est toujours qu’à elle").check()
    page.get_by_label("J’ai demandé si elle est seule, et elle l’est").check()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.get_by_text("tous ceux à qui c’était demandé", exact=False).wait_for()
    look(page, "told")

    enter_as(page, world.officer, site)
    for name, address in (
        ("custody", custody),
        ("detention", site + reverse("casework:detention", args=[case.pk, detention.pk])),
        ("detain", site + reverse("casework:detain", args=[case.pk])),
        ("wish", site + reverse("casework:release_wish", args=[case.pk])),
        ("settled", site + reverse("casework:release_alert", args=[case.pk, alert.pk])),
    ):
        page.goto(address)
        look(page, name)
