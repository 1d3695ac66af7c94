"""Appointments as tests make them: of her, of him, by whom they like."""

from datetime import datetime, timedelta
from uuid import UUID

from agencies.acting import acting_as
from agencies.models import Membership
from cases import appointments
from cases.access import for_case
from cases.enums import AppointmentKind, Arranged, PersonRole
from cases.models import Appointment, Case, CasePerson
from common.clock import local, now
from common.ids import uuid7

PLACE = "Rue du Progrès 1, 2e étage"
HELPS = {
    "accompaniment": Arranged.ARRANGED,
    "accompanied_by": "Leïla Amrani",
    "childcare": Arranged.NOT_NEEDED,
}


def tomorrow(hour: int = 10) -> datetime:
    """A moment of tomorrow in UTC."""
    return (now() + timedelta(days=1)).replace(hour=hour, minute=0, second=0, microsecond=0)


def wanted(**changes) -> appointments.Wanted:
    """A hearing of hers, whole."""
    start = changes.pop("starts_at", tomorrow())
    values = {
        "kind": AppointmentKind.HEARING,
        "starts_at": start,
        "ends_at": start + timedelta(hours=1) if start else None,
        "place": PLACE,
        "ask_for": "Marc Delvaux",
        **HELPS,
    }
    return appointments.Wanted(**(values | changes))


def person_of(case: Case, role: str = PersonRole.VICTIM) -> CasePerson:
    return CasePerson.objects.filter(case=case, role=role).select_related("person").order_by("created_at").first()


def make(
    by: Membership,
    case: Case,
    role: str = PersonRole.VICTIM,
    *,
    key: UUID | None = None,
    accepted: bool = False,
    **given,
) -> Appointment:
    """An appointment by this member."""
    with acting_as(by):
        access = for_case(case, by)
        return appointments.make(
            by=by,
            case=case,
            access=access,
            case_person_id=person_of(case, role).pk,
            wanted=wanted(**given),
            request_key=key or uuid7(),
            overlap_accepted=accepted,
        )


def typed(**changes) -> dict:
    """The same as a page sends it."""
    start = tomorrow()
    data = {
        "kind": "hearing",
        "starts_at": _local(start),
        "ends_at": _local(start + timedelta(hours=1)),
        "place": PLACE,
        "ask_for": "Marc Delvaux",
        "accompaniment": "arranged",
        "accompanied_by": "Leïla Amrani",
        "childcare": "not_needed",
        "interpreter_language": "",
        "remarks": "",
        "request_key": str(uuid7()),
    }
    return data | changes


def _local(moment: datetime) -> str:
    return local(moment).strftime("%Y-%m-%dT%H:%M")
