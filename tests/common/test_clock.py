from datetime import UTC, date, datetime, time, timedelta, timezone
from threading import Thread

import pytest

from common import clock

SATURDAY_NIGHT = datetime(2026, 3, 14, 22, 15, tzinfo=clock.BRUSSELS)


def test_now_is_the_present_in_utc():
    before = datetime.now(UTC)  # noqa: TID251 - the machine's clock is what is compared
    seen = clock.now()
    assert before <= seen <= datetime.now(UTC)  # noqa: TID251
    assert seen.tzinfo is UTC


def test_travel_stands_still_nests_and_ends():
    with clock.travel(SATURDAY_NIGHT) as arrived:
        assert arrived == clock.now() == SATURDAY_NIGHT
        assert clock.now().tzinfo is UTC
        with clock.travel(SATURDAY_NIGHT + timedelta(days=2)):
            assert clock.now() == SATURDAY_NIGHT + timedelta(days=2)
        assert clock.now() == SATURDAY_NIGHT
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)  # noqa: TID251


def test_travel_ends_with_an_exception():
    with pytest.raises(KeyError), clock.travel(SATURDAY_NIGHT):
        raise KeyError
    assert clock.now() > SATURDAY_NIGHT


def test_travel_stays_in_its_thread():
    seen = []
    with clock.travel(datetime(2000, 1, 1, tzinfo=UTC)):
        thread = Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen[0].year > 2000


def test_local_is_the_belgian_wall_clock():
    assert clock.local(datetime(2026, 7, 1, 12, 0, tzinfo=UTC)).isoformat() == "2026-07-01T14:00:00+02:00"
    elsewhere = datetime(2026, 1, 1, 20, 0, tzinfo=timezone(timedelta(hours=-5)))
    assert clock.local(elsewhere).isoformat() == "2026-01-02T02:00:00+01:00"


@pytest.mark.parametrize("use", [clock.local, lambda moment: clock.travel(moment).__enter__()])
def test_a_naive_datetime_is_refused(use):
    with pytest.raises(ValueError, match="time zone"):
        use(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 28), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)],
)
def test_what_holds_through_a_day_ends_at_the_midnight_after_it(day, hours):
    end = clock.end_of(day)
    assert clock.local(end).time() == time()
    assert end.astimezone(UTC) - clock.end_of(day - timedelta(days=1)).astimezone(UTC) == timedelta(hours=hours)
    assert clock.last_day(end) == day
