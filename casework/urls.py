from django.urls import path

from . import assessment_views, referral_views, restriction_views, views

ASSESSMENT = "cases/<uuid:case_id>/assessments/<uuid:assessment_id>/"
RESTRICTION = "cases/<uuid:case_id>/restriction/"
REFERRAL = "referrals/<uuid:referral_id>/"

app_name = "casework"
urlpatterns = [
    path("", views.my_work, name="my_work"),
    path("reports/<uuid:draft_id>/record/", views.record_report, name="record_report"),
    path("cases/<uuid:case_id>/trail/", views.who_has_read, name="trail"),
    path(RESTRICTION, restriction_views.who_may_work, name="restriction"),
    path(f"{RESTRICTION}restrict/", restriction_views.restrict, name="restrict"),
    path(f"{RESTRICTION}lift/", restriction_views.lift, name="lift_restriction"),
    path(f"{RESTRICTION}exclude/", restriction_views.exclude, name="exclude"),
    path(f"{RESTRICTION}excluded/<uuid:user_id>/let-in/", restriction_views.let_in, name="let_in"),
    path(f"{RESTRICTION}naming/", restriction_views.naming, name="naming"),
    path(f"{ASSESSMENT}sign/", assessment_views.sign, name="sign_assessment"),
    path(f"{ASSESSMENT}conclude/", assessment_views.conclude, name="conclude_level"),
    path(f"{ASSESSMENT}countersign/", assessment_views.countersign, name="countersign_level"),
    path("cases/<uuid:case_id>/referrals/send/", referral_views.send, name="send_referral"),
    path(f"{REFERRAL}accept/", referral_views.accept, name="accept_referral"),
    path(f"{REFERRAL}decline/", referral_views.decline, name="decline_referral"),
    path(f"{REFERRAL}withdraw/", referral_views.withdraw, name="withdraw_referral"),
]
