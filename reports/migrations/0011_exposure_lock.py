"""What police wrote of a child is read with the report or not at all; on his side, by nobody but who wrote it."""

from django.db import migrations

from cases import security
from common.security import instead, policy

TABLE = "reports_childexposure"
INSERT = "agency_id = move_agency() AND author_id = move_user()"
BEFORE = policy(TABLE, read=security.row(TABLE, category=f"{TABLE}.category", side=f"{TABLE}.side"), insert=INSERT)
OPEN = security.granted(f"{TABLE}.case_id", "move_codename('children', 'victim')")
ON_HIS_SIDE = security.stands(f"{TABLE}.case_id")
WITH_ITS_REPORT = (
    f"({TABLE}.report_id IS NULL OR EXISTS (SELECT 1 FROM reports_report r WHERE r.id = {TABLE}.report_id))"
)
READ = (
    f"{security.case_visible(f'{TABLE}.case_id')} AND ({TABLE}.agency_id = (SELECT move_agency())"
    f" OR ({OPEN} AND NOT {ON_HIS_SIDE} AND {WITH_ITS_REPORT}))"
)


class Migration(migrations.Migration):
    dependencies = [("reports", "0010_every_door_security")]
    operations = [migrations.RunSQL(*instead(BEFORE, policy(TABLE, read=READ, insert=INSERT)))]
