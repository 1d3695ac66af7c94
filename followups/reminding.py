"""What is due is told, step by step, by whichever worker comes first; never forgotten by a queue."""

import time
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models.functions import Now
from psycopg.errors import LockNotAvailable

from agencies.models import Membership
from agencies.services import writers_by_agency, writers_of
from cases.access import Participants, participants, workers
from cases.enums import Category, EventCode, Side
from cases.services import log_event
from common.acting import SystemContext, system_context
from common.clock import now
from notifications.models import Notice, NoticeKind
from notifications.services import compose, deliver, notify
from referrals.models import Referral

from . import ladders, leaving, schedule
from .models import FollowUp, FollowUpKind
from .perms import recipients_of
from .planning import as_schedule
from .wording import path_of

log = structlog.get_logger(__name__)

EVENT_PLACE = {
    FollowUpKind.J2_CONTACT: (Category.CONTACT, Side.VICTIM),
    FollowUpKind.REASSESSMENT: (Category.LEVEL, Side.CASE),
    FollowUpKind.REFERRAL_ANSWER: (Category.NETWORK, Side.VICTIM),
    FollowUpKind.REQUEST_ANSWER: (Category.NETWORK, Side.VICTIM),
    FollowUpKind.WITHDRAWAL_CHECK: (Category.CONTACT, Side.VICTIM),
    FollowUpKind.VERIFICATION: (Category.LEVEL, Side.CASE),
    FollowUpKind.COORDINATED_PLAN: (Category.NETWORK, Side.VICTIM),
    FollowUpKind.CLASSIFICATION: (Category.FACTS, Side.CASE),
    FollowUpKind.PROSECUTOR_DECISION: (Category.JUDICIAL, Side.CASE),
    FollowUpKind.APPOINTMENT: (Category.CONTACT, Side.VICTIM),
    FollowUpKind.LEAD_HANDOVER: (Category.NETWORK, Side.VICTIM),
    FollowUpKind.SUPERVISION: (Category.NETWORK, Side.VICTIM),
    FollowUpKind.MEASURE_END: (Category.JUDICIAL, Side.CASE),
    FollowUpKind.ACTION: (Category.NETWORK, Side.VICTIM),
    FollowUpKind.MONITORING: (Category.LEVEL, Side.CASE),
    FollowUpKind.RELEASE: (Category.CONTACT, Side.VICTIM),
    FollowUpKind.PROGRAMME_ALERT: (Category.CONTACT, Side.VICTIM),
}
"""Where a reminder stands in the timeline: never where his side would read which service owes her something."""

NOT_ON_RECORD = frozenset(
    {
        FollowUpKind.PROSECUTOR_DECISION,
        FollowUpKind.APPOINTMENT,
        FollowUpKind.DETENTION,
        FollowUpKind.MEASURE_END,
        FollowUpKind.PROGRAMME_ALERT,
        FollowUpKind.MONITORING,
    }
)
"""Reminders that leave no line: a decision that waits at the prosecutor’s is between that office and the police, and
what became of an appointment is asked of the service that made it, whichever side the person is on. An alert of his
programme is between that service and whoever coordinates.
"""

ALSO_WHEN_CLOSED = frozenset({FollowUpKind.RELEASE, FollowUpKind.PROGRAMME_ALERT})
"""What is reminded in a closed case too: that he is out is told to her, and a threat heard in his programme reaches her
service, whatever was closed meanwhile.
"""

FALLS_AT_ONCE = frozenset({FollowUpKind.ACTION, FollowUpKind.MONITORING})
"""What somebody else owes as soon as its agency takes part no more: a plan for her does not wait for the next step."""


DAY_BEFORE_TOO = frozenset({FollowUpKind.MEASURE_END})
"""What is told three days ahead by its policy, and once more the day before: time is left to extend it."""


