"""The verification of an assessment is owed by the service that assessed; who may give it is told that it waits."""

from django.urls import reverse

from agencies.models import Membership
from agencies.services import writers_of
from cases.access import participants
from common.clock import now
from common.holidays import is_legal_holiday
from followups.models import FollowUp, FollowUpKind
from followups.planning import as_schedule, plan, policy_for
from followups.schedule import due_at
from followups.settling import settle
from notifications.models import NoticeKind
from notifications.services import notify
from riskassessment.judging import reviewers_of
from riskassessment.models import Assessment, AssessmentReview, Conclusion, Verdict


def ask_verification(*, by: Membership, assessment: Assessment, conclusion: Conclusion) -> None:
    """Plan the verification, once, and tell who may give it: of the service itself, else of the coordination."""
    kind = FollowUpKind.VERIFICATION
    if FollowUp.objects.filter(kind=kind, source_id=assessment.pk).exists():
        return
    policy = policy_for(kind)
    plan(
        by=by,
        case=assessment.case,
        kind=kind,
        agency=assessment.agency,
        source_id=assessment.pk,
        due_at=due_at(now(), as_schedule(policy), is_holiday=is_legal_holiday),
        policy=policy,
    )
    notify(
        recipients=reviewers_of(assessment.case, assessment, conclusion).asked,
        kind=NoticeKind.VERIFICATION_WAITS,
        path=_page(assessment),
        dedupe_key=f"verification:{assessment.pk}",
        case_id=assessment.case_id,
    )


def settle_verification(*, by: Membership, assessment: Assessment, review: AssessmentReview) -> None:
    """It is done; who wrote what comes back with remarks is told, and their colleagues."""
    settle(by=by, kind=FollowUpKind.VERIFICATION, source_id=assessment.pk, outcome=review.verdict)
    if review.verdict != Verdict.RETURNED:
        return
    colleagues = participants([assessment.case]).among(assessment.case, writers_of([assessment.agency]))
    notify(
        recipients=sorted(colleagues, key=lambda member: member.user_id != assessment.signed_by_id),
        kind=NoticeKind.ASSESSMENT_RETURNED,
        path=_page(assessment),
        dedupe_key=f"returned:{review.pk}",
        case_id=assessment.case_id,
    )


def _page(assessment: Assessment) -> str:
    return reverse("riskassessment:detail", args=[assessment.case_id, assessment.pk])
