"""Pages of protection measures: those of a case, a new one, one of them, and its sheets."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, get_case
from cases.models import Case
from cases.page import open_page
from common import pdf
from common.clock import local, now
from common.errors import Refused, RuleBroken, StaleVersion
from common.forms import INCOMPLETE, show_errors
from common.templatetags.ui import local_when
from plans import measure_perms as perms
from plans.measure_states import acts_from
from plans.measures import (
    Current,
    get_measure,
    names_in,
    reports_of,
    who_may_be_bound,
    who_may_be_protected,
)
from plans.models import MeasureAct, MeasureKind, ProtectionMeasure, ToldWhom
from reports.models import ImmediateMeasure, Report, TrackingAct, TrackingStep
from reports.perms import may_record
from reports.tracking import find

from . import measures
from .measure_forms import DO, FIELDS_OF, AddressForm, BreachForm, MeasureForm, SheetForm, StepForm, ToldForm
from .measure_lines import SHOWN, chain, gaps, lines, may_write, protected
from .measure_papers import NAMES, Paper, paper, report_for

BOARD = {
    TrackingStep.NO_CONTACT: MeasureKind.NO_CONTACT,
    TrackingStep.CONTACT_ALLOWED: MeasureKind.CONDITIONS,
    TrackingStep.RESIDENCE_BAN: MeasureKind.RESIDENCE_BAN,
    TrackingStep.SEIZURE: MeasureKind.OTHER,
    TrackingStep.OTHER_MEASURE: MeasureKind.OTHER,
}
"""What a measure of the prosecutor's board is here."""
REPORTS = 20


