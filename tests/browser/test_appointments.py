"""The cell looks at its neighbourhoods, makes an appointment, and is not let send the two to one place unseen."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from agencies.models import Unit
from cases.enums import PersonRole
from common.acting import SystemContext, system_context
from common.clock import local
from tests.actors import as_
from tests.cases.appointment_acts import PLACE, make, tomorrow
from tests.factories import make_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
WIDTHS = (1280, 390)


def signed_in(page, member, site: str) -> None:
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": as_(member).cookies["sessionid"].value, "url": site}])


def keep(page, name: str, width: int) -> None:
    """A picture where APPOINTMENT_SHOTS says, to look at."""
    if folder := os.environ.get("APPOINTMENT_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


def test_the_neighbourhood_the_call_and_the_appointment(page, live_server, committed_world, accessible):
    world, site = committed_world, live_server.url
    with system_context(SystemContext.REFERENCE):
        for name, codes, member in (("Nord", ["1210"], world.eva), ("Sud", ["1060"], world.eva_referent)):
            Unit.objects.create(agency=world.eva.agency, name=name, territory=codes, reference_person=member.user)
    case = make_report(world.officer, postal_code="1210").case
    make_report(world.officer, postal_code="4000")
    make_report(world.officer, postal_code="1060")
    made = make(world.officer, case, PersonRole.PRESUMED_PERPETRATOR)
    make(world.eva, case, starts_at=tomorrow(16), interpreter_language="ro", remarks="Entrée par la cour.")
    form = reverse("cases:new_appointment", args=[case.pk])
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        signed_in(page, world.eva, site)
        for name, address in (
            ("neighbourhood", reverse("casework:neighbourhood")),
            ("list", reverse("cases:appointments", args=[case.pk])),
            ("summary", reverse("cases:summary", args=[case.pk])),
        ):
            page.goto(site + address)
            accessible(page)
            keep(page, name, width)
        page.goto(site + reverse("casework:neighbourhood"))
        page.get_by_role("link", name="Historique").first.click()
        accessible(page)
        keep(page, "history", width)
        page.get_by_role("link", name="Préparer l’appel").click()
        accessible(page)
        keep(page, "call", width)
        signed_in(page, world.officer, site)
        page.goto(site + form)
        keep(page, "form", width)
        page.get_by_label("Soins", exact=True).check()
        start = made.starts_at
        page.get_by_label("Début", exact=True).fill(local(start).strftime("%Y-%m-%dT%H:%M"))
        page.get_by_label("Fin", exact=True).fill(local(start + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"))
        page.get_by_label("Lieu", exact=True).fill(PLACE)
        page.get_by_role("button", name="Fixer le rendez-vous").click()
        page.get_by_text("Les deux parties se croiseraient").wait_for()
        accessible(page)
        keep(page, "warning", width)
        page.get_by_label("Je l’ai vu et je garde").check()
        page.get_by_role("button", name="Fixer le rendez-vous").click()
        page.get_by_text("Le rendez-vous est fixé").wait_for()
        accessible(page)
        keep(page, "one", width)
    with acting_as(world.officer):
        assert case.appointments.filter(overlap_accepted=True).count() == len(WIDTHS)
