"""The life of a referral: what may follow what, and whose act it is. Pure; services and buttons ask the same table."""

from dataclasses import dataclass
from enum import StrEnum

from cases.enums import EventCode

from .models import ReferralState


class Act(StrEnum):
    RECEIVE = "receive"
    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    BEGIN = "begin"
    COMPLETE = "complete"
    EXPIRE = "expire"


@dataclass(frozen=True)
class Step:
    """Where an act leads, whether the sender or the receiver does it (None: nobody, time does), and the line it leaves
    in the timeline.
    """

    to: ReferralState
    by_sender: bool | None
    event: EventCode


STEPS = {
    Act.RECEIVE: Step(ReferralState.RECEIVED, by_sender=False, event=EventCode.REFERRAL_RECEIVED),
    Act.ACCEPT: Step(ReferralState.ACCEPTED, by_sender=False, event=EventCode.REFERRAL_ACCEPTED),
    Act.DECLINE: Step(ReferralState.DECLINED, by_sender=False, event=EventCode.REFERRAL_DECLINED),
    Act.WITHDRAW: Step(ReferralState.WITHDRAWN, by_sender=True, event=EventCode.REFERRAL_WITHDRAWN),
    Act.BEGIN: Step(ReferralState.IN_PROGRESS, by_sender=False, event=EventCode.REFERRAL_BEGUN),
    Act.COMPLETE: Step(ReferralState.COMPLETED, by_sender=False, event=EventCode.REFERRAL_COMPLETED),
    Act.EXPIRE: Step(ReferralState.EXPIRED, by_sender=None, event=EventCode.REFERRAL_EXPIRED),
}

TRANSITIONS: dict[ReferralState, tuple[Act, ...]] = {
    ReferralState.QUEUED: (Act.WITHDRAW, Act.EXPIRE),
    ReferralState.SENT: (Act.RECEIVE, Act.ACCEPT, Act.DECLINE, Act.WITHDRAW, Act.EXPIRE),
    ReferralState.RECEIVED: (Act.ACCEPT, Act.DECLINE, Act.WITHDRAW, Act.EXPIRE),
    ReferralState.ACCEPTED: (Act.BEGIN, Act.COMPLETE),
    ReferralState.IN_PROGRESS: (Act.COMPLETE,),
    ReferralState.COMPLETED: (),
    ReferralState.DECLINED: (),
    ReferralState.WITHDRAWN: (),
    ReferralState.EXPIRED: (),
}

ENDS = frozenset({Act.DECLINE, Act.WITHDRAW, Act.COMPLETE, Act.EXPIRE})
"""After these nothing follows."""


def acts_from(state: str, *, as_sender: bool) -> tuple[Act, ...]:
    """What one side may do of a referral in this state."""
    return tuple(act for act in TRANSITIONS[ReferralState(state)] if STEPS[act].by_sender is as_sender)
