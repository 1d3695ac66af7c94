"""Checks of both trails: asked nightly or by somebody, run once each, kept. The check itself: `audit.check`."""

from datetime import timedelta
from uuid import UUID

import structlog
from django.db import connection
from django.db.models import Q, QuerySet

from common.acting import SystemContext, system_context
from common.clock import local, now

from . import probe, sealing
from .check import Check
from .findings import Result
from .models import Seal, Verification

log = structlog.get_logger(__name__)

NIGHT = 2  # o'clock in Belgium
LONGEST = timedelta(hours=4)  # of one check; what was begun earlier has died


def verify() -> Result:
    """Check every seal, every sealed row and what has left the database.

    Takes as long as both trails are, and the memory of one seal. Each step is a short transaction without a number of
    its own, so that sealing and the making of months go on; rows sealed meanwhile are left to the next check.
    """
    check = Check()
    check.seals()
    check.outside()
    check.certificates()
    check.unsealed()
    return check.result()


def ask(*, by: UUID | None = None) -> Verification:
    """Ask for a check (`by` a person, or nightly by nobody); one that waits or is under way is the one asked for."""
    with system_context(SystemContext.SEALING):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('audit_verification'))")
        return _unfinished().first() or Verification.objects.create(asked_by_id=by)


def ask_nightly() -> None:
    """Ask for the check of the night where it was not asked yet, however late it has become.

    A new installation waits for its first seal: "nothing was altered" of no row at all would say too much.
    """
    night = local(now()).replace(hour=NIGHT, minute=0, second=0, microsecond=0)
    if night > now():
        night -= timedelta(days=1)
    with system_context(SystemContext.SEALING):
        asked = Verification.objects.filter(asked_by_id=None, asked_at__gte=night).exists()
        sealed = Seal.objects.exists()
    if not asked and (sealed or sealing.oldest_waiting() is None or probe.late()):
        ask()


def run_asked() -> list[Verification]:
    """Run the checks asked for, one after the other, and keep their results. Two processes never run the same one."""
    done = []
    while (one := _claim()) is not None:
        try:
            result = verify()
        except Exception:
            one.started_at = None  # it is tried again
            with system_context(SystemContext.SEALING):
                one.save(update_fields=["started_at"])
            raise
        _keep(one, result)
        done.append(one)
        if result.found:
            log.error("audit_findings", count=result.found)
    return done


def _unfinished() -> QuerySet[Verification]:
    return Verification.objects.filter(finished_at__isnull=True).order_by("asked_at")


def _claim() -> Verification | None:
    with system_context(SystemContext.SEALING):
        free = Q(started_at__isnull=True) | Q(started_at__lt=now() - LONGEST)
        one = _unfinished().filter(free).select_for_update(skip_locked=True).first()
        if one is not None:
            one.started_at = now()
            one.save(update_fields=["started_at"])
        return one


def _keep(one: Verification, result: Result) -> None:
    one.finished_at = now()
    one.seals, one.rows, one.waiting = result.seals, result.rows, result.waiting
    one.upto_number, one.found = result.upto_number, result.found
    one.findings = [finding.as_json() for finding in result.findings]
    one.dropped = [month.as_json() for month in result.dropped]
    with system_context(SystemContext.SEALING):
        one.save()
