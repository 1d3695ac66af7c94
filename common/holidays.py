"""The ten Belgian legal holidays (royal decree of 18 April 1974), and the days on which services are at work.

Community days are not among the holidays.
"""

from datetime import date, timedelta

from dateutil.easter import easter

FIXED = {(1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25)}
SATURDAY = 5  # as `date.weekday` counts
BRIDGE = {(12, day) for day in (24, *range(26, 32))}  # many offices are closed
AFTER_EASTER = {1, 39, 50}  # Easter Monday, Ascension, Whit Monday: days after Easter Sunday


def is_legal_holiday(day: date) -> bool:
    """Whether `day` is a legal holiday in Belgium."""
    return (day.month, day.day) in FIXED or day - easter(day.year) in {timedelta(days=n) for n in AFTER_EASTER}


def is_usual_working_day(day: date) -> bool:
    """Whether services are usually at work: no weekend, no legal holiday, not from Christmas to the new year."""
    return day.weekday() < SATURDAY and not is_legal_holiday(day) and (day.month, day.day) not in BRIDGE
