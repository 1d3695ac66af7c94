import doctest
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followups import schedule
from followups.schedule import Policy, due_at, escalation_times, next_reminder, reminder_after

BRUSSELS = ZoneInfo("Europe/Brussels")
J2 = Policy(days=2, version="1")
TWO_WORKING_DAYS = Policy(days=2, version="1", counting="working")

# The ten legal holidays of 2026.
HOLIDAYS = {
    date(2026, 1, 1), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 14), date(2026, 5, 25),
    date(2026, 7, 21), date(2026, 8, 15), date(2026, 11, 1), date(2026, 11, 11), date(2026, 12, 25),
}  # fmt: skip


def brussels(text, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS, fold=fold)


def due(text, policy=J2, fold=0):
    """The due time in UTC, as text, of a meeting at a Brussels wall time."""
    found = due_at(brussels(text, fold), policy, is_holiday=HOLIDAYS.__contains__)
    assert found.tzinfo is UTC
    return found.strftime("%Y-%m-%d %H:%M:%S")


def test_the_examples_of_the_docstrings():
    assert doctest.testmod(schedule).failed == 0
    assert doctest.testmod(schedule).attempted >= 8


@pytest.mark.parametrize(
    ("met", "due_in_utc"),
    [
        ("2026-01-15 09:30", "2026-01-17 08:30:00"),
        ("2026-07-15 09:30", "2026-07-17 07:30:00"),
        ("2026-04-30 23:59:59", "2026-05-02 21:59:59"),  # month end
        ("2026-12-30 18:00", "2027-01-01 17:00:00"),  # year end
        ("2028-02-27 10:00", "2028-02-29 09:00:00"),  # leap year
        ("2027-02-27 10:00", "2027-03-01 09:00:00"),
        ("2026-07-15 00:30", "2026-07-16 22:30:00"),  # the UTC day is not the Belgian one
    ],
)
def test_two_calendar_days_later_at_the_same_time(met, due_in_utc):
    assert due(met) == due_in_utc


@pytest.mark.parametrize(
    ("met", "due_in_utc", "hours"),
    [
        # Spring: 29 March 2026, 02:00 becomes 03:00.
        ("2026-03-26 09:00", "2026-03-28 08:00:00", 48),
        ("2026-03-27 09:00", "2026-03-29 07:00:00", 47),
        ("2026-03-28 09:00", "2026-03-30 07:00:00", 47),
        ("2026-03-29 09:00", "2026-03-31 07:00:00", 48),
        ("2026-03-27 01:59", "2026-03-29 00:59:00", 48),
        ("2026-03-27 03:00", "2026-03-29 01:00:00", 47),
        # Autumn: 25 October 2026, 03:00 becomes 02:00.
        ("2026-10-22 09:00", "2026-10-24 07:00:00", 48),
        ("2026-10-23 09:00", "2026-10-25 08:00:00", 49),
        ("2026-10-24 09:00", "2026-10-26 08:00:00", 49),
        ("2026-10-25 09:00", "2026-10-27 08:00:00", 48),
        ("2026-10-23 01:59", "2026-10-24 23:59:00", 48),
        ("2026-10-23 03:00", "2026-10-25 02:00:00", 49),
    ],
)
def test_the_two_weekends_when_the_clock_changes(met, due_in_utc, hours):
    assert due(met) == due_in_utc
    assert due_at(brussels(met), J2) - brussels(met).astimezone(UTC) == timedelta(hours=hours)


@pytest.mark.parametrize("met", ["2026-03-27 02:00", "2026-03-27 02:00:01", "2026-03-27 02:30", "2026-03-27 02:59:59"])
def test_a_missing_time_moves_to_the_first_that_exists(met):
    assert due(met) == "2026-03-29 01:00:00"  # 03:00 in Brussels


@pytest.mark.parametrize(("met", "due_in_utc"), [("2026-10-23 02:00", "00:00"), ("2026-10-23 02:30", "00:30")])
def test_a_time_that_happens_twice_is_the_first(met, due_in_utc):
    assert due(met) == f"2026-10-25 {due_in_utc}:00"


