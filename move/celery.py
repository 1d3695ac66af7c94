"""The Celery application. Messages carry identifiers only; the rows in PostgreSQL are the truth."""

import os

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "move.settings.dev")

from common.roles import refuse_to_serve_as_owner  # noqa: E402 - names the settings module first

app = Celery("move")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

signals.worker_init.connect(refuse_to_serve_as_owner, dispatch_uid="refuse_to_serve_as_owner")
signals.beat_init.connect(refuse_to_serve_as_owner, dispatch_uid="refuse_to_serve_as_owner")
