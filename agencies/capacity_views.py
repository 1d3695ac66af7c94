"""Free places and waiting time, said in two clicks by whoever works in the service."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common.errors import Refused, RuleBroken
from common.forms import show_errors

from . import capacity as services
from .offer_forms import CapacityForm

STEPS = {"more": 1, "less": -1}


@require_http_methods(["GET", "POST"])
def capacity(request: HttpRequest, agency_id: UUID) -> HttpResponse:
    """How many places are left. `do` is "less" or "more" (one place), "full", "unsaid", else the numbers are sent."""
    agency = services.told_agency(request.membership, agency_id)
    form = CapacityForm(
        request.POST if request.POST.get("do") == "numbers" else None,
        initial={"free_places": agency.free_places, "waiting_days": agency.waiting_days},
    )
    if request.method == "POST":
        act, who = request.POST.get("do"), {"by": request.membership, "agency_id": agency.pk}
        try:
            if act in STEPS:
                services.step(**who, seen=request.POST.get("seen", ""), more=STEPS[act])
            elif act == "full":
                services.tell(**who, free_places=0, waiting_days=agency.waiting_days)
            elif act == "unsaid":
                services.tell(**who, free_places=None, waiting_days=None)
            elif not form.is_valid():
                return _page(request, agency, form, 422)
            else:
                services.tell(**who, **form.cleaned_data)
        except RuleBroken as broken:
            show_errors(form, broken.errors)
            return _page(request, agency, form, 422)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("agencies:capacity", agency.pk)
        messages.success(request, _("Saved: whoever prepares a referral to you reads it now."))
        return redirect("agencies:capacity", agency.pk)
    return _page(request, agency, form, 200)


def _page(request: HttpRequest, agency: services.Agency, form: CapacityForm, status: int) -> HttpResponse:
    context = {
        "agency": agency,
        "form": form,
        "may_add": agency.free_places is not None and agency.free_places < services.most_places(agency),
        "may_take": bool(agency.free_places),
    }
    return render(request, "agencies/capacity.html", context, status=status)
