"""Opening hours: read from what is typed, and whether they hold at a moment. No ORM.

A schedule is a list of {"days": [1..7], "opens": "09:00", "closes": "17:00"}, Monday first, on a Belgian clock. What
closes at or before its opening closes the day after ("22:00"–"06:00", "00:00"–"00:00" a whole day). On legal holidays
all is closed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from common.clock import BRUSSELS, local
from common.holidays import is_legal_holiday

DAYS = range(1, 8)
MOST_A_DAY = 3
LOOKS_AHEAD = 14
"""Days within which the next opening is looked for."""
HOURS = re.compile(r"(\d{1,2})(?:[:h.](\d{2})?)?\s*(?:-|–|—|à|to|tot)\s*(\d{1,2})(?:[:h.](\d{2})?)?", re.IGNORECASE)
BETWEEN = re.compile(r"\s*(?:[,;+]|\bet\b|\band\b|\ben\b)\s*", re.IGNORECASE)

Interval = tuple[datetime, datetime]


class WrongHours(ValueError):
    """These words are no opening hours."""


@dataclass(frozen=True)
class Opening:
    """`is_open` None: the hours are not said. `until` while it is open, unless always; `opens` the next time, within
    LOOKS_AHEAD days. Aware, Belgian.
    """

    is_open: bool | None
    until: datetime | None = None
    opens: datetime | None = None


def opening(schedule: Sequence[Mapping[str, Any]], *, always: bool, at: datetime) -> Opening:
    """Whether it is open at that moment (aware, any zone), until when, and else when it opens."""
    if always:
        return Opening(is_open=True)
    if not schedule:
        return Opening(is_open=None)
    at = local(at)
    today = at.date()
    coming = sorted(
        interval for ahead in range(-1, LOOKS_AHEAD + 1) for interval in _on(schedule, today + timedelta(days=ahead))
    )
    until = at
    for opens, closes in coming:
        if opens <= until < closes:  # what goes on without a break is one opening
            until = closes
    if until > at:
        return Opening(is_open=True, until=until)
    return Opening(is_open=False, opens=next((opens for opens, _closes in coming if opens > at), None))


def _on(schedule: Sequence[Mapping[str, Any]], day: date) -> Iterator[Interval]:
    """The openings that begin on a day."""
    if is_legal_holiday(day):
        return
    for entry in schedule:
        if day.isoweekday() in entry["days"]:
            opens, closes = time.fromisoformat(entry["opens"]), time.fromisoformat(entry["closes"])
            last = day if closes > opens else day + timedelta(days=1)
            yield datetime.combine(day, opens, BRUSSELS), datetime.combine(last, closes, BRUSSELS)


def read_day(typed: str) -> list[tuple[str, str]]:
    """The hours of one day out of "9-12, 13:30-17": [("09:00", "12:00"), ("13:30", "17:00")]; [] for nothing.

    Raises WrongHours for anything else, hours that overlap, and more than MOST_A_DAY of them.
    """
    words = " ".join(typed.replace("\x00", "?").split())
    if not words:
        return []
    found = []
    for part in BETWEEN.split(words)[: MOST_A_DAY + 1]:
        match = HOURS.fullmatch(part)
        if match is None:
            raise WrongHours
        found.append((_clock(match[1], match[2]), _clock(match[3], match[4])))
    if len(found) > MOST_A_DAY or found != sorted(found):
        raise WrongHours
    for (opens, closes), (following, _end) in zip(found, found[1:], strict=False):
        if closes <= opens or following < closes:
            raise WrongHours
    return found


def _clock(hours: str, minutes: str | None) -> str:
    hour, minute = int(hours), int(minutes or 0)
    if (hour, minute) == (24, 0):
        hour = 0
    if hour > 23 or minute > 59:
        raise WrongHours
    return f"{hour:02}:{minute:02}"


def schedule_of(days: Mapping[int, Iterable[tuple[str, str]]]) -> list[dict[str, Any]]:
    """A schedule from the hours of each day: days with the same hours share their entries."""
    entries: dict[tuple[str, str], list[int]] = {}
    for day in DAYS:
        for hours in days.get(day, ()):
            entries.setdefault(hours, []).append(day)
    return [{"days": on, "opens": opens, "closes": closes} for (opens, closes), on in sorted(entries.items())]


def hours_by_day(schedule: Iterable[Mapping[str, Any]]) -> dict[int, list[tuple[str, str]]]:
    """{1..7: its hours in their order}; a day without any is left out. The reverse of `schedule_of`."""
    found: dict[int, list[tuple[str, str]]] = {}
    for entry in schedule:
        for day in entry["days"]:
            found.setdefault(day, []).append((entry["opens"], entry["closes"]))
    return {day: sorted(found[day]) for day in sorted(found)}


def spans(schedule: Iterable[Mapping[str, Any]]) -> list[tuple[int, int, list[tuple[str, str]]]]:
    """(first day, last day, hours) of days in a row that have the same hours, as they are read aloud."""
    rows: list[tuple[int, int, list[tuple[str, str]]]] = []
    for day, hours in hours_by_day(schedule).items():
        if rows and rows[-1][1] == day - 1 and rows[-1][2] == hours:
            rows[-1] = (rows[-1][0], day, hours)
        else:
            rows.append((day, day, hours))
    return rows


def fits(schedule: object) -> bool:
    """Whether this has the shape of a schedule: for what comes from a file or from elsewhere."""
    if not isinstance(schedule, list):
        return False
    for entry in schedule:
        if not isinstance(entry, dict) or set(entry) != {"days", "opens", "closes"}:
            return False
        days = entry["days"]
        if not isinstance(days, list) or not days or not all(type(day) is int and day in DAYS for day in days):
            return False
        clocks = (entry["opens"], entry["closes"])
        if not all(isinstance(each, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", each) for each in clocks):
            return False
    return True
