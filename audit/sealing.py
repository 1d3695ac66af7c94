"""Sealing both trails: every minute, the rows of finished transactions join the chain.

The rows are taken by transaction, not by time or identifier: a transaction that is still open holds the seal back at
its own number, and its rows come into the next one. Only one process seals at a time; another one goes away.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Max

from common.acting import SystemContext, system_context

from . import manifest, merkle
from .models import Seal

LARGEST = 100_000  # rows in a seal
MOST = 20  # seals in one go
LATE_AFTER = timedelta(minutes=10)  # a row that still waits then is told of
# A transaction of another database of the cluster cannot write here, however long it stays open. The snapshot is taken
# before the locks are looked at: a transaction that ends in between holds the seal back once more, never too little.
SNAPSHOT = """
WITH now AS MATERIALIZED (SELECT pg_current_snapshot() AS s),
elsewhere AS (
  SELECT l.transactionid::text::bigint AS number FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'transactionid' AND l.granted AND l.mode = 'ExclusiveLock'
    AND a.datid <> (SELECT oid FROM pg_database WHERE datname = current_database())
)
SELECT clock_timestamp(), audit_cluster(), coalesce(
  (SELECT min(open) FROM (SELECT pg_snapshot_xip(s)::text::bigint AS open FROM now) o
   WHERE open % 4294967296 NOT IN (SELECT number FROM elsewhere)),
  pg_snapshot_xmax(s)::text::bigint
), pg_snapshot_xmax(s)::text::bigint FROM now
"""

# The owner can write a time that Python cannot read, which must stop neither sealing nor checking.
FIRST_MOMENT, LAST_MOMENT = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
READABLE = "least(greatest(at, timestamptz '0001-01-02 00:00+00'), timestamptz '9999-12-30 00:00+00')"
DIGESTS = "SELECT trail, id, READABLE, xid, digest FROM audit_digests(%s, %s, %s, %s)".replace("READABLE", READABLE)
WAITING = "SELECT rows, CASE WHEN rows > 0 THEN READABLE END FROM audit_waiting(%s, %s) AS w (rows, at)".replace(
    "READABLE", READABLE
)


@dataclass(frozen=True)
class Snapshot:
    """The database at one moment: its cluster, the oldest transaction still open, the next number to be given out."""

    at: datetime
    cluster: int
    oldest_open: int
    next_xid: int


@dataclass(frozen=True)
class Waiting:
    """Rows not sealed yet, and the time of the oldest; None where none waits."""

    rows: int
    oldest: datetime | None


def seal(*, largest: int = LARGEST, most: int = MOST) -> list[Seal]:
    """Seal what is finished, in at most `most` seals of about `largest` rows, and return them.

    A transaction is never cut in two. Empty where there is nothing to seal or another process seals now.
    """
    taken: list[Seal] = []
    with system_context(SystemContext.SEALING):
        if not _alone():
            return taken
        now = snapshot()
        for cluster in _clusters(now):
            while len(taken) < most and (one := _seal_one(now, cluster, largest)) is not None:
                taken.append(one)
    return taken


def waiting() -> Waiting:
    """What is not sealed yet in the cluster that serves now."""
    with system_context(SystemContext.SEALING), connection.cursor() as cursor:
        now = snapshot()
        cursor.execute(WAITING, [now.cluster, sealed_upto(now.cluster)])
        return Waiting(*cursor.fetchone())


def oldest_waiting() -> datetime | None:
    """The time of the row that has waited longest for its seal, of the finished transactions this one sees; or None.

    One row is looked at, however many wait.
    """
    with system_context(SystemContext.SEALING), connection.cursor() as cursor:
        cursor.execute("SELECT audit_cluster()")
        (cluster,) = cursor.fetchone()
        rows = digests(cluster=cluster, from_xid=sealed_upto(cluster), upto_xid=2**62, most=1)
    return rows[0].at if rows else None


def sealed_upto(cluster: int) -> int:
    """The number from which transactions of this cluster are not sealed yet."""
    return Seal.objects.filter(cluster=cluster).aggregate(upto=Max("upto_xid"))["upto"] or 0


def digests(*, cluster: int, from_xid: int, upto_xid: int, most: int) -> list[manifest.Row]:
    """The rows of both trails in a range of transactions, in the order of seals; at most `most`."""
    with connection.cursor() as cursor:
        cursor.execute(DIGESTS, [cluster, from_xid, upto_xid, most])
        return [manifest.Row(*row) for row in cursor.fetchall()]


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('audit_seal'))")
        return cursor.fetchone()[0]


def snapshot() -> Snapshot:
    """The database now."""
    with connection.cursor() as cursor:
        cursor.execute(SNAPSHOT)
        return Snapshot(*cursor.fetchone())


def _clusters(now: Snapshot) -> list[int]:
    """Those that have served, in order, and the one that serves now: a restored backup may bring unsealed rows."""
    before = Seal.objects.exclude(cluster=now.cluster).values("cluster").annotate(last=Max("number")).order_by("last")
    return [*(row["cluster"] for row in before), now.cluster]


def _seal_one(now: Snapshot, cluster: int, largest: int) -> Seal | None:
    """The next seal of this cluster, or None where nothing is left to seal."""
    first = sealed_upto(cluster)
    # nothing is open any more in a cluster that has stopped
    beyond = now.oldest_open if cluster == now.cluster else 2**62
    rows = digests(cluster=cluster, from_xid=first, upto_xid=beyond, most=largest)
    if len(rows) == largest:
        # the last transaction may go on beyond: it waits for the next seal, or is taken whole where it is alone
        last = rows[-1].xid
        if rows[0].xid == last:
            rows = digests(cluster=cluster, from_xid=last, upto_xid=last + 1, most=2**31 - 1)
            beyond = last + 1
        else:
            rows = [row for row in rows if row.xid < last]
            beyond = last
    elif cluster != now.cluster:
        beyond = rows[-1].xid + 1 if rows else first
    if not rows:
        return None
    previous = Seal.objects.order_by("-number").only("number", "chain").first()
    number = previous.number + 1 if previous else 1
    key_id, key = next(iter(manifest.keys().items()))
    lines, leaves = manifest.write(key, number=number, rows=rows)
    found = Seal(
        number=number,
        taken_at=now.at,
        cluster=cluster,
        from_xid=first,
        upto_xid=beyond,
        next_xid=now.next_xid if cluster == now.cluster else beyond,
        rows=len(rows),
        manifest=lines,
        root=merkle.root(leaves),
        previous=bytes(previous.chain) if previous else manifest.NO_SEAL,
        key_id=key_id,
    )
    found.chain = manifest.chain(key, found.signed())
    found.save(force_insert=True)
    return found
