"""Addresses about interpreters, within those of referrals."""

from django.urls import path

from . import interpreting_views as views

ONE = "interpreting/<uuid:interpreting_id>/"

urlpatterns = [
    path("interpreting/", views.inbox, name="interpreters"),
    path("cases/<uuid:case_id>/interpreting/new/", views.new, name="interpreter_new"),
    path(ONE, views.detail, name="interpreter"),
    path(f"{ONE}propose/", views.propose, name="interpreter_propose"),
    path(f"{ONE}decline/", views.decline, name="interpreter_decline"),
    path(f"{ONE}confirm/", views.confirm, name="interpreter_confirm"),
    path(f"{ONE}again/", views.again, name="interpreter_again"),
    path(f"{ONE}withdraw/", views.withdraw, name="interpreter_withdraw"),
    path(f"{ONE}held/", views.held, name="interpreter_held"),
]
