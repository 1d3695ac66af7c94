"""Use cases that cross rooms: each is one transaction, called by page and API alike."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.enums import AgencyKind
from agencies.models import Agency, Membership
from agencies.perms import may_write
from cases.access import for_case, get_case, participants
from cases.enums import Category, ContactKind, EventCode, Origin, ParticipationSide, PersonRole, Side, Stage
from cases.models import Case, CaseEvent, CasePerson, ContactPoint
from cases.services import add_contact_point, add_person, advance, log_event, open_case
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken
from followups.models import FollowUp, FollowUpKind
from followups.services import plan, plan_j2, settle
from notifications.models import NoticeKind
from notifications.services import notify
from referrals import services as referrals
from referrals.models import Referral
from referrals.states import Act
from reports.models import Report, ReportKind
from reports.payload import PersonInput, ReportInput, clean
from reports.services import create_report, draft_for_key, lock_draft, recorded_report, refuse_stale
from riskassessment import services as assessments
from riskassessment.models import Assessment, Conclusion, Countersignature
from sharing.grants import grants_for_side
from sharing.models import Basis, Consent, GivenHow, SharingDecision, WayIn
from sharing.services import Decider, decide, default_grants, proposed_side, record_consent


def record_report(*, by: Membership, draft_id: UUID, data: Mapping[str, object], version: int | None = None) -> Report:
    """Record what was typed: the case opens (or is joined), who may see it is decided, the J+2 contact is planned.

    Sending the same draft again gives the same report. Raises RuleBroken by field, StaleVersion when a colleague has
    changed the draft since `version`, Http404 outside the agency, Refused when the case joined can only be read.
    """
    draft = lock_draft(by=by, draft_id=draft_id)
    if (already := recorded_report(draft)) is not None:
        return already
    if version is not None:
        refuse_stale(draft, data, version)
    case = _case_to_join(by, draft.joins_case_id) if draft.joins_case_id else None
    known_contact = case is not None and ContactPoint.objects.filter(
        case=case, case_person__role=PersonRole.VICTIM, ended_at=None
    ).exists()  # fmt: skip
    given = clean(data, kind=draft.kind, at=now(), joins=case is not None, known_contact=known_contact)
    if case is None:
        case, victim = _open(by, given)
        code = EventCode.REPORT_RECORDED
    else:
        victim = CasePerson.objects.filter(case=case, role=PersonRole.VICTIM).order_by("created_at").first()
        if victim is None:
            raise RuleBroken(_("This case names no victim your agency may see; record a new case instead."))
        code = EventCode.REPORT_ADDED
    for child in given.children:
        _add(by, case, PersonRole.CHILD, child)
    if given.contact is not None:
        add_contact_point(
            by=by,
            case_person=victim,
            kind=ContactKind.PHONE,
            value=given.contact.phone,
            safe=given.contact.safe,
            hours=given.contact.hours,
            may_sms=given.contact.may_sms,
            may_leave_message=given.contact.may_leave_message,
            say=given.contact.say,
            must_not_answer=given.contact.must_not_answer,
            origin=Origin.PERSON,
        )
    report = create_report(by=by, case=case, draft=draft, given=given)
    log_event(
        by=by,
        case=case,
        code=code,
        category=Category.FACTS,
        side=Side.CASE,
        payload={"report": str(report.pk), "kind": report.kind, "children": len(given.children)},
    )
    if given.j2_accepted:
        _open_to_victim_cell(by, case, victim, report)
    return report


def receive_report(
    *, by: Membership, key: UUID, kind: str, case_id: UUID | None, data: Mapping[str, object], version: int | None
) -> tuple[Report, bool]:
    """Record a report that a program sends under its own `key`; (report, whether it is new).

    The same key gives the same report, however often and however close together it is sent. Raises as `record_report`.
    """
    joins = _case_to_join(by, case_id) if case_id else None
    draft = draft_for_key(by=by, key=key, kind=kind, joins_case=joins)
    draft = lock_draft(by=by, draft_id=draft.pk)
    new = recorded_report(draft) is None
    return record_report(by=by, draft_id=draft.pk, data=data, version=version), new


def _case_to_join(by: Membership, case_id: UUID) -> Case:
    case = Case.objects.visible_to(by).filter(pk=case_id).first()
    if case is None:
        raise Http404
    if not for_case(case, by).contribute:
        raise Refused(_("You can read this case but not add to it."))
    return case


def _open(by: Membership, given: ReportInput) -> tuple[Case, CasePerson]:
    case = open_case(by=by)
    victim = _add(by, case, PersonRole.VICTIM, given.victim)
    _add(by, case, PersonRole.PRESUMED_PERPETRATOR, given.perpetrator)
    defaults = default_grants(way_in=WayIn.RECORDING, agency=by.agency)
    decide(
        by=by,
        case=case,
        recipient=by.agency,
        side=ParticipationSide.NEUTRAL,
        way_in=WayIn.RECORDING,
        basis=Basis.OWN_RECORD,
        grants=defaults.grants,
        contributes=defaults.contributes,
        necessity=_("The agency recorded the report itself."),
    )
    return case, victim


def _add(by: Membership, case: Case, role: PersonRole, given: PersonInput) -> CasePerson:
    return add_person(
        by=by,
        case=case,
        role=role,
        given_name=given.given_name,
        family_name=given.family_name,
        birth_date=given.birth_date,
        languages=given.languages,
        interpreter_needed=given.interpreter_needed,
        relationship=given.relationship,
    )


def _open_to_victim_cell(by: Membership, case: Case, victim: CasePerson, report: Report) -> None:
    """Her acceptance of the J+2 contact is a consent: it opens what she gave to the cell that will call her."""
    cell = victim_cell_of(by.agency)
    defaults = default_grants(way_in=WayIn.J2_CONTACT, agency=cell)
    grants = grants_for_side(defaults.grants, victim.side)
    if cell != by.agency:
        consent = record_consent(
            by=by,
            subject=victim,
            recipients=[cell],
            categories=sorted({grant.split(":")[0] for grant in grants}),
            purpose=_("J+2 contact"),
            given_how=GivenHow.ORAL,
            explained=_("Who will call, when, why, and that she may change her mind at any time."),
            valid_until=report.met_at + timedelta(days=defaults.valid_days) if defaults.valid_days else None,
        )
        decide(
            by=by,
            case=case,
            recipient=cell,
            side=proposed_side(cell),
            way_in=WayIn.J2_CONTACT,
            basis=Basis.CONSENT,
            consent=consent,
            grants=grants,
            contributes=defaults.contributes,
            necessity=_("To call her at J+2 as she accepted."),
            source_id=report.pk,
        )
    follow_up = plan_j2(
        by=by,
        case=case,
        about=victim,
        agency=cell,
        report_id=report.pk,
        met_at=report.met_at,
        reference=report.pv_number if settings.J2_SHARES_REPORT_REFERENCE else "",
    )
    log_event(
        by=by,
        case=case,
        code=EventCode.J2_PLANNED,
        category=Category.CONTACT,
        side=Side.VICTIM,
        payload={"follow_up": str(follow_up.pk)},
        next_agency=cell,
        next_act="j2_contact",
        next_due_at=follow_up.due_at,
    )


def victim_cell_of(agency: Agency) -> Agency:
    """Who calls at J+2 for a police zone: its EVA cell, else its victim assistance, else the zone itself."""
    cells = Agency.objects.active().filter(parent=agency, kind__in=[AgencyKind.EVA_CELL, AgencyKind.SAPV])
    return min(cells, key=lambda cell: (cell.kind != AgencyKind.EVA_CELL, cell.name), default=agency)


# --- assess -----------------------------------------------------------------------------------------------
def sign_assessment(
    *,
    by: Membership,
    assessment_id: UUID,
    answers: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> Assessment:
    """Sign a grid, plan the next assessment, and send the complaint it is about to the prosecutor.

    Signing again returns the same assessment, and sends a complaint that could not be sent before. Raises what
    `riskassessment.services.sign` raises.
    """
    assessment = assessments.sign(by=by, assessment_id=assessment_id, answers=answers, version=version)
    if assessment.indicative_level:
        advance(case=assessment.case, stage=Stage.ASSESSED)
        _plan_reassessment(by, assessment, source_id=assessment.pk)
        report = Report.objects.filter(pk=assessment.report_id).select_related("agency").first()
        if report and report.kind == ReportKind.POLICE_COMPLAINT and by.agency.kind == AgencyKind.POLICE:
            send_complaint(by=by, report=report)
    return assessment


def conclude_level(*, by: Membership, assessment_id: UUID, level: str, justification: str) -> Conclusion:
    """Retain a level for a signed assessment; the next assessment follows what the case then stands at."""
    assessment = _visible_assessment(by, assessment_id)
    conclusion = assessments.conclude(by=by, assessment=assessment, level=level, justification=justification)
    _plan_reassessment(by, assessment, source_id=conclusion.pk)
    return conclusion


def countersign_level(*, by: Membership, assessment_id: UUID) -> Countersignature:
    """Put a lowered level in force by a second signature; the next assessment follows what the case then stands at."""
    assessment = _visible_assessment(by, assessment_id)
    conclusion = assessments.conclusion_of(assessment)
    if conclusion is None:
        raise RuleBroken(_("No level has been concluded yet: there is nothing to sign."))
    countersignature = assessments.countersign(by=by, conclusion=conclusion)
    _plan_reassessment(by, assessment, source_id=countersignature.pk)
    return countersignature


def _visible_assessment(by: Membership, assessment_id: UUID) -> Assessment:
    assessment = Assessment.objects.filter(pk=assessment_id).select_related("case", "grid_version").first()
    if assessment is None or not for_case(assessment.case, by).shows(assessment):
        raise Http404
    return assessment


def _plan_reassessment(by: Membership, assessment: Assessment, *, source_id: UUID) -> None:
    """The assessing agency owes the next assessment of the case, once; what it owed before is done or replaced."""
    latest = assessments.latest_with_level(assessment.case)
    if latest is None or latest.pk != assessment.pk or latest.agency_id != by.agency_id:
        return
    owed = FollowUp.objects.filter(case=assessment.case, kind=FollowUpKind.REASSESSMENT, agency=by.agency)
    if owed.filter(source_id=source_id).exists():
        return
    # read again: the case may have been restated through another instance of the same row
    due_at = Case.objects.values_list("reassess_by", flat=True).get(pk=assessment.case_id)
    waiting = list(owed.filter(settled_at=None))
    if due_at is None or any(follow_up.due_at == due_at for follow_up in waiting):
        return
    outcome = "done" if source_id == assessment.pk else "replaced"
    for follow_up in waiting:
        settle(by=by, kind=FollowUpKind.REASSESSMENT, source_id=follow_up.source_id, outcome=outcome)
    plan(
        by=by,
        case=assessment.case,
        kind=FollowUpKind.REASSESSMENT,
        agency=by.agency,
        source_id=source_id,
        due_at=due_at,
    )


def send_complaint(*, by: Membership, report: Report) -> Agency | None:
    """Open the case of a complaint to the prosecutor, by standing legal obligation, once per report.

    Returns the prosecutor; None, with an event that says so, where none is configured.
    """
    case = Case.objects.select_for_update(of=("self",)).get(pk=report.case_id)
    sent = SharingDecision.objects.filter(way_in=WayIn.COMPLAINT, case=case, source_id=report.pk)
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
    defaults = default_grants(way_in=WayIn.COMPLAINT, agency=prosecutor)
    decide(
        by=by,
        case=case,
        recipient=prosecutor,
        side=proposed_side(prosecutor),
        way_in=WayIn.COMPLAINT,
        basis=Basis.LEGAL_OBLIGATION,
        legal_text=settings.COMPLAINT_LEGAL_TEXT,
        grants=defaults.grants,
        contributes=defaults.contributes,
        necessity=_("To decide on the complaint and on measures that protect her."),
        source_id=report.pk,
    )
    log_event(
        by=by,
        case=case,
        code=EventCode.SENT_TO_PROSECUTOR,
        category=Category.JUDICIAL,
        side=Side.CASE,
        payload=payload,
        next_agency=prosecutor,
        next_act="read_complaint",
    )
    members = Membership.objects.live().filter(agency=prosecutor).select_related("user", "agency")
    told = participants([case])
    notify(
        recipients=[member for member in members if may_write(member) and told.may_know(case, member.user_id)],
        kind=NoticeKind.COMPLAINT_RECEIVED,
        path=reverse("reports:detail", args=[case.pk, report.pk]),
        dedupe_key=f"complaint:{report.pk}",
        case_id=case.pk,
    )
    return prosecutor


def prosecutor_of(agency: Agency) -> Agency | None:
    """The prosecutor of an agency's territory, else the first one by name, None where there is none."""
    offices = Agency.objects.active().filter(kind=AgencyKind.PROSECUTOR).order_by("name")
    return offices.filter(territory__overlap=agency.territory).first() or offices.first()


