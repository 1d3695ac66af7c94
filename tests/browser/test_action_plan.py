"""A coordinator plans two actions at a desk; the service that does one says on a phone what became of it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from common.clock import local, now
from plans.models import Action, ActionStep
from tests.actors import as_
from tests.casework.coordination_acts import ask_from_case, make_scheme, retain
from tests.factories import make_report
from tests.plans.safety_acts import write_plan

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PLANNED = (
    ("Surveillance", "Passer chaque soir devant l’immeuble."),
    ("Planification de la sécurité", "Changer la serrure avec le propriétaire."),
)


def signed_in(page, member, site: str) -> None:
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": as_(member).cookies["sessionid"].value, "url": site}])


def test_planned_at_a_desk_and_answered_on_a_phone(page, live_server, committed_world, accessible):
    world, site = committed_world, live_server.url
    case = make_report(world.officer).case
    scheme = make_scheme(world, world.eva, world.officer)
    retain(scheme.coordinator, ask_from_case(world.officer, case, scheme))
    page.set_viewport_size({"width": 1280, "height": 900})
    signed_in(page, scheme.coordinator, site)
    page.goto(site + reverse("casework:action_plan", args=[case.pk]))
    accessible(page)
    for strand, words in PLANNED:
        page.get_by_role("link", name="Prévoir une action").first.click()
        page.get_by_label(strand, exact=True).check()
        page.get_by_label("Le dossier dans son ensemble").check()
        page.get_by_label("Ce qu’il faut faire").fill(words)
        page.get_by_label("À faire pour le").fill(str((local(now()) + timedelta(days=3)).date()))
        page.get_by_label(world.officer.agency.name, exact=True).check()
        accessible(page)
        page.get_by_role("button", name="Prévoir l’action").click()
        page.get_by_text("L’action est prévue").wait_for()
        accessible(page)
        page.get_by_role("link", name="Plan d’action").first.click()
    page.get_by_role("link", name="Le plan est convenu").click()
    accessible(page)
    page.get_by_role("button", name="Noter l’accord").click()
    page.get_by_text("Le plan est convenu. Il reste conservé").wait_for()
    accessible(page)

    page.set_viewport_size({"width": 390, "height": 844})
    signed_in(page, world.officer, site)
    page.goto(site + reverse("casework:action_plan", args=[case.pk]))
    accessible(page)
    page.get_by_role("link", name="Dire où elle en est").first.click()
    page.get_by_label("Pas faite").check()
    page.get_by_role("button", name="Enregistrer la réponse").click()
    page.get_by_text("Dites pourquoi").first.wait_for()
    accessible(page)
    page.get_by_label("Faite", exact=True).check()
    page.get_by_label("Ce qui le montre").fill("Passage noté à 21 h 40.")
    page.get_by_role("button", name="Enregistrer la réponse").click()
    page.get_by_text("Enregistré. Le service qui l’a prévue est prévenu.").wait_for()
    accessible(page)
    with acting_as(world.officer):
        assert Action.objects.filter(case=case).count() == 2
        assert ActionStep.objects.get().outcome == "done"

    plan = write_plan(world.officer, case)
    for name, args in (
        ("plans:safety_plan", [case.pk]), ("plans:write_safety_plan", [case.pk]),
        ("plans:safety_paper", [case.pk, plan.pk]), ("casework:coordination", [case.pk]),
    ):  # fmt: skip
        page.goto(site + reverse(name, args=args))
        accessible(page)
    signed_in(page, scheme.coordinator, site)
    page.goto(site + reverse("casework:coordination", args=[case.pk]))
    accessible(page)
