"""A draft that joins a case is closed to who is kept out of that case, who began it included.

What a recorded draft has become is its case too: a report one may not read would leave an empty draft behind.
"""

from importlib import import_module

from django.db import migrations

before = import_module("reports.migrations.0004_draft_exclusion")

AFTER = f"""
{before.AFTER} AND (joins_case_id IS NULL OR NOT cases_kept_out(joins_case_id, (SELECT move_user()), false))
"""


BECOME = """
UPDATE reports_reportdraft d SET joins_case_id = r.case_id FROM reports_report r
WHERE r.draft_id = d.id AND d.joins_case_id IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0006_file_security"), ("cases", "0010_restriction")]
    operations = [
        migrations.RunSQL(BECOME, migrations.RunSQL.noop),
        migrations.RunSQL(before.worded(AFTER), before.worded(before.AFTER)),
    ]
