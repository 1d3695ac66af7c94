from django.urls import path

from . import views

app_name = "notifications"
urlpatterns = [
    path("", views.notice_list, name="list"),
    path("read/", views.mark_read, name="read_all"),
    path("<uuid:notice_id>/open/", views.open_notice, name="open"),
    path("<uuid:notice_id>/read/", views.mark_read, name="read"),
]
