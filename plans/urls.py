from django.urls import path

from . import views

PLAN = "cases/<uuid:case_id>/plan/"

app_name = "plans"
urlpatterns = [
    path(PLAN, views.overview, name="overview"),
]