def send_due_reminders(*, batch: int = 50, seconds: float = 60) -> int:
    """Write the notices of every follow-up whose time has come; returns how many went out.

    Any number of dispatchers may run at once: each claims rows nobody else holds and writes their notices in the same
    short transaction, so that one killed in the middle has written nothing. Stops after `seconds`; the next call goes
    on. A follow-up that cannot be reminded (its error is logged) holds up no other and is tried again next time.
    """
    _call_up_what_was_left()
    until = time.monotonic() + seconds
    failed: set[UUID] = set()
    sent = 0
    while True:
        with system_context(SystemContext.REMINDERS):
            due = _claim(batch, without=failed)
            if not due:
                return sent
            with connection.cursor() as cursor:
                # Somebody at work in a case goes first: the reminder gives way before PostgreSQL sees a deadlock (1 s).
                cursor.execute("SET LOCAL lock_timeout = '800ms'")
            working = participants({follow_up.case for follow_up in due})
            members = writers_by_agency({follow_up.agency_id for follow_up in due})
            notices: list[Notice] = []
            for follow_up in due:
                try:
                    with transaction.atomic():
                        team = members.get(follow_up.agency_id, [])
                        written = _remind(follow_up, working=working, members=team)
                except Exception as error:
                    if isinstance(error.__cause__, LockNotAvailable):
                        log.info("reminder_gives_way", followup_id=str(follow_up.pk))
                    else:
                        failed.add(follow_up.pk)
                        log.exception("reminder_failed", followup_id=str(follow_up.pk))
                    continue
                if written is not None:
                    sent += 1
                    notices += written
            deliver(notices)
        if time.monotonic() > until:
            return sent


def _call_up_what_was_left() -> None:
    """What is owed of a plan by an agency that takes part no more has its time now, however its part ended: a decision
    taken back, a consent withdrawn or run out.
    """
    with system_context(SystemContext.REMINDERS):
        later = FollowUp.objects.filter(
            kind__in=FALLS_AT_ONCE, settled_at=None, remind_at__gt=Now(), case__closed_at=None
        )
        owing = list(later.values_list("pk", "case_id", "agency__group_id"))
    if not owing:
        return
    working = {(each.case_id, each.group_id) for each in workers({case_id for _pk, case_id, _group in owing})}
    left = [pk for pk, case_id, group_id in owing if (case_id, group_id) not in working]
    if not left:
        return
    with system_context(SystemContext.REMINDERS):
        rows = later.filter(pk__in=left).select_for_update(skip_locked=True, of=("self",))
        for follow_up in rows.annotate(at=Now()):
            follow_up.remind_at = follow_up.at
            follow_up.save(update_fields=["remind_at"])


def _claim(batch: int, *, without: set[UUID]) -> list[FollowUp]:
    """Rows whose time has come by the database's clock and that no other dispatcher holds, locked."""
    due = (
        FollowUp.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("case__lead_agency", "agency", "policy", "assigned_to")
        .annotate(claimed_at=Now())
        .filter(settled_at=None, remind_at__lte=Now())
        .exclude(pk__in=without)
        .order_by("remind_at", "pk")[:batch]
    )
    # Events touch the case's rows in turn: always in the same order, so that two dispatchers never wait for each other.
    return sorted(due, key=lambda follow_up: (follow_up.case_id, follow_up.remind_at))


