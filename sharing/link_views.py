"""Which cases belong together, for who sees both."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.page import open_page
from common.errors import Refused, RuleBroken
from common.forms import show_errors

from . import links
from .link_forms import LinkForm
from .perms import may_link


@require_http_methods(["GET", "POST"])
def case_links(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The links of the case that this member may know, and the form to make one for who says so."""
    case, _access, context = open_page(request, case_id, tab="people", page="links")
    membership = request.membership
    form = LinkForm() if may_link(membership) else None
    status = 200
    if request.method == "POST":
        if form is None:
            raise Refused(_("Only a prosecutor or a coordinator says which cases belong together."))
        form = LinkForm(request.POST)
        if form.is_valid():
            try:
                links.link_cases(by=membership, case=case, **form.cleaned_data)
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("The two cases are linked. Nobody sees more of either than before."))
                return redirect("sharing:links", case.pk)
        status = 422
    context |= {"links": links.links_of(case, membership), "form": form, "may_link": form is not None}
    return render(request, "sharing/links.html", context, status=status)


@require_http_methods(["GET", "POST"])
def end_link(request: HttpRequest, case_id: UUID, link_id: UUID) -> HttpResponse:
    """A link no longer holds."""
    case, _access, _context = open_page(request, case_id, tab="people", page="links")
    if request.method == "GET":
        return redirect("sharing:links", case.pk)
    links.end_link(by=request.membership, case=case, link_id=link_id)
    messages.success(request, _("The link has ended."))
    return redirect("sharing:links", case.pk)
