"""What every page of a case shows around its tab: identity, safe contact, tabs. And that it was read."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.models import Action
from audit.services import record
from common.names import initials
from common.phones import masked

from . import panels
from .access import CaseAccess, get_case
from .enums import Category, ContactKind, EventCode, PersonRole, Safe, Side
from .models import Case, CaseEvent, CasePerson, ContactPoint
from .perms import in_doubt, not_wished
from .tabs import tabs_for
from .who_sees import who_sees

CALLS = (EventCode.J2_ATTEMPT, EventCode.J2_DONE, EventCode.J2_STOPPED)


def open_page(
    request: HttpRequest, case_id: UUID, *, tab: str, fields: tuple[str, ...] = (), page: str = ""
) -> tuple[Case, CaseAccess, dict]:
    """The case, the access to it and the context of its frame, the reading recorded; Http404 for who may not know it.

    For the audit event, `fields` names the categories shown and `page` the page, where it is not the tab itself.
    """
    case, access = get_case(case_id, request.membership)
    record(
        action=Action.READ,
        case_id=case.pk,
        object_kind=f"cases.{page or tab}",
        object_id=case.pk,
        fields=fields or tuple(f"{category}:{side}" for category, side in access.categories),
    )
    return case, access, frame(case, access, tab=tab)


def frame(case: Case, access: CaseAccess, *, tab: str) -> dict[str, Any]:
    """The context `cases/case_base.html` asks for."""
    contacts = safe_contacts(case, access)
    actions = []
    if access.contribute:
        actions = [
            {"url": reverse("referrals:new", args=[case.pk]), "label": _("Refer"), "primary": False},
            {"url": reverse("cases:write_note", args=[case.pk]), "label": _("Write a note"), "primary": True},
        ]
    return {
        "case": case,
        "access": access,
        "case_title": short_names([access]).get(case.pk, ""),
        "lead_agency": case.lead_agency.short_name if access.can(Category.NETWORK, Side.VICTIM) else "",
        "sees_label": sees(access),
        "level": (case.level or "none") if access.level else "",
        "level_date": case.level_at if access.level else None,
        "level_provisional": access.level and case.level_provisional,
        "actions": actions,
        "tabs": tabs_for(case, access, tab),
        "banners": panels.banners(case, access),
        "who_sees": who_sees(case, access),
        "safe_contacts": contacts,
        "safe_contact_note": "" if contacts else safe_contact_note(case, access),
        "we_lead": case.lead_agency_id == access.agency_id,
    }


def safe_contact_note(case: Case, access: CaseAccess) -> str:
    """What the banner says where it has no rule to show: who may not see one, or what she answered; else empty."""
    if not access.can(Category.CONTACT, Side.VICTIM):
        return _("Your agency does not see how to reach the victim. Go through the lead agency; never try by yourself.")
    return panels.unreached(case, access)


def short_names(accesses: Iterable[CaseAccess]) -> dict[UUID, str]:
    """Initials by case, where an identity is open: the victim's, else the presumed perpetrator's. One query."""
    hers, his = [], []
    for access in accesses:
        if access.can(Category.IDENTITY, Side.VICTIM):
            hers.append(access.case_id)
        elif access.can(Category.IDENTITY, Side.PERPETRATOR):
            his.append(access.case_id)
    if not hers and not his:
        return {}
    found = CasePerson.objects.filter(
        Q(case__in=hers, role=PersonRole.VICTIM) | Q(case__in=his, role=PersonRole.PRESUMED_PERPETRATOR)
    ).select_related("person")
    names: dict[UUID, str] = {}
    for each in found.order_by("created_at"):
        names.setdefault(each.case_id, initials(each.person.given_name, each.person.family_name))
    return names


def sees(access: CaseAccess) -> str:
    """In words, what the acting agency may see of this case."""
    if access.own_work_only:
        return _("its own past work only")
    labels = [
        with_sides(category, sides)
        for category in Category
        if category not in (Category.SUMMARY, Category.NETWORK)
        and (sides := [side for side in Side if access.can(category, side)])
    ]
    return ", ".join(labels) or _("the summary only")


def with_sides(category: Category, sides: Sequence[Side]) -> str:
    """A category and whom it is about, where that is one of the two: “contact (victim)”, “identity”."""
    both = {Side.VICTIM, Side.PERPETRATOR} <= set(sides)
    return str(category.label) if both or Side.CASE in sides else f"{category.label} ({sides[0].label})"


def safe_contacts(case: Case, access: CaseAccess) -> list[dict[str, Any]]:
    """The victim's ways to be reached with their rules, the safe ones first; empty where contact is closed.

    Numbers are masked: the whole one is a step further, after its rule.
    """
    if not access.can(Category.CONTACT, Side.VICTIM):
        return []
    points = list(
        with_last_call(
            ContactPoint.objects.filter(case=case, case_person__role=PersonRole.VICTIM, ended_at=None)
        ).order_by("recorded_at")
    )
    points.sort(key=lambda point: (Safe.YES, Safe.UNKNOWN, Safe.NO).index(point.safe))
    return [safe_contact(point) for point in points]


def with_last_call(points: QuerySet[ContactPoint]) -> QuerySet[ContactPoint]:
    """The same rows with what `perms.in_doubt` and `perms.not_wished` ask: when she was last called, how it went, and
    when she last said that she does not wish to be contacted.
    """
    events = CaseEvent.objects.filter(case=OuterRef("case")).order_by("-at", "-pk")
    calls = events.filter(code__in=CALLS)
    outcome = calls.annotate(outcome=KeyTextTransform("outcome", "payload")).values("outcome")
    refusals = events.filter(code=EventCode.CONTACT_CHANGED, payload__wishes="none")
    return points.annotate(
        last_call_at=Subquery(calls.values("at")[:1]),
        last_call=Subquery(outcome[:1]),
        refused_at=Subquery(refusals.values("at")[:1]),
    )


def safe_contact(point: ContactPoint) -> dict[str, Any]:
    """A way to be reached, a row of `with_last_call`, as the banner says it: the rule in words, the value masked."""
    warnings = []
    if not_wished(point):
        warnings.append(_("Since these rules were written she has said that she does not wish to be contacted."))
    if in_doubt(point):
        warnings.append(
            _(
                "It may no longer be safe: at the last call somebody else answered, or the number was no longer right."
                " Do not use it before these rules have been written again."
            )
        )
    if point.safe == Safe.NO:
        warnings.append(_("Never use this number."))
    elif point.safe == Safe.UNKNOWN:
        warnings.append(_("Nobody knows whether this is safe: ask the lead agency first."))
    if point.must_not_answer:
        warnings.append(_("Hang up if this person answers: %(who)s.") % {"who": point.must_not_answer})
    return {
        "point": point,
        "masked_value": masked(point.value) if point.kind == ContactKind.PHONE else point.get_kind_display(),
        "hours": point.hours,
        "instruction": _("Introduce yourself as: %(say)s.") % {"say": point.say} if point.say else "",
        "may_sms": point.may_sms,
        "may_leave_message": point.may_leave_message,
        "warn": " ".join(warnings),
    }
