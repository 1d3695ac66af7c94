"""Two roles, real engines. Migrated once as the owner, run as `app`; a test that commits gets a database of its own.

Django's flush cannot work here: `app` may not truncate, append-only triggers stop the owner, and reference data would
vanish. A clone of the migrated database costs some hundredths of a second.
"""

import hashlib
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as examples

from .celery_processes import celery, celery_processes  # noqa: F401 - fixtures

ROOT = Path(__file__).resolve().parent.parent
OWNER_URL = os.environ["DATABASE_OWNER_URL"]
APP_URL = os.environ["DATABASE_URL"]

# how fast examples are drawn and tried depends on the machine: speed is measured by `make bench`
examples.register_profile("move", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("move")

_not_run: list[str] = []


def pytest_collection_modifyitems(config, items):
    """Browser tests need Chromium: with CI they fail without it, elsewhere they are counted and left out.

    What asks nothing of a database comes first: of two workers, one has that to do while the other makes the database.
    """
    for item in items:
        if "own_database" in getattr(item, "fixturenames", ()):
            # before any transaction begins
            item.fixturenames.insert(0, "own_database")
    browser_tests = [item for item in items if "/tests/browser/" in item.path.as_posix()]
    for item in browser_tests:
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.django_db(transaction=True))
    named = os.environ.get("CHROMIUM")
    found = Path(named).exists() if named else shutil.which("chromium") or shutil.which("chromium-browser")
    if browser_tests and not found and os.environ.get("CI") != "true":
        _not_run.extend(item.nodeid for item in browser_tests)
        items[:] = [item for item in items if item not in browser_tests]
        config.hook.pytest_deselected(items=browser_tests)
    items.sort(key=_asks_database)


def _asks_database(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("django_db")) or "db" in getattr(item, "fixturenames", ())


def pytest_terminal_summary(terminalreporter):
    if _not_run:
        terminalreporter.write_line(
            f"{len(_not_run)} browser tests did not run: Chromium was not found."
            " Install it (Debian: apt-get install --no-install-recommends chromium libatomic1) or set CHROMIUM."
        )


# A test that commits has a database of its own, dropped whole.
TransactionTestCase._fixture_teardown = lambda self: None


