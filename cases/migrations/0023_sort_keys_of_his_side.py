"""A line that is not for his side does not move the case in the lists of his side either.

The same lines as `cases.timeline.kept_from_his_side`: a test compares the two.
"""

from django.db import migrations

KEPT = """
CREATE FUNCTION cases_kept_from_his_side(code text, payload jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT code IN ('events_repeated', 'levels_disagree', 'hearing_asked', 'hearing_held', 'child_changed')
    OR (code = 'prosecutor_decided' AND coalesce(payload ->> 'outcome', '') IN ('hearing', 'inquiry'))
    OR (code = 'prosecutor_measure' AND coalesce(payload ->> 'measure', '') = 'seizure') $$;
REVOKE EXECUTE ON FUNCTION cases_kept_from_his_side(text, jsonb) FROM PUBLIC;
"""

DEFINER = "SECURITY DEFINER SET search_path = pg_catalog, public"

ACTIVITY = f"""
CREATE FUNCTION cases_known_activity(the_case uuid, the_group integer, the_side text) RETURNS timestamptz
LANGUAGE sql STABLE {DEFINER} AS $$
  SELECT greatest(c.opened_at, (
      SELECT max(e.at) FROM cases_caseevent e
      WHERE e.case_id = the_case AND (
        e.agency_id = (SELECT a.id FROM agencies_agency a WHERE a.group_id = the_group)
        OR (EXISTS (SELECT 1 FROM cases_casegroupobjectpermission p
              WHERE p.content_object_id = the_case AND p.group_id = the_group
                AND p.permission_id = move_permission(move_codename(e.category, e.side))
                AND (p.expires_at IS NULL OR p.expires_at > now()))
            AND NOT (the_side = 'perpetrator' AND cases_kept_from_his_side(e.code, e.payload))))))
  FROM cases_case c WHERE c.id = the_case $$;
REVOKE EXECUTE ON FUNCTION cases_known_activity(uuid, integer, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION cases_known_activity(the_case uuid, the_group integer) RETURNS timestamptz
LANGUAGE sql STABLE {DEFINER} AS $$
  SELECT cases_known_activity(the_case, the_group, coalesce((SELECT v.side FROM cases_casegroupobjectpermission v
    WHERE v.content_object_id = the_case AND v.group_id = the_group
      AND v.permission_id = move_permission('view_case')), '')) $$;
"""
ACTIVITY_BEFORE = f"""
CREATE OR REPLACE FUNCTION cases_known_activity(the_case uuid, the_group integer) RETURNS timestamptz
LANGUAGE sql STABLE {DEFINER} AS $$
  SELECT greatest(c.opened_at, (
      SELECT max(e.at) FROM cases_caseevent e
      WHERE e.case_id = the_case AND (
        e.agency_id = (SELECT a.id FROM agencies_agency a WHERE a.group_id = the_group)
        OR EXISTS (SELECT 1 FROM cases_casegroupobjectpermission p
          WHERE p.content_object_id = the_case AND p.group_id = the_group
            AND p.permission_id = move_permission(move_codename(e.category, e.side))
            AND (p.expires_at IS NULL OR p.expires_at > now())))))
  FROM cases_case c WHERE c.id = the_case $$;
"""


def fill(known: str) -> str:
    return f"""
CREATE OR REPLACE FUNCTION cases_fill_sort_keys() RETURNS trigger LANGUAGE plpgsql {DEFINER} AS $$ BEGIN
  IF NEW.permission_id = move_permission('view_case') THEN
    NEW.sort_severity := cases_known_severity(NEW.content_object_id, NEW.group_id);
    NEW.sort_at := {known};
  END IF;
  RETURN NEW;
END $$;
"""


def after_grant(also: str) -> str:
    return f"""
CREATE OR REPLACE FUNCTION cases_refresh_after_grant() RETURNS trigger LANGUAGE plpgsql {DEFINER} AS $$
DECLARE the_case uuid := coalesce(NEW.content_object_id, OLD.content_object_id);
DECLARE the_group integer := coalesce(NEW.group_id, OLD.group_id);
BEGIN
  IF coalesce(NEW.permission_id, OLD.permission_id) <> move_permission('view_case'){also} THEN
    UPDATE cases_casegroupobjectpermission SET
      sort_severity = cases_known_severity(the_case, the_group), sort_at = cases_known_activity(the_case, the_group)
    WHERE content_object_id = the_case AND group_id = the_group AND permission_id = move_permission('view_case');
  END IF;
  RETURN NULL;
END $$;
"""


def after_event(also: str) -> str:
    return f"""
CREATE OR REPLACE FUNCTION cases_refresh_after_event() RETURNS trigger LANGUAGE plpgsql {DEFINER} AS $$ BEGIN
  UPDATE cases_casegroupobjectpermission v SET sort_at = greatest(v.sort_at, NEW.at)
  WHERE v.content_object_id = NEW.case_id AND v.permission_id = move_permission('view_case') AND (
    v.group_id = (SELECT a.group_id FROM agencies_agency a WHERE a.id = NEW.agency_id)
    OR (EXISTS (SELECT 1 FROM cases_casegroupobjectpermission p
      WHERE p.content_object_id = NEW.case_id AND p.group_id = v.group_id
        AND p.permission_id = move_permission(move_codename(NEW.category, NEW.side))
        AND (p.expires_at IS NULL OR p.expires_at > now())){also}));
  RETURN NULL;
END $$;
"""


REPAIR = """
UPDATE cases_casegroupobjectpermission v SET sort_at = cases_known_activity(v.content_object_id, v.group_id)
WHERE v.permission_id = move_permission('view_case') AND v.side = 'perpetrator'
  AND v.sort_at IS DISTINCT FROM cases_known_activity(v.content_object_id, v.group_id);
"""

# a participation that changes sides is sorted anew: the side is no column that the trigger watches, but it is written
# together with the end, which is one
FORTH = (
    KEPT
    + ACTIVITY
    + fill("cases_known_activity(NEW.content_object_id, NEW.group_id, NEW.side)")
    + after_grant("\n    OR (TG_OP = 'UPDATE' AND NEW.side IS DISTINCT FROM OLD.side)")
    + after_event("\n      AND NOT (v.side = 'perpetrator' AND cases_kept_from_his_side(NEW.code, NEW.payload))")
    + REPAIR
)
BACK = (
    ACTIVITY_BEFORE
    + fill("cases_known_activity(NEW.content_object_id, NEW.group_id)")
    + after_grant("")
    + after_event("")
    + "DROP FUNCTION cases_known_activity(uuid, integer, text); DROP FUNCTION cases_kept_from_his_side(text, jsonb);"
)


class Migration(migrations.Migration):
    dependencies = [("cases", "0022_same_person_rules")]
    operations = [migrations.RunSQL(FORTH, BACK)]
