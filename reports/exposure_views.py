"""What a child lived through, written later by the service whose report or situation did not say it."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cases.enums import Category, PersonRole, Side
from cases.models import CasePerson
from cases.page import open_page
from cases.perms import may_write_of_children, reads_children, shows_person
from common.errors import Refused, RuleBroken
from common.forms import show_errors

from .exposures import add_exposure, own_source
from .models import Exposure, Report


class ExposureForm(forms.Form):
    use_required_attribute = False

    exposure = forms.CharField(
        label=gettext_lazy("What the child lived through"),
        required=False,
        widget=forms.RadioSelect(choices=Exposure.choices),
    )
    impact = forms.CharField(
        label=gettext_lazy("Impact on this child"),
        required=False,
        help_text=gettext_lazy("What was seen and heard; the words of the child between quotation marks."),
        widget=forms.Textarea({"rows": 4, "autocomplete": "off"}),
    )


@require_http_methods(["GET", "POST"])
def child_exposure(request: HttpRequest, case_id: UUID, case_person_id: UUID) -> HttpResponse:
    """Say what one child lived through, beside the latest report or situation of one's own service."""
    case, access, context = open_page(
        request, case_id, tab="people", page="child", fields=(f"{Category.CHILDREN}:{Side.VICTIM}",)
    )
    rows = CasePerson.objects.filter(case=case, pk=case_person_id, role=PersonRole.CHILD).select_related("person")
    child = rows.first()
    if child is None or not (shows_person(access, child) and reads_children(access)):
        raise Http404
    source = own_source(request.membership, access)
    if source is None or not may_write_of_children(access):
        raise Refused(_("Your service has written no report or situation in this case to complete."))
    form = ExposureForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                add_exposure(by=request.membership, case=case, source=source, child=child, **form.cleaned_data)
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("Written beside what your service recorded."))
                return redirect("cases:child", case.pk, child.pk)
    what = source.get_kind_display() if isinstance(source, Report) else source._meta.verbose_name
    context |= {"form": form, "child": child, "what": what, "met_at": source.met_at}
    return render(request, "reports/child_exposure.html", context, status=status)
