"""A report recorded: its case opens or is joined, who may see it is decided, the J+2 contact planned."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.http import Http404
from django.utils.translation import gettext as _

from agencies.enums import VICTIM_CELLS
from agencies.models import Agency, Membership
from cases.access import for_case
from cases.children import children_of
from cases.enums import Category, ContactKind, EventCode, Origin, ParticipationSide, PersonRole, Side
from cases.models import Case, CasePerson, ContactPoint
from cases.services import add_contact_point, add_person, log_event, open_case
from common.clock import local, now
from common.errors import Refused, RuleBroken
from followups.models import FollowUp, FollowUpKind
from followups.planning import plan_j2
from plans.models import ReopenedFor
from reports.children import write_children
from reports.cleaning import PersonInput
from reports.continuing import refuse_second
from reports.models import Report, ReportKind
from reports.payload import ReportInput, clean
from reports.perms import may_continue
from reports.services import create_report, draft_for_key, lock_draft, recorded_report, refuse_stale
from riskassessment.models import TurningKind
from sharing.grants import grants_for_side
from sharing.matching import look_for
from sharing.models import Basis, GivenHow, WayIn
from sharing.services import decide, default_grants, proposed_side, record_consent

from . import repeating
from .classifying import ask_classification
from .closing import reopened_by
from .neighbourhood import person_of, unit_of
from .tracking import send_dispute
from .turning import turned


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
    if draft.continues_id:
        refuse_second(draft)
    known_contact = case is not None and ContactPoint.objects.filter(
        case=case, case_person__role=PersonRole.VICTIM, ended_at=None
    ).exists()  # fmt: skip
    children = children_of(for_case(case, by)) if case is not None else []
    given = clean(
        data,
        kind=draft.kind,
        at=now(),
        joins=case is not None,
        known_contact=known_contact,
        known_children=[child.pk for child in children],
    )
    if case is None:
        case, victim = _open(by, given)
        code = EventCode.REPORT_RECORDED
    else:
        reopened_by(by=by, case=case, code=ReopenedFor.REPORT)
        victim = CasePerson.objects.filter(case=case, role=PersonRole.VICTIM).order_by("created_at").first()
        if victim is None:
            raise RuleBroken(_("This case names no victim your agency may see; record a new case instead."))
        code = EventCode.COMPLAINT_CONTINUES if draft.continues_id else EventCode.REPORT_ADDED
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
    named = write_children(
        by=by, case=case, known=children, children=given.children, said=given.known_children, report=report
    )
    log_event(
        by=by,
        case=case,
        code=code,
        category=Category.FACTS,
        side=Side.CASE,
        payload={"report": str(report.pk), "kind": report.kind, "children": named}
        | ({"continues": str(report.continues_id)} if report.continues_id else {}),
    )
    if given.j2_accepted and not _is_to_be_called(by, report):
        _open_to_victim_cell(by, case, victim, report)
    look_for(case=case, by=by)
    if code == EventCode.REPORT_ADDED:
        happened_on = local(report.occurred_at or report.met_at).date()
        turned(by=by, case=case, kind=TurningKind.REPORT, source_id=report.pk, happened_on=happened_on)
    repeating.look(case=case)
    ask_classification(by=by, report=report)
    send_dispute(by=by, report=report)
    return report


def _is_to_be_called(by: Membership, report: Report) -> bool:
    """Whether the J+2 contact of the dispute that this complaint continues is still to come: she is called once."""
    planned = FollowUp.objects.visible_to(by).filter(kind=FollowUpKind.J2_CONTACT, settled_at=None)
    return report.continues_id is not None and planned.filter(source_id=report.continues_id).exists()


def receive_report(
    *,
    by: Membership,
    key: UUID,
    kind: str,
    case_id: UUID | None,
    data: Mapping[str, object],
    version: int | None,
    continues_id: UUID | None = None,
) -> tuple[Report, bool]:
    """Record a report that a program sends under its own `key`; (report, whether it is new).

    The same key gives the same report, however often and however close together it is sent. `continues_id` is the
    family dispute that a complaint continues, in its case. Raises as `record_report`.
    """
    continued = _dispute_to_continue(by, kind, continues_id) if continues_id else None
    joins_id = continued.case_id if continued else case_id
    joins = _case_to_join(by, joins_id) if joins_id else None
    draft = draft_for_key(by=by, key=key, kind=kind, joins_case=joins, continues=continued)
    draft = lock_draft(by=by, draft_id=draft.pk)
    new = recorded_report(draft) is None
    return record_report(by=by, draft_id=draft.pk, data=data, version=version), new


def _dispute_to_continue(by: Membership, kind: str, report_id: UUID) -> Report:
    report = Report.objects.filter(pk=report_id, case__in=Case.objects.visible_to(by)).select_related("case").first()
    if report is None or not (access := for_case(report.case, by)).shows(report):
        raise Http404
    if not may_continue(by, access, report):
        raise Refused(_("Only the service that recorded a family dispute turns it into a complaint."))
    if kind != ReportKind.POLICE_COMPLAINT:
        raise RuleBroken({"kind": [_("What continues a family dispute is a complaint.")]})
    return report


def _case_to_join(by: Membership, case_id: UUID) -> Case:
    case = Case.objects.visible_to(by).filter(pk=case_id).first()
    if case is None:
        raise Http404
    if not for_case(case, by).takes_part:
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
    unit = unit_of(cell, report.postal_code)
    follow_up = plan_j2(
        by=by,
        case=case,
        about=victim,
        agency=cell,
        report_id=report.pk,
        met_at=report.met_at,
        reference=report.pv_number if settings.J2_SHARES_REPORT_REFERENCE else "",
        unit=unit,
        person=person_of(unit, case),
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
    cells = Agency.objects.active().filter(parent=agency, kind__in=VICTIM_CELLS)
    return min(cells, key=lambda cell: (VICTIM_CELLS.index(cell.kind), cell.name), default=agency)
