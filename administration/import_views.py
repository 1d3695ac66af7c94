"""Imports: places, services without an account, help numbers. Checked or saved, told line by line."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from agencies import importing, importing_services
from common.errors import RuleBroken
from common.forms import show_errors
from common.tables import MOST_BYTES, Column, LinesBroken
from common.uploads import received, takes_files

from . import checked_files
from .guards import platform_only
from .import_forms import FileForm, PlacesForm, SourceForm

FIRST = 200
"""Of the problems of a file that are shown."""
CHECK = "check"
CHECKED = "checked"


@dataclass(frozen=True)
class Kind:
    """What may be imported: its words, its columns, its form, and what imports it."""

    title: Promise
    about: Promise
    columns: tuple[Column, ...]
    form: type[forms.Form]
    run: Callable[..., importing.Report]


KINDS = {
    "places": Kind(
        gettext_lazy("Postal codes and places"),
        gettext_lazy("Which place bears which postal code, and where it lies. Places that are not in the file stay."),
        importing.PLACE_COLUMNS,
        PlacesForm,
        importing.import_places,
    ),
    "services": Kind(
        gettext_lazy("Services without an account"),
        gettext_lazy("Services for the directory, each with what it offers. Those that keep their own entry stay."),
        importing_services.COLUMNS,
        SourceForm,
        importing_services.import_services,
    ),
    "help-numbers": Kind(
        gettext_lazy("Help numbers"),
        gettext_lazy("A line that differs is a new version of its number. Numbers that are not in the file stay."),
        importing.NUMBER_COLUMNS,
        FileForm,
        importing.import_help_numbers,
    ),
}


@require_GET
@platform_only
def imports(request: HttpRequest) -> HttpResponse:
    """What may be imported."""
    return render(request, "administration/imports.html", {"kinds": KINDS.items()})


@require_http_methods(["GET", "POST"])
@platform_only
@takes_files
def import_table(request: HttpRequest, kind: str) -> HttpResponse:
    """Send a file: checked, or saved whole. One line that is wrong and nothing is saved.

    What was checked is saved by one press, and checked again.
    """
    what = KINDS.get(kind)
    if what is None:
        raise Http404
    if request.method == "GET":
        return _page(request, kind, what.form())
    if CHECKED in request.POST:
        return _save_checked(request, kind)
    form = what.form(request.POST)
    form.is_valid()
    sent = received(request, "file")
    if sent is None:
        form.add_error("file", _("Choose a file."))
    elif sent.too_large:
        form.add_error("file", _("This file is too large: %(most)d MB at most.") % {"most": MOST_BYTES // 1024 // 1024})
    if sent is None or form.errors:
        return _page(request, kind, form, status=422)
    given = {name: form.cleaned_data[name] for name in form.fields if name != "file"}
    return _run(request, kind, form, sent.content, given, save=CHECK not in request.POST)


def _save_checked(request: HttpRequest, kind: str) -> HttpResponse:
    """Save the file that was checked a moment ago."""
    found = checked_files.kept(by=request.membership, kind=kind, key=request.POST[CHECKED])
    if found is None:
        form = KINDS[kind].form(data={})
        form.is_valid()
        form.add_error("file", _("What was checked is no longer kept: choose the file again."))
        return _page(request, kind, form, status=422)
    form = KINDS[kind].form(data=found.given)
    form.is_valid()
    return _run(request, kind, form, found.content, found.given, save=True)


def _run(
    request: HttpRequest, kind: str, form: forms.Form, content: bytes, given: dict[str, Any], *, save: bool
) -> HttpResponse:
    try:
        report = KINDS[kind].run(by=request.membership, content=content, save=save, **given)
    except LinesBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, kind, form, broken=broken, status=422)
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, kind, form, status=422)
    if not save:
        checked = checked_files.keep(by=request.membership, kind=kind, content=content, given=given)
        return _page(request, kind, form, report=report, checked=checked)
    said = {"added": report.added, "changed": report.changed, "same": report.same}
    messages.success(request, _("Saved. New: %(added)d, changed: %(changed)d, as before: %(same)d.") % said)
    if report.unread:
        messages.warning(request, _("Columns that were not read: %(names)s.") % {"names": ", ".join(report.unread)})
    return redirect("administration:imports")


def _page(
    request: HttpRequest,
    kind: str,
    form: forms.Form,
    *,
    broken: LinesBroken | None = None,
    report: importing.Report | None = None,
    checked: str = "",
    status: int = 200,
) -> HttpResponse:
    problems = broken.problems if broken else []
    context: dict[str, Any] = {
        "kind": kind,
        "what": KINDS[kind],
        "form": form,
        "problems": problems[:FIRST],
        "more": max(0, len(problems) - FIRST),
        "report": report,
        "checked": checked,
        "minutes": int(checked_files.KEPT_FOR.total_seconds() // 60),
    }
    return render(request, "administration/import_table.html", context, status=status)
