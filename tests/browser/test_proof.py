"""“Who saw this, on what basis, and can you prove nobody altered the log?”: two clicks for who works the case, one page
for who answers for the audit."""

import os

import pytest
from playwright.sync_api import expect

from audit import anchors, sealing, verifying
from tests.actors import as_
from tests.factories import make_member, make_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sealed_and_checked() -> None:
    sealing.seal()
    anchors.send()
    verifying.run_asked()


@pytest.mark.long
def test_the_officer_asks_checks_and_reads_what_was_altered(page, live_server, committed_world, owner, look, log_in):
    make_report(committed_world.officer)
    dpo = make_member(committed_world.platform_admin.agency, "data_protection_officer")
    log_in(page, dpo.user)
    page.get_by_role("link", name="Preuve du journal").first.click()
    expect(page.get_by_role("heading", name="Jamais vérifié encore")).to_be_visible()
    look(page, "proof-never")
    page.get_by_role("button", name="Vérifier maintenant").click()
    expect(page.get_by_role("heading", name="Vérification en cours")).to_be_visible()
    look(page, "proof-under-way")
    sealed_and_checked()
    page.get_by_role("link", name="Recharger").click()
    expect(page.get_by_role("heading", name="Rien n’a été altéré")).to_be_visible()
    look(page, "proof-good")
    owner.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
    owner.execute("UPDATE audit_auditevent SET reason = 'x' WHERE id = (SELECT id FROM audit_auditevent LIMIT 1)")
    owner.execute("DELETE FROM audit_auditevent WHERE id = (SELECT max(id::text)::uuid FROM audit_auditevent)")
    page.get_by_role("button", name="Vérifier maintenant").click()
    sealed_and_checked()
    page.get_by_role("link", name="Recharger").click()
    expect(page.get_by_role("heading", name="Quelque chose a été altéré")).to_be_visible()
    look(page, "proof-altered")


def test_a_lawyer_has_the_answer_in_two_clicks(page, live_server, committed_world, look, log_in):
    world = committed_world
    case = make_report(world.officer).case
    for who in ("eva", "eva_referent", "police_manager", "reader"):
        as_(getattr(world, who)).get(f"/cases/{case.pk}/")
    sealing.seal()
    verifying.ask()
    sealed_and_checked()
    log_in(page, world.police_referent.user)
    page.goto(f"{live_server.url}/cases/{case.pk}/")
    page.get_by_role("link", name="Qui a lu et modifié").click()
    expect(page.get_by_text("Rien n’a été altéré")).to_be_visible()
    readers = page.get_by_role("region", name="Qui a lu")
    expect(readers).to_contain_text("Leïla Amrani")
    expect(readers).to_contain_text("Consentement")
    look(page, "trail")
    page.get_by_text("Comment est-ce prouvé").click()
    look(page, "trail-proof")
    page.get_by_label("Service", exact=True).select_option(label="Cellule EVA A")
    page.get_by_label("Ce qui a été fait").select_option(label="Lectures")
    page.get_by_role("button", name="Filtrer").click()
    expect(readers).not_to_contain_text("Delvaux")
    assert "Amrani" not in page.url and "EVA" not in page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="Imprimer (PDF)").click()
    assert download.value.suggested_filename == "readings.pdf"
    if folder := os.environ.get("MOVE_LOOK"):
        download.value.save_as(f"{folder}/readings.pdf")
