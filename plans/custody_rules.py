"""When “still detained?” is asked, and when she is to be told. Pure: no table, no clock, no language."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EVENING = time(18)
"""On a judicial date, the answer is owed by then."""

SOON = timedelta(days=1)
"""Nobody knows whether he is still detained: asked again after that long."""


def ask_by(
    at: datetime, *, next_on: date | None, days: int, known: bool = True, timezone: str = "Europe/Brussels"
) -> datetime:
    """By when the question is to be answered (UTC), asked at `at`: by the evening of the next judicial date, and at the
    latest `days` days later. Sooner where the last answer was that nobody knows.

    >>> at = datetime(2026, 3, 16, 8, 0, tzinfo=UTC)
    >>> ask_by(at, next_on=date(2026, 3, 20), days=14).isoformat()
    '2026-03-20T17:00:00+00:00'
    >>> ask_by(at, next_on=None, days=14).isoformat()
    '2026-03-30T08:00:00+00:00'
    >>> ask_by(at, next_on=date(2026, 9, 1), days=14, known=False).isoformat()
    '2026-03-17T08:00:00+00:00'
    >>> late = datetime(2026, 3, 16, 19, 0, tzinfo=UTC)    # the evening of that date is past: asked the next day
    >>> ask_by(late, next_on=date(2026, 3, 16), days=14).isoformat()
    '2026-03-17T19:00:00+00:00'
    """
    latest = at + (timedelta(days=days) if known else SOON)
    if next_on is None:
        return latest
    evening = datetime.combine(next_on, EVENING, ZoneInfo(timezone)).astimezone(UTC)
    return min(latest, evening if evening > at else at + SOON)


def tell_by(at: datetime, *, released_at: datetime, planned: bool, ahead: timedelta) -> datetime:
    """By when she is to be told: at once where he is out, `ahead` of a planned release.

    >>> at, week = datetime(2026, 3, 16, 8, 0, tzinfo=UTC), timedelta(days=7)
    >>> tell_by(at, released_at=at + week, planned=True, ahead=timedelta(days=3)).isoformat()
    '2026-03-20T08:00:00+00:00'
    >>> tell_by(at, released_at=at + timedelta(days=1), planned=True, ahead=timedelta(days=3)) == at
    True
    """
    return max(at, released_at - ahead) if planned else at
