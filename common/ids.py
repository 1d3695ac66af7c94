"""Time-ordered identifiers (RFC 9562, version 7), made in Python so that an insert needs no RETURNING."""

import secrets
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

_lock = threading.Lock()
_last = 0  # 48 bits of milliseconds followed by 74 random bits


def uuid7() -> UUID:
    """A new identifier, greater than every earlier one of this process, unguessable from another machine.

    Within one millisecond (or after the machine's clock stepped back) the random part of the last one is
    increased by a random amount, and may carry into the milliseconds: RFC 9562 §6.2, method 2.
    """
    global _last
    with _lock:
        value = (time.time_ns() // 1_000_000) << 74 | secrets.randbits(74)
        if value >> 74 <= _last >> 74:
            value = _last + 1 + secrets.randbits(56)
        _last = value
    milliseconds, high, low = value >> 74, (value >> 62) & 0xFFF, value & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def uuid_of(text: str | None) -> UUID | None:
    """The identifier that came in an address or a form; None for anything else."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def made_at(identifier: UUID) -> datetime:
    """When an identifier of `uuid7` was made, to the millisecond, by the clock of the machine that made it."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)
