"""Whatever the owner of the tables does to sealed rows is found, and named: that row, and nothing else.

Each test says all that is found, so that a check which were missing, or accused a row of too much, would fail it.
"""

import json
import threading
import time
from datetime import UTC, timedelta

import pytest
from django.db import connection

from audit import anchors, manifest, merkle, sealing
from audit.found import LISTED
from audit.verifying import verify
from common.acting import SystemContext, system_context
from common.clock import now

from .trails import (
    LINE,
    TABLES,
    drop_row,
    drop_seals,
    forge,
    free_hand,
    get_row,
    lines_of,
    only,
    seal_all,
    seal_of,
    seal_rows,
    set_row,
    set_seal,
    told,
    write,
    write_at,
)

pytestmark = pytest.mark.django_db(transaction=True)
TRAILS = (1, 2)


@pytest.fixture(autouse=True)
def roots(settings, tmp_path, owner):
    """An empty file of roots, and empty trails: the reference data has left its rows."""
    settings.AUDIT_ROOTS_FILE = tmp_path / "roots.jsonl"
    forge(owner, "TRUNCATE audit_logentry")
    return settings.AUDIT_ROOTS_FILE


@pytest.fixture
def rows(owner):
    """By trail and seal (from 0), the identifiers of four rows."""
    return seal_rows(owner)


def changed(trail, row, seal):
    return ("changed", trail, row, seal)


# --- nothing was done ------------------------------------------------------------------------------------------
def test_untouched(rows, owner):
    result = verify()
    assert told(result) == set()
    assert (result.seals, result.rows, result.upto_number, result.waiting) == (3, 24, 3, 0)
    assert (result.root, result.sent, result.dropped) == (bytes(seal_of(3).root).hex(), {"file": 3}, ())
    write(owner, 1)
    result = verify()
    assert told(result) == set() and result.waiting == 1 and result.oldest is not None


def test_an_empty_trail():
    result = verify()
    assert told(result) == set() and (result.seals, result.rows, result.root) == (0, 0, "")


def test_a_slow_transaction_hides_nothing(rows, owner):
    """What is older than it waits with it; nothing is late while it is open, and nothing is missing afterwards."""
    begun, finish = threading.Event(), threading.Event()

    def slow():
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("INSERT INTO audit_auditevent (id, action) VALUES (%s, 'read')", [slow.row])
            begun.set()
            finish.wait(30)
            cursor.execute("COMMIT")
        connection.close()

    slow.row = "018f0000-0000-7000-8000-000000000001"
    thread = threading.Thread(target=slow)
    thread.start()
    try:
        assert begun.wait(30)
        quick = write_at(owner, 2, now() - timedelta(minutes=4))
        assert sealing.seal() == []
        result = verify()
        assert told(result) == set() and result.waiting == 1
    finally:
        finish.set()
        thread.join()
    (seal,) = seal_all(owner)
    assert seal.rows == 2
    assert told(verify()) == set()
    drop_row(owner, 2, quick)
    assert told(verify()) == {("removed", 2, quick, 4)}


def test_sealing_goes_on_meanwhile(owner):
    """Rows written and sealed while the check runs are nobody's fault."""
    stop = threading.Event()

    def busy():
        while not stop.is_set():
            sealing.seal()
            anchors.send()
        connection.close()

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        seen = set()
        for _time in range(12):
            for trail in TRAILS:
                write(owner, trail)
            result = verify()
            assert told(result) == set()
            seen.add(result.seals)
    finally:
        stop.set()
        thread.join()
    assert len(seen) > 1


# --- a row was changed -----------------------------------------------------------------------------------------
def columns(owner, trail: int) -> list[tuple[str, str, bool]]:
    """Every column there is, with its type and whether it may be empty."""
    return owner.execute(
        "SELECT attname, format_type(atttypid, NULL), NOT attnotnull FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [TABLES[trail]],
    ).fetchall()


OTHER = {
    "uuid": "gen_random_uuid()",
    "character varying": "'tampered'",
    "text": "'tampered'",
    "jsonb": """'{"tampered": 1}'""",
    "inet": "'203.0.113.9'",
    "integer": "coalesce({column}, 0) + 1",
    "smallint": "coalesce({column}, 0) + 1",
    "bigint": "coalesce({column}, 0) + 1",
    "timestamp with time zone": "{column} + interval '1 second'",
    "xid8": "pg_current_xact_id()",
}


