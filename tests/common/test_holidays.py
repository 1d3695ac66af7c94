from datetime import date, timedelta

from common.holidays import is_legal_holiday


def test_the_ten_legal_holidays_of_2026():
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    assert [day.isoformat()[5:] for day in year if is_legal_holiday(day)] == [
        "01-01", "04-06", "05-01", "05-14", "05-25", "07-21", "08-15", "11-01", "11-11", "12-25"
    ]  # fmt: skip


def test_community_days_are_working_days():
    assert not is_legal_holiday(date(2026, 9, 27)) and not is_legal_holiday(date(2026, 11, 15))
