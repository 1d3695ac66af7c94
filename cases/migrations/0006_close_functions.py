"""Functions that run as the owner answer to triggers and to the nightly check, not to any statement.

PostgreSQL lets everybody call a new function: `cases_known_severity` would tell the level to whoever names a case.
"""

from django.conf import settings
from django.db import migrations

ROLE = settings.APP_DATABASE_ROLE
INNER = ("cases_known_severity(uuid, integer)", "cases_known_activity(uuid, integer)")
NIGHTLY = ("cases_drifted_sort_keys()", "cases_repair_sort_keys()")

CLOSE = "\n".join(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC;" for name in INNER + NIGHTLY) + "\n".join(
    f'GRANT EXECUTE ON FUNCTION {name} TO "{ROLE}";' for name in NIGHTLY
)
OPEN = "\n".join(f'REVOKE EXECUTE ON FUNCTION {name} FROM "{ROLE}";' for name in NIGHTLY) + "\n".join(
    f"GRANT EXECUTE ON FUNCTION {name} TO PUBLIC;" for name in INNER + NIGHTLY
)


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_hard_refusals")]
    operations = [migrations.RunSQL(CLOSE, OPEN)]
