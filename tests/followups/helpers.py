"""Follow-ups for tests: their times moved as the owner would, their notices read as the system."""

from datetime import timedelta
from uuid import uuid4

from agencies.acting import acting_as
from agencies.models import Membership
from cases.models import CaseEvent
from common.acting import SystemContext, system_context
from common.clock import now
from followups import planning
from followups.models import FollowUp, FollowUpKind
from notifications.models import Notice


def make_due(owner, *follow_ups: FollowUp, hours: float = 0) -> None:
    """Let the J+2 moment be `hours` ago."""
    at = now() - timedelta(hours=hours)
    for follow_up in follow_ups or [None]:
        owner.execute(
            "UPDATE followups_followup SET due_at = %s, remind_at = %s WHERE %s OR id = %s",
            [at, at, follow_up is None, follow_up.pk if follow_up else None],
        )


def next_step_is_due(owner) -> None:
    """Let the time of the next notice come."""
    owner.execute("UPDATE followups_followup SET remind_at = now() WHERE remind_at IS NOT NULL")


def plan_many(by: Membership, model: FollowUp, count: int) -> None:
    """As many more follow-ups like `model`, already due."""
    with acting_as(by):
        for _number in range(count):
            planning.plan(
                by=by,
                case=model.case,
                kind=FollowUpKind.J2_CONTACT,
                agency=model.agency,
                source_id=uuid4(),
                due_at=now() - timedelta(minutes=5),
                about=model.about,
                policy=model.policy,
            )


def the_follow_up() -> FollowUp:
    with system_context(SystemContext.REMINDERS):
        return FollowUp.objects.select_related("case", "agency", "policy").get()


def notices() -> list[Notice]:
    with system_context(SystemContext.NOTICES):
        return list(Notice.objects.order_by("created_at", "pk"))


def told() -> set:
    """Who has a notice."""
    return {notice.recipient_id for notice in notices()}


def events(member: Membership, code: str) -> list[CaseEvent]:
    """The lines of the timeline this member may read."""
    with acting_as(member):
        return list(CaseEvent.objects.filter(code=code).order_by("at"))
