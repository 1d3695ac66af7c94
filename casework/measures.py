"""What follows from a protection measure in other rooms: reminders of its end, what turns, the timeline, notices.

The rows themselves are `plans.measure_acts`. On his side nothing is told before he was notified, and nothing of what
she holds, of who else was told, or of what others say he did.
"""

from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.urls import reverse

from agencies.models import Agency, Membership
from agencies.services import writers_of
from cases.access import CaseAccess, agencies_holding, participants, workers
from cases.enums import Category, EventCode, ParticipationSide, Side, codename
from cases.models import Case
from cases.services import log_event
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.ids import uuid7
from common.locks import lock
from followups.models import FollowUpKind
from followups.planning import plan
from followups.settling import settle
from notifications.models import NoticeKind
from notifications.services import notify
from plans import measure_acts as acts
from plans.measure_rules import Typed
from plans.measure_states import KNOWN_TO_HIM, RUNNING
from plans.measures import current_steps, get_measure
from plans.models import (
    DeclaredAddress,
    MeasureAct,
    MeasureBreach,
    MeasureState,
    MeasureStep,
    MeasureTold,
    ProtectionMeasure,
    ToldWhom,
)
from reports.models import Report, TrackingAct
from riskassessment.models import TurningKind

from .turning import turned, turned_by_time

TURNS = {
    MeasureAct.REQUEST: TurningKind.MEASURE_REQUESTED,
    MeasureAct.NOTIFY: TurningKind.MEASURE_NOTIFIED,
    MeasureAct.LIFT: TurningKind.MEASURE_ENDED,
    MeasureAct.END: TurningKind.MEASURE_ENDED,
}
"""Steps that may raise the danger: the grids of the case are owed again."""

NOT_FOR_HIM = (Category.JUDICIAL, Side.VICTIM)
"""Where a turning point stands that his side must not read."""

OWERS = ("asked", "leads")
BATCH = 50


def ask(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    wanted: acts.Wanted,
    typed: Typed,
    request_key: UUID,
    report: Report | None = None,
    board_act: TrackingAct | None = None,
) -> ProtectionMeasure:
    """Ask for a measure, or write that it was ordered already. Raises Refused, RuleBroken by field."""
    measure, step, new = acts.begin(
        by=by,
        case=case,
        access=access,
        wanted=wanted,
        typed=typed,
        request_key=request_key,
        report=report,
        board_act=board_act,
    )
    if new:
        _moved(by, case, measure, step)
    return measure


def move(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    measure_id: UUID,
    typed: Typed,
    shown: UUID | None,
    request_key: UUID,
) -> MeasureStep:
    """Write what becomes of a measure. Raises Http404, Refused, RuleBroken by field, StaleVersion."""
    measure = get_measure(case, access, measure_id).measure
    step, new = acts.step(by=by, access=access, measure=measure, typed=typed, shown=shown, request_key=request_key)
    if new:
        _moved(by, case, measure, step)
    return step


def tell(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    measure_id: UUID,
    whom: str,
    how: str,
    at: datetime | None,
    words: str,
    request_key: UUID,
) -> MeasureTold:
    """Write that somebody was told. Raises Http404, Refused, RuleBroken by field."""
    measure = get_measure(case, access, measure_id).measure
    told, new = acts.tell(
        by=by, access=access, measure=measure, whom=whom, how=how, at=at, words=words, request_key=request_key
    )
    if new:
        _line(by, case, measure, "told", for_him=told.whom == ToldWhom.PERPETRATOR)
    return told


def breach(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    measure_id: UUID,
    report_id: UUID | None,
    at: datetime | None,
    words: str,
    request_key: UUID,
) -> MeasureBreach:
    """Write that a measure was not respected: the risk is assessed again, and it counts among repeated events.

    Raises Http404, Refused, RuleBroken by field.
    """
    measure = get_measure(case, access, measure_id).measure
    found, new = acts.breach(
        by=by, access=access, measure=measure, report_id=report_id, at=at, words=words, request_key=request_key
    )
    if new:
        _line(by, case, measure, "breach", for_him=False)
        turned(
            by=by,
            case=case,
            kind=TurningKind.MEASURE_BREACHED,
            source_id=found.pk,
            happened_on=local(found.at).date(),
            place=NOT_FOR_HIM,
        )
        _notice(by, case, measure, key=str(found.pk), for_him=False)
    return found


def declare_address(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    measure_id: UUID,
    address: str,
    given_at: datetime | None,
    request_key: UUID,
) -> DeclaredAddress:
    """Write the address he gave. Raises Http404, Refused, RuleBroken by field."""
    measure = get_measure(case, access, measure_id).measure
    found, new = acts.declare_address(
        by=by, access=access, measure=measure, address=address, given_at=given_at, request_key=request_key
    )
    if new:
        _line(by, case, measure, "address", for_him=True)
    return found


# --- time -------------------------------------------------------------------------------------------------------
def end_those_run_out(*, batch: int = BATCH) -> int:
    """Write that the measures whose end has passed have reached it, and what turns with it; returns how many.

    Each in a transaction of its own, under the lock of the measure: any number may run at once, and a killed one has
    written nothing. Somebody still says what became of it: their reminder stays open.
    """
    with system_context(SystemContext.REMINDERS):
        late = current_steps().filter(state__in=RUNNING, ends_at__lte=now()).order_by("ends_at", "pk")
        found = list(late.values_list("pk", "measure_id")[:batch])
    ended = 0
    for step_id, measure_id in found:
        with transaction.atomic(), system_context(SystemContext.REMINDERS):
            lock(f"measure {measure_id}")
            ended += _run_out(step_id)
    return ended


