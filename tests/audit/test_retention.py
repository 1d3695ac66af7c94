"""A month leaves the database, its seals and a signed certificate stay; nothing goes dark on the first of a month."""

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import translation

from agencies.acting import acting_as
from audit import anchors, manifest
from audit.models import Action, AuditEvent, Certificate, Trail
from audit.retention import drop_month
from audit.services import create_partitions, record
from audit.verifying import verify
from common.clock import BRUSSELS, now
from common.errors import RuleBroken
from tests.conftest import OWNER_URL

from .trails import (
    TABLES,
    forge,
    only,
    seal_all,
    seal_rows,
    set_row,
    told,
    write,
    write_at,
)

pytestmark = pytest.mark.django_db(transaction=True)
SEPTEMBER = date(2025, 9, 1)
TRAILS = (1, 2)
WHY = "Ten years are over."


@pytest.fixture(autouse=True)
def roots(settings, tmp_path, owner):
    settings.AUDIT_ROOTS_FILE = tmp_path / "roots.jsonl"
    forge(owner, "TRUNCATE audit_logentry")
    with translation.override("en"):
        yield settings.AUDIT_ROOTS_FILE


@pytest.fixture
def old(owner):
    """By trail, rows of August, September and October 2025, each in a partition of its own, sealed with newer ones."""
    found = {}
    for trail in TRAILS:
        for month in (8, 9, 10):
            owner.execute(
                f"CREATE TABLE {TABLES[trail]}_2025_{month:02} PARTITION OF {TABLES[trail]}"
                f" FOR VALUES FROM ('2025-{month:02}-01 00:00+00') TO ('2025-{month + 1:02}-01 00:00+00')"
            )
        # the very first and the very last moment of September, and one just outside on each side: by UTC
        moments = [
            "2025-08-31 23:59:59.999999+00", "2025-09-01 00:00+00", "2025-09-15 12:00+00",
            "2025-09-30 23:59:59.999999+00", "2025-10-01 00:00+00",
        ]  # fmt: skip
        found[trail] = [write_at(owner, trail, moment) for moment in moments]
    seal_rows(owner)
    return found


@pytest.fixture
def as_owner(settings):
    """This process works as the owner, as the command does."""
    before = dict(connection.settings_dict)
    url = urlsplit(OWNER_URL)
    connection.close()
    settings.DATABASE_ROLE = "owner"
    connection.settings_dict.update(USER=url.username, PASSWORD=url.password)
    yield
    connection.close()
    connection.settings_dict.update({name: before[name] for name in ("USER", "PASSWORD")})


def partitions(owner, trail: int) -> set[str]:
    rows = owner.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [TABLES[trail]]
    )
    return {name for (name,) in rows}


def drop(trail: int = 1, month: date = SEPTEMBER, reason: str = WHY) -> Certificate:
    return drop_month(trail=Trail(trail), month=month, reason=reason)


# --- removed by retention --------------------------------------------------------------------------------------
@pytest.mark.parametrize("trail", TRAILS)
def test_a_month_is_dropped_and_told(old, owner, as_owner, roots, trail):
    assert told(verify()) == set()
    partition = f"{TABLES[trail]}_2025_09"
    assert partition in partitions(owner, trail)
    one = drop(trail)
    assert (one.trail, one.month, one.rows, one.reason) == (trail, SEPTEMBER, 3, WHY)
    assert partition not in partitions(owner, trail)
    assert owner.execute("SELECT to_regclass(%s)", [partition]).fetchone() == (None,)
    result = verify()
    assert told(result) == set()
    assert [(each.trail, each.month, each.rows, each.reason, each.dropped_at) for each in result.dropped] == [
        (trail, SEPTEMBER, 3, WHY, one.dropped_at)
    ]
    assert result.seals == 3, "its seals stay"
    last = json.loads(roots.read_text().splitlines()[-1])["certificate"]
    assert (last["month"], last["rows"], last["signature"]) == ("2025-09-01", 3, bytes(one.signature).hex())
    assert [line for _number, line in anchors.in_file()][-1] == {"certificate": last}
    # what is left is still checked, at both edges of the month
    for row in (old[trail][0], old[trail][4]):
        set_row(owner, trail, row, reason="x")
    other = 3 - trail
    forge(owner, f"DELETE FROM {TABLES[other]} WHERE id = %s", old[other][1])
    assert told(verify()) == {
        ("changed", trail, old[trail][0], 1), ("changed", trail, old[trail][4], 1),
        ("removed", other, old[other][1], 1),
    }  # fmt: skip
    with pytest.raises(RuleBroken, match="removed before"):
        drop(trail)


