"""The classification of a complaint is owed a verification by somebody trained; who recorded it is told what came."""

from uuid import UUID

from django.http import Http404
from django.urls import reverse

from agencies.models import Membership
from agencies.services import writers_of
from cases.access import for_case, participants
from common.clock import now
from common.holidays import is_legal_holiday
from followups.models import FollowUpKind
from followups.planning import as_schedule, plan, policy_for
from followups.schedule import due_at
from followups.settling import settle
from notifications.models import NoticeKind
from notifications.services import notify
from reports import classifying
from reports.models import Report, ReportVerification
from reports.perms import is_classified

CONFIRMED, CORRECTED = "confirmed", "corrected"


def ask_classification(*, by: Membership, report: Report) -> None:
    """Plan the verification of a complaint, and tell who may give it."""
    if not is_classified(report):
        return
    policy = policy_for(FollowUpKind.CLASSIFICATION)
    plan(
        by=by,
        case=report.case,
        kind=FollowUpKind.CLASSIFICATION,
        agency=report.agency,
        source_id=report.pk,
        due_at=due_at(now(), as_schedule(policy), is_holiday=is_legal_holiday),
        policy=policy,
    )
    notify(
        recipients=classifying.verifiers_of(report),
        kind=NoticeKind.CLASSIFICATION_WAITS,
        path=page_of(report),
        dedupe_key=f"classification:{report.pk}",
        case_id=report.case_id,
    )


def verify_classification(
    *, by: Membership, case_id: UUID, report_id: UUID, vif: bool | None, vc: bool | None, remarks: str = ""
) -> ReportVerification:
    """Confirm or correct the classification of a complaint; who recorded it is told. Raises as `classifying.verify`,
    Http404 for a report this person may not read.
    """
    report = Report.objects.filter(pk=report_id, case=case_id).select_related("case", "agency", "author").first()
    if report is None or not is_classified(report) or not for_case(report.case, by).shows(report):
        raise Http404
    found = classifying.verify(by=by, report=report, vif=vif, vc=vc, remarks=remarks)
    outcome = CORRECTED if classifying.corrects(report, found) else CONFIRMED
    settle(by=by, kind=FollowUpKind.CLASSIFICATION, source_id=report.pk, outcome=outcome)
    colleagues = participants([report.case]).among(report.case, writers_of([report.agency]))
    notify(
        recipients=[member for member in colleagues if member.user_id == report.author_id],
        kind=NoticeKind.CLASSIFICATION_VERIFIED,
        path=reverse("reports:detail", args=[report.case_id, report.pk]),
        dedupe_key=f"classified:{found.pk}",
        case_id=report.case_id,
    )
    return found


def page_of(report: Report) -> str:
    """Where the classification of a report is verified."""
    return reverse("casework:verify_classification", args=[report.case_id, report.pk])
