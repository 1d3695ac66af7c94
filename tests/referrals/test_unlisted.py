"""A service that is not in the list: named by who refers, asked by its service alone, then confirmed or closed."""

import re

import pytest
from django.urls import reverse
from django.utils import translation

from agencies import unlisted
from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from agencies.models import Agency
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from referrals.models import Referral, ReferralDraft
from referrals.proposals import alternatives
from tests.factories import make_agency
from tests.referrals.test_pages import preview_page, story, token_of
from tests.referrals.test_writing_pages import new_url, page_of

pytestmark = pytest.mark.django_db
__all__ = ["story"]

DOCTOR = {
    "name": "Cabinet médical Aulnaie",
    "kind": "general_practice",
    "postal_code": "1210",
    "professional_phone": "02 555 61 61",
}


@pytest.fixture(autouse=True)
def in_english(client):
    client.cookies["django_language"] = "en"
    with translation.override("en"):
        yield


def enter(by, **changes) -> Agency:
    with acting_as(by):
        return unlisted.enter(by=by, values=DOCTOR | changes)


def page(case) -> str:
    return reverse("referrals:unlisted", args=[case.pk])


def test_from_the_form_to_the_letter_with_nothing_typed_lost(world, client, story):
    case, data = story
    client.force_login(world.officer.user)
    key = str(uuid7())
    asked = data | {"to_agency": "", "need": "health", "draft": key, "version": "0"}
    assert 'name="unlisted"' in page_of(client.get(new_url(case)))
    to_page = client.post(new_url(case), asked | {"unlisted": "1"})
    assert to_page.url == f"{page(case)}?draft={key}"
    assert f'name="draft" value="{key}"' in page_of(client.get(to_page.url))
    back = client.post(page(case), DOCTOR | {"draft": key})
    assert back.url == f"{new_url(case)}?draft={key}"
    with acting_as(world.officer):
        doctor = Agency.objects.get(name=DOCTOR["name"])
        assert ReferralDraft.objects.get(pk=key).data["to_agency"] == str(doctor.pk)
    assert doctor.without_account and doctor.to_be_checked and doctor.entered_by_id == world.officer.agency_id
    form = page_of(client.get(back.url))
    assert f'value="{doctor.pk}" selected' in form and data["reason"] in form
    response = preview_page(client, world.officer, case, asked | {"to_agency": str(doctor.pk)})
    assert "Nothing of the case opens to it" in page_of(response)
    sent = client.post(reverse("casework:send_referral", args=[case.pk]), {"token": token_of(response)})
    with acting_as(world.officer):
        assert sent.url == reverse("referrals:letter", args=[Referral.objects.get().pk])


def test_nobody_else_is_told_of_it_before_it_is_confirmed(world, client, story):
    doctor = enter(world.officer)
    assert enter(world.officer) == doctor, "entered twice, it is one"
    other = enter(world.other_officer)
    assert other != doctor, "that another service knows this doctor is told to nobody"

    def asked_by(member) -> set:
        with acting_as(member):
            proposed = [each.agency for each in alternatives(by=member, need="health", postal_code="1210")]
            return {*Agency.objects.to_refer_to(member.agency_id), *proposed} & {doctor, other}

    assert asked_by(world.officer) == {doctor} and asked_by(world.eva) == set()
    with acting_as(world.officer):
        assert doctor not in Agency.objects.active()
    with acting_as(world.platform_admin):
        assert list(unlisted.to_check(world.platform_admin).order_by("created_at")) == [doctor, other]
        unlisted.check(by=world.platform_admin, agency_id=doctor.pk, known=True)
        with pytest.raises(RuleBroken, match="close this one"):
            unlisted.check(by=world.platform_admin, agency_id=other.pk, known=True)
        unlisted.check(by=world.platform_admin, agency_id=other.pk, known=False)
        assert not unlisted.to_check(world.platform_admin)
    assert asked_by(world.eva) == asked_by(world.other_officer) == {doctor}


