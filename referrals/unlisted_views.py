"""The small page for a service that is not in the list, reached from the form of a referral and leading back to it."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.models import Agency
from agencies.unlisted import alike
from cases.page import open_page
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.ids import uuid_of

from . import drafts, perms, unlisted
from .asking import RECEIVERS
from .unlisted_forms import UnlistedForm


@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Name a service that is not in the list; POST with `use` takes one that is, with `sure` enters it though others
    look alike. `draft` is the referral it is for.
    """
    case, access, context = open_page(request, case_id, tab="referrals", page="unlisted_service")
    if not perms.may_refer(access):
        raise Refused(_("You can read this case but not add to it."))
    by = request.membership
    draft_id = _draft(request, case)
    if request.method == "GET":
        form = UnlistedForm(initial={"draft": draft_id or ""})
        return _show(request, context, form)
    form = UnlistedForm(request.POST)
    form.is_valid()
    values = form.values()
    if "use" in request.POST:
        known = Agency.objects.to_refer_to(by.agency_id).exclude(pk=by.agency_id)
        agency = known.filter(pk=uuid_of(request.POST["use"])).first()
        if agency is None:
            raise Http404
        unlisted.choose(by=by, case_id=case.pk, draft_id=draft_id, agency=agency)
        return _back(case.pk, draft_id, agency)
    try:
        errors = unlisted.problems(by=by, case_id=case.pk, values=values)
        if errors or form.errors:
            raise RuleBroken(errors)
        if "sure" not in request.POST and (found := alike(by=by, values=values)):
            return _show(request, context, form, found=found, status=422)
        agency = unlisted.enter(by=by, case_id=case.pk, values=values, draft_id=draft_id)
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _show(request, context, form, status=422)
    messages.success(
        request,
        _("%(service)s can be asked now, by letter. An administrator checks it before others see it.")
        % {"service": agency.name},
    )
    return _back(case.pk, draft_id, agency)


def _draft(request: HttpRequest, case: Any) -> UUID | None:
    """The draft the page was reached from; Http404 for one that is not there, or not one's own."""
    named = request.POST.get("draft", "") if request.method == "POST" else request.GET.get("draft", "")
    if not named:
        return None
    if (draft_id := uuid_of(named)) is None:
        raise Http404
    return drafts.find(by=request.membership, case=case, draft_id=draft_id).pk


def _back(case_id: UUID, draft_id: UUID | None, agency: Agency) -> HttpResponse:
    said = {"draft": draft_id} if draft_id else {RECEIVERS[0]: agency.pk}
    return redirect(f"{reverse('referrals:new', args=[case_id])}?{urlencode(said)}")


def _show(
    request: HttpRequest,
    context: dict[str, Any],
    form: UnlistedForm,
    *,
    found: list[Agency] | None = None,
    status: int = 200,
) -> HttpResponse:
    back = reverse("referrals:new", args=[context["case"].pk])
    if draft := form["draft"].value():
        back = f"{back}?{urlencode({'draft': draft})}"
    context |= {"form": form, "alike": found, "back": back}
    return render(request, "referrals/unlisted.html", context, status=status)
