"""The copied sort keys of participation rows, compared with their source."""

from django.db import connection

from common.acting import SystemContext, system_context


def drifted() -> int:
    """Number of participation rows whose sort keys are not what the triggers should have left. 0 is healthy."""
    with system_context(SystemContext.CHECKS), connection.cursor() as cursor:
        cursor.execute("SELECT cases_drifted_sort_keys()")
        return cursor.fetchone()[0]


def repair() -> int:
    """Rewrite the drifted keys from their source and return how many there were. Expired levels fall back here too."""
    with system_context(SystemContext.CHECKS), connection.cursor() as cursor:
        cursor.execute("SELECT cases_repair_sort_keys()")
        return cursor.fetchone()[0]
