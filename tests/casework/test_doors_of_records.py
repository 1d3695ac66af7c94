"""What a record must not let out beside what it says: where the other one is awaited, and which service wrote it."""

import pytest
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from audit.models import Action, AuditEvent
from cases import child_panels, same_person
from cases.access import for_case
from cases.enums import AppointmentKind, PersonRole, SameVerdict
from cases.models import CasePerson
from cases.services import add_person
from casework.referring import accept_referral
from common.errors import RuleBroken
from referrals.answering import complete
from reports.models import Situation
from sharing.grants import Opening
from sharing.preview import preview
from tests.cases.appointment_acts import make
from tests.cases.helpers import as_, bring_in, text, url
from tests.casework.test_tracking import alert, decide
from tests.factories import make_agency, make_member, make_report
from tests.referrals_acts import make_case, send
from tests.reports.situations import begin, make_situation

pytestmark = pytest.mark.django_db

HERS = ["identity:victim", "contact:victim", "psychosocial:victim"]
HIS = ["identity:perpetrator", "contact:perpetrator", "network:perpetrator"]
CARE = {"kind": AppointmentKind.CARE, "accompaniment": "", "accompanied_by": "", "childcare": ""}
AWAITED = "The other side is awaited there"


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def case(world):
    return make_case(world.officer)


@pytest.fixture
def doctor(world, case):
    """Of a service that works with both, and follows her."""
    member = make_member(make_agency(AgencyKind.CPAS, "Centre des Aulnes"), given_name="Odile", family_name="Bouleau")
    bring_in(case, world.officer, member, [*HERS, *HIS], side="neutral")
    return member


def seen_by(member, address: str) -> str:
    return text(as_(member).get(address, headers={"accept-language": "en"}))


def his_side(world, case):
    bring_in(case, world.officer, world.programme, [*HIS, "psychosocial:victim"], side="perpetrator")
    return world.programme


# --- appointments ---------------------------------------------------------------------------------------------------
def test_his_side_is_not_told_that_she_is_awaited_where_he_is(world, case):
    """Whoever sees both made it all the same, and the record says so."""
    programme = his_side(world, case)
    only_him = make_member(make_agency(AgencyKind.ADDICTION, "Service Ambre"))
    bring_in(case, world.officer, only_him, HIS, side="neutral")
    hers = make(world.officer, case, **CARE)
    made = make(world.officer, case, PersonRole.PRESUMED_PERPETRATOR, accepted=True, **CARE)
    assert made.overlap_accepted and hers.place == made.place
    page = url("cases:appointment", case, made.pk)
    for member, told in ((programme, False), (only_him, False), (world.officer, True)):
        seen = seen_by(member, page)
        assert made.place in seen
        assert (AWAITED in seen) is told, member.agency


# --- one person in several records ------------------------------------------------------------------------------------
def test_his_side_does_not_read_which_service_said_that_two_records_are_one_person(world, case, doctor):
    programme = his_side(world, case)
    with acting_as(world.officer):
        first = CasePerson.objects.get(case=case, role=PersonRole.PRESUMED_PERPETRATOR)
        second = add_person(
            by=world.officer, case=case, role=PersonRole.PRESUMED_PERPETRATOR, given_name="Jean", family_name="Autre"
        )
    with acting_as(doctor):
        said = same_person.decide(by=doctor, first_id=first.pk, second_id=second.pk, verdict=SameVerdict.SAME)
    names = ("casework:same_person", "cases:people")
    pages = [url("casework:end_same_person", case, said.pk), *(url(name, case) for name in names)]
    for page in pages:
        assert "Aulnes" not in seen_by(programme, page), page
    assert "Aulnes" in seen_by(doctor, pages[0])
    with acting_as(programme), pytest.raises(RuleBroken) as broken:
        same_person.decide(by=programme, first_id=first.pk, second_id=second.pk, verdict=SameVerdict.DIFFERENT)
    assert "Aulnes" not in str(broken.value)
    with acting_as(doctor):
        same_person.undo(by=doctor, decision_id=said.pk, reason="Erreur de lecture.")
    seen = seen_by(programme, pages[0])
    assert "Aulnes" not in seen and "another service" in seen
    with acting_as(programme), pytest.raises(RuleBroken) as broken:
        same_person.undo(by=programme, decision_id=said.pk, reason="Erreur.")
    assert "Aulnes" not in str(broken.value)


