"""The assessments of one's own agency, coded, to take out for evaluation."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from agencies.perms import may_take_out_assessments
from audit.models import Action
from audit.services import record
from common.errors import Refused

from . import export_rows, exporting
from .export_forms import ExportForm
from .versions import definition_of

FORMATS = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "grids.xlsx", exporting.as_xlsx),
    "csv": ("application/zip", "grids.zip", exporting.as_zip),
}
"""What each format is sent as, under which neutral name, and who writes it."""


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """What may be taken out; once it is chosen, how much that is, and the two files to download."""
    form = _form(request)
    size = export_rows.size(request.membership, form.wanted()) if form.is_valid() else None
    return _page(request, form, size, status=422 if form.is_bound and size is None else 200)


@require_GET
def download(request: HttpRequest) -> HttpResponse:
    """The file; that it was taken out is on record, with its size alone."""
    form = _form(request)
    wanted_format = FORMATS.get(request.GET.get("format", ""))
    if not form.is_valid() or wanted_format is None:
        return _page(request, form, None, status=422)
    wanted = form.wanted()
    size = export_rows.size(request.membership, wanted)
    versions = _versions(wanted)
    if not 0 < size.lines <= exporting.most_lines(versions):
        return _page(request, form, size, status=422)
    made = exporting.export(versions, export_rows.rows(request.membership, wanted), language=get_language() or "fr")
    record(
        action=Action.EXPORTED,
        object_kind="riskassessment.export",
        fields=[f"lines:{size.lines}", f"cases:{size.cases}"],
        reason=wanted.versions[0].grid.slug,
    )
    content_type, name, write = wanted_format
    return HttpResponse(
        write(made),
        headers={
            "Content-Type": content_type,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _form(request: HttpRequest) -> ExportForm:
    """Raises Refused for who does not take assessments out."""
    if not may_take_out_assessments(request.membership):
        raise Refused(_("A reference person or a manager takes out what their service assessed."))
    return ExportForm(request.GET or None, versions=export_rows.signed_versions(request.membership))


def _versions(wanted: export_rows.Wanted) -> list[exporting.Version]:
    return [exporting.Version(each.number, definition_of(each)) for each in wanted.versions]


def _page(request: HttpRequest, form: ExportForm, size: export_rows.Size | None, *, status: int) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "any": len(form.fields["grid"].choices) > 1,
        "choose_version": len(form.versions) > 1,
        "size": size,
        "most": exporting.MOST_LINES,
    }
    if size is not None:
        most = exporting.most_lines(_versions(form.wanted()))
        context |= {
            "most": most,
            "too_many": size.lines > most,
            "few": size.cases < settings.EXPORT_FEW_CASES,
            "few_from": settings.EXPORT_FEW_CASES,
        }
    return render(request, "riskassessment/export.html", context, status=status)
