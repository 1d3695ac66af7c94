from django.urls import include, path

from . import resume, views

urlpatterns = [
    path("", include("casework.urls")),
    path("cases/", include("cases.urls")),
    path("", include("reports.urls")),
    path("", include("riskassessment.urls")),
    path("", include("sharing.urls")),
    path("", include("referrals.urls")),
    path("", include("plans.urls")),
    path("", include("followups.urls")),
    path("notifications/", include("notifications.urls")),
    path("trainings/", include("casework.training_urls")),
    path("administration/", include("administration.urls")),
    path("", include("agencies.urls")),
    path("api/v1/", include("move.api_urls")),
    path("account/resend/", resume.resend, name="resend"),
    path("account/acting/", views.choose_acting, name="choose_acting"),
    path("account/drafting-help/", views.drafting_help, name="drafting_help"),
    path("account/", include("move.account_urls")),
    path("health/live", views.live, name="health_live"),
    path("health/ready", views.ready, name="health_ready"),
]
