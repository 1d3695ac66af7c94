"""Sharing defaults are drafted, checked and published; hard refusals cannot be switched off."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.models import Agency
from common.clock import local, now
from common.errors import Refused, RuleBroken
from sharing import defaults
from sharing.models import SharingDecision, SharingDefault, SharingDefaultDraft, WayIn
from sharing.services import default_grants
from tests.factories import make_report
from tests.referrals_acts import accept, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def draft(world, way_in=WayIn.REFERRAL, kind="shelter", **changes) -> SharingDefaultDraft:
    given = {
        "grants": ["identity:subject", "contact:subject", "migration:subject"], "contributes": True, "valid_days": 90,
        "reason": "Décision du comité du 3 novembre.",
    } | changes  # fmt: skip
    with acting_as(world.platform_admin):
        return defaults.save_draft(by=world.platform_admin, way_in=way_in, kind=kind, **given)


def test_a_draft_opens_nothing_before_it_is_published(world):
    shelter, cpas = Agency(kind="shelter"), Agency(kind="cpas")
    before = default_grants(way_in=WayIn.REFERRAL, agency=shelter)
    written = draft(world)
    assert default_grants(way_in=WayIn.REFERRAL, agency=shelter) == before
    assert defaults.change_of(written).opened == ("migration:subject",)
    with acting_as(world.platform_admin):
        published = defaults.publish(by=world.platform_admin, draft=written)
    assert default_grants(way_in=WayIn.REFERRAL, agency=shelter) == published
    assert default_grants(way_in=WayIn.REFERRAL, agency=cpas) == before
    assert published.provenance["fr"] == "Décision du comité du 3 novembre."
    assert not SharingDefaultDraft.objects.exists()


def test_published_versions_follow_each_other_and_stay(world):
    with acting_as(world.platform_admin):
        first = defaults.publish(by=world.platform_admin, draft=draft(world))
        with pytest.raises(RuleBroken, match="changes nothing"):
            defaults.publish(by=world.platform_admin, draft=draft(world))
        second = defaults.publish(by=world.platform_admin, draft=draft(world, valid_days=30))
    assert (first.version, second.version) == (1, 2)
    assert defaults.versions(WayIn.REFERRAL, "shelter") == [second, first]


def test_what_was_decided_before_stays_as_it_was(world):
    case = make_report(world.officer).case
    accept(world.shelter, send(world.officer, case, world.shelter))
    with acting_as(world.platform_admin):
        defaults.publish(by=world.platform_admin, draft=draft(world, grants=["identity:subject"]))
    with acting_as(world.shelter):
        assert "contact:victim" in SharingDecision.objects.get(recipient=world.shelter.agency).grants


@pytest.mark.parametrize(
    ("way_in", "kind", "grants"),
    [
        (WayIn.REFERRAL, "shelter", ["facts:case"]),
        (WayIn.REFERRAL, "", ["level:case"]),
        (WayIn.DECISION, "cpas", ["judicial:case"]),
        (WayIn.DECISION, "hospital", ["risk:case"]),
        (WayIn.J2_CONTACT, "", ["facts:case"]),
        (WayIn.DECISION, "perpetrator_programme", ["contact:victim"]),
        (WayIn.DECISION, "perpetrator_programme", ["contact:case"]),
        (WayIn.DECISION, "prison_aid", ["contact:victim"]),
    ],
)
def test_hard_refusals_cannot_be_switched_off(world, way_in, kind, grants):
    with pytest.raises(RuleBroken) as broken:
        draft(world, way_in, kind, grants=grants)
    assert set(broken.value.errors) == {"grants"}
    assert not SharingDefaultDraft.objects.exists()


@pytest.mark.parametrize("way_in", defaults.EDITABLE)
@pytest.mark.parametrize("kind", ["", "shelter", "police", "prosecutor", "perpetrator_programme"])
def test_what_is_shipped_opens_nothing_that_is_never_opened(way_in, kind):
    shipped = defaults.in_force(way_in, kind)
    assert shipped is None or not set(defaults.never(way_in, kind)) & set(shipped.grants)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"grants": ["nonsense:subject"]}, "grants"),
        ({"grants": ["identity:victim"]}, "grants"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 10_000}, "reason"),
        ({"valid_days": 0}, "valid_days"),
        ({"valid_days": 10**6}, "valid_days"),
        ({"verified_on": local(now()).date() + timedelta(days=2)}, "verified_on"),
        ({"way_in": WayIn.BREAK_GLASS}, "grants"),
        ({"kind": "nonsense"}, "grants"),
    ],
)
def test_what_a_draft_needs(world, changes, field):
    with pytest.raises(RuleBroken) as broken:
        draft(world, **changes)
    assert set(broken.value.errors) == {field}


def test_only_platform_administrators(world, client):
    for member in (world.officer, world.agency_admin, world.police_manager):
        with acting_as(member), pytest.raises(Refused):
            defaults.save_draft(
                by=member, way_in="referral", kind="", grants=[], contributes=False, valid_days=None, reason="x"
            )
        client.force_login(member.user)
        assert client.get(reverse("administration:defaults")).status_code == 403
    assert SharingDefault.objects.filter(way_in="referral", version=2).count() == 0


def test_the_pages(world, client):
    client.force_login(world.platform_admin.user)
    assert client.get(reverse("administration:defaults")).status_code == 200
    assert client.get(reverse("administration:default_edit", args=["nonsense", "others"])).status_code == 404
    address = reverse("administration:default_edit", args=["referral", "shelter"])
    assert client.get(address).status_code == 200
    refused = client.post(address, {"grants": ["identity:subject"], "reason": ""})
    assert refused.status_code == 422
    typed = {"grants": ["identity:subject"], "reason": "Moins, mais sûr.", "valid_days": "30"}
    seen = client.post(address, typed, follow=True)
    assert seen.status_code == 200 and "Moins, mais sûr." in seen.content.decode()
    publish = reverse("administration:default_publish", args=[seen.context["draft"].pk])
    assert client.post(publish, {"seen": "earlier"}).status_code == 422, "changed since it was looked at"
    assert client.post(publish, {"seen": seen.context["seen"]}).status_code == 302
    assert client.post(publish, {"seen": seen.context["seen"]}).status_code == 404
    assert default_grants(way_in=WayIn.REFERRAL, agency=Agency(kind="shelter")).grants == ["identity:subject"]
    client.post(address, typed | {"valid_days": "31"})
    left = SharingDefaultDraft.objects.get()
    assert client.post(reverse("administration:default_discard", args=[left.pk])).status_code == 302
    assert not SharingDefaultDraft.objects.exists()
