"""The functions that keep the sort keys look for tables in a fixed place, temporary ones last."""

from django.db import migrations

FUNCTIONS = (
    "cases_known_activity(uuid, integer, text)",
    "cases_known_activity(uuid, integer)",
    "cases_fill_sort_keys()",
    "cases_refresh_after_grant()",
    "cases_refresh_after_event()",
)
FIXED = "\n".join(f"ALTER FUNCTION {name} SET search_path = pg_catalog, public, pg_temp;" for name in FUNCTIONS)


class Migration(migrations.Migration):
    dependencies = [("cases", "0024_two_event_codes_less")]
    operations = [migrations.RunSQL(FIXED, migrations.RunSQL.noop)]
