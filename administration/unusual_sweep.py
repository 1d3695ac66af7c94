"""Looks through the trail for unusual readings, every quarter of an hour, and writes down what passes the limits.

The trail and the names stay closed: functions of the owner count (`administration/migrations/0002_security.py`), the
limits are judged in `administration.unusual_rules`. A day is always counted whole, and a figure is written once: to run
twice, late, or in two workers changes nothing.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from agencies.enums import Role
from agencies.models import Membership
from common.acting import SystemContext, system_context
from common.clock import local
from common.locks import lock
from notifications.models import NoticeKind
from notifications.services import notify

from . import unusual_rules as rules
from .models import Rule, UnusualReading, UnusualSweep
from .unusual_rules import Limits

FIRST = timedelta(days=2)
"""How far back the first run looks."""
SLICE = timedelta(days=1)
"""The most of the trail that one transaction looks through, after a long silence."""
OVERLAP = timedelta(minutes=15)
"""Looked at again: what was read before the last run and committed after it."""


@dataclass(frozen=True)
class Found:
    """What one rule notes of one person, for one agency, on one day."""

    rule: Rule
    user_id: UUID
    agency_id: UUID
    day: date
    count: int
    first_at: datetime
    last_at: datetime
    pages: dict[str, int]
    categories: Sequence[str] = ()
    figures: dict[str, Any] = field(default_factory=dict)
    case_ids: Sequence[UUID] = ()

    @property
    def key(self) -> tuple:
        return self.user_id, self.agency_id, str(self.rule), self.day


def sweep(*, until: datetime | None = None) -> int:
    """Look through what was read since the last run, until now; returns how many rows were written.

    A day of the trail at most in each transaction, so that what was looked through stays so. One worker at a time.
    """
    until, written = until or _database_now(), 0
    while True:
        with system_context(SystemContext.UNUSUAL):
            lock("unusual readings")
            mark = UnusualSweep.objects.first() or UnusualSweep(until=until - FIRST)
            if mark.until >= until:
                return written
            to = min(mark.until + SLICE, until)
            written += len(keep(look(mark.until - OVERLAP, to, rules.limits())))
            mark.until = to
            mark.save()


def look(since: datetime, until: datetime, limit: Limits) -> list[Found]:
    """What the rules note of the days that hold something read between the two, in the context `unusual`."""
    return [
        *_many(since, until, limit),
        *_at_night(since, until, limit),
        *_of_names(since, until, limit),
        *_refused(since, until, limit),
    ]


def keep(found: Iterable[Found]) -> list[UnusualReading]:
    """Write what is not written yet, a larger figure of the same day as a further row, and tell that something waits.

    In the context `unusual`.
    """
    found = list(found)
    known = _largest(found)
    rows = [
        UnusualReading(
            rule=each.rule,
            user_id=each.user_id,
            agency_id=each.agency_id,
            day=each.day,
            count=each.count,
            figures=each.figures,
            pages=each.pages,
            categories=list(each.categories),
            case_ids=list(each.case_ids),
            first_at=each.first_at,
            last_at=each.last_at,
        )
        for each in found
        if each.count > known.get(each.key, 0)
    ]
    for row in rows:
        row.save(force_insert=True)
    _tell(rows)
    return rows


def _largest(found: Sequence[Found]) -> dict[tuple, int]:
    of_these = UnusualReading.objects.filter(
        user__in={each.user_id for each in found}, day__in={each.day for each in found}
    ).values_list("user_id", "agency_id", "rule", "day", "count")
    largest: dict[tuple, int] = {}
    for *key, count in of_these:
        largest[tuple(key)] = max(count, largest.get(tuple(key), 0))
    return largest


def _tell(rows: Sequence[UnusualReading]) -> None:
    """Once a day each, whoever follows data protection: somebody else's reading waits."""
    if not rows:
        return
    readers = {row.user_id for row in rows}
    officers = Membership.objects.live().filter(role=Role.DATA_PROTECTION_OFFICER).select_related("user")
    notify(
        recipients=[officer for officer in officers if readers - {officer.user_id}],
        kind=NoticeKind.UNUSUAL_READING,
        path=reverse("administration:unusual"),
        dedupe_key=f"unusual:{local(max(row.found_at for row in rows)).date()}",
    )


# --- each rule ------------------------------------------------------------------------------------------------
def _many(since: datetime, until: datetime, limit: Limits) -> Iterable[Found]:
    for row in _ask("administration_many_openings", since, until, limit.fewest_cases, rules.USUAL_DAYS):
        usual = rules.usual_day(row["usual"], row["usual_days"])
        if rules.opens_many(in_a_day=row["in_a_day"], in_an_hour=row["in_an_hour"], usual=usual, limit=limit):
            figures = {"in_an_hour": row["in_an_hour"], "usual": usual, "usual_days": row["usual_days"]}
            yield _found(Rule.MANY, row, max(row["in_a_day"], row["in_an_hour"]), limit, figures)


