"""The second lock on what was handed over: who took over from whom, and the note, are of one service.

Read by who administers it now, who leaves, who takes over and who handed it over, acting there; written by who
administers it. Insert-only since 0007.
"""

from django.db import migrations

from common.security import policy

TABLE = "agencies_loadhandover"
HERE = f"{TABLE}.agency_id = (SELECT move_agency())"
CONCERNED = f"(SELECT move_user()) IN ({TABLE}.leaving_id, {TABLE}.successor_id, {TABLE}.handed_by_id)"
ADMINISTERS = """EXISTS (SELECT 1 FROM agencies_membership m
  WHERE m.user_id = (SELECT move_user()) AND m.agency_id = (SELECT move_agency())
  AND m.role IN ('agency_administrator', 'manager')
  AND m.starts_at <= statement_timestamp() AND (m.ends_at IS NULL OR m.ends_at > statement_timestamp()))"""
LOCK = policy(
    TABLE,
    read=f"{HERE} AND ({CONCERNED} OR {ADMINISTERS})",
    write="false",
    insert=f"{HERE} AND {TABLE}.handed_by_id = (SELECT move_user()) AND {ADMINISTERS}",
)


class Migration(migrations.Migration):
    dependencies = [("agencies", "0009_entered_by_senders")]
    operations = [migrations.RunSQL(*LOCK)]
