"""Who may work on a case, decided: whoever may no longer leaves what they had in hand to their agency."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from agencies.models import Membership
from cases import restriction
from cases.access import CaseAccess, excluded_from
from cases.models import Case
from followups.holding import at_work_in, leave_to_agency


def restrict(*, by: Membership, case: Case, access: CaseAccess, named: Collection[UUID], reason: str) -> None:
    """As `cases.restriction.restrict`; who works on something due stays named in the other services."""
    with transaction.atomic():
        working = at_work_in(case)
        staying = restriction.restrict(by=by, case=case, access=access, named=named, working=working, reason=reason)
        for user_id in sorted(working - staying):
            leave_to_agency(case=case, user_id=user_id)


def name(*, by: Membership, case_id: UUID, named: Collection[UUID]) -> None:
    """As `cases.restriction.name`."""
    with transaction.atomic():
        for user_id in sorted(restriction.name(by=by, case_id=case_id, named=named)):
            leave_to_agency(case=Case(pk=case_id), user_id=user_id)


def exclude(
    *, by: Membership, case: Case, access: CaseAccess, user_id: UUID | None, reason: str, sure: bool = False
) -> None:
    """As `cases.restriction.exclude`."""
    with transaction.atomic():
        restriction.exclude(by=by, case=case, access=access, user_id=user_id, reason=reason, sure=sure)
        leave_to_agency(case=case, user_id=user_id)


def preselected(*, by: Membership, case: Case) -> set[UUID]:
    """Whom of the acting agency the page to restrict proposes: who decides, and who has something in hand."""
    return {by.user_id, *at_work_in(case)} - excluded_from(case.pk)
