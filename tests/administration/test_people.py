"""People of an agency: roles changed and ended, invitations sent and revoked, each within what one may give."""

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from agencies.models import Invitation, Membership
from audit.models import LogEntry
from common.errors import Refused, RuleBroken
from tests.factories import make_member, make_report
from tests.outbox import outbox

pytestmark = pytest.mark.django_db


def invite(client, agency, **changes):
    data = {
        "email": "nora.petit@example.org",
        "given_name": "Nora",
        "family_name": "Petit",
        "profession": "éducatrice",
        "role": "practitioner",
    }
    return client.post(reverse("administration:invite", args=[agency.pk]), data | changes)


def test_an_invitation_is_mailed_shown_once_and_kept_as_a_hash(client, world):
    client.force_login(world.agency_admin.user)
    response = invite(client, world.agency_admin.agency)
    assert response.status_code == 302
    invitation = Invitation.objects.get()
    (mail,) = outbox()
    assert mail.to == "nora.petit@example.org" and mail.template == "invitation" and mail.notice_id is None
    secret = mail.context["path"].split("/")[2]
    assert secret not in invitation.secret_hash and len(secret) > 30
    assert (invitation.expires_at - invitation.created_at).days == 7
    first, second = client.get(response.url).content.decode(), client.get(response.url).content.decode()
    assert secret in first and secret not in second
    with acting_as(world.agency_admin):
        entry = LogEntry.objects.get(object_pk=str(invitation.pk))
    assert entry.actor_id == world.agency_admin.user_id
    assert "nora.petit" not in str(entry.changes) and invitation.secret_hash not in str(entry.changes)


def test_inviting_again_ends_the_earlier_link(client, world):
    client.force_login(world.agency_admin.user)
    invite(client, world.agency_admin.agency)
    invite(client, world.agency_admin.agency, email="Nora.Petit@example.org ")
    assert Invitation.objects.filter(revoked_at=None).count() == 1 and Invitation.objects.count() == 2


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"given_name": ""}, "given_name"),
        ({"role": "platform_administrator"}, "role"),
        ({"role": "data_protection_officer"}, "role"),
        ({"role": ""}, "role"),
        ({"email": "x" * 250 + "@example.org"}, "email"),
    ],
)
def test_a_wrong_invitation_is_refused_by_field(client, world, changes, field):
    client.force_login(world.agency_admin.user)
    response = invite(client, world.agency_admin.agency, **changes)
    assert response.status_code == 422 and field in response.context["form"].errors
    assert not Invitation.objects.exists() and not outbox()


def test_neither_oneself_nor_a_colleague_already_there_is_invited(client, world):
    client.force_login(world.agency_admin.user)
    for address in (world.agency_admin.user.email, world.shelter.user.email):
        response = invite(client, world.agency_admin.agency, email=address)
        assert response.status_code == 422 and "email" in response.context["form"].errors


def test_a_manager_cannot_reach_above_through_the_service_either(world):
    from agencies.services import change_role
    from agencies.services import invite as service

    with acting_as(world.police_manager), pytest.raises(RuleBroken) as refused:
        service(
            by=world.police_manager,
            agency_id=world.police_manager.agency_id,
            email="a@example.org",
            given_name="A",
            family_name="B",
            role="agency_administrator",
        )
    assert set(refused.value.errors) == {"role"}
    with acting_as(world.police_manager), pytest.raises(RuleBroken):
        change_role(by=world.police_manager, member_id=world.officer.pk, role="agency_administrator")
    with acting_as(world.police_manager), pytest.raises(Refused):
        change_role(by=world.police_manager, member_id=world.police_manager.pk, role="reader")


@pytest.mark.parametrize("name", ["member_role", "member_end"])
@pytest.mark.parametrize("who", ["agency_admin", "police_manager", "platform_admin"])
def test_nobody_edits_their_own_role(client, world, who, name):
    me = getattr(world, who)
    client.force_login(me.user)
    response = client.post(reverse(f"administration:{name}", args=[me.pk]), {"role": "manager"})
    assert response.status_code in (403, 422)
    me.refresh_from_db()
    assert me.ends_at is None and Membership.objects.filter(user=me.user).count() == 1
    page = client.get(reverse("administration:member", args=[me.pk])).content.decode()
    assert reverse("administration:member_end", args=[me.pk]) not in page


