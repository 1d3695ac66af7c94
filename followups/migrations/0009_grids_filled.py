"""Open reassessments say which grid is to be filled in again: that of the act they follow from."""

from django.db import migrations

FILL = """
UPDATE followups_followup f SET grid_id = v.grid_id
FROM riskassessment_assessment a JOIN riskassessment_gridversion v ON v.id = a.grid_version_id
WHERE f.kind = 'reassessment' AND a.id = COALESCE(
  (SELECT c.assessment_id FROM riskassessment_conclusion c WHERE c.id = f.source_id),
  (SELECT c.assessment_id FROM riskassessment_countersignature s
     JOIN riskassessment_conclusion c ON c.id = s.conclusion_id WHERE s.id = f.source_id),
  f.source_id)
"""


class Migration(migrations.Migration):
    dependencies = [("followups", "0008_grids"), ("riskassessment", "0006_whole_room_security")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
