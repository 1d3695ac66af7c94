"""One check of both trails against their seals; `audit.verifying` says when and keeps the result.

A seal whose chain holds under a known key says the truth of its rows: what stands in its range of transactions is
compared with its lines, and a row may say no earlier time than a seal taken before its transaction began.

A seal that was changed is named. Of its rows, those are named that are gone or do not fit their lines: nobody without
the key can write a line that fits. Where not one line fits, nothing is said of the rows that stand.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from itertools import islice, pairwise

from django.db import connection
from django.db.models.functions import Greatest, Least

from common.acting import SystemContext, system_context

from . import check_outside, manifest, merkle, sealing
from .check_certificates import Certificates
from .findings import Dropped, Finding, FindingKind, Result
from .found import LISTED, MANY, Found, Month, Named, runs
from .manifest import Line, Row
from .models import Seal, Trail
from .months import month_of

TOLERANCE = timedelta(minutes=5)  # a clock that was set, a statement that waited for a lock
AT_ONCE = 10_000  # identifiers asked for in one statement

ROWS_NOW = "SELECT id, READABLE, xid, digest FROM audit_rows_now(%s::smallint, %s::uuid[])".replace(
    "READABLE", sealing.READABLE
)
STRANGERS = "SELECT trail, id, READABLE FROM audit_strangers(%s::bigint[], %s)".replace("READABLE", sealing.READABLE)


@dataclass
class _Cluster:
    """How far the seals that hold have come in one cluster, and what is known of the times of its transactions."""

    upto: int = 0
    sure: bool = True  # no seal is missing or does not hold since then
    blind: bool = False  # a seal since then has no line to be trusted
    known: bool = False  # by a seal that holds, or whose key is not known
    doubtful_upto: int = 0
    floor: datetime | None = None
    past: deque[tuple[int, datetime]] = field(default_factory=deque)

    def written(self, row: Row, before: datetime) -> dict[str, datetime]:
        """What the row's time contradicts, of when its transaction began and `before` when it was over; or nothing."""
        after = self.floor
        for next_xid, taken_at in self.past:
            if next_xid > row.xid:
                break
            after = max(after, taken_at) if after else taken_at
        if after and row.at < after - TOLERANCE:
            return {"written_after": after}
        return {"written_before": before} if row.at > before + TOLERANCE else {}

    def came_to(self, seal: Seal) -> None:
        while self.past and self.past[0][0] <= seal.from_xid:
            taken_at = self.past.popleft()[1]
            self.floor = max(self.floor, taken_at) if self.floor else taken_at
        self.past.append((seal.next_xid, seal.taken_at))
        self.upto = self.doubtful_upto = seal.upto_xid
        self.sure = self.known = True
        self.blind = False


