from django.urls import path

from . import views

ACCESS = "cases/<uuid:case_id>/access/"

app_name = "sharing"
urlpatterns = [
    path(ACCESS, views.case_access, name="case_access"),
    path(f"{ACCESS}consents/<uuid:consent_id>/withdraw/", views.withdraw, name="withdraw"),
    path(f"{ACCESS}decisions/<uuid:decision_id>/revoke/", views.revoke, name="revoke"),
]