def test_ending_a_role_shuts_the_door_at_the_next_request(client, world):
    make_report(world.officer)
    client.force_login(world.police_manager.user)
    response = client.post(reverse("administration:member_end", args=[world.officer.pk]))
    assert response.status_code == 302
    world.officer.refresh_from_db()
    assert world.officer.ends_at and not world.officer.user.groups.exists()
    assert client.post(reverse("administration:member_end", args=[world.officer.pk])).status_code == 404
    client.force_login(world.officer.user)
    assert client.get(reverse("administration:home")).status_code == 403
    with acting_as(world.police_manager):
        entry = LogEntry.objects.filter(object_pk=str(world.officer.pk), changes__has_key="ends_at").latest("timestamp")
    assert entry.actor_id == world.police_manager.user_id


def test_a_changed_role_keeps_the_former_one_on_record(client, world):
    client.force_login(world.police_manager.user)
    response = client.post(reverse("administration:member_role", args=[world.officer.pk]), {"role": "referent"})
    assert response.status_code == 302
    former, present = Membership.objects.filter(user=world.officer.user).order_by("starts_at")
    assert (former.role, former.ends_at is None) == ("practitioner", False)
    assert (present.role, present.ends_at) == ("referent", None)
    assert world.officer.user.groups.get() == world.officer.agency.group


def test_people_of_another_agency_do_not_exist(client, world):
    client.force_login(world.agency_admin.user)
    assert client.get(reverse("administration:member", args=[world.officer.pk])).status_code == 404
    for name in ("member_role", "member_end"):
        url = reverse(f"administration:{name}", args=[world.officer.pk])
        assert client.post(url, {"role": "reader"}).status_code == 404


def test_a_manager_does_not_touch_an_administrator_of_the_agency(client, world):
    above = make_member(world.police_manager.agency, "agency_administrator")
    client.force_login(world.police_manager.user)
    assert client.post(reverse("administration:member_end", args=[above.pk])).status_code == 403
    page = client.get(reverse("administration:member", args=[above.pk]))
    assert page.status_code == 200 and not page.context["may_change"]


def test_a_revoked_invitation_opens_nothing(client, world):
    client.force_login(world.agency_admin.user)
    invite(client, world.agency_admin.agency)
    invitation = Invitation.objects.get()
    path = outbox()[0].context["path"]
    assert client.post(reverse("administration:invitation_revoke", args=[invitation.pk])).status_code == 302
    assert client.post(reverse("administration:invitation_revoke", args=[invitation.pk])).status_code == 404
    client.logout()
    assert client.get(path).status_code == 404


def test_an_invitation_does_not_outlive_the_role_of_who_sent_it(client, world):
    client.force_login(world.agency_admin.user)
    invite(client, world.agency_admin.agency)
    path = outbox()[0].context["path"]
    client.force_login(world.platform_admin.user)
    response = client.post(reverse("administration:member_end", args=[world.agency_admin.pk]))
    assert response.status_code == 302 and Invitation.objects.get().revoked_at
    client.logout()
    assert client.get(path).status_code == 404


def test_an_invitation_of_another_agency_is_not_revoked(client, world):
    client.force_login(world.agency_admin.user)
    invite(client, world.agency_admin.agency)
    client.force_login(world.police_manager.user)
    url = reverse("administration:invitation_revoke", args=[Invitation.objects.get().pk])
    assert client.post(url).status_code == 404


@pytest.mark.parametrize("who", ["officer", "reader", "eva", "shelter", "stranger", "prosecutor", "police_referent"])
def test_the_others_administer_nothing(client, world, who):
    client.force_login(getattr(world, who).user)
    assert client.get(reverse("administration:home")).status_code == 403
    assert client.get(reverse("administration:rights")).status_code == 403
    agency = getattr(world, who).agency
    assert client.get(reverse("administration:agency", args=[agency.pk])).status_code == 403
    assert invite(client, agency).status_code == 403 and not Invitation.objects.exists()
