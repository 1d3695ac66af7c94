"""Why a trail cannot be written, as a closed list of words: what the health page and the log say of it."""

from enum import StrEnum

from django.db import DatabaseError


class Trouble(StrEnum):
    """What is wrong with the trails. All but LATE stop every page of a case."""

    LOCKED = "locked"  # somebody holds the table, or it does not answer in time
    FULL = "full"  # no room left on the disk
    MISSING = "missing"  # no table, or no partition for today
    REFUSED = "refused"  # a privilege, a constraint, a trigger, a server that only reads
    LATE = "late"  # written, but not sealed for a while


class AuditUnavailable(Exception):
    """What happened could not be written down, so the answer may not be given (503)."""

    def __init__(self, message: str, trouble: Trouble = Trouble.REFUSED):
        super().__init__(message)
        self.trouble = trouble


_BY_STATE = {
    "55P03": Trouble.LOCKED,  # lock_not_available
    "57014": Trouble.LOCKED,  # query_canceled: the time is up
    "40P01": Trouble.LOCKED,  # deadlock_detected
    "53100": Trouble.FULL,  # disk_full
    "42P01": Trouble.MISSING,  # undefined_table
}
_NO_PARTITION = "no partition of relation"


def trouble_of(error: DatabaseError) -> Trouble:
    """What a refused insert means, from the database's own code for it."""
    state = getattr(error.__cause__, "sqlstate", None)
    if state == "23514" and _NO_PARTITION in str(error):
        return Trouble.MISSING
    return _BY_STATE.get(state or "", Trouble.REFUSED)


def unavailable(error: DatabaseError) -> AuditUnavailable:
    """What to raise in the place of `error`, which a row of a trail met."""
    return AuditUnavailable("the row of the trail was refused", trouble_of(error))
