"""What an agency would see of a case if it accepted a referral, computed as its real access will be."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from cases.access import CaseAccess
from cases.enums import CONTRIBUTE, Category, Side
from cases.models import Case, CasePerson, ContactPoint
from cases.page import safe_contact, with_last_call, with_sides
from sharing.grants import Opening, total

from .models import Referral
from .perms import changes_side
from .services import Proposal


@dataclass(frozen=True)
class Preview:
    """`access` is the receiver's to be; the rest is what its pages will show, and in words what they will not."""

    access: CaseAccess
    until: datetime | None
    persons: list[CasePerson]
    contacts: list[dict[str, Any]]
    opened: list[str]
    closed: list[str]
    changes_side: bool


def preview(*, case: Case, proposal: Proposal) -> Preview:
    """What acceptance would show the receiver of this proposal. Reads only what the sender may read."""
    opening = proposal.opening()
    access = _access(case.pk, proposal.to_agency.pk, opening, proposal.side)
    sides = [side for side in Side if access.can(Category.CONTACT, side)]
    points = ContactPoint.objects.filter(case=case, side__in=sides, ended_at=None).select_related("case_person__person")
    return Preview(
        access=access,
        until=opening.ends_at,
        persons=persons(case, access),
        contacts=[safe_contact(point) for point in with_last_call(points).order_by("recorded_at", "pk")],
        opened=opened(access),
        closed=closed(access),
        changes_side=changes_side(proposal.to_agency, proposal.side),
    )


def to_be_opened(referral: Referral) -> CaseAccess:
    """What accepting this referral opens to its receiver."""
    opening = Opening(tuple(referral.grants), referral.contributes)
    return _access(referral.case_id, referral.to_agency_id, opening, referral.side)


def _access(case_id: UUID, agency_id: UUID, opening: Opening, side: str) -> CaseAccess:
    return CaseAccess(case_id, agency_id, total([opening], side=side), side, may_write=True)


def persons(case: Case, access: CaseAccess) -> list[CasePerson]:
    """Whose identity this access opens, in the order they were named."""
    sides = [side for side in Side if access.can(Category.IDENTITY, side)]
    found = CasePerson.objects.filter(case=case, side__in=sides).select_related("person")
    return list(found.order_by("created_at", "pk"))


def opened(access: CaseAccess) -> list[str]:
    """In words, each category this access opens, the summary first."""
    words = [_("summary of the case: reference, stage, dates")]
    if access.can(Category.NETWORK, Side.VICTIM):
        words.append(_("which services take part, and the referrals between them"))
    elif access.can(Category.NETWORK, Side.PERPETRATOR):
        words.append(_("which services work with the presumed perpetrator, and those only"))
    words += [
        with_sides(category, [side for side in Side if access.can(category, side)])
        for category in _listed()
        if any(access.can(category, side) for side in Side)
    ]
    if access.has(CONTRIBUTE):
        words.append(_("it can add its own notes"))
    return words


def closed(access: CaseAccess) -> list[str]:
    """In words, each category that stays closed, wholly or for one of the two."""
    words = []
    if not access.can(Category.NETWORK, Side.VICTIM):
        words.append(_("which services follow the victim"))
    for category in _listed():
        open_sides = [side for side in Side if access.can(category, side)]
        if not open_sides:
            words.append(str(category.label))
        elif Side.CASE not in open_sides:
            missing = [side for side in (Side.VICTIM, Side.PERPETRATOR) if side not in open_sides]
            if missing:
                words.append(with_sides(category, missing))
    return words


def _listed() -> list[Category]:
    return [category for category in Category if category not in (Category.SUMMARY, Category.NETWORK)]
