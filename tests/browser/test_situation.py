"""A nurse opens a situation on a phone: the least that is needed, kept as she types, then what to do with it."""

import re

import pytest
from playwright.sync_api import expect

from agencies.acting import acting_as
from agencies.enums import AgencyKind
from reports.models import ReportDraft, Situation
from tests.factories import make_agency, make_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


def test_a_nurse_opens_a_situation_on_a_phone(page, live_server, committed_world, look, log_in):
    nurse = make_member(make_agency(AgencyKind.HOSPITAL, "Hôpital Nord"), given_name="Inès", family_name="Maes")
    page.set_viewport_size(PHONE)
    log_in(page, nurse.user)
    page.get_by_role("link", name="Ouvrir une situation").last.click()
    look(page, "begin")
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Commencer").click()
    page.wait_for_url(re.compile(r"/situations/[0-9a-f-]{36}/$"))
    look(page, "empty")
    page.set_viewport_size(PHONE)

    # she is not alone: stop; the words for it appear with the answer, and go with it
    advice = page.get_by_text("Arrêtez-vous là")
    expect(advice).to_be_hidden()
    page.get_by_label("non, quelqu’un est là").check()
    expect(advice).to_be_visible()
    page.locator("[name=alone][value=yes]").check()
    expect(advice).to_be_hidden()
    page.get_by_label("Elle, ou un enfant, est en danger maintenant").check()
    expect(page.get_by_role("link", name=re.compile("^112"))).to_have_attribute("href", "tel:112")
    look(page, "danger")
    page.set_viewport_size(PHONE)

    # what is missing is said on top, and nothing typed is lost
    page.get_by_role("button", name="Enregistrer, puis choisir").click()
    summary = page.locator("[data-error-summary]")
    expect(summary).to_contain_text("Comment le savez-vous")
    look(page, "refused")
    page.set_viewport_size(PHONE)
    expect(page.get_by_label("Elle, ou un enfant, est en danger maintenant")).to_be_checked()

    # the least: how one knows, one sign, whether she may be contacted
    page.get_by_label("nous avons remarqué des signes").check()
    page.get_by_label("La peur").check()
    expect(page.locator("[name=victim_phone]")).to_have_count(1)
    expect(page.locator("[name=victim_phone]")).to_be_hidden()
    page.get_by_label("oui, elle est d’accord").check()
    page.locator("[name=victim_phone]").fill("0470 11 22 33")
    expect(page.locator("[data-autosave-status]")).to_contain_text("Enregistré", timeout=10_000)
    look(page, "typed")
    page.set_viewport_size(PHONE)
    with acting_as(nurse):
        (draft,) = ReportDraft.objects.all()
        assert draft.data["victim_phone"] == "0470 11 22 33"
    page.get_by_role("button", name="Enregistrer, puis choisir").click()

    # four ways, danger first
    page.wait_for_url(re.compile(r"/next/$"))
    with acting_as(nurse):
        (situation,) = Situation.objects.all()
    expect(page.locator("#danger")).to_contain_text("appelez d’abord")
    for way in ("Des conseils, et une feuille", "Consultation anonyme", "L’orienter, avec son accord"):
        expect(page.locator(".big-choices").get_by_text(way)).to_be_visible()
    expect(page.locator(".big-choices").get_by_role("link", name="Puis-je parler")).to_be_visible()
    look(page, "next")
    page.set_viewport_size(PHONE)
    with page.expect_download() as sheet:
        page.get_by_role("button", name="Feuille discrète").click()
    assert sheet.value.suggested_filename == "info.pdf"
    page.get_by_role("link", name="Relire la situation").click()
    expect(page.get_by_text("La peur").first).to_be_visible()
    look(page, "detail")
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/cases/{situation.case_id}/situations/")
    look(page, "list")
    page.goto(f"{live_server.url}/cases/{situation.case_id}/")
    look(page, "case")


@pytest.mark.long
def test_who_works_with_him_is_asked_nothing_of_how_to_reach_her(page, live_server, committed_world, look, log_in):
    log_in(page, committed_world.programme.user)
    page.goto(f"{live_server.url}/situations/new/")
    page.get_by_role("button", name="Commencer").click()
    expect(page.get_by_label("il en a parlé")).to_be_checked()
    expect(page.locator("[name=victim_phone], [name=may_contact], [name=alone]")).to_have_count(0)
    page.get_by_label("Ce qu’il a dit").fill("« Je perds la tête quand elle sort. »")
    page.get_by_role("group", name="La personne que vous suivez").get_by_label("Prénom").fill("Yvan")
    look(page, "his")
    page.get_by_role("button", name="Enregistrer, puis choisir").click()
    page.wait_for_url(re.compile(r"/next/$"))
    expect(page.get_by_role("button", name="Feuille discrète")).to_have_count(0)
    look(page, "his-next")
