from django.urls import path

from . import (
    access_list_views,
    case_access_views,
    default_views,
    partnership_views,
    unusual_views,
    views,
)

app_name = "administration"
urlpatterns = [
    path("", views.home, name="home"),
    path("rights/", views.what_each_may_do, name="rights"),
    path("access-list/", access_list_views.page, name="access_list"),
    path("access-list/pdf/", access_list_views.printed, name="access_list_pdf"),
    path("case-access/", case_access_views.case_access, name="case_access"),
    path("unusual/", unusual_views.unusual, name="unusual"),
    path("unusual/<uuid:reading_id>/", unusual_views.unusual_reading, name="unusual_reading"),
    path("emergency-searches/", unusual_views.emergency_searches, name="emergency_searches"),
    path("sharing-defaults/", default_views.default_list, name="defaults"),
    path("sharing-defaults/drafts/<uuid:draft_id>/", default_views.default_draft, name="default_draft"),
    path("sharing-defaults/drafts/<uuid:draft_id>/publish/", default_views.default_publish, name="default_publish"),
    path("sharing-defaults/drafts/<uuid:draft_id>/discard/", default_views.default_discard, name="default_discard"),
    path("sharing-defaults/<slug:way_in>/<slug:kind>/", default_views.default_edit, name="default_edit"),
    path("partnerships/", partnership_views.partnership_list, name="partnerships"),
    path("partnerships/new/", partnership_views.partnership_new, name="partnership_new"),
    path("partnerships/<uuid:partnership_id>/", partnership_views.partnership, name="partnership"),
    path("partnerships/<uuid:partnership_id>/edit/", partnership_views.partnership_edit, name="partnership_edit"),
    path("partnerships/<uuid:partnership_id>/end/", partnership_views.partnership_end, name="partnership_end"),
    path("partnerships/<uuid:partnership_id>/members/add/", partnership_views.partner_add, name="partner_add"),
    path("partnerships/members/<uuid:partner_id>/end/", partnership_views.partner_end, name="partner_end"),
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
