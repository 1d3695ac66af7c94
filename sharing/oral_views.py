"""“Said by phone”: thirty seconds to write down what was said aloud."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.page import open_page
from common.clock import BRUSSELS
from common.errors import Refused, RuleBroken
from common.forms import show_errors

from . import oral
from .perms import may_record_oral
from .request_forms import OralForm
from .requests import others_in


@require_http_methods(["GET", "POST"])
def said(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """To whom, about what, on what basis, when."""
    case, access, context = open_page(request, case_id, tab="access", page="oral_disclosure")
    if not may_record_oral(access):
        raise Refused(_("You can read this case but not add to it."))
    offered = {"agencies": others_in(access), "pairs": access.categories}
    if request.method == "GET":
        return render(request, "sharing/said.html", context | {"form": OralForm(initial={"key": uuid4()}, **offered)})
    form = OralForm(request.POST, **offered)
    if form.is_valid():
        given = form.cleaned_data
        said_at = given["said_at"]
        try:
            written = oral.record_oral(
                by=request.membership,
                case=case,
                access=access,
                to_agency=form.agency(),
                to_whom=given["to_whom"],
                grants=given["grants"],
                basis=given["basis"],
                said_at=said_at.astimezone(BRUSSELS) if said_at else None,
                necessity=given["necessity"],
                key=given["key"],
            )
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("Written down. It opens no access to anybody."))
            if oral.never_said(written):
                messages.warning(
                    request,
                    _(
                        "This service works with the presumed perpetrator and should never learn this: report a safety"
                        " incident now, so that she is protected."
                    ),
                )
            return redirect("sharing:case_access", case.pk)
    return render(request, "sharing/said.html", context | {"form": form}, status=422)
