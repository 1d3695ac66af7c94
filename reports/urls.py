from django.urls import path

from . import views

app_name = "reports"
urlpatterns = [
    path("reports/new/", views.new, name="new"),
    path("reports/<uuid:draft_id>/", views.draft, name="draft"),
    path("reports/<uuid:draft_id>/save/", views.save, name="save"),
    path("reports/<uuid:draft_id>/discard/", views.discard, name="discard"),
    path("cases/<uuid:case_id>/reports/", views.case_list, name="case_list"),
    path("cases/<uuid:case_id>/reports/<uuid:report_id>/", views.detail, name="detail"),
]
