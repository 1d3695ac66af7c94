from django.urls import path

from . import emergency_views, link_views, matching_views, may_i_speak_views, views

ACCESS = "cases/<uuid:case_id>/access/"

app_name = "sharing"
urlpatterns = [
    path("matches/", matching_views.match_list, name="matches"),
    path("matches/<uuid:match_id>/", matching_views.match, name="match"),
    path("matches/<uuid:match_id>/act/", matching_views.move, name="match_move"),
    path("cases/<uuid:case_id>/links/", link_views.case_links, name="links"),
    path("cases/<uuid:case_id>/links/<uuid:link_id>/end/", link_views.end_link, name="link_end"),
    path("emergency/", emergency_views.emergency, name="emergency"),
    path("emergency/open/", emergency_views.emergency_open, name="emergency_open"),
    path("emergencies/<uuid:emergency_id>/end/", emergency_views.emergency_end, name="emergency_end"),
    path("may-i-speak/", may_i_speak_views.may_i_speak, name="may_i_speak"),
    path(ACCESS, views.case_access, name="case_access"),
    path(f"{ACCESS}may-i-speak/", may_i_speak_views.case_may_i_speak, name="case_may_i_speak"),
    path(f"{ACCESS}consents/<uuid:consent_id>/withdraw/", views.withdraw, name="withdraw"),
    path(f"{ACCESS}decisions/<uuid:decision_id>/revoke/", views.revoke, name="revoke"),
]