@pytest.mark.parametrize("trail", TRAILS)
def test_every_column(rows, owner, trail):
    """The columns come from the catalogue: one that no digest covers would be changed here unseen."""
    row = rows[trail][1][2]
    for name, kind, empty in columns(owner, trail):
        column, table = f'"{name}"', TABLES[trail]
        other = OTHER[kind].replace("{column}", column)
        if name == "content_type_id":
            other = "(SELECT max(id) FROM django_content_type)"
        values = [other, "NULL"] if empty else [other]
        for value in values:
            (before,) = owner.execute(f"SELECT {column}::text FROM {table} WHERE id = %s", [row]).fetchone()
            (after,) = owner.execute(f"SELECT ({value})::text FROM {table} WHERE id = %s", [row]).fetchone()
            assert before != after, name
            assert forge(owner, f"UPDATE {table} SET {column} = %s::{kind} WHERE id = %s", after, row) == 1
            found = only(verify())
            kinds = {"at": "reordered", "timestamp": "reordered"}
            assert (str(found.kind), found.trail, found.row, found.seal) == (
                kinds.get(name, "changed"), trail, row, 2,
            ), name  # fmt: skip
            detail = {"id": {"now_row": after}, "xid": {"moved": True}, "cluster": {"moved": True}}
            if name not in kinds:
                assert found.detail == detail.get(name, {}), name
            now_id = after if name == "id" else row
            assert forge(owner, f"UPDATE {table} SET {column} = %s::{kind} WHERE id = %s", before, now_id) == 1
            assert told(verify()) == set(), name


def test_text_moved_from_one_column_to_the_next(rows, owner):
    row = rows[1][0][0]
    set_row(owner, 1, row, object_kind="abc", reason="d")
    assert told(verify()) == {changed(1, row, 1)}


def test_which_rows_among_many(rows, owner):
    some = [(1, rows[1][0][0], 1), (1, rows[1][2][3], 3), (2, rows[2][0][3], 1), (2, rows[2][1][1], 2)]
    for trail, row, _seal in some:
        set_row(owner, trail, row, case_id=None)
    assert told(verify()) == {changed(*one) for one in some}


@pytest.mark.parametrize("trail", TRAILS)
def test_moved_into_another_seal(rows, owner, trail):
    """A row that says another transaction has left its place, whether forwards, backwards or beyond the last seal."""
    first, last = rows[trail][0][1], rows[trail][2][1]
    set_row(owner, trail, first, xid=get_row(owner, trail, rows[trail][1][0], "xid"))
    set_row(owner, trail, last, xid=get_row(owner, trail, rows[trail][1][0], "xid"))
    assert told(verify()) == {changed(trail, first, 1), changed(trail, last, 3)}
    set_row(owner, trail, last, xid=str(2**40))
    assert told(verify()) == {changed(trail, first, 1), changed(trail, last, 3)}


# --- times and identifiers -------------------------------------------------------------------------------------
def swap(owner, trail, one, other, column):
    mine, theirs = (get_row(owner, trail, row, column) for row in (one, other))
    if column == "id":
        apart = "00000000-0000-0000-0000-000000000001"
        for before, after in ((one, apart), (other, one), (apart, other)):
            set_row(owner, trail, before, id=after)
    else:
        set_row(owner, trail, one, **{column: theirs})
        set_row(owner, trail, other, **{column: mine})


@pytest.mark.parametrize("trail", TRAILS)
def test_two_times_swapped(rows, owner, trail):
    one, other = rows[trail][1][0], rows[trail][1][3]
    times = {row: get_row(owner, trail, row, "at").astimezone(UTC).isoformat() for row in (one, other)}
    swap(owner, trail, one, other, "at")
    result = verify()
    assert told(result) == {("reordered", trail, one, 2), ("reordered", trail, other, 2)}
    said = {finding.row: (finding.detail["was"], finding.detail["now"]) for finding in result.findings}
    assert said == {one: (times[one], times[other]), other: (times[other], times[one])}


@pytest.mark.parametrize("trail", TRAILS)
def test_two_identifiers_swapped(rows, owner, trail):
    one, other = rows[trail][1][0], rows[trail][1][3]
    swap(owner, trail, one, other, "id")
    assert told(verify()) == {("reordered", trail, one, 2), ("reordered", trail, other, 2)}


@pytest.mark.parametrize("trail", TRAILS)
@pytest.mark.parametrize("column", ["at", "id"])
def test_swapped_between_seals(rows, owner, trail, column):
    one, other = rows[trail][0][0], rows[trail][2][3]
    swap(owner, trail, one, other, column)
    kind = "reordered" if column == "at" else "changed"
    assert told(verify()) == {(kind, trail, one, 1), (kind, trail, other, 3)}


def test_a_time_in_another_month(rows, owner):
    row = rows[1][0][0]
    set_row(owner, 1, row, at=now() - timedelta(days=400))
    assert told(verify()) == {("reordered", 1, row, 1)}


@pytest.mark.parametrize("at", ["infinity", "-infinity", "4713-01-01 BC"])
def test_a_time_nobody_can_read(rows, owner, at):
    """Neither stops the check nor sealing."""
    row = rows[2][1][0]
    assert forge(owner, f"UPDATE audit_logentry SET \"timestamp\" = '{at}' WHERE id = %s", row) == 1
    assert told(verify()) == {("reordered", 2, row, 2)}
    new = write_at(owner, 1, at)
    sealing.waiting()
    assert told(verify()) == {("reordered", 2, row, 2), ("false_date", 1, new, None)}
    assert len(seal_all(owner)) == 1
    assert told(verify()) == {("reordered", 2, row, 2), ("false_date", 1, new, 4)}