# --- referrals ----------------------------------------------------------------------------------------------


def send_referral(
    *, by: Membership, case_id: UUID, asked: referrals.Asked, request_key: UUID, previewed: Sequence[str] | None = None
) -> Referral:
    """Ask another service to take over a need: its answer is due from now on, and nothing opens before it accepts.

    The same `request_key` gives the same referral. `previewed` is what the sender saw would open; when that has changed
    since, nothing is sent. Raises RuleBroken by field, Refused, Http404.
    """
    case, access = get_case(case_id, by)
    if (already := referrals.sent_with(by=by, case=case, request_key=request_key)) is not None:
        return already
    proposal = referrals.propose(by=by, case=case, access=access, asked=asked)
    if previewed is not None and sorted(previewed) != sorted(proposal.grants):
        raise RuleBroken(_("What this service would see has changed since you looked. Check it again, then send."))
    with transaction.atomic():
        referral, new = referrals.create(by=by, case=case, proposal=proposal, request_key=request_key)
        if new:
            plan(
                by=by,
                case=case,
                kind=FollowUpKind.REFERRAL_ANSWER,
                agency=referral.to_agency,
                source_id=referral.pk,
                due_at=referral.answer_due_at,
            )
    return referral


def accept_referral(*, by: Membership, referral_id: UUID, note: str = "") -> Referral:
    """Take the person over: what was previewed to the sender opens to the receiver in the same transaction.

    The sender answers for the sharing, decided when it sent. Raises RuleBroken when the state or the basis no longer
    allows it, Refused, Http404.
    """
    with transaction.atomic():
        referral = referrals.lock(by=by, referral_id=referral_id, act=Act.ACCEPT)
        # told before it opens: having accepted is not yet work of one's own that would outlive the basis
        referrals.move(referral, by=by, act=Act.ACCEPT, note=note)
        with system_context(SystemContext.GRANTS):
            consent = Consent.objects.filter(pk=referral.consent_id).first()
        decide(
            by=Decider(referral.sent_by, referral.from_agency),
            case=Case(pk=referral.case_id),
            recipient=referral.to_agency,
            side=referral.side,
            way_in=WayIn.REFERRAL,
            basis=Basis(referral.basis),
            grants=referral.grants,
            contributes=referral.contributes,
            consent=consent,
            legal_text=referral.legal_text,
            necessity=referral.necessity,
            source_id=referral.pk,
            ends_at=now() + timedelta(days=referral.valid_days) if referral.valid_days else None,
        )
        settle(by=by, kind=FollowUpKind.REFERRAL_ANSWER, source_id=referral.pk, outcome=referral.state)
    return referral


def decline_referral(*, by: Membership, referral_id: UUID, reason: str, note: str = "") -> Referral:
    """Say no, with a reason; nothing opens. Raises RuleBroken by field, Refused, Http404."""
    with transaction.atomic():
        referral = referrals.lock(by=by, referral_id=referral_id, act=Act.DECLINE)
        referrals.check_decline(reason=reason)
        referrals.move(referral, by=by, act=Act.DECLINE, decline_reason=reason, note=note)
        settle(by=by, kind=FollowUpKind.REFERRAL_ANSWER, source_id=referral.pk, outcome=referral.state)
    return referral


def withdraw_referral(*, by: Membership, referral_id: UUID) -> Referral:
    """Take back a referral that nobody has answered. Raises RuleBroken once it is answered, Refused, Http404."""
    with transaction.atomic():
        referral = referrals.lock(by=by, referral_id=referral_id, act=Act.WITHDRAW)
        referrals.move(referral, by=by, act=Act.WITHDRAW)
        settle(by=by, kind=FollowUpKind.REFERRAL_ANSWER, source_id=referral.pk, outcome=referral.state)
    return referral
