"""A case has become high or critical: those who act on it are told at once, without content."""

from uuid import UUID

from django.urls import reverse

from agencies.enums import NOT_TOLD_URGENT
from agencies.models import Agency, Membership
from agencies.services import writers_of
from cases.access import agencies_holding, participants, workers
from cases.enums import CONTRIBUTE, Category, Level, ParticipationSide, Side, codename
from cases.models import Case
from notifications.models import NoticeKind
from notifications.services import notify
from riskassessment.definition import RANK
from riskassessment.models import Assessment

URGENT = frozenset({Level.HIGH, Level.CRITICAL})


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