def with_database(url: str, name: str) -> str:
    """The same URL for another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def as_owner(sql: str) -> None:
    """One statement outside a transaction, as the owner, from the database the engines came with."""
    with psycopg.connect(OWNER_URL, autocommit=True) as owner:
        owner.execute(sql)


def clone(source: str, name: str) -> None:
    """Copied file by file: several times as fast as through the log, which these engines do not keep."""
    as_owner(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    as_owner(f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY FILE_COPY')


def point_to(name: str) -> None:
    """From now on, this process and the threads it starts use the database `name`."""
    if connection.settings_dict["NAME"] == name:
        return
    connection.close()
    connection.settings_dict["NAME"] = name
    os.environ["DATABASE_URL"] = with_database(APP_URL, name)
    os.environ["DATABASE_OWNER_URL"] = with_database(OWNER_URL, name)


@pytest.fixture(scope="session")
def migrated_template(request) -> str:
    """A database migrated and filled with reference data by the real commands, made once for all workers.

    With `--reuse-db` it stays for the next run on the same engine, until a migration or reference data change.
    """
    run = _digest() if request.config.getoption("reuse_db") else os.environ.get("PYTEST_XDIST_TESTRUNUID", "")
    name = f"move_template_{(run or str(os.getpid()))[:16]}"
    with psycopg.connect(OWNER_URL, autocommit=True) as waiting:
        # one makes it, the others wait
        waiting.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        ready = "SELECT 1 FROM pg_database d WHERE datname = %s AND shobj_description(oid, 'pg_database') = 'ready'"
        if waiting.execute(ready, [name]).fetchone():
            return name
        waiting.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        waiting.execute(f'CREATE DATABASE "{name}"')
        environment = os.environ | {
            "DATABASE_URL": with_database(APP_URL, name),
            "DATABASE_OWNER_URL": with_database(OWNER_URL, name),
        }
        for command in (["migrate", "-v0"], ["load_reference"]):
            ran = subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=False)  # noqa: S603
            if ran.returncode:
                pytest.fail(f"manage.py {command[0]} failed: its words stand above.")
        _empty_trails(with_database(OWNER_URL, name))
        waiting.execute(f"COMMENT ON DATABASE \"{name}\" IS 'ready'")
    return name


def _digest() -> str:
    """Of what the template is made from: migrations, and reference data with what loads it."""
    found = hashlib.sha256()
    for pattern in ("*/migrations/*.py", "*/reference/**/*", "*/management/commands/load_reference.py"):
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                found.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return found.hexdigest()


def _empty_trails(url: str) -> None:
    """What publishing the reference data left on the trails goes: it would wait for its seal the longer tests run."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table in ("audit_auditevent", "audit_logentry"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            connection.execute(f"DELETE FROM {table}")  # noqa: S608
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, migrated_template):
    name = f"move_test_{os.getpid()}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    clone(migrated_template, name)
    with django_db_blocker.unblock():
        point_to(name)
    yield name
    with django_db_blocker.unblock():
        connection.close()
    as_owner(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _commits(request: pytest.FixtureRequest) -> bool:
    marker = request.node.get_closest_marker("django_db")
    if marker is not None and marker.kwargs.get("transaction"):
        return True
    return bool({"transactional_db", "live_server"} & set(request.fixturenames))


@pytest.fixture(scope="session")
def standing_world(django_db_setup, django_db_blocker, migrated_template):
    """(the name of a database in which the district of `world` stands committed, who is who in it), made once."""
    from .factories import World

    shared, name = django_db_setup, f"{django_db_setup}_world"
    clone(migrated_template, name)
    with django_db_blocker.unblock():
        point_to(name)
        built = World.build()
        point_to(shared)
    _empty_trails(with_database(OWNER_URL, name))
    yield name, built
    as_owner(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def standing_story(standing_world, django_db_setup, django_db_blocker):
    """(the name of a database in which the story of tests.test_permissions stands committed, the story), made once."""
    from .test_permissions import tell

    name = f"{django_db_setup}_story"
    with django_db_blocker.unblock():
        point_to(django_db_setup)  # a database is copied while nobody is in it
        clone(standing_world[0], name)
        point_to(name)
        told = tell(standing_world[1].again())
        point_to(django_db_setup)
    yield name, told
    as_owner(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


STANDING = {
    "world": "standing_world",
    "whole_story": "standing_story",
    "committed_world": "standing_world",
    "committed_story": "standing_story",
}
"""What a test asks for, and the database in which it stands already; a test that commits gets a copy of it."""


@pytest.fixture(autouse=True)
def own_database(request, django_db_blocker):
    """Before anything is asked of it, the connection points to the database this test starts from."""
    commits = _commits(request)
    if not commits and not _asks_database(request.node):
        yield None
        return
    shared = request.getfixturevalue("django_db_setup")
    wanted = request.getfixturevalue("migrated_template") if commits else shared
    for name, stands in STANDING.items():
        if name in request.fixturenames:
            wanted = request.getfixturevalue(stands)[0]
    if not commits:
        with django_db_blocker.unblock():
            point_to(wanted)
        yield None
        return
    name = f"{shared}_own"
    with django_db_blocker.unblock():
        point_to(name)  # a database is copied while nobody is in it
        clone(wanted, name)
    settings.AUDIT_ROOTS_FILE.unlink(missing_ok=True)  # vouches for the database before
    yield name
    with django_db_blocker.unblock():
        point_to(shared)
    as_owner(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(autouse=True)
def empty_cache():
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def unlogged():
    """For walks of thousands of requests: pytest would keep every line that is logged until the test has ended."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def owner():
    """A connection as the owner to the database of this test, for what the application itself may never do."""
    with psycopg.connect(with_database(OWNER_URL, settings.DATABASES["default"]["NAME"]), autocommit=True) as found:
        yield found


@pytest.fixture
def world(db, standing_world):
    """A small district: police zones, an EVA cell, a prosecutor, a shelter, a programme, a stranger."""
    name, built = standing_world
    return built.again() if settings.DATABASES["default"]["NAME"] == name else built.build()


@pytest.fixture
def whole_story(db, standing_story):
    """The story of the table of answers: one case with everything the addresses name, and who is who."""
    return standing_story[1]


@pytest.fixture
def committed_world(transactional_db, standing_world):
    """The same district, committed: for workers, browsers and the second lock."""
    return standing_world[1].again()


@pytest.fixture
def committed_story(transactional_db, standing_story):
    """The same story, committed."""
    return standing_story[1]
