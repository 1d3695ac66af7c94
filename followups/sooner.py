"""What is owed is told sooner than planned, while a case is watched closely."""

from datetime import timedelta

from cases.models import Case
from common.acting import SystemContext, system_context
from common.clock import now

from .models import FollowUp, FollowUpKind


def hasten(*, case: Case, kind: FollowUpKind, hours: int) -> int:
    """Tell what is open of this kind `hours` before it is due, unless it was told already; returns how many moved."""
    moved = 0
    with system_context(SystemContext.REMINDERS):
        rows = FollowUp.objects.select_for_update(of=("self",)).filter(
            case=case, kind=kind, settled_at=None, step=0, reminded_at=None, remind_at__isnull=False
        )
        for follow_up in rows.order_by("pk"):
            at = max(now(), follow_up.due_at - timedelta(hours=hours))
            if at < follow_up.remind_at:
                follow_up.remind_at = at
                follow_up.save(update_fields=["remind_at"])
                moved += 1
    return moved
