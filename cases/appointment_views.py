"""Pages of appointments: those of a case, a new one, one of them, moved, over; and the sheet she takes along."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import get_language, override, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.models import Action
from audit.services import record
from common import pdf
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.languages import LANGUAGES
from common.pagination import Key, page_or_first, paginate
from common.templatetags.ui import local_time

from . import appointments
from .access import CaseAccess, get_case
from .appointment_forms import AppointmentForm, EndForm
from .appointments import Clash, Overlaps
from .enums import AppointmentKind, Category, Side
from .models import Appointment, Case, CasePerson
from .neutral import tells
from .page import open_page
from .perms import knows_overlap, may_change_appointment, may_make_appointments, shows_person

PAST_KEYS = (Key("starts_at", descending=True), Key("id", descending=True))
MOST_COMING = 50
FEW = 3
ON_PAPER = frozenset({"fr", "nl", "de", "en", "bg", "es", "it", "pl", "pt", "ro", "ru", "sq", "tr", "uk"})
"""Languages in whose letters the sheet can say the day once more, for who needs an interpreter."""


def _contact_fields(access: CaseAccess) -> tuple[str, ...]:
    return tuple(f"{Category.CONTACT}:{side}" for side in Side if access.can(Category.CONTACT, side))


# --- reading ----------------------------------------------------------------------------------------------------
@require_GET
def appointment_list(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """What is to come, soonest first, then what was, the latest first."""
    case, access, context = _open(request, case_id, page="appointments")
    coming = list(appointments.coming(case, access)[: MOST_COMING + 1])
    past = appointments.appointments_of(case, access).exclude(pk__in=appointments.coming(case, access).values("pk"))
    page = page_or_first(
        lambda cursor: paginate(past, keys=PAST_KEYS, cursor=cursor, per_page=25), request.GET.get("cursor")
    )
    meeting = appointments.meeting(coming)
    context |= {
        "coming": [_line(row, access, meets=row.pk in meeting) for row in coming[:MOST_COMING]],
        "more_coming": len(coming) > MOST_COMING,
        "past": [_line(row, access) for row in page.items],
        "page": page,
        "may_make": may_make_appointments(access),
    }
    return render(request, "cases/appointments.html", context)


@require_GET
def appointment(request: HttpRequest, case_id: UUID, appointment_id: UUID) -> HttpResponse:
    """One appointment, with what may be done about it."""
    case, access, context = _open(request, case_id, page="appointment")
    found = appointments.get_appointment(case, access, appointment_id)
    return _detail(request, access, context, found)


def _detail(
    request: HttpRequest, access: CaseAccess, context: dict, found: Appointment, form: EndForm | None = None
) -> HttpResponse:
    begun = found.starts_at <= now()
    over = getattr(found, "end", None)
    status = 422 if form is not None else 200
    moved_to = Appointment.objects.filter(replaces=found).first() if over else None
    context |= {
        "appointment": found,
        "line": _line(found, access),
        "changes": may_change_appointment(access, found) and over is None,
        "form": form or EndForm(begun=begun),
        "begun": begun,
        "overlaps": knows_overlap(access, found),
        "moved_to": moved_to,
        "interpreter": LANGUAGES.get(found.interpreter_language, ""),
        "care": found.kind == AppointmentKind.CARE and found.side == Side.VICTIM,
        "sheet_gaps": _gaps(found),
    }
    return render(request, "cases/appointment.html", context, status=status)


def panel(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """The next appointments, beside the timeline; nothing for who reads none and makes none."""
    may_make = may_make_appointments(access)
    coming = list(appointments.coming(case, access)[: FEW + 1])
    if not coming and not may_make:
        return None
    lines = [_line(row, access) for row in coming[:FEW]]
    return {"case": case, "lines": lines, "more": len(coming) > FEW, "may_make": may_make}


def _line(row: Appointment, access: CaseAccess, *, meets: bool = False) -> dict[str, Any]:
    """An appointment as a page tells it; of the service that made it what this one may know."""
    over = getattr(row, "end", None)
    known = access.knows_service(row.agency_id)
    person = row.case_person
    return {
        "row": row,
        "who": person.person.full_name if shows_person(access, person) else "",
        "role": person.get_role_display(),
        "agency": row.agency.short_name if known else _("another service"),
        "by": row.made_by.full_name if known else "",
        "over": over,
        "untold": over is None and row.ends_at <= now(),
        "meets": meets,
        "same_day": local(row.starts_at).date() == local(row.ends_at).date(),
    }


# --- writing ----------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def new_appointment(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Make an appointment; `?kind=` and `?person=` say what for and for whom, where they mean something."""
    case, access, context = _open(request, case_id, page="new_appointment")
    if not may_make_appointments(access):
        raise Refused(_("Your agency makes no appointments in this case."))
    persons = appointments.who_may_come(case, access)
    clashes: Sequence[Clash] = ()
    status = 200
    if request.method == "POST":
        form = AppointmentForm(request.POST, persons=persons)
        if form.is_valid():
            try:
                made = appointments.make(
                    by=request.membership,
                    case=case,
                    access=access,
                    case_person_id=form.cleaned_data.get("case_person"),
                    wanted=form.wanted(),
                    request_key=form.cleaned_data["request_key"],
                    overlap_accepted=form.cleaned_data["overlap_accepted"],
                )
            except RuleBroken as broken:
                clashes = _refused(form, broken)
            else:
                messages.success(request, _("The appointment is made. You will be asked what became of it."))
                return redirect("cases:appointment", case.pk, made.pk)
        status = 422
    else:
        form = AppointmentForm(initial=_initial(request, persons), persons=persons)
    context |= {"form": form, "clashes": _clashes(request, clashes, case), "former": None, "nobody": not persons}
    return render(request, "cases/appointment_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def move_appointment(request: HttpRequest, case_id: UUID, appointment_id: UUID) -> HttpResponse:
    """Another moment or place; the former appointment ends and stays on record."""
    case, access, context = _open(request, case_id, page="move_appointment")
    former = appointments.get_appointment(case, access, appointment_id)
    if not may_change_appointment(access, former):
        raise Refused(_("Only the service that made this appointment changes it."))
    if request.method == "GET" and getattr(former, "end", None):
        messages.error(request, _("This appointment is over: make a new one."))
        return redirect("cases:appointment", case.pk, former.pk)
    clashes: Sequence[Clash] = ()
    status = 200
    if request.method == "POST":
        form = AppointmentForm(request.POST, persons=())
        if form.is_valid():
            try:
                made = appointments.move(
                    by=request.membership,
                    case=case,
                    access=access,
                    appointment_id=former.pk,
                    wanted=form.wanted(),
                    request_key=form.cleaned_data["request_key"],
                    overlap_accepted=form.cleaned_data["overlap_accepted"],
                )
            except RuleBroken as broken:
                clashes = _refused(form, broken)
            else:
                messages.success(request, _("The appointment is moved. Tell the person, and who comes along."))
                return redirect("cases:appointment", case.pk, made.pk)
        status = 422
    else:
        initial = {name: getattr(former, name) for name in AppointmentForm.WANTED}
        initial |= {name: local(initial[name]).replace(tzinfo=None) for name in ("starts_at", "ends_at")}
        form = AppointmentForm(initial=initial, persons=())
    context |= {
        "form": form,
        "clashes": _clashes(request, clashes, case),
        "former": former,
        "line": _line(former, access),
    }
    return render(request, "cases/appointment_form.html", context, status=status)


@require_POST
def end_appointment(request: HttpRequest, case_id: UUID, appointment_id: UUID) -> HttpResponse:
    """Say what became of an appointment."""
    case, access, context = _open(request, case_id, page="appointment")
    found = appointments.get_appointment(case, access, appointment_id)
    form = EndForm(request.POST, begun=found.starts_at <= now())
    if form.is_valid():
        try:
            appointments.end(
                by=request.membership,
                case=case,
                access=access,
                appointment_id=found.pk,
                outcome=form.cleaned_data["outcome"],
            )
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("Recorded. Nobody will be reminded of this appointment."))
            return redirect("cases:appointment", case.pk, found.pk)
    elif not may_change_appointment(access, found):
        raise Refused(_("Only the service that made this appointment changes it."))
    return _detail(request, access, context, found, form)


