from django.urls import path

from . import export_views, signed, views

app_name = "riskassessment"
urlpatterns = [
    path("assessments/export/", export_views.page, name="export"),
    path("assessments/export/file/", export_views.download, name="export_file"),
    path("cases/<uuid:case_id>/assessments/", views.case_list, name="case_list"),
    path("cases/<uuid:case_id>/assessments/start/", views.start, name="start"),
    path("cases/<uuid:case_id>/assessments/<uuid:assessment_id>/", views.detail, name="detail"),
    path("cases/<uuid:case_id>/assessments/<uuid:assessment_id>/pdf/", signed.printed, name="printed"),
    path("cases/<uuid:case_id>/assessments/<uuid:assessment_id>/save/", views.save, name="save"),
]
