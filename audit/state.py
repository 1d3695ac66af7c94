"""What may be said of the seals to somebody who reads no row: up to when, the last root, the last check."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from common.acting import SystemContext, system_context

from . import sealing
from .models import Anchor, Certificate, Channel, Seal, Verification

PAST = 30  # checks
MONTHS = 240  # of certificates


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
        checked = Verification.objects.filter(finished_at__isnull=False).order_by("-finished_at").first()
        oldest = sealing.oldest_waiting()
    until = None if seal is None else min(oldest or seal.taken_at, seal.taken_at)
    return Proof(until, seal, checked)


def grouped(digest: bytes) -> str:
    """A digest as people compare it: groups of eight signs."""
    text = digest.hex()
    return " ".join(text[at : at + 8] for at in range(0, len(text), 8))


@dataclass(frozen=True)
class Sent:
    """Up to which seal the roots have left by a channel and when; None where none has yet."""

    channel: Channel
    upto: int | None
    sent_at: datetime | None


@dataclass(frozen=True)
class Overview:
    """All that is told of the seals on the page of the proof; lists with the latest first."""

    proof: Proof
    since: datetime | None
    waiting: sealing.Waiting
    under_way: Verification | None
    sent: list[Sent]
    certificates: list[Certificate]
    past: list[Verification]


def overview() -> Overview:
    """The state of the seals now, whole. The same number of queries however many there are."""
    found, waiting = proof(), sealing.waiting()
    with system_context(SystemContext.SEALING):
        left = {one.channel: one for one in Anchor.objects.order_by("channel", "-upto_id").distinct("channel")}
        unfinished = Verification.objects.filter(finished_at__isnull=True).order_by("asked_at").first()
        past = Verification.objects.filter(finished_at__isnull=False).defer("dropped").order_by("-finished_at")
        return Overview(
            proof=found,
            since=Seal.objects.order_by("number").values_list("taken_at", flat=True).first(),
            waiting=waiting,
            under_way=unfinished,
            sent=[
                Sent(channel, one.upto_id if one else None, one.sent_at if one else None)
                for channel in Channel
                for one in [left.get(channel)]
            ],
            certificates=list(Certificate.objects.order_by("-month", "trail")[:MONTHS]),
            past=list(past[:PAST]),
        )


def last_roots(most: int) -> list[Seal]:
    """The last seals, the oldest of them first, without their rows."""
    with system_context(SystemContext.SEALING):
        return list(Seal.objects.defer("manifest").order_by("-number")[:most])[::-1]


def found_since(moment: datetime) -> list[UUID]:
    """The checks finished since then that found something."""
    with system_context(SystemContext.SEALING):
        rows = Verification.objects.filter(found__gt=0, finished_at__gte=moment).order_by("finished_at")
        return list(rows.values_list("pk", flat=True))
