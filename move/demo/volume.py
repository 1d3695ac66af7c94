"""Synthetic cases in numbers, written set by set in SQL: the shapes of agencies a list must stay quick for.

Every row is what the services would have left, except that no history is written for it. Triggers of the permission,
person and event tables are off while the rows go in; the sort keys and the words of names that they keep are computed
here, from the same definitions.
"""

import time
from collections.abc import Callable

from django.db import connection, transaction

BIG, TINY, CLOSED, MEDIAN = "volume big", "volume tiny", "volume closed", "volume median"
"""Short names of the four agencies measured: 14 % of all cases; 40 cases; old low cases only; the middle one."""

USERS_PER_AGENCY = 10

# A time-ordered identifier, as common.ids makes it, for the moment given. One expression: planned in each query.
IDENTIFIER = """
CREATE FUNCTION pg_temp.id_at(moment timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT (overlay(lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') PLACING '-' FROM 9 FOR 0)
    || '-7' || substr(gen_random_uuid()::text, 16))::uuid $$
"""

FAMILY_NAME = """
CREATE FUNCTION pg_temp.family_name() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT (ARRAY['Ar', 'Bel', 'Cor', 'Dam', 'Est', 'Fau', 'Gri', 'Hal', 'Ive', 'Jon', 'Kem', 'Lar', 'Mon', 'Nis', 'Oli',
        'Per', 'Rou', 'Sam', 'Tur', 'Val'])[1 + floor(20 * power(random(), 2))]
    || (ARRAY['ba', 'che', 'di', 'fo', 'gau', 'le', 'ma', 'ni', 'po', 'ra', 'se', 'ti', 'vau', 'xe', 'za', 'bri', 'clo',
        'dru', 'fle', 'gra'])[1 + floor(20 * power(random(), 2))]
    || (ARRAY['ux', 'n', 'rd', 'ck', 'ns', 'lle', 'mont', 'quet', 'rin', 'sart', 'ton', 'val', 'vin', 'zo', 'court',
        'dael', 'fosse', 'ghem', 'linne', 'roux'])[1 + floor(20 * power(random(), 2))] $$
"""

AGENCIES = """
CREATE TEMP TABLE volume_agency ON COMMIT DROP AS
  SELECT rank, pg_temp.id_at(now()) AS id, nextval(pg_get_serial_sequence('auth_group', 'id'))::integer AS group_id,
    CASE rank WHEN 1 THEN %(big)s WHEN 2 THEN %(tiny)s WHEN 3 THEN %(closed)s ELSE 'volume ' || rank END AS name,
    (ARRAY['police', 'eva_cell', 'victim_support', 'cpas', 'shelter', 'hospital'])[1 + rank %% 6] AS kind
  FROM generate_series(1, %(agencies)s) rank;
INSERT INTO auth_group (id, name) SELECT group_id, 'agency ' || id FROM volume_agency;
INSERT INTO agencies_agency (id, group_id, name, short_name, kind, phase, side, languages, territory, public_contact,
    professional_phone, professional_email, duty_phone, public_duty_phone, accepts_referrals, answer_hours,
    without_account, is_active, created_at)
  SELECT id, group_id, name, name, kind, 1, 'neutral', '{fr}', '{}', '', '', '', '', '', true, 48, false, true, now()
  FROM volume_agency;
CREATE TEMP TABLE volume_user ON COMMIT DROP AS
  SELECT pg_temp.id_at(now()) AS id, a.rank, a.id AS agency_id, a.group_id, number
  FROM volume_agency a, generate_series(1, %(users)s) number;
INSERT INTO accounts_user (id, password, is_superuser, email, given_name, family_name, language, is_active, is_staff,
    date_joined, drafting_help)
  SELECT id, '!', false, 'volume-' || rank || '-' || number || '@example.org', 'Personne', rank || '-' || number, 'fr',
    true, false, now(), true
  FROM volume_user;
INSERT INTO accounts_user_groups (user_id, group_id) SELECT id, group_id FROM volume_user;
INSERT INTO agencies_membership (id, user_id, agency_id, role, profession, starts_at)
  SELECT pg_temp.id_at(now()), id, agency_id, CASE number WHEN 2 THEN 'referent' ELSE 'practitioner' END, '', now()
  FROM volume_user
"""