@require_GET
def measures_page(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Those that protect now first, what waits, what is over; refusals are kept."""
    case, access, context = _open(request, case_id, page="measures")
    found = lines(case, access)
    groups = [
        (_("Protecting now"), [each for each in found if each["current"].running]),
        (_("Waiting"), [each for each in found if each["current"].step.state in ("requested", "run_out")]),
        (
            _("Over or refused"),
            [each for each in found if each["current"].step.state in ("refused", "lifted", "ended")],
        ),
    ]
    return render(
        request,
        "casework/measures.html",
        context
        | {
            "groups": [(title, rows) for title, rows in groups if rows],
            "may_write": may_write(request.membership, access),
            "his": perms.on_his_side(access),
        },
    )


@require_http_methods(["GET", "POST"])
def new_measure(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Ask for a measure, or write one that was ordered; `?report=` and `?act=` (of the board) fill in what they say."""
    case, access, context = _open(request, case_id, page="new_measure")
    if not may_write(request.membership, access):
        raise Refused(_("Protection measures are written by police and justice services that work on the case."))
    names = names_in(case, access)
    people = {
        "bound": {each.pk: names[each.pk] for each in who_may_be_bound(case, access)},
        "protected": {each.pk: names[each.pk] for each in who_may_be_protected(case, access)},
    }
    board_act = _board_act(request, case)
    if board_act is not None and (known := ProtectionMeasure.objects.filter(board_act=board_act).first()):
        messages.info(request, _("This measure stands here already."))
        return redirect("casework:measure", case.pk, known.pk)
    report = _report(request, case, access)
    if request.method == "GET":
        form = MeasureForm(initial=_initial(people, report, board_act), **people)
        return _new_page(request, context, form, board_act, report)
    form = MeasureForm(request.POST, **people)
    if not form.is_valid():
        return _new_page(request, context, form, board_act, report, status=422)
    try:
        made = measures.ask(
            by=request.membership,
            case=case,
            access=access,
            wanted=form.wanted(),
            typed=form.typed(),
            request_key=form.cleaned_data["request_key"],
            report=report,
            board_act=board_act,
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _new_page(request, context, form, board_act, report, status=422)
    messages.success(
        request, _("The measure is on record. The services that assess this case are asked to assess it again.")
    )
    return redirect("casework:measure", case.pk, made.pk)


def _new_page(
    request: HttpRequest,
    context: dict[str, Any],
    form: MeasureForm,
    board_act: TrackingAct | None,
    report: Report | None,
    *,
    status: int = 200,
) -> HttpResponse:
    context |= {"form": form, "board_act": board_act, "report": report}
    return render(request, "casework/measure_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def measure_page(request: HttpRequest, case_id: UUID, measure_id: UUID) -> HttpResponse:
    """One measure: what holds, what is missing, what happened to it, who was told, and the acts that are open."""
    if request.method == "GET":
        return _page(request, case_id, measure_id)
    name = request.POST.get("act", "")
    if name in ACTS:
        return ACTS[name](request, case_id, measure_id)
    if name in FIELDS_OF:
        return _step(request, case_id, measure_id, MeasureAct(name))
    messages.error(request, INCOMPLETE)
    return _page(request, case_id, measure_id, status=422)


def _page(
    request: HttpRequest,
    case_id: UUID,
    measure_id: UUID,
    *,
    form: Form | None = None,
    stale: str = "",
    status: int = 200,
) -> HttpResponse:
    """`form` is the one that was sent, shown as it was typed."""
    case, access, context = _open(request, case_id, page="measure")
    current = get_measure(case, access, measure_id)
    names = names_in(case, access)
    forms = _forms(request, case, access, current)
    steps = _step_forms(request, access, current)
    if form is not None:
        if isinstance(form, StepForm):
            steps = [(act, words, form if act == form.act else own) for act, words, own in steps]
        else:
            forms[form.prefix] = form
    his = perms.on_his_side(access)
    context |= {
        "current": current,
        "measure": current.measure,
        "step": current.step,
        "who": names.get(current.measure.about_id, "") if current.measure.about_id else "",
        "protected": protected(current, names),
        "gaps": gaps(current, access),
        "chain": chain(current, access),
        "forms": forms,
        "steps": steps,
        "form": form,
        "stale": stale,
        "his": his,
        "turns": measures.TURNS,
        "may_write": may_write(request.membership, access),
        "may_record": may_record(request.membership) and access.contribute,
        "is_ban": current.measure.kind == MeasureKind.RESIDENCE_BAN,
    }
    return render(request, "casework/measure.html", context, status=status)


def _forms(request: HttpRequest, case: Case, access: CaseAccess, current: Current) -> dict[str, Form]:
    """The empty forms of what this member may write beside the steps."""
    found: dict[str, Form] = {}
    if whom := _to_tell(access, current):
        found["told"] = ToldForm(initial=_at_this_moment(), prefix="told", whom=whom)
    if perms.may_note_breach(access):
        found["breach"] = BreachForm(prefix="breach", reports=_reports(case, access))
    if current.measure.kind == MeasureKind.RESIDENCE_BAN and perms.may_write_address(access, request.membership.agency):
        found["address"] = AddressForm(prefix="address")
    return found


def _at_this_moment() -> dict[str, Any]:
    return {"at": local(now()).replace(tzinfo=None, second=0, microsecond=0)}


def _to_tell(access: CaseAccess, current: Current) -> list[ToldWhom]:
    return [
        whom
        for whom in ToldWhom
        if perms.may_tell(access, whom) and not (whom == ToldWhom.PERPETRATOR and current.measure.hers)
    ]


def _step_forms(request: HttpRequest, access: CaseAccess, current: Current) -> list[tuple[MeasureAct, str, StepForm]]:
    if not may_write(request.membership, access):
        return []
    initial = {"shown": current.step.pk} | _at_this_moment()
    if current.step.state == "run_out" and current.step.ends_at:
        initial["at"] = local(current.step.ends_at).replace(tzinfo=None, second=0, microsecond=0)
    kind = current.measure.kind
    return [
        (act, str(DO[act]), StepForm(initial=initial, prefix=act.value, act=act, kind=kind))
        for act in acts_from(current.step.state, kind)
    ]


def _reports(case: Case, access: CaseAccess) -> list[tuple[str, str]]:
    rows = reports_of(case, access)[:REPORTS]
    return [(str(each.pk), f"{capfirst(each.get_kind_display())}, {local_when(each.met_at, 'on')}") for each in rows]


# --- the acts ---------------------------------------------------------------------------------------------------
def _step(request: HttpRequest, case_id: UUID, measure_id: UUID, act: MeasureAct) -> HttpResponse:
    case, access = get_case(case_id, request.membership)
    current = get_measure(case, access, measure_id)
    form = StepForm(request.POST, prefix=act.value, act=act, kind=current.measure.kind)
    if not form.is_valid():
        return _page(request, case_id, measure_id, form=form, status=422)
    try:
        measures.move(
            by=request.membership,
            case=case,
            access=access,
            measure_id=measure_id,
            typed=form.typed(),
            shown=form.cleaned_data["shown"],
            request_key=form.cleaned_data["request_key"],
        )
    except RuleBroken as broken:
        errors = {("until_at" if name == "until" and name not in form.fields else name): each
                  for name, each in broken.errors.items()}  # fmt: skip
        show_errors(form, errors)
        return _page(request, case_id, measure_id, form=form, status=422)
    except StaleVersion as stale:
        again = form.data.copy()
        again[f"{act.value}-shown"] = str(current.step.pk)
        form = StepForm(again, prefix=act.value, act=act, kind=current.measure.kind)
        return _page(request, case_id, measure_id, form=form, stale=str(stale), status=409)
    messages.success(request, _("Recorded. Whoever works on the case and reads its judicial part is told."))
    return redirect("casework:measure", case_id, measure_id)


def _told(request: HttpRequest, case_id: UUID, measure_id: UUID) -> HttpResponse:
    case, access = get_case(case_id, request.membership)
    whom = _to_tell(access, get_measure(case, access, measure_id))
    form = ToldForm(request.POST, prefix="told", whom=whom)
    return _do(request, case, access, measure_id, form, measures.tell, _("It is on record who was told."))


def _breach(request: HttpRequest, case_id: UUID, measure_id: UUID) -> HttpResponse:
    case, access = get_case(case_id, request.membership)
    form = BreachForm(request.POST, prefix="breach", reports=_reports(case, access))

    def send(**given: Any) -> object:
        given.pop("report")
        return measures.breach(report_id=form.report_id(), **given)

    done = _("The breach is on record. The risk is to be assessed again.")
    return _do(request, case, access, measure_id, form, send, done)


def _address(request: HttpRequest, case_id: UUID, measure_id: UUID) -> HttpResponse:
    case, access = get_case(case_id, request.membership)
    form = AddressForm(request.POST, prefix="address")
    return _do(request, case, access, measure_id, form, measures.declare_address, _("The address is on record."))


def _do(
    request: HttpRequest, case: Case, access: CaseAccess, measure_id: UUID, form: Form, send: Any, done: str
) -> HttpResponse:
    """Do what a valid form says and come back; what is refused is shown with everything typed."""
    get_measure(case, access, measure_id)
    if not form.is_valid():
        return _page(request, case.pk, measure_id, form=form, status=422)
    try:
        send(by=request.membership, case=case, access=access, measure_id=measure_id, **form.cleaned_data)
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return _page(request, case.pk, measure_id, form=form, status=422)
    messages.success(request, done)
    return redirect("casework:measure", case.pk, measure_id)


ACTS = {"told": _told, "breach": _breach, "address": _address}


# --- the sheets -------------------------------------------------------------------------------------------------
@require_GET
def measure_sheet(request: HttpRequest, case_id: UUID, measure_id: UUID, which: str) -> HttpResponse:
    """What the sheet will say, before it is printed, and which sections of the report stand on it."""
    case, access, context = _open(request, case_id, page="measure_sheet")
    kind, current = _sheet(request, case, access, measure_id, which)
    form = SheetForm(request.GET)
    sections = form.cleaned_data["sections"] if form.is_valid() else []
    report = report_for(current, access) if kind == Paper.REQUEST else None
    context |= {
        "current": current,
        "measure": current.measure,
        "which": kind.value,
        "paper": paper(kind, case=case, current=current, access=access, sections=sections),
        "sheet_form": form,
        "query": request.GET.urlencode() if sections else "",
        "report": report,
        "for_him": kind == Paper.NOTIFICATION,
    }
    return render(request, "casework/measure_sheet.html", context)


@require_GET
def measure_sheet_pdf(request: HttpRequest, case_id: UUID, measure_id: UUID, which: str) -> HttpResponse:
    """The same, to print."""
    case, access = get_case(case_id, request.membership)
    kind, current = _sheet(request, case, access, measure_id, which)
    form = SheetForm(request.GET)
    sections = form.cleaned_data["sections"] if form.is_valid() else []
    record(
        action=Action.EXPORTED,
        case_id=case.pk,
        object_kind="cases.measure_sheet",
        object_id=current.measure.pk,
        fields=SHOWN,
    )
    found = paper(kind, case=case, current=current, access=access, sections=sections)
    return pdf.answer(pdf.render("measure.typ", found), name=NAMES[kind])


def _sheet(request: HttpRequest, case: Case, access: CaseAccess, measure_id: UUID, which: str) -> tuple[Paper, Current]:
    current = get_measure(case, access, measure_id)
    if which not in NAMES or (which == Paper.NOTIFICATION and current.measure.hers):
        raise Http404
    if not may_write(request.membership, access):
        raise Refused(_("The sheets of a measure are printed by the services that write it."))
    return Paper(which), current


# --- inside -----------------------------------------------------------------------------------------------------
def _open(request: HttpRequest, case_id: UUID, *, page: str) -> tuple[Case, CaseAccess, dict]:
    """Measures exist for who reads the judicial part of the case, or wrote some of it."""
    case, access = get_case(case_id, request.membership)
    own = ProtectionMeasure.objects.filter(case=case, agency=access.agency_id)
    if not perms.reads_measures(access) and not own.exists():
        raise Http404
    return open_page(request, case.pk, tab="plan", page=page, fields=SHOWN)


def _board_act(request: HttpRequest, case: Case) -> TrackingAct | None:
    """The step of the prosecutor's board the measure is written from, where this member follows it."""
    raw = request.POST.get("board_act") or request.GET.get("act")
    if not raw:
        return None
    try:
        pk = UUID(raw)
    except ValueError:
        raise Http404 from None
    act = TrackingAct.objects.filter(pk=pk, case=case, step__in=BOARD).select_related("tracking").first()
    if act is None:
        raise Http404
    find(by=request.membership, tracking_id=act.tracking_id)
    return act


def _report(request: HttpRequest, case: Case, access: CaseAccess) -> Report | None:
    """The report the measure is asked for on: the one named, else the latest."""
    raw = request.POST.get("report") or request.GET.get("report")
    if not raw:
        return reports_of(case, access).first()
    try:
        found = reports_of(case, access).filter(pk=UUID(raw)).first()
    except ValueError:
        raise Http404 from None
    if found is None:
        raise Http404
    return found


def _initial(
    people: dict[str, dict[UUID, str]], report: Report | None, board_act: TrackingAct | None
) -> dict[str, Any]:
    initial = _at_this_moment()
    if len(people["bound"]) == 1:
        initial["about"] = str(next(iter(people["bound"])))
    initial["protects"] = [str(pk) for pk in people["protected"]][:1]
    if report is not None and report.measure == ImmediateMeasure.RESIDENCE_BAN:
        initial["kind"] = MeasureKind.RESIDENCE_BAN
    if board_act is not None:
        initial |= {
            "kind": BOARD[TrackingStep(board_act.step)],
            "name": str(board_act.get_step_display()) if board_act.step == TrackingStep.SEIZURE else "",
            "conditions": board_act.text,
            "act": MeasureAct.ORDER,
            "authority": "prosecutor",
            "at": local(board_act.at).replace(tzinfo=None, second=0, microsecond=0),
        }
        if board_act.until and board_act.step != TrackingStep.RESIDENCE_BAN:
            initial["until"] = local(board_act.until).date()
    return initial
