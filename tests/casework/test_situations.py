"""A situation recorded by a service: the case opens to that service alone; nothing of it reaches anybody else."""

import pytest
from django.http import Http404
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide, Role
from cases.access import for_case, get_case
from cases.enums import Category, EventCode, ParticipationSide, PersonRole, Side
from cases.models import Case, CaseEvent, CasePerson, ContactPoint
from cases.page import safe_contacts
from casework.joining import Names, new_case
from casework.restricting import exclude
from casework.situations import record_situation
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken
from followups.models import FollowUp
from notifications.models import Notice
from reports.models import ChildExposure, ReportDraft, Situation
from reports.perms import may_open_situation, works_with_him
from reports.services import start_draft
from sharing.models import Basis, SharingDecision, WayIn
from sharing.services import decide, proposed_side
from tests.actors import as_
from tests.factories import make_agency, make_member, make_report
from tests.reports.situations import begin, make_situation, situation_data

pytestmark = pytest.mark.django_db

HERS = {Category.PSYCHOSOCIAL, Category.HEALTH, Category.MIGRATION, Category.CHILDREN}


@pytest.fixture
def nurse(world):
    return make_member(make_agency(AgencyKind.HOSPITAL, "Hôpital Nord", territory=["1210"]))


@pytest.fixture
def situation(nurse):
    return make_situation(nurse, **{"children-0-given_name": "Noé", "children-0-exposure": "heard"})


def access_of(membership, case):
    with acting_as(membership):
        return for_case(Case.objects.get(pk=case.pk), membership)


# --- recorded -------------------------------------------------------------------------------------------------------
def test_the_case_opens_to_the_service_that_recorded_it(nurse, situation):
    with acting_as(nurse):
        case = Case.objects.get(pk=situation.case_id)
        assert case.lead_agency == nurse.agency and not case.level
        (decision,) = SharingDecision.objects.filter(case=case)
        assert (decision.way_in, decision.basis) == (WayIn.SITUATION, Basis.OWN_RECORD)
        (victim,) = CasePerson.objects.filter(case=case, role=PersonRole.VICTIM)
        assert victim.person.given_name == "Amina"
        assert not CasePerson.objects.filter(case=case, side=Side.PERPETRATOR).exists(), "nobody was named"
        (point,) = ContactPoint.objects.filter(case=case)
        assert (point.value, point.say, point.safe) == ("+32470556677", "la consultation", "yes")
        (lived,) = ChildExposure.objects.filter(case=case)
        assert lived.situation_id == situation.pk and lived.exposure == "heard"
        (event,) = CaseEvent.objects.filter(case=case)
        assert (event.code, event.category, event.side) == (
            EventCode.SITUATION_RECORDED, Category.PSYCHOSOCIAL, Side.VICTIM,
        )  # fmt: skip
        assert not FollowUp.objects.filter(case=case).exists(), "no call at J+2: she accepted none"
    access = access_of(nurse, situation.case)
    assert access.contribute and all(access.can(category, Side.VICTIM) for category in HERS)
    assert not any(access.can(category, Side.CASE) for category in (Category.FACTS, Category.JUDICIAL, Category.LEVEL))


def test_the_same_draft_gives_one_situation(nurse):
    draft = begin(nurse)
    with acting_as(nurse):
        first = record_situation(by=nurse, draft_id=draft.pk, data=situation_data())
        again = record_situation(by=nurse, draft_id=draft.pk, data={}, version=99)
        assert again == first and Situation.objects.count() == 1 and Case.objects.count() == 1
        assert ReportDraft.objects.get(pk=draft.pk).data == {}


def test_what_is_wrong_opens_nothing(nurse):
    draft = begin(nurse)
    with acting_as(nurse), pytest.raises(RuleBroken):
        record_situation(by=nurse, draft_id=draft.pk, data=situation_data(alone=None))
    with system_context(SystemContext.REMINDERS):
        assert not Case.objects.exists()


@pytest.mark.parametrize("kind", [AgencyKind.POLICE, AgencyKind.PROSECUTOR, AgencyKind.COURT, AgencyKind.JUSTICE_HOUSE])
def test_police_and_justice_have_other_doors(world, kind):
    member = make_member(make_agency(kind))
    assert not may_open_situation(member)
    with acting_as(member), pytest.raises(Refused):
        start_draft(by=member, kind="situation")
    assert as_(member).get(reverse("reports:situation_new")).status_code == 403


def test_a_reader_opens_none(nurse):
    reader = make_member(nurse.agency, Role.READER)
    assert not may_open_situation(reader) and may_open_situation(nurse)
    with acting_as(reader), pytest.raises(Refused):
        start_draft(by=reader, kind="situation")


# --- nobody else ----------------------------------------------------------------------------------------------------
@pytest.fixture
def others(world, nurse):
    """Police of the same streets, its cell, the prosecutor, the coordination, another hospital, who works with him."""
    coordination = make_member(world.platform_admin.agency, Role.COORDINATOR)
    hospital = make_member(make_agency(AgencyKind.HOSPITAL, "Hôpital Sud", territory=["1210"]))
    return [world.officer, world.police_manager, world.eva, world.prosecutor, coordination, hospital, world.programme]


