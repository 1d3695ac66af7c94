"""Acts on an assessment that reach other rooms: sign, conclude, verify. The pages are `riskassessment.views`."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from common.autosave import version_of
from common.errors import RuleBroken, StaleVersion
from common.forms import show_errors
from riskassessment import services as assessments
from riskassessment import views as pages
from riskassessment.judging_forms import ConclusionForm, ReviewForm
from riskassessment.models import Verdict

from . import assessing

_REVIEWED = {
    Verdict.VALIDATED: gettext_lazy("Verified: validated."),
    Verdict.RETURNED: gettext_lazy("Verified: sent back with your remarks. The service that assessed is told."),
}


@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, case_id: UUID, assessment_id: UUID) -> HttpResponse:
    """Sign the grid with the answers on the page. Signed already, it only sends what could not be sent."""
    found = pages.find(request, case_id, assessment_id)
    there = redirect("riskassessment:detail", case_id, assessment_id)
    if request.method == "GET":
        return there
    typed = pages.typed(request, found) if "version" in request.POST else None
    version = version_of(request) if typed is not None else None
    try:
        assessment = assessing.sign_assessment(
            by=request.membership, assessment_id=assessment_id, answers=typed, version=version
        )
    except RuleBroken as broken:
        return pages.refused_draft(request, found, broken)
    except StaleVersion as stale:
        return pages.stale_draft(request, found, stale)
    if found.assessment.signed_at is None and assessment.signed_by_id == request.user.pk:
        said = [_("Signed: the answers no longer change.")]
        if assessment.indicative_level:
            said.append(_("Next: retain a level."))
        messages.success(request, " ".join(said))
    elif typed is not None and assessment.signed_by_id != request.user.pk:
        who = {"who": assessment.signed_by.full_name}
        messages.warning(request, _("%(who)s signed this grid just before you: it is signed once.") % who)
    if typed is not None and assessments.differs(assessment, typed):
        messages.warning(
            request,
            _("A colleague signed this grid in between: your last changes were not kept. Make a new assessment."),
        )
    return there


@require_http_methods(["GET", "POST"])
def conclude(request: HttpRequest, case_id: UUID, assessment_id: UUID) -> HttpResponse:
    """Retain a level, with reasons."""
    found = pages.find(request, case_id, assessment_id)
    there = redirect("riskassessment:detail", case_id, assessment_id)
    if request.method == "GET":
        return there
    try:
        conclusion = assessing.conclude_level(
            by=request.membership,
            assessment_id=assessment_id,
            level=request.POST.get("level", ""),
            justification=request.POST.get("justification", ""),
            feared_events=request.POST.getlist("feared_events"),
        )
    except RuleBroken as broken:
        if found.assessment.signed_at is None:
            messages.error(request, str(broken))
            return there
        form = ConclusionForm(request.POST)
        show_errors(form, broken.errors)
        return pages.signed_page(request, found, form=form, status=422)
    if conclusion.lowers:
        messages.success(request, _("Level concluded. It brings the level down: it waits for a second signature."))
    else:
        messages.success(request, _("Level concluded: it is in force."))
    return there


@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, case_id: UUID, assessment_id: UUID) -> HttpResponse:
    """Verify: validate, which signs under a lower level, or send back with remarks."""
    found = pages.find(request, case_id, assessment_id)
    there = redirect("riskassessment:detail", case_id, assessment_id)
    if request.method == "GET":
        return there
    try:
        given = assessing.review_assessment(
            by=request.membership,
            assessment_id=assessment_id,
            verdict=request.POST.get("verdict", ""),
            remarks=request.POST.get("remarks", ""),
        )
    except RuleBroken as broken:
        if not set(broken.errors) & {"verdict", "remarks"}:
            messages.error(request, str(broken))
            return there
        form = ReviewForm(request.POST)
        show_errors(form, broken.errors)
        return pages.signed_page(request, found, review_form=form, status=422)
    messages.success(request, _REVIEWED[given.verdict])
    return there
