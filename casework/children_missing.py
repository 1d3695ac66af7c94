"""What is still to be written about the children of a case: asked on the case page, and counted in my work.

MOVE §4.1.7: what violence does to children is never left out. What a service cannot write itself it is not asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Membership
from cases.access import CaseAccess, grants_of
from cases.children import arrangements, contacts
from cases.enums import Category, ChildContactKind, PersonRole, Side
from cases.models import Case, CasePerson, Note
from cases.perms import may_write_of_children, shows_person
from common.clock import age
from reports.exposures import readable
from reports.models import ChildExposure, Presence, Report, Situation
from reports.perms import may_record

RECENT = timedelta(days=90)
MOST = 60
FEW = 5
AT_SCHOOL = range(3, 18)
"""Ages at which a child goes to school, or may."""
MOST_SOURCES = 50
NOT_SAID = ("", Presence.UNKNOWN)


class Gap(StrEnum):
    PRESENCE = "presence"
    IMPACT = "impact"
    EXPOSURE = "exposure"
    LIVES = "lives"
    SCHOOL = "school"


@dataclass(frozen=True)
class Source:
    """What the latest report or situation says of children, and whether something was written of them since."""

    presence: str = ""
    impact: bool = False
    said_since: bool = False


@dataclass(frozen=True)
class Child:
    pk: UUID
    name: str = ""
    age: int | None = None
    exposed: bool = False
    """Something says what the child lived through."""
    arranged: bool = False
    school: bool = False


def gaps(source: Source | None, children: Sequence[Child], *, completes: bool) -> list[tuple[Gap, Child | None]]:
    """What is still to be written, in the order in which it is asked. Pure.

    `source` is None where no report or situation is read; `completes` whether the service has one of its own, beside
    which it can say what a child lived through.
    """
    found: list[tuple[Gap, Child | None]] = []
    if source is not None and not source.said_since:
        if source.presence in NOT_SAID:
            found.append((Gap.PRESENCE, None))
        elif source.presence == Presence.YES and not source.impact:
            found.append((Gap.IMPACT, None))
    for child in children:
        if completes and not child.exposed:
            found.append((Gap.EXPOSURE, child))
        if not child.arranged:
            found.append((Gap.LIVES, child))
        if child.age in AT_SCHOOL and not child.school:
            found.append((Gap.SCHOOL, child))
    return found


# --- on the case page -----------------------------------------------------------------------------------------
def panel(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """What there is still to write about the children, one button each; None where nothing is missing, and for who may
    not write it. Three queries.
    """
    if not may_write_of_children(access):
        return None
    children = _children(access)
    sources = _sources(access)
    found = gaps(_latest(sources), children, completes=any(each["agency_id"] == access.agency_id for each in sources))
    if not found:
        return None
    lines = [_asked(case, gap, child) for gap, child in found]
    return {"case": case, "lines": lines[:FEW], "more": len(lines[FEW:])}


def _children(access: CaseAccess) -> list[Child]:
    of_child = {"case_person": OuterRef("pk")}
    schools = contacts(access).filter(ended_at=None, kind=ChildContactKind.SCHOOL)
    rows = (
        CasePerson.objects.filter(case=access.case_id, role=PersonRole.CHILD)
        .select_related("person")
        .annotate(
            exposed=Exists(readable(access).filter(**of_child)),
            arranged=Exists(arrangements(access).filter(**of_child)),
            school=Exists(schools.filter(**of_child)),
        )
        .order_by("created_at")
    )
    return [
        Child(
            row.pk, row.person.full_name or _("name not known"), age(row.person.birth_date), row.exposed, row.arranged,
            row.school,
        )
        for row in rows
        if shows_person(access, row)
    ]  # fmt: skip


def _sources(access: CaseAccess) -> list[dict[str, Any]]:
    """The reports and situations of the case that are read, the latest first. One query."""
    found = [
        model.objects.filter(access.readable(), case=access.case_id)
        .order_by()
        .annotate(
            impact=F("children_impact"),
            since=_since(access.case_id, readable(access)),
            named=Exists(_beside(readable(access))),
        )
        .values("agency_id", "recorded_at", "children_present", "impact", "since", "named")
        for model in (Report, Situation)
    ]
    return list(found[0].union(found[1], all=True).order_by("-recorded_at")[:MOST_SOURCES])


def _beside(exposures: QuerySet[ChildExposure]) -> QuerySet[ChildExposure]:
    """Those written with, or after, the report or situation of the outer query."""
    return exposures.filter(at__gte=OuterRef("recorded_at") - timedelta(minutes=1))


def _since(case: Any, exposures: QuerySet[ChildExposure]) -> Any:
    """Condition on reports and situations: what it did to a child was written beside them, or a note on the children
    after them.
    """
    notes = Note.objects.filter(
        case=case, category=Category.CHILDREN, side=Side.VICTIM, written_at__gt=OuterRef("recorded_at")
    )
    return Exists(notes) | Exists(_beside(exposures).exclude(impact=""))


def _latest(sources: Sequence[dict[str, Any]]) -> Source | None:
    if not sources:
        return None
    latest = sources[0]
    presence = latest["children_present"]
    if latest["named"] and presence in NOT_SAID:
        presence = Presence.YES
    return Source(presence, bool(latest["impact"]), latest["since"])


def _asked(case: Case, gap: Gap, child: Child | None) -> dict[str, str]:
    words = {
        Gap.PRESENCE: _("Whether children were there is not written."),
        Gap.IMPACT: _("Children were there; the impact on them is not written."),
        Gap.EXPOSURE: _("%(who)s: what the child lived through is not written."),
        Gap.LIVES: _("%(who)s: with whom the child lives is not written."),
        Gap.SCHOOL: _("%(who)s: no school is written."),
    }[gap]
    if child is None:
        return {"words": words, "url": reverse("cases:write_note", args=[case.pk]), "label": _("Write a note")}
    name = {
        Gap.EXPOSURE: "reports:child_exposure", Gap.LIVES: "cases:arrange_child", Gap.SCHOOL: "cases:new_child_contact",
    }[gap]  # fmt: skip
    return {
        "words": words % {"who": child.name},
        "url": reverse(name, args=[case.pk, child.pk]),
        "label": _("Write it down"),
    }


# --- in my work -----------------------------------------------------------------------------------------------
def cases_to_complete(membership: Membership, at: datetime) -> list[tuple[Case, Gap]]:
    """Open cases whose latest report or situation of the acting agency, of the last 90 days, leaves out whether
    children were there or what it did to them; the latest first, at most MOST + 1. Two queries.
    """
    model = Report if may_record(membership) else Situation  # police write reports, every other service situations
    rows = list(_leaving_out(model, membership, at)[: MOST + 1])
    accesses = grants_of([row.case_id for row in rows], membership) if rows else {}
    return [
        (row.case, Gap.IMPACT if row.children_present == Presence.YES else Gap.PRESENCE)
        for row in rows
        if (access := accesses.get(row.case_id)) and may_write_of_children(access)
    ]


def _leaving_out(model: type[Report] | type[Situation], membership: Membership, at: datetime) -> QuerySet:
    later = {"case": OuterRef("case"), "agency": membership.agency_id, "recorded_at__gt": OuterRef("recorded_at")}
    visible = Case.objects.visible_to(membership).filter(closed_at=None)
    exposures = ChildExposure.objects.filter(case=OuterRef("case"))
    unsaid = Q(children_present__in=NOT_SAID) & ~Exists(_beside(exposures))
    return (
        model.objects.filter(agency=membership.agency_id, recorded_at__gt=at - RECENT, case__in=visible)
        .filter(unsaid | Q(children_present=Presence.YES, children_impact=""))
        .exclude(Exists(Report.objects.filter(**later)) | Exists(Situation.objects.filter(**later)))
        .exclude(_since(OuterRef("case"), exposures))
        .select_related("case")
        .order_by("-recorded_at")
    )
