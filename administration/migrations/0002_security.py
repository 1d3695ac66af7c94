"""What the search for unusual readings may ask of the trail, and who reads what it finds.

The trail and the names are closed to whoever follows data protection. The functions below run as the owner, answer in
the context `unusual` alone, and give back who, for which agency, on which day, how many, when, and which pages; the ids
of cases where names are compared, so that one is not told twice; never a name. What they find is written in that
context and read in `oversight`. Emergency searches are read there too: of the trail, no other search.

A day and a night are those of Brussels; a night is of the day on which it begins.
"""

from django.conf import settings
from django.db import migrations

from common.security import append_only, policy

ROLE = settings.APP_DATABASE_ROLE
ASKED = "(SELECT move_context()) = 'unusual'"
HERE = "AT TIME ZONE 'Europe/Brussels'"
OPENED = "x.action IN ('read', 'exported', 'searched') AND x.case_id IS NOT NULL AND x.agency_id IS NOT NULL"
MIDNIGHT = f"date_trunc('day', since {HERE}) {HERE}"
"""The beginning of the day that holds `since`: a day is always counted whole."""


def function(name: str, arguments: str, columns: str, body: str) -> tuple[str, str]:
    """SQL (forwards, backwards) of a question asked as the owner."""
    types = ", ".join(" ".join(argument.split()[1:]) for argument in arguments.split(", "))
    forwards = (
        f"CREATE FUNCTION {name}({arguments}) RETURNS TABLE ({columns}) LANGUAGE sql STABLE SECURITY DEFINER"
        f" SET search_path = pg_catalog, public AS $${body}$$;"
        f" REVOKE EXECUTE ON FUNCTION {name}({types}) FROM PUBLIC;"
        f' GRANT EXECUTE ON FUNCTION {name}({types}) TO "{ROLE}";'
    )
    return forwards, f"DROP FUNCTION {name}({types});"


def of_each_user(condition: str, start: str, users: str = "accounts_user") -> str:
    """Events of the trail since `start`, person by person: the index on (user_id, at) is walked, never the month."""
    return f"""
  SELECT u.id AS user_id, e.* FROM {users} u CROSS JOIN LATERAL (
    SELECT x.agency_id, x.at, x.case_id, x.object_kind, x.object_id, x.fields, (x.at {HERE})::date AS day
    FROM audit_auditevent x WHERE x.user_id = u.id AND x.at >= {start} AND x.at < until AND {condition} OFFSET 0) e
  WHERE {ASKED}"""


def seen(rows: str, condition: str) -> str:
    """How often each page was read, and which categories, in `rows` that meet the condition."""
    return f"""
    coalesce((SELECT jsonb_object_agg(k.object_kind, k.n) FROM (
      SELECT s.object_kind, count(*) AS n FROM {rows} s WHERE {condition} GROUP BY 1) k), '{{}}'),
    coalesce((SELECT array_agg(DISTINCT f ORDER BY f) FROM {rows} s,
      jsonb_array_elements_text(CASE WHEN jsonb_typeof(s.fields) = 'array' THEN s.fields ELSE '[]' END) f
      WHERE {condition} AND f ~ '^[a-z_]+:[a-z]+$'), '{{}}')"""


def peak(rows: str, thing: str, lasting: str) -> str:
    """The most different things within any `lasting`, by person, agency and day on which that moment falls.

    A thing counts from its event until `lasting` later, or until its next event: adding and taking away along time.
    """
    return f"""
  SELECT w.user_id, w.agency_id, (w.t {HERE})::date AS day, max(w.n)::integer AS n FROM (
    SELECT z.user_id, z.agency_id, z.t, z.d,
      sum(z.d) OVER (PARTITION BY z.user_id, z.agency_id ORDER BY z.t, z.d ROWS UNBOUNDED PRECEDING) AS n
    FROM (
      SELECT r.user_id, r.agency_id, r.at AS t, 1 AS d FROM {rows} r
      UNION ALL
      SELECT r.user_id, r.agency_id, least(r.at + {lasting}, lead(r.at) OVER (
        PARTITION BY r.user_id, r.agency_id, {thing} ORDER BY r.at)), -1 FROM {rows} r) z) w
  WHERE w.d = 1 GROUP BY 1, 2, 3"""


DAY_SEEN = "s.user_id = d.user_id AND s.agency_id = d.agency_id AND s.day = d.day"

