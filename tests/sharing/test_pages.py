from datetime import timedelta

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from cases.access import for_case
from common.clock import now
from sharing.models import Consent, ConsentWithdrawal, SharingDecision, SharingRevocation
from sharing.services import decide
from tests.referrals_acts import accept, make_case, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(world):
    """A case whose victim was referred to the shelter, on her consent; (case, referral, decision)."""
    case = make_case(world.officer)
    referral = accept(world.shelter, send(world.officer, case, world.shelter))
    with acting_as(world.officer):
        return case, referral, SharingDecision.objects.get(source_id=referral.pk)


def test_each_service_its_side_and_why(world, client, shared):
    case, referral, _decision = shared
    client.force_login(world.officer.user)
    text = client.get(reverse("sharing:case_access", args=[case.pk])).content.decode()
    names = [text.index(f">{name}</h3>") for name in ("Zone de police A", "Cellule EVA A", "Maison du Tilleul")]
    assert names[0] == min(names), "one's own service comes first"
    assert referral.reason in text and "Trouver une place" in text
    assert reverse("casework:withdraw_consent", args=[case.pk, referral.consent_id]) in text


def test_withdrawn_from_the_page_everything_closes_at_once(world, client, shared):
    case, referral, _decision = shared
    url = reverse("casework:withdraw_consent", args=[case.pk, referral.consent_id])
    client.force_login(world.officer.user)
    assert client.get(url).status_code == 200, "looking changes nothing"
    with acting_as(world.shelter):
        assert for_case(case, world.shelter)
    assert client.post(url).status_code == 302 and client.post(url).status_code == 302
    with acting_as(world.officer):
        assert ConsentWithdrawal.objects.count() == 1
    text = client.get(reverse("sharing:case_access", args=[case.pk])).content.decode()
    assert f'btn-outline-danger" href="{url}"' not in text, "no button for what has ended"
    client.force_login(world.shelter.user)
    assert client.get(reverse("cases:summary", args=[case.pk])).status_code == 404


def test_the_service_that_closes_its_own_access_lands_somewhere(world, client, shared):
    case, referral, _decision = shared
    client.force_login(world.shelter.user)
    response = client.post(reverse("casework:withdraw_consent", args=[case.pk, referral.consent_id]))
    assert response.status_code == 302 and response.url == reverse("cases:list")


def test_ended_with_a_reason(world, client, shared):
    case, _referral, decision = shared
    url = reverse("sharing:revoke", args=[case.pk, decision.pk])
    client.force_login(world.officer.user)
    refused = client.post(url, {"reason": " "})
    assert refused.status_code == 422 and b"data-error-summary" in refused.content
    assert client.post(url, {"reason": "elle est partie"}).status_code == 302
    with acting_as(world.officer):
        assert SharingRevocation.objects.get().reason == "elle est partie"
    with acting_as(world.shelter):
        assert not for_case(case, world.shelter)


@pytest.mark.parametrize(
    ("who", "status"), [("stranger", 404), ("other_officer", 404), ("programme", 404), ("reader", 403), ("eva", 403)]
)
def test_who_may_not_end_it(world, client, shared, who, status):
    case, _referral, decision = shared
    client.force_login(getattr(world, who).user)
    response = client.post(reverse("sharing:revoke", args=[case.pk, decision.pk]), {"reason": "x"})
    assert response.status_code == status
    with acting_as(world.officer):
        assert not SharingRevocation.objects.exists()


def test_his_programme_neither_sees_nor_ends_her_consents(world, client, shared):
    case, referral, _decision = shared
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    client.force_login(world.programme.user)
    assert client.get(reverse("sharing:case_access", args=[case.pk])).status_code == 200
    response = client.post(reverse("casework:withdraw_consent", args=[case.pk, referral.consent_id]))
    assert response.status_code == 404
    with acting_as(world.officer):
        assert Consent.objects.live().filter(pk=referral.consent_id).exists()


def test_what_has_not_begun_is_said_so_and_may_be_ended(world, client):
    case = make_case(world.officer)
    with acting_as(world.officer):
        later = decide(
            by=world.officer, case=case, recipient=world.shelter.agency, side="victim", way_in="decision",
            basis="grave_danger", grants=["identity:victim"], necessity="x", timeliness="x", security="x",
            reach="external", particulars={"danger": "x", "help": "x"}, starts_at=now() + timedelta(days=3),
            ends_at=now() + timedelta(days=30),
        )  # fmt: skip
    client.force_login(world.officer.user)
    address = reverse("sharing:case_access", args=[case.pk])
    (one,) = [one for one in client.get(address).context["participants"] if one.agency == world.shelter.agency]
    (why,) = one.why
    assert why.begins_at == later.starts_at and not why.holds and why.may_revoke
    assert client.post(reverse("sharing:revoke", args=[case.pk, later.pk]), {"reason": "Annulé."}).status_code == 302
    page = client.get(address)
    (why,) = next(one for one in page.context["participants"] if one.agency == world.shelter.agency).why
    assert why.begins_at is None and not why.may_revoke and "Annulé." in page.content.decode()
