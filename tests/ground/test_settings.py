"""Settings: each environment starts, production is clean for Django's own check, and nothing falls back to a secret."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

SECRET = "k7Pq-" + "x9Zt3mVw" * 8
KEY = "kZQWAIvyZDg7j9NhQ1NDymzWKS9LKtVqeqo-mkrTrNw="


def run(*argv: str, without: tuple[str, ...] = (), **values: str) -> subprocess.CompletedProcess:
    kept = {name: os.environ[name] for name in ("PATH", "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")}
    environment = kept | {
        "DJANGO_SECRET_KEY": SECRET,
        "FIELD_ENCRYPTION_KEYS": KEY,
        "MATCHING_KEY": "of the blind index",
        "AUDIT_SEAL_KEYS": "of the seals",
        "DJANGO_SETTINGS_MODULE": "move.settings.prod",
        "ALLOWED_HOSTS": "move.example.org",
        "EMAIL_URL": "smtp://mail.example.org:25",
    }
    environment = {name: value for name, value in (environment | values).items() if name not in without}
    return subprocess.run(
        [sys.executable, *argv], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )


NAMES = (
    "DEBUG", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SECURE_PROXY_SSL_HEADER", "TRUSTED_PROXIES", "PASSWORD_HASHERS",
    "SECURE_REDIRECT_EXEMPT",
)  # fmt: skip


def production(**values: str) -> dict:
    """Some settings as production has them; reading them alone is quick."""
    code = (
        "import json, move.settings.prod as settings;"
        f" print(json.dumps({{name: getattr(settings, name, None) for name in {NAMES}}}, default=str))"
    )
    done = run("-c", code, **values)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def prod() -> dict:
    return production(DEBUG="1", DJANGO_DEBUG="1")


def test_production_is_clean_for_django():
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues (2 silenced)" in done.stdout


def test_a_developers_machine_starts():
    done = run("manage.py", "check", "--fail-level", "WARNING", DJANGO_SETTINGS_MODULE="move.settings.dev")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "DJANGO_SECRET_KEY",
        "FIELD_ENCRYPTION_KEYS",
        "MATCHING_KEY",
        "AUDIT_SEAL_KEYS",
        "DATABASE_URL",
        "REDIS_URL",
        "EMAIL_URL",
    ],
)
def test_what_has_no_default(name):
    """A key, a database, a broker or a mail server that nobody named is said, never guessed."""
    done = run("-c", "import move.settings.prod", without=(name,))
    assert done.returncode != 0
    assert name in done.stderr


def test_where_matching_is_off_its_key_is_not_asked_for():
    assert run("-c", "import move.settings.prod", without=("MATCHING_KEY",), MATCHING_ENABLED="0").returncode == 0


def test_production_never_debugs(prod):
    assert prod["DEBUG"] is False
    done = run("manage.py", "seed_demo")
    assert done.returncode != 0, "demonstration accounts have a published password"


def test_cookies_and_transport(prod):
    assert prod["SESSION_COOKIE_SECURE"] and prod["CSRF_COOKIE_SECURE"] and prod["SECURE_SSL_REDIRECT"]
    assert prod["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    assert (prod["SESSION_COOKIE_NAME"], prod["CSRF_COOKIE_NAME"]) == ("__Host-sessionid", "__Host-csrftoken")
    # believed only when somebody says that a proxy sets it
    assert prod["SECURE_PROXY_SSL_HEADER"] is None and prod["TRUSTED_PROXIES"] == []
    behind = production(BEHIND_TLS_PROXY="1", TRUSTED_PROXIES="10.0.0.0/8,::1")
    assert behind["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert behind["TRUSTED_PROXIES"] == ["10.0.0.0/8", "::1/128"]


def test_health_is_asked_without_tls(prod):
    """A probe inside the machine does not follow redirections to https."""
    assert [bool(re.match(pattern, "health/live")) for pattern in prod["SECURE_REDIRECT_EXEMPT"]] == [True]


def test_passwords_are_argon2(prod):
    assert prod["PASSWORD_HASHERS"] == ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def test_what_the_ground_relies_on():
    from django.conf import settings

    assert settings.DATABASES["default"]["ATOMIC_REQUESTS"] is False
    assert settings.ANONYMOUS_USER_NAME is None
    assert settings.GUARDIAN_MONKEY_PATCH_USER is False and settings.GUARDIAN_MONKEY_PATCH_GROUP is False
    assert settings.SILENCED_SYSTEM_CHECKS == ["guardian.W001"]
    assert settings.REST_FRAMEWORK["DEFAULT_PERMISSION_CLASSES"] == ["common.api.DenyAll"]
    assert "guardian.backends.ObjectPermissionBackend" not in settings.AUTHENTICATION_BACKENDS
    order = settings.MIDDLEWARE
    authentication = order.index("django.contrib.auth.middleware.AuthenticationMiddleware")
    acting, signed_in = (
        order.index("move.middleware.ActingMiddleware"),
        order.index("move.middleware.SignedInMiddleware"),
    )
    assert order.index("django.contrib.sessions.middleware.SessionMiddleware") < authentication < acting < signed_in
    assert not [name for name in order if "auditlog" in name], "its middleware believes any X-Forwarded-For"


@pytest.mark.django_db
def test_the_policy_of_the_browser(client):
    policy = dict(
        item.strip().split(" ", 1) for item in client.get("/account/login/")["Content-Security-Policy"].split(";")
    )
    assert (
        policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'" and policy["base-uri"] == "'none'"
    )
    assert policy["script-src"].split()[0] == "'self'" and policy["style-src"].split()[0] == "'self'"
    assert "unsafe" not in str(policy) and "http" not in str(policy) and "*" not in str(policy)