# --- a row was removed -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("trail", TRAILS)
@pytest.mark.parametrize(("seal", "place"), [(1, 0), (2, 1), (3, 3)], ids=["first", "middle", "last"])
def test_one_row(rows, owner, trail, seal, place):
    row = rows[trail][seal - 1][place]
    drop_row(owner, trail, row)
    assert told(verify()) == {("removed", trail, row, seal)}


def test_the_last_rows(rows, owner):
    some = [(trail, rows[trail][2][place]) for trail in TRAILS for place in (2, 3)]
    for trail, row in some:
        drop_row(owner, trail, row)
    assert told(verify()) == {("removed", trail, row, 3) for trail, row in some}


def without(number: int, place: int, *, closed: bool = False) -> dict[str, object]:
    """Columns of the seal as if this line had never been there, made up to look right without the key."""
    seal = seal_of(number)
    whole = bytes(seal.manifest)
    lines = [whole[at : at + LINE] for at in range(0, len(whole), LINE)]
    del lines[place]
    if closed:
        lines = [at.to_bytes(4) + line[4:] for at, line in enumerate(lines)]
    seal.manifest = b"".join(lines)
    seal.root = merkle.root([line.leaf for line in manifest.read(seal.manifest)])
    seal.rows = len(lines)
    seal.chain = manifest.chain(b"another key", seal.signed())
    return {"manifest": seal.manifest, "root": seal.root, "rows": seal.rows, "chain": seal.chain}


SEAL_2 = ("seal_changed", None, None, 2)


@pytest.mark.parametrize("place", [0, 3, 6])
def test_a_row_with_its_line(rows, owner, place):
    line = lines_of(2)[place]
    drop_row(owner, line.trail, line.id)
    set_seal(owner, 2, **without(2, place))
    found = only(verify())
    assert (found.kind, found.seal) == ("seal_changed", 2)
    assert found.detail == {"why": ["chain", "list"], "gaps": [[place + 1, place + 1]]}


@pytest.mark.parametrize("place", [3, 7])
def test_a_row_with_its_line_and_the_gap_closed(rows, owner, place):
    """The lines behind it were made for other places."""
    lines = lines_of(2)
    drop_row(owner, lines[place].trail, lines[place].id)
    set_seal(owner, 2, **without(2, place, closed=True))
    assert told(verify()) == {SEAL_2, *(changed(line.trail, line.id, 2) for line in lines[place + 1 :])}


def test_a_line_alone(rows, owner):
    """The row is still there: that no line names it is told, and at which place one is missing."""
    line = lines_of(2)[5]
    set_seal(owner, 2, manifest=without(2, 5)["manifest"])
    result = verify()
    assert told(result) == {SEAL_2, ("inserted", line.trail, line.id, None)}
    assert [one.detail for one in result.findings] == [
        {"why": ["chain", "list"], "gaps": [[6, 6]]}, {"unlisted": True},
    ]  # fmt: skip


@pytest.mark.parametrize("again", [False, True], ids=["as it is", "and sealed again"])
def test_the_last_rows_with_the_last_seal(rows, owner, again):
    drop_seals(owner, 3)
    for trail in TRAILS:
        for row in rows[trail][2]:
            drop_row(owner, trail, row)
    if again:
        write(owner, 1)
        assert seal_all(owner)[0].number == 3
        anchors.send()
        found = only(verify())
        assert (found.kind, found.seal, found.detail) == ("seal_replaced", 3, {"line": 3})
    else:
        found = only(verify())
        assert (found.kind, found.seal) == ("seals_removed", 3)
        assert found.detail == {"first": 3, "last": 3, "rows": 8}


@pytest.mark.parametrize("cut", [False, True], ids=["as it is", "cut"])
def test_the_last_seals_but_not_what_says_they_were_sent(rows, owner, roots, cut):
    """The rows of the database that say so are enough, without the lines of the file."""
    owner.execute("ALTER TABLE audit_anchor DROP CONSTRAINT audit_anchor_upto_number_fkey")
    forge(owner, "DELETE FROM audit_seal WHERE number >= 2")
    if cut:
        edit(roots, lambda lines: lines[:1])
    result = verify()
    removed = {"first": 2, "last": 3, "rows": 0 if cut else 16}
    assert [(str(one.kind), one.detail) for one in result.findings] == [
        *([("file_lacks", {"first": 2, "last": 3})] if cut else []), ("seals_removed", removed),
    ]  # fmt: skip


