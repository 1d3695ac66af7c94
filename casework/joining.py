"""What a request to the coordination opens in a case: the names while it waits, the coordination's own part once it has
retained the situation, the case itself where the identity comes last.

The act of the partnership decides what the coordination sees: that is a sharing decision of its own. A service on his
side may ask; it is not told who joined.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agencies.models import Membership
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, get_case, participation_rows
from cases.enums import Category, EventCode, ParticipationSide, PersonRole, Side
from cases.models import Case
from cases.services import add_person, log_event, open_case
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import RuleBroken
from followups.models import FollowUpKind
from followups.planning import plan
from riskassessment import consulting_perms as perms
from riskassessment.models import CoordinationRequest
from sharing.matching import look_for
from sharing.models import Basis, Reach, SharingDecision, WayIn
from sharing.services import Decider, decide, default_grants, end_decision, participation_side, proposed_side, recompute

from . import coordination_handing as handing
from . import watching
from .situations import open_to_itself

KIND = "riskassessment.CoordinationRequest"


@dataclass(frozen=True)
class Names:
    """Who a new case is about, as they were typed."""

    victim_given_name: str = ""
    victim_family_name: str = ""
    victim_birth_date: date | None = None
    perpetrator_given_name: str = ""
    perpetrator_family_name: str = ""


# --- the names that go with it ----------------------------------------------------------------------------
def names_known(access: CaseAccess) -> list[str]:
    """The identities open to the acting agency: it lends what it sees itself."""
    return [
        f"{Category.IDENTITY}:{side}" for side in (Side.VICTIM, Side.PERPETRATOR) if access.can(Category.IDENTITY, side)
    ]


def open_names(by: Membership, case: Case, access: CaseAccess, request: CoordinationRequest) -> None:
    """Who they are, read where it stands and copied nowhere, until the request ends."""
    decide(
        by=by,
        case=case,
        recipient=request.coordination,
        side=proposed_side(request.coordination),
        way_in=WayIn.COORDINATION,
        basis=Basis.CONSULTATION,
        partnership=request.partnership,
        grants=names_known(access),
        necessity=_("To know who it is about, and answer whether the coordination takes the situation up."),
        particulars={"occasion": _occasion(request)},
        reach=Reach.INTERNAL,
        source_id=request.pk,
        ends_at=request.expires_at,
    )


def _occasion(request: CoordinationRequest) -> str:
    return _("Request to the coordination of %(day)s") % {"day": date_format(local(request.sent_at), "DATE_FORMAT")}


def end_names(by: Membership, request: CoordinationRequest, *, reason: str) -> None:
    """What the request itself had opened closes with it; joining is another decision."""
    if not request.with_identity or request.case_id is None:
        return
    with system_context(SystemContext.GRANTS):
        opened = SharingDecision.objects.live().filter(
            way_in=WayIn.COORDINATION, source_id=request.pk, contributes=False
        )
        for decision in opened:
            end_decision(by=by, decision=decision, reason=reason)
    recompute(case=Case(pk=request.case_id), agency=request.coordination)


# --- its part ---------------------------------------------------------------------------------------------
def join(by: Membership, request: CoordinationRequest) -> None:
    """The coordination takes part from now on, by a decision of its own under its act; the case is monitored and the
    plan is owed. `by` is the coordination, or who gave the identity.
    """
    case = Case(pk=request.case_id)
    coordination = request.coordination
    handed = handing.is_offer(request)
    if handed:
        with system_context(SystemContext.REMINDERS):
            case = Case.objects.select_for_update(of=("self",)).get(pk=request.case_id)
        handing.check_taken(case, request)
        owed = handing.plan_owed(case, request.agency)
        request.plan_due_at = owed.due_at if owed else None
    # before it opens: having retained is not yet work of one's own that would outlive the basis
    end_names(by, request, reason=_("The coordination takes part under its act."))
    log_answer(by, request, EventCode.COORDINATION_RETAINED)
    defaults = default_grants(way_in=WayIn.COORDINATION, agency=coordination)
    decide(
        by=Decider(request.answered_by, coordination),
        case=case,
        recipient=coordination,
        side=proposed_side(coordination),
        way_in=WayIn.COORDINATION,
        basis=Basis.CONSULTATION,
        partnership=request.partnership,
        grants=defaults.grants,
        contributes=defaults.contributes,
        necessity=_("To coordinate the protection in a critical situation, and agree on a plan within %(hours)d hours.")
        % {"hours": settings.COORDINATED_PLAN_HOURS},
        particulars={"occasion": _occasion(request)},
        reach=Reach.INTERNAL,
        source_id=request.pk,
        ends_at=now() + timedelta(days=defaults.valid_days) if defaults.valid_days else None,
    )
    request.joined_at = now()
    if handed:
        handing.take_over(by=by, case=case, request=request)
        return
    watching.begin_by_retention(by=by, request=request)
    on_his_side = participation_side(case=case, agency=request.agency) == ParticipationSide.PERPETRATOR
    plan(
        by=by,
        case=case,
        kind=FollowUpKind.COORDINATED_PLAN,
        agency=coordination,
        source_id=request.pk,
        due_at=request.plan_due_at,
        planned_by=coordination if on_his_side else request.agency,
    )


def log_answer(by: Membership, request: CoordinationRequest, code: EventCode) -> None:
    """In the timeline, where his side reads nothing of her services."""
    record(action=Action.DECIDED, case_id=request.case_id, object_kind=KIND, object_id=request.pk, reason=request.state)
    if request.case_id is None:
        return
    retained = code == EventCode.COORDINATION_RETAINED
    log_event(
        by=by,
        case=Case(pk=request.case_id),
        code=code,
        category=Category.NETWORK,
        side=Side.VICTIM,
        payload={"request": str(request.pk)},
        next_agency=request.coordination if retained and request.plan_due_at else None,
        next_act="coordinated_plan" if retained and request.plan_due_at else "",
        next_due_at=request.plan_due_at if retained else None,
    )


# --- the case of a situation that had none ----------------------------------------------------------------
def own_case(by: Membership, reference: str) -> Case:
    """A case of the acting agency by its reference. Raises RuleBroken by field."""
    row = participation_rows(by).filter(content_object__reference__iexact=reference.strip()).first()
    if row is None:
        raise RuleBroken({"reference": [_("Your service has no case with this reference.")]})
    case, access = get_case(row.content_object_id, by)
    if not perms.may_ask_coordination(access):
        raise RuleBroken({"reference": [_("You can read this case but not add to it.")]})
    return case


def new_case(by: Membership, names: Names) -> Case:
    """A case opened with these names, recorded by the acting agency itself. Raises RuleBroken by field."""
    errors: dict[str, list[str]] = {}
    if not (names.victim_given_name.strip() or names.victim_family_name.strip()):
        errors["victim_family_name"] = [_("Give the reference of a case, or the name of the victim.")]
    if not (names.perpetrator_given_name.strip() or names.perpetrator_family_name.strip()):
        errors["perpetrator_family_name"] = [_("Write the name of the presumed perpetrator, or “unknown”.")]
    if errors:
        raise RuleBroken(errors)
    case = open_case(by=by)
    try:
        add_person(
            by=by,
            case=case,
            role=PersonRole.VICTIM,
            given_name=names.victim_given_name,
            family_name=names.victim_family_name,
            birth_date=names.victim_birth_date,
        )
    except RuleBroken as broken:
        raise RuleBroken({f"victim_{name}": messages for name, messages in broken.errors.items()}) from None
    add_person(
        by=by,
        case=case,
        role=PersonRole.PRESUMED_PERPETRATOR,
        given_name=names.perpetrator_given_name,
        family_name=names.perpetrator_family_name,
    )
    open_to_itself(by=by, case=case, necessity=_("The agency recorded the situation itself."))
    look_for(case=case, by=by)
    return case