# One case in 37 belongs to the closed agency: four to nine years old, low, ended.
CASES = """
CREATE TEMP TABLE volume_case ON COMMIT DROP AS
  SELECT number, pg_temp.id_at(opened_at) AS id, opened_at, old, random() < 0.01 AS restricted,
    CASE WHEN old THEN 3 WHEN random() < 0.145 THEN 1
      ELSE least(%(agencies)s, 4 + floor((%(agencies)s - 3) * power(random(), 1.5))::integer) END AS lead_rank,
    CASE WHEN old THEN 'low' WHEN draw < 0.04 THEN 'critical' WHEN draw < 0.18 THEN 'high'
      WHEN draw < 0.48 THEN '' WHEN draw < 0.75 THEN 'moderate' ELSE 'low' END AS level
  FROM (SELECT number, number %% 37 = 0 AS old, random() AS draw,
      now() - CASE WHEN number %% 37 = 0 THEN 4 ELSE 0 END * interval '1 year' - random() * interval '5 years'
        - interval '1 day' AS opened_at
    FROM generate_series(1, %(cases)s) number) drawn;
ANALYZE volume_case;
INSERT INTO cases_case (id, reference, stage, level, level_at, level_provisional, classification, lead_agency_id,
    restricted, opened_at, closed_at)
  SELECT c.id, 'MOVE-' || extract(year FROM opened_at AT TIME ZONE 'Europe/Brussels') || '-'
      || lpad(nextval('cases_reference_seq')::text, 6, '0'),
    CASE WHEN old THEN 'closed' WHEN level = '' THEN 'opened' ELSE 'assessed' END, level,
    CASE WHEN level <> '' THEN opened_at + interval '1 hour' END, false, '', a.id, restricted, opened_at,
    CASE WHEN old THEN opened_at + interval '90 days' END
  FROM volume_case c JOIN volume_agency a ON a.rank = c.lead_rank
"""

# Names in the proportions of real ones: the first given name is one person's in six, a family name one in ninety at
# most and most of them a handful's; one in eight is double, one in twenty begins by an article.
PEOPLE = """
CREATE TEMP TABLE volume_person ON COMMIT DROP AS
  SELECT pg_temp.id_at(c.opened_at) AS id, c.id AS case_id, c.opened_at, a.id AS agency_id, r.role, r.side,
    (ARRAY['Elsa', 'Bilal', 'Chloé', 'Driss', 'Ada', 'Farid', 'Gilda', 'Hugo', 'Inès', 'Jules', 'Karima', 'Louis',
      'Maïté', 'Nabil', 'Odile', 'Paul', 'Queenie', 'Rachid', 'Salma', 'Théo', 'Ugo', 'Violette', 'Wim', 'Xavière',
      'Yasmina', 'Zoé', 'Anne-Lise', 'Jean-Marc', 'Marie-Ève', 'Pol-Henri', 'Elsemie', 'Elvire', 'Farida', 'Hugoline',
      'Julien', 'Louise'])[1 + floor(36 * power(random(), 2))] AS given_name,
    CASE WHEN random() < 0.05 THEN $$D'$$ ELSE '' END || pg_temp.family_name()
      || CASE WHEN random() < 0.125 THEN '-' || pg_temp.family_name() ELSE '' END AS family_name
  FROM volume_case c JOIN volume_agency a ON a.rank = c.lead_rank
  JOIN (VALUES ('victim', 'victim', 1), ('presumed_perpetrator', 'perpetrator', 1), ('child', 'victim', 3))
    r(role, side, one_in) ON c.number %% r.one_in = 0;
INSERT INTO cases_person (id, given_name, family_name, sort_name, birth_date, gender, languages, interpreter_needed,
    agency_id)
  SELECT id, given_name, family_name, lower(unaccent(family_name || ' ' || given_name)),
    CASE role WHEN 'child' THEN date '2012-01-01' ELSE date '1960-01-01' END + floor(random() * 4000)::integer,
    CASE role WHEN 'victim' THEN 'female' WHEN 'presumed_perpetrator' THEN 'male' ELSE '' END, '{fr}', false, agency_id
  FROM volume_person;
INSERT INTO cases_caseperson (id, case_id, person_id, role, side, relationship, agency_id, created_at)
  SELECT pg_temp.id_at(opened_at), case_id, id, role, side, '', agency_id, opened_at FROM volume_person
"""

