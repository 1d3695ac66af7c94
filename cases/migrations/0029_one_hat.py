"""A notice is read in the service it was written to: somebody of two services reads none of the other's."""

from importlib import import_module

from django.db import migrations

from common.security import instead, policy

before = import_module("cases.migrations.0010_restriction")

NOTICE = policy(
    "notifications_notice",
    read="recipient_id = (SELECT move_user()) AND agency_id = (SELECT move_agency())"
    " AND (case_id IS NULL OR NOT cases_kept_out(case_id,"
    " (SELECT move_user()), kind IN ('case_restricted', 'referral_received')))",
    contexts=("reminders", "notices"),
)


class Migration(migrations.Migration):
    dependencies = [("cases", "0028_closing"), ("notifications", "0017_running_notices")]
    operations = [migrations.RunSQL(*instead(before.NOTICE, NOTICE))]
