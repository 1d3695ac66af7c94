"""What reaches a prosecutor and what comes of it, across rooms: access, the date it is owed by, timeline, notices.

The steps themselves are `reports.tracking`. An alert (a professional's report, secrecy lifted) is the prosecutor's
alone: it leaves no line that the police or his side could read, and neither do reading it or giving it to a section.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.enums import COMPLAINTS_GO_TO
from agencies.models import Agency, Membership
from agencies.services import writers_of
from cases.access import participants
from cases.enums import Category, EventCode, Side
from cases.models import Case, CaseEvent
from cases.services import log_event
from common.clock import local, now
from common.holidays import is_legal_holiday
from followups.models import FollowUp, FollowUpKind
from followups.planning import as_schedule, plan, policy_for
from followups.schedule import due_at
from followups.settling import settle
from notifications.models import NoticeKind
from notifications.services import notify
from reports import tracking as steps
from reports.models import (
    ProsecutorDecision,
    Report,
    ReportKind,
    TrackedKind,
    Tracking,
    TrackingAct,
    TrackingStep,
)
from riskassessment.models import TurningKind
from sharing.models import Basis, SharingDecision, WayIn
from sharing.services import decide as share
from sharing.services import default_grants, proposed_side

from .neighbourhood import person_of, unit_of
from .turning import turned

TURNS = frozenset({TrackingStep.NO_CONTACT, TrackingStep.CONTACT_ALLOWED, TrackingStep.RESIDENCE_BAN})
"""Measures that change what she has to fear: the grids of the case are owed again."""

SENT = {
    ReportKind.POLICE_COMPLAINT: (WayIn.COMPLAINT, TrackedKind.COMPLAINT, EventCode.SENT_TO_PROSECUTOR),
    ReportKind.POLICE_DISPUTE_REPORT: (WayIn.DISPUTE, TrackedKind.DISPUTE, EventCode.DISPUTE_SENT),
}


# --- what arrives ---------------------------------------------------------------------------------------------
def send_complaint(*, by: Membership, report: Report) -> Agency | None:
    """Open the case of a complaint to the prosecutor, by standing legal obligation, once per report.

    Returns the prosecutor; None, with an event that says so, where none is configured.
    """
    return _send(
        by=by,
        report=report,
        legal_text=settings.COMPLAINT_LEGAL_TEXT,
        necessity=_("To decide on the complaint and on measures that protect her."),
    )


def send_dispute(*, by: Membership, report: Report) -> Agency | None:
    """The same of a family dispute report, where the policy of the installation sends them; None otherwise."""
    if not settings.DISPUTES_GO_TO_PROSECUTOR or report.kind != ReportKind.POLICE_DISPUTE_REPORT:
        return None
    return _send(
        by=by,
        report=report,
        legal_text=settings.DISPUTE_LEGAL_TEXT,
        necessity=_("To decide what follows from the family dispute."),
    )


def _send(*, by: Membership, report: Report, legal_text: str, necessity: str) -> Agency | None:
    way_in, kind, code = SENT[ReportKind(report.kind)]
    case = Case.objects.select_for_update(of=("self",)).get(pk=report.case_id)
    sent = SharingDecision.objects.filter(way_in=way_in, case=case, source_id=report.pk)
    if (decision := sent.select_related("recipient").first()) is not None:
        return decision.recipient
    prosecutor = prosecutor_of(report.agency)
    payload = {"report": str(report.pk)}
    if prosecutor is None:
        missing = CaseEvent.objects.filter(case=case, code=EventCode.PROSECUTOR_MISSING, payload=payload)
        if not missing.exists():
            log_event(
                by=by,
                case=case,
                code=EventCode.PROSECUTOR_MISSING,
                category=Category.JUDICIAL,
                side=Side.CASE,
                payload=payload,
            )
        return None
    defaults = default_grants(way_in=way_in, agency=prosecutor)
    share(
        by=by,
        case=case,
        recipient=prosecutor,
        side=proposed_side(prosecutor),
        way_in=way_in,
        basis=Basis.LEGAL_OBLIGATION,
        legal_text=legal_text,
        grants=defaults.grants,
        contributes=defaults.contributes,
        necessity=necessity,
        source_id=report.pk,
    )
    tracking = receive(
        by=by, case=case, kind=kind, report=report, source_id=report.pk, prosecutor=prosecutor, police=report.agency
    )
    log_event(
        by=by,
        case=case,
        code=code,
        category=Category.JUDICIAL,
        side=Side.CASE,
        payload=payload,
        next_agency=prosecutor,
        next_act=FollowUpKind.PROSECUTOR_DECISION if tracking else "read_complaint",
        next_due_at=tracking.decide_by if tracking else None,
    )
    notify(
        recipients=participants([case]).among(case, writers_of([prosecutor])),
        kind=NoticeKind.COMPLAINT_RECEIVED if kind == TrackedKind.COMPLAINT else NoticeKind.BOARD_MOVED,
        path=reverse("reports:detail", args=[case.pk, report.pk]),
        dedupe_key=f"{kind}:{report.pk}",
        case_id=case.pk,
    )
    return prosecutor


def prosecutor_of(agency: Agency) -> Agency | None:
    """The prosecutor of an agency's territory, else one without a territory of its own; never another territory's."""
    offices = Agency.objects.active().filter(kind=COMPLAINTS_GO_TO).order_by("name")
    return offices.filter(territory__overlap=agency.territory).first() or offices.filter(territory=[]).first()


def alerted(*, by: Membership, decision: SharingDecision) -> None:
    """A professional told the prosecutor, secrecy lifted (`sharing.services.register_alert`): it waits to be decided,
    and no police service learns of it: the timeline says that the case was shared, as after any sharing, and no more.
    """
    receive(
        by=by,
        case=decision.case,
        kind=TrackedKind.ALERT,
        report=None,
        source_id=decision.pk,
        prosecutor=decision.recipient,
        police=None,
        received_at=decision.starts_at,
    )


def receive(
    *,
    by: Membership,
    case: Case,
    kind: str,
    report: Report | None,
    source_id: UUID,
    prosecutor: Agency,
    police: Agency | None,
    received_at: datetime | None = None,
) -> Tracking | None:
    """It reaches this office, once per source: to be decided within the days of the policy, by the section of the
    place where there is one. None where it reached the office before.

    Which section owes what is read by the office and the police that sent it.
    """
    policy = policy_for(FollowUpKind.PROSECUTOR_DECISION)
    received_at = received_at or now()
    tracking = steps.receive(
        sender=by.agency,
        case=case,
        kind=kind,
        report=report,
        source_id=source_id,
        prosecutor=prosecutor,
        police=police,
        received_at=received_at,
        decide_by=due_at(received_at, as_schedule(policy), is_holiday=is_legal_holiday),
    )
    if tracking is None:
        return None
    unit = unit_of(prosecutor, report.postal_code if report else "")
    plan(
        by=by,
        case=case,
        kind=FollowUpKind.PROSECUTOR_DECISION,
        agency=prosecutor,
        source_id=tracking.pk,
        due_at=tracking.decide_by,
        policy=policy,
        planned_by=police or prosecutor,
        assigned_to=person_of(unit, case),
        unit=unit,
    )
    return tracking


# --- what the office and the police do -------------------------------------------------------------------------
def mark_read(*, by: Membership, tracking_id: UUID, request_key: UUID) -> TrackingAct:
    """“I have read it, I take it”: nobody else learns of it."""
    return steps.mark_read(by=by, tracking=steps.find(by=by, tracking_id=tracking_id), request_key=request_key)


def assign(*, by: Membership, tracking_id: UUID, unit_id: UUID | None, request_key: UUID) -> TrackingAct:
    """Give it to a section: its lawyer is reminded of the decision from now on."""
    tracking = steps.find(by=by, tracking_id=tracking_id)
    act = steps.assign(by=by, tracking=tracking, unit_id=unit_id, request_key=request_key)
    follow_up = follow_up_of(by, tracking)
    if follow_up is not None and follow_up.unit_id != act.unit_id:
        follow_up.unit = act.unit
        follow_up.assigned_to = person_of(act.unit, tracking.case)
        follow_up.save(update_fields=["unit", "assigned_to"])
    return act


def order(
    *,
    by: Membership,
    tracking_id: UUID,
    step: str,
    whom: str,
    on: datetime | None,
    until: datetime | None,
    text: str,
    request_key: UUID,
) -> TrackingAct:
    """Order a measure: it stands in the timeline of who reads judicial records, and the grids are owed again where it
    changes what she has to fear. The same `request_key` gives the same measure.
    """
    tracking = steps.find(by=by, tracking_id=tracking_id)
    act, new = steps.order(
        by=by, tracking=tracking, step=step, whom=whom, on=on, until=until, text=text, request_key=request_key
    )
    if not new:
        return act
    _tell(by, tracking, EventCode.PROSECUTOR_MEASURE, {"act": str(act.pk), "measure": act.step})
    if act.step in TURNS:
        turned(
            by=by,
            case=tracking.case,
            kind=TurningKind.MEASURE_REQUESTED,
            source_id=act.pk,
            happened_on=local(act.at).date(),
        )
    _notice(tracking, to=tracking.police, key=f"board:{act.pk}")
    return act


def hearing(
    *, by: Membership, tracking_id: UUID, whom: str, on: datetime | None, text: str, request_key: UUID
) -> TrackingAct:
    """Ask the police that sent it to hear somebody: it is their move."""
    tracking = steps.find(by=by, tracking_id=tracking_id)
    act, new = steps.hearing(by=by, tracking=tracking, whom=whom, on=on, text=text, request_key=request_key)
    if not new:
        return act
    log_event(
        by=by,
        case=tracking.case,
        code=EventCode.HEARING_ASKED,
        category=Category.JUDICIAL,
        side=Side.CASE,
        payload={"act": str(act.pk)},
        next_agency=tracking.police,
        next_act="hear",
        next_due_at=act.on,
    )
    _notice(tracking, to=tracking.police, key=f"board:{act.pk}")
    return act


def heard(
    *, by: Membership, tracking_id: UUID, whom: str, on: datetime | None, text: str, request_key: UUID
) -> TrackingAct:
    """The police say that somebody was heard: where nothing is decided yet, it is the prosecutor's move again."""
    tracking = steps.find(by=by, tracking_id=tracking_id)
    act, new = steps.heard(by=by, tracking=tracking, whom=whom, on=on, text=text, request_key=request_key)
    if not new:
        return act
    undecided = steps.current_decision(tracking) is None
    log_event(
        by=by,
        case=tracking.case,
        code=EventCode.HEARING_HELD,
        category=Category.JUDICIAL,
        side=Side.CASE,
        payload={"act": str(act.pk)},
        next_agency=tracking.prosecutor if undecided else None,
        next_act=FollowUpKind.PROSECUTOR_DECISION if undecided else "",
        next_due_at=tracking.decide_by if undecided else None,
    )
    _notice(tracking, to=tracking.prosecutor, key=f"board:{act.pk}")
    return act


