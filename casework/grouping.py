"""Saying that two cases which look alike belong together, or that they are of different people."""

from typing import Any
from uuid import UUID

from django.db import models
from django.http import Http404, HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from agencies.models import Membership
from cases import same_person
from cases.access import CaseAccess, grants_of
from cases.enums import SameVerdict, Side
from cases.models import Case
from cases.perms import investigates
from common.errors import Refused, RuleBroken
from sharing.links import link_cases, links_of
from sharing.opposing import lock_link
from sharing.perms import may_know_link, may_link, may_see_alike

from .alike import Alike, alike_cases

NOT_YOURS = gettext_lazy("Only a prosecutor or a coordinator says which cases belong together.")


class GroupAct(models.TextChoices):
    LINK = "link", pgettext_lazy("alike", "they belong together")
    DIFFERENT = "different", pgettext_lazy("alike", "different people")


def group(*, by: Membership, case: Case, other_id: UUID, kind: str, act: str) -> Alike:
    """Say of a case proposed as `kind` that it belongs with `case`, or that its people are others.

    Of a suspect who alone is the same, what is kept is that he is one person: no link of cases, which others read too.
    Raises Http404, Refused for who may not, RuleBroken when somebody has decided meanwhile.
    """
    if not may_see_alike(by):
        raise Http404
    if not may_link(by):
        raise Refused(NOT_YOURS)
    if act not in GroupAct.values:
        raise RuleBroken({"act": [_("Choose one of the answers.")]})
    accesses = grants_of([case.pk, other_id], by)
    if other_id == case.pk or not may_know_link(accesses.get(case.pk), accesses.get(other_id)):
        raise Http404
    lock_link(case.pk, other_id)
    proposals = alike_cases(by=by, cases=[case]).get(case.pk, [])
    found = next((each for each in proposals if (each.case.pk, each.kind) == (other_id, kind)), None)
    if found is None:
        raise RuleBroken(_meanwhile(case, other_id, by))
    if act == GroupAct.LINK and not found.his_alone:
        link_cases(by=by, case=case, reference=found.case.reference, kind=found.kind)
        return found
    verdict = SameVerdict.SAME if act == GroupAct.LINK else SameVerdict.DIFFERENT
    for pair in found.pairs:
        # whoever may not know of a suspect elsewhere says it of her alone
        if pair.own.side == pair.other.side != Side.PERPETRATOR or investigates(by):
            same_person.decide(by=by, first_id=pair.own.pk, second_id=pair.other.pk, verdict=verdict)
    return found


def _meanwhile(case: Case, other_id: UUID, by: Membership) -> str:
    """What has become of a proposal that no longer stands."""
    for link, other in links_of(case, by):
        if other.pk == other_id:
            return _("%(agency)s has linked these two cases meanwhile: %(kind)s.") % {
                "agency": link.agency.short_name,
                "kind": link.get_kind_display(),
            }
    if agency := same_person.told_apart_by(by=by, one=case.pk, other=other_id):
        return _("%(agency)s has said meanwhile that these are different people.") % {"agency": capfirst(agency)}
    return _("This is no longer proposed: look again at what is.")


def panel(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """The way to the cases that look alike, for who may be told of them."""
    return {"case": case} if may_see_alike(request.membership) else None
