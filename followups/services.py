"""What is due: planned in the transaction of the act it follows from, settled once, never forgotten by a queue."""

import json
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Now
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from psycopg.errors import LockNotAvailable

from accounts.models import User
from agencies.models import Agency, Membership, Unit
from agencies.services import writers_by_agency, writers_of
from cases.access import CaseAccess, Participants, for_case, kept_out, participants
from cases.enums import AppointmentOutcome, Category, EventCode, Side, Stage
from cases.models import Case, CasePerson
from cases.services import advance, check, log_event, set_reassess_by, write_note
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken
from common.holidays import is_legal_holiday
from common.ids import uuid7
from notifications.models import Notice, NoticeKind
from notifications.services import compose, deliver, notify
from plans import alert_routes
from plans.models import ActionOutcome, AlertOutcome, LeadState, MeasureAct, StillDetained, Told
from referrals.models import Referral, ReferralState
from reports.models import Decision
from riskassessment.duties import owed
from riskassessment.models import Verdict
from sharing.models import RequestState

from . import ladders, leaving, schedule
from .models import (
    SETTLING_OUTCOMES,
    ContactAttempt,
    FollowUp,
    FollowUpKind,
    FollowUpPolicy,
    Outcome,
    WithdrawalAnswer,
)
from .perms import owes, recipients_of

log = structlog.get_logger(__name__)

LONGEST_WAIT = timedelta(days=7)
"""A next attempt further away than this is a contact forgotten."""

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


DAY_BEFORE_TOO = frozenset({FollowUpKind.MEASURE_END})
"""What is told three days ahead by its policy, and once more the day before: time is left to extend it."""


def policy_for(kind: str) -> FollowUpPolicy:
    """The latest published policy of a kind. Raises LookupError without any."""
    found = FollowUpPolicy.objects.filter(kind=kind).order_by("-version").first()
    if found is None:
        raise LookupError(f"no follow-up policy for {kind}; run load_reference")
    return found


def as_schedule(policy: FollowUpPolicy) -> schedule.Policy:
    """The stored policy as the pure calculation takes it."""
    return schedule.Policy(
        days=policy.days,
        counting=policy.counting,
        escalate_after_hours=tuple(policy.escalate_after_hours),
        remind_before_hours=policy.remind_before_hours,
        version=str(policy.version),
    )


def plan(
    *,
    by: Membership | None,
    case: Case,
    kind: FollowUpKind,
    agency: Agency,
    source_id: UUID,
    due_at: datetime,
    about: CasePerson | None = None,
    policy: FollowUpPolicy | None = None,
    report_reference: str = "",
    planned_by: Agency | None = None,
    assigned_to: User | None = None,
    remind_at: datetime | None = None,
    grid_id: UUID | None = None,
    unit: Unit | None = None,
) -> FollowUp:
    """Owe `kind` to `agency` by `due_at` (UTC), once per `source_id` (the row of the act it follows from).

    `by` is None when the system acts; `planned_by` then names an agency. Told from `remind_at` on, by itself when it
    is due, or before by the policy's hours. Who planned it sees its state: the acting agency, unless `planned_by` says
    otherwise where that agency must not learn who owes it.
    """
    policy = policy or policy_for(kind)
    return FollowUp.objects.create(
        case=case,
        kind=kind,
        about=about,
        source_id=source_id,
        grid_id=grid_id,
        report_reference=report_reference,
        agency=agency,
        unit=unit,
        planned_by_agency=planned_by or by.agency,
        assigned_to=assigned_to,
        policy=policy,
        due_at=due_at,
        remind_at=remind_at or schedule.first_reminder(now(), due_at, as_schedule(policy)),
    )


def plan_j2(
    *,
    by: Membership,
    case: Case,
    about: CasePerson,
    agency: Agency,
    report_id: UUID,
    met_at: datetime,
    reference: str,
    unit: Unit | None = None,
    person: User | None = None,
) -> FollowUp:
    """The J+2 contact, counted from when she was met; late typing makes it due at once.

    `unit` is the neighbourhood of the agency it belongs to, `person` who answers for it there.
    """
    policy = policy_for(FollowUpKind.J2_CONTACT)
    return plan(
        by=by,
        case=case,
        kind=FollowUpKind.J2_CONTACT,
        agency=agency,
        source_id=report_id,
        due_at=schedule.due_at(met_at, as_schedule(policy), is_holiday=is_legal_holiday),
        about=about,
        policy=policy,
        report_reference=reference,
        unit=unit,
        assigned_to=person,
    )


