"""Requests for an interpreter that nobody moves on: whoever has to is reminded, and who asked is told to call or to ask
elsewhere while there is still time. Nothing of the case is said.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog
from django.db.models.functions import Now
from django.urls import reverse

from agencies.models import Membership
from agencies.services import writers_by_agency
from cases.access import Participants, participants
from cases.models import Case
from common.acting import SystemContext, system_context
from common.clock import now
from notifications.models import NoticeKind
from notifications.services import notify
from referrals.interpreting import MOVING, who_asked
from referrals.interpreting_rules import LONGEST_ANSWER
from referrals.models import InterpreterRequest, InterpretingState

from . import schedule
from .models import INTERPRETER
from .perms import rung
from .planning import as_schedule, policy_for

log = structlog.get_logger(__name__)

BATCH = 200


def remind() -> int:
    """Tell who has to move, and who waits for it, one step further each time; returns how many requests went on."""
    with system_context(SystemContext.REMINDERS):
        late = list(
            InterpreterRequest.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(state__in=MOVING, remind_at__lte=Now())
            .order_by("remind_at", "pk")[:BATCH]
        )
        if not late:
            return 0
        policy = as_schedule(policy_for(INTERPRETER))
        working = participants({Case(pk=each.case_id) for each in late})
        teams = writers_by_agency({agency for each in late for agency in (each.from_agency_id, each.to_agency_id)})
        for each in late:
            at = now()
            if each.at > at:  # nobody is told of an hour that has passed
                _tell(each, working, teams)
            each.remind_at = _next(each, at, policy)
            each.step += 1
            each.save(update_fields=["remind_at", "step"])
    return len(late)


def _tell(request: InterpreterRequest, working: Participants, teams: dict[object, list[Membership]]) -> None:
    case = Case(pk=request.case_id)
    asking = working.among(case, teams.get(request.from_agency_id, []))
    if request.state == InterpretingState.SENT:
        asked = teams.get(request.to_agency_id, [])
        asked = [member for member in asked if working.may_be_asked(case, member.user_id)]
        _write(request, rung(asked, step=request.step), outside=True)
        _write(request, who_asked(request, asking))
    else:
        _write(request, rung(asking, step=request.step, holder=request.asked_by_id))


def _write(request: InterpreterRequest, recipients: Sequence[Membership], *, outside: bool = False) -> None:
    if not recipients:
        log.error("interpreter_reminder_without_recipient", request_id=str(request.pk), step=request.step)
    notify(
        recipients=recipients,
        kind=NoticeKind.INTERPRETER_LATE,
        path=reverse("referrals:interpreter", args=[request.pk]),
        # asked again, the steps begin anew at another moment
        dedupe_key=f"interpreter:{request.pk}:late:{request.remind_at.isoformat()}",
        case_id=None if outside else request.case_id,
    )


def _next(request: InterpreterRequest, at: datetime, policy: schedule.Policy) -> datetime | None:
    """The step after this one, sooner where the appointment is near; None once its hour has passed."""
    left = min(request.at - request.answer_due_at, LONGEST_ANSWER)
    wanted = schedule.next_reminder(request.step, request.answer_due_at, at, schedule.hastened(policy, given=left / 2))
    return wanted if wanted is not None and wanted < request.at else None
