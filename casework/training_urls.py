from django.urls import path

from . import training_views as views

app_name = "trainings"
urlpatterns = [
    path("", views.calendar, name="calendar"),
    path("new/", views.new, name="new"),
    path("<uuid:session_id>/", views.session, name="session"),
    path("<uuid:session_id>/edit/", views.edit, name="edit"),
    path("<uuid:session_id>/cancel/", views.cancel, name="cancel"),
    path("<uuid:session_id>/enrol/", views.enrol, name="enrol"),
    path("<uuid:session_id>/leave/", views.leave, name="leave"),
    path("<uuid:session_id>/attendance/", views.attendance, name="attendance"),
    path("<uuid:session_id>/replay/", views.replay, name="replay"),
    path("<uuid:session_id>/calendar/", views.calendar_entry, name="entry"),
]
