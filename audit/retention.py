"""Retention: a whole month of a trail leaves the database, and a signed certificate stays. The owner's, by hand.

The seals of its rows stay too, so that a check says what was removed, when and why, and still finds every other row
that is missing. Nothing is removed that does not stand as it was sealed: what was tampered with is evidence.
"""

from datetime import date

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import RuleBroken, text_problem

from . import anchors, manifest
from .check import Check
from .models import Certificate, Trail
from .months import month_of

TABLES = {Trail.EVENTS: ("audit_auditevent", "at"), Trail.CHANGES: ("audit_logentry", '"timestamp"')}
LOCKED_FOR = "5s"  # nothing is written to a trail while its table waits to be locked


def drop_month(*, trail: Trail, month: date, reason: str) -> Certificate:
    """Remove the month (its first day) of a trail, and say so in a signed certificate, in the file of roots too.

    Raises RuleBroken (fields trail, month, reason) where it is no whole past month, has rows that are not sealed or do
    not stand as they were sealed, or does not stand in a partition of its own.
    """
    _possible(trail, month, reason)
    with system_context(SystemContext.SEALING):
        if Certificate.objects.filter(trail=trail, month=month).exists():
            raise RuleBroken({"month": [_("This month was removed before.")]})
        _partition_stands(trail, month)
    check = Check()
    check.seals()
    sealed = check.months[int(trail), month]
    if sealed.doubts or sealed.gone:
        raise RuleBroken({"month": [_("Rows of this month do not stand as they were sealed: see verify_audit.")]})
    try:
        with system_context(SystemContext.SEALING), transaction.atomic():
            return _drop(trail, month, reason, sealed.entries.rows, sealed.entries.digest())
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != "55P03":
            raise
        raise RuleBroken({"month": [_("The trail is being read or written. Try again in a moment.")]}) from error


def _possible(trail: Trail, month: date, reason: str) -> None:
    if trail not in TABLES:
        raise RuleBroken({"trail": [_("There is no such trail.")]})
    if month.day != 1:
        raise RuleBroken({"month": [_("A month is named by its first day.")]})
    if month >= month_of(now()):
        raise RuleBroken({"month": [_("Only a month that is over can be removed.")]})
    problem = text_problem(reason, most=200, missing=_("Say why."))
    if problem:
        raise RuleBroken({"reason": [problem]})


def _partition(trail: Trail, month: date) -> str:
    return f"{TABLES[trail][0]}_{month:%Y_%m}"


def _partition_stands(trail: Trail, month: date) -> None:
    table, at = TABLES[trail]
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_inherits WHERE inhparent = %s::regclass AND inhrelid = to_regclass(%s))",
            [table, _partition(trail, month)],
        )
        if cursor.fetchone()[0]:
            return
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM {table}_default WHERE {at} >= %s AND {at} < %s)",  # noqa: S608 - constants
            [f"{month} 00:00+00", f"{after} 00:00+00"],
        )
        if cursor.fetchone()[0]:
            raise RuleBroken({"month": [_("Its rows stand in the default partition, which is never removed.")]})
    raise RuleBroken({"month": [_("There is no such month in this trail.")]})


def _drop(trail: Trail, month: date, reason: str, rows: int, entries: bytes) -> Certificate:
    partition = _partition(trail, month)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCKED_FOR])
        cursor.execute(f"LOCK TABLE {partition} IN SHARE MODE")
        cursor.execute(f"SELECT count(*), clock_timestamp() FROM {partition}")  # noqa: S608 - a name made here
        standing, at = cursor.fetchone()
        if standing != rows:
            raise RuleBroken({"month": [_("Rows of this month are not sealed yet.")]})
        cursor.execute(f"ALTER TABLE {TABLES[trail][0]} DETACH PARTITION {partition}")
        cursor.execute(f"DROP TABLE {partition}")
    key_id, key = next(iter(manifest.keys().items()))
    one = Certificate(
        trail=trail, month=month, rows=rows, entries=entries, reason=reason.strip(), dropped_at=at, key_id=key_id
    )
    one.signature = manifest.chain(key, one.signed())
    one.save(force_insert=True)
    _write(one)
    return one


def _write(one: Certificate) -> None:
    """In the file of roots, before the month is gone for good."""
    said = {
        "trail": int(one.trail),
        "month": one.month.isoformat(),
        "rows": one.rows,
        "entries": bytes(one.entries).hex(),
        "reason": one.reason,
        "dropped_at": one.dropped_at.isoformat(),
        "key_id": one.key_id,
        "signature": bytes(one.signature).hex(),
    }
    try:
        anchors.add_to_file([{"certificate": said}])
    except OSError as error:
        raise RuleBroken({"": [_("The file of roots cannot be written: nothing was removed.")]}) from error