def plan_withdrawal_check(
    *, by: Membership, case: Case, about: CasePerson, agency: Agency, person: User | None, source_id: UUID
) -> FollowUp:
    """Ask her safely whether she was made to withdraw a consent: told at once, to `person` where one is named."""
    policy = policy_for(FollowUpKind.WITHDRAWAL_CHECK)
    return plan(
        by=by,
        case=case,
        kind=FollowUpKind.WITHDRAWAL_CHECK,
        agency=agency,
        source_id=source_id,
        due_at=schedule.due_at(now(), as_schedule(policy), is_holiday=is_legal_holiday),
        about=about,
        policy=policy,
        planned_by=agency,
        assigned_to=person,
        remind_at=now(),
    )


# --- reassessments: one open for each grid ----------------------------------------------------------------------
def reassessments(case: Case, *, lock: bool = True) -> list[FollowUp]:
    """The open reassessments of a case, whoever owes them, the first due first."""
    rows = FollowUp.objects.filter(case=case, kind=FollowUpKind.REASSESSMENT, settled_at=None)
    rows = rows.select_related("agency").order_by("due_at", "pk")
    with system_context(SystemContext.REMINDERS):
        return list(rows.select_for_update(of=("self",)) if lock else rows)


def end_reassessments(*, by: Membership | None, follow_ups: Iterable[FollowUp], outcome: str) -> None:
    """Settle these: "done" by a grid that was signed, "replaced" by another one."""
    with system_context(SystemContext.REMINDERS):
        for follow_up in follow_ups:
            _settle(follow_up, by=by, outcome=outcome)


def plan_reassessment(
    *,
    by: Membership | None,
    case: Case,
    agency: Agency,
    grid_id: UUID | None,
    due_at: datetime,
    source_id: UUID,
    instead_of: Iterable[FollowUp] = (),
    planned_by: Agency | None = None,
    remind_at: datetime | None = None,
) -> FollowUp:
    """Owe the assessment of a case with a grid (None: with any that gives a level) in the place of these.

    Whose act it follows from learns nothing of it, unless `planned_by` says so.
    """
    end_reassessments(by=by, follow_ups=instead_of, outcome="replaced")
    with system_context(SystemContext.REMINDERS):
        taken = FollowUp.objects.filter(kind=FollowUpKind.REASSESSMENT, source_id=source_id, grid=grid_id).exists()
    return plan(
        by=by,
        case=case,
        kind=FollowUpKind.REASSESSMENT,
        agency=agency,
        # the same act may move a date twice: the second row then stands for itself
        source_id=uuid7() if taken else source_id,
        due_at=due_at,
        planned_by=planned_by or agency,
        remind_at=remind_at,
        grid_id=grid_id,
    )


def reassess_sooner(
    *, by: Membership | None, case: Case, source_id: UUID, due_at: datetime, otherwise: Agency | None
) -> list[FollowUp]:
    """Owe the reassessment with each grid of the case by `due_at`: who owes one later owes it sooner, and one that is
    due before stays as it is. Where no grid was ever signed: to who owes one already, else to `otherwise`.

    Told at once. Returns what was brought forward or is new.
    """
    if case.closed_at is not None:
        return []
    waiting = reassessments(case)
    working = participants([case])
    wanted = {each.grid_id: each.agency for each in owed(case)}
    free = [each for each in waiting if each.grid_id is None and working.takes_part(case, each.agency)]
    if free:
        wanted[None] = free[0].agency
    if not wanted and otherwise is not None:
        wanted[None] = otherwise
    planned = []
    for grid_id, agency in wanted.items():
        same = [each for each in waiting if each.grid_id == grid_id]
        if any(each.due_at <= due_at and each.agency_id == agency.pk for each in same):
            continue
        soonest = min([due_at, *(each.due_at for each in same)])
        planned.append(
            plan_reassessment(
                by=by, case=case, agency=agency, grid_id=grid_id, due_at=soonest, source_id=source_id,
                instead_of=same, remind_at=now(),
            )
        )  # fmt: skip
    note_earliest(case)
    return planned


