"""Both trails with a few rows in every column, sealed in three seals; and what only their owner can do to them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest

from audit import anchors, manifest, sealing
from audit.findings import Finding, Result
from audit.models import Seal
from common.acting import SystemContext, system_context
from common.ids import uuid7

TABLES = {1: "audit_auditevent", 2: "audit_logentry"}
TIMES = {1: "at", 2: '"timestamp"'}
LINE = 61  # bytes of a line of a manifest

EVENT = (
    "INSERT INTO audit_auditevent (id, action, user_id, agency_id, case_id, object_kind, object_id, fields, reason,"
    " request_id, remote_addr, system) VALUES (%s, 'read', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),"
    " 'ab', gen_random_uuid(), '[\"facts\"]', 'cd', 'r', '192.0.2.1', '')"
)
ENTRY = (
    "INSERT INTO audit_logentry (id, content_type_id, object_pk, object_id, object_repr, serialized_data, action,"
    " changes_text, changes, actor_id, cid, remote_addr, remote_port, additional_data, actor_email, system, agency_id,"
    " case_id, reason) VALUES (%s, (SELECT min(id) FROM django_content_type), 'ab', 7, 'cd', '{}', 1, 'x',"
    " '{\"a\": [1, 2]}', gen_random_uuid(), 'c', '192.0.2.1', 443, '{}', 'e', 'checks', gen_random_uuid(),"
    " gen_random_uuid(), 'why')"
)
INSERT = {1: EVENT, 2: ENTRY}


def write(owner: psycopg.Connection, trail: int) -> UUID:
    """One row, in a transaction of its own, as any other."""
    identifier = uuid7()
    owner.execute(INSERT[trail], [identifier])
    return identifier


def write_at(owner: psycopg.Connection, trail: int, at: object, identifier: UUID | None = None, **own: object) -> UUID:
    """One row that says another time than now, and whatever else its owner wants (xid, cluster)."""
    identifier = identifier or uuid7()
    named = "".join(f", {name}" for name in own)
    places = "".join(f", %s::{'xid8' if name == 'xid' else 'bigint'}" for name in own)
    sql = INSERT[trail].replace("(id,", f"(id{named}, {TIMES[trail]},", 1).replace("(%s,", f"(%s{places}, %s,", 1)
    owner.execute(sql, [identifier, *map(str, own.values()), at])
    return identifier


def seal_rows(owner: psycopg.Connection, seals: int = 3) -> dict[int, list[list[UUID]]]:
    """Four rows of each trail in each seal; by trail and seal, in order."""
    found: dict[int, list[list[UUID]]] = {1: [], 2: []}
    for _seal in range(seals):
        rows = [(trail, write(owner, trail)) for _time in range(4) for trail in (1, 2)]
        for trail in (1, 2):
            found[trail].append([identifier for each, identifier in rows if each == trail])
        assert len(seal_all(owner)) == 1
        anchors.send()
    return found


def seal_all(owner: psycopg.Connection) -> list[Seal]:
    """Seal every row there is.

    What other test runs do in the same cluster may hold a seal back for a moment: this one waits for it.
    """
    (last,) = owner.execute(
        "SELECT max(xid::text::bigint) FROM"
        " (SELECT xid FROM audit_auditevent UNION ALL SELECT xid FROM audit_logentry) r WHERE xid::text::bigint < 2^39"
    ).fetchone()
    taken = sealing.snapshot

    def steady() -> sealing.Snapshot:
        while (found := taken()).oldest_open <= last:
            time.sleep(0.01)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing, "snapshot", steady)
        return sealing.seal()


@contextmanager
def free_hand(owner: psycopg.Connection) -> Iterator[None]:
    """Without the triggers that refuse a change, which the owner of a table can put aside."""
    tables = (*TABLES.values(), "audit_seal", "audit_anchor", "audit_certificate", "audit_verification")
    for table in tables:
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    try:
        yield
    finally:
        for table in tables:
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def forge(owner: psycopg.Connection, sql: str, *values: object) -> int:
    """One statement with a free hand; how many rows it touched."""
    with free_hand(owner):
        return owner.execute(sql, values).rowcount


def set_row(owner: psycopg.Connection, trail: int, identifier: UUID, **columns: object) -> None:
    for name, value in columns.items():
        name = TIMES[trail] if name == "at" else name
        assert forge(owner, f"UPDATE {TABLES[trail]} SET {name} = %s WHERE id = %s", value, identifier) == 1


def get_row(owner: psycopg.Connection, trail: int, identifier: UUID, column: str) -> object:
    column = TIMES[trail] if column == "at" else column
    return owner.execute(f"SELECT {column} FROM {TABLES[trail]} WHERE id = %s", [identifier]).fetchone()[0]


def drop_row(owner: psycopg.Connection, trail: int, identifier: UUID) -> None:
    assert forge(owner, f"DELETE FROM {TABLES[trail]} WHERE id = %s", identifier) == 1


def seal_of(number: int) -> Seal:
    with system_context(SystemContext.SEALING):
        return Seal.objects.get(number=number)


def set_seal(owner: psycopg.Connection, number: int, **columns: object) -> None:
    for name, value in columns.items():
        assert forge(owner, f"UPDATE audit_seal SET {name} = %s WHERE number = %s", value, number) == 1


def drop_seals(owner: psycopg.Connection, first: int) -> None:
    """The seals from this one on, and all that says they were sent."""
    forge(owner, "DELETE FROM audit_anchor WHERE upto_number >= %s", first)
    forge(owner, "DELETE FROM audit_seal WHERE number >= %s", first)


def lines_of(number: int) -> list[manifest.Line]:
    return list(manifest.read(bytes(seal_of(number).manifest)))


def told(result: Result) -> set[tuple]:
    """What each finding names: kind, trail, row, seal. No finding twice, all of them listed."""
    named = [(str(one.kind), one.trail, one.row, one.seal) for one in result.findings]
    assert len(named) == len(set(named)) == result.found, result.findings
    return set(named)


def only(result: Result) -> Finding:
    """The one finding."""
    (found,) = result.findings
    assert result.found == 1
    return found
