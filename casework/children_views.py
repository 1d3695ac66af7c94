"""The open cases in which something is still to be written about children."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from agencies.perms import may_see_cases
from audit.models import Action
from audit.services import record
from cases.access import grants_of
from cases.page import short_names
from common.clock import now

from .children_missing import MOST, Gap, cases_to_complete


@require_GET
def children_missing(request: HttpRequest) -> HttpResponse:
    """Cases whose latest report or situation of one's service says nothing of children, to go and write it."""
    if not may_see_cases(request.membership):
        raise Http404
    found = cases_to_complete(request.membership, now())
    names = short_names(grants_of([case.pk for case, _gap in found], request.membership).values())
    record(action=Action.LISTED, object_kind="casework.children", fields=[str(case.pk) for case, _gap in found[:MOST]])
    words = {Gap.PRESENCE: _("presence not written"), Gap.IMPACT: _("impact not written")}
    lines = [
        {
            "what": words[gap][:1].upper() + words[gap][1:],
            "reference": case.reference,
            "url": reverse("cases:summary", args=[case.pk]),
            "initials": names.get(case.pk, ""),
            "action_url": reverse("cases:summary", args=[case.pk]),
            "action_label": _("Open"),
        }
        for case, gap in found[:MOST]
    ]
    return render(request, "casework/children_missing.html", {"lines": lines, "more": len(found) > MOST, "most": MOST})
