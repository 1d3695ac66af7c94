"""The hard refusals to the perpetrator's side, held by the database; a person is seen through the case alone.

An excluded colleague of the agency that typed a name may not read it: the agency's own clause is on the place in the
case, which the exclusion closes.
"""

from importlib import import_module

from django.db import migrations

from common.security import instead, policy

before = import_module("cases.migrations.0002_security")

REFUSE = """
CREATE FUNCTION cases_refuse_perpetrator_side() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
DECLARE
  refused text[] := ARRAY['view_contact_victim', 'view_contact_case', 'view_network_victim', 'view_network_case'];
  name text := (SELECT p.codename FROM auth_permission p WHERE p.id = NEW.permission_id);
BEGIN
  IF (name = 'view_case' AND NEW.side = 'perpetrator' AND EXISTS (
        SELECT 1 FROM cases_casegroupobjectpermission o JOIN auth_permission p ON p.id = o.permission_id
        WHERE o.content_object_id = NEW.content_object_id AND o.group_id = NEW.group_id AND p.codename = ANY (refused)))
     OR (name = ANY (refused) AND EXISTS (
        SELECT 1 FROM cases_casegroupobjectpermission o
        WHERE o.content_object_id = NEW.content_object_id AND o.group_id = NEW.group_id
          AND o.permission_id = move_permission('view_case') AND o.side = 'perpetrator')) THEN
    RAISE EXCEPTION 'never opened to the perpetrator''s side' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER cases_refuse_perpetrator_side
  BEFORE INSERT OR UPDATE OF side, permission_id, group_id, content_object_id ON cases_casegroupobjectpermission
  FOR EACH ROW EXECUTE FUNCTION cases_refuse_perpetrator_side();
"""
ALLOW = """
DROP TRIGGER cases_refuse_perpetrator_side ON cases_casegroupobjectpermission;
DROP FUNCTION cases_refuse_perpetrator_side();
"""

PERSON = policy("cases_person", read="EXISTS (SELECT 1 FROM cases_caseperson cp WHERE cp.person_id = cases_person.id)")


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_prosecutor_missing")]
    operations = [
        migrations.RunSQL(REFUSE, ALLOW),
        migrations.RunSQL(*instead(before.LOCKS["cases_person"], PERSON)),
    ]
