"""One check of both trails against their seals; `audit.verifying` says when and keeps the result.

A seal whose chain holds under a known key says the truth of its rows: what stands in its range of transactions is
compared with its lines, and a row may say no earlier time than a seal taken before its transaction began. A seal whose
chain does not hold is named, and its rows are still checked one by one: nobody without the key can write a leaf, so a
leaf that fits a row, whatever place or number it was sealed with, says that the row is as it was.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hmac import compare_digest
from itertools import islice
from uuid import UUID

from django.db import connection
from django.db.models import Max, QuerySet
from django.db.models.functions import Greatest, Least

from common.acting import SystemContext, system_context
from common.clock import now

from . import anchors, manifest, merkle, sealing
from .findings import Dropped, Finding, FindingKind, Result
from .found import MANY, Found, Month, Named
from .manifest import Line, Row
from .models import Anchor, Certificate, Channel, Seal, Trail
from .months import month_of

TOLERANCE = timedelta(minutes=5)  # a clock that was set, a statement that waited for a lock
LATE_AFTER = timedelta(minutes=10)
UNSENT_AFTER = timedelta(hours=1)
AT_ONCE = 10_000  # identifiers asked for, lines of the file compared, in one statement
ABSURD = 1_000_000  # more than anybody has lost: the number itself is false
GUESSES = 2_000_000  # digests tried, in one check, to find what a changed seal was before
SHIFT = 200  # places a line may have been moved by

# what a column of the owner's may say, and Python's clock may not
FIRST_MOMENT, LAST_MOMENT = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
ROWS_NOW = "SELECT id, READABLE, xid, digest FROM audit_rows_now(%s::smallint, %s::uuid[])".replace(
    "READABLE", sealing.READABLE
)
STRANGERS = "SELECT trail, id, READABLE FROM audit_strangers(%s::bigint[], %s)".replace("READABLE", sealing.READABLE)


@dataclass
class _Cluster:
    """How far the seals that hold have come in one cluster, and what is known of the times of its transactions."""

    upto: int = 0
    sure: bool = True  # no seal is missing or does not hold since then
    known: bool = False  # by a seal that holds
    doubtful_upto: int = 0
    floor: datetime | None = None
    past: deque[tuple[int, datetime]] = field(default_factory=deque)

    def earliest(self, xid: int) -> datetime | None:
        """The last moment known to lie before the transaction began."""
        found = self.floor
        for next_xid, taken_at in self.past:
            if next_xid > xid:
                break
            found = max(found, taken_at) if found else taken_at
        return found

    def came_to(self, seal: Seal) -> None:
        while self.past and self.past[0][0] <= seal.from_xid:
            taken_at = self.past.popleft()[1]
            self.floor = max(self.floor, taken_at) if self.floor else taken_at
        self.past.append((seal.next_xid, seal.taken_at))
        self.upto = self.doubtful_upto = seal.upto_xid
        self.sure = self.known = True


class Check(Found):
    """The state of one check. Its steps, in order: `seals`, `outside`, `certificates`, `unsealed`, `result`."""

    def __init__(self) -> None:
        super().__init__()
        self._keys = manifest.keys()
        self._seals = self._rows = self._last = 0
        self._root = ""
        self._clusters: dict[int, _Cluster] = {}
        self._before: tuple[int, bytes, bool] | None = None  # number, chain, whether it holds
        self._counted = 0  # the last number that a seal may be held to
        self._gone: dict[int, int] = {}  # numbers of seals that are gone, their rows as far as known
        self._missing = False  # a seal, since the last one that holds
        self._standing = 0
        self._places: dict[int, int] = {}  # of doubtful seals, the rows they account for
        self._certified: set[tuple[int, date]] = set()
        self._certificates: set[UUID] = set()
        self._unknown: list[Finding] = []
        self._dropped: list[Dropped] = []
        self._waiting = sealing.Waiting(0, None)
        self._sent: dict[str, int] = {}
        self._guesses = GUESSES

    # --- seals and their rows ----------------------------------------------------------------------------------
    def seals(self) -> None:
        """Every seal there is now, and the rows of each."""
        with system_context(SystemContext.SEALING):
            last = Seal.objects.order_by("-number").only("number", "root").first()
            for one in _certificates():
                self._certificates.add(one.pk)
                if self._certificate_holds(one):
                    self._certified.add((one.trail, one.month))
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
                if cluster.doubtful_upto > cluster.upto:
                    self._between(number, cluster.upto, cluster.doubtful_upto)

    def _next(self, after: int) -> Iterator[Seal]:
        """Some seals, of not many rows together; the last one there is where no other follows."""
        rest = Seal.objects.filter(number__gt=after, number__lte=self._last).order_by("number")
        upto, rows = after, 0
        for number, more in rest.values_list("number", "rows")[:500]:
            if rows and rows + more > sealing.LARGEST:
                break
            upto, rows = number, rows + more
        taken_at = Least(Greatest("taken_at", FIRST_MOMENT), LAST_MOMENT)
        for seal in rest.filter(number__lte=upto).defer("taken_at").annotate(when=taken_at).iterator(chunk_size=1):
            seal.taken_at = seal.when
            yield seal

    def _seal(self, seal: Seal) -> None:
        try:
            lines = list(manifest.read(bytes(seal.manifest)))
        except (ValueError, OverflowError):
            lines = []
        if any(line.trail not in Trail.values for line in lines):
            lines = []
        key = self._keys.get(seal.key_id)
        cluster = self._clusters.setdefault(seal.cluster, _Cluster(sure=not self._doubtful and not self._gone))
        holds = key is not None and compare_digest(bytes(seal.chain), manifest.chain(key, seal.signed()))
        if holds:
            self._count_upto(seal.number)
            self._held(seal, key, lines, cluster)
        elif key is None and seal.from_xid == cluster.upto and not self._known_key_fits(seal.number, lines):
            self._count_upto(seal.number)
            self._without_key(seal, lines, cluster)
        else:
            self._not_held(seal, lines, cluster)
        self._before = (seal.number, bytes(seal.chain), holds)
        self._seals += 1
        self._rows += len(lines)

    def _count_upto(self, number: int) -> None:
        missing = [each for each in range(self._counted + 1, number) if each not in self._doubtful]
        if missing:
            self._gone.update(dict.fromkeys(missing, 0))
            self._missing = True
            self._unsure()
        self._counted = number

    def _unsure(self) -> None:
        for cluster in self._clusters.values():
            cluster.sure = False

    def _held(self, seal: Seal, key: bytes, lines: list[Line], cluster: _Cluster) -> None:
        """A seal that says the truth."""
        why = []
        if not _follows(lines, seal):
            why.append("list")
        why += self._unlinked(seal)
        if seal.from_xid != cluster.upto:
            if cluster.sure:
                why.append("range")
            self._between(seal.cluster, cluster.upto, seal.from_xid)
        if why:
            self._changed_seal(seal.number, why)
        rows = sealing.digests(
            cluster=seal.cluster, from_xid=seal.from_xid, upto_xid=seal.upto_xid, most=len(lines) + MANY
        )

        def fits(line: Line, row: Row) -> bool:
            return compare_digest(manifest.leaf(key, number=seal.number, place=line.place, row=row), line.leaf)

        for row in self._compare(seal.number, lines, rows, fits):
            self._date(seal, cluster, row)
        cluster.came_to(seal)
        self._missing = False

    def _unlinked(self, seal: Seal) -> list[str]:
        """Whether the seal follows another one than that which stands before it, as a reason; none if it does."""
        if seal.number == 1:
            return [] if bytes(seal.previous) == manifest.NO_SEAL else ["link"]
        if self._before is None or self._before[0] != seal.number - 1 or self._before[0] in self._doubtful:
            return []
        number, chain, held = self._before
        if bytes(seal.previous) == chain:
            return []
        if held:
            return ["link"]
        self._changed_seal(number, ["chain"])  # nothing else says what its chain was
        return []

    def _without_key(self, seal: Seal, lines: list[Line], cluster: _Cluster) -> None:
        """Which rows there are, and their times, can be told without the key; what they say cannot."""
        last = self._unknown[-1] if self._unknown else None
        if last and (last.detail["key"], last.detail["last"]) == (seal.key_id, seal.number - 1):
            detail = {**last.detail, "last": seal.number}
            self._unknown[-1] = Finding(FindingKind.UNKNOWN_KEY, seal=last.seal, detail=detail)
        else:
            detail = {"key": seal.key_id, "first": seal.number, "last": seal.number}
            self._unknown.append(Finding(FindingKind.UNKNOWN_KEY, seal=seal.number, detail=detail))
        why = [] if _follows(lines, seal) else ["list"]
        if why := why + self._unlinked(seal):
            self._changed_seal(seal.number, why)
        rows = sealing.digests(
            cluster=seal.cluster, from_xid=seal.from_xid, upto_xid=seal.upto_xid, most=len(lines) + MANY
        )
        for _row in self._compare(seal.number, lines, rows, lambda line, row: line.at == row.at):
            pass
        cluster.upto = cluster.doubtful_upto = seal.upto_xid
        cluster.known = True

    def _not_held(self, seal: Seal, lines: list[Line], cluster: _Cluster) -> None:
        """A seal that was changed: its rows one by one, by the leaves that fit."""
        self._doubtful.add(seal.number)
        self._unsure()
        cluster.doubtful_upto = max(cluster.doubtful_upto, seal.upto_xid)
        standing = self._standing_rows(lines)
        origin = self._origin(seal, lines, standing)
        key, number = origin or (self._keys.get(seal.key_id), seal.number)
        self._gone.pop(number, None)
        before = self._found + self._gone_rows()
        trusted = origin is not None or (key is not None and len(lines) == 1)
        taken = self._lines_alone(seal.number, number, key if trusted else None, lines, standing)
        why = ["chain"]
        if number != seal.number or (lines and _root_of(lines) == bytes(seal.root)):
            accounted = max(
                (place + 1 for place in taken), default=0
            )  # what the seal itself says is another's, or false
        else:
            accounted = max([seal.rows, *(place + 1 for place in taken)])
        self._places[number] = accounted
        if not trusted and lines and not any(standing.values()):
            pass  # not one row to try a line on: what is gone was told
        elif not trusted:
            every = list(range(min(seal.rows, MANY)))
            if not self._refill(seal, key, number, [], every):
                why.append("forged" if lines else "unreadable")
        elif accounted != len(lines):
            missing = [place for place in range(min(accounted, ABSURD)) if place not in taken]
            if not self._refill(seal, key, number, lines, missing):
                for place in missing:
                    self._add(Finding(FindingKind.REMOVED, seal=seal.number, detail={"place": place}))
        if len(why) == 1 and self._found + self._gone_rows() == before:
            why.append("kept")
        self._changed_seal(seal.number, why, sealed_as=number if number != seal.number else None)

    def _lines_alone(
        self, seal: int, number: int, key: bytes | None, lines: list[Line], standing: dict[Named, list[Row]]
    ) -> set[int]:
        """The places that the lines of a changed seal were made for. Without `key`, only what is gone is found."""
        taken: set[int] = set()
        shift = 0
        for line in lines:
            month = self._month(seal, line)
            month.doubts += 1
            rows = standing.get((line.trail, line.id))
            if not rows:
                self._remove(seal, line, month)
            elif key is not None:
                place = self._place(key, number, line, rows, shift)
                if place is None:
                    self._differs(seal, line, rows[0])
                else:
                    shift = place - line.place
            taken.add(line.place + shift)
            self._vouch((line.trail, line.id))
        return taken

    def _refill(self, seal: Seal, key: bytes | None, number: int, lines: list[Line], missing: list[int]) -> bool:
        """Whether rows that stand in the range without a line are those of the missing places: the root says so."""
        rows = sealing.digests(
            cluster=seal.cluster,
            from_xid=max(seal.from_xid, 0),
            upto_xid=max(seal.upto_xid, 0),
            most=len(lines) + MANY,
        )
        listed = {(line.trail, line.id) for line in lines}
        rest = [row for row in rows if (row.trail, row.id) not in listed]
        fits = key is not None and bool(missing) and len(rest) == len(missing)
        if fits:
            leaves = {line.place: line.leaf for line in lines}
            for place, row in zip(missing, rest, strict=True):
                leaves[place] = manifest.leaf(key, number=number, place=place, row=row)
            fits = merkle.root([leaves[place] for place in sorted(leaves)]) == bytes(seal.root)
        if fits or not lines:  # without any line to be trusted nobody can tell which of them was added
            for row in rest:
                self._vouch((row.trail, row.id))
        return fits

    def _known_key_fits(self, number: int, lines: list[Line]) -> bool:
        """Whether a leaf of this seal was made with a key that is known, whatever key the seal names."""
        standing = self._standing_rows(lines[:5])
        return any(
            manifest.leaf(key, number=number, place=line.place, row=row) == line.leaf
            for line in lines[:5]
            for row in standing.get((line.trail, line.id), [])
            for key in self._keys.values()
        )

    def _origin(self, seal: Seal, lines: list[Line], standing: dict[Named, list[Row]]) -> tuple[bytes, int] | None:
        """The key and the number with which the leaves of this seal were made; None where none fits."""
        some = [*lines[:3], *lines[3:][-2:]]
        pairs = [(line, row) for line in some for row in standing.get((line.trail, line.id), [])[:1]]
        own = self._keys.get(seal.key_id)
        keys = sorted(self._keys.values(), key=lambda key: key != own)
        for key in keys:
            for line, row in pairs:
                if self._place(key, seal.number, line, [row], 0) is not None:
                    return key, seal.number
        for key in keys:
            for line, row in pairs:
                for number in range(1, max(self._last, self._counted + SHIFT) + 1):
                    self._guesses -= 1
                    if self._guesses < 0:
                        return None
                    if manifest.leaf(key, number=number, place=line.place, row=row) == line.leaf:
                        return key, number
        return None

    def _place(self, key: bytes, number: int, line: Line, rows: list[Row], shift: int) -> int | None:
        """The place with which the line was made for one of these rows; None where its leaf fits none of them."""
        near = [
            line.place + shift,
            *range(line.place, line.place + SHIFT),
            *range(max(line.place - SHIFT, 0), line.place),
        ]
        for place in near if self._guesses > 0 else near[:1]:
            for row in rows:
                self._guesses -= 1
                if place < 2**32 and manifest.leaf(key, number=number, place=place, row=row) == line.leaf:
                    return place
        return None

    def _compare(
        self, number: int, lines: list[Line], rows: list[Row], fits: Callable[[Line, Row], bool]
    ) -> Iterator[Row]:
        """The rows that fit their lines; what does not fit is found."""
        here: defaultdict[Named, list[Row]] = defaultdict(list)
        for row in rows:
            here[row.trail, row.id].append(row)
        absent = []
        for line in lines:
            month = self._month(number, line)
            candidates = here.get((line.trail, line.id))
            if not candidates:
                absent.append((line, month))
                continue
            row = next((row for row in candidates if fits(line, row)), None)
            if row is None:
                row = next((row for row in candidates if row.at == line.at), candidates[0])
                self._differs(number, line, row)
                month.doubts += 1
            else:
                yield row
            candidates.remove(row)
        extra = [row for candidates in here.values() for row in candidates]
        absent = self._look_elsewhere(number, absent, fits)
        times = Counter((line.trail, line.at) for line, _month in absent)
        for line, month in absent:
            same = [row for row in extra if (row.trail, row.at) == (line.trail, line.at)]
            if len(same) == 1 and times[line.trail, line.at] == 1:
                extra.remove(same[0])
                month.doubts += 1
                detail = {"now_row": str(same[0].id)}
                self._add(Finding(FindingKind.CHANGED, line.trail, line.id, line.at, number, detail))
            else:
                self._remove(number, line, month)
        for row in extra:
            self._insert(row, seal=number)

    def _look_elsewhere(
        self, number: int, absent: list[tuple[Line, Month]], fits: Callable[[Line, Row], bool]
    ) -> list[tuple[Line, Month]]:
        """Those of them that stand nowhere. A row of a month that was certified away is not looked for."""
        nowhere = [one for one in absent if (one[0].trail, month_of(one[0].at)) in self._certified]
        wanted = [one for one in absent if (one[0].trail, month_of(one[0].at)) not in self._certified]
        standing = self._standing_rows([line for line, _month in wanted])
        for line, month in wanted:
            rows = standing.get((line.trail, line.id))
            if not rows:
                nowhere.append((line, month))
            elif not any(fits(line, row) for row in rows):
                month.doubts += 1
                self._moved.add((line.trail, line.id))
                self._add(Finding(FindingKind.CHANGED, line.trail, line.id, line.at, number, {"moved": True}))
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

    def _between(self, cluster: int, from_xid: int, upto_xid: int) -> None:
        """Rows in a range that no seal which holds speaks of, and that no line of a changed seal vouches for."""
        if from_xid >= upto_xid or len(self._vouched) >= MANY:
            return
        for row in sealing.digests(cluster=cluster, from_xid=from_xid, upto_xid=upto_xid, most=2 * MANY):
            if (row.trail, row.id) in self._vouched:
                continue
            if self._missing:
                self._standing += 1
            else:
                self._insert(row)

    def _date(self, seal: Seal, cluster: _Cluster, row: Row) -> None:
        earliest = cluster.earliest(row.xid)
        if earliest and row.at < earliest - TOLERANCE:
            detail = {"written_after": earliest.isoformat()}
        elif row.at > seal.taken_at + TOLERANCE:
            detail = {"written_before": seal.taken_at.isoformat()}
        else:
            return
        self.months[row.trail, month_of(row.at)].doubts += 1
        self._add(Finding(FindingKind.FALSE_DATE, row.trail, row.id, row.at, seal.number, detail))

    # --- what has left the database ----------------------------------------------------------------------------
    def outside(self) -> None:
        """The file of roots, and what is on record of where they went."""
        with system_context(SystemContext.SEALING):
            sent = Anchor.objects.order_by().values_list("channel").annotate(upto=Max("upto_id"))
            self._sent = {channel: upto for channel, upto in sent}
            filed = self._sent.get(Channel.FILE, 0)
            unsent = Seal.objects.filter(
                number__gt=filed, number__lte=self._last, taken_at__lt=now() - UNSENT_AFTER
            ).aggregate(last=Max("number"))["last"]
            beyond = range(self._last + 1, min(max([self._last, *self._sent.values()]), self._last + ABSURD) + 1)
            new = Seal.objects.filter(number__gt=self._last).values_list("number", flat=True)
            self._gone.update(dict.fromkeys(set(beyond) - set(new), 0))
        if unsent:
            detail = {"first": filed + 1, "last": unsent}
            self._add(Finding(FindingKind.NOT_SENT, seal=filed + 1, detail=detail))
        self._file(min(filed, self._last + ABSURD))

    def _file(self, upto: int) -> None:
        """Compare every line of the file with its seal; `upto` is the seal up to which it is on record as written."""
        seen = bytearray(upto // 8 + 1)
        replaced: set[int] = set()
        lines = anchors.each_in_file()
        try:
            while some := list(islice(lines, AT_ONCE)):
                self._compare_file(some, seen, replaced)
        except OSError:
            if upto:
                self._add(Finding(FindingKind.FILE_MISSING, seal=upto, detail={"upto": upto}))
            return
        lacking = (number for number in range(1, upto + 1) if not seen[number // 8] >> number % 8 & 1)
        for first, last in _runs(lacking):
            self._add(Finding(FindingKind.FILE_LACKS, seal=first, detail={"first": first, "last": last}))

    def _compare_file(
        self, some: list[tuple[int, dict[str, object] | None]], seen: bytearray, replaced: set[int]
    ) -> None:
        told = []
        for place, line in some:
            if line is not None and "certificate" in line:
                continue
            try:
                told.append((place, int(line["number"]), str(line["root"]), str(line["chain"]), int(line["rows"])))
            except (KeyError, TypeError, ValueError):
                self._add(Finding(FindingKind.FILE_DAMAGED, detail={"line": place}))
        with system_context(SystemContext.SEALING):
            numbers = {number for _place, number, *_rest in told if 0 < number < 2**63}
            stand = {
                number: (bytes(root).hex(), bytes(chain).hex(), rows)
                for number, root, chain, rows in Seal.objects.filter(number__in=numbers).values_list(
                    "number", "root", "chain", "rows"
                )
            }
        for place, number, root, chain, rows in told:
            if 0 < number < len(seen) * 8:
                seen[number // 8] |= 1 << number % 8
            if number not in stand:
                self._gone[number] = rows
            elif number in self._doubtful:
                for missing in range(
                    self._places.get(number, rows), min(rows, self._places.get(number, rows) + ABSURD)
                ):
                    self._add(Finding(FindingKind.REMOVED, seal=number, detail={"place": missing}))
                self._places[number] = max(rows, self._places.get(number, rows))
            elif (root, chain) != stand[number][:2] and number not in replaced:
                replaced.add(number)
                self._add(Finding(FindingKind.SEAL_REPLACED, seal=number, detail={"line": place}))

    # --- what retention removed --------------------------------------------------------------------------------
    def certificates(self) -> None:
        """Rows that are gone: by retention, with a certificate that holds and agrees, or removed."""
        with system_context(SystemContext.SEALING):
            all_of_them = list(_certificates())
            beyond = Certificate.objects.count() - len(all_of_them)
        for _each in range(beyond):
            self._add(Finding(FindingKind.CERTIFICATE, detail={"month": "?", "why": "signature", "gone": 0}))
        explained = set()
        for one in all_of_them:
            month = self.months[one.trail, one.month]
            why = self._certificate_fails(one, month)
            if why is None:
                self._dropped.append(Dropped(one.trail, one.month, one.rows, one.reason, one.dropped_at))
                explained.add((one.trail, one.month))
                continue
            if month.gone == month.entries.rows:
                explained.add((one.trail, one.month))
            detail = {"month": f"{one.month:%Y-%m}", "why": why, "rows": one.rows}
            detail |= {"sealed": month.entries.rows, "gone": month.gone}
            self._add(Finding(FindingKind.CERTIFICATE, one.trail if one.trail in Trail.values else None, detail=detail))
        for (trail, day), month in sorted(self.months.items()):
            if not month.gone or (trail, day) in explained:
                continue
            if month.gone == month.entries.rows > 1:
                detail = {"month": f"{day:%Y-%m}", "rows": month.gone, "first": month.first, "last": month.last}
                self._add(Finding(FindingKind.MONTH_REMOVED, trail=trail, seal=month.first, detail=detail))
                continue
            for finding in month.removed:
                self._add(finding)
            self._found += month.gone - len(month.removed)

    def _certificate_holds(self, one: Certificate) -> bool:
        key = self._keys.get(one.key_id)
        return key is not None and compare_digest(bytes(one.signature), manifest.chain(key, one.signed()))

    def _certificate_fails(self, one: Certificate, month: Month) -> str | None:
        if one.key_id not in self._keys:
            return "key"
        if not self._certificate_holds(one):
            return "signature"
        if (one.rows, bytes(one.entries)) != (month.entries.rows, month.entries.digest()):
            return "numbers"
        # a month removed while the check was under way had rows when they were looked for
        if month.gone != month.entries.rows and one.pk in self._certificates:
            return "numbers"
        return None

    # --- what is not sealed yet --------------------------------------------------------------------------------
    def unsealed(self) -> None:
        """Rows that wait for their seal, and rows in clusters nobody knows."""
        with system_context(SystemContext.SEALING), connection.cursor() as cursor:
            cursor.execute("SELECT audit_cluster()")
            known = [number for number, cluster in self._clusters.items() if cluster.known]
            cursor.execute(STRANGERS, [[*known, cursor.fetchone()[0]], MANY])
            for trail, identifier, at in cursor.fetchall():
                if (trail, identifier) not in self._vouched:
                    self._insert(Row(trail, identifier, at, 0, b""), stranger=True)
        with system_context(SystemContext.SEALING):
            snapshot = sealing.snapshot()
            upto = sealing.sealed_upto(snapshot.cluster)
            finished = sealing.digests(
                cluster=snapshot.cluster, from_xid=upto, upto_xid=snapshot.oldest_open, most=MANY
            )
            cluster = self._clusters.get(snapshot.cluster, _Cluster())
            late: list[datetime] = []
            for row in finished:
                earliest = cluster.earliest(row.xid)
                if (earliest and row.at < earliest - TOLERANCE) or row.at > snapshot.at + TOLERANCE:
                    when = (
                        {"written_after": earliest}
                        if earliest and row.at < earliest
                        else {"written_before": snapshot.at}
                    )
                    detail = {name: moment.isoformat() for name, moment in when.items()}
                    self._add(Finding(FindingKind.FALSE_DATE, row.trail, row.id, row.at, None, detail))
                elif row.at < snapshot.at - LATE_AFTER:
                    late.append(row.at)
        if late:
            self._add(Finding(FindingKind.LATE, detail={"rows": len(late), "oldest": min(late).isoformat()}))
        self._waiting = sealing.waiting()

    # --- all together ------------------------------------------------------------------------------------------
    def result(self) -> Result:
        """What was found, the oldest seals first."""
        for finding in self._unknown:
            self._add(finding)
        runs = list(_runs(sorted(self._gone)))
        for first, last in runs:
            detail = {"first": first, "last": last, "rows": sum(self._gone[each] for each in range(first, last + 1))}
            if self._standing and (first, last) == runs[0]:
                detail["standing"] = self._standing
            self._add(Finding(FindingKind.SEALS_REMOVED, seal=first, detail=detail))
        self._add_inserted()
        return Result(
            seals=self._seals,
            rows=self._rows,
            upto_number=self._last,
            root=self._root,
            waiting=self._waiting.rows,
            oldest=self._waiting.oldest,
            found=self._found,
            findings=self._in_order(),
            dropped=tuple(self._dropped),
            sent=self._sent,
        )


def _follows(lines: list[Line], seal: Seal) -> bool:
    """Whether the lines are as many as the seal says, numbered without a gap, and have its root."""
    if not lines or len(lines) != seal.rows or any(line.place != place for place, line in enumerate(lines)):
        return False
    return _root_of(lines) == bytes(seal.root)


def _root_of(lines: list[Line]) -> bytes:
    return merkle.root([line.leaf for line in lines])


def _certificates() -> QuerySet[Certificate]:
    """Those whose times can be read at all."""
    return Certificate.objects.filter(
        month__range=(FIRST_MOMENT.date(), LAST_MOMENT.date()), dropped_at__range=(FIRST_MOMENT, LAST_MOMENT)
    )


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The first and last of each run of numbers that follow each other; `numbers` ascend."""
    first = last = None
    for number in numbers:
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None:
            yield first, last
        first = last = number
    if first is not None:
        yield first, last