class Check(Found):
    """The state of one check. Its steps, in order: `seals`, `outside`, `certificates`, `unsealed`, `result`."""

    def __init__(self) -> None:
        super().__init__()
        self._keys = manifest.keys()
        self._seals = self._rows = self._last = 0
        self._root = ""
        self._clusters: dict[int, _Cluster] = {}
        self._before = (0, manifest.NO_SEAL)  # number and chain of the last seal that was not changed
        self._counted = 0  # the last number that is sure
        self._not_held: set[int] = set()
        self._missing = False  # a seal, since the last one that holds
        self._standing = 0
        self._certificates: Certificates
        self._unknown: list[Finding] = []
        self._dropped: list[Dropped] = []
        self._waiting = sealing.Waiting(0, None)
        self._sent: dict[str, int] = {}

    # --- seals and their rows ----------------------------------------------------------------------------------
    def seals(self) -> None:
        """Every seal there is now, and the rows of each."""
        with system_context(SystemContext.SEALING):
            self._certificates = Certificates(self._keys)
            last = Seal.objects.order_by("-number").only("number", "root").first()
        if last is None:
            return
        self._last, self._root = last.number, bytes(last.root).hex()
        after, before = 0, -1
        while before < after < self._last:
            before = after
            with system_context(SystemContext.SEALING):
                for seal in self._next(after):
                    self._seal(seal)
                    after = seal.number
        with system_context(SystemContext.SEALING):
            for number, cluster in self._clusters.items():
                self._between(number, cluster, cluster.doubtful_upto)

    def _next(self, after: int) -> Iterator[Seal]:
        """Some seals, of not many rows together; the last one there is where no other follows."""
        rest = Seal.objects.filter(number__gt=after, number__lte=self._last).order_by("number")
        upto, rows = after, 0
        for number, more in rest.values_list("number", "rows")[:500]:
            if rows and rows + more > sealing.LARGEST:
                break
            upto, rows = number, rows + more
        taken_at = Least(Greatest("taken_at", sealing.FIRST_MOMENT), sealing.LAST_MOMENT)
        for seal in rest.filter(number__lte=upto).defer("taken_at").annotate(when=taken_at).iterator(chunk_size=1):
            seal.taken_at = seal.when
            yield seal

    def _seal(self, seal: Seal) -> None:
        lines = _lines(seal)
        key = self._keys.get(seal.key_id)
        cluster = self._clusters.setdefault(
            seal.cluster, _Cluster(sure=not self._not_held and not self.seals_gone, blind=bool(self._not_held))
        )
        if key is not None and compare_digest(bytes(seal.chain), manifest.chain(key, seal.signed())):
            self._held(seal, key, lines, cluster)
        else:
            self._one_by_one(seal, lines, cluster)
        self._seals += 1
        self._rows += len(lines)

    def _held(self, seal: Seal, key: bytes, lines: list[Line], cluster: _Cluster) -> None:
        """A seal that says the truth."""
        gone = [each for each in range(self._counted + 1, seal.number) if each not in self._not_held]
        if gone:
            self.seals_gone.update(dict.fromkeys(gone, 0))
            self._missing = True
            self._unsure()
        why = [] if _follows(lines, seal) else ["list"]
        if self._before[0] == seal.number - 1 and self._before[1] != bytes(seal.previous):
            why.append("link")
        if cluster.sure and seal.from_xid != cluster.upto:
            why.append("range")
        self._between(seal.cluster, cluster, seal.from_xid)
        if why:
            self.seal_changed(seal.number, why)
        for row in self._compare(seal, key, lines):
            if said := cluster.written(row, seal.taken_at):
                self.row_dated_falsely(row, seal.number, **said)
        cluster.came_to(seal)
        self._counted, self._before = seal.number, (seal.number, bytes(seal.chain))
        self._missing = False

    def _unsure(self, *, blind: bool = False) -> None:
        for cluster in self._clusters.values():
            cluster.sure = False
            cluster.blind |= blind

    def _one_by_one(self, seal: Seal, lines: list[Line], cluster: _Cluster) -> None:
        """A seal that was changed, or whose key is not known: its rows, as far as its lines can be trusted."""
        standing = self._standing_rows(lines)
        key = self._key_that_fits(seal.number, lines, standing)
        wrong = 0
        for line in lines:
            month = self.count_line(seal.number, line)
            rows = standing.get((line.trail, line.id))
            if not rows:
                self.row_gone(seal.number, line, month)
                wrong += 1
            elif key is not None and not _fitting(key, seal.number, line, rows):
                self.row_changed(seal.number, line, month, doubtful=True)
                wrong += 1
            month.doubts += 1
            self.vouch(line)
        self._not_held.add(seal.number)
        self._unsure(blind=key is None)
        cluster.doubtful_upto = max(cluster.doubtful_upto, seal.upto_xid)
        if key is None and seal.key_id not in self._keys:
            cluster.known = True
            self._before = (seal.number, bytes(seal.chain))
            self._key_unknown(seal)
            return
        why = ["chain"] if _follows(lines, seal) else ["chain", "list"]
        if key is None:
            self.seal_changed(seal.number, [*why, "untrusted"])
        elif gaps := _gaps(lines):
            self.seal_changed(seal.number, why, gaps=gaps)
        else:
            self.seal_changed(seal.number, why if wrong else [*why, "kept"])

    def _key_that_fits(self, number: int, lines: list[Line], standing: dict[Named, list[Row]]) -> bytes | None:
        """The key with which a line of this seal was made; None where no line fits its row."""
        for key in self._keys.values():
            if any(_fitting(key, number, line, standing.get((line.trail, line.id), [])) for line in lines):
                return key
        return None

    def _key_unknown(self, seal: Seal) -> None:
        last = self._unknown[-1] if self._unknown else None
        if last and (last.detail["key"], last.detail["last"]) == (seal.key_id, seal.number - 1):
            first = last.seal
            self._unknown.pop()
        else:
            first = seal.number
        detail = {"key": seal.key_id, "first": first, "last": seal.number}
        self._unknown.append(Finding(FindingKind.UNKNOWN_KEY, seal=first, detail=detail))

    def _compare(self, seal: Seal, key: bytes, lines: list[Line]) -> Iterator[Row]:
        """The rows that fit their lines; what does not fit is found."""
        here: defaultdict[Named, list[Row]] = defaultdict(list)
        for row in sealing.digests(
            cluster=seal.cluster, from_xid=seal.from_xid, upto_xid=seal.upto_xid, most=len(lines) + MANY
        ):
            here[row.trail, row.id].append(row)
        absent = []
        for line in lines:
            month = self.count_line(seal.number, line)
            rows = here.get((line.trail, line.id))
            if not rows:
                absent.append((line, month))
            elif row := _fitting(key, seal.number, line, rows):
                rows.remove(row)
                yield row
            else:
                row = next((row for row in rows if row.at == line.at), rows[0])
                rows.remove(row)
                self.row_differs(seal.number, line, month, row)
        extra = [row for rows in here.values() for row in rows]
        absent = self._not_elsewhere(seal.number, key, absent)
        times = Counter((line.trail, line.at) for line, _month in absent)
        for line, month in absent:
            same = [row for row in extra if (row.trail, row.at) == (line.trail, line.at)]
            if len(same) == 1 and times[line.trail, line.at] == 1:
                extra.remove(same[0])
                self.row_changed(seal.number, line, month, now_row=str(same[0].id))
            else:
                self.row_gone(seal.number, line, month)
        for row in extra:
            self.row_inserted(row, seal.number)

    def _not_elsewhere(self, number: int, key: bytes, absent: list[tuple[Line, Month]]) -> list[tuple[Line, Month]]:
        """Those that stand nowhere; others were moved. A row of a month that was certified away is not looked for."""
        wanted = [line for line, _month in absent if (line.trail, month_of(line.at)) not in self._certificates.months]
        standing = self._standing_rows(wanted)
        nowhere = []
        for line, month in absent:
            rows = standing.get((line.trail, line.id))
            if not rows:
                nowhere.append((line, month))
            elif not _fitting(key, number, line, rows):
                self.row_changed(number, line, month, moved=True)
        return nowhere

    def _standing_rows(self, lines: list[Line]) -> dict[Named, list[Row]]:
        """The rows with the identifiers of these lines, wherever they stand now."""
        found: defaultdict[Named, list[Row]] = defaultdict(list)
        for trail in Trail.values:
            ids = iter([line.id for line in lines if line.trail == trail])
            while some := list(islice(ids, AT_ONCE)):
                with connection.cursor() as cursor:
                    cursor.execute(ROWS_NOW, [trail, some])
                    for row in cursor.fetchall():
                        found[trail, row[0]].append(Row(trail, *row))
        return found

    def _between(self, number: int, cluster: _Cluster, upto_xid: int) -> None:
        """Rows in a range that no seal which holds speaks of, and that no line of a changed seal names."""
        if cluster.upto >= upto_xid or cluster.blind or len(self.vouched) >= MANY:
            return
        for row in sealing.digests(cluster=number, from_xid=cluster.upto, upto_xid=upto_xid, most=2 * MANY):
            if (row.trail, row.id) in self.vouched:
                continue
            if self._missing:
                self._standing += 1
            else:
                self.row_inserted(row, unlisted=True)

    # --- the other steps ---------------------------------------------------------------------------------------
    def outside(self) -> None:
        """What has left the database."""
        self._sent = check_outside.compare(self, self._last)

    def certificates(self) -> None:
        """Rows that are gone."""
        self._dropped = self._certificates.compare(self)

    def unsealed(self) -> None:
        """Rows that wait for their seal, and rows in clusters nobody knows."""
        with system_context(SystemContext.SEALING), connection.cursor() as cursor:
            cursor.execute("SELECT audit_cluster()")
            known = [number for number, cluster in self._clusters.items() if cluster.known]
            cursor.execute(STRANGERS, [[*known, cursor.fetchone()[0]], MANY])
            for trail, identifier, at in cursor.fetchall():
                if (trail, identifier) not in self.vouched:
                    self.row_inserted(Row(trail, identifier, at, 0, b""), stranger=True)
        late: list[datetime] = []
        with system_context(SystemContext.SEALING):
            snapshot = sealing.snapshot()
            cluster = self._clusters.get(snapshot.cluster, _Cluster())
            for row in sealing.digests(
                cluster=snapshot.cluster,
                from_xid=sealing.sealed_upto(snapshot.cluster),
                upto_xid=snapshot.oldest_open,
                most=MANY,
            ):
                if said := cluster.written(row, snapshot.at):
                    self.row_dated_falsely(row, None, **said)
                elif row.at < snapshot.at - sealing.LATE_AFTER:
                    late.append(row.at)
        if late:
            self.add(Finding(FindingKind.LATE, detail={"rows": len(late), "oldest": min(late).isoformat()}))
        self._waiting = sealing.waiting()

    def result(self) -> Result:
        """What was found, the oldest seals first."""
        for finding in self._unknown:
            self.add(finding)
        standing = self._standing
        for first, last in runs(sorted(self.seals_gone)):
            rows = sum(self.seals_gone[each] for each in range(first, last + 1))
            detail = {"first": first, "last": last, "rows": rows}
            if standing:
                detail["standing"], standing = standing, 0
            self.add(Finding(FindingKind.SEALS_REMOVED, seal=first, detail=detail))
        self.add_inserted()
        return Result(
            seals=self._seals,
            rows=self._rows,
            upto_number=self._last,
            root=self._root,
            waiting=self._waiting.rows,
            oldest=self._waiting.oldest,
            found=self.count,
            findings=self.in_order(),
            dropped=tuple(self._dropped),
            sent=self._sent,
        )


def _lines(seal: Seal) -> list[Line]:
    """The lines of the seal; none where its list cannot be read."""
    try:
        lines = list(manifest.read(bytes(seal.manifest)))
    except (ValueError, OverflowError):
        return []
    return lines if all(line.trail in Trail.values for line in lines) else []


def _fitting(key: bytes, number: int, line: Line, rows: list[Row]) -> Row | None:
    """The row for which the line was made, at its place in the seal `number`."""
    for row in rows:
        if compare_digest(manifest.leaf(key, number=number, place=line.place, row=row), line.leaf):
            return row
    return None


def _follows(lines: list[Line], seal: Seal) -> bool:
    """Whether the lines are as many as the seal says, numbered without a gap, and have its root."""
    if not lines or len(lines) != seal.rows or any(line.place != place for place, line in enumerate(lines)):
        return False
    return merkle.root([line.leaf for line in lines]) == bytes(seal.root)


def _gaps(lines: list[Line]) -> list[list[int]]:
    """The first and last place of each run of places, counted from 1, at which no line stands."""
    places = sorted({-1, *(line.place for line in lines)})
    return [[one + 2, other] for one, other in pairwise(places) if other > one + 1][:LISTED]