READERS = function(
    "administration_readers",
    "since timestamptz, until timestamptz",
    "user_id uuid, agency_id uuid",
    f"SELECT DISTINCT o.user_id, o.agency_id FROM ({of_each_user(OPENED, 'since')}) o",
)
MANY = function(
    "administration_many_openings",
    "since timestamptz, until timestamptz, above integer, over_days integer",
    "user_id uuid, agency_id uuid, day date, in_a_day integer, in_an_hour integer, usual double precision,"
    " usual_days integer, first_at timestamptz, last_at timestamptz, pages jsonb, categories text[]",
    f"""
WITH active AS MATERIALIZED (
  SELECT DISTINCT o.user_id AS id FROM ({of_each_user(OPENED, "since")}) o
), every_event AS MATERIALIZED (
  {of_each_user(OPENED, f"{MIDNIGHT} - interval '1 hour'", "active")}
), event AS MATERIALIZED (
  SELECT v.* FROM every_event v JOIN (
    SELECT c.user_id, c.agency_id FROM every_event c GROUP BY 1, 2 HAVING count(DISTINCT c.case_id) > above) few
  USING (user_id, agency_id)
), peak AS ({peak("event", "r.case_id", "interval '1 hour'")}
), d AS MATERIALIZED (
  SELECT t.user_id, t.agency_id, t.day, count(DISTINCT t.case_id)::integer AS cases, min(t.at) AS first_at,
    max(t.at) AS last_at FROM event t WHERE t.at >= {MIDNIGHT} GROUP BY 1, 2, 3
)
SELECT d.user_id, d.agency_id, d.day, d.cases, p.n, u.middle, u.days, d.first_at, d.last_at, {seen("event", DAY_SEEN)}
FROM d JOIN peak p ON p.user_id = d.user_id AND p.agency_id = d.agency_id AND p.day = d.day
CROSS JOIN LATERAL (
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY b.cases) AS middle, count(*)::integer AS days FROM (
    SELECT count(DISTINCT x.case_id) AS cases FROM audit_auditevent x
    WHERE x.user_id = d.user_id AND x.agency_id = d.agency_id AND {OPENED}
      AND x.at >= (d.day - over_days)::timestamp {HERE} AND x.at < d.day::timestamp {HERE}
    GROUP BY (x.at {HERE})::date) b) u
WHERE greatest(d.cases, p.n) > above
""",
)
HOUR = f"extract(hour FROM x.at {HERE})"
NIGHT_HOUR = (
    f"CASE WHEN begins > ends THEN {HOUR} >= begins OR {HOUR} < ends ELSE {HOUR} >= begins AND {HOUR} < ends END"
)
NIGHT = function(
    "administration_night_openings",
    "since timestamptz, until timestamptz, begins integer, ends integer, working text[]",
    "user_id uuid, agency_id uuid, day date, cases integer, first_at timestamptz, last_at timestamptz, pages jsonb,"
    " categories text[]",
    f"""
WITH event AS MATERIALIZED (
  SELECT o.user_id, o.agency_id, o.at, o.case_id, o.object_kind, o.fields,
    (o.at {HERE} - make_interval(hours => ends))::date AS day
  FROM ({of_each_user(f"{OPENED} AND ({NIGHT_HOUR})", "since - interval '1 day'")}) o
  JOIN agencies_agency g ON g.id = o.agency_id AND g.kind <> ALL (working)
), d AS (
  SELECT t.user_id, t.agency_id, t.day, count(DISTINCT t.case_id)::integer AS cases, min(t.at) AS first_at,
    max(t.at) AS last_at FROM event t GROUP BY 1, 2, 3 HAVING max(t.at) >= since
)
SELECT d.user_id, d.agency_id, d.day, d.cases, d.first_at, d.last_at, {seen("event", DAY_SEEN)} FROM d
""",
)
WORDS = r"array_length(regexp_split_to_array(btrim({}), '\s+'), 1)"
NAMED = function(
    "administration_named_openings",
    "since timestamptz, until timestamptz, readers uuid[], own_names text[], of_agencies uuid[], bearers uuid[],"
    " full_names text[]",
    "user_id uuid, agency_id uuid, own boolean, day date, case_ids uuid[], first_at timestamptz, last_at timestamptz,"
    " pages jsonb, categories text[]",
    f"""
WITH reader AS (
  SELECT n.id, n.name FROM unnest(readers, own_names) AS n(id, name)
), colleague AS (
  SELECT n.agency_id, n.bearer, n.name FROM unnest(of_agencies, bearers, full_names) AS n(agency_id, bearer, name)
), event AS MATERIALIZED (
  {of_each_user(OPENED, MIDNIGHT, "reader")}
), hit AS MATERIALIZED (
  SELECT DISTINCT o.user_id, o.agency_id, o.case_id, h.own
  FROM (SELECT DISTINCT e.user_id, e.agency_id, e.case_id FROM event e) o
  JOIN reader n ON n.id = o.user_id
  JOIN cases_caseperson c ON c.case_id = o.case_id JOIN cases_person p ON p.id = c.person_id
  CROSS JOIN LATERAL (
    SELECT true AS own WHERE n.name <> '' AND (p.sort_name = n.name OR starts_with(p.sort_name, n.name || ' '))
      AND {WORDS.format("p.family_name")} = {WORDS.format("n.name")}
    UNION ALL
    SELECT false FROM colleague q
    WHERE q.agency_id = o.agency_id AND q.bearer <> o.user_id AND q.name = p.sort_name) h
), d AS MATERIALIZED (
  SELECT h.user_id, h.agency_id, h.own, e.day, array_agg(DISTINCT h.case_id) AS case_ids, min(e.at) AS first_at,
    max(e.at) AS last_at
  FROM hit h JOIN event e USING (user_id, agency_id, case_id) GROUP BY 1, 2, 3, 4
)
SELECT d.user_id, d.agency_id, d.own, d.day, d.case_ids, d.first_at, d.last_at,
  {seen("event", f"{DAY_SEEN} AND s.case_id = ANY (d.case_ids)")} FROM d
""",
)
REFUSED = function(
    "administration_refusals",
    "since timestamptz, until timestamptz, above integer, minutes integer",
    "user_id uuid, agency_id uuid, day date, refused integer, first_at timestamptz, last_at timestamptz, pages jsonb",
    f"""
WITH active AS MATERIALIZED (
  SELECT DISTINCT o.user_id AS id FROM
    ({of_each_user("x.action = 'refused' AND x.object_id IS NOT NULL AND x.agency_id IS NOT NULL", "since")}) o
), event AS MATERIALIZED (
  {
        of_each_user(
            "x.action = 'refused' AND x.object_id IS NOT NULL AND x.agency_id IS NOT NULL",
            f"{MIDNIGHT} - make_interval(mins => minutes)",
            "active",
        )
    }
), peak AS ({peak("event", "r.object_kind, r.object_id", "make_interval(mins => minutes)")}
)
SELECT p.user_id, p.agency_id, p.day, p.n, min(t.at), max(t.at),
  (SELECT jsonb_object_agg(k.object_kind, k.n) FROM (
    SELECT s.object_kind, count(*) AS n FROM event s
    WHERE s.user_id = p.user_id AND s.agency_id = p.agency_id AND s.day = p.day GROUP BY 1) k)
FROM peak p JOIN event t ON t.user_id = p.user_id AND t.agency_id = p.agency_id AND t.day = p.day
WHERE p.n > above AND p.day >= ({MIDNIGHT} {HERE})::date GROUP BY 1, 2, 3, 4
""",
)