def note_earliest(case: Case) -> None:
    """The case says by when it is assessed again first; where nothing is owed, what its level says."""
    with system_context(SystemContext.REMINDERS):
        waiting = FollowUp.objects.filter(case=case, kind=FollowUpKind.REASSESSMENT, settled_at=None)
        earliest = waiting.aggregate(earliest=Min("due_at"))["earliest"]
        if earliest is not None:
            set_reassess_by(case=case, at=earliest)


# --- reminders ------------------------------------------------------------------------------------------------


def send_due_reminders(*, batch: int = 50, seconds: float = 60) -> int:
    """Write the notices of every follow-up whose time has come; returns how many went out.

    Any number of dispatchers may run at once: each claims rows nobody else holds and writes their notices in the same
    short transaction, so that one killed in the middle has written nothing. Stops after `seconds`; the next call goes
    on. A follow-up that cannot be reminded (its error is logged) holds up no other and is tried again next time.
    """
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
    if not owing and follow_up.case.closed_at is None and _pass_on(follow_up, working):
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


def _pass_on(follow_up: FollowUp, working: Participants) -> bool:
    """A reassessment whose agency has left falls to the one that leads, an alert of his programme to the next service
    that coordinates; either is told at once. Whether it did.
    """
    if follow_up.kind == FollowUpKind.PROGRAMME_ALERT:
        return _send_on(follow_up)
    if follow_up.kind in (FollowUpKind.ACTION, FollowUpKind.MONITORING):
        return leaving.to_the_lead(follow_up, working)
    if follow_up.kind != FollowUpKind.REASSESSMENT:
        return False
    case, lead = follow_up.case, follow_up.case.lead_agency
    if not working.takes_part(case, lead):
        return False
    known = {each.grid_id for each in owed(case) if each.agency.pk == lead.pk}
    grid_id = follow_up.grid_id if follow_up.grid_id in known else None
    if any(each.agency_id == lead.pk and each.grid_id == grid_id for each in reassessments(case)):
        end_reassessments(by=None, follow_ups=[follow_up], outcome="replaced")
        return True
    plan_reassessment(
        by=None,
        case=case,
        agency=lead,
        grid_id=grid_id,
        due_at=follow_up.due_at,
        source_id=follow_up.pk,
        instead_of=[follow_up],
        remind_at=now(),
    )
    return True


def _send_on(follow_up: FollowUp) -> bool:
    found = alert_routes.send_on(follow_up.source_id, case=follow_up.case)
    if found is None:
        return False
    follow_up.agency = follow_up.planned_by_agency = found
    follow_up.assigned_to, follow_up.step, follow_up.remind_at = None, 0, now()
    follow_up.save(update_fields=["agency", "planned_by_agency", "assigned_to", "step", "remind_at"])
    return True


