"""When events repeat themselves: rules by area, dated events, which rule is met. Pure: no database, no clock.

Adding an event never makes a rule unmet. A consultation is no event: it is what some rules count from.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True)
class Rule:
    """So many `events` within so many `months`, back from today, or after the last consultation.

    `area` holds postal codes or their beginnings, empty for everywhere.
    """

    code: str
    version: int
    area: tuple[str, ...]
    events: int
    months: int
    since: Literal["today", "consultation"]


@dataclass(frozen=True)
class Met:
    """A rule that is met, and by how many events."""

    rule: Rule
    count: int


def met(
    rules: Iterable[Rule],
    *,
    events: Sequence[date],
    consultations: Sequence[date] = (),
    area: Iterable[str] = (),
    today: date,
) -> list[Met]:
    """The rules in force in this area (postal codes) that the events meet, as of `today`; days to come do not count."""
    found = []
    for rule in in_force(rules, area):
        count = _count(rule, events, consultations, today)
        if count >= rule.events:
            found.append(Met(rule, count))
    return found


def in_force(rules: Iterable[Rule], area: Iterable[str] = ()) -> list[Rule]:
    """The rules that hold in an area: of each code the latest version, and of those that count from the same day the
    ones whose area is the most precise; several where they are as precise.
    """
    latest: dict[str, Rule] = {}
    for rule in rules:
        if rule.code not in latest or rule.version > latest[rule.code].version:
            latest[rule.code] = rule
    codes = tuple(area)
    precise: dict[str, tuple[int, list[Rule]]] = {}
    for rule in latest.values():
        precision = _precision(rule, codes)
        if precision is None:
            continue
        best, holding = precise.get(rule.since, (-1, []))
        if precision > best:
            precise[rule.since] = (precision, [rule])
        elif precision == best:
            holding.append(rule)
    return [rule for _, holding in precise.values() for rule in holding]


def _precision(rule: Rule, codes: Sequence[str]) -> int | None:
    """How long the beginning is that the rule has in common with the area; None where it does not hold there."""
    if not rule.area:
        return 0
    return max((len(part) for part in rule.area for code in codes if code.startswith(part)), default=None)


def _count(rule: Rule, events: Sequence[date], consultations: Sequence[date], today: date) -> int:
    past = [day for day in events if day <= today]
    if rule.since == "today":
        first = months_later(today, -rule.months)
        return sum(day >= first for day in past)
    asked = [day for day in consultations if day <= today]
    if not asked:
        return 0
    last = max(asked)
    end = months_later(last, rule.months)
    return sum(last < day <= end for day in past)


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or before; the last of the month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year < 1:
        return date.min
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
