"""Appointments: made, moved, over; who reads them; the two sides never sent to one place unseen."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.http import Http404
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.models import Membership
from audit.models import Action, AuditEvent
from cases import appointments
from cases.access import for_case
from cases.enums import AppointmentOutcome, EventCode, PersonRole
from cases.models import Appointment, AppointmentEnd, Case, CaseEvent
from common.clock import travel
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from followups.models import FollowUp, FollowUpKind
from sharing.models import LinkKind
from tests.actors import all_of_his_side, as_
from tests.cases.appointment_acts import PLACE, make, person_of, tomorrow, typed, wanted
from tests.factories import World, make_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world: World) -> Case:
    return make_report(world.officer).case


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def url(name: str, case: Case, *rest) -> str:
    return reverse(f"cases:{name}", args=[case.pk, *rest])


def new(by: Membership, case: Case, **changes):
    """The page of a new appointment of hers, sent."""
    with acting_as(by):
        person = person_of(case)
    data = typed(case_person=str(person.pk)) | changes
    return as_(by).post(url("new_appointment", case), data, headers={"accept-language": "en"})


# --- made -------------------------------------------------------------------------------------------------------
def test_an_appointment_made_is_read_and_asked_about_the_day_after(world, case):
    answer = new(world.officer, case, remarks="Elle vient par la rue du Puits 👩‍👧.")
    with acting_as(world.officer):
        made = Appointment.objects.get(case=case)
        owed = FollowUp.objects.get(kind=FollowUpKind.APPOINTMENT)
        line = CaseEvent.objects.get(code=EventCode.APPOINTMENT_MADE)
    assert answer.status_code == 302
    assert answer["Location"] == url("appointment", case, made.pk)
    assert (made.place, made.side, made.agency_id) == (PLACE, "victim", world.officer.agency_id)
    assert made.remarks == "Elle vient par la rue du Puits 👩‍👧."
    assert (owed.agency_id, owed.source_id) == (world.officer.agency_id, made.pk)
    assert owed.due_at == made.ends_at + timedelta(days=1)
    assert (line.category, line.side) == ("contact", "victim")
    assert PLACE not in str(line.payload)
    page = as_(world.officer).get(answer["Location"])
    assert page.status_code == 200
    assert PLACE in page.content.decode()


def test_the_same_page_sent_twice_makes_one(world, case):
    key = str(uuid7())
    first, second = new(world.officer, case, request_key=key), new(world.officer, case, request_key=key)
    assert first["Location"] == second["Location"]
    with acting_as(world.officer):
        assert Appointment.objects.count() == 1


def test_another_person_cannot_take_the_key_of_a_page(world, case):
    key = uuid7()
    make(world.officer, case, key=key)
    with pytest.raises(RuleBroken):
        make(world.eva, case, key=key, starts_at=tomorrow(15))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_at": "2001-01-01T10:00", "ends_at": "2001-01-01T11:00"}, "starts_at"),
        ({"starts_at": "9999-12-31T23:59", "ends_at": "9999-12-31T23:59"}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00"}, "starts_at"),
        ({"starts_at": "demain vers midi"}, "starts_at"),
        ({"starts_at": "2027-03-28T02:30", "ends_at": "2027-03-28T03:30"}, "starts_at"),  # no such time in Belgium
        ({"starts_at": ""}, "starts_at"),
        ({"ends_at": ""}, "ends_at"),
        ({"ends_at": "2001-01-01T10:00"}, "ends_at"),
        ({"ends_at": "2100-01-01T10:00"}, "ends_at"),
        ({"place": ""}, "place"),
        ({"place": "x" * 10_000}, "place"),
        ({"place": "rue\x00"}, "place"),
        ({"ask_for": "x" * 10_000}, "ask_for"),
        ({"remarks": "é" * 10_000}, "remarks"),
        ({"kind": "duel"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"accompaniment": ""}, "accompaniment"),
        ({"childcare": ""}, "childcare"),
        ({"childcare": "perhaps"}, "childcare"),
        ({"accompanied_by": ""}, "accompanied_by"),
        ({"interpreter_language": "klingon"}, "interpreter_language"),
        ({"interpreter_booked": "on"}, "interpreter_language"),
        ({"case_person": str(uuid4())}, "case_person"),
        ({"case_person": "nobody"}, "case_person"),
        ({"request_key": "x"}, "request_key"),
    ],
)
def test_what_makes_no_sense_is_said_by_its_field_and_nothing_is_lost(world, case, changes, field):
    answer = new(world.officer, case, **changes)
    form = answer.context["form"]
    assert answer.status_code == 422
    assert field in form.errors
    assert form["ask_for"].value() == changes.get("ask_for", "Marc Delvaux")
    with acting_as(world.officer):
        assert not Appointment.objects.exists()


def test_a_person_of_another_case_is_nobody_here(world, case):
    other = make_report(world.officer).case
    with acting_as(world.officer):
        stranger = person_of(other)
    answer = new(world.officer, case, case_person=str(stranger.pk))
    assert answer.status_code == 422
    assert "case_person" in answer.context["form"].errors


def test_somebody_at_her_side_and_with_the_children_are_proposed_before_a_hearing_of_hers_only(world, case):
    care = new(
        world.officer, case, kind="care", accompaniment="", accompanied_by="", childcare=""
    )  # nothing is asked of an appointment for care
    assert care.status_code == 302
    make(
        world.officer, case, PersonRole.PRESUMED_PERPETRATOR, accompaniment="", childcare="", place="Rue Haute 5",
        starts_at=tomorrow(18),
    )  # fmt: skip


def test_the_page_says_what_is_never_written_and_who_never_interprets(world, case):
    words = as_(world.officer).get(url("new_appointment", case), headers={"accept-language": "en"}).content.decode()
    assert "Never the address of a refuge" in words
    assert "never a child, a relative" in words


def test_the_interpreter_is_told_only_where_there_is_one(world, case):
    page = "Never a child, a relative or somebody of the community"
    for made, told in (
        (make(world.officer, case), False),
        (make(world.officer, case, starts_at=tomorrow(15), interpreter_language="ro"), True),
    ):
        words = as_(world.officer).get(url("appointment", case, made.pk), headers={"accept-language": "en"})
        assert (page in words.content.decode()) is told
        assert ("Romanian" in words.content.decode()) is told


# --- who --------------------------------------------------------------------------------------------------------
def test_who_does_not_know_how_to_reach_her_makes_none(world, case):
    with acting_as(world.officer):
        person = person_of(case).pk
    his = all_of_his_side(world, case)
    answer = as_(his).post(url("new_appointment", case), typed(case_person=str(person)))
    assert answer.status_code in (403, 422)
    assert as_(world.stranger).get(url("appointments", case)).status_code == 404
    assert as_(world.reader).get(url("new_appointment", case)).status_code == 403
    with acting_as(world.officer):
        assert not Appointment.objects.exists()


def test_his_side_reads_no_appointment_of_hers_by_any_way(world, case):
    made = make(world.officer, case, remarks="par la cour")
    his = all_of_his_side(world, case)
    client = as_(his)
    for name in ("appointment", "move_appointment", "appointment_sheet"):
        assert client.get(url(name, case, made.pk)).status_code == 404
    assert client.post(url("end_appointment", case, made.pk), {"outcome": "cancelled"}).status_code == 404
    for page in (url("appointments", case), reverse("cases:summary", args=[case.pk]), "/"):
        answer = client.get(page)
        assert answer.status_code == 200
        assert PLACE not in answer.content.decode()
        assert "Marc Delvaux" not in answer.content.decode()
    with acting_as(his):
        assert not Appointment.objects.exists()
        assert not CaseEvent.objects.filter(code=EventCode.APPOINTMENT_MADE).exists()
        with pytest.raises(Http404):
            appointments.get_appointment(case, for_case(case, his), made.pk)


def test_an_appointment_he_made_of_hers_before_closes_to_an_agency_that_goes_to_his_side(world, case):
    from cases.access import write_grants
    from common.acting import SystemContext, system_context

    made = make(world.eva, case)
    with system_context(SystemContext.GRANTS):
        agency = world.eva.agency
        write_grants(case=case, agency=agency, grants={}, side="")
        write_grants(
            case=case,
            agency=agency,
            grants={"view_case": None, "view_own_work": None, "contribute_case": None},
            side="perpetrator",
        )
    with acting_as(world.eva):
        assert not Appointment.objects.filter(pk=made.pk).exists()
        assert not appointments.appointments_of(case, for_case(case, world.eva)).exists()


def test_a_service_that_reaches_her_reads_it_and_does_not_change_it(world, case):
    made = make(world.officer, case)
    client = as_(world.eva)
    assert PLACE in client.get(url("appointment", case, made.pk)).content.decode()
    assert client.post(url("end_appointment", case, made.pk), {"outcome": "cancelled"}).status_code == 403
    assert client.get(url("move_appointment", case, made.pk)).status_code == 403
    with acting_as(world.eva), pytest.raises(Refused):
        appointments.move(
            by=world.eva,
            case=case,
            access=for_case(case, world.eva),
            appointment_id=made.pk,
            wanted=wanted(),
            request_key=uuid7(),
        )


# --- moved and over ---------------------------------------------------------------------------------------------
def test_moving_ends_the_former_and_asks_about_the_new_one(world, case):
    former = make(world.officer, case)
    later = tomorrow(15)
    changes = {
        "starts_at": (later + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
        "ends_at": (later + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
    }
    client = as_(world.officer)
    assert PLACE in client.get(url("move_appointment", case, former.pk)).content.decode()
    answer = client.post(url("move_appointment", case, former.pk), typed(**changes))
    assert answer.status_code == 302
    with acting_as(world.officer):
        new_one = Appointment.objects.get(replaces=former)
        over = AppointmentEnd.objects.get(appointment=former)
        owed = FollowUp.objects.get(kind=FollowUpKind.APPOINTMENT, settled_at=None)
        assert FollowUp.objects.get(source_id=former.pk).outcome == AppointmentOutcome.MOVED
    assert over.outcome == AppointmentOutcome.MOVED
    assert owed.source_id == new_one.pk
    assert new_one.case_person_id == former.case_person_id


def test_moving_twice_with_one_page_moves_once(world, case):
    former = make(world.officer, case)
    data = typed(place="Rue Haute 5")
    client = as_(world.officer)
    answers = [client.post(url("move_appointment", case, former.pk), data) for _again in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]


def test_a_colleague_who_moved_it_meanwhile_is_named(world, case):
    former = make(world.officer, case)
    first = as_(world.officer).post(url("move_appointment", case, former.pk), typed(place="Rue Haute 5"))
    second = as_(world.police_manager).post(
        url("move_appointment", case, former.pk), typed(place="Rue Basse 7"), headers={"accept-language": "en"}
    )
    assert (first.status_code, second.status_code) == (302, 422)
    assert "Marc Delvaux" in second.content.decode()
    assert second.context["form"]["place"].value() == "Rue Basse 7"
    with acting_as(world.officer):
        assert Appointment.objects.count() == 2


@pytest.mark.parametrize("outcome", ["kept", "missed", "cancelled"])
def test_what_became_of_it_settles_what_was_owed(world, case, outcome):
    made = make(world.officer, case)
    with travel(made.ends_at + timedelta(hours=2)):
        page = as_(world.officer).get("/", headers={"accept-language": "en"}).content.decode()
        answer = as_(world.officer).post(url("end_appointment", case, made.pk), {"outcome": outcome})
        again = as_(world.officer).post(url("end_appointment", case, made.pk), {"outcome": outcome})
        other = as_(world.officer).post(
            url("end_appointment", case, made.pk), {"outcome": "kept" if outcome != "kept" else "missed"}
        )
    assert "Say what became of an appointment" in page
    assert (answer.status_code, again.status_code, other.status_code) == (302, 302, 422)
    with acting_as(world.officer):
        assert FollowUp.objects.get(source_id=made.pk).outcome == outcome
        assert AppointmentEnd.objects.get().outcome == outcome
        assert CaseEvent.objects.filter(code=EventCode.APPOINTMENT_ENDED).count() == 1


@pytest.mark.parametrize("outcome", ["kept", "missed", "moved", "", "x" * 10_000, "\x00"])
def test_what_cannot_have_happened_yet_is_refused(world, case, outcome):
    made = make(world.officer, case)
    answer = as_(world.officer).post(url("end_appointment", case, made.pk), {"outcome": outcome})
    assert answer.status_code == 422
    with acting_as(world.officer):
        assert not AppointmentEnd.objects.exists()


# --- the two sides ----------------------------------------------------------------------------------------------
HIM = PersonRole.PRESUMED_PERPETRATOR


def test_the_two_awaited_at_one_place_is_shown_before_it_is_saved(world, case):
    his = make(world.officer, case, HIM, place="rue du progres, 1")
    answer = new(world.officer, case)
    words = answer.content.decode()
    assert answer.status_code == 422
    assert "The two sides would meet" in words
    assert "rue du progres, 1" in words
    assert answer.context["clashes"][0]["row"] == his
    accepted = new(world.officer, case, overlap_accepted="on")
    assert accepted.status_code == 302
    with acting_as(world.officer):
        hers = Appointment.objects.get(side="victim")
        assert hers.overlap_accepted
        assert appointments.meeting(Appointment.objects.all()) == {hers.pk, his.pk}
    assert "the other side is awaited there too" in as_(world.officer).get(
        url("appointments", case), headers={"accept-language": "en"}
    ).content.decode()  # fmt: skip


@pytest.mark.parametrize(
    ("hours", "place", "warned"),
    [
        (0, PLACE, True),
        (1.75, PLACE, True),
        (-1.75, PLACE, True),
        (2.25, PLACE, False),
        (-2.25, PLACE, False),
        (0, "Rue du Progrès 3", False),
        (0, "RUE DU PROGRES 1", True),
        (0, "…", False),
    ],
)
def test_the_margin_and_the_place_decide(world, case, hours, place, warned):
    assert settings.APPOINTMENT_MARGIN_MINUTES == 60
    make(world.officer, case, HIM, starts_at=tomorrow(12), place=place)
    start = tomorrow(12) + timedelta(hours=hours)
    if warned:
        with pytest.raises(appointments.Overlaps):
            make(world.officer, case, starts_at=start)
    make(world.officer, case, starts_at=start, accepted=True)
    with acting_as(world.officer):
        assert Appointment.objects.get(side="victim").overlap_accepted is warned


def test_ended_appointments_and_her_own_side_are_no_overlap(world, case):
    his = make(world.officer, case, HIM)
    with acting_as(world.officer):
        appointments.end(
            by=world.officer,
            case=case,
            access=for_case(case, world.officer),
            appointment_id=his.pk,
            outcome=AppointmentOutcome.CANCELLED,
        )
    make(world.officer, case)
    make(world.officer, case, PersonRole.CHILD)


def test_who_does_not_read_his_side_is_answered_as_if_there_were_nothing(world, case):
    make(world.officer, case, HIM)
    answer = new(world.eva, case)
    assert answer.status_code == 302
    with acting_as(world.eva):
        hers = Appointment.objects.get(side="victim")
    assert not hers.overlap_accepted
    page = as_(world.eva).get(url("appointments", case), headers={"accept-language": "en"}).content.decode()
    assert "the other side is awaited" not in page


def test_moving_an_appointment_does_not_meet_itself_and_meets_the_other(world, case):
    hers = make(world.officer, case)
    make(world.officer, case, HIM, starts_at=tomorrow(16))
    client = as_(world.officer)
    assert client.post(url("move_appointment", case, hers.pk), typed(place=f"{PLACE}, salle 3")).status_code == 302
    with acting_as(world.officer):
        moved = Appointment.objects.get(replaces=hers)
    near = tomorrow(16).strftime("%Y-%m-%dT%H:%M"), (tomorrow(17)).strftime("%Y-%m-%dT%H:%M")
    refused = client.post(url("move_appointment", case, moved.pk), typed(starts_at=near[0], ends_at=near[1]))
    assert refused.status_code == 422
    assert refused.context["clashes"]


@pytest.mark.parametrize(
    ("kind", "role", "warned"),
    [
        (LinkKind.SAME_COUPLE, HIM, True),
        (LinkKind.SAME_COUPLE, PersonRole.VICTIM, False),
        (LinkKind.COUNTER_COMPLAINT, PersonRole.VICTIM, True),
        (LinkKind.COUNTER_COMPLAINT, HIM, False),
    ],
)
def test_a_linked_case_counts_for_who_sees_both(world, case, kind, role, warned):
    other = make_report(world.officer).case
    make(world.officer, other, role)
    with acting_as(world.officer):
        from sharing.models import CaseLink

        CaseLink.objects.create(
            first=case, second=other, kind=kind, agency=world.officer.agency, made_by=world.officer.user
        )
    answer = new(world.officer, case)
    assert answer.status_code == (422 if warned else 302)
    if warned:
        assert answer.context["clashes"][0]["reference"] == other.reference


# --- her sheet --------------------------------------------------------------------------------------------------
def _text(answer) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(answer.content)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def test_her_sheet_says_when_and_where_and_nothing_of_police_or_violence(world, case):
    made = make(world.officer, case, interpreter_language="ro")
    answer = as_(world.officer).get(url("appointment_sheet", case, made.pk))
    words = _text(answer)
    assert answer["Content-Type"] == "application/pdf"
    assert PLACE in words
    assert "Marc Delvaux" in words
    low = (words + answer["Content-Disposition"] + answer.content.decode("latin-1")).lower()
    for mark in ("polic", "move", "violen", "zone", "victim", case.reference.lower(), "hearing", "audition", "diallo"):
        assert mark not in low.replace("moveto", ""), mark
    with acting_as(world.officer):
        assert AuditEvent.objects.filter(action=Action.EXPORTED, object_id=made.pk).count() == 1


def test_a_place_that_names_a_service_is_left_blank_on_her_sheet(world, case):
    made = make(world.officer, case, place="Commissariat de Schaerbeek", ask_for="inspecteur Delvaux")
    words = _text(as_(world.officer).get(url("appointment_sheet", case, made.pk)))
    assert "ommissariat" not in words
    assert "Delvaux" not in words
    page = as_(world.officer).get(url("appointment", case, made.pk), headers={"accept-language": "en"})
    assert "Left blank on the sheet" in page.content.decode()


# --- my work, summary -------------------------------------------------------------------------------------------
def test_the_next_ones_stand_beside_the_timeline(world, case):
    make(world.officer, case)
    for number in range(4):
        make(world.officer, case, starts_at=tomorrow(12) + timedelta(days=number + 1))
    panel = next(
        shown["panel"]
        for shown in as_(world.officer).get(reverse("cases:summary", args=[case.pk])).context["panels_aside"]
        if shown["template"] == "cases/_next_appointments.html"
    )
    assert len(panel["lines"]) == 3
    assert panel["more"]


def test_pages_cost_the_same_however_many_appointments(world, case, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = as_(world.officer)
    make(world.officer, case)
    client.get(url("appointments", case))
    with CaptureQueriesContext(connection) as few:
        client.get(url("appointments", case))
    for number in range(5):
        make(world.officer, case, starts_at=tomorrow(12) + timedelta(days=number + 1))
    with CaptureQueriesContext(connection) as many:
        client.get(url("appointments", case))
    assert len(many) == len(few)