def path_of(follow_up: FollowUp) -> str:
    """The page where the follow-up is done."""
    match follow_up.kind:
        case FollowUpKind.REASSESSMENT:
            return reverse("riskassessment:case_list", args=[follow_up.case_id])
        case FollowUpKind.VERIFICATION:
            return reverse("riskassessment:detail", args=[follow_up.case_id, follow_up.source_id])
        case FollowUpKind.CLASSIFICATION:
            return reverse("casework:verify_classification", args=[follow_up.case_id, follow_up.source_id])
        case FollowUpKind.COORDINATED_PLAN:
            return reverse("casework:coordination", args=[follow_up.case_id])
        case FollowUpKind.LEAD_HANDOVER:
            return reverse("casework:lead", args=[follow_up.case_id])
        case FollowUpKind.SUPERVISION:
            return reverse("casework:closing", args=[follow_up.case_id])
        case FollowUpKind.PROSECUTOR_DECISION:
            return reverse("casework:tracked", args=[follow_up.source_id])
        case FollowUpKind.REFERRAL_ANSWER:
            return reverse("referrals:detail", args=[follow_up.source_id])
        case FollowUpKind.REQUEST_ANSWER:
            return reverse("casework:request", args=[follow_up.source_id])
        case FollowUpKind.APPOINTMENT:
            return reverse("cases:appointment", args=[follow_up.case_id, follow_up.source_id])
        case FollowUpKind.MEASURE_END:
            return reverse("casework:measures", args=[follow_up.case_id])
        case FollowUpKind.PROGRAMME_ALERT:
            return reverse("casework:alert", args=[follow_up.case_id, follow_up.source_id])
        case FollowUpKind.ACTION:
            return reverse("casework:action", args=[follow_up.case_id, follow_up.source_id])
        case FollowUpKind.MONITORING:
            return reverse("casework:coordination", args=[follow_up.case_id])
        case FollowUpKind.DETENTION:
            return reverse("casework:detention", args=[follow_up.case_id, follow_up.source_id])
        case FollowUpKind.RELEASE:
            return reverse("casework:release_alert", args=[follow_up.case_id, follow_up.source_id])
        case _:
            return reverse("followups:detail", args=[follow_up.pk])


def outcome_text(follow_up: FollowUp) -> str:
    """How a follow-up ended, in words; empty while it is open."""
    assessed = {"done": pgettext("follow-up", "done"), "replaced": pgettext("follow-up", "replaced")}
    words = {
        FollowUpKind.J2_CONTACT: dict(Outcome.choices),
        FollowUpKind.REASSESSMENT: assessed,
        FollowUpKind.REFERRAL_ANSWER: dict(ReferralState.choices),
        FollowUpKind.REQUEST_ANSWER: dict(RequestState.choices),
        FollowUpKind.WITHDRAWAL_CHECK: dict(WithdrawalAnswer.choices),
        FollowUpKind.VERIFICATION: dict(Verdict.choices) | assessed,
        FollowUpKind.CLASSIFICATION: {
            "confirmed": pgettext("classification", "confirmed"),
            "corrected": pgettext("classification", "corrected"),
        },
        FollowUpKind.COORDINATED_PLAN: assessed,
        FollowUpKind.APPOINTMENT: dict(AppointmentOutcome.choices),
        FollowUpKind.LEAD_HANDOVER: dict(LeadState.choices),
        FollowUpKind.SUPERVISION: {
            "closed": pgettext("supervision", "the case was closed"),
            "extended": pgettext("supervision", "extended"),
            "reopened": pgettext("supervision", "the case was opened again"),
        },
        FollowUpKind.ACTION: dict(ActionOutcome.choices) | assessed,
        FollowUpKind.MONITORING: assessed,
        FollowUpKind.MEASURE_END: dict(MeasureAct.choices),
        FollowUpKind.PROGRAMME_ALERT: dict(AlertOutcome.choices),
        FollowUpKind.PROSECUTOR_DECISION: dict(Decision.choices),
        FollowUpKind.DETENTION: dict(StillDetained.choices) | {"released": _("released")} | assessed,
        FollowUpKind.RELEASE: dict(Told.choices) | assessed,
    }
    return str(words[FollowUpKind(follow_up.kind)].get(follow_up.outcome, ""))


# --- doing it -------------------------------------------------------------------------------------------------


def get_follow_up(
    follow_up_id: UUID, membership: Membership | None, *, lock: bool = False
) -> tuple[FollowUp, CaseAccess]:
    """A follow-up the acting agency owes or planned, with the access to its case; Http404 for everybody else."""
    found = FollowUp.objects.visible_to(membership).select_related("case__lead_agency", "agency", "about__person")
    if lock:
        found = found.select_for_update(of=("self",))
    follow_up = found.filter(pk=follow_up_id).first()
    if follow_up is None:
        raise Http404
    return follow_up, for_case(follow_up.case, membership)


def _to_act_on(by: Membership, follow_up_id: UUID) -> tuple[FollowUp, CaseAccess]:
    """The follow-up, locked, for an act of the agency that owes it; settled or not."""
    follow_up, access = get_follow_up(follow_up_id, by, lock=True)
    if not owes(by, follow_up):
        raise Refused(_("Only the agency that has to make this contact can write in it."))
    if not access.contribute:
        raise Refused(_("You can read this case but not add to it."))
    return follow_up, access


