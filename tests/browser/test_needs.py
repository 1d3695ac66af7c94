"""On a phone an officer sees the six steps, writes what she needs, flags a danger, and reads the shift sheet."""

import os
from pathlib import Path

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from plans.models import NeedLine
from tests.actors import as_
from tests.factories import make_report
from tests.plans.needs_acts import person_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def keep(page, name: str) -> None:
    """A picture where NEEDS_SHOTS says, to look at."""
    if folder := os.environ.get("NEEDS_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_six_steps_needs_and_a_danger_on_a_phone(page, live_server, committed_world, accessible):
    world, site = committed_world, live_server.url
    case = make_report(world.officer).case
    with acting_as(world.officer):
        her = person_in(case)
    page.set_viewport_size({"width": 390, "height": 844})
    session = as_(world.officer).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": site}])

    page.goto(site + reverse("plans:overview", args=[case.pk]))
    page.get_by_role("heading", name="Six étapes").wait_for()
    accessible(page)
    keep(page, "overview")
    missing = page.get_by_role("region", name="Ce qui manque")
    missing.locator(f'a[href="{reverse("plans:write_needs", args=[case.pk, her.pk])}"]').click()

    page.get_by_role("heading", name="Ce dont cette personne a besoin").wait_for()
    accessible(page)
    page.get_by_role("button", name="Écrire les besoins").click()
    page.get_by_text("Rien n’a encore été demandé").first.wait_for()
    accessible(page)
    page.locator('input[name="housing-state"][value="needed"]').check()
    page.locator('[name="housing-words"]').fill("Elle dort chez une amie.")
    keep(page, "form")
    page.get_by_role("button", name="Écrire les besoins").click()
    page.get_by_text("Elle dort chez une amie.").wait_for()
    accessible(page)
    keep(page, "needs")
    with acting_as(world.officer):
        assert [line.domain for line in NeedLine.objects.all()] == ["housing"]

    page.goto(site + reverse("plans:flag_danger", args=[case.pk]))
    accessible(page)
    page.get_by_label("Un animal", exact=True).check()
    page.get_by_label("Animal dangereux", exact=True).check()
    page.get_by_label("Ce que l’on sait", exact=True).fill("Un chien dans la cour.")
    page.get_by_label("Que faire", exact=True).fill("Téléphoner avant de venir.")
    page.get_by_label("Notre service l’a vu ou vécu", exact=True).check()
    page.get_by_role("button", name="Signaler le danger").click()
    page.get_by_text("Danger signalé.").wait_for()
    accessible(page)
    keep(page, "dangers")

    page.goto(site + reverse("plans:overview", args=[case.pk]))
    page.get_by_role("region", name="Danger pour les professionnels").wait_for()
    page.get_by_text("Une aide est nécessaire et personne n’a été sollicité").first.wait_for()
    page.goto(site + reverse("casework:briefing"))
    page.get_by_text("Téléphoner avant de venir.").wait_for()
    accessible(page)
    keep(page, "briefing")
