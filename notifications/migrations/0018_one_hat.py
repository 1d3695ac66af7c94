"""A notice is read in the service it was written to: somebody of two services reads none of the other's."""

from importlib import import_module

from django.db import migrations

from common.security import instead, policy

before = import_module("notifications.migrations.0002_security")

NOTICE = policy(
    "notifications_notice",
    read="recipient_id = (SELECT move_user()) AND agency_id = (SELECT move_agency())",
    contexts=("reminders", "notices"),
)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0017_running_notices")]
    operations = [migrations.RunSQL(*instead(before.NOTICE, NOTICE))]