def claim(*, by: Membership, follow_up_id: UUID, held_by: UUID | None) -> FollowUp:
    """Take it on, from nobody or from the colleague `held_by` who was seen to hold it.

    Raises RuleBroken when it is settled or changed hands meanwhile, Refused for who may not act, Http404.
    """
    follow_up, _access = _to_act_on(by, follow_up_id)
    if follow_up.settled_at:
        raise RuleBroken(_("This contact is already settled."))
    if follow_up.assigned_to_id == by.user_id:
        return follow_up
    if follow_up.assigned_to_id != held_by:
        raise RuleBroken(_("A colleague took this on in the meantime."))
    follow_up.assigned_to = by.user
    follow_up.save(update_fields=["assigned_to"])
    return follow_up


def record_attempt(
    *,
    by: Membership,
    follow_up_id: UUID,
    request_key: UUID,
    outcome: str,
    alone_asked: bool = False,
    frame_explained: bool = False,
    hearing_prepared: bool = False,
    accompaniment_offered: bool = False,
    housing_checked: bool = False,
    income_checked: bool = False,
    note: str = "",
    next_at: datetime | None = None,
) -> ContactAttempt:
    """Write down how a J+2 contact went; reached or declined settles it, anything else says when it is tried again.

    The same `request_key` sent again gives the same attempt. Raises RuleBroken by field, Refused for who may not act,
    Http404 for who may not know.
    """
    follow_up, access = _to_act_on(by, follow_up_id)
    already = ContactAttempt.objects.filter(follow_up=follow_up, request_key=request_key).first()
    if already is not None:
        return already
    _check_attempt(follow_up, outcome, next_at)
    written = None
    if note.strip():
        written = write_note(
            by=by,
            case=follow_up.case,
            access=access,
            category=Category.PSYCHOSOCIAL,
            side=Side.VICTIM,
            statements=note,
        )
    attempt = ContactAttempt(
        case=follow_up.case,
        follow_up=follow_up,
        outcome=outcome,
        alone_asked=alone_asked,
        frame_explained=frame_explained,
        hearing_prepared=hearing_prepared,
        accompaniment_offered=accompaniment_offered,
        housing_checked=housing_checked,
        income_checked=income_checked,
        note=written,
        next_at=next_at,
        request_key=request_key,
        agency=by.agency,
        author=by.user,
    )
    check(attempt)
    attempt.save(force_insert=True)
    if follow_up.assigned_to_id is None:
        follow_up.assigned_to = by.user
    if outcome in SETTLING_OUTCOMES:
        _settle(follow_up, by=by, outcome=outcome)
        if outcome == Outcome.REACHED:
            advance(case=follow_up.case, stage=Stage.FOLLOWED)
        code = EventCode.J2_DONE if outcome == Outcome.REACHED else EventCode.J2_STOPPED
    else:
        follow_up.remind_at, follow_up.step = next_at, 0
        follow_up.save(update_fields=["assigned_to", "remind_at", "step"])
        code = EventCode.J2_ATTEMPT
    settled = follow_up.settled_at is not None
    log_event(
        by=by,
        case=follow_up.case,
        code=code,
        category=Category.CONTACT,
        side=Side.VICTIM,
        payload={"follow_up": str(follow_up.pk), "attempt": str(attempt.pk), "outcome": outcome},
        next_agency=None if settled else follow_up.agency,
        next_act="" if settled else follow_up.kind,
        next_due_at=next_at,
    )
    return attempt


