"""High and critical: who acts on such a case is told at once, without content, and finds it first in “my work”."""

from uuid import UUID

from django.urls import reverse

from agencies.enums import NOT_TOLD_URGENT
from agencies.models import Agency, Membership
from agencies.services import writers_of
from cases.access import agencies_holding, participants, participation_rows, row_access, with_access, workers
from cases.enums import CONTRIBUTE, Category, Level, ParticipationSide, Side, codename
from cases.models import Case
from notifications.models import NoticeKind
from notifications.services import notify
from riskassessment.models import Assessment
from riskassessment.rules import RANK

URGENT = frozenset({Level.HIGH, Level.CRITICAL})
SEVERITY = {Level.CRITICAL: 0, Level.HIGH: 1}  # as in `move_severity_rank`
FEW = 20


def level_before(assessment_id: UUID) -> str:
    """What the case of this assessment stands at; empty where nothing is known, or nothing may be."""
    return Case.objects.filter(assessments=assessment_id).values_list("level", flat=True).first() or ""


def tell_rise(*, by: Membership, assessment: Assessment, before: str, source_id: UUID) -> None:
    """Tell who acts on the case that it has become high or critical by the act `source_id`; nobody where it has not
    risen above `before`.
    """
    case = Case.objects.get(pk=assessment.case_id)
    if case.level not in URGENT or RANK.get(before, -1) >= RANK[case.level]:
        return
    members = [member for member in writers_of(_acting_on(case)) if member.user_id != by.user_id]
    notify(
        recipients=participants([case]).among(case, members),
        kind=NoticeKind.LEVEL_URGENT,
        path=reverse("cases:summary", args=[case.pk]),
        dedupe_key=f"urgent:{source_id}",
        case_id=case.pk,
    )


def _acting_on(case: Case) -> list[Agency]:
    """Agencies that receive the level, add to the case and are not on his side, but for kinds that are not told."""
    receiving = agencies_holding(case.pk, [CONTRIBUTE, codename(Category.LEVEL, Side.CASE)])
    his = {each.group_id for each in workers([case.pk]) if each.side == ParticipationSide.PERPETRATOR}
    return list(Agency.objects.filter(group__in=receiving - his).exclude(kind__in=NOT_TOLD_URGENT))


def urgent_cases(membership: Membership) -> list[Case]:
    """The open cases at a high or critical level that this agency acts on and whose level it receives, the worst first,
    at most FEW.
    """
    if membership.agency.kind in NOT_TOLD_URGENT:
        return []
    ranks = [SEVERITY[level] for level in URGENT]
    rows = with_access(participation_rows(membership).filter(sort_severity__in=ranks))
    found = []
    for row in rows.order_by("sort_severity", "-sort_at", "-content_object_id")[:FEW]:
        access = row_access(row, membership)
        his_side = access.side == ParticipationSide.PERPETRATOR
        if access.level and access.has(CONTRIBUTE) and not his_side and row.content_object.closed_at is None:
            found.append(row.content_object)
    return found
