"""The second lock on requests to be called back: read by the cell that is asked; written for who has no account."""

from django.db import migrations

from common.security import policy

LOCK = policy(
    "followups_callbackrequest",
    read="agency_id = (SELECT move_agency())",
    insert="false",
    contexts=("callbacks", "reminders"),
)


class Migration(migrations.Migration):
    dependencies = [("followups", "0012_callbacks")]
    operations = [migrations.RunSQL(*LOCK)]