def test_all_of_it(rows, owner):
    drop_seals(owner, 1)
    for trail in TRAILS:
        forge(owner, f"DELETE FROM {TABLES[trail]}")
    found = only(verify())
    assert (found.kind, found.detail) == ("seals_removed", {"first": 1, "last": 3, "rows": 24})


def test_a_seal_in_the_middle_with_its_line_in_the_file(rows, owner, roots):
    forge(owner, "DELETE FROM audit_anchor WHERE upto_number = 2")
    forge(owner, "DELETE FROM audit_seal WHERE number = 2")
    edit(roots, lambda lines: [lines[0], lines[2]])
    result = verify()
    assert [(str(one.kind), one.detail) for one in result.findings] == [
        ("file_lacks", {"first": 2, "last": 2}),
        ("seals_removed", {"first": 2, "last": 2, "rows": 0, "standing": 8}),
    ]


def test_a_seal_in_the_middle(rows, owner):
    forge(owner, "DELETE FROM audit_anchor WHERE upto_number = 2")
    forge(owner, "DELETE FROM audit_seal WHERE number = 2")
    found = only(verify())
    assert (found.kind, found.detail) == ("seals_removed", {"first": 2, "last": 2, "rows": 8, "standing": 8})
    for row in rows[1][1]:
        drop_row(owner, 1, row)
    assert only(verify()).detail == {"first": 2, "last": 2, "rows": 8, "standing": 4}


@pytest.mark.parametrize("trails", [(1,), (2,), (1, 2)])
def test_truncated(rows, owner, trails):
    """A whole month that is gone is one finding, with its count."""
    for trail in trails:
        forge(owner, f"TRUNCATE {TABLES[trail]}")
    result = verify()
    assert told(result) == {("month_removed", trail, None, 1) for trail in trails}
    month = f"{now():%Y-%m}"
    assert [one.detail for one in result.findings] == [{"month": month, "rows": 12, "first": 1, "last": 3}] * len(
        trails
    )


def test_a_partition_dropped(owner):
    """The other months stand as they were."""
    owner.execute("CREATE TABLE old PARTITION OF audit_auditevent FOR VALUES FROM ('2025-09-01') TO ('2025-10-01')")
    for day in (3, 4):
        write_at(owner, 1, f"2025-09-0{day} 10:00+00")
    seal_rows(owner)
    owner.execute("DROP TABLE old")
    found = only(verify())
    assert (found.kind, found.trail, found.detail) == (
        "month_removed", 1, {"month": "2025-09", "rows": 2, "first": 1, "last": 1},
    )  # fmt: skip


# --- a row was added -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("trail", TRAILS)
def test_among_sealed_ones(rows, owner, trail):
    neighbour = rows[trail][1][1]
    xid, at = get_row(owner, trail, neighbour, "xid"), get_row(owner, trail, neighbour, "at")
    new = write_at(owner, trail, at + timedelta(microseconds=1), xid=xid)
    assert told(verify()) == {("inserted", trail, new, 2)}
    again = write_at(owner, trail, at + timedelta(days=1), neighbour, xid=xid)
    result = verify()
    assert told(result) == {("inserted", trail, new, 2), ("inserted", trail, again, 2)}
    assert {one.at for one in result.findings} == {at + timedelta(microseconds=1), at + timedelta(days=1)}


@pytest.mark.parametrize("trail", TRAILS)
@pytest.mark.parametrize(("minutes", "detail"), [(-60, "written_after"), (60, "written_before")])
def test_with_a_false_date(rows, owner, trail, minutes, detail):
    """A row that says a time before seals that were taken when its transaction had not begun, or after its own."""
    new = write_at(owner, trail, now() + timedelta(minutes=minutes))
    found = only(verify())
    assert (found.kind, found.row, found.seal, list(found.detail)) == ("false_date", new, None, [detail])
    seal_all(owner)
    found = only(verify())
    assert (found.kind, found.trail, found.row, found.seal, list(found.detail)) == (
        "false_date", trail, new, 4, [detail],
    )  # fmt: skip


def test_a_few_minutes_are_tolerated(rows, owner):
    """A clock that was set, a statement that waited for a lock."""
    write_at(owner, 1, now() - timedelta(minutes=4))
    write_at(owner, 1, now() + timedelta(minutes=4))
    seal_all(owner)
    assert told(verify()) == set()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_under_a_seal_that_was_changed(rows, owner, number):
    """What a changed seal says of its range is not believed: those around it say where it began and ended."""
    neighbour = rows[1][number - 1][1]
    new = write_at(owner, 1, get_row(owner, 1, neighbour, "at"), xid=get_row(owner, 1, neighbour, "xid"))
    set_seal(owner, number, taken_at=now() - timedelta(seconds=30))
    assert told(verify()) == {("seal_changed", None, None, number), ("inserted", 1, new, None)}
    if number < 3:
        set_seal(owner, number, upto_xid=1, from_xid=0)
        assert told(verify()) == {("seal_changed", None, None, number), ("inserted", 1, new, None)}