def _open(request: HttpRequest, case_id: UUID, *, page: str) -> tuple[Case, CaseAccess, dict]:
    # what is read here is how to reach people, whatever else of the case is open
    case, access = get_case(case_id, request.membership)
    return open_page(request, case.pk, tab="summary", page=page, fields=_contact_fields(access) or ("summary:case",))


def _refused(form: AppointmentForm, broken: RuleBroken) -> Sequence[Clash]:
    show_errors(form, broken.errors)
    return broken.clashes if isinstance(broken, Overlaps) else ()


def _clashes(request: HttpRequest, clashes: Sequence[Clash], case: Case) -> list[dict[str, Any]]:
    """The other side's appointments, as a warning tells them; that they were read is on the record of their case."""
    for clash in clashes:
        record(
            action=Action.READ,
            case_id=clash.case.pk,
            object_kind="cases.appointment",
            object_id=clash.appointment.pk,
            fields=(f"{Category.CONTACT}:{clash.appointment.side}",),
        )
    return [
        {
            "row": clash.appointment,
            "side": Side(clash.appointment.side).label,
            "reference": clash.case.reference if clash.case.pk != case.pk else "",
        }
        for clash in clashes
    ]


def _initial(request: HttpRequest, persons: Sequence[CasePerson]) -> dict[str, Any]:
    initial: dict[str, Any] = {}
    if (kind := request.GET.get("kind", "")) in AppointmentKind.values:
        initial["kind"] = kind
    wanted = request.GET.get("person", "")
    person = next((each for each in persons if str(each.pk) == wanted), None) or next(
        (each for each in persons if each.side == Side.VICTIM), persons[0] if persons else None
    )
    if person is not None:
        initial["case_person"] = str(person.pk)
        if person.person.interpreter_needed:
            initial["interpreter_language"] = next(iter(person.person.languages), "")
    return initial