def test_a_month_without_rows(owner, as_owner):
    owner.execute(
        "CREATE TABLE audit_auditevent_2025_09 PARTITION OF audit_auditevent"
        " FOR VALUES FROM ('2025-09-01 00:00+00') TO ('2025-10-01 00:00+00')"
    )
    assert drop().rows == 0
    assert told(verify()) == set()


def test_a_row_put_back_into_a_dropped_month(old, owner, as_owner):
    """The default partition takes it; no certificate explains a row that is there."""
    xid = owner.execute("SELECT xid::text FROM audit_auditevent WHERE id = %s", [old[1][1]]).fetchone()[0]
    drop()
    new = write_at(owner, 1, "2025-09-10 10:00+00", xid=xid)
    assert told(verify()) == {("inserted", 1, new, 1)}


def test_a_seal_of_nothing_but_dropped_rows(owner, as_owner):
    """It has no row left to try its lines on; that it was changed is told, and nothing else."""
    owner.execute(
        "CREATE TABLE audit_auditevent_2025_09 PARTITION OF audit_auditevent"
        " FOR VALUES FROM ('2025-09-01 00:00+00') TO ('2025-10-01 00:00+00')"
    )
    for day in (3, 4):
        write_at(owner, 1, f"2025-09-0{day} 10:00+00")
    seal_all(owner)
    drop()
    assert told(verify()) == set()
    forge(owner, "UPDATE audit_seal SET next_xid = next_xid + 1")
    result = verify()
    assert (only(result).kind, only(result).detail) == ("seal_changed", {"why": ["chain", "untrusted"]})
    assert [each.rows for each in result.dropped] == [2]


def test_retention_while_a_check_runs(old, owner, as_owner, monkeypatch):
    """The check had seen the rows of that month: what is certified meanwhile is no finding."""
    from audit.check import Check

    seals = Check.seals

    def then_dropped(check: Check) -> None:
        seals(check)
        monkeypatch.setattr(Check, "seals", seals)
        drop()

    monkeypatch.setattr(Check, "seals", then_dropped)
    result = verify()
    assert told(result) == set() and [each.rows for each in result.dropped] == [3]


# --- certificates that do not hold -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("rows = 4", "signature"),
        ("reason = 'another'", "signature"),
        ("dropped_at = dropped_at - interval '1 day'", "signature"),
        ("entries = '\\x00'", "signature"),
        ("signature = '\\x00'", "signature"),
        ("key_id = '0123456789abcdef'", "key"),
    ],
)
def test_a_certificate_was_changed(old, owner, as_owner, change, why):
    drop()
    forge(owner, f"UPDATE audit_certificate SET {change}")
    found = only(verify())
    assert (found.kind, found.trail, found.detail["why"], found.detail["gone"]) == ("certificate", 1, why, 3)


def test_a_certificate_of_no_trail(old, owner, as_owner):
    drop()
    forge(owner, "UPDATE audit_certificate SET trail = 7")
    assert told(verify()) == {("certificate", None, None, None), ("month_removed", 1, None, 1)}


@pytest.mark.parametrize("change", ["month = '2025-10-01'", "trail = 2"])
def test_a_certificate_of_another_month(old, owner, as_owner, change):
    """It does not hold, and what it no longer explains is missing."""
    drop()
    forge(owner, f"UPDATE audit_certificate SET {change}")
    result = verify()
    assert result.found == 2 and result.dropped == ()
    assert {(str(one.kind), one.trail, one.detail["month"]) for one in result.findings} == {
        ("certificate", 2, "2025-09") if "trail" in change else ("certificate", 1, "2025-10"),
        ("month_removed", 1, "2025-09"),
    }


@pytest.mark.parametrize("change", ["dropped_at = 'infinity'", "month = 'infinity'"])
def test_a_certificate_of_a_time_nobody_can_read(old, owner, as_owner, change):
    drop()
    forge(owner, f"UPDATE audit_certificate SET {change}")
    assert {str(one.kind) for one in verify().findings} == {"certificate", "month_removed"}