# --- situations -------------------------------------------------------------------------------------------------------
def test_who_may_not_know_her_services_does_not_read_which_one_wrote_a_situation(world, case, doctor):
    programme = his_side(world, case)
    hospital = make_member(make_agency(AgencyKind.HOSPITAL, "Hôpital du Parc"))
    bring_in(case, world.officer, hospital, [*HERS, "network:perpetrator"], side="victim")
    knows = make_member(make_agency(AgencyKind.MENTAL_HEALTH, "Antenne Lys", side=AgencySide.VICTIM))
    bring_in(case, world.officer, knows, [*HERS, "network:victim"], side="victim")
    situation = make_situation(doctor, case, victim_given_name=None, victim_phone=None, victim_phone_safe=None,
                               victim_phone_say=None)  # fmt: skip
    pages = [
        url("reports:situation", case, situation.pk), url("reports:situations", case), url("cases:summary", case),
        url("reports:files", case),
    ]  # fmt: skip
    for page in pages:
        for member in (programme, hospital):
            seen = seen_by(member, page)
            assert "Aulnes" not in seen and doctor.user.full_name not in seen, (member.agency, page)
    for member in (knows, doctor):
        for page in pages[:2]:
            assert "Aulnes" in seen_by(member, page), (member.agency, page)


def test_whose_children_a_draft_shows_is_on_record(world, case):
    """As for a report that is being typed."""
    bring_in(case, world.officer, world.shelter, [*HERS, "children:victim"], side="victim")
    with acting_as(world.officer):
        add_person(by=world.officer, case=case, role=PersonRole.CHILD, given_name="Noé", family_name="TEST")
    draft = begin(world.shelter, case)
    seen = seen_by(world.shelter, f"/situations/{draft.pk}/")
    assert "Noé" in seen
    with acting_as(world.shelter):
        read = AuditEvent.objects.filter(case_id=case.pk, action=Action.READ, object_id=draft.pk)
        assert [each.fields for each in read] == [["identity:victim"]]
        assert not Situation.objects.exists()


# --- reports ----------------------------------------------------------------------------------------------------------
def test_his_side_does_not_read_in_a_report_who_calls_her_nor_where_she_was_sent(world):
    """Facts may be open to it: what he did, not what she does since."""
    report = make_report(
        world.officer, orientation="Vers la Maison du Tilleul.", children_impact="Noé pleure.", children_present="yes"
    )
    case = report.case
    house = make_member(make_agency(AgencyKind.JUSTICE_HOUSE, side=AgencySide.PERPETRATOR))
    bring_in(case, world.officer, house, [*HIS, "facts:case"], side="perpetrator")
    court = make_member(make_agency(AgencyKind.COURT))
    bring_in(case, world.officer, court, ["facts:case"], side="neutral")
    telling = ("Tilleul", "Noé pleure", "J+2")
    for page in (url("reports:detail", case, report.pk), url("reports:case_list", case)):
        seen = seen_by(house, page)
        assert "BR.43.L1.001234/2026" in seen
        assert not [words for words in telling if words in seen], page
    whole = seen_by(court, url("reports:detail", case, report.pk))
    assert all(words in whole for words in telling)
    for member, hers in ((house, False), (court, True)):
        sent = as_(member).get(f"/api/v1/cases/{case.pk}/reports/{report.pk}/").json()
        told = (sent["orientation"], sent["children_impact"], sent["j2_accepted"])
        assert told == (("Vers la Maison du Tilleul.", "Noé pleure.", True) if hers else ("", "", None))
    with acting_as(world.officer):
        other = make_agency(AgencyKind.JUSTICE_HOUSE, side=AgencySide.PERPETRATOR)
        shown = preview(
            case=case, access=for_case(case, world.officer), recipient=other, side="perpetrator",
            opening=Opening(("facts:case",)),
        )  # fmt: skip
    assert "001234" in str(shown.groups)
    assert not [words for words in telling[:2] if words in str(shown.groups)]