def test_meeting_in_the_hour_that_happens_twice():
    assert due("2026-10-25 02:30") == due("2026-10-25 02:30", fold=1) == "2026-10-27 01:30:00"


def test_the_zone_of_the_meeting_does_not_matter():
    met = brussels("2026-03-28 09:00")
    assert due_at(met.astimezone(ZoneInfo("Africa/Casablanca")), J2) == due_at(met.astimezone(UTC), J2)


def test_another_zone():
    policy = Policy(days=1, version="1", timezone="America/Martinique")
    assert due_at(datetime(2026, 3, 28, 12, tzinfo=UTC), policy) == datetime(2026, 3, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("met", "due_in_utc"),
    [
        ("2026-03-10 09:00", "2026-03-12 08:00:00"),  # Tuesday → Thursday
        ("2026-03-13 09:00", "2026-03-17 08:00:00"),  # Friday → Tuesday
        ("2026-03-14 22:15", "2026-03-17 21:15:00"),  # Saturday night → Tuesday night
        ("2026-04-02 09:00", "2026-04-07 07:00:00"),  # Thursday before Easter: Friday, then Tuesday
        ("2026-04-03 09:00", "2026-04-08 07:00:00"),  # Good Friday, not a holiday: Tuesday, Wednesday
        ("2026-04-05 09:00", "2026-04-08 07:00:00"),  # Easter Sunday
        ("2026-12-24 09:00", "2026-12-29 08:00:00"),  # Christmas on a Friday
        ("2026-03-26 02:30", "2026-03-30 00:30:00"),  # over the weekend of the change
    ],
)
def test_working_days_skip_weekends_and_holidays(met, due_in_utc):
    assert due(met, TWO_WORKING_DAYS) == due_in_utc


def test_working_days_need_a_calendar_with_working_days():
    with pytest.raises(ValueError, match="holiday calendar"):
        due_at(brussels("2026-03-10 09:00"), TWO_WORKING_DAYS)
    with pytest.raises(ValueError, match="no working day"):
        due_at(brussels("2026-03-10 09:00"), TWO_WORKING_DAYS, is_holiday=lambda day: True)


def test_escalation_hours_are_elapsed_hours():
    saturday = brussels("2026-10-24 09:00")
    assert escalation_times(saturday, J2) == (
        datetime(2026, 10, 25, 7, tzinfo=UTC),  # 08:00 in Brussels
        datetime(2026, 10, 26, 7, tzinfo=UTC),
    )
    assert escalation_times(saturday, Policy(days=2, version="1", escalate_after_hours=())) == ()


def test_the_ladder_of_reminders():
    start = datetime(2026, 3, 16, 21, 15, tzinfo=UTC)
    assert reminder_after(0, start, J2) == start + timedelta(hours=24)
    assert reminder_after(1, start, J2) == start + timedelta(hours=48)
    assert reminder_after(2, start, J2) is None
    with pytest.raises(ValueError, match="start at 0"):
        reminder_after(-1, start, J2)


@pytest.mark.parametrize("call", [due_at, escalation_times, lambda moment, policy: reminder_after(0, moment, policy)])
def test_a_naive_moment_is_refused(call):
    with pytest.raises(ValueError, match="time zone"):
        call(datetime(2026, 3, 14), J2)  # noqa: DTZ001


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": 0},
        {"days": -1},
        {"counting": "weeks"},
        {"escalate_after_hours": (48, 24)},
        {"escalate_after_hours": (24, 24)},
        {"escalate_after_hours": (0,)},
    ],
)
def test_a_policy_that_makes_no_sense(wrong):
    with pytest.raises(ValueError, match="due|counted|hours"):
        Policy(**{"days": 2, "version": "1", **wrong})


def test_a_policy_of_an_unknown_place():
    with pytest.raises(ZoneInfoNotFoundError):
        Policy(days=2, version="1", timezone="Europe/Nowhere")


MOMENTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
NEAR_A_CHANGE = st.builds(
    lambda change, seconds: change + timedelta(seconds=seconds),
    st.sampled_from([datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]),
    st.integers(-4 * 86400, 2 * 86400),
)
POLICIES = st.builds(Policy, days=st.integers(1, 40), version=st.just("1"))


@given(MOMENTS | NEAR_A_CHANGE, POLICIES)
def test_the_wall_clock_is_kept_or_moves_forward_out_of_a_gap(met_at, policy):
    met = met_at.astimezone(BRUSSELS)
    found = due_at(met_at, policy).astimezone(BRUSSELS)
    assert found.date() == met.date() + timedelta(days=policy.days)
    if found.time() != met.time():
        assert (met.hour, found.time().isoformat()) == (2, "03:00:00")
        assert found.utcoffset() == timedelta(hours=2) and found.month == 3
    assert found.fold == 0


@given(MOMENTS | NEAR_A_CHANGE, st.integers(0, 3 * 86400), POLICIES)
def test_a_later_wall_time_is_never_due_earlier(met_at, seconds, policy):
    later = met_at + timedelta(seconds=seconds)
    # In the hour that happens twice the wall clock itself runs back.
    if later.astimezone(BRUSSELS).replace(tzinfo=None) >= met_at.astimezone(BRUSSELS).replace(tzinfo=None):
        assert due_at(later, policy) >= due_at(met_at, policy)


@given(MOMENTS | NEAR_A_CHANGE, POLICIES, st.sets(st.integers(1, 500), max_size=5))
def test_everything_comes_in_order(met_at, policy, hours):
    policy = Policy(days=policy.days, version="1", escalate_after_hours=tuple(sorted(hours)))
    due_time = due_at(met_at, policy)
    moments = [met_at, due_time, *escalation_times(due_time, policy)]
    assert moments == sorted(set(moments))
    assert [reminder_after(step, due_time, policy) for step in range(len(hours))] == moments[2:]


@given(MOMENTS, st.integers(1, 15), st.sets(st.dates(date(2000, 1, 1), date(2100, 12, 31)), max_size=30))
def test_working_days_are_counted_one_by_one(met_at, days, holidays):
    policy = Policy(days=days, version="1", counting="working")
    met, found = (
        moment.astimezone(BRUSSELS).date()
        for moment in (met_at, due_at(met_at, policy, is_holiday=holidays.__contains__))
    )
    between = [met + timedelta(days=n) for n in range(1, (found - met).days + 1)]
    working = [day for day in between if day.weekday() < 5 and day not in holidays]
    assert len(working) == days and working[-1] == found


@given(MOMENTS, st.sets(st.integers(1, 500), max_size=5), st.lists(st.integers(0, 10_000), min_size=6, max_size=6))
def test_somebody_told_late_has_time_before_it_goes_up(due_time, hours, delays):
    """However late each notice goes out (minutes), the next keeps half its wait, and its own time when in time."""
    policy = Policy(days=2, version="1", escalate_after_hours=tuple(sorted(hours)))
    planned = [due_time, *escalation_times(due_time, policy)]
    at = due_time + timedelta(minutes=delays[0])
    for step, wait in enumerate(later - earlier for earlier, later in zip(planned, planned[1:], strict=False)):
        found = next_reminder(step, due_time, at, policy)
        assert found >= planned[step + 1] and found - at >= wait / 2
        assert found == planned[step + 1] or found - at == wait / 2
        at = found + timedelta(minutes=delays[step + 1])
    assert next_reminder(len(hours), due_time, at, policy) is None


def test_a_policy_that_counts_no_days_only_escalates():
    answer = Policy(days=None, version="1")
    assert len(escalation_times(brussels("2026-03-14 22:15"), answer)) == 2
    with pytest.raises(ValueError, match="no days"):
        due_at(brussels("2026-03-14 22:15"), answer)
