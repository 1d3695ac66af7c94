"""The page that says whom to call: never a service of hers to his side, never who is kept out of the case."""

import re
from datetime import timedelta

import pytest
from django.utils import translation

from administration import protocols
from agencies import reference_persons
from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide, Theme
from agencies.models import Agency
from audit.models import AuditEvent
from cases.access import get_case
from cases.models import CasePerson
from casework.restricting import exclude, restrict
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.ids import uuid7
from tests.actors import all_of_his_side
from tests.cases.helpers import Queries, as_, bring_in, text, url
from tests.factories import make_agency, make_member, make_report
from tests.referrals_acts import accept, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def case(world):
    return make_report(world.officer).case


def reach(agency: Agency, **numbers) -> None:
    with system_context(SystemContext.REFERENCE):
        for name, value in numbers.items():
            setattr(agency, name, value)
        agency.save()


def theme(by, member, theme=Theme.MIGRATION, phone="02 555 10 10", hours="mornings"):
    values = {"theme": theme, "user": member.user_id, "phone": phone, "hours": hours}
    with acting_as(by):
        return reference_persons.name_person(by=by, agency_id=member.agency_id, values=values)


def agree(world, *members, title="Protocole de collaboration", channel="ligne directe 02 555 99 99", **changes):
    values = {
        "title": title, "purpose": "Se passer le relais", "categories": ["identity", "contact"],
        "legal_basis": "Convention", "channel": channel, "starts_on": local(now()).date() - timedelta(days=1),
    }  # fmt: skip
    with acting_as(world.platform_admin):
        return protocols.record(
            by=world.platform_admin, protocol_id=uuid7(), values=values | changes,
            parties=[member.agency_id for member in members],
        )  # fmt: skip


def page(member, case) -> str:
    response = as_(member).get(url("casework:contacts", case), headers={"accept-language": "en"})
    assert response.status_code == 200
    return re.sub(r"\s+", " ", text(response))


def test_two_clicks_from_a_case_a_colleague_finds_whom_to_call(world, case):
    reach(world.shelter.agency, professional_phone="02/555.20.20")
    accept(world.shelter, send(world.officer, case, world.shelter))
    theme(world.agency_admin, world.shelter)
    agree(world, world.officer, world.shelter)
    assert url("casework:contacts", case) in text(as_(world.officer).get(url("cases:summary", case)))
    seen = page(world.officer, case)
    assert "Maison du Tilleul" in seen and 'href="tel:025552020"' in seen
    assert world.shelter.user.full_name in seen and 'href="tel:025551010"' in seen and "mornings" in seen
    assert "Protocole de collaboration" in seen and "ligne directe 02 555 99 99" in seen
    assert "answer awaited" not in seen


def test_a_service_that_has_not_answered_is_shown_as_such_and_one_that_takes_no_part_is_not(world, case):
    send(world.officer, case, world.shelter)
    theme(world.platform_admin, make_member(world.stranger.agency, given_name="Zoé", family_name="Ailleurs-Test"))
    agree(world, world.officer, world.stranger, title="Protocole sans rapport")
    seen = page(world.officer, case)
    assert "Maison du Tilleul" in seen and "answer awaited" in seen and "none in force" in seen
    for other in ("CPAS Est", "Ailleurs-Test", "Protocole sans rapport"):
        assert other not in seen
    for member in (world.stranger, world.shelter, world.other_officer):
        assert as_(member).get(url("casework:contacts", case)).status_code == 404


