"""Which readings are unusual: the limits and what passes them. Pure; counted by the database, judged here.

A rule notes a sign, never a proof: whoever reads has most often a reason. Every limit is ours, to be confirmed with
the data-protection officers.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings

from agencies.enums import AgencyKind
from common.names import sort_key

WORKS_AT_NIGHT = frozenset(
    {
        AgencyKind.POLICE,
        AgencyKind.SAPV,
        AgencyKind.PROSECUTOR,
        AgencyKind.SHELTER,
        AgencyKind.RECEPTION_SERVICE,
        AgencyKind.STREET_WORK,
        AgencyKind.HOSPITAL,
        AgencyKind.CPVS,
        AgencyKind.HELPLINE,
    }
)
"""Kinds of agency that somebody works for at any hour [to be confirmed]: their nights are not noted."""

USUAL_DAYS = 28
"""Days before the one looked at from which a person's usual day is taken."""
FEWEST_DAYS = 5
"""Fewer days with a reading say nothing of what is usual."""


@dataclass(frozen=True)
class Limits:
    """From the settings; "more than" each. Hours are those of a Belgian wall clock."""

    in_an_hour: int
    in_a_day: int
    times_usual: float
    night_from: int
    night_until: int
    at_night: int
    name_again_days: int
    refusals: int
    refusal_minutes: int

    @property
    def fewest_cases(self) -> int:
        """At or below this many cases, nobody has opened many."""
        return min(self.in_an_hour, self.in_a_day)

    def as_figures(self) -> dict[str, float]:
        """To keep beside what they were applied to."""
        return asdict(self)


def limits() -> Limits:
    """The limits of this installation."""
    return Limits(
        in_an_hour=settings.UNUSUAL_CASES_IN_AN_HOUR,
        in_a_day=settings.UNUSUAL_CASES_IN_A_DAY,
        times_usual=settings.UNUSUAL_TIMES_USUAL,
        night_from=settings.UNUSUAL_NIGHT_FROM,
        night_until=settings.UNUSUAL_NIGHT_UNTIL,
        at_night=settings.UNUSUAL_NIGHT_CASES,
        name_again_days=settings.UNUSUAL_NAME_AGAIN_DAYS,
        refusals=settings.UNUSUAL_REFUSALS,
        refusal_minutes=settings.UNUSUAL_REFUSALS_MINUTES,
    )


def usual_day(middle: float | None, days: int) -> float | None:
    """What this person opens on an ordinary day: the median of the days with a reading; None when these are too few."""
    return None if middle is None or days < FEWEST_DAYS else middle


def opens_many(*, in_a_day: int, in_an_hour: int, usual: float | None, limit: Limits) -> bool:
    """Many cases within an hour or a day, and many for this person. The hour may have begun the day before."""
    many = in_an_hour > limit.in_an_hour or in_a_day > limit.in_a_day
    return many and (usual is None or max(in_a_day, in_an_hour) > limit.times_usual * usual)


def reads_at_night(*, cases: int, limit: Limits) -> bool:
    return cases > limit.at_night


def tries_addresses(*, refused: int, limit: Limits) -> bool:
    """Many different objects that do not exist for this person, asked for within minutes."""
    return refused > limit.refusals


def not_told_yet(
    cases: Iterable[UUID], *, day: date, told: Iterable[tuple[date, Iterable[UUID]]], limit: Limits
) -> list[UUID]:
    """Cases of a day less those a row of an earlier day has told lately: whoever works on one reads it every day."""
    lately = day - timedelta(days=limit.name_again_days)
    known = {case for on, those in told if lately <= on < day for case in those}
    return sorted(set(cases) - known)


def family_key(family_name: str) -> str:
    """A reader's family name as the names of persons are compared; "" compares with nobody."""
    return sort_key(family_name)


def full_key(family_name: str, given_name: str) -> str:
    """A colleague's whole name, written as `Person.sort_name`; "" unless both names are known."""
    family, given = sort_key(family_name), sort_key(given_name)
    return f"{family} {given}" if family and given else ""
