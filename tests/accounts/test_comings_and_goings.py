"""Signing in, signing out and failing to: on record with identifiers only, also when the answer is an error."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from agencies.acting import acting_as
from agencies.services import add_member
from common import clock
from tests.factories import PASSWORD

QUERY = "SELECT action, user_id, object_id, remote_addr FROM audit_auditevent WHERE object_kind = 'accounts.User'"


@pytest.fixture
def events(owner):
    return lambda: owner.execute(f"{QUERY} ORDER BY at").fetchall()


@pytest.mark.django_db(transaction=True)
def test_signing_in_and_out_is_on_record(client, committed_world, events):
    user = committed_world.officer.user
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    client.post(reverse("account_logout"))
    assert [row[:3] for row in events()] == [("signed_in", user.pk, user.pk), ("signed_out", user.pk, user.pk)]
    assert str(events()[0][3]).startswith("127.0.0.1")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [{}, {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}])
def test_a_failed_sign_in_is_kept_without_the_address_typed(client, committed_world, events, owner, headers):
    user = committed_world.officer.user
    for address in (user.email, "nobody@example.org"):
        client.post(reverse("account_login"), {"login": address, "password": "not-this-one-at-all"}, **headers)
    assert [row[:3] for row in events()] == [("sign_in_failed", None, user.pk), ("sign_in_failed", None, None)]
    everything = str(owner.execute("SELECT * FROM audit_auditevent").fetchall())
    assert "example.org" not in everything and "not-this-one" not in everything


@pytest.mark.django_db(transaction=True)
def test_a_session_that_ends_by_itself_is_signed_out_on_record(client, committed_world, events):
    client.force_login(committed_world.officer.user)
    client.get(reverse("choose_acting"))
    later = clock.now() + timedelta(seconds=settings.SESSION_ABSOLUTE_AGE + 1)
    with clock.travel(later):
        response = client.get(reverse("choose_acting"))
    assert response.status_code == 302 and reverse("account_login") in response.url
    assert [row[0] for row in events()][-1] == "signed_out"


@pytest.mark.django_db
def test_what_was_written_for_one_agency_is_not_sent_unasked_for_another(world):
    with acting_as(world.platform_admin):
        second = add_member(user=world.officer.user, agency=world.other_officer.agency, role="practitioner")
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.officer.user)

    def form_of(page):
        return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())[1]

    def act_for(member):
        page = client.get(reverse("choose_acting"))
        data = {"membership": str(member.pk), "csrfmiddlewaretoken": form_of(page)}
        assert client.post(reverse("choose_acting"), data).status_code == 302

    act_for(world.officer)
    window = {"kind": "police_complaint", "csrfmiddlewaretoken": form_of(client.get(reverse("reports:new")))}
    act_for(world.officer)
    act_for(second)
    asked = client.post(reverse("reports:new"), window, headers={"Origin": "http://testserver"})
    assert asked.status_code == 403, "nothing is recorded for the second agency"
    text = asked.content.decode()
    assert second.agency.name in text and 'value="police_complaint"' in text
    again = client.post(reverse("reports:new"), window | {"csrfmiddlewaretoken": form_of(asked)})
    assert again.status_code == 302, "unless the person says so"
