from django.urls import path

from . import views

app_name = "referrals"
urlpatterns = [
    path("referrals/", views.inbox, name="list"),
    path("referrals/<uuid:referral_id>/", views.detail, name="detail"),
    path("referrals/<uuid:referral_id>/receive/", views.receive, name="receive"),
    path("cases/<uuid:case_id>/referrals/", views.case_list, name="case_list"),
    path("cases/<uuid:case_id>/referrals/new/", views.new, name="new"),
]
