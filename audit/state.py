"""What may be said of the seals to somebody who reads no row: up to when, the last root, the last check."""

from dataclasses import dataclass
from datetime import datetime

from common.acting import SystemContext, system_context

from . import sealing
from .models import Seal, Verification


@dataclass(frozen=True)
class Proof:
    """`seal` is the last one and `checked` the last finished check, None where there is none yet."""

    sealed_until: datetime | None
    seal: Seal | None
    checked: Verification | None

    @property
    def root(self) -> str:
        """The last root in hexadecimal, in groups of eight."""
        return grouped(bytes(self.seal.root)) if self.seal else ""


def proof() -> Proof:
    """The state of the seals now. The same number of queries however many there are.

    Every row of both trails written before `sealed_until` is sealed, the transactions still open left aside.
    """
    with system_context(SystemContext.SEALING):
        seal = Seal.objects.defer("manifest").order_by("-number").first()
        checked = (
            Verification.objects.filter(finished_at__isnull=False)
            .defer("findings", "dropped")
            .order_by("-finished_at")
            .first()
        )
        oldest = sealing.oldest_waiting()
    until = None if seal is None else min(oldest or seal.taken_at, seal.taken_at)
    return Proof(until, seal, checked)


def grouped(digest: bytes) -> str:
    """A digest as people compare it: groups of eight signs."""
    text = digest.hex()
    return " ".join(text[at : at + 8] for at in range(0, len(text), 8))