def answer_withdrawal_check(
    *, by: Membership, follow_up_id: UUID, answer: str, note: str = "", next_at: datetime | None = None
) -> FollowUp:
    """Write down what she said about a consent she withdrew; not reached says when it is tried again.

    Answering again what is settled changes nothing. Raises RuleBroken by field, Refused for who may not act, Http404.
    """
    follow_up, access = _to_act_on(by, follow_up_id)
    if follow_up.kind != FollowUpKind.WITHDRAWAL_CHECK:
        raise RuleBroken(_("This is asked after a consent was withdrawn only."))
    if follow_up.settled_at is not None:
        return follow_up
    if answer not in WithdrawalAnswer.values:
        raise RuleBroken({"answer": [_("Say what she answered.")]})
    again = answer == WithdrawalAnswer.NOT_REACHED
    if error := _next_problem(next_at, settles=not again):
        raise RuleBroken({"next_at": [error]})
    if note.strip():
        write_note(
            by=by,
            case=follow_up.case,
            access=access,
            category=Category.PSYCHOSOCIAL,
            side=Side.VICTIM,
            statements=note,
        )
    if follow_up.assigned_to_id is None:
        follow_up.assigned_to = by.user
    if again:
        follow_up.remind_at, follow_up.step = next_at, 0
        follow_up.save(update_fields=["assigned_to", "remind_at", "step"])
    else:
        _settle(follow_up, by=by, outcome=answer)
    log_event(
        by=by,
        case=follow_up.case,
        code=EventCode.WITHDRAWAL_CHECKED,
        category=Category.CONTACT,
        side=Side.VICTIM,
        payload={"follow_up": str(follow_up.pk), "answer": answer},
        next_agency=follow_up.agency if again else None,
        next_act=follow_up.kind if again else "",
        next_due_at=next_at,
    )
    return follow_up


def _check_attempt(follow_up: FollowUp, outcome: str, next_at: datetime | None) -> None:
    if follow_up.kind != FollowUpKind.J2_CONTACT:
        raise RuleBroken(_("Attempts are written down for a J+2 contact only."))
    if follow_up.settled_at:
        raise RuleBroken(_("This contact is already settled."))
    if outcome not in Outcome.values:
        raise RuleBroken({"outcome": [_("Say how it went.")]})
    if error := _next_problem(next_at, settles=outcome in SETTLING_OUTCOMES):
        raise RuleBroken({"next_at": [error]})


def _next_problem(next_at: datetime | None, *, settles: bool) -> str:
    """Why a next attempt cannot be at this moment, or ""."""
    at = now()
    if settles:
        return _("The contact ends here: leave this empty, or choose another outcome.") if next_at else ""
    if next_at is None:
        return _("Say when you will try again.")
    if next_at <= at:
        return _("The next attempt cannot be in the past.")
    if next_at > at + LONGEST_WAIT:
        return _("The next attempt is at most %(days)d days away.") % {"days": LONGEST_WAIT.days}
    return ""


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
        _settle(follow_up, by=by, outcome=outcome)
    return True


def ids_of(case: Case, kind: FollowUpKind) -> list[UUID]:
    """The follow-ups of this kind in a case, settled or not, whoever asks: for what must not be told of them."""
    with system_context(SystemContext.REMINDERS):
        return list(FollowUp.objects.filter(case=case, kind=kind).values_list("pk", flat=True))


def hand(*, kind: FollowUpKind, source_id: UUID, user: User | None) -> None:
    """Say who has the open follow-up of an act in hand, for an act whose own service decides who looks at it."""
    with system_context(SystemContext.REMINDERS):
        found = FollowUp.objects.select_for_update(of=("self",)).filter(kind=kind, source_id=source_id, settled_at=None)
        for follow_up in found:
            follow_up.assigned_to = user
            follow_up.save(update_fields=["assigned_to"])


def _settle(follow_up: FollowUp, *, by: Membership | None, outcome: str) -> None:
    follow_up.settled_at = now()
    follow_up.settled_by = by.user if by else None
    follow_up.outcome = outcome
    follow_up.remind_at = None
    follow_up.save(update_fields=["assigned_to", "settled_at", "settled_by", "outcome", "remind_at"])


def leave_to_agency(*, case: Case, user_id: UUID) -> None:
    """Who may no longer work on a case holds nothing in it: their open follow-ups go back to their agency, which is
    reminded anew when they alone had been.
    """
    with system_context(SystemContext.REMINDERS):
        for follow_up in _held(case).filter(assigned_to=user_id):
            follow_up.assigned_to = None
            if follow_up.step:
                follow_up.step, follow_up.remind_at = 0, now()
            follow_up.save(update_fields=["assigned_to", "step", "remind_at"])


