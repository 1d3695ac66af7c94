from django.urls import path

from . import (
    assessment_views,
    consultation_views,
    coordination_views,
    emergency_views,
    over_time_views,
    rectification_views,
    referral_views,
    request_views,
    restriction_views,
    trail_views,
    turning_views,
    views,
    withdrawal_views,
)

ASSESSMENT = "cases/<uuid:case_id>/assessments/<uuid:assessment_id>/"
RESTRICTION = "cases/<uuid:case_id>/restriction/"
RECTIFICATION = "rectifications/<uuid:rectification_id>/"
REFERRAL = "referrals/<uuid:referral_id>/"
REQUEST = "requests/<uuid:request_id>/"
CONSULTATION = "consultations/<uuid:consultation_id>/"
COORDINATION = "cases/<uuid:case_id>/coordination/"
COORDINATION_REQUEST = "coordination/<uuid:coordination_request_id>/"

app_name = "casework"
urlpatterns = [
    path("", views.my_work, name="my_work"),
    path("reports/<uuid:draft_id>/record/", views.record_report, name="record_report"),
    path("cases/<uuid:case_id>/trail/", trail_views.who_has_read, name="trail"),
    path("cases/<uuid:case_id>/trail/pdf/", trail_views.printed, name="trail_pdf"),
    path("cases/<uuid:case_id>/emergency/", emergency_views.emergency, name="emergency"),
    path("emergencies/", emergency_views.emergencies, name="emergencies"),
    path("emergencies/<uuid:emergency_id>/", emergency_views.emergency_review, name="emergency_review"),
    path(RESTRICTION, restriction_views.who_may_work, name="restriction"),
    path(f"{RESTRICTION}restrict/", restriction_views.restrict, name="restrict"),
    path(f"{RESTRICTION}lift/", restriction_views.lift, name="lift_restriction"),
    path(f"{RESTRICTION}exclude/", restriction_views.exclude, name="exclude"),
    path(f"{RESTRICTION}excluded/<uuid:user_id>/let-in/", restriction_views.let_in, name="let_in"),
    path(f"{RESTRICTION}naming/", restriction_views.naming, name="naming"),
    path("cases/<uuid:case_id>/assessments/over-time/", over_time_views.over_time, name="over_time"),
    path("cases/<uuid:case_id>/assessments/compare/", over_time_views.compare, name="compare"),
    path("cases/<uuid:case_id>/assessments/turning-points/new/", turning_views.turning_point, name="turning_point"),
    path("cases/<uuid:case_id>/assessments/grids/<uuid:grid_id>/hand-over/", turning_views.hand_over, name="hand_over"),
    path(f"{ASSESSMENT}sign/", assessment_views.sign, name="sign_assessment"),
    path(f"{ASSESSMENT}conclude/", assessment_views.conclude, name="conclude_level"),
    path(f"{ASSESSMENT}review/", assessment_views.review, name="review_assessment"),
    path("cases/<uuid:case_id>/referrals/send/", referral_views.send, name="send_referral"),
    path("cases/<uuid:case_id>/access/requests/new/", request_views.new, name="ask_information"),
    path(
        "cases/<uuid:case_id>/access/consents/<uuid:consent_id>/withdraw/",
        withdrawal_views.withdraw_consent,
        name="withdraw_consent",
    ),
    path(
        "cases/<uuid:case_id>/records/<slug:kind>/<uuid:object_id>/rectify/",
        rectification_views.rectify,
        name="rectify",
    ),
    path(RECTIFICATION, rectification_views.rectification, name="rectification"),
    path(f"{RECTIFICATION}acknowledge/", rectification_views.acknowledge, name="acknowledge_rectification"),
    path("consultations/", consultation_views.consultations, name="consultations"),
    path("consultations/new/", consultation_views.new, name="consultation_new"),
    path(CONSULTATION, consultation_views.consultation, name="consultation"),
    path(f"{CONSULTATION}answers/", consultation_views.answer_again, name="consultation_edit"),
    path(f"{CONSULTATION}erase/", consultation_views.erase, name="consultation_erase"),
    path(f"{CONSULTATION}ask/", consultation_views.ask, name="consultation_ask"),
    path("coordination/", coordination_views.requests, name="coordination_requests"),
    path(COORDINATION_REQUEST, coordination_views.detail, name="coordination_request"),
    path(f"{COORDINATION_REQUEST}retain/", coordination_views.retain, name="retain_request"),
    path(f"{COORDINATION_REQUEST}redirect/", coordination_views.redirect_request, name="redirect_request"),
    path(f"{COORDINATION_REQUEST}withdraw/", coordination_views.withdraw, name="withdraw_coordination"),
    path(f"{COORDINATION_REQUEST}identity/", coordination_views.identity, name="identify"),
    path(COORDINATION, coordination_views.coordination, name="coordination"),
    path(f"{COORDINATION}ask/", coordination_views.ask, name="ask_coordination"),
    path(f"{COORDINATION}plan/", coordination_views.agree_plan, name="agree_plan"),
    path(f"{COORDINATION}end/", coordination_views.end_monitoring, name="end_monitoring"),
    path(REQUEST, request_views.detail, name="request"),
    path(f"{REQUEST}refuse/", request_views.refuse, name="refuse_request"),
    path(f"{REQUEST}withdraw/", request_views.withdraw, name="withdraw_request"),
    path(f"{REFERRAL}accept/", referral_views.accept, name="accept_referral"),
    path(f"{REFERRAL}decline/", referral_views.decline, name="decline_referral"),
    path(f"{REFERRAL}withdraw/", referral_views.withdraw, name="withdraw_referral"),
]
