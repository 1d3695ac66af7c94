"""The second lock of this room, the sort keys kept by triggers, and the references.

Trigger functions are SECURITY DEFINER with a fixed search_path: they keep the copied keys of every agency's row,
whoever acts.
"""

from django.db import migrations

from cases import security
from common.security import append_only, policy

HELPERS = """
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE SEQUENCE cases_reference_seq;

CREATE FUNCTION move_codename(category text, side text) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$ SELECT CASE WHEN category = 'summary' THEN 'view_case' ELSE 'view_' || category || '_' || side END $$;

CREATE FUNCTION move_permission(wanted text) RETURNS integer LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT p.id FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
  WHERE t.app_label = 'cases' AND t.model = 'case' AND p.codename = wanted $$;

CREATE FUNCTION move_severity_rank(level text) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE level WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'moderate' THEN 3 WHEN 'low' THEN 4 ELSE 2 END::smallint $$;
"""

DROP_HELPERS = """
DROP FUNCTION move_severity_rank(text); DROP FUNCTION move_permission(text); DROP FUNCTION move_codename(text, text);
DROP SEQUENCE cases_reference_seq;
"""

SORT_KEYS = """
-- What an agency may know of the level: its rank where the level is given to it now, else the constant of "not known".
CREATE FUNCTION cases_known_severity(the_case uuid, the_group integer) RETURNS smallint LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT CASE WHEN EXISTS (
      SELECT 1 FROM cases_casegroupobjectpermission p
      WHERE p.content_object_id = the_case AND p.group_id = the_group
        AND p.permission_id = move_permission('view_level_case') AND (p.expires_at IS NULL OR p.expires_at > now()))
    THEN move_severity_rank(c.level) ELSE move_severity_rank('') END
  FROM cases_case c WHERE c.id = the_case $$;

-- The last act the agency may see: the latest event of a category × side granted to it, else the opening.
CREATE FUNCTION cases_known_activity(the_case uuid, the_group integer) RETURNS timestamptz LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT greatest(c.opened_at, (
      SELECT max(e.at) FROM cases_caseevent e
      WHERE e.case_id = the_case AND (
        e.agency_id = (SELECT a.id FROM agencies_agency a WHERE a.group_id = the_group)
        OR EXISTS (SELECT 1 FROM cases_casegroupobjectpermission p
          WHERE p.content_object_id = the_case AND p.group_id = the_group
            AND p.permission_id = move_permission(move_codename(e.category, e.side))
            AND (p.expires_at IS NULL OR p.expires_at > now())))))
  FROM cases_case c WHERE c.id = the_case $$;

CREATE FUNCTION cases_fill_sort_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$ BEGIN
  IF NEW.permission_id = move_permission('view_case') THEN
    NEW.sort_severity := cases_known_severity(NEW.content_object_id, NEW.group_id);
    NEW.sort_at := cases_known_activity(NEW.content_object_id, NEW.group_id);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER cases_fill_sort_keys BEFORE INSERT ON cases_casegroupobjectpermission
  FOR EACH ROW EXECUTE FUNCTION cases_fill_sort_keys();

CREATE FUNCTION cases_refresh_after_grant() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
DECLARE the_case uuid := coalesce(NEW.content_object_id, OLD.content_object_id);
DECLARE the_group integer := coalesce(NEW.group_id, OLD.group_id);
BEGIN
  IF coalesce(NEW.permission_id, OLD.permission_id) <> move_permission('view_case') THEN
    UPDATE cases_casegroupobjectpermission SET
      sort_severity = cases_known_severity(the_case, the_group), sort_at = cases_known_activity(the_case, the_group)
    WHERE content_object_id = the_case AND group_id = the_group AND permission_id = move_permission('view_case');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER cases_refresh_after_grant AFTER INSERT OR DELETE OR UPDATE OF expires_at ON cases_casegroupobjectpermission
  FOR EACH ROW EXECUTE FUNCTION cases_refresh_after_grant();

CREATE FUNCTION cases_refresh_after_level() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$ BEGIN
  UPDATE cases_casegroupobjectpermission SET sort_severity = cases_known_severity(NEW.id, group_id)
  WHERE content_object_id = NEW.id AND permission_id = move_permission('view_case');
  RETURN NULL;
END $$;
CREATE TRIGGER cases_refresh_after_level AFTER UPDATE OF level ON cases_case
  FOR EACH ROW WHEN (OLD.level IS DISTINCT FROM NEW.level) EXECUTE FUNCTION cases_refresh_after_level();

CREATE FUNCTION cases_refresh_after_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$ BEGIN
  UPDATE cases_casegroupobjectpermission v SET sort_at = greatest(v.sort_at, NEW.at)
  WHERE v.content_object_id = NEW.case_id AND v.permission_id = move_permission('view_case') AND (
    v.group_id = (SELECT a.group_id FROM agencies_agency a WHERE a.id = NEW.agency_id)
    OR EXISTS (SELECT 1 FROM cases_casegroupobjectpermission p
      WHERE p.content_object_id = NEW.case_id AND p.group_id = v.group_id
        AND p.permission_id = move_permission(move_codename(NEW.category, NEW.side))
        AND (p.expires_at IS NULL OR p.expires_at > now())));
  RETURN NULL;
END $$;
CREATE TRIGGER cases_refresh_after_event AFTER INSERT ON cases_caseevent
  FOR EACH ROW EXECUTE FUNCTION cases_refresh_after_event();

CREATE FUNCTION cases_drifted_sort_keys() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
  SELECT count(*) FROM cases_casegroupobjectpermission v
  WHERE v.permission_id = move_permission('view_case') AND (
    v.sort_severity IS DISTINCT FROM cases_known_severity(v.content_object_id, v.group_id)
    OR v.sort_at IS DISTINCT FROM cases_known_activity(v.content_object_id, v.group_id)) $$;

CREATE FUNCTION cases_repair_sort_keys() RETURNS bigint LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
  WITH repaired AS (
    UPDATE cases_casegroupobjectpermission v SET
      sort_severity = cases_known_severity(v.content_object_id, v.group_id),
      sort_at = cases_known_activity(v.content_object_id, v.group_id)
    WHERE v.permission_id = move_permission('view_case') AND (
      v.sort_severity IS DISTINCT FROM cases_known_severity(v.content_object_id, v.group_id)
      OR v.sort_at IS DISTINCT FROM cases_known_activity(v.content_object_id, v.group_id))
    RETURNING 1)
  SELECT count(*) FROM repaired $$;
"""

