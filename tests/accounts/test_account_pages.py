"""The pages of the door: each one that exists opens, each one that does not is not there."""

import re

import pytest
from django.contrib.auth import SESSION_KEY
from django.urls import NoReverseMatch, resolve, reverse

from accounts.models import User
from tests.factories import PASSWORD, make_user
from tests.outbox import outbox

pytestmark = pytest.mark.django_db
NEW = "trois-mésanges-au-balcon"


@pytest.mark.parametrize(
    "name", ["account_login", "account_reset_password", "account_reset_password_done", "account_signup",
             "account_inactive", "account_reset_password_from_key_done"],
)  # fmt: skip
def test_pages_open_without_a_login(client, name):
    response = client.get(reverse(name))
    assert response.status_code == 200, name
    assert response["Cache-Control"]


@pytest.mark.parametrize("name", ["account_logout", "account_change_password", "account_reauthenticate"])
def test_pages_open_with_a_login(client, world, name):
    client.force_login(world.officer.user)
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", ["account_change_password", "account_set_password", "account_reauthenticate"])
def test_pages_of_a_person_ask_for_the_login(client, name):
    response = client.get(reverse(name))
    assert response.status_code == 302 and response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize(
    "name", ["account_email", "account_confirm_email", "account_email_verification_sent", "account_confirm_login_code"]
)
def test_other_pages_of_allauth_do_not_exist(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_signing_up_is_closed(client):
    body = {"email": "new@example.org", "password1": NEW, "password2": NEW}
    page = client.post(reverse("account_signup"), body)
    assert page.status_code in (200, 403) and "<form" not in page.content.decode()
    assert not User.objects.filter(email="new@example.org").exists()


def test_login_logs_in_by_address_whatever_its_case(client):
    user = make_user(email="marc@example.org")
    response = client.post(reverse("account_login"), {"login": " Marc@Example.org", "password": PASSWORD})
    assert response.status_code == 302 and client.session[SESSION_KEY] == str(user.pk)
    user.refresh_from_db()
    assert user.last_login


@pytest.mark.parametrize("body", [{"login": "nobody@example.org"}, {"login": "marc@example.org"}])
def test_a_wrong_login_says_the_same_whoever_is_tried(client, body):
    make_user(email="marc@example.org")
    response = client.post(reverse("account_login"), body | {"password": "not-this-one-at-all"})
    assert response.status_code == 200 and SESSION_KEY not in client.session
    assert "error-summary" in response.content.decode()


def test_a_closed_account_does_not_come_in(client):
    make_user(email="marc@example.org", is_active=False)
    response = client.post(reverse("account_login"), {"login": "marc@example.org", "password": PASSWORD})
    assert SESSION_KEY not in client.session
    assert response.status_code in (200, 302)


def test_logging_out_takes_a_post(client, world):
    client.force_login(world.officer.user)
    client.get(reverse("account_logout"))
    assert SESSION_KEY in client.session
    client.post(reverse("account_logout"))
    assert SESSION_KEY not in client.session


def test_changing_the_password_keeps_the_person_logged_in(client, world):
    client.force_login(world.officer.user)
    body = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    response = client.post(reverse("account_change_password"), body)
    assert response.status_code == 302 and client.session[SESSION_KEY]
    world.officer.user.refresh_from_db()
    assert world.officer.user.check_password(NEW)
    weak = {"oldpassword": NEW, "password1": "password1234", "password2": "password1234"}
    response = client.post(reverse("account_change_password"), weak)
    assert response.status_code == 200 and "error-summary" in response.content.decode()


def test_a_forgotten_password_is_reset_by_a_mailed_link_that_works_once(client):
    user = make_user(email="marc@example.org")
    assert client.post(reverse("account_reset_password"), {"email": "Marc@example.org"}).status_code == 302
    (mail,) = outbox()
    assert (mail.to, mail.template) == ("marc@example.org", "password_reset")
    link = mail.context["path"]
    assert resolve(link).url_name == "account_reset_password_from_key"
    page = client.get(link, follow=True)
    assert page.status_code == 200 and 'name="password1"' in page.content.decode()
    form = page.redirect_chain[-1][0]
    assert client.post(form, {"password1": "court", "password2": "court"}).status_code == 200
    assert client.post(form, {"password1": NEW, "password2": NEW}).status_code == 302
    user.refresh_from_db()
    assert user.check_password(NEW)
    again = client.get(link, follow=True).content.decode()
    assert 'name="password1"' not in again
    nonsense = reverse("account_reset_password_from_key", kwargs={"uidb36": "zz", "key": "set-password"})
    assert 'name="password1"' not in client.get(nonsense, follow=True).content.decode()


def test_a_forgotten_password_of_nobody_answers_the_same_and_mails_nobody(client):
    response = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    assert response.status_code == 302 and response.url == reverse("account_reset_password_done")
    assert not outbox()


def test_mails_hold_no_name_and_no_word_of_violence(client):
    from django.template.loader import render_to_string

    for template in ("invitation", "password_reset"):
        for ending in ("_subject", ""):
            text = render_to_string(f"notifications/mail/{template}{ending}.txt", {"link": "https://x.test/y"})
            assert text.strip() and not re.search(r"violen|victim|police|dossier|case", text, re.IGNORECASE)


def test_reauthentication_asks_the_password(client, world):
    client.force_login(world.officer.user)
    assert client.post(reverse("account_reauthenticate"), {"password": "wrong-one"}).status_code == 200
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302


def test_too_many_attempts_are_slowed_down(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/5m/key"}
    # a cache of its own: tests that run beside this one empty the common one
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    make_user(email="marc@example.org")
    body = {"login": "marc@example.org", "password": "not-this-one-at-all"}
    for _ in range(3):
        client.post(reverse("account_login"), body)
    response = client.post(reverse("account_login"), body | {"password": PASSWORD})
    assert SESSION_KEY not in client.session and response.status_code in (200, 429)
