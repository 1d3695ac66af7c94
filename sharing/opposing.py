"""Which cases oppose each other now: linked as counter-complaints, and not opened again by a review."""

from uuid import UUID

from django.db.models import Q, QuerySet

from cases.models import Case
from common.acting import SystemContext, system_context
from common.locks import lock

from .grants import closed_by_opposing
from .models import CaseLink, LinkKind


def lock_link(one: UUID, other: UUID) -> None:
    """Until the end of the transaction, nobody else says whether, and how, these two cases belong together."""
    lock(f"link {min(one, other)} {max(one, other)}")


def closing() -> QuerySet[CaseLink]:
    """Links that hold and keep addresses closed: not reviewed yet, or reviewed and left closed."""
    counter = CaseLink.objects.filter(kind=LinkKind.COUNTER_COMPLAINT, end=None)
    return counter.filter(Q(review=None) | Q(review__opens=False))


def opposed(case_id: UUID) -> list[UUID]:
    """The cases that oppose this one now, whoever asks. One query."""
    with system_context(SystemContext.GRANTS):
        pairs = list(closing().filter(Q(first=case_id) | Q(second=case_id)).values_list("first", "second"))
    return sorted({case for pair in pairs for case in pair} - {case_id})


def closed_as_told(case: Case, *, kind: str, side: str) -> frozenset[str]:
    """What opposing reports close to an agency of this kind on this side, as another one may be told: by its side in
    this case alone, since its part in the other case is nobody's to learn.
    """
    return closed_by_opposing(kind=kind, here=side, there="") if case.opposing_since else frozenset()