# Who takes part: the lead, one other, sometimes a third; the tiny agency in forty cases. Some parts have ended.
PARTICIPATIONS = """
CREATE TEMP TABLE volume_part ON COMMIT DROP AS
  SELECT DISTINCT ON (c.id, a.id) c.id AS case_id, c.number, c.opened_at, c.level, c.restricted, a.rank,
    a.id AS agency_id, a.group_id, a.rank = c.lead_rank AS leads,
    CASE WHEN a.rank <> c.lead_rank THEN
      CASE WHEN random() < 0.03 THEN now() - interval '1 day' WHEN random() < 0.5 THEN now() + interval '90 days' END
    END AS expires_at,
    CASE WHEN a.rank = c.lead_rank THEN ARRAY['view_own_work', 'view_level_case', 'view_identity_victim',
        'view_contact_victim', 'view_facts_case', 'view_network_victim', 'contribute_case']
      ELSE ARRAY['view_identity_victim', 'view_contact_victim', 'contribute_case']
        || CASE WHEN random() < 0.35 THEN ARRAY['view_level_case'] ELSE '{}' END END AS codenames
  FROM (
    SELECT id, lead_rank AS rank FROM volume_case
    UNION ALL SELECT id, least(%(agencies)s, 4 + floor((%(agencies)s - 3) * power(random(), 1.5))::integer)
      FROM volume_case
    UNION ALL SELECT id, least(%(agencies)s, 4 + floor((%(agencies)s - 3) * random())::integer)
      FROM volume_case WHERE random() < 0.1
    UNION ALL (SELECT id, 2 FROM volume_case WHERE NOT old ORDER BY random() LIMIT 40)
  ) drawn JOIN volume_case c USING (id) JOIN volume_agency a ON a.rank = drawn.rank
  ORDER BY c.id, a.id;
CREATE INDEX ON volume_part (case_id);
ANALYZE volume_part
"""

EVENTS = """
CREATE TEMP TABLE volume_event ON COMMIT DROP AS
  SELECT p.case_id, p.agency_id, p.opened_at AS at, 'report_recorded' AS code, 'facts' AS category, 'case' AS side
    FROM volume_part p WHERE leads
  UNION ALL SELECT p.case_id, p.agency_id, p.opened_at + interval '5 minutes', 'j2_planned', 'contact', 'victim'
    FROM volume_part p WHERE leads AND number %% 2 = 0
  UNION ALL SELECT p.case_id, p.agency_id, p.opened_at + random() * least(interval '1 year', now() - p.opened_at),
      'note_written', 'psychosocial', 'victim'
    FROM volume_part p WHERE NOT leads;
CREATE INDEX ON volume_event (case_id);
ANALYZE volume_event;
INSERT INTO cases_caseevent (id, case_id, at, code, category, side, agency_id, payload, next_act)
  SELECT pg_temp.id_at(at), case_id, at, code, category, side, agency_id, '{}', '' FROM volume_event
"""

# The definition of the triggers in cases/migrations/0002_security.py, for all rows at once.
GRANTS = """
INSERT INTO cases_casegroupobjectpermission (id, content_object_id, group_id, permission_id, expires_at, side)
  SELECT pg_temp.id_at(p.opened_at), p.case_id, p.group_id, m.id, p.expires_at, ''
  FROM volume_part p CROSS JOIN unnest(p.codenames) held(codename)
  JOIN auth_permission m ON m.codename = held.codename
  JOIN django_content_type t ON t.id = m.content_type_id AND t.app_label = 'cases' AND t.model = 'case';
INSERT INTO cases_casegroupobjectpermission (id, content_object_id, group_id, permission_id, expires_at, side,
    sort_severity, sort_at)
  SELECT pg_temp.id_at(p.opened_at), p.case_id, p.group_id, (SELECT move_permission('view_case')), p.expires_at,
    'neutral', move_severity_rank(CASE WHEN live AND 'view_level_case' = ANY (p.codenames) THEN p.level ELSE '' END),
    greatest(p.opened_at, (SELECT max(e.at) FROM volume_event e WHERE e.case_id = p.case_id AND (
      e.agency_id = p.agency_id OR live AND move_codename(e.category, e.side) = ANY (p.codenames))))
  FROM volume_part p, LATERAL (SELECT p.expires_at IS NULL OR p.expires_at > now()) l(live);
INSERT INTO cases_caseuserobjectpermission (id, content_object_id, permission_id, user_id)
  SELECT pg_temp.id_at(p.opened_at), p.case_id, (SELECT move_permission('view_case')), u.id
  FROM volume_part p JOIN volume_user u ON u.agency_id = p.agency_id AND u.number <= 2 WHERE p.restricted;
INSERT INTO cases_caseexclusion (id, case_id, user_id, created_at)
  SELECT pg_temp.id_at(now()), p.case_id, u.id, now()
  FROM volume_part p JOIN volume_user u ON u.agency_id = p.agency_id AND u.number = 1 WHERE random() < 0.004
"""

