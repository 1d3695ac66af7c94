"""Until when a case is under supervision, and which of the new lines are not for his side.

The same lines as `cases.timeline.kept_from_his_side`: a test compares the two.
"""

from importlib import import_module

from django.db import migrations, models

before = import_module("cases.migrations.0023_sort_keys_of_his_side")

CODES = (
    "case_reopened",
    "monitoring_begun",
    "monitoring_extended",
    "plan_agreed",
    "programme_alert",
    "release_told",
    "safety_plan_written",
)
KEPT = before.KEPT.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
LISTED = "'child_changed')"
SEIZED = "(code = 'prosecutor_measure' AND coalesce(payload ->> 'measure', '') = 'seizure')"
NOT_FOR_HIM = "(code = 'measure_moved' AND coalesce(payload ->> 'for_him', '') = 'no')"
ABOUT_HER = "(code = 'needs_assessed' AND coalesce(payload ->> 'about', '') = 'victim')"
NOW = KEPT.replace(LISTED, ", ".join(["'child_changed'", *(f"'{code}'" for code in CODES)]) + ")").replace(
    SEIZED, f"{SEIZED}\n    OR {NOT_FOR_HIM}\n    OR {ABOUT_HER}"
)


class Migration(migrations.Migration):
    dependencies = [("cases", "0027_running_codes")]
    operations = [
        migrations.AddField(
            model_name="case",
            name="supervised_until",
            field=models.DateTimeField(null=True, verbose_name="under supervision until"),
        ),
        migrations.RunSQL(NOW + before.REPAIR, KEPT + before.REPAIR),
    ]
