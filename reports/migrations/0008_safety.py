"""During an emergency access, the `safety` context reads the reports of a case whose level the acting agency receives.

`reports.safety` takes three columns of them. One more permissive policy leaves the plans of the others as they are.
"""

from django.db import migrations

from cases import security

CASE = "reports_report.case_id"
ALLOWED = (
    f"(SELECT move_context()) = 'safety' AND {security.case_visible(CASE)}"
    f" AND {security.granted(CASE, chr(39) + 'view_level_case' + chr(39))}"
)
OPEN = f"CREATE POLICY reports_report_safety ON reports_report FOR SELECT USING ({ALLOWED})"
CLOSE = "DROP POLICY reports_report_safety ON reports_report"


class Migration(migrations.Migration):
    dependencies = [("reports", "0007_draft_kept_out")]
    operations = [migrations.RunSQL(OPEN, CLOSE)]
