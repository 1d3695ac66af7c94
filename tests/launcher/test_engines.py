"""PostgreSQL and Valkey as the launcher starts them: roles, secrets, places, one owner at a time."""

import json
import os
import stat
import time

OWNER = "import os, psycopg; c = psycopg.connect(os.environ['DATABASE_OWNER_URL'], autocommit=True);"
APP = "import os, psycopg; c = psycopg.connect(os.environ['DATABASE_URL'], autocommit=True);"


def test_app_role_has_no_power(checkout):
    code = APP + (
        "print(c.execute('SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles"
        " WHERE rolname = current_user').fetchone());"
        "print(c.execute(\"SELECT has_schema_privilege('public', 'CREATE'),"
        " has_database_privilege('move', 'CREATE'), has_database_privilege('move', 'TEMP')\").fetchone())"
    )
    assert checkout.python_with_engines(code, "test-exec").splitlines() == [
        "(False, False, False, False)",
        "(False, False, False)",
    ]


def test_owner_role_can_do_what_migrations_and_tests_need(checkout):
    code = OWNER + (
        "c.execute('CREATE EXTENSION unaccent'); c.execute('CREATE EXTENSION pg_trgm');"
        "c.execute('CREATE DATABASE test_move TEMPLATE move');"
        "print(c.execute(\"SELECT rolsuper, pg_has_role('pg_signal_backend', 'MEMBER') FROM pg_roles"
        ' WHERE rolname = current_user").fetchone());'
        'print(c.execute("SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale FROM pg_database'
        " WHERE datname = 'test_move'\").fetchone())"
    )
    assert checkout.python_with_engines(code, "test-exec").splitlines() == [
        "(False, True)",
        "('UTF8', 'b', 'C.UTF-8')",
    ]


def test_engines_listen_on_loopback_and_ask_for_a_password(checkout):
    code = OWNER + (
        "print(c.execute('SHOW listen_addresses').fetchone()[0]);"
        "import redis, urllib.parse as u\n"
        "for name in ('DATABASE_URL', 'DATABASE_OWNER_URL', 'REDIS_URL'):\n"
        "    parts = u.urlsplit(os.environ[name]); assert len(parts.password) > 20\n"
        "    wrong = parts._replace(netloc=parts.netloc.replace(parts.password, 'x')).geturl()\n"
        "    try:\n"
        "        redis.from_url(wrong).ping() if name == 'REDIS_URL' else psycopg.connect(wrong)\n"
        "    except (redis.exceptions.AuthenticationError, psycopg.OperationalError): print('refused')\n"
        "r = redis.from_url(os.environ['REDIS_URL'])\n"
        "print(*r.config_get('bind', 'maxmemory-policy').values())\n"
    )
    assert checkout.python_with_engines(code, "test-exec").splitlines() == [
        "127.0.0.1", "refused", "refused", "refused", "127.0.0.1 noeviction",
    ]  # fmt: skip


def test_secrets_are_for_their_owner_only(checkout):
    checkout.python_with_engines("pass")
    secrets = checkout.state / "secrets.json"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    values = list(json.loads(secrets.read_text()).values())
    for folder, _, files in os.walk(checkout.state):
        for file in files:
            path = os.path.join(folder, file)
            if os.stat(path).st_mode & 0o077 and os.path.getsize(path) < 100_000:
                with open(path, errors="replace") as stream:
                    content = stream.read()
                assert not any(value in content for value in values), path
    for name in ("postgres", "valkey"):
        assert stat.S_IMODE((checkout.state / name).stat().st_mode) == 0o700


def test_second_start_is_quick_and_finds_the_data(checkout):
    checkout.python_with_engines(
        OWNER + "c.execute('CREATE TABLE kept AS SELECT 7 AS n');"
        "import redis; redis.from_url(os.environ['REDIS_URL']).set('kept', 'yes')"
    )
    start = time.monotonic()
    code = OWNER + (
        "import redis; print(c.execute('SELECT n FROM kept').fetchone()[0],"
        " redis.from_url(os.environ['REDIS_URL']).get('kept'))"
    )
    assert checkout.python_with_engines(code) == "7 b'yes'"
    assert time.monotonic() - start < 5


def test_throwaway_engines_forget_everything(checkout):
    checkout.python_with_engines(OWNER + "c.execute('CREATE TABLE gone ()')", "test-exec")
    code = OWNER + "print(c.execute(\"SELECT to_regclass('gone')\").fetchone())"
    assert checkout.python_with_engines(code, "test-exec") == "(None,)"
    assert [path.name for path in (checkout.state / "tests").iterdir()] == ["lock"]
    assert not (checkout.state / "postgres").exists()


def test_environment_comes_before_our_engines(checkout):
    given = {
        "DATABASE_URL": "postgresql://app@db/move",
        "DATABASE_OWNER_URL": "postgresql://owner@db/move",
        "REDIS_URL": "redis://cache/0",
    }
    code = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'])"
    done = checkout.call("exec", "--", checkout.python, "-c", code, **given)
    assert done.stdout.split() == ["postgresql://app@db/move", "redis://cache/0"]
    assert not (checkout.state / "postgres").exists()


def test_half_a_database_address_is_refused(checkout):
    done = checkout.call("exec", "--", "true", DATABASE_URL="postgresql://app@db/move")
    assert done.returncode == 2
    assert "DATABASE_OWNER_URL" in done.stderr


def test_exit_code_is_the_commands(checkout):
    assert checkout.call("test-exec", "--", "sh", "-c", "exit 7").returncode == 7
    assert checkout.call("test-exec", "--", "sh", "-c", "kill -9 $$").returncode == 137
    assert checkout.call("test-exec", "--", "no-such-command").returncode == 127
    assert not checkout.wait_until_empty()


def test_stale_pid_files_of_other_programs_are_harmless(checkout):
    checkout.python_with_engines("pass")
    me = os.getpid()  # alive, and neither PostgreSQL nor Valkey
    data = checkout.state / "postgres" / "data"
    (data / "postmaster.pid").write_text(f"{me}\n{data}\n")
    (checkout.state / "valkey" / "valkey.pid").write_text(f"{me}\n")
    assert checkout.python_with_engines("print('started')") == "started"


def test_ordinary_user(users_checkout):
    code = APP + "print(os.geteuid() != 0, c.execute('SELECT current_user').fetchone()[0])"
    assert users_checkout.python_with_engines(code) == "True move_app"
    assert users_checkout.state == users_checkout.root / "var"
    assert stat.S_IMODE(users_checkout.state.stat().st_mode) == 0o700
    assert stat.S_IMODE((users_checkout.state / "secrets.json").stat().st_mode) == 0o600
    assert not users_checkout.wait_until_empty()
