"""The end of a follow-up: once, by whoever answers for the act it waited for."""

from uuid import UUID

from agencies.models import Membership
from common.acting import SystemContext, system_context
from common.clock import now

from .models import FollowUp, FollowUpKind


def settle(*, by: Membership | None, kind: FollowUpKind, source_id: UUID, outcome: str) -> bool:
    """End the follow-up of an act (a referral answered, a grid signed again); whether one was still open.

    The agency that answers may have no access to the case: the row is found as the system, and `by` stays on record;
    None where a service without an account answers.
    """
    with system_context(SystemContext.REMINDERS):
        follow_up = (
            FollowUp.objects.select_for_update(of=("self",))
            .filter(kind=kind, source_id=source_id, settled_at=None)
            .first()
        )
        if follow_up is None:
            return False
        end(follow_up, by=by, outcome=outcome)
    return True


def end(follow_up: FollowUp, *, by: Membership | None, outcome: str) -> None:
    """Write that a follow-up, read under its lock, has ended and how; who holds it is kept as it stands on the row."""
    follow_up.settled_at = now()
    follow_up.settled_by = by.user if by else None
    follow_up.outcome = outcome
    follow_up.remind_at = None
    follow_up.save(update_fields=["assigned_to", "settled_at", "settled_by", "outcome", "remind_at"])
