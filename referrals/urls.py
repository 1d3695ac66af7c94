from django.urls import include, path

from . import inbox_views, letter_views, next_views, unlisted_views, views

app_name = "referrals"
urlpatterns = [
    path("", include("referrals.interpreting_urls")),
    path("referrals/", inbox_views.inbox, name="list"),
    path("referrals/<uuid:referral_id>/", inbox_views.detail, name="detail"),
    path("referrals/<uuid:referral_id>/receive/", inbox_views.receive, name="receive"),
    path("referrals/<uuid:referral_id>/begin/", inbox_views.begin, name="begin"),
    path("referrals/<uuid:referral_id>/complete/", inbox_views.complete, name="complete"),
    path("referrals/<uuid:referral_id>/feedback/", inbox_views.give_feedback, name="feedback"),
    path("referrals/<uuid:referral_id>/letter/", letter_views.letter, name="letter"),
    path("referrals/<uuid:referral_id>/letter/pdf/", letter_views.letter_pdf, name="letter_pdf"),
    path("cases/<uuid:case_id>/referrals/", inbox_views.case_list, name="case_list"),
    path("cases/<uuid:case_id>/referrals/next/", next_views.next_services, name="next"),
    path("cases/<uuid:case_id>/referrals/new/", views.new, name="new"),
    path("cases/<uuid:case_id>/referrals/new/unlisted/", unlisted_views.enter, name="unlisted"),
    path("cases/<uuid:case_id>/referrals/drafts/save/", views.save_draft, name="save_draft"),
    path("cases/<uuid:case_id>/referrals/drafts/<uuid:draft_id>/preview/", views.preview_draft, name="preview"),
    path("cases/<uuid:case_id>/referrals/drafts/<uuid:draft_id>/discard/", views.discard_draft, name="discard_draft"),
]
