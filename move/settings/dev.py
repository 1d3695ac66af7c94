"""A developer's machine: what `make run` uses."""

from .base import *  # noqa: F403

DEBUG = True
# The demonstration shows the board of a prosecutor with all that may reach it. Elsewhere family dispute reports
# stay with the police until a jurist has confirmed that they may be sent: off by default.
DISPUTES_GO_TO_PROSECUTOR = env.bool("DISPUTES_GO_TO_PROSECUTOR", default=True)  # noqa: F405
# The demonstration shows what a stranger sees: the ordinary page, without the list of addresses.
MIDDLEWARE = list(MIDDLEWARE)  # noqa: F405
MIDDLEWARE.insert(MIDDLEWARE.index("move.middleware.ActingMiddleware"), "move.middleware.NotFoundPageMiddleware")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
