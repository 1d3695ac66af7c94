"""A draft that joins a case is closed to colleagues kept out of that case, except to who began it."""

from django.db import migrations

BEFORE = "agency_id = (SELECT move_agency())"
AFTER = f"""
{BEFORE} AND (author_id = (SELECT move_user()) OR joins_case_id IS NULL OR EXISTS
  (SELECT 1 FROM cases_case c WHERE c.id = reports_reportdraft.joins_case_id))
"""


def worded(condition: str) -> str:
    return f"""
ALTER POLICY reports_reportdraft_read ON reports_reportdraft USING ({condition});
ALTER POLICY reports_reportdraft_update ON reports_reportdraft USING ({condition}) WITH CHECK ({condition});
ALTER POLICY reports_reportdraft_delete ON reports_reportdraft USING ({condition});
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0003_client_key"), ("cases", "0008_own_contact_closed")]
    operations = [migrations.RunSQL(worded(AFTER), worded(BEFORE))]
