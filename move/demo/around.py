"""What stands around her in the cases of the demonstration: children, proceedings, appointments, a corrected note."""

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from agencies.enums import AgencyKind
from agencies.models import Membership
from cases import appointments, children, proceedings
from cases.access import for_case
from cases.enums import AppointmentKind, AppointmentOutcome, Arranged, Category, PersonRole, Side, Stage
from cases.models import Appointment, CasePerson
from cases.notes import correct_note
from cases.perms import may_write_of_children
from cases.services import write_note
from common.clock import BRUSSELS, local
from common.ids import uuid7

from . import doors_words as words
from .assessing import ago
from .plans import Work

if TYPE_CHECKING:
    from .district import District


def tell(district: "District") -> None:
    """All of it, in open cases whom the cell of Sainte-Aurore reached."""
    open_ = [
        work
        for work in district.told
        if work.plan.zone == "zp_aurore" and work.plan.contact == "reached" and work.plan.stage != Stage.CLOSED
    ]
    _children(district, open_)
    _proceeding(district, open_)
    _appointments(district, open_[-7:-2])
    _note(district, open_[-2])


def _children(district: "District", works: list[Work]) -> None:
    """One child whose arrangement was replaced by a judgment, and whose school knows."""
    for work in works:
        by = work.officer
        with district.act(by, ago(district, 12, 10)):
            access = for_case(work.case, by)
            known = children.children_of(access) if may_write_of_children(access) else []
            if not known or work.case.opened_at > ago(district, 13, 0):
                continue
            shared = {"by": by, "case": work.case, "access": access, "child": known[0]}
            before = children.arrange(**shared, **words.ARRANGED_BEFORE)
        with district.act(by, ago(district, 7, 14, 30)):
            children.arrange(**shared, **words.ARRANGED, replaces=before.pk)
            children.write_contact(**shared, **words.AT_SCHOOL)
        return


def _proceeding(district: "District", works: list[Work]) -> None:
    """The service that follows her writes the family proceeding, and names the cell its reader."""
    nadia = district.members["nadia"]
    for work in works:
        with district.act(nadia, ago(district, 6, 11)):
            access = for_case(work.case, nadia)
            if not access or not access.contribute:
                continue
            readers = proceedings.candidates(work.case, access)
            if not readers:
                continue
            reader = next((each for each in readers if each.kind == AgencyKind.EVA_CELL), readers[0])
            opened = proceedings.open_proceeding(
                by=nadia, case=work.case, access=access, key=uuid7(), **words.PROCEEDING
            )
            proceedings.add_step(
                by=nadia,
                access=access,
                proceeding=opened,
                key=uuid7(),
                text=words.PROCEEDING_STEP,
                next_hearing_at=ago(district, -9, 9),
            )
            proceedings.add_reader(
                by=nadia,
                case=work.case,
                access=access,
                proceeding=opened,
                agency_id=reader.pk,
                reason=words.PROCEEDING_READER,
            )
        return


def _appointments(district: "District", works: list[Work]) -> None:
    """Today, tomorrow, one of whom nobody has said what became of it, one kept, one moved."""
    midnight = datetime.combine(local(district.start).date() + timedelta(days=1), time(), BRUSSELS)
    soon = max(
        min(district.start + timedelta(minutes=90), midnight - timedelta(minutes=5)),
        district.start + timedelta(minutes=2),
    )
    past, kept, today, tomorrow, moved = works
    make(district, today, soon, AppointmentKind.INTERVIEW)
    make(district, tomorrow, ago(district, -1, 10), AppointmentKind.HEARING)
    make(district, past, ago(district, 3, 11), AppointmentKind.INTERVIEW)
    was = make(district, kept, ago(district, 1, 14), AppointmentKind.CARE)
    with district.act(kept.cell, ago(district, 1, 15, 30)):
        appointments.end(
            by=kept.cell,
            case=kept.case,
            access=for_case(kept.case, kept.cell),
            appointment_id=was.pk,
            outcome=AppointmentOutcome.KEPT,
        )
    first = make(district, moved, ago(district, -1, 15), AppointmentKind.INTERVIEW)
    with district.act(moved.cell, district.start - timedelta(hours=4)):
        appointments.move(
            by=moved.cell,
            case=moved.case,
            access=for_case(moved.case, moved.cell),
            appointment_id=first.pk,
            wanted=wanted(ago(district, -3, 9, 30), AppointmentKind.INTERVIEW),
            request_key=uuid7(),
        )


def make(district: "District", work: Work, starts_at: datetime, kind: AppointmentKind) -> Appointment:
    """Made by the cell, five days before where that is possible."""
    at = max(work.case.opened_at + timedelta(hours=3), starts_at - timedelta(days=5))
    with district.act(work.cell, min(at, starts_at - timedelta(hours=1), district.start - timedelta(hours=5))):
        victim = CasePerson.objects.get(case=work.case, role=PersonRole.VICTIM)
        return appointments.make(
            by=work.cell,
            case=work.case,
            access=for_case(work.case, work.cell),
            case_person_id=victim.pk,
            wanted=wanted(starts_at, kind),
            request_key=uuid7(),
        )


def wanted(starts_at: datetime, kind: AppointmentKind) -> appointments.Wanted:
    hearing = kind == AppointmentKind.HEARING
    return appointments.Wanted(
        kind=kind,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=50),
        place=words.PLACES[kind],
        ask_for=words.ASK_FOR,
        accompaniment=Arranged.ARRANGED if hearing else "",
        accompanied_by="une assistante sociale de la cellule" if hearing else "",
        childcare=Arranged.ARRANGED if hearing else "",
    )


def _note(district: "District", work: Work) -> None:
    """The cell corrects one word of a note; what stood before stays readable."""
    by: Membership = work.cell
    with district.act(by, ago(district, 1, 11)):
        note = write_note(
            by=by,
            case=work.case,
            access=for_case(work.case, by),
            category=Category.PSYCHOSOCIAL,
            side=Side.VICTIM,
            **words.CORRECTED_NOTE,
        )
    with district.act(by, ago(district, 1, 11, 40)):
        correct_note(
            by=by,
            case=work.case,
            access=for_case(work.case, by),
            note=note,
            version=note.pk,
            key=uuid7(),
            **words.CORRECTED_NOTE | words.CORRECTED_NOTE_LATER,
        )
