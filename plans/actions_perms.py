"""Who plans an action, who may be given it, who says what became of it, who agrees on the plan. Pure predicates."""

from agencies.models import Membership
from cases.access import CaseAccess
from cases.enums import CONTRIBUTE, COORDINATE, Category, ParticipationSide, Side
from cases.models import CasePerson
from cases.perms import never_his
from cases.who_sees import Reader

from .models import ActionOwner, OwnerWay

ACROSS = {Side.VICTIM: ParticipationSide.PERPETRATOR, Side.PERPETRATOR: ParticipationSide.VICTIM}
"""Whom an action of a side is never given to: who works with the other one."""


def side_of(person: CasePerson | None) -> Side:
    """The side an action stands on: his where it is about him, else hers (children, relatives, the case itself)."""
    return Side.PERPETRATOR if person is not None and person.side == Side.PERPETRATOR else Side.VICTIM


def may_plan(access: CaseAccess, side: str) -> bool:
    """Plan an action of this side: who adds to the case and may know which services take part there; on his side, what
    is about him alone.
    """
    if never_his(access) and side != Side.PERPETRATOR:
        return False
    return access.contribute and access.can(Category.NETWORK, side)


def may_plan_any(access: CaseAccess) -> bool:
    """Plan at least one."""
    return any(may_plan(access, side) for side in (Side.VICTIM, Side.PERPETRATOR))


def reads_plan(access: CaseAccess) -> bool:
    """Whether the plan as a whole is open: what is agreed on is never told on his side."""
    return access.can(Category.NETWORK, Side.VICTIM) and not never_his(access)


def may_own(reader: Reader, side: str) -> bool:
    """Whether a service of the case may be given an action of this side: it adds to the case, and does not work with
    the other one. Its own answer is then no secret to who reads the action.
    """
    return reader.access.has(CONTRIBUTE) and reader.access.side != ACROSS[Side(side)]


def may_change(access: CaseAccess, agency_id: object, side: str) -> bool:
    """Put another action in the place of one: the service that planned it."""
    return may_plan(access, side) and agency_id == access.agency_id


def may_say(by: Membership, access: CaseAccess, owner: ActionOwner, *, falls_to_us: bool) -> bool:
    """Say what became of an action for one of its owners: that service; who planned it for one without an account; for
    one that takes part no more, who leads the case or answers instead (`falls_to_us`).
    """
    if not access.contribute or (never_his(access) and owner.side != Side.PERPETRATOR):
        return False
    if owner.owner_id == by.agency_id:
        return True
    if owner.way == OwnerWay.LETTER:
        return owner.agency_id == by.agency_id
    return falls_to_us and access.can(Category.NETWORK, owner.side)


def answers_for(access: CaseAccess, *, another: bool) -> bool:
    """Answer for the plan and for close monitoring: the coordination that takes part; where there is none, who answers
    for the case (`another` where that is somebody else). Never on his side.
    """
    return access.contribute and reads_plan(access) and (access.has(COORDINATE) or not another)