def _at_night(since: datetime, until: datetime, limit: Limits) -> Iterable[Found]:
    working = sorted(rules.WORKS_AT_NIGHT)
    rows = _ask("administration_night_openings", since, until, limit.night_from, limit.night_until, working)
    for row in rows:
        if rules.reads_at_night(cases=row["cases"], limit=limit):
            yield _found(Rule.NIGHT, row, row["cases"], limit)


def _of_names(since: datetime, until: datetime, limit: Limits) -> Iterable[Found]:
    rows = _ask("administration_named_openings", since, until, *_names(since, until))
    told = _cases_told(rows, limit)
    for row in rows:
        rule = Rule.OWN_NAME if row["own"] else Rule.COLLEAGUE
        earlier = told.get((row["user_id"], row["agency_id"], rule.value), ())
        if cases := rules.not_told_yet(row["case_ids"], day=row["day"], told=earlier, limit=limit):
            yield _found(rule, row, len(cases), limit, case_ids=cases)


def _names(since: datetime, until: datetime) -> tuple[list, list, list, list, list]:
    """Who reads with their family name; the living members of their agencies with their whole name."""
    readers = _ask("administration_readers", since, until)
    names = User.objects.filter(pk__in={row["user_id"] for row in readers}).values_list("pk", "family_name")
    own = [(pk, rules.family_key(family)) for pk, family in names]
    members = Membership.objects.live().filter(agency__in={row["agency_id"] for row in readers})
    columns = ("agency_id", "user_id", "user__family_name", "user__given_name")
    colleagues = [
        (agency, user, key)
        for agency, user, family, given in members.values_list(*columns)
        if (key := rules.full_key(family, given))
    ]
    return (
        [pk for pk, _name in own],
        [name for _pk, name in own],
        [agency for agency, _user, _name in colleagues],
        [user for _agency, user, _name in colleagues],
        [name for _agency, _user, name in colleagues],
    )


def _cases_told(rows: Sequence[dict[str, Any]], limit: Limits) -> dict[tuple, list[tuple[date, list[UUID]]]]:
    """Which cases the rules of names have told already, by person, agency and rule."""
    if not rows:
        return {}
    lately = min(row["day"] for row in rows) - timedelta(days=limit.name_again_days)
    earlier = UnusualReading.objects.filter(
        Q(rule=Rule.OWN_NAME) | Q(rule=Rule.COLLEAGUE), user__in={row["user_id"] for row in rows}, day__gte=lately
    )
    told: dict[tuple, list[tuple[date, list[UUID]]]] = {}
    for *key, day, cases in earlier.values_list("user_id", "agency_id", "rule", "day", "case_ids"):
        told.setdefault(tuple(key), []).append((day, cases))
    return told


def _refused(since: datetime, until: datetime, limit: Limits) -> Iterable[Found]:
    for row in _ask("administration_refusals", since, until, limit.refusals, limit.refusal_minutes):
        if rules.tries_addresses(refused=row["refused"], limit=limit):
            yield _found(Rule.REFUSED, row | {"categories": ()}, row["refused"], limit)


def _found(
    rule: Rule,
    row: dict[str, Any],
    count: int,
    limit: Limits,
    figures: dict[str, Any] | None = None,
    case_ids: Sequence[UUID] = (),
) -> Found:
    return Found(
        rule=rule,
        user_id=row["user_id"],
        agency_id=row["agency_id"],
        day=row["day"],
        count=count,
        first_at=row["first_at"],
        last_at=row["last_at"],
        pages=row["pages"],
        categories=row["categories"],
        figures=(figures or {}) | {"limits": limit.as_figures()},
        case_ids=case_ids,
    )


# --- the database ---------------------------------------------------------------------------------------------
TYPES = {
    "administration_readers": "timestamptz, timestamptz",
    "administration_many_openings": "timestamptz, timestamptz, integer, integer",
    "administration_night_openings": "timestamptz, timestamptz, integer, integer, text[]",
    "administration_named_openings": "timestamptz, timestamptz, uuid[], text[], uuid[], uuid[], text[]",
    "administration_refusals": "timestamptz, timestamptz, integer, integer",
}
"""The functions that may be asked, with the types of their arguments."""


def _ask(function: str, *arguments: Any) -> list[dict[str, Any]]:
    places = ", ".join(f"%s::{kind}" for kind in TYPES[function].split(", "))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {function}({places})", arguments)  # noqa: S608 - a name of the list above
        columns = [column.name for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        if isinstance(row.get("pages"), str):
            row["pages"] = json.loads(row["pages"])
    return rows


def _database_now() -> datetime:
    """The clock the trail is written by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
