"""A situation recorded by a service: its case opens to that service alone, or is joined. Nobody else is told.

What opens to others later is a decision of its own: a consent, a referral, another basis.
"""

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from agencies.enums import JUDICIAL_KINDS
from agencies.models import Membership
from cases.access import get_case
from cases.enums import Category, ContactKind, EventCode, Origin, PersonRole, Side
from cases.models import Case, CasePerson
from cases.services import add_contact_point, add_person, log_event, open_case
from common.clock import now
from common.errors import Refused, RuleBroken
from plans.models import ReopenedFor
from reports.children import write_children
from reports.cleaning import PersonInput, SafeContactInput
from reports.models import Presence, Situation
from reports.perms import may_open_situation
from reports.services import lock_draft, recorded_situation, refuse_stale
from reports.situation_payload import SituationInput, clean
from reports.situations import asked_of, create_situation
from sharing.grants import of_own_record
from sharing.matching import look_for
from sharing.models import Basis, SharingDecision, WayIn
from sharing.services import decide, default_grants, proposed_side

from .closing import reopened_by


def record_situation(
    *, by: Membership, draft_id: UUID, data: Mapping[str, object], version: int | None = None
) -> Situation:
    """Record what was typed: the case opens to the acting agency alone, or the case of the draft is joined.

    Sending the same draft again gives the same situation. Raises RuleBroken by field, StaleVersion when a colleague has
    changed the draft since `version`, Http404 outside the agency, Refused when the case joined can only be read.
    """
    draft = lock_draft(by=by, draft_id=draft_id, situation=True)
    if (already := recorded_situation(draft)) is not None:
        return already
    if not may_open_situation(by):
        raise Refused(_("Your role does not record situations."))
    if version is not None:
        refuse_stale(draft, data, version)
    case = _case_to_join(by, draft.joins_case_id) if draft.joins_case_id else None
    asked, known = asked_of(by, case)
    given = clean(data, at=now(), asked=asked)
    if case is None:
        case, victim = _open(by, given)
    else:
        reopened_by(by=by, case=case, code=ReopenedFor.SITUATION)
        victim = CasePerson.objects.filter(case=case, role=PersonRole.VICTIM).order_by("created_at").first()
    if given.contact is not None:
        _write_contact(by, victim, given.contact)
    situation = create_situation(by=by, case=case, draft=draft, given=given, on_his_side=asked.on_his_side)
    added = write_children(
        by=by, case=case, known=known, children=given.children, said=given.known_children, situation=situation
    )
    log_event(
        by=by,
        case=case,
        code=EventCode.SITUATION_RECORDED,
        category=Category.PSYCHOSOCIAL,
        side=situation.side,
        payload={"situation": str(situation.pk), "children": added} | ({"danger": True} if given.danger else {}),
    )
    if given.may_contact == Presence.NO and situation.side == Side.VICTIM:
        # told beside the numbers already written, to whoever may read them
        log_event(
            by=by,
            case=case,
            code=EventCode.CONTACT_CHANGED,
            category=Category.CONTACT,
            side=Side.VICTIM,
            payload={"wishes": "none"},
        )
    look_for(case=case, by=by)
    return situation


def open_to_itself(*, by: Membership, case: Case, necessity: str) -> SharingDecision:
    """A case the acting agency has just opened, open to it alone.

    What police and justice will write later of the case is no part of it: a service that is neither reads what it works
    with, and one that works with him what is about him.
    """
    way_in = WayIn.RECORDING if by.agency.kind in JUDICIAL_KINDS else WayIn.SITUATION
    defaults = default_grants(way_in=way_in, agency=by.agency)
    side = proposed_side(by.agency)
    return decide(
        by=by,
        case=case,
        recipient=by.agency,
        side=side,
        way_in=way_in,
        basis=Basis.OWN_RECORD,
        grants=of_own_record(defaults.grants, side=side),
        contributes=defaults.contributes,
        necessity=necessity,
    )


def _case_to_join(by: Membership, case_id: UUID) -> Case:
    case, access = get_case(case_id, by)
    if not access.takes_part:
        raise Refused(_("You can read this case but not add to it."))
    return case


def _open(by: Membership, given: SituationInput) -> tuple[Case, CasePerson]:
    case = open_case(by=by)
    victim = _add(by, case, PersonRole.VICTIM, given.victim or PersonInput())
    if given.perpetrator is not None:
        _add(by, case, PersonRole.PRESUMED_PERPETRATOR, given.perpetrator)
    open_to_itself(by=by, case=case, necessity=_("The agency recorded the situation itself."))
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


def _write_contact(by: Membership, victim: CasePerson | None, given: SafeContactInput) -> None:
    if victim is None:
        raise RuleBroken({"victim_phone": [_("This case names nobody this number could be of.")]})
    add_contact_point(
        by=by,
        case_person=victim,
        kind=ContactKind.PHONE,
        value=given.phone,
        safe=given.safe,
        hours=given.hours,
        may_sms=given.may_sms,
        may_leave_message=given.may_leave_message,
        say=given.say,
        must_not_answer=given.must_not_answer,
        origin=Origin.PERSON,
    )
