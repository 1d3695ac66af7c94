from django.urls import path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import IsAuthenticated

from cases.api import CaseDetail, CaseList
from casework.api import Reports
from casework.assessment_api import CaseAssessments, ConcludeAssessment, SignAssessment
from followups.api import FollowUpDetail, FollowUps
from referrals.api import ReferralDetail, Referrals
from reports.api import CaseReport, CaseReports
from riskassessment.api import CaseAssessment, CaseAssessmentAnswers, GridDetail, Grids

ASSESSMENT = "cases/<uuid:case_id>/assessments/<uuid:assessment_id>/"

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(permission_classes=[IsAuthenticated]), name="schema"),
    path("cases/", CaseList.as_view(), name="cases"),
    path("cases/<uuid:case_id>/", CaseDetail.as_view(), name="case"),
    path("cases/<uuid:case_id>/reports/", CaseReports.as_view(), name="case_reports"),
    path("cases/<uuid:case_id>/reports/<uuid:report_id>/", CaseReport.as_view(), name="case_report"),
    path("cases/<uuid:case_id>/assessments/", CaseAssessments.as_view(), name="case_assessments"),
    path(ASSESSMENT, CaseAssessment.as_view(), name="case_assessment"),
    path(f"{ASSESSMENT}answers/", CaseAssessmentAnswers.as_view(), name="case_assessment_answers"),
    path(f"{ASSESSMENT}sign/", SignAssessment.as_view(), name="case_assessment_sign"),
    path(f"{ASSESSMENT}conclude/", ConcludeAssessment.as_view(), name="case_assessment_conclude"),
    path("grids/", Grids.as_view(), name="grids"),
    path("grids/<slug:slug>/", GridDetail.as_view(), name="grid"),
    path("reports/", Reports.as_view(), name="reports"),
    path("referrals/", Referrals.as_view(), name="referrals"),
    path("referrals/<uuid:referral_id>/", ReferralDetail.as_view(), name="referral"),
    path("followups/", FollowUps.as_view(), name="followups"),
    path("followups/<uuid:follow_up_id>/", FollowUpDetail.as_view(), name="followup"),
]
