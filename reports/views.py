"""Reports typed at the counter, and reports read in a case."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.models import Action
from audit.services import record
from cases import panels
from cases.access import CaseAccess, for_case, get_case
from cases.children import children_of
from cases.enums import Category, Side
from cases.models import Case
from cases.page import open_page
from cases.perms import may_rectify, never_his
from common import pdf
from common.autosave import answer, version_of
from common.errors import Refused, RuleBroken, StaleVersion
from common.pagination import Key, page_or_first, paginate

from . import conflicts, continuing, forms, inputs, services
from .children import of_reports
from .continuing import complaint_of
from .declaration import paper as declaration_paper
from .file_views import known_files, line
from .models import Report, ReportDraft, ReportKind
from .perms import is_classified, may_continue, may_print_declaration, may_record, may_verify, reads_her_part
from .shown import children_lines, classification, her_part, sections_of, violence

MOST_FILES = 30
FACTS = (f"{Category.FACTS}:{Side.CASE}",)
NAMED = (f"{Category.IDENTITY}:{Side.VICTIM}",)


# --- at the counter ---------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose what is recorded; the draft begins. `?case=` (or the same field posted) joins a case already open."""
    if not may_record(request.membership):
        raise Refused(_("Your role does not record reports."))
    case = _case_to_join(request)
    errors: dict = {}
    if request.method == "POST":
        try:
            draft = services.start_draft(by=request.membership, kind=request.POST.get("kind", ""), joins_case=case)
        except RuleBroken as broken:
            errors = broken.as_dict()
        else:
            return redirect("reports:draft", draft.pk)
    context = {"case": case, "kinds": ReportKind, "errors": errors}
    return render(request, "reports/new.html", context, status=422 if errors else 200)


def _case_to_join(request: HttpRequest) -> Case | None:
    raw = request.POST.get("case") or request.GET.get("case")
    if not raw:
        return None
    try:
        case, access = get_case(UUID(raw), request.membership)
    except ValueError:
        raise Http404 from None
    if not access.takes_part:
        raise Refused(_("You can read this case but not add to it."))
    record(action=Action.READ, case_id=case.pk, object_kind="reports.new", object_id=case.pk)
    return case


@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The page of a report being typed. POST keeps it without a script: to add a child, or after a conflict."""
    found = services.get_draft(by=request.membership, draft_id=draft_id)
    if (report := services.recorded_report(found)) is not None:
        return redirect("cases:summary", report.case_id)
    if request.method == "GET":
        data = found.data or forms.beginning(found.kind)
        return page(request, found, data, blank=1 if "child" in request.GET else 0)
    data, version = typed(request), version_of(request)
    if version == found.version:
        data = inputs.resolve(data, request.POST, found.data)
    try:
        services.save_draft(by=request.membership, draft_id=draft_id, data=data, version=version)
    except StaleVersion as stale:
        return conflict(request, found, data, stale)
    except RuleBroken as broken:
        return page(request, found, data, errors=broken.errors, version=version)
    if "add_child" in request.POST:
        return redirect(f"{reverse('reports:draft', args=[draft_id])}?child=1#children")
    messages.success(request, _("Draft kept. It is not recorded yet: check it, then record the report."))
    return redirect("reports:draft", draft_id)


@require_POST
def save(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Autosave, as static/js/autosave.js speaks it."""
    by, data, version = request.membership, typed(request), version_of(request)
    return answer(
        lambda: services.save_draft(by=by, draft_id=draft_id, data=data, version=version), label_of=forms.label_of
    )


