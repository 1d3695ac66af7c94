from django.urls import path

from . import views

app_name = "followups"
urlpatterns = [
    path("", views.follow_up_list, name="list"),
    path("<uuid:follow_up_id>/", views.detail, name="detail"),
    path("<uuid:follow_up_id>/number/", views.number, name="number"),
    path("<uuid:follow_up_id>/claim/", views.claim, name="claim"),
    path("<uuid:follow_up_id>/answer/", views.answer, name="answer"),
    path("<uuid:follow_up_id>/attempts/", views.attempt, name="attempt"),
]