@pytest.mark.parametrize("trail", TRAILS)
def test_from_a_server_nobody_knows(rows, owner, trail):
    new = write_at(owner, trail, now(), cluster=42, xid=5)
    found = only(verify())
    assert (found.kind, found.trail, found.row, found.detail) == ("inserted", trail, new, {"stranger": True})


def test_more_than_can_be_listed(rows, owner):
    xid = get_row(owner, 1, rows[1][1][1], "xid")
    with free_hand(owner):
        owner.execute(
            "INSERT INTO audit_auditevent (id, xid, action) SELECT gen_random_uuid(), %s::xid8, 'read'"
            " FROM generate_series(1, 700)",
            [str(xid)],
        )
    result = verify()
    assert (result.found, len(result.findings)) == (700, LISTED)


def test_more_removed_than_can_be_listed(owner):
    kept = write(owner, 1)
    owner.execute(
        "INSERT INTO audit_auditevent (id, action) SELECT gen_random_uuid(), 'read' FROM generate_series(1, 700)"
    )
    seal_all(owner)
    forge(owner, "DELETE FROM audit_auditevent WHERE id <> %s", kept)
    result = verify()
    assert (result.found, len(result.findings)) == (700, LISTED)
    assert {one.kind for one in result.findings} == {"removed"}


# --- seals were changed ----------------------------------------------------------------------------------------
def test_every_column_of_a_seal(rows, owner):
    """Each is covered by the chain; no row is accused."""
    table = owner.execute(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
        " WHERE attrelid = 'audit_seal'::regclass AND attnum > 0 AND NOT attisdropped"
    ).fetchall()
    other = {
        "bigint": "{} + 1",
        "integer": "{} + 1",
        "timestamp with time zone": "{} + interval '1 microsecond'",
        "bytea": "set_byte({0}, length({0}) - 1, 255 - get_byte({0}, length({0}) - 1))",
        "character varying": "'0123456789abcdef'",
    }
    for number in (1, 2, 3):
        for name, kind in table:
            if name == "number":
                continue
            (before,) = owner.execute(f"SELECT {name} FROM audit_seal WHERE number = %s", [number]).fetchone()
            forge(owner, f"UPDATE audit_seal SET {name} = {other[kind].format(name)} WHERE number = %s", number)
            result = verify()
            kinds = {(str(one.kind), one.seal) for one in result.findings}
            if name == "manifest":  # the leaf of its last line no longer fits its row
                assert kinds == {("seal_changed", number), ("changed", number)}, (number, name)
                assert {one.row for one in result.findings} == {None, lines_of(number)[-1].id}
            else:
                assert kinds == {("seal_changed", number)}, (number, name, result.findings)
                why = ["chain", "list", "kept"] if name in ("rows", "root") else ["chain", "kept"]
                assert only(result).detail["why"] == why, (number, name)
            set_seal(owner, number, **{name: before})
            assert told(verify()) == set(), (number, name)


def test_times_of_a_seal_nobody_can_read(rows, owner):
    forge(owner, "UPDATE audit_seal SET taken_at = 'infinity' WHERE number = 2")
    assert told(verify()) == {SEAL_2}


def swap_seals(owner, one, other):
    forge(owner, "DELETE FROM audit_anchor WHERE upto_number IN (%s, %s)", one, other)
    for before, after in ((one, 9999), (other, one), (9999, other)):
        forge(owner, "UPDATE audit_seal SET number = %s WHERE number = %s", after, before)


def test_two_seals_swapped(rows, owner):
    """No line was made for the number it stands under now: nothing is said of the rows that stand."""
    swap_seals(owner, 1, 2)
    result = verify()
    assert told(result) == {("seal_changed", None, None, 1), SEAL_2}
    assert [one.detail for one in result.findings] == [{"why": ["chain", "untrusted"]}] * 2
    drop_row(owner, 1, rows[1][0][0])
    assert told(verify()) == {("seal_changed", None, None, 1), SEAL_2, ("removed", 1, rows[1][0][0], 2)}


def test_a_seal_with_the_number_of_none(rows, owner):
    forge(owner, "DELETE FROM audit_anchor WHERE upto_number = 2")
    forge(owner, "UPDATE audit_seal SET number = 1000 WHERE number = 2")
    result = verify()
    assert told(result) == {("seal_changed", None, None, 1000), ("seals_removed", None, None, 2)}
    assert [one.detail for one in result.findings] == [
        {"first": 2, "last": 2, "rows": 8, "standing": 8}, {"why": ["chain", "untrusted"]},
    ]  # fmt: skip


