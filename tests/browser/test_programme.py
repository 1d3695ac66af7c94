"""A counsellor marks sessions on a phone and says that he has left; the coordinator passes it on to her service."""

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from plans.models import AlertAnswer, ProgrammeAlert, SessionMark
from tests.actors import as_
from tests.casework.coordination_acts import ask_from_case, make_scheme, retain
from tests.plans.programme_acts import begun_by, case_with_programme, let_in, mandate_of, session_on

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]


def enters(page, member, site: str) -> None:
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": as_(member).cookies["sessionid"].value, "url": site}])


def test_marked_on_a_phone_then_passed_on(page, live_server, committed_world, accessible):
    world, site = committed_world, live_server.url
    case = case_with_programme(world)
    scheme = make_scheme(world, world.eva, world.officer)
    retain(scheme.coordinator, ask_from_case(world.officer, case, scheme))
    let_in(world.officer, case, world.prosecutor, "identity:perpetrator")
    made = begun_by(world.programme, case, mandate_of(world.prosecutor, report_every_days=30))
    session_on(world.programme, made, -1)
    session_on(world.programme, made, 0)

    page.set_viewport_size({"width": 390, "height": 844})
    enters(page, world.programme, site)
    page.goto(site + "/")
    accessible(page)
    page.get_by_role("link", name="Noter", exact=True).click()
    accessible(page)
    page.get_by_role("button", name="Venu").first.click()
    page.get_by_text("C’est noté : présent.").wait_for()
    page.get_by_role("button", name="Pas venu").first.click()
    page.get_by_text("C’est noté : absent.").wait_for()
    page.get_by_role("link", name=case.reference).first.click()
    accessible(page)
    for name in ("therapeutic_plan", "programme_mandate", "programme_alert"):
        page.goto(site + reverse(f"casework:{name}", args=[case.pk, made.pk]))
        accessible(page)
    page.goto(site + reverse("casework:begin_programme", args=[case.pk]))
    accessible(page)
    page.goto(site + reverse("casework:programme_step", args=[case.pk, made.pk]))
    accessible(page)
    page.get_by_label("Il l’a quitté").check()
    page.get_by_role("button", name="Le noter").click()
    page.get_by_text("Dites en quelques mots ce qui s’est passé").first.wait_for()
    accessible(page)
    page.get_by_label("Ce qui s’est passé").fill("Il a dit qu’il réglerait ça lui-même.")
    page.get_by_role("button", name="Le noter").click()
    page.get_by_text("Exclu").or_(page.get_by_text("Il l’a quitté")).first.wait_for()
    page.get_by_text("pas encore pris en charge").first.wait_for()
    accessible(page)

    page.set_viewport_size({"width": 1280, "height": 900})
    enters(page, scheme.coordinator, site)
    with acting_as(world.programme):
        assert SessionMark.objects.count() == 2
        alert = ProgrammeAlert.objects.get()
    address = site + reverse("casework:alert", args=[case.pk, alert.pk])
    page.goto(address)
    accessible(page)
    page.get_by_role("button", name="Je m’en charge").click()
    page.get_by_text("Vous l’avez en main").wait_for()
    page.get_by_label("Transmis", exact=True).check()
    page.get_by_label(world.eva.agency.name).check()
    page.get_by_label("À qui vous avez parlé").fill("Leïla Amrani")
    page.get_by_label("Ce qui a été dit").fill("Revoir le plan de sécurité avec elle aujourd’hui.")
    page.get_by_role("button", name="Le noter").click()
    page.get_by_text("C’est noté. Ce qui était dû est fait.").wait_for()
    accessible(page)
    page.goto(site + reverse("casework:programmes", args=[case.pk]))
    accessible(page)

    enters(page, world.programme, site)
    page.goto(address)
    page.get_by_text("pris en charge", exact=True).wait_for()
    assert world.eva.agency.name not in page.content() and "Leïla" not in page.content()
    accessible(page)

    enters(page, world.eva, site)
    with acting_as(scheme.coordinator):
        answer = AlertAnswer.objects.get()
    page.goto(site + reverse("cases:summary", args=[case.pk]))
    page.get_by_role("heading", name="Transmis à votre service").wait_for()
    page.goto(site + reverse("casework:passed_on", args=[case.pk, answer.pk]))
    page.get_by_text("Revoir le plan de sécurité avec elle").wait_for()
    accessible(page)
    enters(page, world.prosecutor, site)
    page.goto(site + reverse("casework:mandates"))
    page.get_by_text("Présent : 1 sur 2").wait_for()
    accessible(page)
