"""A case of another service in an emergency: the reason and the search, the opening, the end."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases.models import Case
from common.errors import RuleBroken
from common.forms import show_errors

from . import break_glass
from .emergency_forms import SearchForm
from .emergency_search import MINUTES, MOST, Search, TooMany, search
from .perms import may_search_in_emergency


@require_http_methods(["GET", "POST"])
def emergency(request: HttpRequest) -> HttpResponse:
    """The reason first, then the person; what is found says that a case exists. Never in an address."""
    if not may_search_in_emergency(request.membership):
        raise Http404
    if request.method == "GET":
        return _page(request, SearchForm())
    form = SearchForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        found = search(by=request.membership, reason=form.cleaned_data["reason"], wanted=form.wanted())
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, form, status=422)
    except TooMany:
        form.add_error(
            None,
            _(
                "You have made %(count)d emergency searches within the hour. Call the police (112) or the service that"
                " follows the case."
            )
            % {"count": settings.BREAK_GLASS_SEARCHES},
        )
        return _page(request, form, status=429)
    return _page(request, form, found=found)


def _page(request: HttpRequest, form: SearchForm, *, found: Search | None = None, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "found": found,
        "hours": settings.BREAK_GLASS_HOURS,
        "searches": settings.BREAK_GLASS_SEARCHES,
        "minutes": MINUTES,
        "most": MOST,
    }
    return render(request, "sharing/emergency.html", context, status=status)


@require_POST
def emergency_open(request: HttpRequest) -> HttpResponse:
    """Open what a search has found; the token proves the search and carries the reason."""
    if not may_search_in_emergency(request.membership):
        raise Http404
    try:
        opened = break_glass.open_emergency(by=request.membership, token=request.POST.get("token", ""))
    except RuleBroken as broken:
        form = SearchForm({})
        form.is_valid()
        show_errors(form, broken.errors)
        return _page(request, form, status=422)
    messages.warning(
        request, _("The case is open in an emergency. The agency that leads it and data protection have been told.")
    )
    return redirect("casework:emergency", opened.case_id)


@require_POST
def emergency_end(request: HttpRequest, emergency_id: UUID) -> HttpResponse:
    """End an emergency access before its time."""
    ended = break_glass.end_emergency(by=request.membership, emergency_id=emergency_id)
    messages.success(request, _("The emergency access has ended."))
    if request.POST.get("from") != "case":
        return redirect("casework:emergency_review", ended.pk)
    if Case.objects.visible_to(request.membership).filter(pk=ended.case_id).exists():
        return redirect("cases:summary", ended.case_id)
    return redirect("casework:my_work")
