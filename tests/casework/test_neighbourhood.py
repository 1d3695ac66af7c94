"""The inbox of a cell that calls victims, by neighbourhood; what it knows itself; and that investigators read none."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide, Role
from agencies.models import Membership, Unit
from cases.access import for_case
from cases.enums import EventCode, SameVerdict
from cases.models import Case, CaseEvent, CasePerson, Note, SamePerson
from cases.services import write_note
from common.acting import SystemContext, system_context
from common.clock import now
from common.ids import uuid7
from followups.calling import record_attempt
from followups.models import FollowUp, FollowUpKind, Outcome
from tests.actors import as_
from tests.cases.appointment_acts import make
from tests.factories import make_agency, make_member, make_report

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def unit(agency, name: str, *codes: str, person: Membership | None = None) -> Unit:
    with system_context(SystemContext.REFERENCE):
        return Unit.objects.create(
            agency=agency, name=name, territory=list(codes), reference_person=person.user if person else None
        )


def call_of(by: Membership, case: Case) -> FollowUp:
    with acting_as(by):
        return FollowUp.objects.select_related("unit", "assigned_to").get(case=case, kind=FollowUpKind.J2_CONTACT)


def attempt(by: Membership, follow_up: FollowUp, outcome: str = Outcome.NO_ANSWER, note: str = "") -> None:
    with acting_as(by):
        again = None if outcome in (Outcome.REACHED, Outcome.DECLINED) else now() + timedelta(hours=3)
        record_attempt(by=by, follow_up_id=follow_up.pk, request_key=uuid7(), outcome=outcome, note=note, next_at=again)


def inbox(by: Membership):
    return as_(by).get(reverse("casework:neighbourhood"), headers=ENGLISH)


# --- which neighbourhood ----------------------------------------------------------------------------------------
def test_a_call_belongs_to_the_neighbourhood_of_its_postal_code_and_to_who_answers_for_it(world):
    north = unit(world.eva.agency, "Nord", "1210", "1030", person=world.eva)
    unit(world.eva.agency, "Sud", "1060", person=world.eva_referent)
    found = call_of(world.eva, make_report(world.officer, postal_code="1210").case)
    assert (found.unit, found.assigned_to_id) == (north, world.eva.user_id)


@pytest.mark.parametrize("code", ["", "9999"])
def test_without_a_code_that_fits_it_belongs_to_none_and_everybody_sees_it(world, code):
    unit(world.eva.agency, "Nord", "1210", person=world.eva)
    case = make_report(world.officer, postal_code=code).case
    found = call_of(world.eva, case)
    assert (found.unit_id, found.assigned_to_id) == (None, None)
    for member in (world.eva, world.eva_referent):
        assert case.reference in inbox(member).content.decode()


def test_a_unit_of_another_agency_or_one_that_ended_takes_nothing(world):
    unit(world.shelter.agency, "Ailleurs", "1210", person=world.shelter)
    ended = unit(world.eva.agency, "Ancien", "1210", person=world.eva)
    with system_context(SystemContext.REFERENCE):
        Unit.objects.filter(pk=ended.pk).update(ended_at=now())
    assert call_of(world.eva, make_report(world.officer, postal_code="1210").case).unit_id is None


@pytest.mark.parametrize("role", [Role.READER, None])
def test_a_reference_person_who_writes_there_no_more_is_given_nothing(world, role):
    member = make_member(world.eva.agency, Role.READER) if role else make_member(world.shelter.agency)
    north = unit(world.eva.agency, "Nord", "1210", person=member)
    found = call_of(world.eva, make_report(world.officer, postal_code="1210").case)
    assert (found.unit, found.assigned_to_id) == (north, None)


# --- the inbox --------------------------------------------------------------------------------------------------
def test_mine_first_then_those_of_nobody_then_the_others(world):
    unit(world.eva.agency, "Zénith", "1210", person=world.eva)
    unit(world.eva.agency, "Abattoirs", "1030", person=world.eva_referent)
    mine = make_report(world.officer, postal_code="1210").case
    theirs = make_report(world.officer, postal_code="1030").case
    nowhere = make_report(world.officer, postal_code="9999").case
    groups = inbox(world.eva).context["groups"]
    assert [group.unit and group.unit.name for group in groups] == ["Zénith", None, "Abattoirs"]
    assert [line["reference"] for group in groups for line in group.lines] == [
        mine.reference,
        nowhere.reference,
        theirs.reference,
    ]


def test_a_line_says_who_how_often_and_when_again_and_leads_to_what_is_done(world):
    unit(world.eva.agency, "Nord", "1210", person=world.eva)
    report = make_report(world.officer, postal_code="1210")
    found = call_of(world.eva, report.case)
    attempt(world.eva, found)
    attempt(world.eva, found, Outcome.CALL_BACK)
    page = inbox(world.eva)
    line = page.context["groups"][0].lines[0]
    words = page.content.decode()
    assert (line["initials"], line["attempts"], line["last"]) == ("F. D.", 2, "asked to be called back")
    assert line["report_reference"] == report.pv_number
    assert "to call back" in words
    for address in (
        reverse("followups:detail", args=[found.pk]),
        reverse("cases:new_appointment", args=[report.case_id]),
        reverse("casework:neighbourhood_history", args=[found.pk]),
    ):
        assert f'href="{address}"' in words
    assert "Il l'a saisie" not in words
    assert "différend" not in words


def test_a_settled_call_leaves_the_inbox(world):
    unit(world.eva.agency, "Nord", "1210", person=world.eva)
    case = make_report(world.officer, postal_code="1210").case
    attempt(world.eva, call_of(world.eva, case), Outcome.REACHED)
    words = inbox(world.eva).content.decode()
    assert case.reference not in words
    assert "Nord" in words


@pytest.mark.parametrize("who", ["officer", "prosecutor", "shelter", "programme", "platform_admin"])
def test_other_agencies_have_no_such_page(world, who):
    found = call_of(world.eva, make_report(world.officer).case)
    client = as_(getattr(world, who))
    assert client.get(reverse("casework:neighbourhood")).status_code == 404
    assert client.get(reverse("casework:neighbourhood_history", args=[found.pk])).status_code == 404
    assert reverse("casework:neighbourhood") not in client.get("/").content.decode()


def test_the_cell_of_another_zone_sees_nothing_of_it(world):
    other = make_member(
        make_agency(AgencyKind.SAPV, "SAPV B", parent=world.other_officer.agency, side=AgencySide.VICTIM)
    )
    case = make_report(world.officer).case
    found = call_of(world.eva, case)
    assert case.reference not in inbox(other).content.decode()
    assert as_(other).get(reverse("casework:neighbourhood_history", args=[found.pk])).status_code == 404
    assert reverse("casework:neighbourhood") in as_(other).get("/").content.decode()


def test_the_inbox_costs_the_same_however_many_wait(world):
    unit(world.eva.agency, "Nord", "1210", person=world.eva)
    make_report(world.officer, postal_code="1210")
    client = as_(world.eva)
    client.get(reverse("casework:neighbourhood"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("casework:neighbourhood"))
    for code in ("1210", "9999", "1030"):
        make_report(world.officer, postal_code=code)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("casework:neighbourhood"))
    assert len(many) == len(few)


# --- what the cell knows itself ---------------------------------------------------------------------------------
def test_the_history_tells_calls_notes_and_appointments_of_the_cell_and_nothing_of_the_police(world):
    report = make_report(world.officer)
    found = call_of(world.eva, report.case)
    attempt(world.eva, found, note="Elle dort chez sa sœur.")
    make(world.eva, report.case)
    make(world.officer, report.case, place="Rue de la Police 9")
    with acting_as(world.eva):
        write_note(
            by=world.eva, case=report.case, access=for_case(report.case, world.eva), category="psychosocial",
            side="victim", appreciation="Elle hésite.",
        )  # fmt: skip
    words = (
        as_(world.eva).get(reverse("casework:neighbourhood_history", args=[found.pk]), headers=ENGLISH).content.decode()
    )
    for told in ("Elle dort chez sa sœur.", "Elle hésite.", "no answer", "Appointment made"):
        assert told in words
    for closed in ("Il l&#x27;a saisie", "gorge", "Rue de la Police", "voisine"):
        assert closed not in words


def test_the_same_person_elsewhere_is_told_once_the_cell_has_said_so(world):
    first, second = make_report(world.officer).case, make_report(world.officer).case
    found = call_of(world.eva, first)
    address = reverse("casework:neighbourhood_history", args=[found.pk])
    assert second.reference not in as_(world.eva).get(address).content.decode()
    with acting_as(world.eva):
        one, other = (CasePerson.objects.get(case=case, role="victim") for case in (first, second))
        SamePerson.objects.create(
            first=one, second=other, first_case=first, second_case=second, side="victim", verdict=SameVerdict.SAME,
            agency=world.eva.agency, decided_by=world.eva.user,
        )  # fmt: skip
    assert second.reference in as_(world.eva).get(address).content.decode()


# --- what the cell writes stays inside --------------------------------------------------------------------------
SECRET = "CANARIE-DE-LA-CELLULE"


def test_a_note_of_a_cell_is_internal_unless_its_author_says_otherwise(world):
    case = make_report(world.officer).case
    page = as_(world.eva).get(reverse("cases:write_note", args=[case.pk]), headers=ENGLISH)
    assert page.context["form"]["internal"].value() is True
    assert "Ticked beforehand in a cell that calls victims" in page.content.decode()
    police = as_(world.officer).get(reverse("cases:write_note", args=[case.pk]), headers=ENGLISH)
    assert not police.context["form"]["internal"].value()
    written = {}
    for internal in (None, True, False):
        with acting_as(world.eva):
            written[internal] = write_note(
                by=world.eva, case=case, access=for_case(case, world.eva), category="psychosocial", side="victim",
                facts="Vue.", internal=internal,
            ).internal  # fmt: skip
    assert written == {None: True, True: True, False: False}
    with acting_as(world.officer):
        note = write_note(
            by=world.officer, case=case, access=for_case(case, world.officer), category="facts", side="case",
            facts="Vu.",
        )  # fmt: skip
    assert not note.internal


def test_the_page_says_otherwise_when_the_box_is_not_ticked(world):
    case = make_report(world.officer).case
    data = {"about": "psychosocial:victim", "facts": "Vue.", "key": str(uuid7())}
    as_(world.eva).post(reverse("cases:write_note", args=[case.pk]), data)
    as_(world.eva).post(reverse("cases:write_note", args=[case.pk]), data | {"key": str(uuid7()), "internal": "on"})
    with acting_as(world.eva):
        assert sorted(Note.objects.values_list("internal", flat=True)) == [False, True]


def test_an_investigator_reads_nothing_the_cell_wrote_by_any_way(world):
    report = make_report(world.officer)
    case = report.case
    found = call_of(world.eva, case)
    attempt(world.eva, found, note=SECRET)
    data = {"about": "psychosocial:victim", "facts": SECRET, "internal": "on", "key": str(uuid7())}
    assert as_(world.eva).post(reverse("cases:write_note", args=[case.pk]), data).status_code == 302
    assert SECRET in as_(world.eva).get(reverse("cases:summary", args=[case.pk])).content.decode()
    pages = [
        reverse("cases:summary", args=[case.pk]),
        reverse("cases:timeline", args=[case.pk]),
        reverse("cases:people", args=[case.pk]),
        reverse("casework:trail", args=[case.pk]),
        reverse("casework:trail_pdf", args=[case.pk]),
        reverse("sharing:case_access", args=[case.pk]),
        reverse("followups:detail", args=[found.pk]),
        reverse("followups:list"),
        reverse("api:case", args=[case.pk]),
        reverse("api:followup", args=[found.pk]),
        "/",
    ]
    for member in (world.officer, world.police_referent, world.police_manager):
        client = as_(member)
        for page in pages:
            answer = client.get(page)
            assert answer.status_code in (200, 404), page
            assert SECRET not in answer.content.decode("utf-8", "replace"), page
        assert SECRET not in client.post(reverse("cases:search"), {"q": SECRET}).content.decode().replace(
            f'value="{SECRET}"', ""
        )
        with acting_as(member):
            assert not Note.objects.filter(case=case).exists()
            assert not CaseEvent.objects.filter(case=case, code=EventCode.NOTE_WRITTEN).exists()
