"""When a contact is due and when its silence is told to someone else. Pure: no table, no clock, no language.

A delay in days keeps the wall clock of the place ("Saturday 22:15, call on Monday 22:15"), because people
plan in days; an escalation is a number of elapsed hours, because waiting is felt in hours. The two differ on
the two nights a year when the clock changes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

SATURDAY = 5
LONGEST_CLOSURE = 60  # consecutive days off; beyond that the holiday calendar is wrong


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How long after meeting the person, and whom silence reaches. A new version is a new policy.

    `days` ≥ 1, counted after the day of the meeting; None where the act gives the due time. `counting`: every day,
    or working days only.
    `escalate_after_hours`: elapsed hours after the due time, increasing; empty where nothing escalates.
    `remind_before_hours`: how long before the due time it is told a first time; 0 where that is at the due time.
    Raises ValueError when these do not hold, ZoneInfoNotFoundError for an unknown `timezone`.
    """

    days: int | None
    version: str
    counting: Literal["calendar", "working"] = "calendar"
    escalate_after_hours: tuple[int, ...] = (24, 48)
    remind_before_hours: int = 0
    timezone: str = "Europe/Brussels"

    def __post_init__(self) -> None:
        if self.days is not None and self.days < 1:
            raise ValueError("A follow-up is due at least one day later.")
        if self.counting not in ("calendar", "working"):
            raise ValueError("Days are counted as calendar or working days.")
        steps = (0, *self.escalate_after_hours)
        if any(later <= earlier for earlier, later in zip(steps, steps[1:], strict=False)):
            raise ValueError("Escalation hours are positive and increase.")
        if self.remind_before_hours < 0:
            raise ValueError("A reminder comes before the due time, or with it.")
        ZoneInfo(self.timezone)


def due_at(met_at: datetime, policy: Policy, *, is_holiday: Callable[[date], bool] | None = None) -> datetime:
    """The due time in UTC: the local wall time of `met_at` (aware), `policy.days` days later.

    A local time that does not exist (spring) moves forward to the first one that does; one that happens twice
    (autumn) is the first. Raises ValueError for a naive `met_at`, a policy without days, working days without
    `is_holiday`, and a calendar with no working day in sight.

    >>> j2 = Policy(days=2, version="1")
    >>> due_at(datetime(2026, 3, 14, 21, 15, tzinfo=UTC), j2).isoformat()    # Saturday 22:15 in Brussels
    '2026-03-16T21:15:00+00:00'
    >>> due_at(datetime(2026, 10, 24, 7, 0, tzinfo=UTC), j2).isoformat()     # 09:00, 49 hours later
    '2026-10-26T08:00:00+00:00'
    >>> due_at(datetime(2026, 3, 27, 1, 30, tzinfo=UTC), j2).isoformat()     # 02:30 does not exist: 03:00
    '2026-03-29T01:00:00+00:00'
    """
    if policy.days is None:
        raise ValueError("This policy counts no days: the act gives the due time.")
    zone = ZoneInfo(policy.timezone)
    local = _aware(met_at).astimezone(zone)
    if policy.counting == "calendar":
        day = local.date() + timedelta(days=policy.days)
    elif is_holiday is None:
        raise ValueError("Working days need a holiday calendar.")
    else:
        day = _working_day_after(local.date(), policy.days, is_holiday)
    return _first_existing(day, local.time(), zone).astimezone(UTC)


def escalation_times(due_at: datetime, policy: Policy) -> tuple[datetime, ...]:
    """The moments (UTC) when silence goes one step up: elapsed hours after `due_at` (aware), in order.

    >>> j2 = Policy(days=2, version="1")
    >>> [at.isoformat() for at in escalation_times(datetime(2026, 10, 24, 7, 0, tzinfo=UTC), j2)]
    ['2026-10-25T07:00:00+00:00', '2026-10-26T07:00:00+00:00']
    """
    start = _aware(due_at).astimezone(UTC)
    return tuple(start + timedelta(hours=hours) for hours in policy.escalate_after_hours)