def test_nobody_else_knows(others, situation):
    case = situation.case
    addresses = [
        reverse("cases:summary", args=[case.pk]),
        reverse("cases:people", args=[case.pk]),
        reverse("reports:situations", args=[case.pk]),
        reverse("reports:situation", args=[case.pk, situation.pk]),
        reverse("casework:situation_next", args=[case.pk, situation.pk]),
        reverse("casework:situation_sheet", args=[case.pk, situation.pk]),
        reverse("casework:trail", args=[case.pk]),
        reverse("api:case", args=[case.pk]),
        reverse("reports:situation_draft", args=[situation.draft_id]),
        f"{reverse('reports:situation_new')}?case={case.pk}",
    ]
    for other in others:
        client = as_(other)
        for address in addresses:
            answered = client.get(address).status_code
            no_door = address.startswith(reverse("reports:situation_new")) and not may_open_situation(other)
            assert answered == (403 if no_door else 404), (other.agency, address, answered)
        found = client.post(reverse("cases:search"), {"q": "Amina"})
        for answered in (client.get(reverse("cases:list")), client.get("/"), found):
            assert answered.status_code == 200
            text = answered.content.decode()
            assert case.reference not in text and str(case.pk) not in text, other.agency
        with acting_as(other):
            assert not Situation.objects.exists() and not ChildExposure.objects.exists()
            assert not Case.objects.visible_to(other).exists() and not CasePerson.objects.exists()
            assert not CaseEvent.objects.exists() and not Notice.objects.filter(case_id=case.pk).exists()


def test_police_that_join_later_read_nothing_of_the_situation(world, nurse, situation):
    case = situation.case
    with acting_as(nurse):
        decide(
            by=nurse,
            case=case,
            recipient=world.officer.agency,
            side=ParticipationSide.NEUTRAL,
            way_in=WayIn.REFERRAL,
            basis=Basis.SHARED_SECRET,
            grants=["identity:victim", "contact:victim"],
            contributes=True,
            necessity="Pour sa protection.",
        )
    client = as_(world.officer)
    assert client.get(reverse("cases:summary", args=[case.pk])).status_code == 200
    summary = client.get(reverse("cases:summary", args=[case.pk])).content.decode()
    assert (
        "rentrer avec ça" not in summary and reverse("reports:situation", args=[case.pk, situation.pk]) not in summary
    )
    assert client.get(reverse("reports:situation", args=[case.pk, situation.pk])).status_code == 404
    listed = client.get(reverse("reports:situations", args=[case.pk]))
    assert listed.status_code == 200 and str(situation.pk) not in listed.content.decode()
    with acting_as(world.officer):
        assert not Situation.objects.exists() and not ChildExposure.objects.exists()
        assert not CaseEvent.objects.filter(code=EventCode.SITUATION_RECORDED).exists()


def test_what_police_write_later_is_not_opened_to_the_service_that_began(world, nurse, situation):
    with acting_as(nurse):
        decide(
            by=nurse, case=situation.case, recipient=world.officer.agency, side=ParticipationSide.NEUTRAL,
            way_in=WayIn.REFERRAL, basis=Basis.SHARED_SECRET, grants=["identity:victim", "identity:perpetrator"],
            contributes=True, necessity="Pour sa protection.",
        )  # fmt: skip
    access = access_of(nurse, situation.case)
    opened = {category for category, _side in access.categories}
    assert not opened & {Category.FACTS, Category.JUDICIAL, Category.LEVEL, Category.RISK}


def test_a_service_that_opens_a_case_by_names_alone_grants_itself_nothing_of_police(world, nurse):
    """It used to: facts, judicial records and the level of whatever police would write there later."""
    for member in (nurse, world.shelter, world.programme):
        with acting_as(member):
            case = new_case(member, Names(victim_family_name="Test", perpetrator_family_name="inconnu"))
        access = access_of(member, case)
        opened = {category for category, _side in access.categories}
        assert not opened & {Category.FACTS, Category.JUDICIAL, Category.LEVEL, Category.RISK}, member.agency
        assert access.contribute
    assert {side for _category, side in access.categories} == {Side.PERPETRATOR}, "the programme: what is about him"
    with acting_as(world.officer):
        case = new_case(world.officer, Names(victim_family_name="Test", perpetrator_family_name="inconnu"))
    assert access_of(world.officer, case).can(Category.FACTS, Side.CASE), "police read what they record"


# --- joined ---------------------------------------------------------------------------------------------------------
def test_a_case_of_the_service_is_joined(nurse, situation):
    second = make_situation(nurse, situation.case, source="noticed", victim_phone="0470 99 88 77")
    assert second.case_id == situation.case_id
    with acting_as(nurse):
        assert CasePerson.objects.filter(case=second.case, role=PersonRole.VICTIM).count() == 1
        assert ContactPoint.objects.filter(case=second.case).count() == 2
        assert SharingDecision.objects.filter(case=second.case).count() == 1


