"""Information asked of another service: its answer is owed by a date, reminded, and settles what was owed."""

from uuid import UUID

from django.db import transaction

from agencies.models import Membership
from cases.access import get_case
from followups.models import FollowUpKind
from followups.planning import plan
from followups.settling import settle
from sharing import requests
from sharing.models import InformationRequest, SharingDecision


def ask_for_information(
    *, by: Membership, case_id: UUID, asked: requests.Asked, request_key: UUID
) -> InformationRequest:
    """Ask; the answer is owed by the date named, from now on. Raises as `sharing.requests.ask`, Http404."""
    case, access = get_case(case_id, by)
    with transaction.atomic():
        request, new = requests.ask(by=by, case=case, access=access, asked=asked, request_key=request_key)
        if new:
            plan(
                by=by,
                case=case,
                kind=FollowUpKind.REQUEST_ANSWER,
                agency=request.to_agency,
                source_id=request.pk,
                due_at=request.due_at,
            )
    return request


def refuse_request(*, by: Membership, request_id: UUID, reason: str, note: str = "") -> InformationRequest:
    """Say no, with a reason. Raises as `sharing.requests.refuse`."""
    with transaction.atomic():
        request = requests.refuse(by=by, request_id=request_id, reason=reason, note=note)
        _settle(request, by)
    return request


def withdraw_request(*, by: Membership, request_id: UUID) -> InformationRequest:
    """Take back what nobody has answered. Raises as `sharing.requests.withdraw`."""
    with transaction.atomic():
        request = requests.withdraw(by=by, request_id=request_id)
        _settle(request, by)
    return request


def grant_request(by: Membership, request_id: UUID, decision: SharingDecision) -> InformationRequest:
    """A sharing decision answers the request it was taken for, in its transaction.

    Raises as `sharing.requests.grant`.
    """
    with transaction.atomic():
        request = requests.grant(by=by, request_id=request_id, decision=decision)
        _settle(request, by)
    return request


def _settle(request: InformationRequest, by: Membership) -> None:
    settle(by=by, kind=FollowUpKind.REQUEST_ANSWER, source_id=request.pk, outcome=request.state)
