"""The lines of one month of a trail, counted and summed up: what a certificate of retention speaks of. No ORM."""

import struct
from datetime import UTC, date, datetime
from hashlib import sha256

from . import manifest


def month_of(moment: datetime) -> date:
    """The first day of the month whose partition holds this moment: months are UTC's."""
    return moment.astimezone(UTC).date().replace(day=1)


class Entries:
    """The lines of a month in the order of seals."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = sha256()

    def add(self, number: int, line: manifest.Line) -> None:
        """One more line, of the seal `number`."""
        self.rows += 1
        self._sum.update(struct.pack(">QI16s32s", number, line.place, line.id.bytes, line.leaf))

    def digest(self) -> bytes:
        """The digest over the lines so far, 32 bytes."""
        return self._sum.digest()
