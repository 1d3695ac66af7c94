"""The ground of both locks: what `app` may do, and the functions that read the acting context.

Runs before every other migration, so that default privileges cover every table of the project.
"""

from django.conf import settings
from django.db import migrations

ROLE = settings.APP_DATABASE_ROLE

GRANTS = f"""
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}') THEN
    RAISE EXCEPTION 'The role "{ROLE}" of DATABASE_URL does not exist: create it first (see README, “Settings”).';
  END IF;
END $$;
GRANT USAGE ON SCHEMA public TO "{ROLE}";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "{ROLE}";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO "{ROLE}";
GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{ROLE}";
"""

UNGRANT = f"""
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM "{ROLE}";
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM "{ROLE}";
"""

FUNCTIONS = """
CREATE FUNCTION move_user() RETURNS uuid LANGUAGE sql STABLE
  AS $$ SELECT nullif(current_setting('app.user_id', true), '')::uuid $$;
CREATE FUNCTION move_agency() RETURNS uuid LANGUAGE sql STABLE
  AS $$ SELECT nullif(current_setting('app.agency_id', true), '')::uuid $$;
CREATE FUNCTION move_group() RETURNS integer LANGUAGE sql STABLE
  AS $$ SELECT nullif(current_setting('app.group_id', true), '')::integer $$;
CREATE FUNCTION move_context() RETURNS text LANGUAGE sql STABLE
  AS $$ SELECT coalesce(current_setting('app.context', true), '') $$;
CREATE FUNCTION move_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public
  AS $$ BEGIN RAISE EXCEPTION '% rows are never changed or removed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$;
"""

DROP_FUNCTIONS = """
DROP FUNCTION move_refuse_change(); DROP FUNCTION move_context(); DROP FUNCTION move_group();
DROP FUNCTION move_agency(); DROP FUNCTION move_user();
"""


class Migration(migrations.Migration):
    initial = True
    run_before = [("contenttypes", "0001_initial"), ("sessions", "0001_initial")]
    dependencies = []
    operations = [
        migrations.RunSQL(GRANTS, UNGRANT),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
    ]
