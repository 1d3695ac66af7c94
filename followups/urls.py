from django.urls import path

from . import callback_views, poster_views, views

app_name = "followups"
urlpatterns = [
    path("followups/", views.follow_up_list, name="list"),
    path("followups/<uuid:follow_up_id>/", views.detail, name="detail"),
    path("followups/<uuid:follow_up_id>/number/", views.number, name="number"),
    path("followups/<uuid:follow_up_id>/claim/", views.claim, name="claim"),
    path("followups/<uuid:follow_up_id>/answer/", views.answer, name="answer"),
    path("followups/<uuid:follow_up_id>/attempts/", views.attempt, name="attempt"),
    path("callbacks/", callback_views.callback_list, name="callbacks"),
    path("callbacks/<uuid:request_id>/", callback_views.callback, name="callback"),
    path("callbacks/<uuid:request_id>/take/", callback_views.callback_take, name="callback_take"),
    path("callbacks/<uuid:request_id>/number/", callback_views.callback_number, name="callback_number"),
    path("callbacks/<uuid:request_id>/handle/", callback_views.callback_handle, name="callback_handle"),
    path("p/<slug:code>/", poster_views.poster_page, name="poster_page"),
    path("p/<slug:code>/thanks/", poster_views.poster_thanks, name="poster_thanks"),
]