# --- her sheet --------------------------------------------------------------------------------------------------
@require_GET
def appointment_sheet(request: HttpRequest, case_id: UUID, appointment_id: UUID) -> HttpResponse:
    """What she takes along: day, hours, place, whom to ask for; nothing says police, justice or violence."""
    case, access = get_case(case_id, request.membership)
    found = appointments.get_appointment(case, access, appointment_id)
    record(
        action=Action.EXPORTED,
        case_id=case.pk,
        object_kind="cases.appointment_sheet",
        object_id=found.pk,
        fields=(f"{Category.CONTACT}:{found.side}",),
    )
    document = pdf.render("appointment.typ", sheet(found))
    return pdf.answer(document, name="rendez-vous.pdf")


def sheet(found: Appointment) -> dict[str, Any]:
    """The sheet as `pdf/appointment.typ` takes it. What would tell whom she sees is left to be written by hand."""
    lines = [
        (pgettext("appointment sheet", "Day"), _day(found)),
        (pgettext("appointment sheet", "Time"), _hours(found)),
        (pgettext("appointment sheet", "Place"), "" if tells(found.place) else found.place),
        (pgettext("appointment sheet", "Ask for"), "" if tells(found.ask_for) else found.ask_for),
    ]
    other = ""
    if found.interpreter_language in ON_PAPER - {get_language()}:
        with override(found.interpreter_language):
            other = f"{_day(found)}, {local(found.starts_at):%H:%M} – {local(found.ends_at):%H:%M}"
    return {
        "title": pgettext("appointment sheet", "Appointment"),
        "lines": [list(line) for line in lines],
        "other": other,
    }


def _gaps(found: Appointment) -> list[str]:
    """What her sheet leaves blank because it names a service."""
    parts = (
        (pgettext("appointment sheet", "Place"), found.place),
        (pgettext("appointment sheet", "Ask for"), found.ask_for),
    )
    return [words for words, text in parts if tells(text)]


def _day(found: Appointment) -> str:
    return date_format(local(found.starts_at), "l j F Y")


def _hours(found: Appointment) -> str:
    return _("%(start)s to %(end)s") % {"start": local_time(found.starts_at), "end": local_time(found.ends_at)}
