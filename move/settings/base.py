"""Settings shared by every environment; every value that differs comes from the environment."""

from datetime import date
from ipaddress import ip_network
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from common import logging as move_logging

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

SECRET_KEY = env("DJANGO_SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXIES = [ip_network(item) for item in env.list("TRUSTED_PROXIES", default=[])]
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "guardian",
    "auditlog",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "common",
    "accounts",
    "audit",
    "agencies",
    "notifications",
    "cases",
    "reports",
    "riskassessment",
    "sharing",
    "referrals",
    "plans",
    "followups",
    "casework",
    "administration",
    "move",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "move.middleware.RequestLogMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "move.middleware.ActingMiddleware",
    "move.middleware.SignedInMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "move.urls"
WSGI_APPLICATION = "move.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "move.context_processors.frame",
            ],
        },
    },
]

# Two roles: `app` serves and works, `owner` migrates and loads reference data (manage.py chooses).
DATABASE_ROLE = env("MOVE_DATABASE_ROLE", default="app")


def _database(variable: str) -> dict:
    if not env(variable, default=""):
        raise ImproperlyConfigured(f"{variable} is not set: this command needs it. See README, “Settings”.")
    config = env.db_url(variable, engine="django.db.backends.postgresql")
    config.update(
        ATOMIC_REQUESTS=False,  # ActingMiddleware owns the transaction of a request
        CONN_MAX_AGE=env.int("DATABASE_CONN_MAX_AGE", default=60),
        CONN_HEALTH_CHECKS=True,
        OPTIONS={"application_name": "move", "connect_timeout": 5},
    )
    if DATABASE_ROLE == "app":
        # Nobody waits for ever behind a locked table, the audit's above all: the page answers 503 instead. Said once
        # when connecting, not at each insert; migrations, as the owner, wait as long as they must.
        config["OPTIONS"]["options"] = f"-c lock_timeout={env.int('DATABASE_LOCK_TIMEOUT', default=5)}s"
    return config


