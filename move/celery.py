"""The Celery application. Messages carry identifiers only; the rows in PostgreSQL are the truth."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "move.settings.dev")

app = Celery("move")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
