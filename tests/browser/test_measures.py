"""A residence ban on a phone: asked for, ordered, notified, told; then an officer of another zone asks on the road."""

from datetime import timedelta

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from common.clock import local, now
from plans.models import MeasureStep, ProtectionMeasure
from tests.actors import as_
from tests.factories import make_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def goes_in(page, member, site: str) -> None:
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": as_(member).cookies["sessionid"].value, "url": site}])


def a_moment_ago(minutes: int) -> str:
    return local(now() - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M")


def test_asked_notified_and_found_on_the_road(page, live_server, committed_world, accessible):
    world, site = committed_world, live_server.url
    case = make_report(world.officer, measure="residence_ban", perpetrator_birth_date="1988-03-09").case
    page.set_viewport_size({"width": 390, "height": 844})
    goes_in(page, world.officer, site)
    page.goto(site + reverse("casework:measures", args=[case.pk]))
    accessible(page)
    page.get_by_role("link", name="Nouvelle mesure").click()
    accessible(page)
    page.get_by_role("textbox", name="Lieux, tels que l’ordonnance les nomme").fill("Rue Josaphat 12")
    page.get_by_role("textbox", name="Conditions").fill("Aucun contact.")
    page.get_by_label("Quand elle a été demandée ou ordonnée").fill(a_moment_ago(9))
    page.get_by_role("button", name="Enregistrer la mesure").click()
    page.get_by_text("La mesure est enregistrée.").wait_for()
    accessible(page)
    page.get_by_text("Elle est ordonnée", exact=True).click()
    ordered = page.locator("details[open] form")
    ordered.get_by_label("Quand", exact=True).fill(a_moment_ago(7))
    ordered.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("Dites quelle autorité.").first.wait_for()
    accessible(page)
    ordered.get_by_label("Quelle autorité").select_option("prosecutor")
    ordered.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("Enregistré. Ceux qui travaillent au dossier").wait_for()
    page.get_by_text("Elle lui a été notifiée, ou elle est en place").click()
    notified = page.locator("details[open] form")
    notified.get_by_label("Quand", exact=True).fill(a_moment_ago(5))
    notified.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("Elle n’a pas été prévenue.").wait_for()
    accessible(page)
    told = page.locator("details[open] form")  # it stands open as long as she was not told
    told.get_by_label("La victime").check()
    told.get_by_label("Par téléphone").check()
    told.get_by_label("Quand", exact=True).fill(a_moment_ago(3))
    told.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("Il est noté qui a été prévenu.").wait_for()
    assert page.get_by_text("Elle n’a pas été prévenue.").count() == 0
    accessible(page)
    page.get_by_role("link", name="Fiche de notification").click()
    page.get_by_text("Il garde ce papier.").wait_for()
    accessible(page)
    with acting_as(world.officer):
        measure = ProtectionMeasure.objects.get(case=case)
        assert MeasureStep.objects.get(measure=measure, superseded_by=None).state == "notified"
    page.goto(site + reverse("casework:measure_sheet", args=[case.pk, measure.pk, "request"]))
    accessible(page)

    goes_in(page, world.other_officer, site)
    page.goto(site + reverse("casework:road_check"))
    accessible(page)
    page.get_by_label("Nom", exact=True).fill("MOREL TEST")
    page.get_by_label("Prénom").fill("yvan")
    page.get_by_label("Date de naissance").fill("1988-03-09")
    page.get_by_role("button", name="Demander").click()
    page.get_by_text("Dites pourquoi vous demandez.").first.wait_for()
    accessible(page)
    page.get_by_label("Un contrôle d’identité ou de circulation").check()
    page.get_by_role("button", name="Demander").click()
    page.get_by_text("Interdiction temporaire de résidence").wait_for()
    page.get_by_role("link", name="02 555 01 01").wait_for()
    assert page.get_by_text(case.reference).count() == 0
    accessible(page)
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth <= 320")