DATABASES = {"default": _database("DATABASE_OWNER_URL" if DATABASE_ROLE == "owner" else "DATABASE_URL")}
APP_DATABASE_ROLE = _database("DATABASE_URL")["USER"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIGRATION_MODULES = {"auditlog": None}

REDIS_URL = env("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "common.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "move",
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
}

# --- people ---------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "cases.backends.CaseAccessBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "move.account_adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "move.account_forms.LoginForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
CSRF_FAILURE_VIEW = "move.resume.csrf_failure"
SESSION_COOKIE_AGE = 30 * 60  # seconds without activity
SESSION_ABSOLUTE_AGE = 10 * 60 * 60  # seconds since login
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# --- objects and audit ----------------------------------------------------------------------------------------
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
# guardian's own backend is replaced by cases.backends.CaseAccessBackend, which answers through cases.access
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
AUDITLOG_LOGENTRY_MODEL = "audit.LogEntry"
AUDITLOG_MASK_CALLABLE = "audit.masking.mask"
AUDITLOG_STORE_JSON_CHANGES = True
AUDITLOG_USE_BASE_MANAGER = True

# Keys of the audit's seals: the first seals, all check; empty, one comes of the secret key. Production sets its own.
AUDIT_SEAL_KEYS = env.list("AUDIT_SEAL_KEYS", default=[])
# Where the roots of the seals leave the database: a file that is only added to (best on another machine, chattr +a)…
AUDIT_ROOTS_FILE = Path(env("AUDIT_ROOTS_FILE", default=str(BASE_DIR / "var" / "audit" / "roots.jsonl")))
# … and a syslog server: udp://host:514, tcp://host:601 or unix:/dev/log; none when empty.
AUDIT_SYSLOG_URL = env("AUDIT_SYSLOG_URL", default="")

# --- languages and time ---------------------------------------------------------------------------------------
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Brussels"

# --- files ----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"

# Files put in cases: encrypted, in a directory no address leads to; web and worker share it.
FILES_ROOT = Path(env("FILES_ROOT", default=str(BASE_DIR / "var" / "files")))
FILES_LARGEST = env.int("FILES_LARGEST_MB", default=20) * 1024 * 1024
# A grid of 500 questions sends an answer, a comment, a source and a day for each, and several answers for some.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6000
FILE_UPLOAD_HANDLERS = ["common.uploads.BoundedUploadHandler"]
# tcp://host:3310 or unix:/path of ClamAV's daemon; without it files are not looked at, and pages say so
CLAMAV_URL = env("CLAMAV_URL", default="")

# [to be confirmed by a jurist] below this age a child consents to nothing alone
CHILD_CONSENT_AGE = env.int("CHILD_CONSENT_AGE", default=18)
# the end of a consent is announced this many days ahead, to who rests on it
CONSENT_ENDS_SOON_DAYS = env.int("CONSENT_ENDS_SOON_DAYS", default=7)
# [to be confirmed] hours within which a case is assessed again when something turns, or when events repeat themselves
TURNING_POINT_HOURS = env.int("TURNING_POINT_HOURS", default=72)
# [to be confirmed] so many days before a planned release she is to have been told of it
RELEASE_TOLD_DAYS_AHEAD = env.int("RELEASE_TOLD_DAYS_AHEAD", default=3)
# a request to be called back that nobody handled is erased so many days after it was due
CALLBACK_KEEP_DAYS = env.int("CALLBACK_KEEP_DAYS", default=14)
BREAK_GLASS_HOURS = env.int("BREAK_GLASS_HOURS", default=4)
# How many person searches one person may make for it in an hour.
BREAK_GLASS_SEARCHES = env.int("BREAK_GLASS_SEARCHES", default=5)
# How many persons one person may look for on the road in an hour (active measures).
MEASURE_CHECKS = env.int("MEASURE_CHECKS", default=30)
# A situation scored without identity is erased after so many days, a request to the coordination waits so many.
CONSULTATION_DAYS = env.int("CONSULTATION_DAYS", default=30)
COORDINATION_REQUEST_DAYS = env.int("COORDINATION_REQUEST_DAYS", default=7)
# hours to agree on a coordinated plan, counted from when the coordination retains a situation
COORDINATED_PLAN_HOURS = env.int("COORDINATED_PLAN_HOURS", default=72)

# how long a supervised closing lasts unless somebody says otherwise, in months; twice that at most (to be confirmed)
SUPERVISED_CLOSING_MONTHS = env.int("SUPERVISED_CLOSING_MONTHS", default=6)
# [to be confirmed] close monitoring: planned for so many days when the coordination retains, at most so many at once
MONITORING_DAYS = env.int("MONITORING_DAYS", default=30)
MONITORING_MOST_DAYS = env.int("MONITORING_MOST_DAYS", default=90)
# [to be confirmed] while it lasts: a grid is due after at most so many days, an action is told so many hours before
MONITORING_REASSESS_DAYS = env.int("MONITORING_REASSESS_DAYS", default=7)
MONITORING_REMIND_HOURS = env.int("MONITORING_REMIND_HOURS", default=72)
# Unusual readings, shown to data-protection officers: every limit is ours [to be confirmed], "more than" each.
UNUSUAL_CASES_IN_AN_HOUR = env.int("UNUSUAL_CASES_IN_AN_HOUR", default=30)
UNUSUAL_CASES_IN_A_DAY = env.int("UNUSUAL_CASES_IN_A_DAY", default=60)
# ... and at the same time so many times this person's own usual day
UNUSUAL_TIMES_USUAL = env.float("UNUSUAL_TIMES_USUAL", default=3)
# hours of a Belgian clock; kinds of agency that work at night are listed in administration/unusual_rules.py
UNUSUAL_NIGHT_FROM = env.int("UNUSUAL_NIGHT_FROM", default=22)
UNUSUAL_NIGHT_UNTIL = env.int("UNUSUAL_NIGHT_UNTIL", default=6)
UNUSUAL_NIGHT_CASES = env.int("UNUSUAL_NIGHT_CASES", default=0)
# a case whose person bears the reader's or a colleague's name is told again after so many days
UNUSUAL_NAME_AGAIN_DAYS = env.int("UNUSUAL_NAME_AGAIN_DAYS", default=30)
# different addresses refused to one person within so many minutes
UNUSUAL_REFUSALS = env.int("UNUSUAL_REFUSALS", default=20)
UNUSUAL_REFUSALS_MINUTES = env.int("UNUSUAL_REFUSALS_MINUTES", default=10)
UNUSUAL_INTERVAL_SECONDS = env.int("UNUSUAL_INTERVAL_SECONDS", default=15 * 60)
# Hit / no hit: whether agencies learn that another follows the same person (docs/architecture.md, "Hit, no hit").
MATCHING_ENABLED = env.bool("MATCHING_ENABLED", default=True)
# Key of the blind index; empty, one comes of the secret key. Production sets its own. Changed: rebuild_match_keys.
MATCHING_KEY = env("MATCHING_KEY", default="")
# From which likeness (0 to 1) two names pass for one; "exact" where neither birth date nor phone speaks.
MATCHING_FAMILY_LIKENESS = env.float("MATCHING_FAMILY_LIKENESS", default=0.92)
MATCHING_GIVEN_LIKENESS = env.float("MATCHING_GIVEN_LIKENESS", default=0.90)
MATCHING_EXACT_LIKENESS = env.float("MATCHING_EXACT_LIKENESS", default=0.97)
# Whether a "maybe" is told too, or only what is surely the same person.
MATCHING_TELLS_MAYBE = env.bool("MATCHING_TELLS_MAYBE", default=True)
# the page of a letter to a service without an account takes an answer for so many days
LETTER_DAYS = env.int("LETTER_DAYS", default=10)
# [to be confirmed by a jurist] the bare reference of the report travels with the J+2 consent
J2_SHARES_REPORT_REFERENCE = env.bool("J2_SHARES_REPORT_REFERENCE", default=True)
# [to be confirmed by a jurist] from this day the numbers of the new Penal Code stand first; empty: the old ones
NEW_PENAL_CODE_FROM = (
    date.fromisoformat(value) if (value := env("NEW_PENAL_CODE_FROM", default="2026-04-08").strip()) else None
)
# [to be confirmed by a jurist] the text cited when a complaint opens a case to the public prosecutor
COMPLAINT_LEGAL_TEXT = env(
    "COMPLAINT_LEGAL_TEXT",
    default="Loi du 5 août 1992 sur la fonction de police, art. 40 (à confirmer par un juriste)",
)
# [to be confirmed by a jurist] whether family dispute reports without a complaint go to the prosecutor too
DISPUTES_GO_TO_PROSECUTOR = env.bool("DISPUTES_GO_TO_PROSECUTOR", default=False)
DISPUTE_LEGAL_TEXT = env("DISPUTE_LEGAL_TEXT", default="Directive du procureur du Roi (à confirmer)")
# the two sides awaited at one place with less than these minutes in between: whoever makes the appointment is warned
APPOINTMENT_MARGIN_MINUTES = env.int("APPOINTMENT_MARGIN_MINUTES", default=60)
# [to be confirmed by each programme] sessions missed in a row without an excuse, and days without any session held or
# planned, after which the programme is asked to say what becomes of it
PROGRAMME_MISSED_IN_A_ROW = env.int("PROGRAMME_MISSED_IN_A_ROW", default=2)
PROGRAMME_SILENCE_DAYS = env.int("PROGRAMME_SILENCE_DAYS", default=45)
# a shift sheet may be used so many hours, and names the releases expected within so many days
BRIEFING_HOURS = env.int("BRIEFING_HOURS", default=12)
BRIEFING_RELEASE_DAYS = env.int("BRIEFING_RELEASE_DAYS", default=7)
# an export of fewer cases warns that who knows them can recognise them
EXPORT_FEW_CASES = env.int("EXPORT_FEW_CASES", default=5)

# --- queue: wakes workers up, remembers nothing ---------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
REMINDER_INTERVAL_SECONDS = env.int("REMINDER_INTERVAL_SECONDS", default=30)
CELERY_BEAT_SCHEDULE = {
    "send-due-reminders": {
        "task": "followups.send_due_reminders",
        "schedule": REMINDER_INTERVAL_SECONDS,
    },
    "remind-of-callbacks": {"task": "followups.remind_of_callbacks", "schedule": REMINDER_INTERVAL_SECONDS},
    "remind-of-interpreters": {"task": "followups.remind_of_interpreters", "schedule": REMINDER_INTERVAL_SECONDS},
    "erase-callbacks": {"task": "followups.erase_callbacks", "schedule": 3600},
    "deliver-mail": {"task": "notifications.deliver_mail", "schedule": REMINDER_INTERVAL_SECONDS},
    "scan-files": {"task": "reports.scan_files", "schedule": REMINDER_INTERVAL_SECONDS},
    "destroy-left-over-files": {"task": "reports.destroy_left_over", "schedule": 24 * 3600},
    "look-for-unusual-readings": {"task": "administration.look_for_unusual", "schedule": UNUSUAL_INTERVAL_SECONDS},
    "begin-sharing": {"task": "sharing.begin_due", "schedule": 60},
    "seal-audit": {"task": "audit.seal", "schedule": 60},
    "verify-audit": {"task": "audit.verify", "schedule": 60},
    "tell-of-audit": {"task": "administration.tell_of_audit", "schedule": 60},
    "mail-last-root": {"task": "administration.mail_last_root", "schedule": 3600},
    "ask-to-confirm-offers": {"task": "administration.ask_to_confirm", "schedule": 24 * 3600},
    "create-partitions": {"task": "audit.create_partitions", "schedule": 24 * 3600},
    "check-sort-keys": {"task": "cases.check_sort_keys", "schedule": 24 * 3600},
    "check-name-words": {"task": "cases.check_name_words", "schedule": 24 * 3600},
    "end-measures": {"task": "casework.end_measures", "schedule": 60},
    "expire-referrals": {"task": "casework.expire_referrals", "schedule": REMINDER_INTERVAL_SECONDS},
    "erase-consultations": {"task": "riskassessment.erase_consultations", "schedule": 3600},
    "announce-ends-of-consents": {"task": "sharing.announce_ends", "schedule": 6 * 3600},
}

# --- mail: neutral notices only -------------------------------------------------------------------------------
globals().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="move@localhost")
SITE_URL = env("SITE_URL", default=f"http://localhost:{env('PORT', default='8000')}")

# --- browser --------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True

# --- API ------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["common.api.DenyAll"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.api.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "common.api.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "MOVE",
    "DESCRIPTION": (
        "Multi-agency case work on domestic violence. Every answer is limited to what the acting agency may see."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "LevelEnum": "cases.enums.Level",
        "SideEnum": "cases.enums.Side",
        "ParticipationSideEnum": "cases.enums.ParticipationSide",
        "PersonRoleEnum": "cases.enums.PersonRole",
        "ContactKindEnum": "cases.enums.ContactKind",
        "ReportKindEnum": "reports.models.ReportKind",
        "FollowUpKindEnum": "followups.models.FollowUpKind",
        "PresenceEnum": "reports.models.Presence",
        "AskedInPresenceEnum": "riskassessment.models.Presence",
        "GridKindEnum": ["scored", "checklist", "unscored"],
        "MeasureEnum": "reports.models.ImmediateMeasure",
        "ArrangedEnum": "cases.enums.Arranged",
    },
}

LOGGING_CONFIG = None
move_logging.configure(debug=env.bool("DEBUG_LOGS", default=False))
