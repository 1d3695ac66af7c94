"""Seals: every finished row of both trails once, none in flight, each chained to the one before."""

import threading

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from agencies.acting import acting_as
from audit import anchors, manifest, merkle, sealing
from audit.models import Action, Anchor, Seal
from audit.services import record
from common.acting import SystemContext, system_context
from tests.conftest import OWNER_URL
from tests.factories import make_report

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def filled(committed_world, settings, tmp_path):
    settings.AUDIT_ROOTS_FILE = tmp_path / "audit" / "roots.jsonl"
    make_report(committed_world.officer)
    return committed_world


def read(world, kind: str = "trial", times: int = 1) -> None:
    with acting_as(world.officer):
        for _time in range(times):
            record(action=Action.READ, object_kind=kind)


def sealed_ids() -> list:
    with system_context(SystemContext.SEALING):
        return [line.id for seal in Seal.objects.all() for line in manifest.read(bytes(seal.manifest))]


def all_ids(owner) -> set:
    return {row[0] for row in owner.execute("SELECT id FROM audit_auditevent UNION ALL SELECT id FROM audit_logentry")}


def test_every_row_of_both_trails_once(filled, owner):
    (first,) = sealing.seal()
    assert (first.number, first.rows) == (1, len(all_ids(owner)))
    assert set(sealed_ids()) == all_ids(owner)
    assert sealing.seal() == [], "nothing new"
    read(filled, times=3)
    (second,) = sealing.seal()
    assert (second.number, second.rows, bytes(second.previous)) == (2, 3, bytes(first.chain))
    assert (second.from_xid, second.next_xid >= second.upto_xid) == (first.upto_xid, True)
    assert len(sealed_ids()) == len(set(sealed_ids())) == len(all_ids(owner))
    assert sealing.waiting() == sealing.Waiting(0, None)


def test_a_row_in_flight_is_never_skipped(filled, owner):
    """Its transaction is older than rows already finished: they wait for it, and come with it."""
    sealing.seal()
    begun, finish = threading.Event(), threading.Event()

    def slow():
        with acting_as(filled.eva):
            record(action=Action.READ, object_kind="slow")
            begun.set()
            finish.wait(20)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert begun.wait(20)
    read(filled, "quick")
    assert sealing.seal() == [], "what is younger than a transaction still open waits"
    assert sealing.waiting().rows == 1, "the row in flight is nobody's yet"
    finish.set()
    thread.join()
    (seal,) = sealing.seal()
    assert seal.rows == 2
    assert set(sealed_ids()) == all_ids(owner)


def test_another_database_of_the_cluster_holds_nothing_back(filled):
    with psycopg.connect(OWNER_URL) as elsewhere:
        elsewhere.execute("SELECT pg_current_xact_id()")
        assert len(sealing.seal()) == 1
        read(filled)
        assert len(sealing.seal()) == 1


def test_a_transaction_is_never_cut(filled, owner):
    sealing.seal()
    read(filled, times=7)
    read(filled)
    read(filled, times=2)
    assert [seal.rows for seal in sealing.seal(largest=3)] == [7, 1, 2]
    assert set(sealed_ids()) == all_ids(owner)


def test_at_most_so_many_at_once(filled):
    sealing.seal()
    for _time in range(3):
        read(filled)
    assert [seal.rows for seal in sealing.seal(largest=2, most=2)] == [1, 1]
    assert [seal.rows for seal in sealing.seal()] == [1]


def test_what_a_seal_says(filled):
    (seal,) = sealing.seal()
    key_id, key = next(iter(manifest.keys().items()))
    with system_context(SystemContext.SEALING):
        seal = Seal.objects.get()
        rows = sealing.digests(cluster=seal.cluster, from_xid=0, upto_xid=seal.upto_xid, most=10_000)
    lines = list(manifest.read(bytes(seal.manifest)))
    assert [line.place for line in lines] == list(range(seal.rows))
    assert [line.id for line in lines] == [row.id for row in rows]
    assert [line.at for line in lines] == [row.at for row in rows]
    assert [line.leaf for line in lines] == [
        manifest.leaf(key, number=1, place=place, row=row) for place, row in enumerate(rows)
    ]
    assert bytes(seal.root) == merkle.root([line.leaf for line in lines])
    assert bytes(seal.chain) == manifest.chain(key, seal.signed())
    assert (seal.key_id, bytes(seal.previous)) == (key_id, manifest.NO_SEAL)


def test_one_seals_at_a_time(filled, owner):
    with owner.transaction():
        owner.execute("SELECT pg_advisory_xact_lock(hashtext('audit_seal'))")
        assert sealing.seal() == []
    assert len(sealing.seal()) == 1


