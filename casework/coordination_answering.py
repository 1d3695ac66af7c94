"""A request to the coordination is redirected, retained, or taken back by who asked; the identity given afterwards."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Membership, PartnershipMember
from agencies.services import writers_of
from audit.models import Action
from audit.services import record
from cases.access import participants
from cases.enums import EventCode
from cases.models import Case
from cases.restriction import name_who_enters
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from notifications.models import NoticeKind
from notifications.services import notify
from riskassessment import consulting_perms as perms
from riskassessment.models import CoordinationRequest, RequestState

from . import coordination_handing as handing
from . import joining
from .coordinating import LONGEST_REASON, find, tell_coordination
from .joining import KIND


def redirect(*, by: Membership, request_id: UUID, reason: str) -> CoordinationRequest:
    """Say that another service is better placed, and which: what the request had opened ends at once.

    Redirected already, it stays as it is. Raises RuleBroken by field, Refused, Http404.
    """
    with transaction.atomic():
        request = find(by, request_id, lock=True)
        if request.state == RequestState.REDIRECTED and request.coordination_id == by.agency_id:
            return request
        _check_answers(by, request)
        handing.check_answer(by=by, request=request)
        missing = _("Say why, and to whom the service may turn: it reads these words.")
        if problem := text_problem(reason, most=LONGEST_REASON, missing=missing):
            raise RuleBroken({"reason": [problem]})
        request.state = RequestState.REDIRECTED
        request.reason = reason.replace("\r\n", "\n").strip()
        request.answered_at, request.answered_by = now(), by.user
        if request.case_id is None:
            request.expires_at = _kept_until(request)
        request.save(update_fields=["state", "reason", "answered_at", "answered_by", "expires_at"])
        # what it opened ends first: having answered is no work of one's own that would outlive it
        joining.end_names(by, request, reason=_("The coordination has redirected the situation."))
        joining.log_answer(by, request, EventCode.COORDINATION_REDIRECTED)
        _answered(request)
    return request


def retain(*, by: Membership, request_id: UUID) -> CoordinationRequest:
    """Take the situation up: the clock of the plan runs from now. A case is joined at once; without identity, the
    service that asked gives it first.

    Retained already, it stays as it is. Raises RuleBroken when the act no longer carries it, Refused, Http404.
    """
    with transaction.atomic():
        request = find(by, request_id, lock=True)
        if request.state == RequestState.RETAINED and request.coordination_id == by.agency_id:
            return request
        _check_answers(by, request)
        handing.check_answer(by=by, request=request)
        _check_parties(request)
        request.state = RequestState.RETAINED
        request.answered_at, request.answered_by = now(), by.user
        if not handing.is_offer(request):
            request.plan_due_at = request.answered_at + timedelta(hours=settings.COORDINATED_PLAN_HOURS)
        if request.case_id is None:
            request.expires_at = _kept_until(request)
        else:
            if not participants([Case(pk=request.case_id)]).takes_part(Case(pk=request.case_id), request.agency):
                raise RuleBroken(_("The service that asked no longer takes part in the case: redirect it."))
            name_who_enters(by=by, case_id=request.case_id)
            joining.join(by, request)
        request.save(update_fields=["state", "answered_at", "answered_by", "plan_due_at", "expires_at", "joined_at"])
        _answered(request)
    return request


def _check_answers(by: Membership, request: CoordinationRequest) -> None:
    if by.agency_id != request.coordination_id:
        raise Refused(_("This is for the other service to do."))
    if request.answered_by is not None:
        words = _("%(who)s has answered already: %(state)s.")
        raise RuleBroken(words % {"who": request.answered_by.full_name, "state": request.get_state_display()})
    if request.state != RequestState.SENT or request.expires_at <= now():
        raise RuleBroken(
            _("This is no longer possible: the request is already %(state)s.")
            % {
                "state": (
                    RequestState(request.state) if request.state != RequestState.SENT else RequestState.EXPIRED
                ).label
            }
        )
    if not perms.may_answer(by, request):
        raise Refused(_("Your role reads requests but does not answer them."))


def _check_parties(request: CoordinationRequest) -> None:
    """The act still names both. The coordination's part is asked again, under its lock, by the decision itself."""
    parties = PartnershipMember.objects.live().filter(partnership=request.partnership_id)
    if not parties.filter(agency=request.agency_id).exists():
        raise RuleBroken(_("The service that asked no longer takes part in this concertation: redirect it."))
    if not parties.filter(agency=request.coordination_id, coordinates=True).exists():
        raise RuleBroken(_("Your service no longer coordinates this concertation: redirect it."))


def _kept_until(request: CoordinationRequest) -> datetime:
    """How long an answer without identity is kept: long enough to be read and followed."""
    return max(request.expires_at, now() + timedelta(days=settings.COORDINATION_REQUEST_DAYS))


def _answered(request: CoordinationRequest) -> None:
    told: Sequence[Membership] = list(writers_of([request.agency_id]))
    if request.case_id is not None:
        case = Case(pk=request.case_id)
        told = participants([case]).among(case, told)
    notify(
        recipients=[member for member in told if member.user_id == request.author_id] or told,
        kind=NoticeKind.COORDINATION_ANSWERED,
        path=reverse("casework:coordination_request", args=[request.pk]),
        dedupe_key=f"coordination:{request.pk}:answered",
        case_id=request.case_id,
    )


def withdraw(*, by: Membership, request_id: UUID) -> CoordinationRequest:
    """Take back what nobody has answered; what it had opened ends at once. Raises RuleBroken, Refused, Http404."""
    with transaction.atomic():
        request = find(by, request_id, lock=True)
        if by.agency_id != request.agency_id:
            raise Refused(_("This is for the other service to do."))
        if request.state == RequestState.WITHDRAWN:
            return request
        if request.state != RequestState.SENT:
            raise RuleBroken(_("This is no longer possible: the request has been answered."))
        if not perms.may_withdraw(by, request):
            raise Refused(_("Your role reads requests but does not answer them."))
        request.state = RequestState.WITHDRAWN
        request.save(update_fields=["state"])
        record(
            action=Action.DECIDED, case_id=request.case_id, object_kind=KIND, object_id=request.pk, reason="withdrawn"
        )
        joining.end_names(by, request, reason=_("The request was withdrawn."))
    return request


def give_identity(
    *, by: Membership, request_id: UUID, reference: str = "", names: joining.Names | None = None
) -> CoordinationRequest:
    """Say who it is about: a case of one's own by its `reference`, or a new one with these `names`. The coordination
    joins at once; the clock of the plan runs since the retention.

    Given already, it stays as it is. Raises RuleBroken by field, Refused, Http404.
    """
    with transaction.atomic():
        request = find(by, request_id, lock=True)
        if by.agency_id != request.agency_id:
            raise Refused(_("This is for the other service to do."))
        if request.joined_at is not None:
            return request
        if not perms.may_identify(by, request):
            raise Refused(_("The identity is given once the coordination has retained the situation."))
        _check_parties(request)
        case = joining.own_case(by, reference) if reference.strip() else joining.new_case(by, names or joining.Names())
        request.case = case
        joining.join(by, request)
        request.save(update_fields=["case", "joined_at"])
        tell_coordination(request)
    return request
