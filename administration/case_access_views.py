"""Why can they not see it? The shape of what agencies hold in a case, for who sees no case."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from audit.models import Action
from audit.services import record
from common.errors import Refused
from sharing.perms import may_read_shape
from sharing.shape import shape_of


class ReferenceForm(forms.Form):
    """The reference an agency names when it asks."""

    reference = forms.CharField(
        label=_("Reference of the case"), max_length=20, help_text=_("As the agency reads it, MOVE-2026-000123.")
    )


@require_http_methods(["GET", "POST"])
def case_access(request: HttpRequest) -> HttpResponse:
    """Type a reference, read kinds of agencies, categories, sides and bases. The reference travels by POST and is
    written nowhere; that it was asked is on record, in the trail of the case where there is one.
    """
    if not may_read_shape(request.membership):
        raise Refused()
    form = ReferenceForm(request.POST if request.method == "POST" else None)
    context = {"form": form}
    if request.method == "POST" and form.is_valid():
        shape = shape_of(request.membership, form.cleaned_data["reference"])
        record(
            action=Action.SEARCHED,
            case_id=shape.case_id if shape else None,
            object_kind="administration.case_access",
        )
        context |= {"asked": True, "shape": shape}
    status = 422 if request.method == "POST" and form.errors else 200
    return render(request, "administration/case_access.html", context, status=status)
