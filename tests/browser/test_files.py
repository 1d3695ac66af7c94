"""A file put in a case, looked at and taken back, by keyboard, at three widths and in both themes."""

import re

import pytest
from playwright.sync_api import expect

from agencies.acting import acting_as
from reports.models import Attachment
from tests.factories import make_report
from tests.reports.samples import photo_with_place

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]


def test_a_photo_is_put_in_looked_at_and_taken_back(
    page, context, live_server, committed_world, settings, look, log_in
):
    settings.FILES_LARGEST = 50_000
    world = committed_world
    case = make_report(world.officer).case
    log_in(page, world.officer.user)
    page.goto(f"{live_server.url}/cases/{case.pk}/reports/")
    page.get_by_role("link", name="Fichiers", exact=True).last.click()
    look(page, "empty")
    page.get_by_role("link", name="Ajouter un fichier").click()

    # too large: said before anything is sent
    page.set_input_files(
        "input[type=file]", {"name": "film.pdf", "mimeType": "application/pdf", "buffer": b"a" * 60_000}
    )
    expect(page.get_by_role("alert")).to_contain_text("trop grand")
    page.get_by_role("button", name="Mettre le fichier dans le dossier").click()
    assert page.url.endswith("/files/new/") and page.locator("input[type=file]").evaluate(
        "e => e === document.activeElement"
    )

    # a file that lies: refused, what was typed is there
    page.fill("[name=description]", "Photo de la porte")
    page.set_input_files(
        "input[type=file]", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"MZ" + bytes(99)}
    )
    page.locator("input[name=about]").first.check()
    page.get_by_role("button", name="Mettre le fichier dans le dossier").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("Fichier")
    expect(page.locator("[name=description]")).to_have_value("Photo de la porte")
    look(page, "refused")

    photo = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photo_with_place()}
    page.set_input_files("input[type=file]", photo)
    page.get_by_role("button", name="Mettre le fichier dans le dossier").click()
    page.wait_for_url(re.compile(r"/files/$"))
    expect(page.get_by_text("Photo de la porte").first).to_be_visible()
    look(page, "list")
    page.get_by_role("link", name=re.compile("^Ouvrir")).click()
    picture = page.locator("main img")
    expect(picture).to_be_visible()
    page.wait_for_function("e => e.complete && e.naturalWidth > 0", arg=picture.element_handle())
    context.add_cookies([{"name": "theme", "value": "dark", "url": live_server.url}])
    page.reload()
    look(page, "file-dark")
    with page.expect_download() as download:
        page.get_by_role("link", name="Télécharger").click()
    assert download.value.suggested_filename == "IMG_1.jpg"

    page.get_by_role("link", name="Retirer le fichier").click()
    look(page, "remove-dark")
    page.fill("[name=reason]", "Mauvais dossier")
    page.get_by_role("button", name="Retirer le fichier").click()
    expect(page.get_by_text("Mauvais dossier").first).to_be_visible()
    with acting_as(world.officer):
        assert Attachment.objects.get().name == ""