def test_a_refusal_said_later_stands_beside_the_numbers_already_written(nurse, situation):
    def warnings():
        with acting_as(nurse):
            case = Case.objects.get(pk=situation.case_id)
            return [contact["warn"] for contact in safe_contacts(case, access_of(nurse, case))]

    with translation.override("en"):
        assert not any("does not wish" in warning for warning in warnings())
        nothing = {f"victim_phone{what}": None for what in ("", "_safe", "_say")}
        make_situation(nurse, situation.case, source="noticed", may_contact="no", **nothing)
        assert warnings() and all("does not wish" in warning for warning in warnings())


def test_a_case_one_may_not_see_is_not_joined(world, nurse):
    case = make_report(world.officer).case
    address = f"{reverse('reports:situation_new')}?case={case.pk}"
    client = as_(nurse)
    assert client.get(address).status_code == 404
    assert client.post(reverse("reports:situation_new"), {"case": case.pk}).status_code == 404
    assert client.get(f"{reverse('reports:situation_new')}?case=nothing").status_code == 404
    draft = begin(nurse)
    with acting_as(nurse):
        assert ReportDraft.objects.filter(pk=draft.pk).update(joins_case=case) == 1
    with acting_as(nurse), pytest.raises(Http404):
        record_situation(by=nurse, draft_id=draft.pk, data=situation_data())


def test_a_case_one_only_reads_is_not_joined(world, nurse, situation):
    reads = make_member(make_agency(AgencyKind.SCHOOL))
    with acting_as(nurse):
        decide(
            by=nurse, case=situation.case, recipient=reads.agency, side=ParticipationSide.VICTIM,
            way_in=WayIn.REFERRAL, basis=Basis.SHARED_SECRET, grants=["identity:victim"], necessity="Pour l’école.",
        )  # fmt: skip
    assert as_(reads).get(f"{reverse('reports:situation_new')}?case={situation.case_id}").status_code == 403


def test_who_is_kept_out_of_the_case_reads_neither_it_nor_the_draft_that_joins_it(nurse, situation):
    colleague, manager = make_member(nurse.agency), make_member(nurse.agency, Role.MANAGER)
    draft = begin(nurse, situation.case)
    addresses = [
        reverse("reports:situation", args=[situation.case_id, situation.pk]),
        reverse("reports:situation_draft", args=[draft.pk]),
    ]
    assert [as_(colleague).get(address).status_code for address in addresses] == [200, 200]
    with acting_as(manager):
        case, access = get_case(situation.case_id, manager)
        exclude(by=manager, case=case, access=access, user_id=colleague.user_id, reason="son frère")
    assert [as_(colleague).get(address).status_code for address in addresses] == [404, 404]


# --- his side -------------------------------------------------------------------------------------------------------
def test_what_he_told_stays_with_who_works_with_him(world):
    told = make_situation(
        world.programme, source="he_told", signs=None, perpetrator_given_name="Yvan", victim_given_name="Fatou",
        **{"children-0-given_name": "Noé", "children-0-exposure": "saw"},
    )  # fmt: skip
    assert told.side == Side.PERPETRATOR
    with acting_as(world.programme):
        assert not ContactPoint.objects.exists() and not ChildExposure.objects.exists()
        (event,) = CaseEvent.objects.filter(case=told.case)
        assert (event.category, event.side) == (Category.PSYCHOSOCIAL, Side.PERPETRATOR)
    access = access_of(world.programme, told.case)
    assert access.side == ParticipationSide.PERPETRATOR
    assert {side for _category, side in access.categories} == {Side.PERPETRATOR}
    client = as_(world.programme)
    assert client.get(reverse("reports:situation", args=[told.case_id, told.pk])).status_code == 200
    page = client.get(reverse("casework:situation_next", args=[told.case_id, told.pk])).content.decode()
    assert reverse("casework:situation_sheet", args=[told.case_id, told.pk]) not in page
    assert client.get(reverse("casework:situation_sheet", args=[told.case_id, told.pk])).status_code == 404


def test_another_service_that_works_with_him_opens_nothing_of_hers(world):
    member = make_member(make_agency(AgencyKind.PRISON_AID, side=AgencySide.PERPETRATOR))
    told = make_situation(member, source="he_told", signs=None, perpetrator_family_name="Morel")
    assert {side for _category, side in access_of(member, told.case).categories} == {Side.PERPETRATOR}


def test_the_form_asks_as_the_case_will_open(world, nurse):
    for member in (world.programme, world.shelter, world.eva, world.stranger, nurse):
        his = proposed_side(member.agency) == ParticipationSide.PERPETRATOR
        assert works_with_him(member) == his
    form = (
        as_(world.programme).get(reverse("reports:situation_draft", args=[begin(world.programme).pk])).content.decode()
    )
    assert 'name="victim_phone"' not in form and 'name="alone"' not in form and 'name="words_heard"' in form
