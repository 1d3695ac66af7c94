from django.urls import path

from . import file_views, views

app_name = "reports"
urlpatterns = [
    path("reports/new/", views.new, name="new"),
    path("reports/<uuid:draft_id>/", views.draft, name="draft"),
    path("reports/<uuid:draft_id>/save/", views.save, name="save"),
    path("reports/<uuid:draft_id>/discard/", views.discard, name="discard"),
    path("cases/<uuid:case_id>/reports/", views.case_list, name="case_list"),
    path("cases/<uuid:case_id>/reports/<uuid:report_id>/", views.detail, name="detail"),
    path("cases/<uuid:case_id>/files/", file_views.case_files, name="files"),
    path("cases/<uuid:case_id>/files/new/", file_views.new_file, name="new_file"),
    path("cases/<uuid:case_id>/files/<uuid:file_id>/", file_views.file, name="file"),
    path("cases/<uuid:case_id>/files/<uuid:file_id>/pages/<int:number>/", file_views.file_page, name="file_page"),
    path("cases/<uuid:case_id>/files/<uuid:file_id>/download/", file_views.download, name="download"),
    path("cases/<uuid:case_id>/files/<uuid:file_id>/remove/", file_views.remove, name="remove_file"),
]
