"""Where and when somebody of a case is awaited: made, moved, over; and who would be met there.

Insert-only: moving is a new row in the place of the former one, which ends. What follows in the rooms above (a
reminder, the linked cases) is registered by `move`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from agencies.models import Membership
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.languages import LANGUAGES
from common.locks import lock
from common.once import insert_once

from .access import CaseAccess
from .enums import OPPOSITE, AppointmentKind, AppointmentOutcome, Arranged, Category, EventCode, ParticipationSide, Side
from .models import Appointment, AppointmentEnd, Case, CasePerson
from .overlap import Slot, overlap
from .perms import (
    helps_asked,
    may_change_appointment,
    may_make_appointment,
    may_make_appointments,
    shows_appointment,
    shows_person,
)
from .services import check, log_event

LONGEST = timedelta(hours=12)
FURTHEST = timedelta(days=2 * 365)
MOST_PLACE = 200
MOST_REMARKS = 1_000
MOST_CLASHES = 10
ENDINGS = (AppointmentOutcome.KEPT, AppointmentOutcome.MISSED, AppointmentOutcome.CANCELLED)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """An appointment as it was typed: aware moments, codes of the enumerations, "" where nothing was said."""

    kind: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    place: str = ""
    ask_for: str = ""
    accompaniment: str = ""
    accompanied_by: str = ""
    interpreter_language: str = ""
    interpreter_booked: bool = False
    childcare: str = ""
    remarks: str = ""


@dataclass(frozen=True)
class Clash:
    """Somebody of the other side is awaited at the same place at about the same time."""

    appointment: Appointment
    case: Case


class Overlaps(RuleBroken):
    """Nothing was saved: the two sides would meet. `clashes` says when; accepted, it is saved."""

    def __init__(self, clashes: Sequence[Clash]):
        self.clashes = list(clashes)
        super().__init__({"overlap_accepted": [_("Choose another moment or place, or say that you have seen this.")]})


# --- what follows in the rooms above ----------------------------------------------------------------------------
@dataclass(frozen=True)
class Linked:
    """Another case of the same people; `swapped` where the victim of one is the presumed perpetrator of the other."""

    case: Case
    access: CaseAccess
    swapped: bool


@dataclass(frozen=True)
class Follows:
    """`made` and `over` run in the transaction of the act; `linked` gives the linked cases this member sees both of."""

    made: Callable[[Membership, Appointment], None]
    over: Callable[[Membership, Appointment, str], None]
    linked: Callable[[Membership, Case], Iterable[Linked]]


_follows: list[Follows] = []


def register(follows: Follows) -> None:
    """Say what follows from an appointment; there is one such answer."""
    _follows[:] = [follows]


# --- reading ----------------------------------------------------------------------------------------------------
def readable(access: CaseAccess) -> Q:
    """The same rule as `perms.shows_appointment`, as a filter on the rows of its case."""
    if not access:
        return Q(pk__in=[])
    sides = [side for side in Side if access.can(Category.CONTACT, side)]
    allowed = Q(agency_id=access.agency_id) | Q(side__in=sides)
    return allowed & Q(side=Side.PERPETRATOR) if access.side == ParticipationSide.PERPETRATOR else allowed


def appointments_of(case: Case, access: CaseAccess) -> QuerySet[Appointment]:
    """The appointments of a case that this access reads, over or not, with their end."""
    rows = Appointment.objects.filter(readable(access), case=case)
    return rows.select_related("case_person__person", "agency", "made_by", "end")


def coming(case: Case, access: CaseAccess) -> QuerySet[Appointment]:
    """Those that are not over, the first one first."""
    return appointments_of(case, access).filter(end=None, ends_at__gt=now()).order_by("starts_at", "pk")


def get_appointment(case: Case, access: CaseAccess, appointment_id: UUID) -> Appointment:
    """One of them. Raises Http404 where this access does not read it."""
    found = appointments_of(case, access).filter(pk=appointment_id).first()
    if found is None or not shows_appointment(access, found):
        raise Http404
    return found


def who_may_come(case: Case, access: CaseAccess) -> list[CasePerson]:
    """Of whom the acting member may make an appointment: they know who it is and how to reach them."""
    persons = CasePerson.objects.filter(case=case).select_related("person").order_by("created_at")
    return [each for each in persons if shows_person(access, each) and may_make_appointment(access, each.side)]


def overlapping(
    *, by: Membership, case: Case, access: CaseAccess, side: str, slot: Slot, without: UUID | None = None
) -> list[Clash]:
    """Who of the other side is awaited there too, in this case and in those linked to it, as far as `by` reads both.

    Whoever does not read the other side is told nothing: the answer is then an empty list, whatever there is.
    """
    if side not in OPPOSITE:
        return []
    places = [(case, access, OPPOSITE[side])]
    for follows in _follows:
        for each in follows.linked(by, case):
            places.append((each.case, each.access, Side(side) if each.swapped else OPPOSITE[side]))
    margin = timedelta(minutes=settings.APPOINTMENT_MARGIN_MINUTES)
    asked = Q(pk__in=[])
    for other_case, other_access, other_side in places:
        asked |= readable(other_access) & Q(case=other_case.pk, side=other_side)
    near = Q(starts_at__lt=slot.ends_at + margin, ends_at__gt=slot.starts_at - margin, end=None)
    rows = Appointment.objects.filter(asked, near).exclude(pk=without).order_by("starts_at", "pk")
    cases = {each.pk: each for each, _access, _side in places}
    clashes = [Clash(row, cases[row.case_id]) for row in rows if overlap(slot, slot_of(row), margin=margin)]
    return clashes[:MOST_CLASHES]


def slot_of(appointment: Appointment) -> Slot:
    """An appointment as `overlap` takes it."""
    return Slot(appointment.starts_at, appointment.ends_at, appointment.place)


def meeting(rows: Iterable[Appointment]) -> set[UUID]:
    """Of these appointments of one case, the ids of those where the two sides would meet."""
    margin = timedelta(minutes=settings.APPOINTMENT_MARGIN_MINUTES)
    hers_and_his = [row for row in rows if row.side in OPPOSITE]
    return {
        row.pk
        for row in hers_and_his
        for other in hers_and_his
        if other.side == OPPOSITE[Side(row.side)] and overlap(slot_of(row), slot_of(other), margin=margin)
    }


# --- verbs ------------------------------------------------------------------------------------------------------
def make(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    case_person_id: UUID | None,
    wanted: Wanted,
    request_key: UUID,
    overlap_accepted: bool = False,
) -> Appointment:
    """A new appointment of a person of the case. The same `request_key` gives the first one.

    Raises Refused for who makes none, RuleBroken by field, Overlaps where the two sides would meet and nobody has said
    to have seen it.
    """
    if not may_make_appointments(access):
        raise Refused(_("Your agency makes no appointments in this case."))
    if (already := _of_key(by, case, request_key).first()) is not None:
        return already
    persons = {each.pk: each for each in who_may_come(case, access)}
    person = persons.get(case_person_id)
    if person is None:
        raise RuleBroken({"case_person": [_("Say for whom.")]} | _problems(wanted, role=""))
    return _write(by, case, access, person, wanted, request_key, overlap_accepted, replaces=None)


def move(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    appointment_id: UUID,
    wanted: Wanted,
    request_key: UUID,
    overlap_accepted: bool = False,
) -> Appointment:
    """Another moment or place for an appointment, which ends. Raises as `make`, Http404, and RuleBroken when a
    colleague has moved or ended it meanwhile.
    """
    former = _to_change(by, case, access, appointment_id)
    if (already := _of_key(by, case, request_key).first()) is not None:
        return already
    _refuse_over(former)
    return _write(by, case, access, former.case_person, wanted, request_key, overlap_accepted, replaces=former)


def end(*, by: Membership, case: Case, access: CaseAccess, appointment_id: UUID, outcome: str) -> AppointmentEnd:
    """What became of an appointment; saying the same again gives the first answer.

    Raises Http404, Refused, and RuleBroken when it has not begun yet or a colleague has said otherwise.
    """
    appointment = _to_change(by, case, access, appointment_id)
    if outcome not in ENDINGS:
        raise RuleBroken({"outcome": [_("Say what became of it.")]})
    already = AppointmentEnd.objects.filter(appointment=appointment).first()
    if already is not None and already.outcome == outcome:
        return already
    _refuse_over(appointment)
    if outcome != AppointmentOutcome.CANCELLED and appointment.starts_at > now():
        raise RuleBroken({"outcome": [_("This appointment has not begun yet: it can be moved or cancelled.")]})
    found = _end(by, appointment, outcome)
    log_event(
        by=by,
        case=case,
        code=EventCode.APPOINTMENT_ENDED,
        category=Category.CONTACT,
        side=appointment.side,
        payload={"appointment": str(appointment.pk), "kind": appointment.kind, "outcome": outcome},
    )
    return found


def _of_key(by: Membership, case: Case, request_key: UUID) -> QuerySet[Appointment]:
    return Appointment.objects.filter(request_key=request_key, case=case, made_by=by.user)


def _to_change(by: Membership, case: Case, access: CaseAccess, appointment_id: UUID) -> Appointment:
    """The appointment, nobody else changing it until the end of the transaction."""
    appointment = get_appointment(case, access, appointment_id)
    if not may_change_appointment(access, appointment):
        raise Refused(_("Only the service that made this appointment changes it."))
    lock(f"appointment {appointment.pk}")
    return appointment


def _refuse_over(appointment: Appointment) -> None:
    over = AppointmentEnd.objects.filter(appointment=appointment).select_related("ended_by").first()
    if over is None:
        return
    values = {"who": over.ended_by.full_name, "what": over.get_outcome_display()}
    raise RuleBroken(_("%(who)s has already said what became of this appointment: %(what)s.") % values)


def _write(
    by: Membership,
    case: Case,
    access: CaseAccess,
    person: CasePerson,
    wanted: Wanted,
    request_key: UUID,
    overlap_accepted: bool,
    *,
    replaces: Appointment | None,
) -> Appointment:
    wanted = _trimmed(wanted)
    if errors := _problems(wanted, role=person.role):
        raise RuleBroken(errors)
    slot = Slot(wanted.starts_at, wanted.ends_at, wanted.place)
    clashes = overlapping(
        by=by, case=case, access=access, side=person.side, slot=slot, without=replaces.pk if replaces else None
    )
    if clashes and not overlap_accepted:
        raise Overlaps(clashes)
    appointment = Appointment(
        case=case,
        case_person=person,
        side=person.side,
        overlap_accepted=bool(clashes),
        replaces=replaces,
        request_key=request_key,
        agency=by.agency,
        made_by=by.user,
        **vars(wanted),
    )
    check(appointment)
    appointment, new = insert_once(appointment, mine=_of_key(by, case, request_key))
    if not new:
        return appointment
    if replaces is not None:
        _end(by, replaces, AppointmentOutcome.MOVED)
    outcome = {"outcome": AppointmentOutcome.MOVED.value} if replaces else {}
    log_event(
        by=by,
        case=case,
        code=EventCode.APPOINTMENT_ENDED if replaces else EventCode.APPOINTMENT_MADE,
        category=Category.CONTACT,
        side=person.side,
        payload={"appointment": str(appointment.pk), "kind": appointment.kind} | outcome,
    )
    for follows in _follows:
        follows.made(by, appointment)
    return appointment


def _end(by: Membership, appointment: Appointment, outcome: str) -> AppointmentEnd:
    found = AppointmentEnd.objects.create(
        case_id=appointment.case_id, appointment=appointment, outcome=outcome, agency=by.agency, ended_by=by.user
    )
    for follows in _follows:
        follows.over(by, appointment, outcome)
    return found


def _trimmed(wanted: Wanted) -> Wanted:
    texts = ("place", "ask_for", "accompanied_by", "remarks")
    return replace(wanted, **{name: getattr(wanted, name).strip() for name in texts})


def _problems(wanted: Wanted, *, role: str) -> dict[str, list[str]]:
    """What is wrong with what was typed, by field."""
    errors: dict[str, list[str]] = {}
    if wanted.kind not in AppointmentKind.values:
        errors["kind"] = [_("Say what for.")]
    errors |= _moment_problems(wanted)
    if problem := text_problem(wanted.place, most=MOST_PLACE, missing=_("Say where.")):
        errors["place"] = [problem]
    if problem := text_problem(wanted.remarks, most=MOST_REMARKS):
        errors["remarks"] = [problem]
    asked = helps_asked(wanted.kind, role)
    for name in ("accompaniment", "childcare"):
        value = getattr(wanted, name)
        if value not in Arranged.values and (value or name in asked):
            errors[name] = [_("Ask her, and say what she answered.")]
    if wanted.accompaniment == Arranged.ARRANGED and not wanted.accompanied_by:
        errors["accompanied_by"] = [_("Say who comes along, and from which service.")]
    if wanted.interpreter_language and wanted.interpreter_language not in LANGUAGES:
        errors["interpreter_language"] = [_("Choose one of the languages.")]
    if wanted.interpreter_booked and not wanted.interpreter_language:
        errors["interpreter_language"] = [_("Say for which language the interpreter is booked.")]
    return errors


def _moment_problems(wanted: Wanted) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    at = now()
    if wanted.starts_at is None:
        errors["starts_at"] = [_("Say when it begins.")]
    elif wanted.starts_at <= at:
        errors["starts_at"] = [_("This moment is past. An appointment is written down before it takes place.")]
    elif wanted.starts_at > at + FURTHEST:
        errors["starts_at"] = [_("An appointment is at most two years away.")]
    if wanted.ends_at is None:
        errors["ends_at"] = [_("Say when it ends: about is enough.")]
    elif wanted.starts_at is not None and wanted.ends_at <= wanted.starts_at:
        errors["ends_at"] = [_("The appointment ends before it begins.")]
    elif wanted.starts_at is not None and wanted.ends_at - wanted.starts_at > LONGEST:
        errors["ends_at"] = [_("An appointment lasts at most %(hours)d hours.") % {"hours": LONGEST.seconds // 3600}]
    return errors
