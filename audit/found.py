"""What a check has found so far: counted in full, listed up to a bound, summed up by month. No ORM.

A row that stands where no seal put it is found at once, but may have its line in a seal that is read later: it is held
back until all were read.
"""

from collections import defaultdict
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
    """The findings of one check, and what else is known of rows."""

    def __init__(self) -> None:
        self.months: defaultdict[tuple[int, date], Month] = defaultdict(Month)
        self._found = 0
        self._listed: list[Finding] = []
        self._doubtful: set[int] = set()  # numbers of seals that were changed
        self._vouched: set[Named] = set()  # rows that stand in the line of one of them
        self._moved: set[Named] = set()
        self._inserted: dict[tuple[int, UUID, datetime], Finding] = {}

    def _month(self, number: int, line: Line) -> Month:
        month = self.months[line.trail, month_of(line.at)]
        month.entries.add(number, line)
        month.first, month.last = month.first or number, number
        return month

    def _add(self, finding: Finding) -> None:
        self._found += 1
        if len(self._listed) < LISTED:
            self._listed.append(finding)

    def _changed_seal(self, number: int, why: list[str], sealed_as: int | None = None) -> None:
        self._doubtful.add(number)
        detail: dict[str, object] = {"why": why}
        if sealed_as is not None:
            detail["sealed_as"] = sealed_as
        self._add(Finding(FindingKind.SEAL_CHANGED, seal=number, detail=detail))

    def _differs(self, number: int, line: Line, row: Row) -> None:
        if row.at != line.at:
            detail = {"was": line.at.isoformat(), "now": row.at.isoformat()}
            self._add(Finding(FindingKind.REORDERED, line.trail, line.id, line.at, number, detail))
        else:
            self._add(Finding(FindingKind.CHANGED, line.trail, line.id, line.at, number))

    def _remove(self, number: int, line: Line, month: Month) -> None:
        month.gone += 1
        if len(month.removed) < LISTED:
            month.removed.append(Finding(FindingKind.REMOVED, line.trail, line.id, line.at, number))

    def _gone_rows(self) -> int:
        return sum(month.gone for month in self.months.values())

    def _insert(self, row: Row, seal: int | None = None, **detail: object) -> None:
        self.months[row.trail, month_of(row.at)].doubts += 1
        if len(self._inserted) < MANY:
            finding = Finding(FindingKind.INSERTED, row.trail, row.id, row.at, seal, detail)
            self._inserted.setdefault((row.trail, row.id, row.at), finding)
        else:
            self._found += 1

    def _vouch(self, named: Named) -> None:
        if len(self._vouched) < MANY:
            self._vouched.add(named)

    def _add_inserted(self) -> None:
        """Rows that have no line in any seal."""
        for (trail, identifier, _at), finding in self._inserted.items():
            named = (trail, identifier)
            if named not in self._moved and (finding.seal is not None or named not in self._vouched):
                self._add(finding)

    def _in_order(self) -> tuple[Finding, ...]:
        """Those that are listed, the oldest seals first."""
        return tuple(sorted(self._listed, key=lambda one: (one.seal or 2**63, one.trail or 0, str(one.at))))
