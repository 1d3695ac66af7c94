"""A row of either trail is written for whoever acts, never in another's name.

The transaction says who acts, to these policies as to every other: a service that names somebody else is refused.
"""

from django.db import migrations

ACTS = "IS NOT DISTINCT FROM move_{}()"
EVENT = f"user_id {ACTS.format('user')} AND agency_id {ACTS.format('agency')} AND system = move_context()"
ENTRY = f"actor_id {ACTS.format('user')} AND agency_id {ACTS.format('agency')} AND system IN ('', move_context())"


def only(table: str, condition: str) -> migrations.RunSQL:
    policy = f"ALTER POLICY {table}_insert ON {table} WITH CHECK"
    return migrations.RunSQL(f"{policy} ({condition})", f"{policy} (true)")


class Migration(migrations.Migration):
    dependencies = [("cases", "0015_name_words"), ("audit", "0005_seal_models")]
    operations = [only("audit_auditevent", EVENT), only("audit_logentry", ENTRY)]
