"""The second lock of this room: a follow-up belongs to the agency that owes it; the one that planned it may see it too."""

from django.db import migrations

from cases import security
from common.security import append_only, policy

READ = (
    "(followups_followup.agency_id = (SELECT move_agency()) OR followups_followup.planned_by_agency_id = (SELECT move_agency()))"
    f" AND {security.case_visible('followups_followup.case_id')}"
)
FOLLOW_UP = policy("followups_followup", read=READ, contexts=("reminders",))
ATTEMPT = policy(
    "followups_contactattempt",
    read=security.row("followups_contactattempt", category="'contact'", side="'victim'"),
)


class Migration(migrations.Migration):
    dependencies = [("followups", "0001_initial"), ("cases", "0002_security")]
    operations = [
        migrations.RunSQL(*FOLLOW_UP),
        migrations.RunSQL(*ATTEMPT),
        migrations.RunSQL(*append_only("followups_contactattempt")),
        migrations.RunSQL(*append_only("followups_followuppolicy")),
    ]