def test_seals_of_unlike_length_swapped(rows, owner):
    write(owner, 1)
    seal_all(owner)
    anchors.send()
    swap_seals(owner, 2, 4)
    assert told(verify()) == {SEAL_2, ("seal_changed", None, None, 4)}
    swap_seals(owner, 2, 4)
    assert told(verify()) == set()
    second, fourth = (bytes(seal_of(number).manifest) for number in (2, 4))
    set_seal(owner, 2, manifest=fourth)
    set_seal(owner, 4, manifest=second)
    assert told(verify()) == {SEAL_2, ("seal_changed", None, None, 4)}


def test_two_lists_swapped(rows, owner):
    first, second = (bytes(seal_of(number).manifest) for number in (1, 2))
    set_seal(owner, 1, manifest=second)
    set_seal(owner, 2, manifest=first)
    assert told(verify()) == {("seal_changed", None, None, 1), SEAL_2}


def test_a_list_that_cannot_be_read(rows, owner):
    set_seal(owner, 2, manifest=b"x" * 100)
    set_row(owner, 1, rows[1][1][1], case_id=None)
    assert only(verify()).detail == {"why": ["chain", "list", "untrusted"]}
    set_row(owner, 1, rows[1][2][1], case_id=None)
    assert told(verify()) == {SEAL_2, changed(1, rows[1][2][1], 3)}, "the next seal is believed again"


def present_key() -> bytes:
    return next(iter(manifest.keys().values()))


def forged(number: int, key: bytes, changed_rows: bool = True) -> dict[str, object]:
    """The seal made again over the rows as they are now, under another key."""
    seal = seal_of(number)
    with system_context(SystemContext.SEALING):
        rows = sealing.digests(cluster=seal.cluster, from_xid=seal.from_xid, upto_xid=seal.upto_xid, most=10_000)
    lines, leaves = manifest.write(key, number=number, rows=rows)
    if changed_rows:  # only the lines of the rows that no longer fit theirs
        own = present_key()
        old = list(manifest.read(bytes(seal.manifest)))
        right = [manifest.leaf(own, number=number, place=place, row=row) for place, row in enumerate(rows)]
        leaves = [line.leaf if line.leaf == true else made for line, true, made in zip(old, right, leaves, strict=True)]
        whole = bytes(seal.manifest)
        lines = b"".join(whole[place * LINE : (place + 1) * LINE - 32] + leaf for place, leaf in enumerate(leaves))
    seal.manifest, seal.root = lines, merkle.root(leaves)
    seal.chain = manifest.chain(key, seal.signed())
    return {"manifest": seal.manifest, "root": seal.root, "chain": seal.chain}


@pytest.mark.parametrize("trail", TRAILS)
def test_a_list_made_to_fit_a_changed_row(rows, owner, trail):
    row = rows[trail][1][2]
    set_row(owner, trail, row, case_id=None)
    set_seal(owner, 2, **forged(2, b"another key"))
    assert told(verify()) == {SEAL_2, changed(trail, row, 2)}


def test_a_list_made_to_fit_its_only_row(owner):
    row = write(owner, 1)
    seal_all(owner)
    set_row(owner, 1, row, case_id=None)
    set_seal(owner, 1, **forged(1, b"another key"))
    assert only(verify()).detail == {"why": ["chain", "untrusted"]}


def test_a_whole_seal_made_again(rows, owner):
    """Not one line was made with the key: what its rows say cannot be told, nor which there were."""
    drop_row(owner, 1, rows[1][1][2])
    set_row(owner, 1, rows[1][1][1], case_id=None)
    set_seal(owner, 2, **forged(2, b"another key", changed_rows=False))
    assert only(verify()).detail == {"why": ["chain", "list", "untrusted"]}


def only_seal(result):
    (found,) = [one for one in result.findings if one.kind == "seal_changed"]
    return found


def test_the_chain_made_again_with_another_key(rows, owner):
    """From the second seal on, each linked to the one before: none of them holds, and no row is accused."""
    for number in (2, 3):
        seal = seal_of(number)
        seal.previous = bytes(seal_of(number - 1).chain)
        set_seal(owner, number, previous=seal.previous, chain=manifest.chain(b"another key", seal.signed()))
    assert told(verify()) == {SEAL_2, ("seal_changed", None, None, 3)}


def test_a_seal_by_who_holds_the_key(rows, owner):
    """Who has the key and rewrites a seal breaks the link to it, and differs from what has left."""
    row = rows[1][1][2]
    set_row(owner, 1, row, case_id=None)
    key = present_key()
    set_seal(owner, 2, **forged(2, key))
    result = verify()
    assert told(result) == {("seal_replaced", None, None, 2), ("seal_changed", None, None, 3)}
    assert only_seal(result).detail == {"why": ["link"]}


def test_all_seals_by_who_holds_the_key(rows, owner):
    """What has left the database is all that tells."""
    set_row(owner, 1, rows[1][1][2], case_id=None)
    key = present_key()
    for number in (2, 3):
        set_seal(owner, number, previous=bytes(seal_of(number - 1).chain))
        set_seal(owner, number, **forged(number, key))
    assert told(verify()) == {("seal_replaced", None, None, 2), ("seal_replaced", None, None, 3)}


