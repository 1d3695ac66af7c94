"""A conclusion on an unusual reading is written by who acts, and never on their own: the service says so first."""

from django.db import migrations

TABLE = "administration_unusualreview"
POLICY = f"ALTER POLICY {TABLE}_insert ON {TABLE} WITH CHECK"
OVERSIGHT = "(SELECT move_context()) = 'oversight'"
NOT_THEIR_OWN = (
    f"EXISTS (SELECT 1 FROM administration_unusualreading r WHERE r.id = {TABLE}.reading_id"
    " AND r.user_id <> move_user())"
)


class Migration(migrations.Migration):
    dependencies = [("administration", "0004_temporary_tables_last")]
    operations = [
        migrations.RunSQL(
            f"{POLICY} ({OVERSIGHT} AND reviewer_id = move_user() AND agency_id = move_agency() AND {NOT_THEIR_OWN})",
            f"{POLICY} ({OVERSIGHT})",
        )
    ]
