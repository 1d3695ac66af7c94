"""Two roles: `app` serves and may not pass any lock; `owner` migrates. Asked of the real server, from the catalogue."""

import os
import subprocess
import sys

import psycopg
import pytest
from django.conf import settings
from django.db import connection

import manage
from common.roles import QUESTION
from tests.conftest import APP_URL, OWNER_URL, ROOT, with_database

pytestmark = pytest.mark.django_db

ASK = "from django.db import connection; connection.ensure_connection(); print('connected')"


def environment(**changes: str | None) -> dict[str, str]:
    values = os.environ | {"DJANGO_SETTINGS_MODULE": "move.settings.test", "MOVE_DATABASE_ROLE": "app"} | changes
    return {name: value for name, value in values.items() if value is not None}


def run(*argv: str, **changes: str | None) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *argv], cwd=ROOT, env=environment(**changes), capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def app():
    """A bare connection as `app` to the database of this test."""
    name = settings.DATABASES["default"]["NAME"]
    with psycopg.connect(with_database(APP_URL, name), autocommit=True) as found:
        yield found


@pytest.fixture
def append_only(owner) -> list[str]:
    rows = owner.execute(
        "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%_append_only' AND tgparentid = 0 ORDER BY 1"
    ).fetchall()
    return [name for (name,) in rows]


# --- who may serve --------------------------------------------------------------------------------------------
def test_the_owner_may_not_serve(migrated_template):
    owner_url = with_database(OWNER_URL, migrated_template)
    done = run("manage.py", "shell", "--no-imports", "-c", ASK, DATABASE_URL=owner_url)
    assert done.returncode != 0 and "connected" not in done.stdout
    assert "Serve with the `app` role" in done.stderr


def test_which_roles_are_too_powerful(owner):
    """The question asked on each connection, put for roles that exist here: superuser, owner, application."""
    ask = QUESTION.replace("current_user", "%s")
    superuser = owner.execute("SELECT rolname FROM pg_roles WHERE rolsuper LIMIT 1").fetchone()[0]
    answers = {
        role: owner.execute(ask, [role]).fetchone()[0]
        for role in (superuser, owner.info.user, settings.APP_DATABASE_ROLE)
    }
    assert answers == {superuser: True, owner.info.user: True, settings.APP_DATABASE_ROLE: False}


@pytest.mark.parametrize(
    "argv",
    [
        ["-c", "import move.wsgi"],
        ["-m", "celery", "-A", "move", "worker", "--pool", "solo"],
        ["-m", "celery", "-A", "move", "beat", "--pidfile=", "--schedule"],
    ],
    ids=["gunicorn", "worker", "beat"],
)
def test_a_server_is_not_talked_into_the_owners_role(argv, migrated_template, tmp_path):
    """MOVE_DATABASE_ROLE is for manage.py's own commands: a server or a worker that finds it says no."""
    if argv[-1] == "--schedule":
        argv = [*argv, str(tmp_path / "schedule")]
    done = run(
        *argv,
        MOVE_DATABASE_ROLE="owner",
        DATABASE_OWNER_URL=with_database(OWNER_URL, migrated_template),
        DATABASE_URL=with_database(APP_URL, migrated_template),
    )
    assert done.returncode != 0
    assert "MOVE_DATABASE_ROLE" in done.stderr


def test_the_app_role_serves(migrated_template):
    done = run("manage.py", "shell", "--no-imports", "-c", ASK, DATABASE_URL=with_database(APP_URL, migrated_template))
    assert done.returncode == 0, done.stderr
    assert "connected" in done.stdout


def test_serving_needs_no_owner(migrated_template):
    done = run("manage.py", "check", DATABASE_OWNER_URL=None, DATABASE_URL=with_database(APP_URL, migrated_template))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", sorted(manage.OWNER_COMMANDS))
def test_commands_of_the_owner_say_what_they_miss(command):
    done = run("manage.py", command, DATABASE_OWNER_URL=None)
    assert done.returncode != 0
    assert "DATABASE_OWNER_URL is not set" in done.stderr, done.stderr


def test_commands_of_the_owner_exist():
    from django.core.management import get_commands

    assert set(get_commands()) >= manage.OWNER_COMMANDS


