"""Rows of any table, without telling a story: in the database of one test, whose constraints are taken away first.

What a policy lets through is asked of rows the application would never write: every pair, every column empty or full.
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.types.json import Jsonb

FILL = {
    "bool": True, "int2": 1, "int4": 1, "int8": 1, "numeric": 1, "varchar": "x", "text": "x", "bpchar": "x",
    "uuid": None, "timestamptz": "2026-01-01T00:00:00Z", "date": "2026-01-01", "time": "10:00", "interval": "1 day",
    "jsonb": {}, "json": {}, "inet": "127.0.0.1", "xid8": "1", "bytea": "", "tstzrange": "empty", "daterange": "empty",
}  # fmt: skip
"""What stands in a column of this type when nothing else is asked; a new identifier for each UUID."""


def without_constraints(owner: psycopg.Connection) -> None:
    """Take away keys, checks and triggers of every table: for a database that is dropped after the test."""
    with owner.transaction():
        found = owner.execute(
            "SELECT conrelid::regclass::text, quote_ident(conname) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'p', 'u', 'x') AND conparentid = 0"
            " AND conrelid <> 0"
        ).fetchall()
        for table, name in found:
            owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name} CASCADE")
        found = owner.execute(
            "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace"
            " AND NOT c.relispartition"
        ).fetchall()
        for (name,) in found:
            owner.execute(f"DROP INDEX IF EXISTS {name}")
        for (table,) in owner.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition"
        ).fetchall():
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def columns_of(owner: psycopg.Connection, table: str) -> list[tuple[str, str, bool]]:
    """(name, type, may be empty) of each column that is written by who inserts."""
    return owner.execute(
        "SELECT a.attname, t.typname, NOT a.attnotnull FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid"
        " WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''"
        " AND a.attidentity = '' ORDER BY a.attnum",
        [table],
    ).fetchall()


def insert(owner: psycopg.Connection, table: str, given: Mapping[str, Any] | None = None, *, full: bool = False) -> Any:
    """One row of `table` with the columns `given`; the others empty where they may be, unless `full`. Its `id`."""
    values = {}
    for name, kind, optional in columns_of(owner, table):
        if given and name in given:
            values[name] = given[name]
        elif full or not optional:
            values[name] = _something(kind)
    stored = {name: str(value) if _is_plain(value) else value for name, value in values.items()}
    names = ", ".join(f'"{name}"' for name in stored)
    row = owner.execute(
        f'INSERT INTO "{table}" ({names}) SELECT {names} FROM jsonb_populate_record(NULL::"{table}", %s) RETURNING *',
        [Jsonb(stored)],
    )
    return dict(zip([column.name for column in row.description], row.fetchone(), strict=True)).get("id")


def _is_plain(value: Any) -> bool:
    """Whether a value is written as text in JSON."""
    return value is not None and not isinstance(value, bool | int | float | str | list | dict)


def _something(kind: str) -> Any:
    if kind.startswith("_"):
        return []
    if kind == "uuid":
        return uuid4()
    return FILL[kind]