def test_his_side_reads_his_own_services_and_none_that_follows_her(world, case):
    """Whatever leads to one of hers: a decision, a referral accepted or awaited, a theme, a protocol, the lead."""
    reach(world.shelter.agency, professional_phone="02 555 20 20", duty_phone="02 555 20 21")
    accept(world.shelter, send(world.officer, case, world.shelter))
    asked = make_member(make_agency(AgencyKind.HOSPITAL, "Hôpital du Parc", side=AgencySide.VICTIM))
    send(world.officer, case, asked)
    theme(world.platform_admin, make_member(world.shelter.agency, given_name="Odile", family_name="Refuge-Test"))
    theme(world.platform_admin, make_member(world.officer.agency, given_name="Irène", family_name="Zone-Test"))
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    theme(
        world.platform_admin, make_member(world.programme.agency, given_name="Paul", family_name="Passerelle-Test"),
        Theme.PERPETRATORS,
    )  # fmt: skip
    his = all_of_his_side(world, case)
    parties = (his, world.programme, world.shelter, world.officer, asked)
    agree(world, *parties, title="Protocole du district", channel="plateforme")
    for member in (his, world.programme):
        seen = page(member, case)
        hers = ("Tilleul", "Parquet", "Hôpital", "Odile", "Irène", "555 20", "5552020", "EVA", "Zone de police")
        for word in hers:
            assert word not in seen, f"{word} is told to {member.agency}"
    seen = page(his, case)
    assert "Programme Passerelle" in seen and "Paul Passerelle-Test" in seen and "Protocole du district" in seen
    with acting_as(his):
        assert {each["object_kind"] for each in _reads(case, his)} == {"cases.contacts"}


def _reads(case, member):
    return AuditEvent.objects.filter(case_id=case.pk, agency_id=member.agency_id, action="read").values("object_kind")


def test_where_his_side_sent_her_before_it_stood_there_is_no_longer_told(world, case):
    """A hospital referred her, then took him on: what it sent for her is not on its page any more."""
    hospital = make_member(make_agency(AgencyKind.HOSPITAL, "Hôpital du Parc"))
    hers = [f"{each}:victim" for each in ("identity", "contact", "psychosocial", "health", "children", "migration")]
    bring_in(case, world.officer, hospital, [*hers, "identity:perpetrator"], side="neutral")
    send(hospital, case, world.shelter)
    assert "Tilleul" in page(hospital, case)
    bring_in(case, world.officer, hospital, ["identity:perpetrator"], side="perpetrator")
    with acting_as(hospital):
        _case, access = get_case(case.pk, hospital)
    assert access.side == "perpetrator"
    assert "Tilleul" not in page(hospital, case)


def test_who_is_kept_out_of_the_case_is_nobody_to_call(world, case):
    knows_him = make_member(world.officer.agency, given_name="Bruno", family_name="Cousin-Test")
    theme(world.police_manager, knows_him)
    assert "Bruno Cousin-Test" in page(world.officer, case)
    manager = world.police_manager
    with acting_as(manager):
        found, access = get_case(case.pk, manager)
        exclude(by=manager, case=found, access=access, user_id=knows_him.user_id, reason="his cousin")
    assert "Bruno Cousin-Test" not in page(world.officer, case)


def test_a_restricted_case_shows_only_those_named_in_it(world, case):
    outside = make_member(world.officer.agency, given_name="Bruno", family_name="Dehors-Test")
    theme(world.police_manager, outside)
    referent = make_member(world.officer.agency, "referent", given_name="Ada", family_name="Dedans-Test")
    theme(world.police_manager, referent, Theme.CHILDREN)
    with acting_as(referent):
        found, access = get_case(case.pk, referent)
        restrict(by=referent, case=found, access=access, named=(), reason="a colleague")
    seen = page(referent, case)
    assert "Bruno Dehors-Test" not in seen and "restricted to named persons" in seen
    assert re.search(r"Children</dt> <dd>Ada Dedans-Test", seen)


def test_more_services_and_people_cost_no_more_queries(world, case):
    with Queries() as few:
        page(world.officer, case)
    for number in range(4):
        member = make_member(make_agency(AgencyKind.SHELTER, f"Maison {number}", side=AgencySide.VICTIM))
        accept(member, send(world.officer, case, member))
        theme(world.platform_admin, member)
        theme(world.platform_admin, member, Theme.CHILDREN)
        agree(world, world.officer, member, title=f"Protocole {number}")
    page(world.officer, case)
    with Queries() as many:
        seen = page(world.officer, case)
    assert "Maison 3" in seen and many.count <= few.count + 1


def test_people_of_the_case_are_not_on_this_page(world, case):
    with acting_as(world.officer):
        names = [each.person.family_name for each in CasePerson.objects.filter(case=case).select_related("person")]
    seen = page(world.officer, case)
    main = seen[seen.index("Whom to call") :]
    assert names and not any(name and name in main for name in names)
