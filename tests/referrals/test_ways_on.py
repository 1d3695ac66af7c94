"""From each page of a referral there is a way on: no form that nothing could let through, no room without a door."""

import pytest
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from agencies.models import Agency
from casework.referring import accept_referral, decline_referral
from tests.actors import as_
from tests.factories import make_agency, make_member
from tests.referrals.test_interpreting import ask
from tests.referrals_acts import make_case, person, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world):
    return make_case(world.officer)


def page(member, referral) -> str:
    return as_(member).get(reverse("referrals:detail", args=[referral.pk])).content.decode()


def accepted(world, case, **changes):
    referral = send(world.officer, case, world.shelter, **changes)
    with acting_as(world.shelter):
        accept_referral(by=world.shelter, referral_id=referral.pk)
    return referral


def test_without_a_consent_the_feedback_leads_to_asking_and_shows_no_form(world, case):
    referral = accepted(world, case)
    text = page(world.shelter, referral)
    assert reverse("referrals:feedback", args=[referral.pk]) not in text
    assert reverse("sharing:new_consent", args=[case.pk]) in text


def test_a_language_asked_for_is_one_click_from_an_interpreter(world, case):
    referral = accepted(world, case, interpreter_language="ar")
    link = f"{reverse('referrals:interpreter_new', args=[case.pk])}?referral={referral.pk}"
    for member in (world.officer, world.shelter):
        assert link in page(member, referral)
    form = as_(world.officer).get(link).context["form"]
    assert form["language"].value() == "ar"
    plain = send(world.officer, make_case(world.officer), world.shelter)
    assert reverse("referrals:interpreter_new", args=[case.pk]) not in page(world.officer, plain)


def test_nothing_is_said_to_open_to_a_service_without_an_account(world, case):
    outside = make_agency(AgencyKind.MENTAL_HEALTH, "Cabinet du Parc", side=AgencySide.VICTIM, without_account=True)
    referral = send(world.officer, case, make_member(outside), need="psychosocial")
    with translation.override("en"):
        text = page(world.officer, referral)
    assert 'id="opens-none-title"' in text and 'id="opens-title' not in text


def test_a_no_leads_to_another_service_and_to_what_next(world, case):
    referral = send(world.officer, case, world.shelter)
    with acting_as(world.shelter):
        decline_referral(by=world.shelter, referral_id=referral.pk, reason="no_place")
    assert f"{reverse('referrals:next', args=[case.pk])}?subject={referral.subject_id}" in page(world.officer, referral)


def test_what_next_begins_with_her_and_says_who_has_room(world, case):
    with acting_as(world.officer):
        her = str(person(case).pk)
    address = reverse("referrals:next", args=[case.pk])
    assert as_(world.officer).get(address).context["form"]["subject"].value() == her
    Agency.objects.filter(pk=world.shelter.agency_id).update(free_places=3)
    asked = {"subject": her, "need": "shelter", "postal_code": "1210"}
    assert "3 places libres" in as_(world.officer).get(address, asked).content.decode()


def test_the_places_are_one_click_from_the_inbox_for_whoever_may_tell_them(world):
    reader = make_member(world.shelter.agency, "reader")
    link = reverse("agencies:capacity", args=[world.shelter.agency_id])
    inbox = reverse("referrals:list")
    assert link in as_(world.shelter).get(inbox).content.decode()
    assert inbox in as_(world.shelter).get(link).content.decode()
    assert link not in as_(reader).get(inbox).content.decode()
    assert link not in as_(world.shelter).get(inbox, {"box": "sent"}).content.decode()


def test_who_only_reads_a_request_for_an_interpreter_is_told_who_answers(world, case):
    service = make_agency(AgencyKind.INTERPRETER_SERVICE, "Passe-Mots")
    writer, admin = make_member(service, "practitioner"), make_member(service, "agency_administrator")
    request = ask(world.officer, case, writer)
    address = reverse("referrals:interpreter", args=[request.pk])
    assert "Vous pouvez lire cette demande" in as_(admin).get(address).content.decode()
    assert "Vous pouvez lire cette demande" not in as_(writer).get(address).content.decode()
