"""Tests: the real database roles, PostgreSQL and Redis; only the password hasher and the mail box differ."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # pytest-playwright runs an event loop in the main thread

from .base import *  # noqa: E402, F403

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
ACCOUNT_RATE_LIMITS = False
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
FILES_ROOT = Path(tempfile.mkdtemp(prefix="move-test-files-"))
atexit.register(shutil.rmtree, FILES_ROOT, ignore_errors=True)
AUDIT_ROOTS_FILE = Path(tempfile.mkdtemp(prefix="move-test-audit-")) / "roots.jsonl"
atexit.register(shutil.rmtree, AUDIT_ROOTS_FILE.parent, ignore_errors=True)
CLAMAV_URL = ""
