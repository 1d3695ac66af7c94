"""Pages and categories of a night are grouped once for everybody, not looked for again for each reader.

Where most of a service works in the evening, thousands of nights are counted together: 20 s became less than one.
"""

from importlib import import_module

from django.db import migrations

before = import_module("administration.migrations.0002_security")

KEY = "s.user_id, s.agency_id, s.day"
NIGHT = before.function(
    "administration_night_openings",
    "since timestamptz, until timestamptz, begins integer, ends integer, working text[]",
    "user_id uuid, agency_id uuid, day date, cases integer, first_at timestamptz, last_at timestamptz, pages jsonb,"
    " categories text[]",
    f"""
WITH event AS MATERIALIZED (
  SELECT o.user_id, o.agency_id, o.at, o.case_id, o.object_kind, o.fields,
    (o.at {before.HERE} - make_interval(hours => ends))::date AS day
  FROM ({before.of_each_user(f"{before.OPENED} AND ({before.NIGHT_HOUR})", "since - interval '1 day'")}) o
  JOIN agencies_agency g ON g.id = o.agency_id AND g.kind <> ALL (working)
), d AS (
  SELECT {KEY}, count(DISTINCT s.case_id)::integer AS cases, min(s.at) AS first_at, max(s.at) AS last_at
  FROM event s GROUP BY {KEY} HAVING max(s.at) >= since
), page AS (
  SELECT {KEY}, jsonb_object_agg(s.object_kind, s.n) AS pages FROM (
    SELECT {KEY}, s.object_kind, count(*) AS n FROM event s GROUP BY {KEY}, s.object_kind) s GROUP BY {KEY}
), shown AS (
  SELECT {KEY}, array_agg(DISTINCT f ORDER BY f) AS categories FROM event s,
    jsonb_array_elements_text(CASE WHEN jsonb_typeof(s.fields) = 'array' THEN s.fields ELSE '[]' END) f
  WHERE f ~ '^[a-z_]+:[a-z]+$' GROUP BY {KEY}
)
SELECT d.user_id, d.agency_id, d.day, d.cases, d.first_at, d.last_at, p.pages, coalesce(c.categories, '{{}}')
FROM d JOIN page p USING (user_id, agency_id, day) LEFT JOIN shown c USING (user_id, agency_id, day)
""",
)


class Migration(migrations.Migration):
    dependencies = [("administration", "0002_security")]
    operations = [
        migrations.RunSQL(before.NIGHT[1], before.NIGHT[0]),
        migrations.RunSQL(*NIGHT),
    ]
