"""The one way to write an audit event. What cannot be audited is not shown."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from common import acting
from common.ids import uuid7

from .models import Action
from .trouble import AuditUnavailable, unavailable

COLUMNS = (
    "id", "action", "user_id", "agency_id", "case_id", "object_kind", "object_id", "fields", "reason", "request_id",
    "remote_addr", "system",
)  # fmt: skip
INSERT = f"INSERT INTO audit_auditevent ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"  # noqa: S608

# What was shown or tried stays true when the work around it is undone; a decision that is undone was never taken.
OUTLIVES = frozenset(
    {Action.READ, Action.LISTED, Action.SEARCHED, Action.EXPORTED, Action.REFUSED, Action.SIGN_IN_FAILED}
)
_kept: ContextVar[list[list] | None] = ContextVar("kept_audit_events", default=None)


def record(
    *,
    action: Action,
    case_id: UUID | None = None,
    object_kind: str = "",
    object_id: UUID | None = None,
    fields: Sequence[str] = (),
    reason: str = "",
) -> None:
    """Record what the acting person does, in the transaction under way.

    `object_kind` is a model or page name, `fields` the categories shown or the ids listed; never a value, a name or a
    search term. Raises AuditUnavailable when there is no acting context or the row is refused.
    """
    who = acting.current()
    if who is None or not connection.in_atomic_block:
        raise AuditUnavailable("no acting context")
    values = [
        uuid7(),
        str(action),
        who.user_id,
        who.agency_id,
        case_id,
        object_kind[:60],
        object_id,
        json.dumps([str(field) for field in fields]),
        (reason or who.reason)[:200],
        who.request_id[:64],
        who.remote_addr,
        who.system,
    ]
    _insert(values)
    kept = _kept.get()
    if kept is not None and action in OUTLIVES:
        kept.append(values)


@contextmanager
def keeping() -> Iterator[list[list]]:
    """Inside the block, events of what was shown or tried are also kept aside, for `write_again` after a rollback."""
    kept: list[list] = []
    token = _kept.set(kept)
    try:
        yield kept
    finally:
        _kept.reset(token)


def write_again(kept: list[list]) -> None:
    """Write the kept events, whose first writing was rolled back, in the transaction under way.

    Each for whom it was written first: the database takes no row in another's name.
    """
    for values in kept:
        row = dict(zip(COLUMNS, values, strict=True))
        who = acting.Acting(user_id=row["user_id"], agency_id=row["agency_id"], system=row["system"])
        with acting.bind(who):
            _insert(values)


def _insert(values: list) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(INSERT, values)
    except DatabaseError as error:
        raise unavailable(error) from error


def create_partitions(*, months_ahead: int = 12) -> None:
    """Make sure every month from this one to `months_ahead` has its partitions (an owner-owned function does it)."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT audit_create_partitions(%s)", [months_ahead])
