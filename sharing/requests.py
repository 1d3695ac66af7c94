"""An agency asks another for what it does not see; the answer is a sharing decision, or a refusal with its reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from agencies.services import writers_of
from cases.access import CaseAccess, for_case, participants
from cases.enums import Category, EventCode, ParticipationSide, Side
from cases.models import Case
from cases.services import check, log_event
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.once import insert_once
from notifications.models import NoticeKind
from notifications.services import notify

from .grants import permission_of, refused_to
from .models import InformationRequest, RefusalReason, RequestState, SharingDecision
from .perms import may_answer_request, may_ask, may_withdraw_request
from .services import sides_in

LONGEST_PURPOSE = 1000
LONGEST_WAIT = timedelta(days=60)
NOT_ASKED = frozenset({Category.SUMMARY, Category.NETWORK})
ABOUT_THE_CASE = frozenset({Category.LEVEL, Category.FACTS, Category.RISK, Category.JUDICIAL})


@dataclass(frozen=True)
class Asked:
    """What was typed: whom, which "category:side" pairs, what for, by when."""

    to_agency_id: UUID | None
    grants: tuple[str, ...]
    purpose: str
    due_at: datetime | None


def agencies_to_ask(access: CaseAccess) -> list[Agency]:
    """Those of `others_in` this agency may ask: a service of hers asks none that works with him, which would tell it
    who follows her.
    """
    others = others_in(access)
    if access.side != ParticipationSide.VICTIM:
        return others
    sides = sides_in(Case(pk=access.case_id), others)
    return [agency for agency in others if sides[agency.pk] != ParticipationSide.PERPETRATOR]


def others_in(access: CaseAccess) -> list[Agency]:
    """The other agencies that take part now, of those this access may know of, by name."""
    known = list(
        SharingDecision.objects.of_case(access).exclude(recipient=access.agency_id).values_list("pk", flat=True)
    )
    with system_context(SystemContext.GRANTS):
        live = SharingDecision.objects.live().filter(pk__in=known).values_list("recipient", flat=True)
        return list(Agency.objects.active().filter(pk__in=list(live)).order_by("name"))


def pairs_to_ask(access: CaseAccess) -> list[tuple[Category, Side]]:
    """What this agency does not see and may be given: the hard refusals of its side are not for asking."""
    return [
        (category, side)
        for category in Category
        if category not in NOT_ASKED
        for side in Side
        if category != Category.PERPETRATOR_WORK or side == Side.PERPETRATOR
        if not access.can(category, side) and permission_of(f"{category}:{side}") not in refused_to(access.side)
    ]


def is_usual(category: Category, side: Side) -> bool:
    """Whether records of this category are commonly about this side: what a form shows first."""
    if category in ABOUT_THE_CASE:
        return side == Side.CASE
    if category == Category.CHILDREN:
        return side == Side.VICTIM
    return category == Category.PERPETRATOR_WORK or side != Side.CASE


def ask(
    *, by: Membership, case: Case, access: CaseAccess, asked: Asked, request_key: UUID
) -> tuple[InformationRequest, bool]:
    """Ask; (request, whether it is new). The same `request_key` gives the same request.

    Raises Refused for who may not ask, RuleBroken by field.
    """
    if not may_ask(access):
        raise Refused(_("You can read this case but not add to it."))
    mine = InformationRequest.objects.filter(from_agency=by.agency_id, request_key=request_key, case=case)
    if (already := mine.first()) is not None:
        return already, False
    to_agency = next((agency for agency in agencies_to_ask(access) if agency.pk == asked.to_agency_id), None)
    errors: dict[str, list[str]] = {}
    if to_agency is None:
        errors["to_agency"] = [_("Choose a service that takes part in this case.")]
    allowed = {f"{category}:{side}" for category, side in pairs_to_ask(access)}
    if not asked.grants or not set(asked.grants) <= allowed:
        errors["grants"] = [_("Choose what you need, among what your agency does not see yet.")]
    if problem := text_problem(asked.purpose, most=LONGEST_PURPOSE, missing=_("Say what you need it for.")):
        errors["purpose"] = [problem]
    if asked.due_at is None or not now() < asked.due_at <= now() + LONGEST_WAIT:
        errors["due_at"] = [_("Say by when: from today, at most %(days)d days away.") % {"days": LONGEST_WAIT.days}]
    if errors:
        raise RuleBroken(errors)
    request = InformationRequest(
        case=case,
        from_agency=by.agency,
        to_agency=to_agency,
        grants=sorted(set(asked.grants)),
        purpose=asked.purpose.strip(),
        due_at=asked.due_at,
        request_key=request_key,
        asked_by=by.user,
    )
    check(request)
    request, new = insert_once(request, mine=mine)
    if not new:
        return request, False
    _tell(request, by=by, event=EventCode.INFORMATION_REQUESTED, to=to_agency, kind=NoticeKind.INFORMATION_REQUESTED)
    return request, True


def find(*, by: Membership | None, request_id: UUID, lock: bool = False) -> tuple[InformationRequest, CaseAccess]:
    """A request of the acting agency with the access to its case; Http404 for everybody else."""
    found = InformationRequest.objects.between(by).select_related("case", "from_agency", "to_agency", "asked_by")
    if lock:
        found = found.select_for_update(of=("self",))
    request = found.filter(pk=request_id).first()
    if request is None:
        raise Http404
    return request, for_case(request.case, by)


def refuse(*, by: Membership, request_id: UUID, reason: str, note: str = "") -> InformationRequest:
    """Say no, with a reason. Raises RuleBroken by field, Refused, Http404."""
    request = _to_answer(by, request_id)
    if reason not in RefusalReason.values:
        raise RuleBroken({"refusal_reason": [_("Say why it is refused.")]})
    request.refusal_reason = reason
    return _end(request, by=by, state=RequestState.REFUSED, note=note)


def grant(*, by: Membership, request_id: UUID, decision: SharingDecision, note: str = "") -> InformationRequest:
    """Answer with a sharing decision taken for it, in the same transaction: all that was asked, or part.

    Raises RuleBroken for a decision that gives who asked nothing of it, and as `refuse`.
    """
    request = _to_answer(by, request_id)
    request.granted = sorted(set(decision.grants) & set(request.grants))
    for_them = decision.recipient_id == request.from_agency_id and decision.case_id == request.case_id
    if not for_them or not request.granted:
        raise RuleBroken(
            {"grants": [_("This opens nothing of what the service asked for: refuse the request instead.")]}
        )
    whole = set(request.granted) == set(request.grants)
    return _end(request, by=by, state=RequestState.GRANTED if whole else RequestState.PARTLY, note=note)


def withdraw(*, by: Membership, request_id: UUID) -> InformationRequest:
    """Take back what nobody has answered. Raises RuleBroken, Refused, Http404."""
    request, access = find(by=by, request_id=request_id, lock=True)
    if not may_withdraw_request(access, request):
        raise Refused(_("This is for the other service to do."))
    _check_waiting(request)
    return _end(request, by=by, state=RequestState.WITHDRAWN)


def _to_answer(by: Membership, request_id: UUID) -> InformationRequest:
    request, access = find(by=by, request_id=request_id, lock=True)
    if not may_answer_request(access, request):
        raise Refused(_("This is for the other service to do."))
    _check_waiting(request)
    return request


def _check_waiting(request: InformationRequest) -> None:
    if request.state != RequestState.SENT:
        raise RuleBroken(
            _("This is no longer possible: the request is already %(state)s.") % {"state": request.get_state_display()}
        )


def _end(request: InformationRequest, *, by: Membership, state: RequestState, note: str = "") -> InformationRequest:
    request.state = state
    request.answer_note = note.strip()
    request.answered_by = by.user
    request.answered_at = now()
    check(request)
    request.save(update_fields=["state", "granted", "refusal_reason", "answer_note", "answered_by", "answered_at"])
    if state != RequestState.WITHDRAWN:
        _tell(
            request,
            by=by,
            event=EventCode.INFORMATION_ANSWERED,
            to=request.from_agency,
            kind=NoticeKind.INFORMATION_ANSWERED,
        )
    return request


def _tell(request: InformationRequest, *, by: Membership, event: EventCode, to: Agency, kind: NoticeKind) -> None:
    """The line in the timeline, where his side reads nothing of her services, and the notice without content."""
    his = ParticipationSide.PERPETRATOR
    with system_context(SystemContext.GRANTS):
        sides = set(
            SharingDecision.objects.filter(
                case=request.case_id, recipient__in=[request.from_agency_id, request.to_agency_id]
            ).values_list("side", flat=True)
        )
    log_event(
        by=by,
        case=request.case,
        code=event,
        category=Category.NETWORK,
        side=Side.PERPETRATOR if sides == {his} else Side.VICTIM,
        payload={"request": str(request.pk), "state": request.state},
        next_agency=request.to_agency if request.state == RequestState.SENT else None,
        next_act="request_answer" if request.state == RequestState.SENT else "",
        next_due_at=request.due_at if request.state == RequestState.SENT else None,
    )
    notify(
        recipients=participants([request.case]).among(request.case, writers_of([to])),
        kind=kind,
        path=reverse("casework:request", args=[request.pk]),
        dedupe_key=f"request:{request.pk}:{request.state}",
        case_id=request.case_id,
    )
