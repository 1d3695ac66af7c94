from django.urls import path

from . import exposure_views, file_views, hint_views, situation_views, views

app_name = "reports"
urlpatterns = [
    path("drafting/hints/<slug:language>/", hint_views.latest, name="hints_latest"),
    path("drafting/hints/<slug:language>/<int:version>.json", hint_views.version, name="hints"),
    path("reports/new/", views.new, name="new"),
    path("reports/<uuid:draft_id>/", views.draft, name="draft"),
    path("reports/<uuid:draft_id>/save/", views.save, name="save"),
    path("reports/<uuid:draft_id>/discard/", views.discard, name="discard"),
    path("situations/new/", situation_views.new, name="situation_new"),
    path("situations/<uuid:draft_id>/", situation_views.draft, name="situation_draft"),
    path("situations/<uuid:draft_id>/save/", situation_views.save, name="situation_save"),
    path("situations/<uuid:draft_id>/discard/", situation_views.discard, name="situation_discard"),
    path("cases/<uuid:case_id>/situations/", situation_views.case_list, name="situations"),
    path("cases/<uuid:case_id>/situations/<uuid:situation_id>/", situation_views.detail, name="situation"),
    path("cases/<uuid:case_id>/reports/", views.case_list, name="case_list"),
    path("cases/<uuid:case_id>/reports/<uuid:report_id>/", views.detail, name="detail"),
    path(
        "cases/<uuid:case_id>/people/<uuid:case_person_id>/exposure/",
        exposure_views.child_exposure,
        name="child_exposure",
    ),
    path("cases/<uuid:case_id>/reports/<uuid:report_id>/continue/", views.continue_report, name="continue_report"),
    path("cases/<uuid:case_id>/reports/<uuid:report_id>/declaration/", views.declaration, name="declaration"),
    path("cases/<uuid:case_id>/files/", file_views.case_files, name="files"),
    path("cases/<uuid:case_id>/files/new/", file_views.new_file, name="new_file"),
    path("cases/<uuid:case_id>/files/<uuid:file_id>/", file_views.file, name="file"),
    path("cases/<uuid:case_id>/files/<uuid:file_id>/pages/<int:number>/", file_views.file_page, name="file_page"),
    path("cases/<uuid:case_id>/files/<uuid:file_id>/download/", file_views.download, name="download"),
    path("cases/<uuid:case_id>/files/<uuid:file_id>/remove/", file_views.remove, name="remove_file"),
]
