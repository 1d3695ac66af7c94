"""Which recipients a person may be told of, and which are held back. Pure: no database, no words.

A line is one service, never a person who works there. It is made of what was opened about the subject's own side, by
decisions and aloud; what comes from police or justice, or would tell him of a report, is held back for review.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from agencies.enums import JUDICIAL_KINDS
from cases.enums import Category, PersonRole, Side
from common.clock import last_day, local

from .grants import JUDICIAL_ORIGIN
from .models import Basis

BY_JUSTICE = frozenset({Basis.PROSECUTOR_AUTHORISATION, Basis.REPORT_TO_PROSECUTOR})
"""What opens on these goes to or comes from justice, whatever the category."""

TELLS_OF_HER = frozenset({Basis.GRAVE_DANGER, Basis.CONSULTATION})
"""Told to him, the basis alone would say that somebody feared for her, or that services met about him."""

OF_THE_SITUATION = (Category.PSYCHOSOCIAL, Category.HEALTH, Category.MIGRATION, Category.CHILDREN)
"""Written about the case as a whole, these are about the victim too."""

OF_NOBODY = frozenset({Category.SUMMARY, Category.NETWORK})

Day = tuple[date, date | None]
"""From a day to a day, both included; None where no end is known."""


class Held(StrEnum):
    """Why something is not on the paper."""

    JUDICIAL = "judicial"
    SAFETY = "safety"


@dataclass(frozen=True)
class Source:
    """One disclosure: to whom, which "category:side" pairs, on what basis, from when until when.

    `his` and `hers`: the service works with him, or works or worked with her, in this case. `aloud`: said, not opened.
    """

    agency_id: UUID
    name: str
    kind: str
    pairs: tuple[str, ...]
    basis: str
    start: datetime
    end: datetime | None = None
    his: bool = False
    hers: bool = False
    aloud: bool = False


@dataclass
class Line:
    """What one service could read, as it may be told."""

    agency_id: UUID
    name: str
    kind: str
    pairs: set[str] = field(default_factory=set)
    bases: set[tuple[str, date]] = field(default_factory=set)
    spans: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    said_on: set[date] = field(default_factory=set)
    reads: list[date] = field(default_factory=list)

    @property
    def periods(self) -> list[Day]:
        """The days it could read, what touches or overlaps made one."""
        merged: list[tuple[datetime, datetime | None]] = []
        for start, end in sorted(self.spans, key=lambda span: span[0]):
            last = merged[-1] if merged else None
            if last and (last[1] is None or start <= last[1]):
                merged[-1] = (last[0], None if last[1] is None or end is None else max(last[1], end))
            else:
                merged.append((start, end))
        return [(local(start).date(), last_day(end) if end else None) for start, end in merged]


@dataclass
class HeldBack:
    """What of one service is not told, and why."""

    name: str
    kind: str
    pairs: set[str]
    why: Held


def about(role: str) -> frozenset[str]:
    """The "category:side" pairs that are about a person of this role."""
    every = [category for category in Category if category not in OF_NOBODY]
    if role in (PersonRole.PRESUMED_PERPETRATOR, PersonRole.CONVICTED):
        return frozenset(f"{category}:{Side.PERPETRATOR}" for category in every)
    judicial = {f"{category}:{side}" for category in JUDICIAL_ORIGIN for side in (Side.VICTIM, Side.CASE)}
    if role == PersonRole.CHILD:
        own = (Category.IDENTITY, Category.CHILDREN)
        return frozenset({f"{category}:{Side.VICTIM}" for category in own} | judicial)
    situation = {f"{category}:{Side.CASE}" for category in OF_THE_SITUATION}
    hers = {f"{category}:{Side.VICTIM}" for category in every if category != Category.PERPETRATOR_WORK}
    return frozenset(hers | situation | judicial)


def why_held(source: Source, pair: str, *, his: bool) -> Held | None:
    """Why this pair of this disclosure is not told to its subject; None where it is. `his`: the subject is on his side.

    What somebody agreed to themselves is no secret to them, wherever it went; police and justice records are, in whose
    hands they may be (law of 30 July 2018, art. 14).
    """
    if his and (source.hers or source.basis in TELLS_OF_HER):
        return Held.SAFETY
    if pair.split(":")[0] in JUDICIAL_ORIGIN or source.basis in BY_JUSTICE:
        return Held.JUDICIAL
    if source.kind in JUDICIAL_KINDS and source.basis != Basis.CONSENT:
        return Held.JUDICIAL
    return None


def sort_out(sources: Iterable[Source], *, role: str) -> tuple[list[Line], list[HeldBack]]:
    """(what is told, what is held back), both by name. For his side, services on his side alone are looked at."""
    his = role in (PersonRole.PRESUMED_PERPETRATOR, PersonRole.CONVICTED)
    own = about(role)
    lines: dict[UUID, Line] = {}
    held: dict[tuple[UUID, Held], HeldBack] = {}
    for source in sources:
        if (his and not source.his) or (source.end is not None and source.end <= source.start):
            continue
        for pair in own.intersection(source.pairs):
            if why := why_held(source, pair, his=his):
                key = (source.agency_id, why)
                held.setdefault(key, HeldBack(source.name, source.kind, set(), why)).pairs.add(pair)
            else:
                line = lines.setdefault(source.agency_id, Line(source.agency_id, source.name, source.kind))
                line.pairs.add(pair)
                line.bases.add((source.basis, local(source.start).date()))
                if source.aloud:
                    line.said_on.add(local(source.start).date())
                elif (source.start, source.end) not in line.spans:
                    line.spans.append((source.start, source.end))
    return sorted(lines.values(), key=lambda each: each.name), sorted(held.values(), key=lambda each: each.name)


def add_reads(lines: Iterable[Line], read: Mapping[UUID, Iterable[tuple[str, date]]]) -> None:
    """Give each line the days its service read what it tells of, while it could. `read`: (pair, day) by agency."""
    for line in lines:
        periods = line.periods
        days = {
            day
            for pair, day in read.get(line.agency_id, ())
            if pair in line.pairs and any(first <= day and (last is None or day <= last) for first, last in periods)
        }
        line.reads = sorted(days)


def fingerprint(lines: Iterable[Line]) -> str:
    """A digest of what is told, but for the readings, which go on: the same list gives the same digest."""
    told = [
        [str(line.agency_id), sorted(line.pairs), sorted(line.bases), line.periods, sorted(line.said_on)]
        for line in lines
    ]
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()
