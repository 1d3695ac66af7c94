from django.urls import path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import IsAuthenticated

from cases.api import CaseDetail, CaseList
from casework.api import Reports
from followups.api import FollowUpDetail, FollowUps
from referrals.api import ReferralDetail, Referrals
from reports.api import CaseReport, CaseReports
from riskassessment.api import CaseAssessment, CaseAssessments

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(permission_classes=[IsAuthenticated]), name="schema"),
    path("cases/", CaseList.as_view(), name="cases"),
    path("cases/<uuid:case_id>/", CaseDetail.as_view(), name="case"),
    path("cases/<uuid:case_id>/reports/", CaseReports.as_view(), name="case_reports"),
    path("cases/<uuid:case_id>/reports/<uuid:report_id>/", CaseReport.as_view(), name="case_report"),
    path("cases/<uuid:case_id>/assessments/", CaseAssessments.as_view(), name="case_assessments"),
    path("cases/<uuid:case_id>/assessments/<uuid:assessment_id>/", CaseAssessment.as_view(), name="case_assessment"),
    path("reports/", Reports.as_view(), name="reports"),
    path("referrals/", Referrals.as_view(), name="referrals"),
    path("referrals/<uuid:referral_id>/", ReferralDetail.as_view(), name="referral"),
    path("followups/", FollowUps.as_view(), name="followups"),
    path("followups/<uuid:follow_up_id>/", FollowUpDetail.as_view(), name="followup"),
]
