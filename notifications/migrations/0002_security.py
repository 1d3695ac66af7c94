"""The second lock of this room: a notice is its recipient's; anybody's act may write one; the mail worker reads the outbox."""

from django.db import migrations

from common.security import policy

NOTICE = policy(
    "notifications_notice",
    read="recipient_id = (SELECT move_user())",
    contexts=("reminders", "notices"),
)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial"), ("common", "0001_roles_and_settings")]
    operations = [migrations.RunSQL(*NOTICE)]
