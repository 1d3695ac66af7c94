from django.urls import path

from . import signed, views

app_name = "riskassessment"
urlpatterns = [
    path("cases/<uuid:case_id>/assessments/", views.case_list, name="case_list"),
    path("cases/<uuid:case_id>/assessments/start/", views.start, name="start"),
    path("cases/<uuid:case_id>/assessments/<uuid:assessment_id>/", views.detail, name="detail"),
    path("cases/<uuid:case_id>/assessments/<uuid:assessment_id>/pdf/", signed.printed, name="printed"),
    path("cases/<uuid:case_id>/assessments/<uuid:assessment_id>/save/", views.save, name="save"),
]