def signed_again(owner, number, **columns):
    """The seal with other columns, signed with the key."""
    seal = seal_of(number)
    for name, value in columns.items():
        setattr(seal, name, value)
    set_seal(owner, number, **columns, chain=manifest.chain(present_key(), seal.signed()))


def test_a_range_that_leaves_something_out(owner):
    """Even where all of it is signed, each range begins where the one before ended."""
    seal_rows(owner, 1)
    owner.execute("SELECT pg_current_xact_id()")
    write(owner, 1)
    (seal,) = seal_all(owner)
    signed_again(owner, 2, from_xid=seal.from_xid + 1)
    assert told(verify()) == {SEAL_2} and only_seal(verify()).detail == {"why": ["range"]}


def test_a_list_that_is_not_whole(owner):
    """Nor where it is signed may a list be shorter than the seal says."""
    seal_rows(owner, 1)
    write(owner, 1)
    last = write(owner, 2)
    seal_all(owner)
    signed_again(owner, 2, manifest=bytes(seal_of(2).manifest)[:LINE])
    result = verify()
    assert told(result) == {SEAL_2, ("inserted", 2, last, 2)} and only_seal(result).detail == {"why": ["list"]}


# --- keys and clusters -----------------------------------------------------------------------------------------
def test_keys_of_the_settings(owner, settings):
    settings.AUDIT_SEAL_KEYS = ["the first key there was"]
    rows = seal_rows(owner, 2)
    settings.AUDIT_SEAL_KEYS = ["the key that came then", "the first key there was"]
    write(owner, 1)
    seal_all(owner)
    assert seal_of(1).key_id == seal_of(2).key_id != seal_of(3).key_id
    assert told(verify()) == set()
    set_row(owner, 1, rows[1][0][0], case_id=None)
    assert told(verify()) == {changed(1, rows[1][0][0], 1)}
    settings.AUDIT_SEAL_KEYS = ["the key that came then"]
    found = only(verify())
    assert (found.kind, found.detail) == ("unknown_key", {"key": seal_of(1).key_id, "first": 1, "last": 2})
    drop_row(owner, 2, rows[2][1][1])
    assert told(verify()) == {("unknown_key", None, None, 1), ("removed", 2, rows[2][1][1], 2)}
    set_seal(owner, 3, key_id=seal_of(1).key_id)
    assert told(verify()) == {
        ("unknown_key", None, None, 1), ("removed", 2, rows[2][1][1], 2), ("seal_changed", None, None, 3),
    }  # fmt: skip


def test_a_chain_of_a_key_nobody_has(owner, settings):
    """The first seal after them says what it was."""
    settings.AUDIT_SEAL_KEYS = ["the first key there was"]
    seal_rows(owner, 3)
    settings.AUDIT_SEAL_KEYS = ["the key that came then"]
    write(owner, 1)
    seal_all(owner)
    unknown = ("unknown_key", None, None, 1)
    assert told(verify()) == {unknown}
    anchors.send()
    set_seal(owner, 3, chain=b"x" * 32)
    result = verify()
    assert told(result) == {unknown, ("seal_changed", None, None, 4), ("seal_replaced", None, None, 3)}
    assert only_seal(result).detail == {"why": ["link"]}


def test_a_restored_cluster(rows, owner):
    """Transactions are counted anew there: rows of both clusters are told apart, and each is found."""
    brought = write(owner, 1)
    owner.execute(
        "CREATE OR REPLACE FUNCTION audit_cluster() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 42::bigint'"
    )
    own = write(owner, 1)
    assert len(seal_all(owner)) == 2
    write(owner, 2)
    seal_all(owner)
    assert told(verify()) == set()
    for row in (brought, own, rows[1][0][0]):
        set_row(owner, 1, row, case_id=None)
    assert told(verify()) == {changed(1, rows[1][0][0], 1), changed(1, brought, 4), changed(1, own, 5)}


# --- what has left the database --------------------------------------------------------------------------------
def edit(roots, change) -> None:
    lines = roots.read_text().splitlines(keepends=True)
    roots.write_text("".join(change(lines)))


def test_lines_sent_twice_are_harmless(rows, roots):
    edit(roots, lambda lines: [*lines, *lines])
    assert told(verify()) == set()


def test_the_file_is_gone(rows, roots):
    roots.unlink()
    assert told(verify()) == {("file_missing", None, None, 3)}


def test_a_line_is_gone(rows, roots):
    edit(roots, lambda lines: [lines[0], lines[2]])
    found = only(verify())
    assert (found.kind, found.detail) == ("file_lacks", {"first": 2, "last": 2})


