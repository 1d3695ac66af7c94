"""On a phone, a family dispute becomes a complaint without anything typed again; a trained colleague verifies it."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from agencies.acting import acting_as
from reports.models import Report
from tests.factories import make_report, train

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


def test_a_dispute_becomes_a_complaint_and_is_verified(page, live_server, committed_world, look, log_in):
    world = committed_world
    train(world.police_referent)
    dispute = make_report(
        world.officer, means="Les mains.", **{"children-0-exposure": "heard", "children-0-impact": "Il pleure."}
    )
    there = reverse("reports:detail", args=[dispute.case_id, dispute.pk])
    log_in(page, world.officer.user)
    page.goto(f"{live_server.url}{there}")
    look(page, "dispute")
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="En faire une plainte").click()
    page.wait_for_url(re.compile(r"/reports/[0-9a-f-]{36}/$"))

    # all is there; only what a complaint asks besides is to be said
    expect(page.locator("[name=facts_words]")).to_have_value(dispute.facts_words)
    expect(page.locator("[name=means]")).to_have_value("Les mains.")
    expect(page.locator("[name^=known-][name$=-impact]")).to_have_value("Il pleure.")
    look(page, "draft")
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Enregistrer la plainte").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("intrafamiliale")
    look(page, "refused")
    page.set_viewport_size(PHONE)
    page.check("[name=vif][value=yes]")
    page.check("[name=vc][value=yes]")
    page.check("[name=rights_explained][value=copy]")
    page.select_option("[name=rights_language]", "fr")
    page.get_by_role("button", name="Enregistrer la plainte").click()
    page.wait_for_url(re.compile(rf"/cases/{dispute.case_id}/$"))
    with acting_as(world.officer):
        complaint = Report.objects.get(kind="police_complaint")
    assert complaint.continues_id == dispute.pk and complaint.facts_gestures == dispute.facts_gestures
    page.goto(f"{live_server.url}{reverse('reports:detail', args=[complaint.case_id, complaint.pk])}")
    expect(page.locator("main")).to_contain_text("pas encore vérifiée")
    look(page, "complaint")

    page.context.clear_cookies()
    log_in(page, world.police_referent.user)
    verify = reverse("casework:verify_classification", args=[complaint.case_id, complaint.pk])
    page.locator(f'a[href="{verify}"]').first.click()
    look(page, "verify")
    page.check("[name=vif][value=yes]")
    page.check("[name=vc][value=yes]")
    page.get_by_role("button", name="Signer la vérification").click()
    page.wait_for_url(re.compile(rf"/reports/{complaint.pk}/$"))
    expect(page.locator("main")).to_contain_text("vérifiée par", ignore_case=True)
