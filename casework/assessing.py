"""A grid signed, a level concluded: the next assessment is owed, a complaint goes to the prosecutor."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.http import Http404

from agencies.enums import AgencyKind
from agencies.models import Membership
from cases.access import for_case
from cases.enums import Stage
from cases.services import advance
from reports.models import Report, ReportKind
from riskassessment import judging
from riskassessment import services as assessments
from riskassessment.models import Assessment, AssessmentReview, Conclusion, Countersignature

from . import disagreeing
from .reassessing import after_level, after_signature
from .tracking import send_complaint
from .urgent import level_before, tell_rise
from .verifying import ask_verification, settle_verification


def sign_assessment(
    *,
    by: Membership,
    assessment_id: UUID,
    answers: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> Assessment:
    """Sign a grid, plan the next assessment, and send the complaint it is about to the prosecutor.

    Signing again returns the same assessment, and sends a complaint that could not be sent before. Raises what
    `riskassessment.services.sign` raises.
    """
    before = level_before(assessment_id)
    assessment = assessments.sign(by=by, assessment_id=assessment_id, answers=answers, version=version)
    if assessment.indicative_level:
        advance(case=assessment.case, stage=Stage.ASSESSED)
        _follow(by, assessment, before=before, source_id=assessment.pk)
        report = Report.objects.filter(pk=assessment.report_id).select_related("agency").first()
        if report and report.kind == ReportKind.POLICE_COMPLAINT and by.agency.kind == AgencyKind.POLICE:
            send_complaint(by=by, report=report)
    return assessment


def conclude_level(
    *, by: Membership, assessment_id: UUID, level: str, justification: str, feared_events: Iterable[str] = ()
) -> Conclusion:
    """Retain a level for a signed assessment; somebody else verifies it, and the next assessment follows what the case
    then stands at.
    """
    assessment, before = _visible_assessment(by, assessment_id), level_before(assessment_id)
    conclusion = judging.conclude(
        by=by, assessment=assessment, level=level, justification=justification, feared_events=feared_events
    )
    ask_verification(by=by, assessment=assessment, conclusion=conclusion)
    _follow(by, assessment, before=before, source_id=conclusion.pk)
    return conclusion


def review_assessment(*, by: Membership, assessment_id: UUID, verdict: str, remarks: str = "") -> AssessmentReview:
    """Validate an assessment or send it back with remarks. A lower level that is validated is in force: the next
    assessment follows what the case then stands at.
    """
    assessment, before = _visible_assessment(by, assessment_id), level_before(assessment_id)
    review = judging.review(by=by, assessment=assessment, verdict=verdict, remarks=remarks)
    settle_verification(by=by, assessment=assessment, review=review)
    countersignature = Countersignature.objects.filter(conclusion__assessment=assessment).first()
    if countersignature is not None:
        _follow(by, assessment, before=before, source_id=countersignature.pk)
    return review


def _visible_assessment(by: Membership, assessment_id: UUID) -> Assessment:
    assessment = (
        Assessment.objects.filter(pk=assessment_id).select_related("case", "agency", "grid_version__grid").first()
    )
    if assessment is None or not for_case(assessment.case, by).shows(assessment):
        raise Http404
    return assessment


def _follow(by: Membership, assessment: Assessment, *, before: str, source_id: UUID) -> None:
    """What follows from where the case now stands: the dates of the next assessments, and who is told at once."""
    if source_id == assessment.pk:
        after_signature(by=by, assessment=assessment)
    else:
        after_level(by=by, case_id=assessment.case_id, source_id=source_id)
    tell_rise(by=by, assessment=assessment, before=before, source_id=source_id)
    disagreeing.tell(case=assessment.case)
