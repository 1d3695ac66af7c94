"""The files of a case: the list, one put in, one looked at, downloaded, taken back. No address leads to the bytes."""

from io import BytesIO
from typing import Any
from uuid import UUID

import structlog
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from audit.models import Action
from cases import naming, panels
from cases.access import CaseAccess
from cases.enums import Category, Side
from cases.models import Case
from cases.page import open_page
from cases.words import about, seen_by
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.ids import uuid7
from common.pagination import Key, page_or_first, paginate
from common.uploads import received, takes_files

from . import antivirus, files, store
from .checking import Unreadable, picture
from .file_forms import FileForm, RemovalForm
from .models import Attachment, FileState, Report
from .perms import file_subjects, is_removed, may_open_file, may_remove_file

log = structlog.get_logger(__name__)

KEYS = (Key("uploaded_at", descending=True), Key("id", descending=True))
PREVIEWED = 50  # pages
TEXT_SHOWN = 20_000  # characters
REPORTS_OFFERED = 30
ALONE = "default-src 'none'; sandbox"
"""Content security policy of what is not a page: nothing in it runs, loads or frames."""


def known_files(case: Case, access: CaseAccess) -> QuerySet[Attachment]:
    """The files this access may know of, with what their lines say."""
    related = ("agency", "uploaded_by", "scan", "removal", "removal__removed_by")
    return Attachment.objects.filter(case=case).readable_by(access).select_related(*related)


def line(access: CaseAccess, file: Attachment) -> dict[str, Any]:
    """What a list says of a file; which service it comes from only to who may know the services."""
    removed = is_removed(file)
    known = naming.may_name(access, file)
    return {
        "file": file,
        "removed": removed,
        "title": _("Removed file") if removed or not file.name else file.description or file.name,
        "about": about(file.category, file.side),
        "agency": naming.service(access, file),
        "author": file.uploaded_by.full_name if known else "",
        "waits": file.state == FileState.QUARANTINED and not removed,
        "refused": file.state == FileState.REFUSED,
        "may_open": may_open_file(access, file),
        "seen_by": _("my agency only") if file.internal else seen_by(file.category, file.side),
    }