def test_a_certificate_was_removed(old, owner, as_owner):
    drop()
    forge(owner, "DELETE FROM audit_certificate")
    found = only(verify())
    assert (found.kind, found.trail) == ("month_removed", 1)
    assert found.detail == {"month": "2025-09", "rows": 3, "first": 1, "last": 1}


@pytest.mark.parametrize("key", ["another", "own"])
def test_a_certificate_made_up_to_hide_one_row(old, owner, key):
    """One that was never signed, or signed with other numbers: the row is named all the same."""
    forge(owner, "DELETE FROM audit_auditevent WHERE id = %s", old[1][2])
    key_id, own = next(iter(manifest.keys().items()))
    one = Certificate(
        trail=1, month=SEPTEMBER, rows=1, entries=b"x" * 32, reason=WHY, dropped_at=now(), key_id=key_id, signature=b""
    )
    signature = manifest.chain(own if key == "own" else b"another", one.signed())
    owner.execute(
        "INSERT INTO audit_certificate VALUES (%s, 1, %s, 1, %s, %s, %s, %s, %s)",
        [one.pk, SEPTEMBER, one.entries, WHY, one.dropped_at, key_id, signature],
    )
    result = verify()
    assert {(str(each.kind), each.row, each.detail.get("why")) for each in result.findings} == {
        ("certificate", None, "numbers" if key == "own" else "signature"), ("removed", old[1][2], None),
    }  # fmt: skip
    assert result.found == 2


@pytest.mark.parametrize(("rows", "entries"), [(3, b"x" * 32), (4, None)])
def test_a_certificate_of_other_rows(old, owner, as_owner, rows, entries):
    """Signed with the key, and the whole month is gone: but it speaks of other rows than those that were sealed."""
    one = drop()
    one.rows, one.entries = rows, entries or one.entries
    signature = manifest.chain(next(iter(manifest.keys().values())), one.signed())
    forge(owner, "UPDATE audit_certificate SET rows = %s, entries = %s, signature = %s", rows, one.entries, signature)
    found = only(verify())
    assert (found.kind, found.trail) == ("certificate", 1)
    assert found.detail == {"month": "2025-09", "why": "numbers", "rows": rows, "sealed": 3, "gone": 3}


# --- refused ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("month", "reason", "said"),
    [
        (date(2025, 9, 2), WHY, "first day"),
        (date(2025, 7, 1), WHY, "no such month"),
        (date(2199, 1, 1), WHY, "that is over"),
        ("now", WHY, "that is over"),
        (SEPTEMBER, "  ", "Say why"),
        (SEPTEMBER, "x" * 201, "200 characters"),
    ],
)
def test_refused(old, owner, as_owner, month, reason, said):
    if month == "now":
        month = now().date().replace(day=1)
    with pytest.raises(RuleBroken, match=said):
        drop(month=month, reason=reason)
    assert owner.execute("SELECT count(*) FROM audit_certificate").fetchone() == (0,)


def test_rows_in_the_default_partition_are_not_dropped(owner, as_owner):
    write_at(owner, 1, "2025-09-10 10:00+00")
    seal_all(owner)
    with pytest.raises(RuleBroken, match="default partition"):
        drop()


def test_rows_that_are_not_sealed_are_not_dropped(old, owner, as_owner):
    write_at(owner, 1, "2025-09-10 10:00+00")
    with pytest.raises(RuleBroken, match="not sealed yet"):
        drop()
    assert "audit_auditevent_2025_09" in partitions(owner, 1)


@pytest.mark.parametrize("what", ["changed", "removed", "inserted", "reordered", "seal"])
def test_evidence_is_not_dropped(old, owner, as_owner, what):
    row = old[1][2]
    if what == "changed":
        set_row(owner, 1, row, reason="x")
    elif what == "removed":
        forge(owner, "DELETE FROM audit_auditevent WHERE id = %s", row)
    elif what == "inserted":
        xid = owner.execute("SELECT xid::text FROM audit_auditevent WHERE id = %s", [row]).fetchone()[0]
        write_at(owner, 1, "2025-09-10 10:00+00", xid=xid)
    elif what == "reordered":
        set_row(owner, 1, row, at="2025-10-03 10:00+00")
    else:
        forge(owner, "UPDATE audit_seal SET taken_at = taken_at - interval '1 hour' WHERE number = 1")
    with pytest.raises(RuleBroken, match="as they were sealed"):
        drop()
    assert drop(month=date(2025, 10, 1), trail=2).rows == 1 if what != "seal" else True


