"""Ways in which a trail cannot be written, made by the owner from outside, and undone without a restart."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.db import connection

from common.clock import now
from tests.conftest import OWNER_URL, with_database

TABLES = ("audit_auditevent", "audit_logentry")


@contextmanager
def impatient(milliseconds: int = 60) -> Iterator[None]:
    """The application's connection as in production, but it waits less for a lock."""
    options = connection.settings_dict["OPTIONS"]
    usual = options["options"]
    connection.close()
    options["options"] = f"-c lock_timeout={milliseconds}ms"
    try:
        yield
    finally:
        connection.close()
        options["options"] = usual


@contextmanager
def locked(owner, table: str) -> Iterator[None]:
    with (
        impatient(),
        psycopg.connect(with_database(OWNER_URL, settings.DATABASES["default"]["NAME"])) as other,
    ):
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


@contextmanager
def full(owner, table: str) -> Iterator[None]:
    owner.execute(
        "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$"
    )
    owner.execute(f"CREATE TRIGGER no_room BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION no_room()")
    yield
    owner.execute(f"DROP TRIGGER no_room ON {table}")
    owner.execute("DROP FUNCTION no_room()")


@contextmanager
def refused(owner, table: str) -> Iterator[None]:
    columns = owner.execute(
        "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.column_privileges"
        " WHERE table_name = %s AND grantee = 'move_app' AND privilege_type = 'INSERT'",
        [table],
    ).fetchone()[0]
    owner.execute(f'REVOKE INSERT ON {table} FROM "move_app"')
    yield
    owner.execute(f'GRANT INSERT ({columns}) ON {table} TO "move_app"')


@contextmanager
def missing(owner, table: str) -> Iterator[None]:
    """Neither this month's partition nor the default one; what stood there is put back."""
    owner.execute("SELECT audit_create_partitions(13)")
    month = f"{table}_{now():%Y_%m}"
    bounds = {}
    for part in (month, f"{table}_default"):
        bounds[part] = owner.execute(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = %s", [part]
        ).fetchone()[0]
        owner.execute(f"ALTER TABLE {table} DETACH PARTITION {part}")
    yield
    for part, bound in bounds.items():
        owner.execute(f"ALTER TABLE {table} ATTACH PARTITION {part} {bound}")


FAULTS: dict[str, Callable] = {"locked": locked, "full": full, "refused": refused, "missing": missing}
