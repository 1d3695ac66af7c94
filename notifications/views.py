"""The notices of the person who acts. A page that reads writes nothing: what is read is said by a POST."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from common.pagination import Key, page_or_first, paginate

from . import services

KEYS = (Key("created_at", descending=True), Key("id", descending=True))


@require_GET
def notice_list(request: HttpRequest) -> HttpResponse:
    """What this person was told for this agency, the latest first."""
    if request.membership is None:
        raise Http404
    own = services.notices_of(request.membership)
    page = page_or_first(lambda cursor: paginate(own, keys=KEYS, cursor=cursor), request.GET.get("cursor"))
    return render(request, "notifications/list.html", {"page": page})


@require_POST
def open_notice(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Mark one as read and go where it leads."""
    if request.membership is None:
        raise Http404
    services.mark_read(by=request.membership, notice_id=notice_id)
    return redirect(services.notices_of(request.membership).get(pk=notice_id).path)


@require_POST
def mark_read(request: HttpRequest, notice_id: UUID | None = None) -> HttpResponse:
    """Mark one as read, or all of them, and stay."""
    if request.membership is None:
        raise Http404
    services.mark_read(by=request.membership, notice_id=notice_id)
    if notice_id is None:
        messages.success(request, _("All notifications are marked as read."))
    return redirect("notifications:list")