def _remind(follow_up: FollowUp, *, working: Participants, members: list[Membership]) -> list[Notice] | None:
    """Go one step on and return the notices to write; None, and no more reminders, for what can no longer be done."""
    # Who is asked to answer a referral takes part only once it has accepted.
    asked = follow_up.kind == FollowUpKind.REFERRAL_ANSWER
    owing = asked or working.takes_part(follow_up.case, follow_up.agency)
    ladder = ladders.of(follow_up.kind)
    if ladder is not None:
        stand = ladder.look(follow_up, owing)
        if stand == "over":
            return None
        if stand == "alone":
            owing, members = True, []
    if not owing and follow_up.case.closed_at is None and leaving.passed_on(follow_up, working):
        return None
    if not owing or (follow_up.case.closed_at is not None and follow_up.kind not in ALSO_WHEN_CLOSED):
        # Stays open: should the agency take part again, the follow-up stands late in its list.
        follow_up.remind_at = None
        follow_up.save(update_fields=["remind_at"])
        log.info("reminder_dropped", followup_id=str(follow_up.pk))
        return None
    at, step, policy = follow_up.claimed_at, follow_up.step, as_schedule(follow_up.policy)
    soon = bool(policy.remind_before_hours) and at < follow_up.due_at
    # in a restricted case, who is asked is named only once they are in; a sender that asks by letter is in
    outside = asked and follow_up.agency_id != follow_up.planned_by_agency_id
    may = working.may_be_asked if outside else working.may_know
    recipients = recipients_of(follow_up, [each for each in members if may(follow_up.case, each.user_id)])
    if not recipients:
        log.error("reminder_without_recipient", followup_id=str(follow_up.pk), step=step)
    notices = compose(
        recipients=recipients,
        kind=(ladder and ladder.notice) or _notice_of(step, soon=soon),
        path=path_of(follow_up),
        # Each moment of a follow-up is told once; after an attempt the steps start again at another moment.
        dedupe_key=f"follow_up:{follow_up.pk}:{step}:{follow_up.remind_at.isoformat()}",
        case_id=follow_up.case_id,
    )
    if asked and step:
        notices += _tell_who_waits(follow_up, working)
    if follow_up.kind not in NOT_ON_RECORD:
        category, side = EVENT_PLACE[follow_up.kind]
        log_event(
            by=None,
            case=follow_up.case,
            code=EventCode.REMINDER_SENT,
            category=category,
            side=side,
            payload={"follow_up": str(follow_up.pk), "kind": follow_up.kind, "step": step},
            next_agency=follow_up.agency,
            next_act=follow_up.kind,
            next_due_at=follow_up.due_at,
        )
    follow_up.reminded_at = at
    if soon:
        # told in time: once more when it is due, and only then is silence counted
        follow_up.remind_at = _before(follow_up, at) or follow_up.due_at
        follow_up.save(update_fields=["reminded_at", "remind_at"])
        return notices
    follow_up.step = step + 1
    if asked:
        policy = schedule.hastened(policy, given=follow_up.due_at - follow_up.created_at)
    follow_up.remind_at = schedule.next_reminder(step, follow_up.due_at, at, policy)
    if follow_up.remind_at is None and ladder is not None and ladder.repeats is not None:
        follow_up.remind_at = at + ladder.repeats
    follow_up.save(update_fields=["step", "reminded_at", "remind_at"])
    return notices


def _before(follow_up: FollowUp, at: datetime) -> datetime | None:
    """The day before, for what is told that day too, however early it was told first."""
    day_before = follow_up.due_at - timedelta(days=1)
    return day_before if follow_up.kind in DAY_BEFORE_TOO and at < day_before else None


def tell_now(follow_up: FollowUp, *, working: Participants, kind: NoticeKind) -> None:
    """Tell of a follow-up with the act it follows from. Where it is due already, the reminder of that step then has
    nothing new to say to who was told.
    """
    members = working.among(follow_up.case, writers_of([follow_up.agency_id]))
    moment = follow_up.remind_at.isoformat() if follow_up.remind_at <= now() else "ahead"
    notify(
        recipients=recipients_of(follow_up, members),
        kind=kind,
        path=path_of(follow_up),
        dedupe_key=f"follow_up:{follow_up.pk}:{follow_up.step}:{moment}",
        case_id=follow_up.case_id,
    )


def _notice_of(step: int, *, soon: bool) -> NoticeKind:
    if soon:
        return NoticeKind.FOLLOW_UP_SOON
    return NoticeKind.FOLLOW_UP_UNANSWERED if step else NoticeKind.FOLLOW_UP_DUE


def _tell_who_waits(follow_up: FollowUp, working: Participants) -> list[Notice]:
    """Who sent a referral is told that its answer stays away, to call or to ask elsewhere; or their colleagues when
    they left or may no longer know. Each time it goes one step up.
    """
    if follow_up.agency_id == follow_up.planned_by_agency_id:
        return []
    sender = Referral.objects.filter(pk=follow_up.source_id).values_list("sent_by", flat=True).first()
    known = working.among(follow_up.case, writers_of([follow_up.planned_by_agency_id]))
    return compose(
        recipients=[each for each in known if each.user_id == sender] or known,
        kind=NoticeKind.REFERRAL_LATE,
        path=path_of(follow_up),
        dedupe_key=f"referral:{follow_up.source_id}:late:{follow_up.step}",
        case_id=follow_up.case_id,
    )
