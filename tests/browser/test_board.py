"""The line between police and prosecutor, on a desk and on a phone: received, read, heard, decided."""

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from agencies import units
from agencies.acting import acting_as
from agencies.enums import Role
from common.clock import now
from tests.casework.test_tracking import alert, sent
from tests.factories import make_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]


def days_ago(owner, tracking, days: int) -> None:
    """The same thing received `days` ago, written by the owner: no service changes a day."""
    owner.execute("ALTER TABLE reports_tracking DISABLE TRIGGER USER")
    owner.execute(
        "UPDATE reports_tracking SET decide_by = %s, received_at = %s WHERE id = %s",
        [now() - timedelta(days=days - 14), now() - timedelta(days=days), tracking.pk],
    )
    owner.execute("ALTER TABLE reports_tracking ENABLE TRIGGER USER")


def test_a_complaint_is_read_heard_and_decided(page, live_server, committed_world, owner, look, log_in):
    world = committed_world
    manager = make_member(world.prosecutor.agency, Role.MANAGER, given_name="Anne", family_name="Collin")
    values = {"name": "Famille", "territory": ["1210"], "reference_person": world.prosecutor.user_id}
    with acting_as(manager):
        units.create(by=manager, agency_id=manager.agency_id, values=values)
    late = sent(world, postal_code="1210")
    sent(world)
    days_ago(owner, late, 20)
    alert(world)

    log_in(page, world.prosecutor.user)
    page.get_by_role("link", name="Tableau de suivi").first.click()
    rows = page.locator("ul.work > li")
    expect(rows.first).to_contain_text(late.case.reference)
    expect(rows).to_have_count(3)
    look(page, "board")

    rows.first.get_by_role("link", name="Ouvrir").click()
    page.get_by_role("button", name="Je l’ai lu, je le prends").click()
    expect(page.locator("dl.facts")).to_contain_text("Camille Renard")
    page.get_by_text("Ordonner une mesure").click()
    page.get_by_text("Demander une audition à la police").click()
    look(page, "tracked")
    page.check("input[name=hearing-whom][value=victim]")
    page.get_by_role("button", name="Demander", exact=True).click()
    expect(page.locator("dl.facts")).to_contain_text("Audition demandée")

    page.get_by_role("button", name="Décider", exact=True).click()
    expect(page.locator("[data-error-summary]")).to_be_visible()
    look(page, "decide-errors")
    page.check("input[name=decide-outcome][value=inquiry]")
    page.fill("textarea[name=decide-reasons]", "Faits graves et répétés.")
    page.get_by_role("button", name="Décider", exact=True).click()
    expect(page.locator(".page-head")).to_contain_text("Enquête")
    look(page, "decided")

    page.context.clear_cookies()
    log_in(page, world.officer.user)
    expect(page.locator("main")).to_contain_text("Tenir l’audition demandée par le parquet")
    page.goto(f"{live_server.url}{reverse('casework:board')}")
    expect(page.locator("ul.work > li")).to_have_count(2)
    look(page, "board-police")
    page.goto(f"{live_server.url}{reverse('casework:tracked', args=[late.pk])}")
    look(page, "tracked-police")
    page.check("input[name=heard-whom][value=victim]")
    page.fill("input[name=heard-on]", "2026-01-01T10:00")
    page.get_by_role("button", name="Indiquer qu’elle a eu lieu").click()
    expect(page.locator("main")).to_contain_text("Audition tenue")

    page.context.clear_cookies()
    log_in(page, manager.user)
    page.goto(f"{live_server.url}{reverse('administration:units', args=[manager.agency_id])}")
    look(page, "units")
    page.get_by_role("link", name="Ouvrir une section").click()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("[data-error-summary]")).to_be_visible()
    look(page, "unit-errors")
