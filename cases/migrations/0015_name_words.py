"""The words of the names, one row for each agency that takes part, and the only door to them.

`app` has no privilege at all on the table. `cases_search` reads it as the owner and answers for the acting group, user
and agency as they are set in the transaction: what the policies of `cases_case` and `cases_caseperson` let through, and
nothing else. Which rows there are opens nothing: whatever stands in the table, each answer is asked of the permissions.

Triggers keep the table; `cases_repair_words_of` is idempotent, one case at a time.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ROLE = settings.APP_DATABASE_ROLE
# pg_temp last: it would come first where it is not named, and `app` may create temporary tables
DEFINER = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"

SOURCE = """
-- Where a word of a name begins: at its start, after a space, an apostrophe or a hyphen. What is typed holds no space,
-- but may hold the others ("d'hoest", "dupont-l"): a word goes on to the next space.
CREATE FUNCTION cases_words(name text) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
  SELECT DISTINCT substr(part, place)
  FROM unnest(string_to_array(name, ' ')) part, generate_series(1, length(part)) place
  WHERE place = 1 OR substr(part, place - 1, 1) IN ('''', '-') $$;

-- What the table should hold. Rights of who asks: no door. Neither DEFINER nor SET, so that it is planned in its query.
CREATE FUNCTION cases_name_words()
RETURNS TABLE (case_id uuid, case_person_id uuid, group_id integer, word text, opened_at timestamptz)
LANGUAGE sql STABLE AS $$
  SELECT cp.case_id, cp.id, v.group_id, w.word, c.opened_at
  FROM cases_caseperson cp
  JOIN cases_case c ON c.id = cp.case_id
  JOIN cases_person p ON p.id = cp.person_id
  JOIN cases_casegroupobjectpermission v
    ON v.content_object_id = cp.case_id AND v.permission_id = (SELECT move_permission('view_case'))
  CROSS JOIN LATERAL cases_words(p.sort_name) w(word) $$;
"""

KEEPING = f"""
CREATE FUNCTION cases_repair_words_of(the_case uuid) RETURNS void LANGUAGE plpgsql {DEFINER} AS $$ BEGIN
  -- one at a time: a person written down at the moment when an agency comes in is found by that agency
  PERFORM pg_advisory_xact_lock(hashtextextended('words ' || the_case, 0));
  DELETE FROM cases_nameword n USING cases_caseperson cp
  WHERE cp.case_id = the_case AND n.case_person_id = cp.id AND NOT EXISTS (
    SELECT 1 FROM cases_name_words() t
    WHERE t.case_id = the_case AND (t.case_person_id, t.group_id, t.word) = (n.case_person_id, n.group_id, n.word));
  INSERT INTO cases_nameword AS n (case_person_id, group_id, word, opened_at)
  SELECT t.case_person_id, t.group_id, t.word, t.opened_at FROM cases_name_words() t WHERE t.case_id = the_case
  ON CONFLICT (case_person_id, group_id, word) DO UPDATE SET opened_at = excluded.opened_at
    WHERE n.opened_at <> excluded.opened_at;
END $$;

CREATE FUNCTION cases_words_after_person() RETURNS trigger LANGUAGE plpgsql {DEFINER} AS $$
DECLARE the_case uuid;
BEGIN
  FOR the_case IN SELECT cp.case_id FROM cases_caseperson cp WHERE cp.person_id = NEW.id ORDER BY cp.case_id LOOP
    PERFORM cases_repair_words_of(the_case);
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER cases_words_after_person AFTER UPDATE OF sort_name ON cases_person
  FOR EACH ROW WHEN (OLD.sort_name IS DISTINCT FROM NEW.sort_name) EXECUTE FUNCTION cases_words_after_person();

CREATE FUNCTION cases_words_after_place() RETURNS trigger LANGUAGE plpgsql {DEFINER} AS $$ BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM cases_nameword WHERE case_person_id = OLD.id;
  ELSE
    PERFORM cases_repair_words_of(NEW.case_id);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER cases_words_after_place AFTER INSERT OR DELETE OR UPDATE OF case_id, person_id ON cases_caseperson
  FOR EACH ROW EXECUTE FUNCTION cases_words_after_place();

CREATE FUNCTION cases_words_after_grant() RETURNS trigger LANGUAGE plpgsql {DEFINER} AS $$
DECLARE the_permission integer := move_permission('view_case');
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.permission_id = the_permission THEN
    PERFORM cases_repair_words_of(OLD.content_object_id);
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.permission_id = the_permission THEN
    PERFORM cases_repair_words_of(NEW.content_object_id);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER cases_words_after_grant
  AFTER INSERT OR DELETE OR UPDATE OF content_object_id, group_id, permission_id ON cases_casegroupobjectpermission
  FOR EACH ROW EXECUTE FUNCTION cases_words_after_grant();

CREATE FUNCTION cases_words_after_case() RETURNS trigger LANGUAGE plpgsql {DEFINER} AS $$ BEGIN
  PERFORM cases_repair_words_of(NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER cases_words_after_case AFTER UPDATE OF opened_at ON cases_case
  FOR EACH ROW WHEN (OLD.opened_at IS DISTINCT FROM NEW.opened_at) EXECUTE FUNCTION cases_words_after_case();

CREATE FUNCTION cases_drifted_words() RETURNS bigint LANGUAGE sql STABLE {DEFINER} AS $$
  SELECT count(*) FROM cases_nameword n
  FULL JOIN (SELECT * FROM cases_name_words()) t USING (case_person_id, group_id, word)
  WHERE n.opened_at IS DISTINCT FROM t.opened_at $$;

CREATE FUNCTION cases_repair_words() RETURNS bigint LANGUAGE sql {DEFINER} AS $$
  WITH gone AS (
    DELETE FROM cases_nameword n WHERE NOT EXISTS (
      SELECT 1 FROM cases_name_words() t
      WHERE (t.case_person_id, t.group_id, t.word) = (n.case_person_id, n.group_id, n.word))
    RETURNING 1
  ), written AS (
    INSERT INTO cases_nameword AS n (case_person_id, group_id, word, opened_at)
    SELECT t.case_person_id, t.group_id, t.word, t.opened_at FROM cases_name_words() t
    WHERE NOT EXISTS (SELECT 1 FROM cases_nameword o WHERE (o.case_person_id, o.group_id, o.word, o.opened_at)
      = (t.case_person_id, t.group_id, t.word, t.opened_at))
    ON CONFLICT (case_person_id, group_id, word) DO UPDATE SET opened_at = excluded.opened_at
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM written) $$;
"""

# The plan is made once for whatever is looked for (force_generic_plan), so its shape may not hang on guesses: the words
# of the acting agency alone are read and sorted, then each person is asked of the other words and of the permissions, the
# newest case first, until enough are found. OFFSET 0, CASE and LIMIT 1 keep the planner from turning that round. The
# permissions' identifiers are looked up at the first person, if there is one.
SEARCH = f"""
CREATE FUNCTION cases_search(words text[], most integer) RETURNS SETOF uuid LANGUAGE plpgsql STABLE {DEFINER}
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  the_group integer := move_group();
  the_agency uuid := move_agency();
  the_user uuid := move_user();
  ends text := U&'\\+10FFFF';
  driving text := words[1];
  several boolean := cardinality(words) > 1;
  counted bigint;
BEGIN
  IF the_group IS NULL OR cardinality(words) NOT BETWEEN 1 AND 5 THEN RETURN; END IF;
  IF several THEN  -- from the rarest; of those that are all common, the longest
    SELECT w.word, few.count INTO driving, counted FROM unnest(words) w(word)
    CROSS JOIN LATERAL (SELECT count(*) FROM (
      SELECT 1 FROM cases_nameword n
      WHERE n.group_id = the_group AND n.word ~>=~ w.word AND n.word ~<~ (w.word || ends) LIMIT 200) seen) few
    ORDER BY few.count, length(w.word) DESC LIMIT 1;
    IF counted = 0 THEN RETURN; END IF;
  END IF;
  RETURN QUERY
  WITH ids AS MATERIALIZED (
    SELECT max(p.id) FILTER (WHERE p.codename = 'view_case') AS known,
      max(p.id) FILTER (WHERE p.codename = 'view_identity_victim') AS hers,
      max(p.id) FILTER (WHERE p.codename = 'view_identity_perpetrator') AS his,
      max(p.id) FILTER (WHERE p.codename = 'view_identity_case') AS other
    FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
    WHERE t.app_label = 'cases' AND t.model = 'case'
      AND p.codename IN ('view_case', 'view_identity_victim', 'view_identity_perpetrator', 'view_identity_case'))
  SELECT m.case_person_id FROM (
    SELECT DISTINCT n.opened_at, n.case_person_id FROM cases_nameword n
    WHERE n.group_id = the_group AND n.word ~>=~ driving AND n.word ~<~ (driving || ends)
    ORDER BY n.opened_at DESC, n.case_person_id OFFSET 0
  ) m CROSS JOIN LATERAL (
    SELECT 1 FROM cases_caseperson cp JOIN cases_case c ON c.id = cp.case_id
    WHERE cp.id = m.case_person_id
      AND EXISTS (SELECT 1 FROM cases_casegroupobjectpermission v
        WHERE v.group_id = the_group AND v.permission_id = (SELECT known FROM ids) AND v.content_object_id = cp.case_id
          AND (v.expires_at IS NULL OR v.expires_at > now()))
      AND (cp.agency_id = the_agency OR EXISTS (SELECT 1 FROM cases_casegroupobjectpermission i
        WHERE i.group_id = the_group AND i.content_object_id = cp.case_id
          AND i.permission_id = (SELECT CASE cp.side WHEN 'victim' THEN hers WHEN 'perpetrator' THEN his ELSE other END
            FROM ids)
          AND (i.expires_at IS NULL OR i.expires_at > now())))
      AND (NOT c.restricted OR EXISTS (SELECT 1 FROM cases_caseuserobjectpermission u
        WHERE u.content_object_id = c.id AND u.user_id = the_user AND u.permission_id = (SELECT known FROM ids)
          AND (u.expires_at IS NULL OR u.expires_at > now())))
      AND NOT EXISTS (SELECT 1 FROM cases_caseexclusion x WHERE x.case_id = c.id AND x.user_id = the_user)
    LIMIT 1
  ) allowed
  WHERE CASE WHEN several THEN NOT EXISTS (SELECT 1 FROM unnest(words) w(word) WHERE w.word <> driving AND NOT EXISTS (
      SELECT 1 FROM cases_nameword o
      WHERE o.case_person_id = m.case_person_id AND o.group_id = the_group AND starts_with(o.word, w.word)))
    ELSE true END
  ORDER BY m.opened_at DESC, m.case_person_id LIMIT least(most, 100) + 1;
END $$;
"""

FILL = """
INSERT INTO cases_nameword (case_person_id, group_id, word, opened_at)
SELECT case_person_id, group_id, word, opened_at FROM cases_name_words()
"""

CALLED_BY_APP = ("cases_search(text[], integer)", "cases_drifted_words()", "cases_repair_words()")
INNER = ("cases_repair_words_of(uuid)", "cases_name_words()", "cases_words(text)")
CLOSE = (
    f'REVOKE ALL ON cases_nameword FROM "{ROLE}";\n'
    + "\n".join(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC;" for name in INNER + CALLED_BY_APP)
    + "\n"
    + "\n".join(f'GRANT EXECUTE ON FUNCTION {name} TO "{ROLE}";' for name in CALLED_BY_APP)
)

DROP = """
DROP FUNCTION cases_search(text[], integer);
DROP TRIGGER cases_words_after_case ON cases_case; DROP FUNCTION cases_words_after_case();
DROP TRIGGER cases_words_after_grant ON cases_casegroupobjectpermission; DROP FUNCTION cases_words_after_grant();
DROP TRIGGER cases_words_after_place ON cases_caseperson; DROP FUNCTION cases_words_after_place();
DROP TRIGGER cases_words_after_person ON cases_person; DROP FUNCTION cases_words_after_person();
DROP FUNCTION cases_repair_words(); DROP FUNCTION cases_drifted_words(); DROP FUNCTION cases_repair_words_of(uuid);
DROP FUNCTION cases_name_words(); DROP FUNCTION cases_words(text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("cases", "0014_withdrawal_checked"),
    ]

    operations = [
        migrations.CreateModel(
            name="NameWord",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "case_person_id",
                        "group_id",
                        "word",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("word", models.TextField()),
                ("opened_at", models.DateTimeField()),
                (
                    "case_person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="cases.caseperson",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="auth.group",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["group", "word"],
                        include=("opened_at", "case_person"),
                        name="cases_name_words",
                        opclasses=["int4_ops", "text_pattern_ops"],
                    )
                ],
            },
        ),
        migrations.RunSQL(SOURCE + KEEPING + SEARCH, DROP),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(CLOSE, migrations.RunSQL.noop),
    ]
