"""Production: TLS in front, secrets from the environment, hashed static files."""

from .base import *  # noqa: F403
from .base import MATCHING_ENABLED, SILENCED_SYSTEM_CHECKS, env

DEBUG = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_TLS_PROXY", default=False) else None
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # probes from inside the machine speak plain HTTP
# Preloading binds the whole domain for years: its owner decides it, with the proxy in front.
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "security.W021"]
# Nobody guesses the key of the blind index from another key. Not needed where matching is switched off.
MATCHING_KEY = env("MATCHING_KEY") if MATCHING_ENABLED else ""
# Who may write the database and knows the secret key still seals nothing.
AUDIT_SEAL_KEYS = env.list("AUDIT_SEAL_KEYS")
# No default here: a console would print addresses into the log.
globals().update(env.email_url("EMAIL_URL"))