def test_the_likely_ones_are_proposed_first(world, client, story):
    case, _data = story
    known = make_agency(AgencyKind.GENERAL_PRACTICE, "Cabinet de l'Aulnaie", professional_phone="02/555.61.61")
    client.force_login(world.officer.user)
    asked = client.post(page(case), DOCTOR)
    text = page_of(asked)
    assert asked.status_code == 422 and "Is it one of these?" in text and f'name="use" value="{known.pk}"' in text
    assert DOCTOR["name"] in text
    assert client.post(page(case), DOCTOR | {"use": known.pk}).url == f"{new_url(case)}?to_agency={known.pk}"
    with system_context(SystemContext.REFERENCE):
        assert not Agency.objects.filter(name=DOCTOR["name"]).exists()
    assert client.post(page(case), DOCTOR | {"sure": "1"}).status_code == 302
    for strange in (uuid7(), "x", world.officer.agency_id):
        assert client.post(page(case), DOCTOR | {"use": strange}).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "Fatou Diallo-Test"), ("name", "x" * 151), ("name", "Ca\x00binet"),
        ("kind", "prosecutor"), ("kind", "x"), ("postal_code", "75001"), ("postal_code", ""),
        ("professional_phone", ""), ("professional_phone", "12"), ("professional_phone", "0470 00"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_its_field(world, client, story, field, value):
    case, _data = story
    client.force_login(world.officer.user)
    response = client.post(page(case), DOCTOR | {field: value})
    assert response.status_code == 422 and f'id="id_{field}_error"' in page_of(response)
    with system_context(SystemContext.REFERENCE):
        assert not Agency.objects.exclude(entered_by=None).exists()


def test_the_number_of_somebody_of_the_case_is_no_service(world, client, story):
    case, _data = story
    from cases.models import ContactPoint

    with acting_as(world.officer):
        number = ContactPoint.objects.filter(case=case).first().value
    client.force_login(world.officer.user)
    response = client.post(page(case), DOCTOR | {"professional_phone": number})
    assert response.status_code == 422 and "belongs to somebody of the case" in page_of(response)


def test_a_strange_draft_opens_nothing(world, client, story):
    case, _data = story
    client.force_login(world.officer.user)
    for draft in ("x", uuid7()):
        assert client.get(f"{page(case)}?draft={draft}").status_code == 404
        assert client.post(page(case), DOCTOR | {"draft": draft}).status_code == 404


def test_who_may_enter_and_confirm(world):
    with acting_as(world.reader), pytest.raises(Refused):
        unlisted.enter(by=world.reader, values=DOCTOR)
    doctor = enter(world.officer)
    with acting_as(world.officer):
        assert not unlisted.to_check(world.officer)
        with pytest.raises(Refused):
            unlisted.check(by=world.officer, agency_id=doctor.pk, known=True)


def test_a_programme_entered_stands_on_his_side(world):
    programme = enter(world.officer, kind="perpetrator_programme", name="Groupe Tremble")
    assert programme.side == AgencySide.PERPETRATOR


def test_an_administrator_confirms_or_closes_on_the_page(world, client):
    doctor, lawyer = enter(world.officer), enter(world.officer, name="Étude Sureau", kind="legal_aid")
    client.force_login(world.platform_admin.user)
    assert "2 services entered by who refers are to be checked" in page_of(client.get(reverse("administration:home")))
    assert f"Confirm {doctor.name}" in page_of(client.get(reverse("administration:agencies")))
    text = page_of(client.get(reverse("administration:agency", args=[doctor.pk])))
    assert re.search(rf'action="{reverse("administration:agency_check", args=[doctor.pk])}"', text)
    assert client.post(reverse("administration:agency_check", args=[doctor.pk]), {"known": "yes"}).status_code == 302
    assert client.post(reverse("administration:agency_check", args=[lawyer.pk]), {"known": "no"}).status_code == 302
    doctor.refresh_from_db()
    lawyer.refresh_from_db()
    assert not doctor.to_be_checked and doctor.is_active and not lawyer.is_active
    zone = reverse("administration:agency_check", args=[world.officer.agency_id])
    assert client.post(zone, {"known": "no"}).status_code == 404, "only what a sender entered"