def test_nothing_is_dropped_that_is_not_written_down(old, owner, as_owner, roots, settings):
    (roots.parent / "in the way").write_text("")
    settings.AUDIT_ROOTS_FILE = roots.parent / "in the way" / "roots.jsonl"
    with pytest.raises(RuleBroken, match="nothing was removed"):
        drop()
    assert "audit_auditevent_2025_09" in partitions(owner, 1)
    settings.AUDIT_ROOTS_FILE = roots
    assert told(verify()) == set()


def test_it_does_not_wait_behind_a_reader(old, owner, as_owner, monkeypatch):
    """Nobody could write to the trail while it waits for its lock."""
    monkeypatch.setattr("audit.retention.LOCKED_FOR", "200ms")
    with owner.transaction():
        owner.execute("SELECT 1 FROM audit_auditevent LIMIT 1")
        with pytest.raises(RuleBroken, match="Try again"):
            drop()
    assert drop().rows == 3


def test_only_the_owner(old):
    with pytest.raises(Exception, match=r"permission denied|must be owner"):
        drop()


def test_the_command(old, owner, as_owner):
    out = StringIO()
    call_command("drop_audit_month", "--trail", "changes", "--month", "2025-09", "--reason", WHY, stdout=out)
    assert out.getvalue().startswith("changes of 2025-09: 3 rows removed, certified at ")
    for wrong in ("2025-13", "september"):
        with pytest.raises(CommandError, match="--month"):
            call_command("drop_audit_month", "--trail", "changes", "--month", wrong, "--reason", WHY)
    with pytest.raises(CommandError, match="removed before"):
        call_command("drop_audit_month", "--trail", "changes", "--month", "2025-09", "--reason", WHY)


# --- the first of a month --------------------------------------------------------------------------------------
def test_no_month_was_made(committed_world, owner):
    """Not one partition but the default ones: the product reads, writes, seals and checks, and months come again."""
    for trail in TRAILS:
        for name in partitions(owner, trail):
            if not name.endswith("_default"):
                owner.execute(f"DROP TABLE {name}")
    with acting_as(committed_world.officer):
        record(action=Action.READ, object_kind="homeless")
        assert AuditEvent.objects.filter(object_kind="homeless").exists()
    row = write(owner, 2)
    (seal,) = seal_all(owner)
    anchors.send()
    assert seal.rows == 2 and told(verify()) == set()
    set_row(owner, 2, row, reason="x")
    assert told(verify()) == {("changed", 2, row, 1)}
    create_partitions(months_ahead=12)
    with acting_as(committed_world.officer):
        record(action=Action.READ, object_kind="after")
    seal_all(owner)
    assert told(verify()) == {("changed", 2, row, 1)}
    ahead = {name for name in partitions(owner, 1) if not name.endswith("_default")}
    assert len(ahead) == 12, "the month under way has its rows in the default partition"


def first_of_next_month() -> datetime:
    start = now().astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (start + timedelta(days=32)).replace(day=1)


@pytest.mark.parametrize("trail", TRAILS)
def test_the_very_first_moment(owner, trail):
    """Months are UTC's: a row of midnight in Brussels still is of the month before, one of midnight UTC of the next."""
    edge = first_of_next_month()
    midnight = edge.astimezone(BRUSSELS).replace(hour=0)
    before, first = f"{edge - timedelta(days=1):%Y_%m}", f"{edge:%Y_%m}"
    placed = {}
    for moment in (midnight, edge - timedelta(microseconds=1), edge):
        row = write_at(owner, trail, moment)
        placed[moment] = owner.execute(
            f"SELECT tableoid::regclass::text FROM {TABLES[trail]} WHERE id = %s", [row]
        ).fetchone()[0]
    assert list(placed.values()) == [f"{TABLES[trail]}_{before}"] * 2 + [f"{TABLES[trail]}_{first}"]