def test_rows_a_restored_backup_brings_along(filled, owner):
    """In another cluster transactions are counted anew: what came along is sealed as finished, and its own from 0."""
    sealing.seal()
    read(filled, "before the backup")
    owner.execute(
        "CREATE OR REPLACE FUNCTION audit_cluster() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 42::bigint'"
    )
    read(filled, "after")
    old, new = sealing.seal()
    assert (old.rows, new.rows, new.cluster, new.from_xid) == (1, 1, 42, 0)
    assert set(sealed_ids()) == all_ids(owner)
    assert sealing.seal() == []


def test_the_application_says_neither_its_transaction_nor_the_time(filled):
    for column, value in (("xid", "'3'"), ("cluster", "1"), ("at", "now()")):
        with pytest.raises(DatabaseError, match="permission denied"), acting_as(filled.officer), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO audit_auditevent (id, action, {column}) VALUES (gen_random_uuid(), 'read', {value})"
                )


def test_closed_outside_its_context(filled):
    sealing.seal()
    with acting_as(filled.officer):
        assert not Seal.objects.exists() and not Anchor.objects.exists()
        for call in ("audit_digests(1, 0, 1, 1)", "audit_waiting(1, 0)", "audit_rows_now(1::smallint, '{}')"):
            with pytest.raises(DatabaseError, match="only for sealing"), transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(f"SELECT * FROM {call}")
    with pytest.raises(DatabaseError), acting_as(filled.officer):
        Seal(number=9, taken_at="2026-01-01T00:00Z", cluster=1, from_xid=0, upto_xid=1, next_xid=1, rows=1).save(
            force_insert=True
        )


@pytest.mark.parametrize("table", ["audit_seal", "audit_anchor", "audit_certificate"])
def test_not_even_the_owner(filled, owner, table):
    sealing.seal()
    anchors.send()
    with pytest.raises(psycopg.errors.RestrictViolation):
        owner.execute(f"TRUNCATE {table} CASCADE")
    if owner.execute(f"SELECT count(*) FROM {table}").fetchone()[0]:
        column = {"audit_seal": "rows", "audit_anchor": "channel"}[table]
        for act in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(psycopg.errors.RestrictViolation):
                owner.execute(act)


# --- out of the database --------------------------------------------------------------------------------------
def test_roots_leave_by_the_file_once(filled, settings):
    (first,) = sealing.seal()
    anchors.send()
    anchors.send()
    assert list(anchors.in_file()) == [(1, anchors.line_of(first))]
    assert settings.AUDIT_ROOTS_FILE.stat().st_mode & 0o777 == 0o600
    read(filled)
    (second,) = sealing.seal()
    anchors.send()
    assert [line["number"] for _place, line in anchors.in_file()] == [1, 2]
    assert list(anchors.in_file())[1][1]["chain"] == bytes(second.chain).hex()


def test_what_could_not_leave_goes_with_the_next(filled, settings, tmp_path):
    (tmp_path / "in the way").write_text("")
    settings.AUDIT_ROOTS_FILE = tmp_path / "in the way" / "roots.jsonl"
    sealing.seal()
    anchors.send()
    with system_context(SystemContext.SEALING):
        assert not Anchor.objects.exists()
    settings.AUDIT_ROOTS_FILE = tmp_path / "roots.jsonl"
    anchors.send()
    assert [line["number"] for _place, line in anchors.in_file()] == [1]


def test_roots_leave_by_syslog(filled, settings, tmp_path):
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        settings.AUDIT_SYSLOG_URL = f"udp://127.0.0.1:{server.getsockname()[1]}"
        (seal,) = sealing.seal()
        anchors.send()
        told = server.recv(4000).decode()
    assert f'"chain": "{bytes(seal.chain).hex()}"' in told and "move audit" in told
    with system_context(SystemContext.SEALING):
        assert set(Anchor.objects.values_list("channel", "upto_id")) == {("file", 1), ("syslog", 1)}


# --- the tree -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 13])
def test_every_leaf_and_its_place_count(count):
    leaves = [bytes([number]) * 32 for number in range(count)]
    whole = merkle.root(leaves)
    for place in range(count):
        changed = [*leaves]
        changed[place] = b"x" * 32
        assert merkle.root(changed) != whole
    if count > 1:
        assert merkle.root(leaves[::-1]) != whole and merkle.root(leaves[:-1]) != whole
        assert merkle.root([*leaves, leaves[-1]]) != whole