DROP_SORT_KEYS = """
DROP FUNCTION cases_repair_sort_keys(); DROP FUNCTION cases_drifted_sort_keys();
DROP TRIGGER cases_refresh_after_event ON cases_caseevent; DROP FUNCTION cases_refresh_after_event();
DROP TRIGGER cases_refresh_after_level ON cases_case; DROP FUNCTION cases_refresh_after_level();
DROP TRIGGER cases_refresh_after_grant ON cases_casegroupobjectpermission; DROP FUNCTION cases_refresh_after_grant();
DROP TRIGGER cases_fill_sort_keys ON cases_casegroupobjectpermission; DROP FUNCTION cases_fill_sort_keys();
DROP FUNCTION cases_known_activity(uuid, integer); DROP FUNCTION cases_known_severity(uuid, integer);
"""

CASE_READ = f"""
{security.granted("cases_case.id", "'view_case'").replace("move_permission('view_case')", "(SELECT move_permission('view_case'))")}
AND (NOT cases_case.restricted OR EXISTS (SELECT 1 FROM cases_caseuserobjectpermission u
  WHERE u.content_object_id = cases_case.id AND u.user_id = (SELECT move_user())
    AND u.permission_id = (SELECT move_permission('view_case')) AND (u.expires_at IS NULL OR u.expires_at > now())))
AND NOT EXISTS (SELECT 1 FROM cases_caseexclusion x WHERE x.case_id = cases_case.id AND x.user_id = (SELECT move_user()))
"""

PERSON_READ = """
cases_person.agency_id = (SELECT move_agency())
OR EXISTS (SELECT 1 FROM cases_caseperson cp WHERE cp.person_id = cases_person.id)
"""

LOCKS = {
    "cases_case": policy("cases_case", read=CASE_READ, contexts=("reminders", "checks")),
    # the permission tables: one's own rows; written by cases.access in its own context
    "cases_casegroupobjectpermission": policy(
        "cases_casegroupobjectpermission",
        read="group_id = (SELECT move_group()) OR (SELECT move_context()) IN ('reminders', 'checks')",
        write="false",
        insert="false",
        contexts=("grants",),
    ),
    "cases_caseuserobjectpermission": policy(
        "cases_caseuserobjectpermission",
        read="user_id = (SELECT move_user())",
        write="false",
        insert="false",
        contexts=("grants",),
    ),
    "cases_caseexclusion": policy(
        "cases_caseexclusion",
        read="user_id = (SELECT move_user())",
        write="false",
        contexts=("grants", "reminders"),
    ),
    "cases_caseperson": policy(
        "cases_caseperson",
        read=security.row("cases_caseperson", category="'identity'", side="cases_caseperson.side"),
    ),
    "cases_person": policy("cases_person", read=PERSON_READ),
    "cases_contactpoint": policy(
        "cases_contactpoint",
        read=security.row("cases_contactpoint", category="'contact'", side="cases_contactpoint.side"),
    ),
    "cases_note": policy(
        "cases_note",
        read=security.row("cases_note", category="cases_note.category", side="cases_note.side")
        + " AND (NOT cases_note.internal OR cases_note.agency_id = (SELECT move_agency()))",
    ),
    "cases_caseevent": policy(
        "cases_caseevent",
        read=security.row("cases_caseevent", category="cases_caseevent.category", side="cases_caseevent.side"),
    ),
    # Both trails: one's own agency's rows, and those of a visible case for who may know which services take part.
    **{
        table: policy(
            table,
            read=f"agency_id = (SELECT move_agency()) OR ({table}.case_id IS NOT NULL AND"
            f" {security.case_visible(table + '.case_id')} AND"
            f" {security.granted(table + '.case_id', chr(39) + 'view_network_victim' + chr(39))})",
        )
        for table in ("audit_auditevent", "audit_logentry")
    },
}

NOTE_APPEND, NOTE_BACK = append_only("cases_note")
EVENT_APPEND, EVENT_BACK = append_only("cases_caseevent")


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), ("audit", "0001_initial")]
    operations = [
        migrations.RunSQL(HELPERS, DROP_HELPERS),
        migrations.RunSQL(security.SEES, security.UNSEE),
        migrations.RunSQL(SORT_KEYS, DROP_SORT_KEYS),
        *(migrations.RunSQL(forwards, backwards) for forwards, backwards in LOCKS.values()),
        migrations.RunSQL(NOTE_APPEND, NOTE_BACK),
        migrations.RunSQL(EVENT_APPEND, EVENT_BACK),
    ]