def hastened(policy: Policy, *, given: timedelta) -> Policy:
    """The same policy where only `given` was left to answer: silence goes up after that long again, at the latest after
    the policy's hours. What must be answered within hours is not first escalated the next day.

    >>> answer = Policy(days=None, version="1")
    >>> [hastened(answer, given=timedelta(hours=hours)).escalate_after_hours for hours in (4, 48, 168)]
    [(4, 8), (24, 48), (24, 48)]
    """
    hours = max(1, round(given / timedelta(hours=1)))
    steps = (min(planned, hours * step) for step, planned in enumerate(policy.escalate_after_hours, start=1))
    return replace(policy, escalate_after_hours=tuple(steps))


def first_reminder(planned_at: datetime, due_at: datetime, policy: Policy) -> datetime:
    """When it is told a first time (UTC), planned at `planned_at`: the policy's hours before `due_at`, at the earliest
    halfway there, so that nobody is reminded of what they have only just been told. Without such hours, when it is due.

    >>> answer, sent = Policy(days=None, version="2", remind_before_hours=24), datetime(2026, 3, 16, 8, 0, tzinfo=UTC)
    >>> [first_reminder(sent, sent + timedelta(hours=hours), answer).isoformat() for hours in (4, 168)]
    ['2026-03-16T10:00:00+00:00', '2026-03-22T08:00:00+00:00']
    """
    start, due = _aware(planned_at).astimezone(UTC), _aware(due_at).astimezone(UTC)
    before = min(timedelta(hours=policy.remind_before_hours), max(due - start, timedelta(0)) / 2)
    return due - before


def reminder_after(step: int, due_at: datetime, policy: Policy) -> datetime | None:
    """When to remind again, once the reminder of `step` is out: 0 is the one at the due time, then one per
    escalation. None after the last. Raises ValueError for a negative step or a naive `due_at`.

    >>> j2, due = Policy(days=2, version="1"), datetime(2026, 3, 16, 21, 15, tzinfo=UTC)
    >>> reminder_after(0, due, j2).isoformat()
    '2026-03-17T21:15:00+00:00'
    >>> reminder_after(2, due, j2) is None
    True
    """
    if step < 0:
        raise ValueError("Escalation steps start at 0.")
    times = escalation_times(due_at, policy)
    return times[step] if step < len(times) else None


def next_reminder(step: int, due_at: datetime, sent_at: datetime, policy: Policy) -> datetime | None:
    """As `reminder_after`, for a reminder of `step` that went out at `sent_at`, perhaps long after its time.

    Somebody told late still gets time to act: an escalation never comes sooner than half its wait after the notice
    before it. A report typed three days late is thus reminded at once, escalated 12 h and again 24 h later.

    >>> j2, due = Policy(days=2, version="1"), datetime(2026, 3, 16, 21, 15, tzinfo=UTC)
    >>> next_reminder(0, due, datetime(2026, 3, 16, 21, 16, tzinfo=UTC), j2).isoformat()
    '2026-03-17T21:15:00+00:00'
    >>> next_reminder(0, due, datetime(2026, 3, 19, 9, 0, tzinfo=UTC), j2).isoformat()
    '2026-03-19T21:00:00+00:00'
    """
    planned = reminder_after(step, due_at, policy)
    if planned is None:
        return None
    before = reminder_after(step - 1, due_at, policy) if step else _aware(due_at)
    return max(planned, _aware(sent_at) + (planned - before) / 2)


def _working_day_after(day: date, count: int, is_holiday: Callable[[date], bool]) -> date:
    closed = 0
    while count:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY and not is_holiday(day):
            count, closed = count - 1, 0
        elif (closed := closed + 1) > LONGEST_CLOSURE:
            raise ValueError("The holiday calendar has no working day in sight.")
    return day


def _first_existing(day: date, at: time, zone: ZoneInfo) -> datetime:
    # fold=0 is the first of two equal wall times.
    moment = datetime.combine(day, at.replace(fold=0), zone)
    while moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment.replace(tzinfo=None):
        # Arithmetic inside one zone is on the wall clock; clocks change on whole minutes.
        moment = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return moment


def _aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("A datetime without a time zone names no moment.")
    return moment