# --- what `app` may not do ------------------------------------------------------------------------------------
def test_what_kind_of_role_it_is(app):
    row = app.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles"
        " WHERE rolname = current_user"
    ).fetchone()
    assert row == (False,) * 5
    owned = app.execute("SELECT count(*) FROM pg_class WHERE pg_has_role(current_user, relowner, 'MEMBER')")
    assert owned.fetchone() == (0,)


FORBIDDEN = [
    "CREATE TABLE mine (x int)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE EXTENSION citext",
    "ALTER TABLE cases_case ADD COLUMN x int",
    "ALTER TABLE cases_case DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE cases_case DISABLE TRIGGER ALL",
    "ALTER TABLE audit_auditevent DISABLE TRIGGER ALL",
    "DROP POLICY cases_case_read ON cases_case",
    "ALTER POLICY cases_case_read ON cases_case USING (true)",
    "CREATE POLICY mine ON cases_case USING (true)",
    "DROP TRIGGER audit_auditevent_append_only ON audit_auditevent",
    "CREATE OR REPLACE FUNCTION move_context() RETURNS text LANGUAGE sql AS $$ SELECT 'grants' $$",
    "CREATE OR REPLACE FUNCTION move_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "DROP TABLE cases_case",
    "TRUNCATE cases_case CASCADE",
    "SET session_replication_role = replica",
    "SET ROLE move_owner",
    "SET SESSION AUTHORIZATION move_owner",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "COPY cases_case TO PROGRAM 'cat'",
    "COPY cases_case TO '/tmp/out'",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'y', now())",
    "DELETE FROM django_migrations",
    "SELECT pg_read_file('/etc/passwd')",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_app_is_refused(app, sql):
    with pytest.raises(psycopg.Error) as refused:
        app.execute(sql)
    # insufficient privilege, or the like of it said another way; never a missing table or a syntax error
    assert refused.value.sqlstate in ("42501", "42P17", "0LP01"), refused.value


def test_insert_only_tables(owner, append_only):
    """The list comes from the catalogue; these at least belong to it."""
    assert set(append_only) >= {
        "audit_auditevent", "audit_logentry", "cases_note", "cases_caseevent", "reports_report", "sharing_consent",
        "sharing_consentrecipient", "sharing_sharingdecision", "sharing_sharingrevocation", "sharing_sharingdefault",
        "riskassessment_gridversion", "riskassessment_conclusion", "riskassessment_countersignature",
        "followups_contactattempt", "followups_followuppolicy", "riskassessment_gridretirement",
        "riskassessment_assessmentreview", "riskassessment_gridduty", "riskassessment_turningpoint",
        "riskassessment_repeatrule", "agencies_trainingrecord", "agencies_trainingwithdrawal",
    }  # fmt: skip
    for table in append_only:
        columns = owner.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        ).fetchall()
        held = owner.execute(
            "SELECT array_agg(p) FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) p"
            " WHERE has_table_privilege(%s, %s, p) OR p = 'INSERT' AND has_any_column_privilege(%s, %s, p)",
            [settings.APP_DATABASE_ROLE, table] * 2,
        ).fetchone()[0]
        assert held == ["SELECT", "INSERT"], table
        for (column,) in columns:
            may = owner.execute(
                "SELECT has_column_privilege(%s, %s, %s, 'UPDATE')", [settings.APP_DATABASE_ROLE, table, column]
            ).fetchone()
            assert may == (False,), (table, column)


