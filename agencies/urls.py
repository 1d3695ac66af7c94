from django.urls import path

from . import views

app_name = "agencies"
urlpatterns = [path("invitation/<str:token>/", views.invitation, name="invitation")]