@require_GET
def case_files(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The files of the case this agency may know of."""
    case, access, context = _open(request, case_id, page="files")
    found = page_or_first(
        lambda cursor: paginate(known_files(case, access), keys=KEYS, cursor=cursor), request.GET.get("cursor")
    )
    context |= {
        "page": found,
        "lines": [line(access, file) for file in found.items],
        "may_add": bool(file_subjects(access)),
        "antivirus": antivirus.configured(),
    }
    return render(request, "reports/files.html", context)


def _open(request: HttpRequest, case_id: UUID, *, page: str) -> tuple[Case, CaseAccess, dict]:
    case, access, context = open_page(request, case_id, tab="files", page=page)
    return case, access, context | {"with_reports": access.can(Category.FACTS, Side.CASE)}


@takes_files
@require_http_methods(["GET", "POST"])
def new_file(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Choose a file, after having read who will see it."""
    case, access, context = _open(request, case_id, page="new_file")
    if not file_subjects(access):
        raise Refused(_("You can read this case but not add to it."))
    reports = Report.objects.filter(case=case).filter(access.readable()).order_by("-recorded_at")[:REPORTS_OFFERED]
    offered = {"access": access, "readers": panels.readers(case, access), "reports": reports}
    status = 200
    if request.method == "POST":
        form = FileForm(request.POST, request.FILES, **offered)
        form.is_valid()
        category, _separator, side = request.POST.get("about", "").partition(":")
        try:
            file = files.add_file(
                by=request.membership,
                case=case,
                access=access,
                sent=received(request, "file"),
                category=category,
                side=side,
                description=request.POST.get("description", ""),
                internal=form.cleaned_data.get("internal", False),
                report=_report(form, reports),
                key=form.identifier("key"),
            )
        except RuleBroken as broken:
            show_errors(form, broken.errors)
            if received(request, "file") is not None and "file" not in broken.errors:
                form.add_error("file", _("Choose the file again: a page that comes back does not keep it."))
        else:
            waits = file.state == FileState.QUARANTINED
            messages.success(
                request,
                _("The file is being checked. It opens when that is done.") if waits else _("The file is in the case."),
            )
            return redirect("reports:files", case.pk)
        status = 422
    else:
        form = FileForm(initial={"key": uuid7()}, **offered)
    context |= {"form": form, "antivirus": antivirus.configured()}
    return render(request, "reports/new_file.html", context, status=status)


def _report(form: FileForm, reports: QuerySet[Report]) -> Report | None:
    wanted = form.identifier("report")
    return next((report for report in reports if report.pk == wanted), None)


@require_GET
def file(request: HttpRequest, case_id: UUID, file_id: UUID) -> HttpResponse:
    """One file: what is known of it, and a picture of a page at a time."""
    case, access, context = _open(request, case_id, page="files")
    found = _file(case, access, file_id)
    pages = min(found.pages, PREVIEWED)
    number = _number(request.GET.get("page", ""), pages)
    context |= line(access, found) | {
        "may_remove": may_remove_file(access, found),
        "report": found.report if found.report and access.shows(found.report) else None,
        "number": number,
        "pages": pages,
        "antivirus": antivirus.configured(),
        "is_text": found.content_type == "text/plain",
    }
    if context["may_open"] and context["is_text"]:
        text = _content(access, found, Action.READ).decode("utf-8-sig", "replace")
        context |= {"text": text[:TEXT_SHOWN], "cut": len(text) > TEXT_SHOWN}
    return render(request, "reports/file.html", context)


def _number(text: str, pages: int) -> int:
    return min(int(text), pages) if text.isascii() and text.isdigit() and len(text) < 5 and int(text) else 1


def _file(case: Case, access: CaseAccess, file_id: UUID) -> Attachment:
    found = known_files(case, access).select_related("report").filter(pk=file_id).first()
    if found is None or not access.shows(found):
        raise Http404
    return found


def _content(access: CaseAccess, found: Attachment, action: Action) -> bytes:
    try:
        return files.read_file(access=access, file=found, action=action)
    except store.Missing:
        log.error("file_missing", object_id=str(found.pk))
        raise Http404 from None


@require_GET
def file_page(request: HttpRequest, case_id: UUID, file_id: UUID, number: int) -> HttpResponse:
    """A picture of one page of a PDF, or of an image: never the bytes that were sent."""
    case, access, _context = _open(request, case_id, page="files")
    found = _file(case, access, file_id)
    if found.content_type == "text/plain" or not 1 <= number <= min(found.pages, PREVIEWED):
        raise Http404
    try:
        media_type, shown = picture(_content(access, found, Action.READ), found.content_type, number)
    except Unreadable:
        raise Http404 from None
    return _alone(HttpResponse(shown, content_type=media_type))


@require_GET
def download(request: HttpRequest, case_id: UUID, file_id: UUID) -> FileResponse:
    """The file itself, never shown by the browser; that it left is on record before its first byte."""
    case, access, _context = _open(request, case_id, page="files")
    found = _file(case, access, file_id)
    content = _content(access, found, Action.EXPORTED)
    return _alone(
        FileResponse(BytesIO(content), as_attachment=True, filename=found.name, content_type=found.content_type)
    )


def _alone(response: Any) -> Any:
    response["Content-Security-Policy"] = ALONE
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, case_id: UUID, file_id: UUID) -> HttpResponse:
    """Take a file of one's agency back, with the reason."""
    case, access, context = _open(request, case_id, page="files")
    found = _file(case, access, file_id)
    status = 200
    if request.method == "POST":
        form = RemovalForm(request.POST)
        try:
            files.remove_file(by=request.membership, access=access, file=found, reason=request.POST.get("reason", ""))
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("The file is removed and its content destroyed."))
            return redirect("reports:files", case.pk)
        status = 422
    elif not may_remove_file(access, found):
        raise Refused(_("Only the agency that added a file takes it back."))
    else:
        form = RemovalForm()
    return render(request, "reports/remove_file.html", context | line(access, found) | {"form": form}, status=status)
