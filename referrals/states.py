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


@dataclass(frozen=True)
class Step:
    """Where an act leads, whether the sender or the receiver does it, and the line it leaves in the timeline."""

    to: ReferralState
    by_sender: bool
    event: EventCode


STEPS = {
    Act.RECEIVE: Step(ReferralState.RECEIVED, by_sender=False, event=EventCode.REFERRAL_RECEIVED),
    Act.ACCEPT: Step(ReferralState.ACCEPTED, by_sender=False, event=EventCode.REFERRAL_ACCEPTED),
    Act.DECLINE: Step(ReferralState.DECLINED, by_sender=False, event=EventCode.REFERRAL_DECLINED),
    Act.WITHDRAW: Step(ReferralState.WITHDRAWN, by_sender=True, event=EventCode.REFERRAL_WITHDRAWN),
}

TRANSITIONS: dict[ReferralState, tuple[Act, ...]] = {
    ReferralState.SENT: (Act.RECEIVE, Act.ACCEPT, Act.DECLINE, Act.WITHDRAW),
    ReferralState.RECEIVED: (Act.ACCEPT, Act.DECLINE, Act.WITHDRAW),
    ReferralState.ACCEPTED: (),
    ReferralState.DECLINED: (),
    ReferralState.WITHDRAWN: (),
}


def acts_from(state: str, *, as_sender: bool) -> tuple[Act, ...]:
    """What one side may do of a referral in this state."""
    return tuple(act for act in TRANSITIONS[ReferralState(state)] if STEPS[act].by_sender == as_sender)
