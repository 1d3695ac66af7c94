"""The page an invitation leads to: once, for one address, and the same words for every link that opens nothing."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from agencies.acting import acting_as
from agencies.models import Invitation, Membership
from agencies.services import invite
from common import clock
from tests.factories import PASSWORD

ANSWER = {"given_name": "Nora", "family_name": "Petit", "password1": "une-loutre-sous-la-pluie"}
ANSWER["password2"] = ANSWER["password1"]


def invitation(by: Membership, email: str = "nora.petit@example.org", role: str = "practitioner") -> str:
    with acting_as(by):
        _row, secret = invite(by=by, agency_id=by.agency_id, email=email, given_name="N.", family_name="P.", role=role)
    return reverse("agencies:invitation", args=[secret])


@pytest.mark.django_db
def test_a_newcomer_opens_an_account_and_is_logged_in(client, world):
    path = invitation(world.agency_admin)
    page = client.get(path)
    assert page.status_code == 200 and "Maison du Tilleul" in page.content.decode()
    response = client.post(path, ANSWER)
    assert response.status_code == 302 and response.url == "/"
    user = User.objects.get(email="nora.petit@example.org")
    assert (user.full_name, user.check_password(ANSWER["password1"])) == ("Nora Petit", True)
    assert client.session["_auth_user_id"] == str(user.pk)
    member = Membership.objects.get(user=user)
    assert (member.agency, member.role) == (world.agency_admin.agency, "practitioner")
    assert user.groups.get() == member.agency.group
    assert Invitation.objects.get().used_at
    client.logout()
    assert client.get(path).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_joining_is_on_record_under_the_person_s_own_name(client, committed_world, owner):
    client.post(invitation(committed_world.agency_admin), ANSWER)
    member = Membership.objects.get(user__email="nora.petit@example.org")
    query = "SELECT actor_id FROM audit_logentry WHERE object_pk = ANY(%s) AND (action = 0) = %s"
    keys = [str(member.pk), str(Invitation.objects.get().pk)]
    assert {row[0] for row in owner.execute(query, [keys[:1], True])} == {member.user_id}
    assert {row[0] for row in owner.execute(query, [keys[1:], False])} == {member.user_id}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes, field",
    [
        ({"password1": "court", "password2": "court"}, "password1"),
        ({"password1": "123456789012345", "password2": "123456789012345"}, "password1"),
        ({"password1": "nora.petit@example.org", "password2": "nora.petit@example.org"}, "password1"),
        ({"password2": "autre-chose-entierement"}, "password2"),
        ({"family_name": " "}, "family_name"),
        ({"given_name": "N" * 101}, "given_name"),
        ({"given_name": "N\x00"}, "given_name"),
    ],
)
def test_a_wrong_answer_is_said_by_field_and_the_link_still_works(client, world, changes, field):
    path = invitation(world.agency_admin)
    response = client.post(path, ANSWER | changes)
    assert response.status_code == 422 and field in response.context["form"].errors
    assert not User.objects.filter(email="nora.petit@example.org").exists()
    assert client.post(path, ANSWER).status_code == 302


@pytest.mark.django_db
def test_every_link_that_opens_nothing_answers_the_same(client, world):
    def normal(response) -> str:
        return response.content.decode()

    unknown = client.get(reverse("agencies:invitation", args=["x" * 43]))
    assert unknown.status_code == 404 and "Maison du Tilleul" not in normal(unknown)
    expired = invitation(world.agency_admin, "a@example.org")
    revoked = invitation(world.agency_admin, "b@example.org")
    used = invitation(world.agency_admin, "c@example.org")
    with acting_as(world.agency_admin):
        from agencies.services import revoke_invitation

        revoke_invitation(by=world.agency_admin, invitation_id=Invitation.objects.get(email="b@example.org").pk)
    other = Client()
    assert other.post(used, ANSWER).status_code == 302
    for path in (revoked, used):
        for answer in (client.get(path), client.post(path, ANSWER)):
            assert (answer.status_code, normal(answer)) == (404, normal(unknown))
    with clock.travel(clock.now() + timedelta(days=7, seconds=1)):
        for answer in (client.get(expired), client.post(expired, ANSWER)):
            assert (answer.status_code, normal(answer)) == (404, normal(unknown))


@pytest.mark.django_db
def test_a_closed_agency_takes_nobody_in(client, world):
    path = invitation(world.agency_admin)
    type(world.agency_admin.agency).objects.filter(pk=world.agency_admin.agency_id).update(is_active=False)
    assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_who_has_an_account_logs_in_then_accepts(client, world):
    path = invitation(world.agency_admin, world.stranger.user.email, "reader")
    page = client.get(path).content.decode()
    assert reverse("account_login") in page and 'name="password1"' not in page
    assert client.post(path, ANSWER).status_code == 200, "no account is taken over by its address"
    assert world.stranger.user.check_password(PASSWORD)
    response = client.post(
        reverse("account_login"), {"login": world.stranger.user.email, "password": PASSWORD, "next": path}
    )
    assert response.status_code == 302 and response.url == path
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 302
    assert set(Membership.objects.filter(user=world.stranger.user).values_list("role", flat=True)) == {
        "practitioner",
        "reader",
    }
    assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_an_invitation_is_for_its_address_only(client, world):
    path = invitation(world.agency_admin)
    client.force_login(world.stranger.user)
    for response in (client.get(path), client.post(path, ANSWER)):
        assert response.status_code == 403
        assert "nora.petit" not in response.content.decode() and "Tilleul" not in response.content.decode()
    assert Membership.objects.filter(user=world.stranger.user).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_account(committed_world):
    path = invitation(committed_world.agency_admin)
    start, statuses = threading.Barrier(2), []

    def accept() -> None:
        client = Client()
        start.wait()
        try:
            statuses.append(client.post(path, ANSWER).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=accept) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) in ([302, 404], [200, 302])
    assert User.objects.filter(email="nora.petit@example.org").count() == 1
    assert Membership.objects.filter(user__email="nora.petit@example.org").count() == 1
