"""Situations a service noticed: what their form asks, the row they become, which may be read. The use case is
`casework.situations.record_situation`.
"""

from collections.abc import Sequence

from django.db.models import QuerySet

from agencies.models import Membership
from cases.access import CaseAccess, for_case
from cases.children import children_of
from cases.enums import Category, Side
from cases.models import Case, CasePerson
from common.clock import now

from .models import ReportDraft, Situation
from .perms import works_with_him
from .services import empty_draft
from .situation_payload import Asked, SituationInput


def asked_of(by: Membership, case: Case | None, *, joins: bool = False) -> tuple[Asked, Sequence[CasePerson]]:
    """What the form asks of the acting agency, and the children of the case whose names it reads. `case` is the one the
    draft joins: None where it joins none or, with `joins`, where the agency no longer sees it.
    """
    if case is None:
        on_his_side = works_with_him(by)
        return Asked(on_his_side=on_his_side, contact=not on_his_side, joins=joins), ()
    access = for_case(case, by)
    on_his_side = works_with_him(by, access)
    known = children_of(access)
    asked = Asked(
        on_his_side=on_his_side,
        contact=access.can(Category.CONTACT, Side.VICTIM),
        joins=True,
        known_children=tuple(child.pk for child in known),
    )
    return asked, known


def create_situation(
    *, by: Membership, case: Case, draft: ReportDraft, given: SituationInput, on_his_side: bool
) -> Situation:
    """The situation itself, for good; the draft it came from is emptied. What he said to who works with him stands on
    his side: it is no part of her own file.
    """
    situation = Situation.objects.create(
        case=case,
        draft=draft,
        side=Side.PERPETRATOR if on_his_side else Side.VICTIM,
        source=given.source,
        met_at=given.met_at,
        signs=list(given.signs),
        signs_seen=given.signs_seen,
        words_heard=given.words_heard,
        alone=given.alone,
        may_contact=given.may_contact,
        children_present=given.children_present,
        children_impact=given.children_impact,
        agency=by.agency,
        author=by.user,
        recorded_at=now(),
    )
    empty_draft(draft, case)
    return situation


def situations_of(case: Case, access: CaseAccess) -> QuerySet[Situation]:
    """Those of the case that this agency may read, the latest first."""
    rows = Situation.objects.filter(case=case).filter(access.readable())
    return rows.select_related("agency", "author").order_by("-recorded_at", "-pk")