def test_a_line_is_damaged(rows, roots):
    edit(roots, lambda lines: [lines[0], lines[1][:40] + "\n", lines[2]])
    result = verify()
    assert told(result) == {("file_damaged", None, None, None), ("file_lacks", None, None, 2)}
    assert [one.detail for one in result.findings if one.kind == "file_damaged"] == [{"line": 2}]


@pytest.mark.parametrize("line", ['["a list"]', '{"number": "x", "root": 1}', "\x00", "{}"])
def test_a_line_that_is_no_seal(rows, roots, line):
    edit(roots, lambda lines: [*lines, line + "\n"])
    found = only(verify())
    assert (found.kind, found.detail) == ("file_damaged", {"line": 4})


def test_a_line_says_another_root(rows, roots):
    def change(lines):
        line = json.loads(lines[1])
        line["root"] = "00" * 32
        return [lines[0], json.dumps(line) + "\n", lines[2]]

    edit(roots, change)
    found = only(verify())
    assert (found.kind, found.seal, found.detail) == ("seal_replaced", 2, {"line": 2})


def test_numbers_nobody_could_have(rows, owner, roots):
    """Neither the memory nor the time of the check follows what somebody wrote."""
    owner.execute("ALTER TABLE audit_anchor DROP CONSTRAINT audit_anchor_upto_number_fkey")
    set_seal(owner, 2, rows=2**31 - 1)
    line = json.loads(roots.read_text().splitlines()[1]) | {"number": 10**17, "rows": 2**60}
    edit(roots, lambda lines: [*lines, json.dumps(line) + "\n"])
    assert told(verify()) == {SEAL_2, ("seals_removed", None, None, 10**17)}
    forge(owner, "UPDATE audit_anchor SET upto_number = 1000000000000 WHERE upto_number = 3")
    assert {str(one.kind) for one in verify().findings} == {"seal_changed", "seals_removed", "file_lacks"}


def test_a_line_cut_short_spoils_no_other(rows, roots, owner):
    """A disk that was full: the next line is written on a line of its own."""
    edit(roots, lambda lines: [*lines, lines[2][:30]])
    write(owner, 1)
    seal_all(owner)
    anchors.send()
    assert told(verify()) == {("file_damaged", None, None, None)}


def test_roots_that_do_not_leave(owner, settings, tmp_path):
    (tmp_path / "in the way").write_text("")
    settings.AUDIT_ROOTS_FILE = tmp_path / "in the way" / "roots.jsonl"
    seal_rows(owner, 1)
    assert told(verify()) == set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("audit.check_outside.now", lambda: now() + timedelta(minutes=61))
        found = only(verify())
    assert (found.kind, found.detail) == ("not_sent", {"first": 1, "last": 1})


# --- what is not sealed ----------------------------------------------------------------------------------------
def test_rows_that_wait_too_long(owner):
    at = now() - timedelta(minutes=11)
    write_at(owner, 1, at)
    write(owner, 2)
    result = verify()
    assert (only(result).kind, only(result).detail) == ("late", {"rows": 1, "oldest": at.isoformat()})
    assert (result.waiting, result.oldest) == (2, at)
    seal_all(owner)
    assert told(verify()) == set()


def test_what_a_check_costs_does_not_grow_with_each_seal(owner, django_assert_max_num_queries):
    """Two statements a seal, and those of the check itself."""
    seal_rows(owner, 6)
    with django_assert_max_num_queries(60):
        assert told(verify()) == set()


@pytest.mark.long
def test_a_hundred_thousand_rows_in_seconds(owner):
    """Beside what the database and the line alone take for the digests of the same rows, measured just before."""
    with free_hand(owner):
        for trail in TRAILS:
            columns = "id, action" if trail == 1 else "id, content_type_id, object_pk, object_repr, action, system"
            values = "'read'" if trail == 1 else "(SELECT min(id) FROM django_content_type), 'x', 'y', 1, 'checks'"
            for _time in range(50):
                owner.execute(
                    f"INSERT INTO {TABLES[trail]} ({columns}) SELECT gen_random_uuid(), {values}"
                    " FROM generate_series(1, 1000)"
                )
    owner.execute("ANALYZE")
    (cluster,) = owner.execute("SELECT audit_cluster()").fetchone()

    def timed(call) -> float:
        started = time.monotonic()
        call()
        return time.monotonic() - started

    def raw() -> None:
        with system_context(SystemContext.SEALING), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM audit_digests(%s, 0, %s, 1000000)", [cluster, 2**62])
            assert len(cursor.fetchall()) == 100_000

    floor = min(timed(raw) for _time in range(3))
    sealed = timed(lambda: seal_all(owner))
    rows = []
    checked = timed(lambda: rows.append(verify()))
    (result,) = rows
    assert told(result) == set() and (result.rows, result.waiting) == (100_000, 0)
    print(f"floor {floor:.2f} s, sealed in {sealed:.2f} s, checked in {checked:.2f} s")
    assert sealed < 6 * floor and checked < 6 * floor