def test_his_side_does_not_read_in_a_situation_how_she_is_to_be_reached(world, case, doctor):
    programme = his_side(world, case)
    situation = make_situation(
        doctor, case, children_present="yes", children_impact="Noé pleure.", may_contact="yes",
        victim_given_name=None, victim_phone=None, victim_phone_safe=None, victim_phone_say=None,
    )  # fmt: skip
    page = url("reports:situation", case, situation.pk)
    asked = ("Noé pleure", "May she be contacted", "Was she alone")
    assert all(words in seen_by(doctor, page) for words in asked)
    seen = seen_by(programme, page)
    assert "Je ne peux pas rentrer" in seen and not [words for words in asked if words in seen]


@pytest.mark.parametrize(("side", "hers"), [("victim", True), ("perpetrator", False)])
def test_what_a_situation_says_is_previewed_before_it_is_shared(world, case, doctor, side, hers):
    """As its page shows it to who receives it."""
    make_situation(
        doctor, case, children_present="yes", children_impact="Noé pleure.",
        victim_given_name=None, victim_phone=None, victim_phone_safe=None, victim_phone_say=None,
    )  # fmt: skip
    with acting_as(doctor):
        opening, recipient = Opening(("psychosocial:victim",)), make_agency(AgencyKind.MENTAL_HEALTH)
        shown = preview(case=case, access=for_case(case, doctor), recipient=recipient, side=side, opening=opening)
    assert "Je ne peux pas rentrer" in str(shown.groups)
    assert ("Noé pleure" in str(shown.groups)) is hers


# --- the trail ------------------------------------------------------------------------------------------------------
def test_what_an_office_does_with_an_alert_leaves_no_row_in_the_trail_of_others(world):
    """Its date is owed, given to somebody, settled: rows of a table that holds everything that is due."""
    tracking, doctor, case = alert(world)
    decide(world.prosecutor, tracking, "inquiry")
    rows = {}
    for member in (world.officer, world.eva, doctor, world.prosecutor):
        days = as_(member).get(url("casework:trail", case), headers={"accept-language": "en"}).context["days"]
        lines = [line for _day, found in days for line in found]
        rows[member] = [line for line in lines if line["agency"] == "Parquet" and "follow-up" in line["objects"]]
        written = [line for line in lines if line["agency"] == doctor.agency.short_name]
        assert any("follow-up" in line["objects"] for line in written) is (member is doctor), member.agency
    assert [member for member, found in rows.items() if found] == [world.prosecutor]


# --- referrals --------------------------------------------------------------------------------------------------------
def test_what_became_of_him_is_told_to_who_sent_him(world, case):
    programme = his_side(world, case)
    drugs = make_member(make_agency(AgencyKind.ADDICTION, "Service Ambre"))
    referral = send(world.officer, case, drugs, role="presumed_perpetrator", need="other")
    with acting_as(drugs):
        accept_referral(by=drugs, referral_id=referral.pk)
        complete(by=drugs, referral_id=referral.pk, result="stopped")
    page = f"/referrals/{referral.pk}/"
    assert "The person stopped" in seen_by(world.officer, page)
    seen = seen_by(programme, page)
    assert "Service Ambre" in seen and "person stopped" not in seen


# --- the first lock alone ---------------------------------------------------------------------------------------------
def test_the_children_of_the_people_page_are_those_whose_names_are_open(world, case):
    """Asked of the service's access while the database would show everything."""
    saj = make_member(make_agency(AgencyKind.CHILD_PROTECTION, side=AgencySide.VICTIM))
    bring_in(case, world.officer, saj, ["children:victim"], side="victim")
    with acting_as(world.officer):
        add_person(by=world.officer, case=case, role=PersonRole.CHILD, given_name="Noé", family_name="TEST")
    with acting_as(saj):
        access = for_case(case, saj)
    with acting_as(world.officer):
        shown = child_panels.people(None, case, access)
        assert shown["lines"] == [] and shown["victims"] == ""
        whole = child_panels.people(None, case, for_case(case, world.officer))
        assert [line["child"].person.given_name for line in whole["lines"]][-1] == "Noé" and whole["victims"]
