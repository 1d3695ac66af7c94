"""The zone sees what is missing, the cell ends its part, the case is supervised, a report opens it again."""

import os
from pathlib import Path

import pytest
from django.urls import reverse

from tests.actors import as_
from tests.casework.test_closing import reach, report_again, today
from tests.factories import make_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def signed_in(page, member, site: str) -> None:
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": as_(member).cookies["sessionid"].value, "url": site}])


def keep(page, name: str) -> None:
    """A picture where CLOSING_SHOTS says, to look at."""
    if folder := os.environ.get("CLOSING_SHOTS"):
        page.screenshot(path=Path(folder) / f"closing-{name}.png", full_page=True)


def test_a_part_ended_a_case_supervised_and_opened_again(page, live_server, committed_world, accessible):
    world, site = committed_world, live_server.url
    case = make_report(world.officer).case
    reach(world.eva, case)
    closing = site + reverse("casework:closing", args=[case.pk])
    page.set_viewport_size({"width": 390, "height": 900})

    # what is missing, and where it is mended
    signed_in(page, world.police_referent, site)
    page.goto(closing)
    accessible(page)
    keep(page, "missing")
    page.get_by_text("2 choses manquent").wait_for()
    page.get_by_role("link", name="Noter qu’elle a été informée").click()
    accessible(page)
    keep(page, "told")
    page.get_by_label("À un numéro sûr, seule").check()
    page.locator("#id_told_on").fill(today().isoformat())
    page.get_by_label("En quelques mots").fill("La cellule, à toute heure.")
    page.locator("form[data-once] button[type=submit]").last.click()

    # the cell ends its own part
    signed_in(page, world.eva, site)
    page.goto(closing)
    accessible(page)
    page.get_by_role("link", name="Terminer notre suivi").click()
    accessible(page)
    keep(page, "part")
    page.get_by_label("Ce qui était convenu est fait").check()
    page.get_by_role("button", name="Terminer notre suivi").click()

    # nothing is missing: under supervision
    signed_in(page, world.police_referent, site)
    page.goto(closing)
    page.get_by_text("rien ne manque").wait_for()
    page.get_by_role("button", name="Clôturer le dossier").click()
    accessible(page)
    page.get_by_role("alert").wait_for()
    page.get_by_label("Pourquoi maintenant, en quelques mots").fill("Elle dit que c’est calme.")
    page.get_by_role("button", name="Clôturer le dossier").click()
    page.get_by_text("Ce dossier est sous supervision").first.wait_for()
    accessible(page)
    keep(page, "supervised")

    # a new report opens it again
    report_again(world.officer, case)
    page.goto(closing)
    accessible(page)
    keep(page, "reopened")
    assert page.get_by_text("Ce dossier est sous supervision").count() == 0
    page.get_by_text("Rouvert · un nouveau signalement").wait_for()
