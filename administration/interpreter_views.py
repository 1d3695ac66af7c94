"""The list of an interpreter service, kept by who administers it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agencies import interpreters as services
from agencies.interpreter_forms import InterpreterForm
from agencies.models import Interpreter
from agencies.services import parse_codes
from common.errors import RuleBroken
from common.forms import show_errors
from common.languages import names

from .guards import administrators_only


@require_http_methods(["GET", "POST"])
@administrators_only
def interpreters(request: HttpRequest) -> HttpResponse:
    """Who interprets for the service now; POST adds somebody."""
    agency = services.service_of(request.membership)
    form = InterpreterForm(request.POST) if request.method == "POST" else InterpreterForm()
    if request.method == "POST" and _saved(request, form, None):
        return redirect("administration:interpreters")
    lines = [{"interpreter": each, "languages": names(each.languages)} for each in services.list_of(agency)]
    status = 422 if request.method == "POST" else 200
    context = {"agency": agency, "lines": lines, "form": form}
    return render(request, "administration/interpreters.html", context, status=status)


@require_http_methods(["GET", "POST"])
@administrators_only
def interpreter(request: HttpRequest, interpreter_id: UUID) -> HttpResponse:
    """One of them, to change."""
    found = services.find(by=request.membership, interpreter_id=interpreter_id)
    if request.method == "POST":
        form = InterpreterForm(request.POST)
        if _saved(request, form, found):
            return redirect("administration:interpreters")
    else:
        values = {name: getattr(found, name) for name in services.FIELDS}
        form = InterpreterForm(initial=values | {"territory": " ".join(found.territory)})
    status = 422 if request.method == "POST" else 200
    return render(request, "administration/interpreter.html", {"interpreter": found, "form": form}, status=status)


@require_POST
@administrators_only
def interpreter_end(request: HttpRequest, interpreter_id: UUID) -> HttpResponse:
    """They are proposed no more."""
    services.end(by=request.membership, interpreter_id=interpreter_id)
    messages.success(request, _("They are proposed no more. What they did stays on record."))
    return redirect("administration:interpreters")


def _saved(request: HttpRequest, form: InterpreterForm, found: Interpreter | None) -> bool:
    """Whether what was typed is stored; else `form` says why not."""
    if not form.is_valid():
        return False
    try:
        values = dict(form.cleaned_data) | {"territory": parse_codes(form.cleaned_data["territory"])}
        if found is None:
            services.add(by=request.membership, values=values, key=form.cleaned_data["key"])
        else:
            services.change(by=request.membership, interpreter_id=found.pk, values=values)
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return False
    messages.success(request, _("The changes are saved."))
    return True
