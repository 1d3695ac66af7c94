"""The coordination of a case goes to another coordination: asked and answered as any request to a coordination is.

A request from the service that coordinates the case is an offer of the coordination. Retained, the former one's part
ends in the same transaction: it keeps its own work and reads nothing written since, so that a new address stays with
the place she moved to. What it owed goes along with the hours it had; the one clock of the coordinated plan runs on.
"""

from django.utils.translation import gettext as _

from agencies.enums import AgencyKind, Role
from agencies.models import Agency, Membership
from agencies.perms import SENIORS
from cases.access import CaseAccess, agencies_holding
from cases.enums import CONTRIBUTE, COORDINATE
from cases.models import Case
from common.errors import Refused, RuleBroken
from common.locks import lock
from followups.holding import hand_to, open_of
from followups.leaving import pass_on
from followups.models import FollowUp, FollowUpKind
from riskassessment.models import CoordinationRequest

from .parting import end_access

ANSWERS = SENIORS | {Role.COORDINATOR}
OF_THE_COORDINATION = frozenset({FollowUpKind.COORDINATED_PLAN, FollowUpKind.MONITORING})
"""What is owed by whoever coordinates, and goes with the coordination."""


def is_offer(request: CoordinationRequest) -> bool:
    """Whether this request hands a case over from one coordination to another."""
    return request.consultation_id is None and request.agency.kind == AgencyKind.COORDINATION


def may_offer(by: Membership, access: CaseAccess) -> bool:
    """Ask another coordination to take over: who answers for the one that coordinates the case."""
    return access.contribute and access.has(COORDINATE) and by.role in ANSWERS


def may_answer(by: Membership, request: CoordinationRequest) -> bool:
    """Take over or decline: as any request, and an offer by who answers for the coordination alone."""
    return not is_offer(request) or by.role in ANSWERS


def check_offer(*, by: Membership, case: Case, access: CaseAccess) -> None:
    """Raises Refused and RuleBroken where a coordination may not ask another one to take over now."""
    if by.agency.kind != AgencyKind.COORDINATION:
        return
    if not may_offer(by, access):
        raise Refused(_("Only a coordinator, reference person or manager of the coordination hands it over."))
    _check_no_lead(case, by.agency)
    lock(f"coordination of {case.pk}")
    waiting = (
        CoordinationRequest.objects.filter(agency=by.agency_id, case=case.pk)
        .waiting()
        .select_related("coordination", "author")
    )
    if (first := waiting.first()) is not None:
        raise RuleBroken(
            _("%(who)s has already asked %(service)s: take that back first.")
            % {"who": first.author.full_name, "service": first.coordination.short_name}
        )


def _check_no_lead(case: Case, former: Agency) -> None:
    if case.lead_agency_id == former.pk:
        raise RuleBroken(_("The coordination leads this case too: the lead is handed over first."))


def check_answer(*, by: Membership, request: CoordinationRequest) -> None:
    """Raises Refused where this member may not answer an offer of the coordination."""
    if not may_answer(by, request):
        raise Refused(_("A coordinator, reference person or manager answers an offer of the coordination."))


def check_taken(case: Case, request: CoordinationRequest) -> None:
    """Raises RuleBroken where who offers the coordination no longer has it to give."""
    if request.agency.group_id not in agencies_holding(case.pk, [COORDINATE, CONTRIBUTE]):
        raise RuleBroken(_("The service that asked no longer coordinates this case: redirect it."))
    if case.closed_at is not None:
        raise RuleBroken(_("This case is closed already."))
    _check_no_lead(case, request.agency)


def plan_owed(case: Case, former: Agency) -> FollowUp | None:
    """The coordinated plan that is still owed, whose hours run on."""
    owed = [each for each in open_of(case=case, agency_id=former.pk) if each.kind == FollowUpKind.COORDINATED_PLAN]
    return owed[0] if owed else None


def take_over(*, by: Membership, case: Case, request: CoordinationRequest) -> None:
    """The new coordination has its part: the former one's ends, and what it owed goes on without a gap."""
    former, agency = request.agency, request.coordination
    end_access(by=by, case=case, agency=former, reason=_("The coordination has been handed over."))
    hand_to(case=case, kinds=OF_THE_COORDINATION, former=former, agency=agency)
    for follow_up in open_of(case=case, agency_id=former.pk):
        pass_on(follow_up, case=case)
