"""What an agency would see of a case if it accepted a referral, computed as its real access will be."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.models import Agency, Membership, Protocol
from agencies.protocols import in_force_between
from cases.access import CaseAccess
from cases.enums import CONTRIBUTE, Category, ParticipationSide, Side
from cases.models import Case, CasePerson, ContactPoint
from cases.page import safe_contact, with_last_call, with_sides
from sharing.grants import Opening, total
from sharing.opposing import closed_as_told

from .models import AskedBy, Referral, Urgency
from .perms import changes_side
from .sending import URGENCY_HOURS, Proposal, answer_hours


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
    opposed = closed_as_told(case, kind=proposal.to_agency.kind, side=proposal.side)
    access = _access(case.pk, proposal.to_agency.pk, opening, proposal.side, opposed)
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


@dataclass(frozen=True)
class BeforeSending:
    """What to know of a service before asking it, in words. `told_at` is when it last said so, None for never; without
    a protocol in force between the two, `protocols` is empty.
    """

    room: str
    waiting: str
    told_at: datetime | None
    protocols: list[Protocol]
    warnings: list[str]
    due: str


def before_sending(*, by: Membership, proposal: Proposal) -> BeforeSending:
    """Room, waiting time, protocol and agreed channel, and what to think of before sending. One query."""
    agency = proposal.to_agency
    return BeforeSending(
        room=_room(agency),
        waiting=_waiting(agency),
        told_at=agency.capacity_told_at,
        protocols=in_force_between(by.agency, agency),
        warnings=warnings(proposal),
        due=_due(agency, proposal.asked.urgency),
    )


def _due(agency: Agency, urgency: str) -> str:
    """Which of the two times counts: what the sender asks, or the service's own."""
    hours = answer_hours(urgency, agency)
    if hours == URGENCY_HOURS[Urgency(urgency)]:
        return _("as you ask: %(urgency)s") % {"urgency": Urgency(urgency).label}
    return ngettext(
        "the usual time of this service, %(count)d hour, sooner than you ask",
        "the usual time of this service, %(count)d hours, sooner than you ask",
        hours,
    ) % {"count": hours}


def warnings(proposal: Proposal) -> list[str]:
    """What does not stop the referral and deserves a second look."""
    asked, agency, person = proposal.asked, proposal.to_agency, proposal.subject.person
    found = []
    if agency.territory and not asked.postal_code:
        found.append(_("This service works in certain areas only and no postal code is given: it may not serve there."))
    if person.interpreter_needed and not asked.interpreter_language:
        found.append(_("This person needs an interpreter, and none is asked for."))
    elif (
        not asked.interpreter_language and person.languages and not set(person.languages) & set(agency.languages or ())
    ) and agency.languages:
        found.append(_("This service does not say that it speaks a language of this person: ask for an interpreter."))
    if asked.asked_by == AskedBy.VICTIM and proposal.side == ParticipationSide.PERPETRATOR:
        found.append(_("The service reads that the victim asked for it, and he may learn it: be sure that she agrees."))
    if asked.valid_until and asked.valid_until < proposal.answer_due_at:
        found.append(_("The consent ends before the answer is due."))
    return found


def _room(agency: Agency) -> str:
    if agency.free_places is None:
        return _("the service has not said")
    count = agency.free_places
    return ngettext("%(count)d free place", "%(count)d free places", count) % {"count": count}


def _waiting(agency: Agency) -> str:
    if agency.waiting_days is None:
        return _("the service has not said")
    days = agency.waiting_days
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days} if days else _("no waiting time")


def to_be_opened(referral: Referral) -> CaseAccess:
    """What accepting this referral opens to its receiver."""
    opening = Opening(tuple(referral.grants), referral.contributes)
    return _access(referral.case_id, referral.to_agency_id, opening, referral.side)


def _access(
    case_id: UUID, agency_id: UUID, opening: Opening, side: str, opposed: frozenset[str] = frozenset()
) -> CaseAccess:
    return CaseAccess(case_id, agency_id, total([opening], side=side, closed=opposed), side, may_write=True)


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
