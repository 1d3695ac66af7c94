"""What a check has found so far: counted in full, listed up to a bound, summed up by month. No ORM.

A row that stands where no seal put it is found at once, but may have its line in a seal that is read later: it is held
back until all were read.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from .findings import Finding, FindingKind
from .manifest import Line, Row
from .months import Entries, month_of

LISTED = 300  # findings told one by one
MANY = 100_000  # rows nobody sealed that are told apart

Named = tuple[int, UUID]  # trail and identifier


@dataclass
class Month:
    """What the seals say of one month of a trail, and how many of its rows are gone."""

    entries: Entries = field(default_factory=Entries)
    gone: int = 0
    doubts: int = 0
    first: int = 0
    last: int = 0
    removed: list[Finding] = field(default_factory=list)


class Found:
    """The findings of one check, and what else is known of seals, rows and months."""

    def __init__(self) -> None:
        self.months: defaultdict[tuple[int, date], Month] = defaultdict(Month)
        self.count = 0
        self.changed_seals: set[int] = set()
        self.seals_gone: dict[int, int] = {}  # by number, their rows as far as known
        self.vouched: set[Named] = set()  # rows that have a line in a seal that does not hold
        self._listed: list[Finding] = []
        self._moved: set[Named] = set()
        self._inserted: dict[tuple[int, UUID, datetime], Finding] = {}

    def add(self, finding: Finding) -> None:
        self.count += 1
        if len(self._listed) < LISTED:
            self._listed.append(finding)

    def seal_changed(self, number: int, why: list[str], **detail: object) -> None:
        self.changed_seals.add(number)
        self.add(Finding(FindingKind.SEAL_CHANGED, seal=number, detail={"why": why, **detail}))

    def count_line(self, number: int, line: Line) -> Month:
        """The month of this line, with it."""
        month = self.months[line.trail, month_of(line.at)]
        month.entries.add(number, line)
        month.first, month.last = month.first or number, number
        return month

    def row_changed(self, number: int, line: Line, month: Month, **detail: object) -> None:
        month.doubts += 1
        if "moved" in detail:
            self._moved.add((line.trail, line.id))
        self.add(Finding(FindingKind.CHANGED, line.trail, line.id, line.at, number, detail))

    def row_differs(self, number: int, line: Line, month: Month, row: Row) -> None:
        """A row that no longer fits its line in a seal that holds."""
        if row.at == line.at:
            self.row_changed(number, line, month)
            return
        month.doubts += 1
        detail = {"was": line.at.isoformat(), "now": row.at.isoformat()}
        self.add(Finding(FindingKind.REORDERED, line.trail, line.id, line.at, number, detail))

    def row_gone(self, number: int, line: Line, month: Month) -> None:
        """Retention may have removed it: what it is will be said by the month."""
        month.gone += 1
        if len(month.removed) < LISTED:
            month.removed.append(Finding(FindingKind.REMOVED, line.trail, line.id, line.at, number))

    def row_inserted(self, row: Row, seal: int | None = None, **detail: object) -> None:
        self.months[row.trail, month_of(row.at)].doubts += 1
        if len(self._inserted) < MANY:
            finding = Finding(FindingKind.INSERTED, row.trail, row.id, row.at, seal, detail)
            self._inserted.setdefault((row.trail, row.id, row.at), finding)
        else:
            self.count += 1

    def row_dated_falsely(self, row: Row, seal: int | None, **detail: datetime) -> None:
        self.months[row.trail, month_of(row.at)].doubts += 1
        said = {name: moment.isoformat() for name, moment in detail.items()}
        self.add(Finding(FindingKind.FALSE_DATE, row.trail, row.id, row.at, seal, said))

    def vouch(self, line: Line) -> None:
        if len(self.vouched) < MANY:
            self.vouched.add((line.trail, line.id))

    def add_inserted(self) -> None:
        """Rows that have no line in any seal."""
        for (trail, identifier, _at), finding in self._inserted.items():
            named = (trail, identifier)
            if named not in self._moved and (finding.seal is not None or named not in self.vouched):
                self.add(finding)

    def in_order(self) -> tuple[Finding, ...]:
        """Those that are listed, the oldest seals first."""
        return tuple(sorted(self._listed, key=lambda one: (one.seal or 2**63, one.trail or 0, str(one.at))))


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
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