@require_POST
def discard(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Throw the draft away; what it held is emptied."""
    services.discard_draft(by=request.membership, draft_id=draft_id)
    messages.success(request, _("The draft has been thrown away."))
    return redirect("casework:my_work")


def typed(request: HttpRequest) -> dict[str, Any]:
    """What the form sent, as a draft keeps it."""
    return forms.collect(request.POST)


def page(
    request: HttpRequest,
    found: ReportDraft,
    data: dict[str, Any],
    *,
    errors: dict | None = None,
    version: int | None = None,
    blank: int = 0,
) -> HttpResponse:
    """The form with what was typed; 422 with the summary on top when `errors`."""
    joined = None
    if found.joins_case_id:
        joined = Case.objects.visible_to(request.membership).filter(pk=found.joins_case_id).first()
    known = children_of(for_case(joined, request.membership)) if joined else []
    if joined:
        shows = (*FACTS, *NAMED) if found.continues_id else NAMED
        record(action=Action.READ, case_id=joined.pk, object_kind="reports.draft", object_id=found.pk, fields=shows)
    form, children, known_children = forms.bind(
        data, errors=errors, joins=found.joins_case_id is not None, kind=found.kind, blank=blank, known=known
    )
    context = {
        "draft": found,
        "joined": joined,
        "joins": found.joins_case_id is not None,
        "version": found.version if version is None else version,
        "form": form,
        "children": children,
        "known_children": known_children,
        "formsets": [*known_children, children],
        "complaint": found.kind == ReportKind.POLICE_COMPLAINT,
        "note": found.kind == ReportKind.SENSITIVE_NOTE,
        "continued": found.continues if found.continues_id and joined else None,
        "sections": forms.sections(form),
    }
    return render(request, "reports/draft.html", context, status=422 if errors else 200)


def conflict(request: HttpRequest, found: ReportDraft, data: dict[str, Any], stale: StaleVersion) -> HttpResponse:
    """Both values of each differing field, with a choice; works without a script."""
    action = reverse("reports:draft", args=[found.pk])
    return conflicts.page(request, stale, data, action=action, label_of=forms.label_of, words=forms.words)


# --- in a case --------------------------------------------------------------------------------------------------
@require_GET
def case_list(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The reports of a case this agency may read."""
    case, access, context = open_page(request, case_id, tab="reports", fields=FACTS)
    reports = Report.objects.filter(case=case).filter(access.readable()).select_related("agency", "author")
    keys = (Key("recorded_at", descending=True), Key("id", descending=True))
    found = page_or_first(lambda cursor: paginate(reports, keys=keys, cursor=cursor), request.GET.get("cursor"))
    if not access.can(Category.FACTS, Side.CASE) and not found.items:
        raise Http404
    context |= {
        "page": found,
        "tells_j2": not never_his(access),
        "may_report": access.takes_part and may_record(request.membership),
        "file_count": known_files(case, access).filter(removal=None).count(),
    }
    return render(request, "reports/case_list.html", context)


@require_GET
def detail(request: HttpRequest, case_id: UUID, report_id: UUID) -> HttpResponse:
    """One report, section by section."""
    case, access, context = open_page(request, case_id, tab="reports", fields=FACTS)
    report = _report(case, access, report_id)
    attached = known_files(case, access).filter(report=report, removal=None)[:MOST_FILES]
    lived = of_reports(access, [report]).get(report.pk, [])
    context |= {
        "report": report,
        "sections": sections_of(report, access),
        "tells_j2": reads_her_part(access, report),
        "violence": violence(report),
        "exposures": children_lines(access, lived),
        "her_part": her_part(access, report),
        "classification": classification(access, report),
        "may_verify": may_verify(request.membership, access, report),
        "continued_by": complaint_of(report),
        "may_continue": may_continue(request.membership, access, report),
        "may_print": may_print_declaration(request.membership, access, report),
        "files": [line(access, file) for file in attached],
        "marks": panels.marks(access, [report.pk]).get(report.pk),
        "may_rectify": may_rectify(access, report.agency_id),
    }
    return render(request, "reports/detail.html", context)


def _report(case: Case, access: CaseAccess, report_id: UUID) -> Report:
    """A report of the case; Http404 where it may not be read."""
    rows = Report.objects.filter(case=case, pk=report_id)
    report = rows.select_related("case", "agency", "author", "continues").first()
    if report is None or not access.shows(report):
        raise Http404
    return report


@require_POST
def continue_report(request: HttpRequest, case_id: UUID, report_id: UUID) -> HttpResponse:
    """Turn a family dispute into a complaint: its draft holds all that was written. Clicked again, it is the same."""
    case, access = get_case(case_id, request.membership)
    report = _report(case, access, report_id)
    try:
        begun = continuing.begin(by=request.membership, access=access, report=report)
    except RuleBroken as broken:
        messages.error(request, broken.messages[0])
        return redirect("reports:detail", case.pk, report.pk)
    return redirect("reports:draft", begun.pk)


@require_GET
def declaration(request: HttpRequest, case_id: UUID, report_id: UUID) -> HttpResponse:
    """The draft of her declaration of an injured party, filled in from the complaint. The copy is on record."""
    case, access = get_case(case_id, request.membership)
    report = _report(case, access, report_id)
    if not is_classified(report) or report.agency_id != access.agency_id:
        raise Http404
    if not may_print_declaration(request.membership, access, report):
        raise Refused(_("Who writes for the service that recorded the complaint prints this declaration."))
    record(
        action=Action.EXPORTED,
        case_id=case.pk,
        object_kind="reports.declaration",
        object_id=report.pk,
        fields=(*FACTS, *NAMED, f"{Category.IDENTITY}:{Side.PERPETRATOR}"),
    )
    document = pdf.render("declaration.typ", declaration_paper(report, access))
    return pdf.answer(document, name="declaration.pdf")
