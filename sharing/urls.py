from django.urls import path

from . import (
    authorisation_views,
    consent_views,
    decision_views,
    emergency_views,
    incident_views,
    link_views,
    matching_views,
    may_i_speak_views,
    opposing_views,
    oral_views,
    subject_access_views,
    views,
)

ACCESS = "cases/<uuid:case_id>/access/"
SUBJECT = f"{ACCESS}subject-requests/<uuid:subject_request_id>/"

app_name = "sharing"
urlpatterns = [
    path("matches/", matching_views.match_list, name="matches"),
    path("matches/<uuid:match_id>/", matching_views.match, name="match"),
    path("matches/<uuid:match_id>/act/", matching_views.move, name="match_move"),
    path("cases/<uuid:case_id>/links/", link_views.case_links, name="links"),
    path("cases/<uuid:case_id>/links/<uuid:link_id>/end/", link_views.end_link, name="link_end"),
    path("opposing/<uuid:link_id>/", opposing_views.review_opposing, name="review_opposing"),
    path("emergency/", emergency_views.emergency, name="emergency"),
    path("emergency/open/", emergency_views.emergency_open, name="emergency_open"),
    path("emergencies/<uuid:emergency_id>/end/", emergency_views.emergency_end, name="emergency_end"),
    path("may-i-speak/", may_i_speak_views.may_i_speak, name="may_i_speak"),
    path("incidents/", incident_views.listing, name="incidents"),
    path("incidents/new/", incident_views.new, name="new_incident"),
    path("incidents/lessons/", incident_views.lesson, name="publish_lesson"),
    path("incidents/<uuid:incident_id>/", incident_views.detail, name="incident"),
    path("incidents/<uuid:incident_id>/steps/", incident_views.step, name="incident_step"),
    path(f"{ACCESS}incidents/new/", incident_views.new_in_case, name="new_incident_in_case"),
    path(ACCESS, views.case_access, name="case_access"),
    path(f"{ACCESS}may-i-speak/", may_i_speak_views.case_may_i_speak, name="case_may_i_speak"),
    path(f"{ACCESS}said/", oral_views.said, name="said"),
    path(f"{ACCESS}consents/new/", consent_views.new_consent, name="new_consent"),
    path(f"{ACCESS}consents/<uuid:consent_id>/sheet/", consent_views.consent_sheet, name="consent_sheet"),
    path(f"{ACCESS}subject/<uuid:case_person_id>/new/", subject_access_views.new, name="subject_new"),
    path(SUBJECT, subject_access_views.detail, name="subject_request"),
    path(f"{SUBJECT}check/", subject_access_views.check, name="subject_check"),
    path(f"{SUBJECT}answer/", subject_access_views.answer, name="subject_answer"),
    path(f"{SUBJECT}refuse/", subject_access_views.refuse, name="subject_refuse"),
    path(f"{SUBJECT}document/", subject_access_views.document, name="subject_document"),
    path("authorisations/", authorisation_views.standing, name="authorisations"),
    path("authorisations/new/", authorisation_views.standing_new, name="authorisation_new"),
    path("authorisations/<uuid:authorisation_id>/end/", authorisation_views.standing_end, name="authorisation_end"),
    path(f"{ACCESS}authorisations/", authorisation_views.case_authorisations, name="case_authorisations"),
    path(f"{ACCESS}authorisations/new/", authorisation_views.case_new, name="case_authorisation_new"),
    path(
        f"{ACCESS}authorisations/<uuid:authorisation_id>/end/",
        authorisation_views.case_end,
        name="case_authorisation_end",
    ),
    path(f"{ACCESS}decisions/new/", decision_views.new_decision, name="new_decision"),
    path(f"{ACCESS}decisions/<uuid:decision_id>/revoke/", views.revoke, name="revoke"),
]