def hand_over_held(*, agency_id: UUID, leaving: UUID, successor: User) -> None:
    """What somebody has in hand for an agency goes to a successor; back to the agency, which is told anew, where the
    successor is kept out of the case.
    """
    with system_context(SystemContext.REMINDERS):
        held = FollowUp.objects.filter(agency=agency_id, assigned_to=leaving, settled_at=None)
        before_case = Q(kind=FollowUpKind.REFERRAL_ANSWER)
        held = held.annotate(kept=kept_out(case="case", user=successor.pk, outside=before_case))
        for follow_up in held.select_for_update(of=("self",)).order_by("pk"):
            follow_up.assigned_to = None if follow_up.kept else successor
            if follow_up.step:
                follow_up.step, follow_up.remind_at = 0, now()
            follow_up.save(update_fields=["assigned_to", "step", "remind_at"])


def take_up_again(*, case: Case) -> None:
    """A case is worked on again: what was left open when it closed is told anew."""
    with system_context(SystemContext.REMINDERS):
        for follow_up in FollowUp.objects.select_for_update(of=("self",)).filter(
            case=case, settled_at=None, remind_at=None
        ):
            follow_up.step, follow_up.remind_at = 0, max(now(), follow_up.due_at)
            follow_up.save(update_fields=["step", "remind_at"])


def hand_to(*, case: Case, kinds: Iterable[FollowUpKind], former: Agency, agency: Agency) -> None:
    """What `former` owed of these kinds is owed by another agency from now on, which is told when it is due; what
    `former` had planned for itself is planned by the other one, so that it reads nothing of it any more.
    """
    with system_context(SystemContext.REMINDERS):
        held = FollowUp.objects.filter(case=case, kind__in=list(kinds), agency=former, settled_at=None)
        for follow_up in held.select_for_update(of=("self",)).order_by("pk"):
            follow_up.agency, follow_up.assigned_to = agency, None
            if follow_up.planned_by_agency_id == former.pk:
                follow_up.planned_by_agency = agency
            if follow_up.step:
                follow_up.step, follow_up.remind_at = 0, now()
            follow_up.save(update_fields=["agency", "planned_by_agency", "assigned_to", "step", "remind_at"])


def pass_on(follow_up: FollowUp, *, case: Case) -> bool:
    """What an agency that has just left still owed goes to the one it falls to, at once; whether it did."""
    follow_up.case = case
    with system_context(SystemContext.REMINDERS):
        return _pass_on(follow_up, participants([case]))


def open_of(*, case: Case, agency_id: UUID) -> list[FollowUp]:
    """What an agency still owes in a case, the first due first."""
    with system_context(SystemContext.REMINDERS):
        return list(
            FollowUp.objects.filter(case=case, agency=agency_id, settled_at=None)
            .select_related("grid")
            .order_by("due_at", "pk")
        )


def at_work_in(case: Case) -> set[UUID]:
    """Who, of every agency, has an open follow-up of the case in hand."""
    with system_context(SystemContext.REMINDERS):
        return set(_held(case).values_list("assigned_to", flat=True))


def _held(case: Case) -> QuerySet[FollowUp]:
    return FollowUp.objects.filter(case=case, settled_at=None).exclude(assigned_to=None)


def load_policies() -> int:
    """Publish what followups/reference/policies.json adds to what is stored; returns how many were added."""
    wanted = json.loads((Path(__file__).parent / "reference" / "policies.json").read_text())
    added = 0
    for row in wanted["policies"]:
        key = {"kind": row["kind"], "version": row.get("version", wanted["version"])}
        if not FollowUpPolicy.objects.filter(**key).exists():
            FollowUpPolicy.objects.create(
                **key,
                days=row["days"],
                counting=row["counting"],
                escalate_after_hours=row["escalate_after_hours"],
                remind_before_hours=row.get("remind_before_hours", 0),
                provenance=wanted["provenance"],
                verified_on=wanted["verified_on"],
            )
            added += 1
    return added
