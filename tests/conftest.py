"""Two roles, real engines. Migrated once as the owner, run as `app`; a test that commits gets a database of its own.

Django's flush cannot work here: `app` may not truncate, append-only triggers stop the owner, and reference data would
vanish. A clone of the migrated database costs some hundredths of a second.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase

from .celery_processes import celery, celery_processes  # noqa: F401 - fixtures

ROOT = Path(__file__).resolve().parent.parent
OWNER_URL = os.environ["DATABASE_OWNER_URL"]
APP_URL = os.environ["DATABASE_URL"]

_not_run: list[str] = []


def pytest_collection_modifyitems(config, items):
    """Browser tests need Chromium: with CI they fail without it, elsewhere they are counted and left out."""
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
    as_owner(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    as_owner(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')


def point_to(name: str) -> None:
    """From now on, this process and the threads it starts use the database `name`."""
    connection.close()
    connection.settings_dict["NAME"] = name
    os.environ["DATABASE_URL"] = with_database(APP_URL, name)
    os.environ["DATABASE_OWNER_URL"] = with_database(OWNER_URL, name)


@pytest.fixture(scope="session")
def migrated_template(tmp_path_factory) -> str:
    """A database migrated and filled with reference data by the real commands, made once for all workers."""
    name = f"move_template_{os.environ.get('PYTEST_XDIST_TESTRUNUID', str(os.getpid()))[:16]}"
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    lock, done = folder / "template.lock", folder / "template.done"
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except FileExistsError:
            if done.exists():
                return name
            time.sleep(0.2)
    as_owner(f'CREATE DATABASE "{name}"')
    environment = os.environ | {
        "DATABASE_URL": with_database(APP_URL, name),
        "DATABASE_OWNER_URL": with_database(OWNER_URL, name),
    }
    for command in (["migrate", "-v0"], ["load_reference"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True)  # noqa: S603
    done.touch()
    return name


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, migrated_template):
    name = f"{migrated_template}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
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


@pytest.fixture(autouse=True)
def own_database(request, django_db_blocker):
    if not _commits(request):
        yield None
        return
    shared = request.getfixturevalue("django_db_setup")
    template = request.getfixturevalue("migrated_template")
    name = f"{shared}_own"
    clone(template, name)
    settings.AUDIT_ROOTS_FILE.unlink(missing_ok=True)  # vouches for the database before
    with django_db_blocker.unblock():
        point_to(name)
    yield name
    with django_db_blocker.unblock():
        point_to(shared)
    as_owner(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(autouse=True)
def empty_cache():
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def owner():
    """A connection as the owner to the database of this test, for what the application itself may never do."""
    with psycopg.connect(with_database(OWNER_URL, settings.DATABASES["default"]["NAME"]), autocommit=True) as found:
        yield found


@pytest.fixture
def world(db):
    """A small district: police zones, an EVA cell, a prosecutor, a shelter, a programme, a stranger."""
    from .factories import World

    return World.build()


@pytest.fixture
def committed_world(transactional_db):
    """The same district, committed: for workers, browsers and the second lock."""
    from .factories import World

    return World.build()
