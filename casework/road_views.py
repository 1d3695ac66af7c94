"""Active measures for this person: asked on the road, at night, on a phone."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common.errors import RuleBroken
from common.forms import show_errors
from plans.measure_checks import Answer, TooMany, check
from plans.measure_perms import may_check_on_the_road

from .measure_forms import RoadForm


@require_http_methods(["GET", "POST"])
def road_check(request: HttpRequest) -> HttpResponse:
    """Who, and why; then the measures that bind him now, and whom to call. Never in an address."""
    if not may_check_on_the_road(request.membership):
        raise Http404
    if request.method == "GET":
        return _page(request, RoadForm())
    form = RoadForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        answer = check(by=request.membership, wanted=form.wanted())
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, form, status=422)
    except TooMany:
        form.add_error(
            None,
            _("You have asked %(count)d times within the hour. Call the zone that follows the case, or your duty desk.")
            % {"count": settings.MEASURE_CHECKS},
        )
        return _page(request, form, status=429)
    return _page(request, form, answer=answer)


def _page(request: HttpRequest, form: RoadForm, *, answer: Answer | None = None, status: int = 200) -> HttpResponse:
    context = {"form": form, "answer": answer, "most": settings.MEASURE_CHECKS}
    return render(request, "casework/road_check.html", context, status=status)
