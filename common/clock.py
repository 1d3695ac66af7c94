"""The one clock. Everything that asks for the time asks here, so that the seeder and the tests can move it.

The clock is moved per context (thread or task): a server or a worker running elsewhere keeps the real time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")

_moved_to: ContextVar[datetime | None] = ContextVar("clock_moved_to", default=None)


def now() -> datetime:
    """The present moment: aware, UTC, with microseconds."""
    return _moved_to.get() or datetime.now(UTC)


@contextmanager
def travel(at: datetime) -> Iterator[datetime]:
    """Inside the block `now()` stands still at `at` (aware, any zone). Blocks nest.

    Raises ValueError for a naive datetime.
    """
    token = _moved_to.set(_aware(at).astimezone(UTC))
    try:
        yield now()
    finally:
        _moved_to.reset(token)


def local(moment: datetime) -> datetime:
    """The same moment on a Belgian wall clock. Raises ValueError for a naive datetime."""
    return _aware(moment).astimezone(BRUSSELS)


def age(born: date | None) -> int | None:
    """Whole years today, on a Belgian calendar; None where the birth date is not known."""
    if born is None:
        return None
    today = local(now()).date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def end_of(day: date) -> datetime:
    """When what holds through that day ends: the midnight after it, in Belgium."""
    return datetime.combine(day + timedelta(days=1), time(), BRUSSELS)


def last_day(end: datetime) -> date:
    """The last day on which what ends then still holds, in Belgium: an end at midnight is the day before's."""
    return local(end - timedelta(seconds=1)).date()


def _aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("A datetime without a time zone names no moment.")
    return moment
