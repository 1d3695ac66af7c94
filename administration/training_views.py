"""Trainings followed: written and taken back on a member's page, and listed by course."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies import services as agencies
from agencies import training
from agencies.models import Membership, TrainingCourse, TrainingRecord
from common.errors import RuleBroken
from common.forms import show_errors

from .guards import administrators_only
from .trainings import TrainingForm, held_in
from .views import find_member, member_page


@require_POST
@administrators_only
def training_add(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Write that a member has followed a training."""
    found = find_member(request, member_id)
    form = TrainingForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        course = TrainingCourse.objects.filter(pk=values["course"]).first() if values["course"] else None
        try:
            training.record_training(by=request.membership, member=found, **values | {"course": course})
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("The training is written down."))
            return redirect("administration:member", found.pk)
    return member_page(request, found, training_form=form, status=422)


@require_POST
@administrators_only
def training_withdraw(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """Take a record back, with a reason."""
    try:
        withdrawal = training.withdraw_training(
            by=request.membership, record_id=record_id, reason=request.POST.get("reason", "")
        )
    except RuleBroken as broken:
        messages.error(request, str(broken))
        record = TrainingRecord.objects.get(pk=record_id)
    else:
        messages.success(request, _("The record is taken back: it no longer counts. What was signed under it stays."))
        record = withdrawal.record
    # who writes it down administers the service where the person was a member
    member = Membership.objects.filter(user=record.user_id, agency=record.agency_id).latest("starts_at")
    return redirect("administration:member", member.pk)


@require_GET
@administrators_only
def trainings(request: HttpRequest) -> HttpResponse:
    """By course, who of a service holds it and whose runs out soon; the platform administrator chooses the service."""
    administered = agencies.administered_by(request.membership).order_by("name")
    chosen = request.membership.agency
    if asked := request.GET.get("agency", ""):
        try:
            chosen = get_object_or_404(administered, pk=UUID(asked))
        except ValueError:
            raise Http404 from None
    found = held_in(chosen)
    return render(
        request,
        "administration/trainings.html",
        {
            "agency": chosen,
            "agencies": administered,
            "courses": found,
            "soon": [held for course in found for held in course["holders"] if held["soon"]],
        },
    )
