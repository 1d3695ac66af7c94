"""Can both trails be written now? Tried for real, and taken back: no row remains."""

from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, transaction

from common.acting import SystemContext, system_context
from common.clock import now

from . import sealing
from .models import Action, LogEntry
from .services import record
from .trouble import AuditUnavailable, Trouble, trouble_of

BOUNDED = "SELECT set_config('lock_timeout', '500ms', true), set_config('statement_timeout', '1s', true)"


def trouble() -> Trouble | None:
    """What stops the trails from being written, or that sealing is late; None where all is well. About 1 s at most."""
    try:
        with system_context(SystemContext.CHECKS):
            _try_both()
            transaction.set_rollback(True)
        with system_context(SystemContext.CHECKS):
            _bound()
            return Trouble.LATE if late() else None
    except AuditUnavailable as error:
        return error.trouble
    except DatabaseError as error:
        return trouble_of(error)


def late() -> bool:
    """Whether a row has waited for its seal for more than ten minutes."""
    oldest = sealing.oldest_waiting()
    return oldest is not None and oldest < now() - sealing.LATE_AFTER


def _try_both() -> None:
    """An event and an entry of change, written as every other."""
    _bound()
    record(action=Action.READ, object_kind="audit.probe")
    kind = ContentType.objects.get_for_model(LogEntry)
    LogEntry.objects.create(
        content_type=kind, object_pk="", object_repr="", action=LogEntry.Action.ACCESS, system=SystemContext.CHECKS
    )


def _bound() -> None:
    with connection.cursor() as cursor:
        cursor.execute(BOUNDED)
