"""Who does what with a follow-up. Pure predicates: services refuse by them, pages show buttons by them."""

from collections.abc import Sequence

from agencies.enums import VICTIM_CELLS, Role
from agencies.models import Membership
from agencies.perms import may_see_cases
from cases.access import CaseAccess
from cases.enums import Category, Safe, Side
from cases.models import ContactPoint
from cases.perms import in_doubt

from .models import FollowUp, FollowUpKind

LADDER: tuple[frozenset[str], ...] = (
    frozenset({Role.PRACTITIONER, Role.REFERENT}),
    frozenset({Role.REFERENT}),
    frozenset({Role.MANAGER}),
)
"""Whom the notice of each step goes to in the agency that owes it: the team, the reference person, the manager."""


def recipients_of(follow_up: FollowUp, team: Sequence[Membership]) -> list[Membership]:
    """Who of the agency's writing members `team` is told at the follow-up's present step.

    First the person who took it on, else the team; then the reference persons, the case's own included; then the
    managers. A verification begins with the reference persons: the team wrote what is verified. Where a rung is empty
    the next one up, in the end the whole team: silence must reach somebody. A release is told to more at each step.
    """
    first = 1 if follow_up.kind in (FollowUpKind.VERIFICATION, FollowUpKind.CLASSIFICATION) else 0
    rung = min(first + follow_up.step, len(LADDER) - 1)
    if rung == 0 and (own := [member for member in team if member.user_id == follow_up.assigned_to_id]):
        return own
    if follow_up.kind == FollowUpKind.RELEASE:
        # who was told before is told again: it goes on until somebody names who was told
        roles = frozenset().union(*LADDER[: rung + 1])
        return [member for member in team if member.role in roles] or list(team)
    for step in range(rung, len(LADDER)):
        reference_person = follow_up.case.reference_person_id if step == 1 else None
        found = [member for member in team if member.role in LADDER[step] or member.user_id == reference_person]
        if found:
            return found
    return list(team)


def rung(team: Sequence[Membership], *, step: int, holder: object = None) -> list[Membership]:
    """Whom a step of what is of no case goes to: who took it on (`holder`, a user), else the team; then the reference
    persons, then the managers. An empty rung is passed over, and in the end the whole team is told.
    """
    if step == 0 and (own := [member for member in team if member.user_id == holder]):
        return own
    for roles in LADDER[min(step, len(LADDER) - 1) :]:
        if found := [member for member in team if member.role in roles]:
            return found
    return list(team)


def owes(membership: Membership, follow_up: FollowUp) -> bool:
    """Whether the acting agency is the one that has to do it; the one that planned it reads its state only."""
    return membership.agency_id == follow_up.agency_id


def knows_report(access: CaseAccess, follow_up: FollowUp) -> bool:
    """The report's reference travels with her consent to be called, and closes with it; who reads reports keeps it."""
    called = follow_up.agency_id == access.agency_id and access.can(Category.CONTACT, Side.VICTIM)
    return called or access.can(Category.FACTS, Side.CASE)


def may_act(membership: Membership, access: CaseAccess, follow_up: FollowUp) -> bool:
    """Whether this member may take it on and write down how it went."""
    return owes(membership, follow_up) and access.contribute and follow_up.settled_at is None


def may_call(membership: Membership, access: CaseAccess, follow_up: FollowUp) -> bool:
    """Whether her number is opened to this member here: to do what is due, and while contact is shared."""
    return may_act(membership, access, follow_up) and access.can(Category.CONTACT, Side.VICTIM)


def may_dial(point: ContactPoint) -> bool:
    """A number known to be unsafe, or in doubt since the last attempt, is never shown where one is about to call."""
    return point.safe != Safe.NO and point.ended_at is None and not in_doubt(point)


def works_by_neighbourhood(membership: Membership | None) -> bool:
    """Whether this member works in a cell that calls victims, and sees cases there."""
    return may_see_cases(membership) and membership.agency.kind in VICTIM_CELLS


def may_answer_callbacks(membership: Membership | None) -> bool:
    """Whether this member reads the requests to be called back that posters of the cell bring in."""
    return works_by_neighbourhood(membership)
