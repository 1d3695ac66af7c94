"""On his side, even a contact of hers that the agency typed itself is closed: the hard refusal wins over own work."""

from django.db import migrations

from cases import security

READ = security.row("cases_contactpoint", category="'contact'", side="cases_contactpoint.side")
ON_HIS_SIDE = (
    "cases_contactpoint.side <> 'perpetrator' AND EXISTS (SELECT 1 FROM cases_casegroupobjectpermission mine"
    " WHERE mine.group_id = (SELECT move_group()) AND mine.content_object_id = cases_contactpoint.case_id"
    " AND mine.side = 'perpetrator')"
)


def worded(condition: str) -> str:
    return f"""
ALTER POLICY cases_contactpoint_read ON cases_contactpoint USING ({condition});
ALTER POLICY cases_contactpoint_update ON cases_contactpoint USING ({condition}) WITH CHECK ({condition});
ALTER POLICY cases_contactpoint_delete ON cases_contactpoint USING ({condition});
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0007_deep_pages")]
    operations = [migrations.RunSQL(worded(f"{READ} AND NOT ({ON_HIS_SIDE})"), worded(READ))]
