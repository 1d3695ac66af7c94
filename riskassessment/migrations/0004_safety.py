"""During an emergency access, the `safety` context reads the signed grids of a case whose level the acting agency
receives. `riskassessment.safety` takes the answers on weapons and threats out of them, in the query itself.
"""

from django.db import migrations

from cases import security

CASE = "riskassessment_assessment.case_id"
ALLOWED = (
    "(SELECT move_context()) = 'safety' AND riskassessment_assessment.signed_at IS NOT NULL"
    f" AND {security.case_visible(CASE)} AND {security.granted(CASE, chr(39) + 'view_level_case' + chr(39))}"
)
OPEN = f"CREATE POLICY riskassessment_assessment_safety ON riskassessment_assessment FOR SELECT USING ({ALLOWED})"
CLOSE = "DROP POLICY riskassessment_assessment_safety ON riskassessment_assessment"


class Migration(migrations.Migration):
    dependencies = [("riskassessment", "0003_draft_per_agency"), ("cases", "0002_security")]
    operations = [migrations.RunSQL(OPEN, CLOSE)]
