"""A case under close monitoring: who answers for it, what is owed while it lasts, and shorter delays.

Begun by hand or by the coordination that retains a situation; both come here. It is never told on his side.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.conf import settings
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from cases.access import agencies_holding
from cases.answering import LEVEL, answers
from cases.enums import CONTRIBUTE, COORDINATE, Category, EventCode, Side
from cases.models import Case
from cases.services import log_event, monitor
from common.acting import SystemContext, system_context
from common.clock import now
from common.holidays import is_legal_holiday
from common.locks import lock
from followups import schedule
from followups.models import FollowUp, FollowUpKind
from followups.planning import as_schedule, plan, policy_for
from followups.settling import settle
from followups.sooner import hasten
from plans import monitoring
from plans.models import MonitoringAct, MonitoringCode, MonitoringPeriod
from riskassessment.models import CoordinationRequest

from . import reassessing

END_TOLD_HOURS = 72
"""How long before its planned end it is told that it ends."""


def coordinating_agency(case: Case) -> Agency | None:
    """The coordination that takes part in the case now, whoever asks."""
    groups = agencies_holding(case.pk, [COORDINATE, CONTRIBUTE])
    return Agency.objects.filter(group__in=groups).order_by("pk").first() if groups else None


def answering_agency(case: Case) -> Agency | None:
    """Who looks again while it lasts: the coordination that takes part, else who leads; where it works with him, who
    answers instead.
    """
    return coordinating_agency(case) or answers(case, reading=[LEVEL])


def somebody_else_answers(by: Membership, case: Case) -> bool:
    """Whether another service than the acting one looks again."""
    agency = answering_agency(case)
    return agency is None or agency.pk != by.agency_id


def one_at_a_time(case: Case) -> None:
    """Until the end of the transaction, nobody else begins or ends it."""
    lock(f"monitoring {case.pk}")


# --- beginning --------------------------------------------------------------------------------------------------
def begin_by_retention(*, by: Membership, request: CoordinationRequest) -> None:
    """The coordination has retained the situation: the case is under close monitoring since then. Where it was already,
    the coordination now looks again.
    """
    case = Case.objects.get(pk=request.case_id)
    one_at_a_time(case)
    with system_context(SystemContext.REMINDERS):
        period = monitoring.running(case) if case.monitored_since else None
        if period is None:
            period, _new = monitoring.begin(
                case=case,
                agency=request.coordination,
                author=request.answered_by,
                starts_at=request.answered_at,
                until=now() + timedelta(days=settings.MONITORING_DAYS),
                why=_("The coordination has retained the situation."),
                request_key=uuid5(request.pk, "monitoring"),
                source_id=request.pk,
            )
    follow(by=by, case=case, period=period, since=case.monitored_since or request.answered_at)


def follow(*, by: Membership, case: Case, period: MonitoringPeriod, since: datetime) -> None:
    """What a time of monitoring begins: the case says so, looks are owed, the planned end is told, delays shorten."""
    monitor(case=case, since=since)
    answering = answering_agency(case) or by.agency
    stop(by=by, case=case, outcome="replaced")
    with system_context(SystemContext.REMINDERS):
        until = monitoring.planned_until(period)
    owe_look(by=by, case=case, agency=answering, source_id=uuid5(period.pk, str(answering.pk)))
    owe_end(by=by, case=case, agency=answering, source_id=uuid5(period.pk, f"end {answering.pk}"), until=until)
    hasten(case=case, kind=FollowUpKind.ACTION, hours=settings.MONITORING_REMIND_HOURS)
    reassessing.after_monitoring(by=by, case=case, source_id=period.pk)


def running(*, by: Membership, case: Case, ends: bool) -> MonitoringPeriod | None:
    """The time of monitoring that runs, for an act on it; None where there is none that `by` reads. A case watched
    since before such times were written gets its own now, and what is owed of it unless the act `ends` it.
    """
    if case.monitored_since is None:
        return None
    if (period := monitoring.running(case)) is not None:
        return period
    with system_context(SystemContext.REMINDERS):
        if monitoring.running(case) is not None:
            return None
    key = uuid5(case.pk, f"monitoring {case.monitored_since.isoformat()}")
    period = monitoring.of_before(by=by, case=case, request_key=key)
    if not ends:
        follow(by=by, case=case, period=period, since=period.starts_at)
    return period


def told_in_timeline(*, by: Membership, case: Case, code: EventCode, payload: dict[str, str], until: datetime) -> None:
    """A line for those who receive the level."""
    log_event(
        by=by,
        case=case,
        code=code,
        category=Category.LEVEL,
        side=Side.CASE,
        payload=payload,
        next_act="monitoring_end",
        next_due_at=until,
    )


# --- what is owed -----------------------------------------------------------------------------------------------
def owe_look(*, by: Membership, case: Case, agency: Agency, source_id: UUID) -> None:
    """The next look, within the days of the policy."""
    policy = policy_for(FollowUpKind.MONITORING)
    due_at = schedule.due_at(now(), as_schedule(policy), is_holiday=is_legal_holiday)
    plan(
        by=by,
        case=case,
        kind=FollowUpKind.MONITORING,
        agency=agency,
        source_id=source_id,
        due_at=due_at,
        policy=policy,
        planned_by=agency,
    )


def owe_end(*, by: Membership, case: Case, agency: Agency, source_id: UUID, until: datetime) -> None:
    """At its planned end it is extended or ended: told before, and again as long as nobody has."""
    plan(
        by=by,
        case=case,
        kind=FollowUpKind.MONITORING,
        agency=agency,
        source_id=source_id,
        due_at=until,
        planned_by=agency,
        remind_at=max(now(), until - timedelta(hours=END_TOLD_HOURS)),
    )


def waiting(case: Case) -> list[FollowUp]:
    """What is owed of it now, whoever owes it."""
    with system_context(SystemContext.REMINDERS):
        rows = FollowUp.objects.filter(case=case, kind=FollowUpKind.MONITORING, settled_at=None)
        return list(rows.select_related("agency").order_by("due_at", "pk"))


def stop(*, by: Membership, case: Case, outcome: str, ends: bool | None = None, until: datetime | None = None) -> None:
    """Settle what is owed: the looks (`ends` False), the planned end (True, due at `until`), or both (None)."""
    for each in waiting(case):
        is_end = until is not None and each.due_at == until
        if ends is None or is_end is ends:
            settle(by=by, kind=FollowUpKind.MONITORING, source_id=each.source_id, outcome=outcome)


def sooner(case: Case, due_at: datetime) -> datetime | None:
    """When an action is told a first time while the case is monitored; None: as its policy says."""
    if case.monitored_since is None:
        return None
    policy = replace(as_schedule(policy_for(FollowUpKind.ACTION)), remind_before_hours=settings.MONITORING_REMIND_HOURS)
    return schedule.first_reminder(now(), due_at, policy)


# --- while it lasts ---------------------------------------------------------------------------------------------
def after_act(*, by: Membership, case: Case, period: MonitoringPeriod, done: MonitoringAct, until: datetime) -> None:
    """What follows from an act; `until` was the planned end before it."""
    answering = answering_agency(case) or by.agency
    if done.code == MonitoringCode.LOOKED:
        stop(by=by, case=case, outcome="done", ends=False, until=until)
        owe_look(by=by, case=case, agency=answering, source_id=done.pk)
    elif done.code == MonitoringCode.EXTENDED:
        stop(by=by, case=case, outcome="replaced", ends=True, until=until)
        owe_end(by=by, case=case, agency=answering, source_id=done.pk, until=done.until)
    else:
        stop(by=by, case=case, outcome="done")
        monitor(case=case, since=None)
