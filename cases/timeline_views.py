"""The whole timeline of a case, filtered, and the permanent address of each of its entries."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from common.ids import uuid_of

from . import timeline_page
from .access import CaseAccess, get_case
from .forms import TimelineForm
from .models import Case
from .note_views import compose
from .page import open_page
from .timeline_page import Wanted


@require_GET
def timeline(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Everything this agency may read of what happened, the latest first, filtered by the address."""
    case, access, context = open_page(request, case_id, tab="summary", page="timeline")
    form, wanted = _wanted(request, case, access)
    page = timeline_page.page_of(request, case, access, wanted, request.GET.get("cursor"), length=timeline_page.LENGTH)
    context |= timeline_page.shown_page(request, case, access, page, wanted, entry=uuid_of(request.GET.get("entry")))
    since = context["new_since"]
    context |= {
        "form": form,
        "filtered": bool(wanted),
        "only_new": wanted.new and since,
        "count": timeline_page.count_new(case, access, since) if since else None,
        "compose": compose(request, case, access),
    }
    return render(request, "cases/timeline.html", context)


def _wanted(request: HttpRequest, case: Case, access: CaseAccess) -> tuple[TimelineForm, Wanted]:
    """The filters of the address; one that means nothing is told at its field and filters nothing."""
    form = TimelineForm(request.GET, agencies=timeline_page.services(case, access))
    form.is_valid()
    since = timeline_page.moment(request.GET.get("since")) or timeline_page.last_visit(request, case)
    return form, Wanted(since=since, **{name: value for name, value in form.cleaned_data.items() if value})


@require_GET
def timeline_entry(request: HttpRequest, case_id: UUID, entry_id: UUID) -> HttpResponse:
    """To the page that holds this entry. Nothing of it is shown here; Http404 where this agency does not read it."""
    case, access = get_case(case_id, request.membership)
    entry = timeline_page.find(case, access, entry_id)
    if entry is None:
        raise Http404
    asked = {"entry": entry.pk}
    if cursor := timeline_page.cursor_to(case, access, entry):
        asked["cursor"] = cursor
    return redirect(f"{reverse('cases:timeline', args=[case.pk])}?{urlencode(asked)}#entry-{entry.pk}")
