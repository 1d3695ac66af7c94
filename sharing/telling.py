"""Who is told that another service works with the same person. Pure: the services and the tests ask the same functions.

Between police zones and prosecutors both are told. Where the holder is bound by professional secrecy only the holder is
told, and decides. A service bound by secrecy that opens a case is told of to nobody: that the person came to it is its
secret [to be confirmed by a jurist].
"""

from dataclasses import dataclass

from agencies.enums import INVESTIGATORS
from cases.enums import ParticipationSide


@dataclass(frozen=True)
class Told:
    """Which of the two services is told."""

    new: bool = False
    holder: bool = False

    def __bool__(self) -> bool:
        return self.new or self.holder


def told(*, new_kind: str, holder_kind: str) -> Told:
    """Whom the kinds of two services let one tell: the one that has just opened a case, the one that held it before."""
    if new_kind not in INVESTIGATORS:
        return Told()
    return Told(new=holder_kind in INVESTIGATORS, holder=True)


def concerns(*, works_with: str, person_side: str) -> bool:
    """Whether a service may be told on the basis of a person on this side: one it works with, never the other one."""
    return works_with in (ParticipationSide.NEUTRAL, person_side)
