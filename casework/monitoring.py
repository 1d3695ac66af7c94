"""A case under close monitoring: what each may know of it; begun by hand, looked at again, extended, ended. And the
plan that was agreed on.

`casework.coordination_answering` is how a retention begins it, `casework.watching` what is owed meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from agencies.enums import AgencyKind
from agencies.models import Membership
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, get_case, keep_own_work
from cases.enums import Category, EventCode, Side
from cases.models import Case
from cases.services import log_event
from common.clock import local, now
from common.errors import Refused, RuleBroken
from followups.models import FollowUp, FollowUpKind
from followups.settling import settle
from plans import agreeing
from plans import monitoring as rows
from plans.actions_perms import answers_for
from plans.models import MonitoringAct, MonitoringCode, MonitoringPeriod, PlanAgreement
from riskassessment import consulting_perms as perms
from riskassessment.models import CoordinationRequest

from . import watching
from .coordinating import known_level, places, requests_of


@dataclass(frozen=True)
class State:
    """What of the coordination of a case this person is told: since when it is monitored (None: not told, or not), its
    own requests, and the plan where it owes it or awaits it.
    """

    since: datetime | None
    until: datetime | None
    period: MonitoringPeriod | None
    periods: list[MonitoringPeriod]
    requests: list[CoordinationRequest]
    plans: list[FollowUp]
    looks: list[FollowUp]
    may_begin: bool
    may_end: bool
    may_settle: bool
    may_ask: bool

    @property
    def over(self) -> bool:
        """Whether its planned end has passed."""
        return self.until is not None and self.until <= now()


def state(case: Case, access: CaseAccess, *, by: Membership) -> State:
    """The coordination of a case as this person may know it."""
    known = perms.knows_monitoring(access)
    found = rows.periods(case, access)
    running = next((each for each in found if not _ended(each)), None)
    running = running if known and case.monitored_since else None
    plans, looks = [], []
    if known:
        owed = FollowUp.objects.visible_to(by).filter(case=case)
        owed = owed.select_related("agency", "settled_by")
        plans = list(owed.filter(kind=FollowUpKind.COORDINATED_PLAN).order_by("-due_at", "-pk")[:20])
        looks = list(owed.filter(kind=FollowUpKind.MONITORING, settled_at=None).order_by("due_at", "pk")[:20])
    answers = _answers(by, case, access)
    return State(
        since=case.monitored_since if known else None,
        until=_known_until(case, running) if known else None,
        period=running,
        periods=found,
        requests=list(requests_of(by).filter(case=case.pk)[:20]),
        plans=plans,
        looks=looks,
        may_begin=may_begin(by, case, access),
        may_end=answers and known and case.monitored_since is not None,
        may_settle=answers,
        may_ask=perms.may_ask_coordination(access) and bool(places(by.agency_id)),
    )


def _ended(period: MonitoringPeriod) -> bool:
    return any(each.code == MonitoringCode.ENDED for each in period.acts.all())


def _until(period: MonitoringPeriod) -> datetime:
    extended = [each.until for each in period.acts.all() if each.code == MonitoringCode.EXTENDED]
    return extended[-1] if extended else period.planned_until


def _known_until(case: Case, running: MonitoringPeriod | None) -> datetime | None:
    if running is not None:
        return _until(running)
    return rows.unwritten_until(case) if case.monitored_since else None


def _answers(by: Membership, case: Case, access: CaseAccess) -> bool:
    return answers_for(access, another=watching.somebody_else_answers(by, case))


def _check_answers(by: Membership, case: Case, access: CaseAccess) -> None:
    if not _answers(by, case, access):
        raise Refused(_("This is for the coordination that takes part in the case; without one, for who leads it."))


def may_begin(by: Membership, case: Case, access: CaseAccess) -> bool:
    """Begin it by hand: at a high or critical level, who leads or coordinates the case, or the police."""
    if case.monitored_since is not None or not access.contribute or not perms.knows_monitoring(access):
        return False
    if not perms.calls_for_coordination(known_level(case, access)):
        return False
    return _answers(by, case, access) or by.agency.kind == AgencyKind.POLICE


# --- close monitoring -------------------------------------------------------------------------------------------
def begin(*, by: Membership, case_id: UUID, until: datetime | None, why: str, request_key: UUID) -> MonitoringPeriod:
    """Watch a case closely from now on, until a day that is told before it comes. The same `request_key` gives the
    first one.

    Raises RuleBroken by field, and where it is watched already; Refused, Http404.
    """
    _case, access = get_case(case_id, by)
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).get(pk=case_id)
        watching.one_at_a_time(case)
        already = MonitoringPeriod.objects.filter(request_key=request_key, case=case, author=by.user_id).first()
        if already is not None:
            return already
        if case.monitored_since is not None and perms.knows_monitoring(access):
            raise RuleBroken(_begun_words(rows.running(case)))
        if not may_begin(by, case, access):
            raise Refused(_("At a high or critical level, the police or who leads or coordinates begins it."))
        period, _new = rows.begin(
            case=case,
            agency=by.agency,
            author=by.user,
            starts_at=now(),
            until=until,
            why=why,
            request_key=request_key,
        )
        keep_own_work(case=case, agency=by.agency)
        watching.follow(by=by, case=case, period=period, since=period.starts_at)
        watching.told_in_timeline(
            by=by,
            case=case,
            code=EventCode.MONITORING_BEGUN,
            payload={"period": str(period.pk)},
            until=period.planned_until,
        )
        _record(case)
    return period


def _begun_words(period: MonitoringPeriod | None) -> str:
    if period is None:
        return _("This case is under close monitoring already: extend it, or look again.")
    words = _("%(who)s has put this case under close monitoring already: extend it, or look again.")
    return words % {"who": period.author.full_name}


def extend(*, by: Membership, case_id: UUID, until: datetime | None, words: str, request_key: UUID) -> MonitoringAct:
    """Watch it longer. Raises RuleBroken by field, Refused, Http404."""
    done, case = _act(by, case_id, code=MonitoringCode.EXTENDED, words=words, until=until, request_key=request_key)
    if done.new:
        watching.told_in_timeline(
            by=by,
            case=case,
            code=EventCode.MONITORING_EXTENDED,
            payload={"act": str(done.act.pk)},
            until=done.act.until,
        )
    return done.act


def look_again(*, by: Membership, case_id: UUID, changed: str, words: str, request_key: UUID) -> MonitoringAct:
    """Say that the case was looked at again, whether something has changed ("yes", "no") and what: the next look is
    owed. Raises as `extend`.
    """
    code = MonitoringCode.LOOKED
    return _act(by, case_id, code=code, words=words, changed=changed, request_key=request_key)[0].act


def end_monitoring(*, by: Membership, case_id: UUID, reason: str, request_key: UUID) -> MonitoringAct:
    """The situation is no longer critical, or another reason. What the coordination sees stays until its own end, or
    until it ends it. Raises as `extend`.
    """
    done, case = _act(by, case_id, code=MonitoringCode.ENDED, words=reason, request_key=request_key)
    if done.new:
        log_event(
            by=by,
            case=case,
            code=EventCode.MONITORING_ENDED,
            category=Category.NETWORK,
            side=Side.VICTIM,
            payload={"act": str(done.act.pk)},
        )
        _record(case)
    return done.act


@dataclass(frozen=True)
class _Done:
    act: MonitoringAct
    new: bool


def _act(
    by: Membership, case_id: UUID, *, code: MonitoringCode, words: str, request_key: UUID, **more: Any
) -> tuple[_Done, Case]:
    """One act on the time of monitoring that runs, and what follows from it."""
    case, access = get_case(case_id, by)
    _check_answers(by, case, access)
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
        watching.one_at_a_time(case)
        mine = MonitoringAct.objects.filter(request_key=request_key, case=case, author=by.user_id)
        if (already := mine.first()) is not None:
            return _Done(already, new=False), case
        period = watching.running(by=by, case=case, ends=code == MonitoringCode.ENDED)
        if period is None:
            raise RuleBroken(rows.ended_words(case))
        until = rows.planned_until(period)
        act, new = rows.act(by=by, period=period, code=code, words=words, request_key=request_key, **more)
        if new:
            keep_own_work(case=case, agency=by.agency)
            watching.after_act(by=by, case=case, period=period, done=act, until=until)
    return _Done(act, new=new), case


def _record(case: Case) -> None:
    record(
        action=Action.DECIDED,
        case_id=case.pk,
        object_kind="cases.Case",
        object_id=case.pk,
        fields=["monitored_since"],
    )


# --- the plan the services agreed on ----------------------------------------------------------------------------
def agree_plan(
    *,
    by: Membership,
    case_id: UUID,
    agreed_on: date | None,
    partner_ids: Sequence[UUID],
    shown: Sequence[UUID],
    words: str,
    request_key: UUID,
) -> PlanAgreement:
    """Write down that the plan as it stands is agreed on, and by whom: the coordinated plan that was owed is done.

    The hours of that plan run since the retention alone. Raises RuleBroken by field, Refused, Http404.
    """
    case, access = get_case(case_id, by)
    with transaction.atomic():
        owed = list(FollowUp.objects.owed_by(by).filter(case=case, kind=FollowUpKind.COORDINATED_PLAN, settled_at=None))
        first = min((each.created_at for each in owed), default=case.opened_at)
        agreement, new = agreeing.agree(
            by=by,
            case=case,
            access=access,
            agreed_on=agreed_on,
            not_before=local(first).date(),
            partner_ids=partner_ids,
            shown=shown,
            words=words,
            request_key=request_key,
            another=watching.somebody_else_answers(by, case),
        )
        if not new:
            return agreement
        keep_own_work(case=case, agency=by.agency)
        for follow_up in owed:
            settle(by=by, kind=FollowUpKind.COORDINATED_PLAN, source_id=follow_up.source_id, outcome="done")
        log_event(
            by=by,
            case=case,
            code=EventCode.PLAN_AGREED,
            category=Category.NETWORK,
            side=Side.VICTIM,
            payload={"agreement": str(agreement.pk)},
        )
    return agreement


def answers_for_plan(by: Membership, case: Case, access: CaseAccess) -> bool:
    """Whether this member writes down what the services agreed on."""
    return _answers(by, case, access)


# --- on every page ----------------------------------------------------------------------------------------------
def banner(case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """What every page of a monitored case says on top, to who may know. No query."""
    if case.monitored_since is None or not perms.knows_monitoring(access):
        return None
    return {"case": case, "since": case.monitored_since}


def link(request: Any, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """The way from the summary to the coordination of the case, for who adds to it. No query."""
    return {"case": case} if perms.may_ask_coordination(access) else None
