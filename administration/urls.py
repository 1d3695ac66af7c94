from django.urls import path

from . import views

app_name = "administration"
urlpatterns = [
    path("", views.home, name="home"),
    path("rights/", views.what_each_may_do, name="rights"),
    path("agencies/new/", views.agency_new, name="agency_new"),
    path("agencies/<uuid:agency_id>/", views.agency, name="agency"),
    path("agencies/<uuid:agency_id>/edit/", views.agency_edit, name="agency_edit"),
    path("agencies/<uuid:agency_id>/active/", views.agency_active, name="agency_active"),
    path("agencies/<uuid:agency_id>/invite/", views.invite, name="invite"),
    path("invitations/<uuid:invitation_id>/revoke/", views.invitation_revoke, name="invitation_revoke"),
    path("members/<uuid:member_id>/", views.member, name="member"),
    path("members/<uuid:member_id>/role/", views.member_role, name="member_role"),
    path("members/<uuid:member_id>/end/", views.member_end, name="member_end"),
]
