"""From a case to the right line in two clicks; a protocol recorded; the work of who leaves given to a colleague."""

import pytest
from django.urls import reverse

from administration.protocols import category_choices
from agencies import reference_persons
from agencies.acting import acting_as
from agencies.models import LoadHandover, Protocol
from common.acting import SystemContext, system_context
from common.clock import local, now
from followups.calling import claim
from followups.models import FollowUp
from tests.actors import as_
from tests.factories import make_member, make_report
from tests.referrals_acts import accept, send

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]


def signed_in(page, member, site: str) -> None:
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": as_(member).cookies["sessionid"].value, "url": site}])


def test_a_protocol_then_whom_to_call_then_the_relay(page, live_server, committed_world, look):
    world, site = committed_world, live_server.url
    with system_context(SystemContext.REFERENCE):
        for member, number in ((world.shelter, "02 555 20 20"), (world.eva, "02 555 30 30")):
            member.agency.professional_phone = number
            member.agency.save()
    nora, sam = (make_member(world.eva.agency, given_name=name, family_name="Relais-Test") for name in ("Nora", "Sam"))
    case = make_report(world.officer).case
    accept(world.shelter, send(world.officer, case, world.shelter))
    with acting_as(world.agency_admin):
        values = {"theme": "migration", "user": world.shelter.user_id, "phone": "02 555 20 21", "hours": "le matin"}
        reference_persons.name_person(by=world.agency_admin, agency_id=world.shelter.agency_id, values=values)
    with acting_as(nora):
        call = FollowUp.objects.get(case=case, kind="j2_contact")
        claim(by=nora, follow_up_id=call.pk, held_by=None)

    # the platform administrator writes down what the two services signed
    page.set_viewport_size({"width": 390, "height": 844})
    signed_in(page, world.platform_admin, site)
    page.goto(site + reverse("administration:protocol_new"))
    page.get_by_label("Titre", exact=False).first.fill("Protocole d’accueil de nuit")
    for member in (world.officer, world.shelter):
        page.get_by_label(member.agency.name, exact=True).check()
    page.locator("[name=purpose]").fill("Se passer le relais le soir même.")
    page.locator("[name=channel]").fill("ligne directe, de jour comme de nuit")
    page.locator(f"[name=categories][value={category_choices()[0][0]}]").check()
    page.locator("[name=legal_basis]").fill("Convention du district")
    page.locator("[name=starts_on]").fill(str(local(now()).date()))
    look(page, "protocol-form")
    page.get_by_role("button", name="L’enregistrer").click()
    page.get_by_text("en vigueur").first.wait_for()
    look(page, "protocol")
    page.goto(site + reverse("administration:protocols"))
    look(page, "protocols")
    assert Protocol.objects.count() == 1

    # two clicks from the case
    signed_in(page, world.officer, site)
    page.goto(site + reverse("cases:summary", args=[case.pk]))
    page.get_by_role("link", name="Qui appeler").click()
    page.get_by_role("link", name="02 555 20 21").wait_for()
    assert page.get_by_role("link", name="02 555 20 20").get_attribute("href") == "tel:025552020"
    page.get_by_text("ligne directe, de jour comme de nuit").wait_for()
    look(page, "contacts")

    # the list of reference persons, and the relay
    signed_in(page, world.agency_admin, site)
    page.goto(site + reverse("administration:reference_persons", args=[world.shelter.agency_id]))
    look(page, "reference-persons")
    signed_in(page, world.eva_manager, site)
    page.goto(site + reverse("administration:member", args=[nora.pk]))
    page.get_by_role("link", name="Transmettre son travail").click()
    page.locator("[name=successor]").select_option(str(sam.user_id))
    page.locator("[name=note]").fill("Les appels se font avant 11 h.")
    look(page, "load")
    page.get_by_role("button", name="Voir ce qui va passer").click()
    page.get_by_role("heading", name="Ceci passe à Sam Relais-Test").wait_for()
    look(page, "load-preview")
    with acting_as(world.eva_manager):
        assert not LoadHandover.objects.exists()
    page.get_by_role("button", name="Changer le mot ou la personne").click()
    assert page.locator("[name=note]").input_value() == "Les appels se font avant 11 h."
    page.get_by_role("button", name="Voir ce qui va passer").click()
    page.get_by_role("button", name="Transmettre à Sam Relais-Test").click()
    page.get_by_role("heading", name="Le travail de Nora Relais-Test est passé").wait_for()
    look(page, "load-done")
    with system_context(SystemContext.REMINDERS):
        assert FollowUp.objects.get(pk=call.pk).assigned_to_id == sam.user_id
