"""Two cases belong together: said by a prosecutor or a coordinator who sees both, shown to who sees both.

A link opens nothing: what a service sees of each case is what it saw before. Opposing reports close addresses
(`counter_complaints`).
"""

from collections.abc import Callable
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from agencies.models import Membership
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, grants_of
from cases.models import Case
from common.errors import Refused, RuleBroken

from . import counter_complaints
from .models import CaseLink, CaseLinkEnd, LinkKind
from .opposing import lock_link
from .perms import may_know_link, may_link

MOST = 50

After = Callable[..., None]

_after: list[After] = []


def register_after(after: After) -> None:
    """Say what follows when two cases belong together: `after(one=, other=)`; there is one such answer."""
    _after[:] = [after]


def links_of(case: Case, membership: Membership) -> list[tuple[CaseLink, Case]]:
    """The links of a case that hold and that this member may know, with the other case, the latest first.

    One query where there is none, two otherwise.
    """
    rows = list(_live(case, membership).select_related("first", "second", "agency")[:MOST])
    if not rows:
        return []
    accesses = grants_of(list({pk for row in rows for pk in (row.first_id, row.second_id)}), membership)
    return [
        (row, row.second if row.first_id == case.pk else row.first)
        for row in rows
        if may_know_link(accesses.get(row.first_id), accesses.get(row.second_id))
    ]


def _live(case: Case, membership: Membership) -> QuerySet[CaseLink]:
    visible = Case.objects.visible_to(membership).values("pk")
    of_case = CaseLink.objects.filter(Q(first=case) | Q(second=case), end=None)
    return of_case.filter(first__in=visible, second__in=visible)


def link_cases(*, by: Membership, case: Case, reference: str, kind: str) -> CaseLink:
    """Say that `case` and the one with this reference belong together. Saying it twice gives the first link.

    Raises Refused for who may not, RuleBroken by field: another case that the member does not see is like none.
    """
    if not may_link(by):
        raise Refused(_("Only a prosecutor or a coordinator says which cases belong together."))
    errors: dict[str, list[str]] = {}
    if kind not in LinkKind.values:
        errors["kind"] = [_("Say how the two cases belong together.")]
    wanted = reference.strip().upper()
    other = Case.objects.visible_to(by).filter(reference=wanted).first() if "\x00" not in wanted else None
    accesses = grants_of([case.pk, other.pk], by) if other else {}
    if other is None or not may_know_link(accesses.get(case.pk), accesses.get(other.pk)):
        errors["reference"] = [_("No case that you see has this reference.")]
    elif other.pk == case.pk:
        errors["reference"] = [_("This is the case itself: give the reference of another one.")]
    if errors:
        raise RuleBroken(errors)
    lock_link(case.pk, other.pk)
    already = CaseLink.objects.filter(
        Q(first=case, second=other) | Q(first=other, second=case), kind=kind, end=None
    ).first()
    if already is not None:
        return already
    link = CaseLink.objects.create(first=case, second=other, kind=kind, agency=by.agency, made_by=by.user)
    # on the trail of neither case: who sees one of them may not learn of the other
    record(
        action=Action.DECIDED,
        object_kind="sharing.CaseLink",
        object_id=link.pk,
        fields=[case.pk, other.pk, kind],
    )
    if kind == LinkKind.COUNTER_COMPLAINT:
        counter_complaints.linked(link)
    for after in _after:
        after(one=case, other=other)
    return link


def end_link(*, by: Membership, case: Case, link_id: UUID) -> CaseLinkEnd:
    """A link no longer holds. Raises Http404 for one that has ended or may not be known, Refused."""
    found = {link.pk: link for link, _other in links_of(case, by)}
    link = found.get(link_id)
    if link is None:
        raise Http404
    if not may_link(by):
        raise Refused(_("Only a prosecutor or a coordinator says which cases belong together."))
    lock_link(link.first_id, link.second_id)
    if CaseLinkEnd.objects.filter(link=link).exists():
        raise Http404
    end = CaseLinkEnd.objects.create(link=link, agency=by.agency, ended_by=by.user)
    record(
        action=Action.DECIDED,
        object_kind="sharing.CaseLinkEnd",
        object_id=link.pk,
        fields=[link.first_id, link.second_id],
    )
    if link.kind == LinkKind.COUNTER_COMPLAINT:
        counter_complaints.ended(link)
    return end


def panel(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, object] | None:
    """What the page of people shows of links: nothing at all to who sees none and makes none."""
    found = links_of(case, request.membership)
    if not found and not may_link(request.membership):
        return None
    return {"case": case, "links": found, "may_link": may_link(request.membership)}
