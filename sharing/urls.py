from django.urls import path

from . import may_i_speak_views, views

ACCESS = "cases/<uuid:case_id>/access/"

app_name = "sharing"
urlpatterns = [
    path("may-i-speak/", may_i_speak_views.may_i_speak, name="may_i_speak"),
    path(ACCESS, views.case_access, name="case_access"),
    path(f"{ACCESS}may-i-speak/", may_i_speak_views.case_may_i_speak, name="case_may_i_speak"),
    path(f"{ACCESS}consents/<uuid:consent_id>/withdraw/", views.withdraw, name="withdraw"),
    path(f"{ACCESS}decisions/<uuid:decision_id>/revoke/", views.revoke, name="revoke"),
]