# The definition of cases/migrations/0015_name_words.py, for all rows at once.
WORDS = """
INSERT INTO cases_nameword (case_person_id, group_id, word, opened_at)
  SELECT n.case_person_id, n.group_id, n.word, n.opened_at
  FROM cases_name_words() n JOIN volume_case c ON c.id = n.case_id
"""

# The middle one of the agencies nobody asked for by size.
MIDDLE = """
UPDATE agencies_agency SET name = %(median)s, short_name = %(median)s WHERE id = (
  SELECT agency_id FROM (
    SELECT agency_id, row_number() OVER (ORDER BY count(*), agency_id) AS place, count(*) OVER () AS agencies
    FROM volume_part WHERE rank > 3 GROUP BY agency_id) counted
  WHERE place = (agencies + 1) / 2)
"""

STEPS = {
    "agencies and users": AGENCIES,
    "cases": CASES,
    "people": PEOPLE,
    "participations": PARTICIPATIONS,
    "events": EVENTS,
    "permissions": GRANTS,
    "words of names": WORDS,
    "the median agency": MIDDLE,
}
FILLED = (
    "cases_casegroupobjectpermission", "cases_caseuserobjectpermission", "cases_caseexclusion", "cases_case",
    "cases_person", "cases_caseperson", "cases_nameword", "cases_caseevent", "agencies_agency", "agencies_membership",
    "accounts_user", "accounts_user_groups", "auth_group",
)  # fmt: skip
QUIET = ("cases_casegroupobjectpermission", "cases_caseperson", "cases_caseevent")
LARGE = (
    "cases_casegroupobjectpermission", "cases_case", "cases_person", "cases_caseperson", "cases_nameword",
    "cases_caseevent",
)  # fmt: skip

# All indexes and foreign keys of the tables with most rows, but for primary keys: made again at the end, in one go
# instead of row by row. Answers how to drop each and how to make it again.
BUILT_AT_THE_END = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
  format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype IN ('f', 'u') AND conrelid = ANY (%(large)s::regclass[])
UNION ALL
SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index i WHERE indrelid = ANY (%(large)s::regclass[])
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""


def generate(*, cases: int, agencies: int, say: Callable[[str], object]) -> None:
    """Write `cases` cases of `agencies` new agencies as the owner, in one transaction, then gather statistics."""
    values = {
        "cases": cases, "agencies": agencies, "users": USERS_PER_AGENCY,
        "big": BIG, "tiny": TINY, "closed": CLOSED, "median": MEDIAN,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute("SELECT setseed(0.26)")
        cursor.execute(IDENTIFIER)
        cursor.execute(FAMILY_NAME)
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        for table in QUIET:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(BUILT_AT_THE_END, {"large": list(LARGE)})
        built = cursor.fetchall()
        for drop, _make in built:
            cursor.execute(drop)
        for label, sql in STEPS.items():
            started = time.monotonic()
            for statement in sql.split(";\n"):
                cursor.execute(statement, values)
            say(f"{label}: {time.monotonic() - started:.1f} s")
        started = time.monotonic()
        for _drop, make in built:
            cursor.execute(make)
        say(f"indexes and foreign keys: {time.monotonic() - started:.1f} s")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # pending checks would forbid the next statement
        for table in QUIET:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with connection.cursor() as cursor:
        for table in FILLED:
            cursor.execute(f"VACUUM (ANALYZE) {table}")
