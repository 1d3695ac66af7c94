"""Requests “who had access to my data”, as the members of the district write, check and answer them."""

from typing import Any
from uuid import uuid4

from agencies.acting import acting_as
from agencies.models import Membership
from cases.access import get_case
from cases.models import Case, CasePerson
from common.clock import local, now
from sharing import subject_access
from sharing.models import SubjectAnswer, SubjectCheck, SubjectRequest
from sharing.subject_access import QUESTIONS, Asked, Told

SAFE = dict.fromkeys(QUESTIONS, "no")


def person(case: Case, role: str, by: Membership) -> CasePerson:
    with acting_as(by):
        return CasePerson.objects.select_related("person").get(case=case, role=role)


def ask(by: Membership, case: Case, role: str = "victim", *, key: Any = None, **changes: Any) -> SubjectRequest:
    """The request of the person of this role, as `by` writes it down."""
    given = {"asked_by": "subject", "received_on": local(now()).date(), "verified": "document"} | changes
    subject = person(case, role, by)
    with acting_as(by):
        found, access = get_case(case.pk, by)
        return subject_access.write_request(
            by=by, case=found, access=access, subject=subject, asked=Asked(**given), request_key=key or uuid4()
        )


def look(by: Membership, request: SubjectRequest) -> Told:
    with acting_as(by):
        case, access = get_case(request.case_id, by)
        return subject_access.find(by=by, case=case, access=access, request_id=request.pk)


def conclude(by: Membership, request: SubjectRequest, conclusion: str = "answer", **changes: Any) -> SubjectCheck:
    with acting_as(by):
        case, access = get_case(request.case_id, by)
        seen = subject_access.find(by=by, case=case, access=access, request_id=request.pk).seen
        given = {
            "findings": SAFE, "reasons": "Rien de ce qui est dit ne mène à elle.", "not_before": None, "seen": seen,
            "request_key": uuid4(),
        } | changes  # fmt: skip
        return subject_access.conclude(
            by=by, case=case, access=access, request_id=request.pk, conclusion=conclusion, **given
        )


def answer(by: Membership, request: SubjectRequest, **changes: Any) -> tuple[SubjectAnswer, bytes]:
    with acting_as(by):
        case, access = get_case(request.case_id, by)
        seen = subject_access.find(by=by, case=case, access=access, request_id=request.pk).seen
        return subject_access.answer(by=by, case=case, access=access, request_id=request.pk, **{"seen": seen} | changes)


def refuse(by: Membership, request: SubjectRequest, because: str) -> tuple[SubjectAnswer, bytes]:
    with acting_as(by):
        case, access = get_case(request.case_id, by)
        return subject_access.refuse(by=by, case=case, access=access, request_id=request.pk, because=because)
