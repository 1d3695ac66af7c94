"""The lead of a case goes to another service: offered, taken over or declined; the reference person of a case.

When she moves, the service of the place where she lives takes the lead over and the former one's access ends with it:
it keeps its own work, and never reads where she is. What goes to the new lead was shared with it beforehand, by a
decision of its own and as previewed there; the hand-over opens nothing.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.enums import AgencyKind
from agencies.models import Agency, Membership
from agencies.perms import SENIORS
from agencies.services import writers_of
from audit.models import Action
from audit.services import record
from cases import services as cases
from cases.access import CaseAccess, get_case, keep_own_work, participants
from cases.enums import CONTRIBUTE, Category, EventCode, ParticipationSide, Side
from cases.models import Case
from cases.services import log_event
from cases.who_sees import who_sees
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.holidays import is_legal_holiday
from common.once import insert_once
from followups.holding import hand_to, open_of
from followups.leaving import pass_on
from followups.models import FollowUp, FollowUpKind
from followups.planning import as_schedule, plan, policy_for
from followups.schedule import due_at as deadline
from followups.settling import settle
from notifications.models import NoticeKind
from notifications.services import notify
from plans import closing as rows
from plans.closing import LONGEST
from plans.models import LeadAnswer, LeadOffer, LeadState, LeadWhy

from .parting import end_access

NEVER_LEAD = frozenset({AgencyKind.PROSECUTOR, AgencyKind.COURT})
"""They decide in a case and do not lead the work on it."""
OF_THE_LEAD = frozenset({FollowUpKind.SUPERVISION})
"""What is owed by whoever leads, and goes with the lead; the rest stays with the service whose act it follows from."""
NETWORK_OF_HERS = {"category": Category.NETWORK, "side": Side.VICTIM}


# --- who may lead ---------------------------------------------------------------------------------------------
def candidates(case: Case, access: CaseAccess) -> list[Agency]:
    """The services that may take the lead over, as far as the acting one may know them: they add to the case, and do
    not work with him, with whom a case cannot be closed.
    """
    return [
        reader.agency
        for reader in who_sees(case, access).readers
        if reader.agency.pk not in (case.lead_agency_id, access.agency_id)
        and reader.access.has(CONTRIBUTE)
        and reader.access.side != ParticipationSide.PERPETRATOR
        and reader.agency.kind not in NEVER_LEAD
    ]


def stays(case: Case, former: Agency) -> list[FollowUp]:
    """What the service that leads owes and would keep, should it stay in the case: its own acts, its own grids."""
    return [each for each in open_of(case=case, agency_id=former.pk) if each.kind not in OF_THE_LEAD]


# --- offering ---------------------------------------------------------------------------------------------
def offer_lead(
    *,
    by: Membership,
    case_id: UUID,
    agency_id: UUID | None,
    why: str,
    leaves: bool = False,
    words: str = "",
    request_key: UUID,
) -> LeadOffer:
    """Ask another service of the case to lead it. The same `request_key` gives the same offer.

    Raises Http404, Refused, RuleBroken by field.
    """
    case, access = get_case(case_id, by)
    if not rows.may_hand_lead(by, case, access):
        raise Refused(_("Only a reference person or manager of the service that leads hands the lead over."))
    with transaction.atomic():
        case = _locked(case)
        mine = LeadOffer.objects.filter(request_key=request_key, agency=by.agency_id)
        if (already := mine.first()) is not None:
            return already
        if case.lead_agency_id != by.agency_id:
            raise RuleBroken(_("Your service does not lead this case any more."))
        if (waiting := rows.open_offer(case)) is not None:
            raise RuleBroken(
                _("%(who)s has already offered the lead to %(service)s: take that back first.")
                % {"who": waiting.author.full_name, "service": waiting.to_agency.short_name}
            )
        errors: dict[str, list[str]] = {}
        to = next((each for each in candidates(case, access) if each.pk == agency_id), None)
        if to is None:
            errors["agency"] = [_("Choose one of the services listed.")]
        if why not in LeadWhy.values:
            errors["why"] = [_("Say why.")]
        missing = _("Write what the service has to know to go on. Never an address.")
        if problem := text_problem(words, most=LONGEST, missing=missing):
            errors["words"] = [problem]
        if errors:
            raise RuleBroken(errors)
        offer = LeadOffer(
            case=case,
            to_agency=to,
            why=why,
            leaves=leaves or _moves_zone(why, by.agency, to),
            words=words.strip(),
            request_key=request_key,
            agency=by.agency,
            author=by.user,
            at=now(),
        )
        cases.check(offer)
        offer, new = insert_once(offer, mine=mine)
        if new:
            _after_offer(by, case, offer)
    return offer


def _moves_zone(why: str, former: Agency, new: Agency) -> bool:
    """Whether one police zone gives way to another because she moves: the former one then reads no more of her."""
    return why == LeadWhy.MOVES and former.kind == new.kind == AgencyKind.POLICE


def _after_offer(by: Membership, case: Case, offer: LeadOffer) -> None:
    keep_own_work(case=case, agency=by.agency)
    policy = policy_for(FollowUpKind.LEAD_HANDOVER)
    due = deadline(now(), as_schedule(policy), is_holiday=is_legal_holiday)
    plan(
        by=by,
        case=case,
        kind=FollowUpKind.LEAD_HANDOVER,
        agency=offer.to_agency,
        source_id=offer.pk,
        due_at=due,
        policy=policy,
    )
    log_event(
        by=by,
        case=case,
        code=EventCode.LEAD_OFFERED,
        payload={"offer": str(offer.pk)},
        **NETWORK_OF_HERS,
        next_agency=offer.to_agency,
        next_act=FollowUpKind.LEAD_HANDOVER,
        next_due_at=due,
    )
    _on_record(offer, offer.why)
    _tell(case, offer.to_agency, NoticeKind.LEAD_OFFERED, f"lead:{offer.pk}")


# --- answering --------------------------------------------------------------------------------------------
def find_offer(*, by: Membership, case_id: UUID, offer_id: UUID) -> tuple[Case, CaseAccess, LeadOffer]:
    """An offer made or received by the acting agency. Raises Http404."""
    case, access = get_case(case_id, by)
    found = LeadOffer.objects.filter(case=case, pk=offer_id).select_related("agency", "to_agency", "author").first()
    if found is None or by.agency_id not in (found.agency_id, found.to_agency_id):
        raise Http404
    return case, access, found


def accept_lead(*, by: Membership, case_id: UUID, offer_id: UUID) -> LeadAnswer:
    """Lead the case from now on. Raises Http404, Refused, RuleBroken naming what became of the offer."""
    case, access, offer = find_offer(by=by, case_id=case_id, offer_id=offer_id)
    if not rows.may_answer_lead(by, offer, access):
        raise Refused(_("Only a reference person or manager of the service that is asked answers."))
    with transaction.atomic():
        case = _locked(case)
        if (already := _already(by, offer, LeadState.ACCEPTED)) is not None:
            return already
        former = offer.agency
        if case.lead_agency_id != former.pk:
            raise RuleBroken(_("This case is led by another service by now."))
        if access.side == ParticipationSide.PERPETRATOR:
            raise RuleBroken(_("Your service works with him in this case: it cannot lead it."))
        answer = _answer(by, case, offer, LeadState.ACCEPTED)
        cases.lead(case=case, agency=by.agency, person=by.user)
        if offer.leaves:
            end_access(by=by, case=case, agency=former, reason=_("The lead has been handed over."))
            for follow_up in open_of(case=case, agency_id=former.pk):
                if follow_up.kind == FollowUpKind.REASSESSMENT:
                    pass_on(follow_up, case=case)
        hand_to(case=case, kinds=OF_THE_LEAD, former=former, agency=by.agency)
        log_event(by=by, case=case, code=EventCode.LEAD_TAKEN, payload={"offer": str(offer.pk)}, **NETWORK_OF_HERS)
        path = reverse("cases:list") if offer.leaves else None
        _tell(case, former, NoticeKind.LEAD_ANSWERED, f"lead:{offer.pk}:answer", path=path)
    return answer


def decline_lead(*, by: Membership, case_id: UUID, offer_id: UUID, words: str = "") -> LeadAnswer:
    """Not take it over, with a reason; the former service goes on. Raises Http404, Refused, RuleBroken by field."""
    case, access, offer = find_offer(by=by, case_id=case_id, offer_id=offer_id)
    if not rows.may_answer_lead(by, offer, access):
        raise Refused(_("Only a reference person or manager of the service that is asked answers."))
    with transaction.atomic():
        case = _locked(case)
        if (already := _already(by, offer, LeadState.DECLINED)) is not None:
            return already
        if problem := text_problem(words, most=LONGEST, missing=_("Say why not. Never an address.")):
            raise RuleBroken({"words": [problem]})
        answer = _answer(by, case, offer, LeadState.DECLINED, words)
        log_event(by=by, case=case, code=EventCode.LEAD_DECLINED, payload={"offer": str(offer.pk)}, **NETWORK_OF_HERS)
        _tell(case, offer.agency, NoticeKind.LEAD_ANSWERED, f"lead:{offer.pk}:answer")
    return answer


def withdraw_lead(*, by: Membership, case_id: UUID, offer_id: UUID) -> LeadAnswer:
    """Take the offer back while nobody has answered. Raises Http404, Refused, RuleBroken."""
    case, access, offer = find_offer(by=by, case_id=case_id, offer_id=offer_id)
    if offer.agency_id != by.agency_id or not rows.may_hand_lead(by, case, access):
        raise Refused(_("Only the service that leads takes its offer back."))
    with transaction.atomic():
        case = _locked(case)
        if (already := _already(by, offer, LeadState.WITHDRAWN)) is not None:
            return already
        return _answer(by, case, offer, LeadState.WITHDRAWN)


def _already(by: Membership, offer: LeadOffer, wanted: str) -> LeadAnswer | None:
    """The same answer of the same service given twice; RuleBroken naming who gave another one."""
    answer = LeadAnswer.objects.filter(offer=offer).select_related("author", "agency").first()
    if answer is None:
        return None
    if (answer.state, answer.agency_id) == (wanted, by.agency_id):
        return answer
    told = {"who": answer.author.full_name, "service": answer.agency.short_name, "what": answer.get_state_display()}
    raise RuleBroken(_("%(who)s (%(service)s) was first: %(what)s.") % told)


def _answer(by: Membership, case: Case, offer: LeadOffer, state: str, words: str = "") -> LeadAnswer:
    answer = LeadAnswer(
        case=case, offer=offer, state=state, words=words.strip(), agency=by.agency, author=by.user, at=now()
    )
    cases.check(answer)
    answer.save(force_insert=True)
    keep_own_work(case=case, agency=by.agency)
    settle(by=by, kind=FollowUpKind.LEAD_HANDOVER, source_id=offer.pk, outcome=state)
    _on_record(answer, state)
    return answer


# --- the reference person -------------------------------------------------------------------------------------
def possible_reference_persons(case: Case) -> list[Membership]:
    """Who writes for the service that leads and may know of the case, by name."""
    members = participants([case]).among(case, writers_of([case.lead_agency]))
    return sorted(members, key=lambda each: (each.user.family_name, each.user.given_name, each.pk))


def name_reference(*, by: Membership, case_id: UUID, user_id: UUID | None) -> Case:
    """Say who of the service that leads is the reference person. Raises Http404, Refused, RuleBroken by field."""
    case, access = get_case(case_id, by)
    if not rows.may_name_reference(by, case, access):
        raise Refused(_("Only a reference person or manager of the service that leads says who it is."))
    with transaction.atomic():
        case = _locked(case)
        if case.lead_agency_id != by.agency_id:
            raise RuleBroken(_("Your service does not lead this case any more."))
        found = next((each for each in possible_reference_persons(case) if each.user_id == user_id), None)
        if found is None:
            raise RuleBroken({"person": [_("Choose a colleague who may work on this case.")]})
        return cases.refer_to(case=case, person=found.user)


# --- shared -------------------------------------------------------------------------------------------------
def _tell(case: Case, agency: Agency, kind: NoticeKind, key: str, *, path: str | None = None) -> None:
    members: Iterable[Membership] = writers_of([agency])
    seniors = [each for each in participants([case]).among(case, members) if each.role in SENIORS]
    notify(
        recipients=seniors or participants([case]).among(case, members),
        kind=kind,
        path=path or reverse("casework:lead", args=[case.pk]),
        dedupe_key=key,
        case_id=case.pk,
    )


def _on_record(row: LeadOffer | LeadAnswer, reason: str) -> None:
    kind = row._meta.label
    record(action=Action.DECIDED, case_id=row.case_id, object_kind=kind, object_id=row.pk, reason=reason)


def _locked(case: Case) -> Case:
    with system_context(SystemContext.REMINDERS):
        return Case.objects.select_for_update().get(pk=case.pk)