READINGS = policy("administration_unusualreading", read="false", insert="false", contexts=("unusual",))
SWEEP = policy("administration_unusualsweep", read="false", insert="false", contexts=("unusual",))
REVIEWS = policy("administration_unusualreview", read="false", insert="false", contexts=("oversight",))


def overseen(table: str, name: str, condition: str = "") -> tuple[str, str]:
    """One more policy to read by, in the context of whoever follows data protection."""
    return (
        f"CREATE POLICY {name} ON {table} FOR SELECT USING ((SELECT move_context()) = 'oversight'{condition})",
        f"DROP POLICY {name} ON {table}",
    )


SEARCHES = overseen(
    "audit_auditevent", "audit_auditevent_searches", " AND audit_auditevent.object_kind = 'sharing.emergency'"
)
INDEX = (
    "CREATE INDEX administration_emergency_searches ON audit_auditevent (at DESC, id DESC)"
    " WHERE object_kind = 'sharing.emergency'",
    "DROP INDEX administration_emergency_searches",
)


class Migration(migrations.Migration):
    dependencies = [
        ("administration", "0001_initial"),
        ("audit", "0001_initial"),
        ("cases", "0013_person_search"),
        ("sharing", "0014_case_shape"),
    ]
    operations = [
        *(migrations.RunSQL(*append_only(f"administration_unusual{table}")) for table in ("reading", "review")),
        *(migrations.RunSQL(*lock) for lock in (READINGS, SWEEP, REVIEWS)),
        migrations.RunSQL(*overseen("administration_unusualreading", "administration_unusualreading_oversight")),
        migrations.RunSQL(*overseen("administration_unusualsweep", "administration_unusualsweep_oversight")),
        *(migrations.RunSQL(*question) for question in (READERS, MANY, NIGHT, NAMED, REFUSED)),
        migrations.RunSQL(*SEARCHES),
        migrations.RunSQL(*INDEX),
    ]
