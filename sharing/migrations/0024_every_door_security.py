"""A review of opposing reports is read with its link. The context `grants` reads links, their ends and their reviews,
whoever acts: they close addresses.
"""

from django.db import migrations

from common.security import append_only, policy

REVIEW = "sharing_countercomplaintreview"
LOCK = policy(
    REVIEW,
    read=f"EXISTS (SELECT 1 FROM sharing_caselink l WHERE l.id = {REVIEW}.link_id)",
    insert="agency_id = move_agency() AND reviewed_by_id = move_user()",
    contexts=("grants",),
)
LINKS = ("sharing_caselink", "sharing_caselinkend")
CREATE = "CREATE POLICY {0}_grants ON {0} FOR SELECT USING ((SELECT move_context()) = 'grants')"
DROP = "DROP POLICY {0}_grants ON {0}"


class Migration(migrations.Migration):
    dependencies = [("sharing", "0023_every_door")]
    operations = [
        migrations.RunSQL(*LOCK),
        migrations.RunSQL(*append_only(REVIEW)),
        *(migrations.RunSQL(CREATE.format(table), DROP.format(table)) for table in LINKS),
    ]
