"""The help numbers: those that are shown, their versions, who verified them and when."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies import help_numbers
from agencies.enums import Audience
from agencies.models import HelpNumber
from common.errors import RuleBroken
from common.forms import show_errors

from .guards import platform_only
from .help_number_forms import HelpNumberForm, initial_of

MOST = 200


@require_GET
@platform_only
def numbers(request: HttpRequest) -> HttpResponse:
    """The numbers that are shown, in their order, and the versions before them."""
    live = HelpNumber.objects.live().select_related("published_by")[:MOST]
    former = HelpNumber.objects.exclude(ended_at=None).select_related("published_by").order_by("-ended_at")[:MOST]
    lines = [_line(row) for row in live]
    context = {
        "lines": lines,
        "former": [_line(row) for row in former],
        "unchecked": sum(not line["shown"].checked for line in lines),
    }
    return render(request, "administration/help_numbers.html", context)


def _line(row: HelpNumber) -> dict[str, Any]:
    labels = dict(Audience.choices)
    return {
        "row": row,
        "shown": help_numbers.in_words(row, get_language() or "fr"),
        "audiences": [labels[each] for each in row.audiences if each in labels],
    }


@require_http_methods(["GET", "POST"])
@platform_only
def number_new(request: HttpRequest) -> HttpResponse:
    """Publish a number that was not there."""
    return _form_page(request, HelpNumberForm(request.POST if request.method == "POST" else None), None)


@require_http_methods(["GET", "POST"])
@platform_only
def number_edit(request: HttpRequest, number_id: UUID) -> HttpResponse:
    """Publish the next version of a number; the one that is shown ends."""
    row = get_object_or_404(HelpNumber, pk=number_id, ended_at=None)
    form = HelpNumberForm(request.POST if request.method == "POST" else None, initial=initial_of(row), fixed_code=True)
    return _form_page(request, form, row)


def _form_page(request: HttpRequest, form: HelpNumberForm, row: HelpNumber | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        code = row.code if row else form.cleaned_data["code"]
        try:
            if row is None and HelpNumber.objects.live().filter(code=code.strip()).exists():
                raise RuleBroken({"code": [_("This number exists already: publish its next version from the list.")]})
            help_numbers.publish(by=request.membership, code=code, values=form.cleaned_data)
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("The number is published: it is shown from now on."))
            return redirect("administration:help_numbers")
    status = 422 if request.method == "POST" else 200
    return render(request, "administration/help_number_form.html", {"form": form, "row": row}, status=status)


@require_POST
@platform_only
def number_verified(request: HttpRequest, number_id: UUID) -> HttpResponse:
    """Somebody called it today, and it answers as written."""
    row = help_numbers.verified_today(by=request.membership, number_id=number_id)
    messages.success(request, _("%(number)s: verified today, by you.") % {"number": row.number})
    return redirect("administration:help_numbers")


@require_POST
@platform_only
def number_end(request: HttpRequest, number_id: UUID) -> HttpResponse:
    """It is shown no more."""
    try:
        row = help_numbers.end(by=request.membership, number_id=number_id)
    except RuleBroken as broken:
        messages.error(request, str(broken))
    else:
        messages.success(request, _("%(number)s is shown no more.") % {"number": row.number})
    return redirect("administration:help_numbers")
