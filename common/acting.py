"""On whose behalf the database is being used, for Python and for PostgreSQL at once.

`agencies.acting` (a member, or somebody before any agency) and `system_context` below are the ways to set it; the
request and the sign-in events `bind` what they know. Row-level security reads the same values (`app.user_id`,
`app.agency_id`, `app.group_id`, `app.context`), which are local to the transaction: when nothing is set, the protected
tables are empty.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from django.db import connection, transaction


class SystemContext(StrEnum):
    """Work done by the system itself. The list is closed; each name opens only the tables whose policy names it."""

    GRANTS = "grants"  # what agencies may see is summed and rewritten, whoever decides
    REMINDERS = "reminders"  # the reminder worker reads what is due in every agency
    NOTICES = "notices"  # the mail worker reads the outbox of every agency
    REFERENCE = "reference"  # set-up commands load reference data
    OVERSIGHT = "oversight"  # the data-protection officer, who sees no case, follows emergency accesses and incidents
    RESTRICTION = "restriction"  # whether a case is restricted is asked for people who are not named in it
    FILES = "files"  # the antivirus looks at the files of every agency, and what was removed is destroyed
    MATCHING = "matching"  # the blind index of persons, and the names behind a digest found twice
    UNUSUAL = "unusual"  # the trail is looked through for unusual readings: figures of who read how much, no content
    SAFETY = "safety"  # during an emergency access: measures and weapons, of records the agency does not read
    SEALING = "sealing"  # both trails are sealed and checked, by digests: no row is read
    LEVELS = "levels"  # what a case stands at is summed from every signed grid, whoever may read it: levels, no answer
    REPEATS = "repeats"  # events are counted across agencies and linked cases: dates and kinds, no content
    CONSULTATIONS = "consultations"  # what was asked of the coordination without identity is erased in time
    CALLBACKS = "callbacks"  # somebody without an account asks to be called back; what is handled is erased
    LETTERS = "letters"  # a service without an account answers a referral by its one-time page
    MEASURES_CHECK = "measures_check"  # on the road: the measures that bind one person, in cases of every agency
    GAPS = "gaps"  # which kinds of services are missing where: counts, no case
    CHECKS = "checks"  # nightly comparison of copied sort keys with their source


@dataclass(frozen=True)
class Acting:
    """Bare identifiers of who acts; `system` names a SystemContext when no person does."""

    user_id: UUID | None = None
    agency_id: UUID | None = None
    group_id: int | None = None
    role: str = ""
    request_id: str = ""
    remote_addr: str | None = None
    reason: str = ""
    system: str = ""


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


def current() -> Acting | None:
    """Who acts now, or None outside any context."""
    return _acting.get()


def _tell_database(acting: Acting | None) -> None:
    values = acting or Acting()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.user_id', %s, true), set_config('app.agency_id', %s, true),"
            " set_config('app.group_id', %s, true), set_config('app.context', %s, true)",
            [
                str(values.user_id or ""),
                str(values.agency_id or ""),
                str(values.group_id or ""),
                values.system,
            ],
        )


@contextmanager
def bind(acting: Acting) -> Iterator[Acting]:
    """Set `acting` for the block, inside a transaction (its own, or a savepoint of the one already open).

    For `agencies.acting` and the request middleware; everybody else uses the two doors named above.
    """
    previous = _acting.get()
    with transaction.atomic():
        _tell_database(acting)
        token = _acting.set(acting)
        try:
            yield acting
        finally:
            _acting.reset(token)
        if not connection.needs_rollback:
            # leaving by an exception needs nothing: the savepoint takes the settings back with it
            _tell_database(previous)


@contextmanager
def system_context(context: SystemContext, *, on_behalf: bool = True) -> Iterator[Acting]:
    """Work as the system for the block. The person on whose behalf it happens, if any, stays on record.

    With `on_behalf` False what is written stands on no agency's record, because the person whose act led to it may not
    learn of it; the request it happened in still tells where it comes from.
    """
    around = _acting.get() or Acting()
    if not on_behalf:
        around = Acting(request_id=around.request_id)
    with bind(replace(around, system=context.value)) as acting:
        yield acting
