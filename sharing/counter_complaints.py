"""Two reports that oppose each other: addresses close both ways at once, until a trained person has looked at both.

What is closed to whom is `grants.closed_by_opposing`; `services.recompute` applies it. Here is when: the link, its
review, its end, each in one transaction with what it closes or opens.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from agencies.training import PARTNER_VIOLENCE, is_trained
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, grants_of
from cases.enums import Category, EventCode, Side
from cases.models import Case
from cases.services import addresses_closed, check, log_event
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken

from .grants import LEADS_TO
from .models import CaseLink, CounterComplaintReview, LinkKind, SharingDecision
from .opposing import closing, lock_link
from .perms import may_know_link, may_review_opposing, reviews_opposing
from .services import recompute

MOST = 5


# --- what a link, its review and its end do ---------------------------------------------------------------------
def linked(link: CaseLink) -> None:
    """Two cases have just been linked as opposing reports: their addresses close, and each timeline says so."""
    _sum_again(link)
    _tell(link, EventCode.COUNTER_COMPLAINT_LINKED)


def ended(link: CaseLink) -> None:
    """The link no longer holds: what it alone had closed opens again to who is entitled to it."""
    _sum_again(link)


def _sum_again(link: CaseLink) -> None:
    """Sum anew what every agency of both cases sees, always in the same order, and since when addresses are closed."""
    ids = sorted((link.first_id, link.second_id))
    with system_context(SystemContext.GRANTS):
        pairs = set(SharingDecision.objects.filter(case__in=ids).values_list("case", "recipient"))
        agencies = Agency.objects.in_bulk({agency_id for _case, agency_id in pairs})
    for case_id, agency_id in sorted(pairs):
        recompute(case=Case(pk=case_id), agency=agencies[agency_id])
    for case in Case.objects.filter(pk__in=ids).order_by("pk"):
        with system_context(SystemContext.GRANTS):
            links = closing().filter(Q(first=case) | Q(second=case)).order_by("made_at")
            since = links.values_list("made_at", flat=True).first()
        addresses_closed(case=case, since=since)


def _tell(link: CaseLink, code: EventCode) -> None:
    """A line in each case for who reads its reports, in nobody's name: who linked and reviewed stands with the link."""
    for case in (link.first, link.second):
        log_event(by=None, case=case, code=code, category=Category.FACTS, side=Side.CASE)


# --- the review -------------------------------------------------------------------------------------------------
def get(*, by: Membership, link_id: UUID) -> CaseLink:
    """A link of opposing reports that holds, both of whose cases `by` sees. Raises Http404 for anything else, and for
    who works where nobody reviews.
    """
    if not reviews_opposing(by):
        raise Http404
    related = ("first", "second", "agency", "review__agency", "review__reviewed_by")
    counter = CaseLink.objects.filter(kind=LinkKind.COUNTER_COMPLAINT, end=None)
    link = counter.select_related(*related).filter(pk=link_id).first()
    if link is None:
        raise Http404
    accesses = grants_of([link.first_id, link.second_id], by)
    if not may_know_link(accesses.get(link.first_id), accesses.get(link.second_id)):
        raise Http404
    return link


def may_review(by: Membership) -> bool:
    """Whether this member may conclude: asked with the training they hold today."""
    return may_review_opposing(by, trained=reviews_opposing(by) and is_trained(by.user, PARTNER_VIOLENCE))


def review(*, by: Membership, link_id: UUID, opens: bool | None, reasons: str) -> CounterComplaintReview:
    """Conclude on two opposing reports: addresses may be opened again (`opens`), or stay closed. Reasons are asked.

    Raises Http404, Refused for who is not trained or only reads, RuleBroken by field, or when a review stands already.
    """
    link = get(by=by, link_id=link_id)
    if not may_review(by):
        raise Refused(_("Opposing reports are reviewed by somebody trained in partner violence."))
    lock_link(link.first_id, link.second_id)
    get(by=by, link_id=link_id)  # it may have ended while waiting
    done = CounterComplaintReview.objects.filter(link=link).select_related("agency").first()
    if done is not None:
        raise RuleBroken(_("%(agency)s has reviewed these reports meanwhile.") % {"agency": done.agency.short_name})
    errors: dict[str, list[str]] = {}
    if opens is None:
        errors["opens"] = [_("Say whether the addresses may be opened again.")]
    if not reasons.strip():
        errors["reasons"] = [_("Write what was looked at, and why.")]
    if errors:
        raise RuleBroken(errors)
    concluded = CounterComplaintReview(
        link=link, opens=opens, reasons=reasons.strip(), agency=by.agency, reviewed_by=by.user
    )
    check(concluded)
    concluded.save(force_insert=True)
    # on the trail of neither case: who sees one of them may not learn of the other
    record(
        action=Action.DECIDED,
        object_kind="sharing.CounterComplaintReview",
        object_id=concluded.pk,
        fields=["opens" if opens else "stays_closed"],
    )
    if opens:
        _sum_again(link)
    _tell(link, EventCode.COUNTER_COMPLAINT_REVIEWED)
    return concluded


# --- what the pages of a case say -------------------------------------------------------------------------------
def banner(case: Case, access: CaseAccess) -> Mapping[str, Any] | None:
    """That addresses are closed: for those to whom they are, and for who sees both cases and reviews such reports, with
    the way to do it. No query where nothing is closed, two otherwise.
    """
    if case.opposing_since is None:
        return None
    links = closing().filter(Q(first=case) | Q(second=case)).select_related("review").order_by("made_at")[:MOST]
    found = [{"link": link, "reviewed": hasattr(link, "review")} for link in links]
    closed = _closed_to(access)
    # whether this member reviews them is asked by the template, which knows who reads
    return {"links": found, "closed": closed} if found or closed else None


def _closed_to(access: CaseAccess) -> bool:
    """Whether a decision would open to this agency what leads to somebody, and that it does not read now."""
    decided = SharingDecision.objects.filter(case=access.case_id, recipient=access.agency_id, revocation=None)
    named = {pair for grants in decided.values_list("grants", flat=True) for pair in grants}
    return any(not access.can(*pair.split(":")) for pair in named & LEADS_TO)
