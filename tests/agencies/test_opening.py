"""Opening hours: as they are typed, kept, shown and asked about."""

from datetime import datetime

import pytest

from agencies.opening import Opening, WrongHours, fits, hours_by_day, opening, read_day, schedule_of, spans
from common.clock import BRUSSELS

WEEKDAYS = [{"days": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "17:00"}]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS)


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("", []),
        ("9:00-12:00, 13:30-17:00", [("09:00", "12:00"), ("13:30", "17:00")]),
        ("9-12", [("09:00", "12:00")]),
        ("9h – 12h30 et 14h–18h", [("09:00", "12:30"), ("14:00", "18:00")]),
        ("9 à 17", [("09:00", "17:00")]),
        ("9.00 tot 17.00", [("09:00", "17:00")]),
        ("0-24", [("00:00", "00:00")]),
        ("22:00-06:00", [("22:00", "06:00")]),
    ],
)
def test_hours_are_read_as_people_write_them(typed, hours):
    assert read_day(typed) == hours


@pytest.mark.parametrize(
    "typed",
    ["matin", "9", "25-26", "9:70-10", "9-12, 11-14", "13-17, 9-12", "9-10, 11-12, 13-14, 15-16", "9-12,", "9\x00-12",
     "22-6, 7-8", "9-12 💡", "1" * 10_000],
)  # fmt: skip
def test_what_is_no_opening_is_refused(typed):
    with pytest.raises(WrongHours):
        read_day(typed)


def test_a_schedule_and_its_days_are_two_forms_of_one_thing():
    days = {1: [("09:00", "12:00")], 2: [("09:00", "12:00"), ("13:00", "17:00")], 7: [("22:00", "06:00")]}
    schedule = schedule_of(days)
    assert schedule == [
        {"days": [1, 2], "opens": "09:00", "closes": "12:00"},
        {"days": [2], "opens": "13:00", "closes": "17:00"},
        {"days": [7], "opens": "22:00", "closes": "06:00"},
    ]
    assert hours_by_day(schedule) == days and fits(schedule)


def test_days_in_a_row_with_the_same_hours_are_read_as_one():
    rows = spans([*WEEKDAYS, {"days": [7], "opens": "10:00", "closes": "12:00"}])
    assert rows == [(1, 5, [("09:00", "17:00")]), (7, 7, [("10:00", "12:00")])]


@pytest.mark.parametrize(
    ("moment", "is_open", "until", "opens"),
    [
        ("2026-03-10T09:00", True, "2026-03-10T17:00", None),
        ("2026-03-10T16:59", True, "2026-03-10T17:00", None),
        ("2026-03-10T17:00", False, None, "2026-03-11T09:00"),
        ("2026-03-10T08:59", False, None, "2026-03-10T09:00"),
        ("2026-03-14T12:00", False, None, "2026-03-16T09:00"),
        ("2026-04-06T10:00", False, None, "2026-04-07T09:00"),  # Easter Monday
        ("2026-12-24T20:00", False, None, "2026-12-28T09:00"),  # Christmas is a Friday
    ],
)
def test_open_now_and_next(moment, is_open, until, opens):
    state = opening(WEEKDAYS, always=False, at=at(moment))
    assert state == Opening(is_open, until and at(until), opens and at(opens))


def test_a_night_goes_on_after_midnight_and_nights_without_a_break_are_one_opening():
    nights = [{"days": [5, 6], "opens": "22:00", "closes": "06:00"}]
    assert opening(nights, always=False, at=at("2026-03-14T05:00")).until == at("2026-03-14T06:00")
    assert opening(nights, always=False, at=at("2026-03-14T07:00")).opens == at("2026-03-14T22:00")
    whole = [{"days": [6, 7], "opens": "00:00", "closes": "00:00"}]
    assert opening(whole, always=False, at=at("2026-03-14T15:00")).until == at("2026-03-16T00:00")


def test_the_night_the_clock_changes():
    nights = [{"days": [6], "opens": "22:00", "closes": "06:00"}]
    state = opening(nights, always=False, at=at("2026-03-29T03:30"))
    assert state.is_open and state.until == at("2026-03-29T06:00")


def test_always_and_not_said():
    assert opening([], always=True, at=at("2026-12-25T03:00")) == Opening(is_open=True)
    assert opening([], always=False, at=at("2026-03-10T10:00")) == Opening(is_open=None)


@pytest.mark.parametrize(
    "schedule",
    [
        None,
        {},
        [1],
        [{}],
        [{"days": [], "opens": "09:00", "closes": "10:00"}],
        [{"days": [8], "opens": "09:00", "closes": "10:00"}],
        [{"days": [True], "opens": "09:00", "closes": "10:00"}],
        [{"days": [1], "opens": "9:00", "closes": "10:00"}],
        [{"days": [1], "opens": "09:00", "closes": "24:00"}],
        [{"days": [1], "opens": "09:00", "closes": "10:00", "more": 1}],
    ],
)
def test_what_has_not_the_shape_of_a_schedule(schedule):
    assert not fits(schedule)
