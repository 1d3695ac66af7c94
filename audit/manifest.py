"""What a seal says of its rows, and the keyed digests that only who holds the key can write. No ORM.

A line names one row: its place in the seal, its trail, its time and identifier, and its leaf, the keyed digest of
the seal's number, the place and the whole row. A row that was changed no longer fits its line; a line cannot be made to
fit a changed row without the key; a row taken out together with its line leaves a gap in the places.
"""

import hmac
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

_LINE = struct.Struct(">IBq16s32s")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_SEAL = bytes(32)  # what stands before the first seal


class Row(NamedTuple):
    """A row of a trail as the database describes it: trail (1 events, 2 changes), its digest over every column."""

    trail: int
    id: UUID
    at: datetime
    xid: int
    digest: bytes


@dataclass(frozen=True)
class Line:
    """One line of a manifest."""

    place: int
    trail: int
    at: datetime
    id: UUID
    leaf: bytes


def keys() -> dict[str, bytes]:
    """The keys by their identifier, the one that seals first."""
    raw = [key.encode() for key in settings.AUDIT_SEAL_KEYS] or [
        hmac.digest(settings.SECRET_KEY.encode(), b"audit seal", "sha256")
    ]
    return {sha256(b"audit seal key" + key).hexdigest()[:16]: key for key in raw}


def leaf(key: bytes, *, number: int, place: int, row: Row) -> bytes:
    """The keyed digest of one row at its place in the seal `number`, 32 bytes."""
    return hmac.digest(key, b"leaf" + struct.pack(">QIB", number, place, row.trail) + row.digest, "sha256")


def write(key: bytes, *, number: int, rows: Iterable[Row]) -> tuple[bytes, list[bytes]]:
    """The manifest of these rows, in this order, and its leaves."""
    leaves, lines = [], []
    for place, row in enumerate(rows):
        leaves.append(leaf(key, number=number, place=place, row=row))
        micros = (row.at - _EPOCH) // timedelta(microseconds=1)
        lines.append(_LINE.pack(place, row.trail, micros, row.id.bytes, leaves[-1]))
    return b"".join(lines), leaves


def read(manifest: bytes) -> Iterator[Line]:
    """The lines of a manifest. Raises ValueError where it is no manifest at all."""
    if len(manifest) % _LINE.size:
        raise ValueError("not a manifest")
    for place, trail, micros, identifier, digest in _LINE.iter_unpack(manifest):
        yield Line(place, trail, _EPOCH + timedelta(microseconds=micros), UUID(bytes=identifier), digest)


def chain(key: bytes, fields: Sequence[object]) -> bytes:
    """The keyed digest of a seal or a certificate over all it says, in order; what is not bytes stands as text."""
    parts = [part if isinstance(part, bytes) else str(part).encode() for part in fields]
    return hmac.digest(key, b"chain" + b"".join(struct.pack(">I", len(part)) + part for part in parts), "sha256")