@pytest.mark.parametrize("act", ["UPDATE {} SET {column} = {column}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_app_changes_no_insert_only_row(app, append_only, act):
    for table in append_only:
        column = "number" if table == "audit_seal" else "id"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(act.format(table, column=column))


@pytest.mark.django_db(transaction=True)
def test_not_even_the_owner_by_mistake(committed_world, owner, append_only):
    """Whoever runs a migration or a console as owner is stopped by the triggers, row by row and table-wide."""
    from tests.factories import make_report

    make_report(committed_world.officer, kind="police_complaint")
    filled = [table for table in append_only if owner.execute(f"SELECT count(*) FROM {table}").fetchone()[0]]
    assert len(filled) >= 8
    for table in append_only:
        with pytest.raises(psycopg.errors.RestrictViolation):
            owner.execute(f"TRUNCATE {table} CASCADE")
    for table in filled:
        for act in ("UPDATE {} SET id = id", "DELETE FROM {}"):
            with pytest.raises(psycopg.errors.RestrictViolation):
                owner.execute(act.format(table))


@pytest.mark.django_db(transaction=True)
def test_a_signed_assessment_does_not_change(committed_world, owner):
    from tests.factories import make_report

    report = make_report(committed_world.officer)
    owner.execute(
        "INSERT INTO riskassessment_assessment (id, category, side, origin, case_id, report_id, grid_version_id,"
        " agency_id, author_id, answers, version, saved_at, created_at, signed_at, signed_by_id, indicative_level,"
        " outcome, presence, content_hash) SELECT gen_random_uuid(), 'risk', 'case', 'judicial', %(case)s, %(report)s,"
        " (SELECT id FROM riskassessment_gridversion LIMIT 1), %(agency)s, %(user)s, '{}', 0, now(), now(), now(),"
        " %(user)s, 'high', '{}', '', ''",
        {
            "case": report.case_id,
            "report": report.pk,
            "agency": committed_world.officer.agency_id,
            "user": committed_world.officer.user_id,
        },
    )
    for act in (
        "UPDATE riskassessment_assessment SET indicative_level = 'low'",
        "UPDATE riskassessment_assessment SET signed_at = NULL, signed_by_id = NULL, outcome = NULL",
        "DELETE FROM riskassessment_assessment",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation):
            owner.execute(act)


def test_app_has_no_more_than_rows(owner):
    """No table gives `app` TRUNCATE, REFERENCES, TRIGGER or MAINTAIN; PUBLIC has nothing at all."""
    rows = owner.execute(
        "SELECT c.relname, a.grantee, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')"
        " AND (a.grantee = 0 OR a.grantee = %s::regrole) AND a.privilege_type NOT IN"
        " ('SELECT', 'INSERT', 'UPDATE', 'DELETE')",
        [settings.APP_DATABASE_ROLE],
    ).fetchall()
    assert rows == []


def test_functions_of_the_owner_are_closed(owner):
    """They run as the owner (SECURITY DEFINER): a fixed search_path each, and `app` calls only the listed ones."""
    callable_by_app = {
        "administration_many_openings",  # these five for unusual readings alone: who and how many, no name
        "administration_named_openings",
        "administration_night_openings",
        "administration_readers",
        "administration_refusals",
        "audit_create_partitions",
        "audit_digests",  # these four only for sealing: digests, identifiers, counts
        "audit_rows_now",
        "audit_strangers",
        "audit_waiting",
        "cases_drifted_sort_keys",
        "cases_drifted_words",
        "cases_kept_out",  # asked by policies of rows seen before their case is
        "cases_repair_sort_keys",
        "cases_repair_words",
        "cases_search",  # answers for who acts, from names that the application cannot read
        "plans_answered_detention",  # these five of the acting agency alone: whether it wrote a row about this one
        "plans_told_of_release",
        "plans_wrote_action",
        "plans_wrote_needs",
        "plans_wrote_programme",
        "plans_measure_checks",  # how often the acting person asked on the road within the hour
        "plans_measure_notified",  # of a measure whose id one holds: yes or no
        "referrals_still_told",  # about feedback told to the acting agency alone
        "sharing_emergency_searches",
        "sharing_heard_from_hers",  # about rows told to the acting agency alone
        "sharing_rectified_by_us",  # these two answer about the acting agency alone
        "sharing_told_us",
    }
    rows = owner.execute(
        "SELECT proname, array_to_string(proconfig, ',') LIKE '%%search_path=%%, pg_temp%%',"
        " has_function_privilege(%s, oid, 'EXECUTE'), prorettype = 'trigger'::regtype"
        " FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef",
        [settings.APP_DATABASE_ROLE],
    ).fetchall()
    assert rows
    for name, fixed, may, is_trigger in rows:
        assert fixed, f"{name} has no fixed search_path, or temporary tables do not come last in it"
        assert not may or is_trigger or name in callable_by_app, f"app may call {name}"


def test_the_connection_of_the_tests_is_apps():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == settings.APP_DATABASE_ROLE
