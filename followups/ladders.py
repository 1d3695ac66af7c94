"""What some kinds of follow-ups do besides the ordinary steps of a reminder; registered by `move`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from notifications.models import NoticeKind

from .models import FollowUp

Stand = Literal["on", "over", "alone"]
"""Whether the reminder goes on, is over (settled by who was asked), or goes on though its agency takes part no more."""


@dataclass(frozen=True)
class Ladder:
    """`look` is asked before each step, with the follow-up and whether its agency still takes part. `repeats`: after
    the last step it is told again after that long, until it is settled. `notice`: in the place of the ordinary kinds.
    """

    look: Callable[[FollowUp, bool], Stand]
    repeats: timedelta | None = None
    notice: NoticeKind | None = None


_ladders: dict[str, Ladder] = {}


def register(kind: str, ladder: Ladder) -> None:
    """Say how a kind is reminded; there is one such answer."""
    _ladders[kind] = ladder


def of(kind: str) -> Ladder | None:
    """How a kind is reminded, where a room above says it."""
    return _ladders.get(kind)
