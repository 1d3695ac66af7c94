"""The ten Belgian legal holidays (royal decree of 18 April 1974). Community days are not among them."""

from datetime import date, timedelta

from dateutil.easter import easter

FIXED = {(1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25)}
AFTER_EASTER = {1, 39, 50}  # Easter Monday, Ascension, Whit Monday: days after Easter Sunday


def is_legal_holiday(day: date) -> bool:
    """Whether `day` is a legal holiday in Belgium."""
    return (day.month, day.day) in FIXED or day - easter(day.year) in {timedelta(days=n) for n in AFTER_EASTER}
