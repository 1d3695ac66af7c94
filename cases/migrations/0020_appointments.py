"""Whom she asks for where she is awaited; and on his side no appointment of hers is read, its own neither."""

from django.db import migrations, models

from cases import security

READ = security.row("cases_appointment", category="'contact'", side="cases_appointment.side")
ON_HIS_SIDE = (
    "cases_appointment.side <> 'perpetrator' AND EXISTS (SELECT 1 FROM cases_casegroupobjectpermission mine"
    " WHERE mine.group_id = (SELECT move_group()) AND mine.content_object_id = cases_appointment.case_id"
    " AND mine.side = 'perpetrator')"
)


def worded(condition: str) -> str:
    return f"ALTER POLICY cases_appointment_read ON cases_appointment USING ({condition});"


class Migration(migrations.Migration):
    dependencies = [("cases", "0019_every_door_security")]
    operations = [
        migrations.AddField(
            "appointment",
            "ask_for",
            models.CharField(blank=True, max_length=100, verbose_name="whom to ask for there"),
        ),
        migrations.RunSQL(worded(f"{READ} AND NOT ({ON_HIS_SIDE})"), worded(READ)),
    ]
