"""The timeline at every width: folded lines, what is new, an entry by its address, who reads a note, a correction."""

import pytest
from playwright.sync_api import expect

from agencies.acting import acting_as
from cases.access import for_case
from cases.enums import Category, EventCode, Side
from cases.models import Case
from cases.services import log_event, write_note
from tests.cases.helpers import as_, bring_in, url
from tests.factories import make_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]


def happened(by, case, code) -> None:
    with acting_as(by):
        log_event(by=by, case=case, code=code, category=Category.SUMMARY, side=Side.CASE)


def test_read_written_and_corrected_on_any_screen(page, live_server, committed_world, look, log_in):
    world = committed_world
    case = make_report(world.officer, kind="police_complaint").case
    bring_in(case, world.officer, world.prosecutor, ["facts:case"], side="neutral")
    with acting_as(world.officer):
        access = for_case(Case.objects.get(pk=case.pk), world.officer)
        note = write_note(
            by=world.officer, case=case, access=access, category="facts", side="case",
            facts="La porte était cassée.", statements="« Il est revenu », dit-elle.",
        )  # fmt: skip
    for _each in range(3):
        happened(world.officer, case, EventCode.SENT_TO_PROSECUTOR)
    as_(world.officer).get(url("cases:summary", case))
    happened(world.prosecutor, case, EventCode.APPOINTMENT_MADE)

    log_in(page, world.officer.user)
    page.goto(f"{live_server.url}{url('cases:timeline', case)}")
    expect(page.get_by_role("heading", name="Nouveau depuis votre dernière visite")).to_be_visible()
    run = page.locator("details.run").first
    expect(run).not_to_have_attribute("open", "")
    run.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(run.locator(".small-line").first).to_be_visible()
    look(page)

    # an entry by its address: it has the focus of the page, so that Tab goes on from there
    page.goto(f"{live_server.url}{url('cases:timeline_entry', case, note.pk)}")
    expect(page.locator("li[aria-current=true]")).to_contain_text("La porte était cassée.")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('li')?.getAttribute('aria-current')") == "true"

    # who will read it is said again at each choice, beside the button
    page.locator("details.compose > summary").click()
    said = page.locator("[data-readers]")
    expect(said).to_contain_text("Choisissez de quoi parle la note")
    page.get_by_role("radio", name="Faits").check()
    expect(said).to_contain_text("Parquet")
    expect(page.locator("details.compose .choices .visibility:visible")).to_have_count(1)
    page.get_by_label("Garder").check()
    expect(said).not_to_contain_text("Parquet")
    look(page)

    page.goto(f"{live_server.url}{url('cases:correct_note', case, note.pk)}")
    page.locator("textarea").first.fill("La porte d’entrée était cassée.")
    look(page)
    page.get_by_role("button", name="Corriger la note").click()
    corrected = page.locator("li[aria-current=true]")
    expect(corrected).to_contain_text("La porte d’entrée était cassée.")
    corrected.get_by_text("voir ce qu’elle disait avant").click()
    expect(corrected.get_by_text("La porte était cassée.", exact=True)).to_be_visible()
    look(page)