def _run_out(step_id: UUID) -> bool:
    last = (
        current_steps()
        .filter(pk=step_id, ends_at__lte=now())
        .select_related("measure__case__lead_agency", "author", "agency")
        .first()
    )
    if last is None:
        return False
    case, measure = last.measure.case, last.measure
    step = MeasureStep(
        case=case,
        measure=measure,
        kind=measure.kind,
        act=MeasureAct.RUN_OUT,
        state=MeasureState.RUN_OUT,
        at=last.ends_at,
        starts_at=last.starts_at,
        ends_at=last.ends_at,
        hearing_at=last.hearing_at,
        supersedes=last,
        request_key=uuid7(),
        agency=last.agency,
    )
    step.save(force_insert=True)
    _line(None, case, measure, step.act, for_him=_for_him(measure, step))
    turned_by_time(
        case=case,
        kind=TurningKind.MEASURE_ENDED,
        source_id=step.pk,
        happened_on=local(step.at).date(),
        agency=last.agency,
        author=last.author,
        place=None if _for_him(measure, step) else NOT_FOR_HIM,
    )
    return True


# --- inside -----------------------------------------------------------------------------------------------------
def _moved(by: Membership, case: Case, measure: ProtectionMeasure, step: MeasureStep) -> None:
    before = step.supersedes
    for_him = _for_him(measure, step)
    _line(by, case, measure, step.act, for_him=for_him)
    kind = TURNS.get(MeasureAct(step.act))
    if before is None:
        # ordered already: the board of the prosecutor may have told it before
        kind = TurningKind.MEASURE_REQUESTED
    elif before.state == MeasureState.RUN_OUT:
        kind = None  # its end was told when it was reached
    if kind is not None:
        turned(
            by=by,
            case=case,
            kind=kind,
            source_id=measure.board_act_id if before is None and measure.board_act_id else step.pk,
            happened_on=local(step.at).date(),
            place=None if for_him else NOT_FOR_HIM,
        )
    _remind_of_end(by, case, measure, before, step)
    _notice(by, case, measure, key=str(step.pk), for_him=for_him)


def _for_him(measure: ProtectionMeasure, step: MeasureStep) -> bool:
    notified = step.starts_at is not None
    return not measure.hers and notified and MeasureAct(step.act) in KNOWN_TO_HIM


def _line(by: Membership | None, case: Case, measure: ProtectionMeasure, act: str, *, for_him: bool) -> None:
    log_event(
        by=by,
        case=case,
        code=EventCode.MEASURE_MOVED,
        category=Category.JUDICIAL,
        side=Side.CASE,
        payload={
            "measure": str(measure.pk),
            "kind": measure.kind,
            "act": str(act),
            "for_him": "yes" if for_him and not measure.hers else "no",
        },
    )


def _remind_of_end(
    by: Membership, case: Case, measure: ProtectionMeasure, before: MeasureStep | None, step: MeasureStep
) -> None:
    """Who asked for it and who leads the case are told three days and one day ahead, and asked at the end."""
    former = before.ends_at if before else None
    until = step.ends_at if step.state in RUNNING else None
    if former == until:
        return
    if former is not None:
        for name in OWERS:
            settle(by=by, kind=FollowUpKind.MEASURE_END, source_id=_source(measure, former, name), outcome=step.act)
    if until is None:
        return
    owers = {"asked": measure.agency}
    if case.lead_agency_id != measure.agency_id and _reads(case, case.lead_agency, for_him=False):
        owers["leads"] = case.lead_agency
    for name, agency in owers.items():
        plan(
            by=by,
            case=case,
            kind=FollowUpKind.MEASURE_END,
            agency=agency,
            source_id=_source(measure, until, name),
            due_at=until,
            planned_by=agency,
        )


def _source(measure: ProtectionMeasure, end: datetime, name: str) -> UUID:
    """What is owed at one end of a measure by one of the two: the same end is owed once."""
    return uuid5(measure.pk, f"{name} {end.timestamp():.6f}")


def _reads(case: Case, agency: Agency, *, for_him: bool) -> bool:
    """Whether an agency that takes part reads the measures of a case; his side those he knows of."""
    return agency.group_id in _reading(case, for_him=for_him)


def _reading(case: Case, *, for_him: bool) -> frozenset[int]:
    holding = agencies_holding(case.pk, [codename(Category.JUDICIAL, Side.CASE)])
    at_work = {each.group_id for each in workers([case.pk]) if for_him or each.side != ParticipationSide.PERPETRATOR}
    return frozenset(holding & at_work)


def _notice(by: Membership, case: Case, measure: ProtectionMeasure, *, key: str, for_him: bool) -> None:
    """Whoever reads the measure at work is told that it has moved on, but for the service that wrote it."""
    groups = _reading(case, for_him=for_him and not measure.hers) - {by.agency.group_id}
    agencies = Agency.objects.filter(group__in=groups)
    notify(
        recipients=participants([case]).among(case, writers_of(agencies)),
        kind=NoticeKind.MEASURE_MOVED,
        path=reverse("casework:measure", args=[case.pk, measure.pk]),
        dedupe_key=f"measure:{key}",
        case_id=case.pk,
    )
