"""Emergency searches are counted in the trail, by the database and whatever the hat; and the data-protection officer
reads, of the trail, what an emergency access was used for: the reads of that agency in that case while it was open.
"""

from django.conf import settings
from django.db import migrations

ROLE = settings.APP_DATABASE_ROLE

COUNT = f"""
CREATE FUNCTION sharing_emergency_searches() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
  SELECT count(*) FROM audit_auditevent e
  WHERE e.user_id = move_user() AND e.action = 'searched' AND e.object_kind = 'sharing.emergency'
    AND e.at > clock_timestamp() - interval '1 hour' $$;
REVOKE EXECUTE ON FUNCTION sharing_emergency_searches() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sharing_emergency_searches() TO "{ROLE}";
"""
FORGET = "DROP FUNCTION sharing_emergency_searches();"

READS = """
CREATE POLICY audit_auditevent_oversight ON audit_auditevent FOR SELECT USING (
  (SELECT move_context()) = 'oversight' AND audit_auditevent.action = 'read' AND EXISTS (
    SELECT 1 FROM sharing_breakglass b WHERE b.case_id = audit_auditevent.case_id
      AND b.agency_id = audit_auditevent.agency_id AND audit_auditevent.at BETWEEN b.opened_at AND b.ends_at))
"""
CLOSE = "DROP POLICY audit_auditevent_oversight ON audit_auditevent"


class Migration(migrations.Migration):
    dependencies = [("sharing", "0011_decisions_by_hand"), ("audit", "0001_initial"), ("cases", "0013_person_search")]
    operations = [migrations.RunSQL(COUNT, FORGET), migrations.RunSQL(READS, CLOSE)]
