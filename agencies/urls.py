from django.urls import path

from . import capacity_views, directory_views, handout_views, poster_views, views

app_name = "agencies"
urlpatterns = [
    path("invitation/<str:token>/", views.invitation, name="invitation"),
    path("handouts/", handout_views.handout_list, name="handouts"),
    path("handouts/<slug:handout_key>/", handout_views.handout, name="handout"),
    path("handouts/<slug:handout_key>/pdf/", handout_views.handout_pdf, name="handout_pdf"),
    path("posters/", poster_views.poster_list, name="posters"),
    path("posters/<uuid:poster_id>/", poster_views.poster, name="poster"),
    path("posters/<uuid:poster_id>/pdf/", poster_views.poster_pdf, name="poster_pdf"),
    path("posters/<uuid:poster_id>/end/", poster_views.poster_end, name="poster_end"),
    path("directory/", directory_views.directory, name="directory"),
    path("capacity/<uuid:agency_id>/", capacity_views.capacity, name="capacity"),
]