def decide(*, by: Membership, tracking_id: UUID, outcome: str, reasons: str, shown: UUID | None) -> ProsecutorDecision:
    """Decide; what was owed is settled, the police that sent it is told. Raises what `reports.tracking.decide` does."""
    tracking = steps.find(by=by, tracking_id=tracking_id)
    decision, new = steps.decide(by=by, tracking=tracking, outcome=outcome, reasons=reasons, shown=shown)
    if not new:
        return decision
    settle(by=by, kind=FollowUpKind.PROSECUTOR_DECISION, source_id=tracking.pk, outcome=outcome)
    if tracking.kind != TrackedKind.ALERT:
        _tell(by, tracking, EventCode.PROSECUTOR_DECIDED, {"decision": str(decision.pk), "outcome": outcome})
        _notice(tracking, to=tracking.police, key=f"board:{decision.pk}")
    return decision


def follow_up_of(by: Membership, tracking: Tracking) -> FollowUp | None:
    """What is owed for it, settled or not."""
    owed = FollowUp.objects.visible_to(by).filter(kind=FollowUpKind.PROSECUTOR_DECISION, source_id=tracking.pk)
    return owed.select_related("unit__reference_person").first()


def _tell(by: Membership, tracking: Tracking, code: EventCode, payload: dict[str, str]) -> None:
    log_event(by=by, case=tracking.case, code=code, category=Category.JUDICIAL, side=Side.CASE, payload=payload)


def _notice(tracking: Tracking, *, to: Agency | None, key: str) -> None:
    if to is None:
        return
    notify(
        recipients=participants([tracking.case]).among(tracking.case, writers_of([to])),
        kind=NoticeKind.BOARD_MOVED,
        path=reverse("casework:tracked", args=[tracking.pk]),
        dedupe_key=key,
        case_id=tracking.case_id,
    )
