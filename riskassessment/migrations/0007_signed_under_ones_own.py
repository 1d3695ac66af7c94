"""A service reads who signed under its own conclusion, whether or not it receives the level: the coordination may have."""

from django.db import migrations

from cases import security
from common.security import instead, policy

TABLE = "riskassessment_countersignature"
BEFORE = security.row(TABLE, category="'level'", side="'case'")
OWN = (
    f"EXISTS (SELECT 1 FROM riskassessment_conclusion c WHERE c.id = {TABLE}.conclusion_id"
    " AND c.agency_id = (SELECT move_agency()))"
)
AUTHOR = f"{TABLE}.agency_id = (SELECT move_agency())"
AFTER = BEFORE.replace(AUTHOR, f"{AUTHOR} OR {OWN}")
INSERT = "agency_id = move_agency() AND author_id = move_user()"


class Migration(migrations.Migration):
    dependencies = [("riskassessment", "0006_whole_room_security")]
    operations = [migrations.RunSQL(*instead(policy(TABLE, read=BEFORE), policy(TABLE, read=AFTER, insert=INSERT)))]
