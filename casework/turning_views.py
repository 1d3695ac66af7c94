"""Something has changed in a case; a grid handed over to another service of it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.page import open_page
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from plans.custody_perms import may_enter
from riskassessment import duties
from riskassessment.found import TAB
from riskassessment.turning import kinds_for
from riskassessment.versions import definition_of

from .handing import hand_over as hand_over_grid
from .turning import note_turning_point
from .turning_forms import HandOverForm, TurningForm


@require_http_methods(["GET", "POST"])
def turning_point(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Write down that something has changed: every grid of the case is then assessed again soon."""
    case, access, context = open_page(request, case_id, tab=TAB, page="turning_point")
    if not access.contribute:
        raise Refused(_("You can read this case but not add to it."))
    kinds = kinds_for(access)
    form = TurningForm(request.POST if request.method == "POST" else None, kinds=kinds)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                note_turning_point(by=request.membership, case=case, access=access, **form.cleaned_data)
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("Noted: the case is to be assessed again."))
                return redirect("riskassessment:case_list", case.pk)
        status = 422
    context |= {"form": form, "may_enter_release": may_enter(request.membership, access)}
    return render(request, "casework/turning_point.html", context, status=status)


@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest, case_id: UUID, grid_id: UUID) -> HttpResponse:
    """Hand a grid over to another service of the case; 404 for one that this agency does not owe."""
    case, access, context = open_page(request, case_id, tab=TAB, page="hand_over")
    version = duties.owed_by(case, access).get(grid_id)
    if version is None:
        raise Http404
    if not access.contribute:
        raise Refused(_("You can read this case but not add to it."))
    definition = definition_of(version)
    agencies = duties.candidates(case, access, version)
    form = HandOverForm(request.POST if request.method == "POST" else None, agencies=agencies)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                duty = hand_over_grid(
                    by=request.membership,
                    case=case,
                    access=access,
                    grid_id=grid_id,
                    agency_id=form.cleaned_data["agency"],
                )
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                who = {"who": duty.responsible.short_name}
                messages.success(request, _("%(who)s assesses with this grid from now on, and is told.") % who)
                return redirect("riskassessment:case_list", case.pk)
        status = 422
    title = definition.title.translated(get_language() or "fr")
    return render(
        request, "casework/hand_over.html", context | {"form": form, "grid": title, "agencies": agencies}, status=status
    )
