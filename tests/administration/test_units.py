"""Sections and neighbourhoods: who keeps them, what a wrong one is told, and that they open nothing."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import translation

from agencies import units
from agencies.acting import acting_as
from agencies.enums import UNIT_KINDS, AgencyKind, Role
from agencies.models import Unit
from agencies.perms import may_keep_units
from common.errors import RuleBroken
from tests.actors import as_
from tests.factories import make_agency, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def manager(world):
    return make_member(world.prosecutor.agency, Role.MANAGER)


def typed(**changes) -> dict:
    return {"name": "Section Famille", "territory": "1210, 1030", "reference_person": ""} | changes


def test_a_manager_opens_changes_and_ends_a_section(world, manager):
    agency, browser = manager.agency, as_(manager)
    page = browser.get(reverse("administration:agency", args=[agency.pk])).content.decode()
    assert reverse("administration:units", args=[agency.pk]) in page
    sent = typed(reference_person=str(world.prosecutor.user_id))
    assert browser.post(reverse("administration:unit_new", args=[agency.pk]), sent).status_code == 302
    with acting_as(manager):
        unit = Unit.objects.get(agency=agency)
    assert (unit.name, unit.territory) == ("Section Famille", ["1030", "1210"])
    assert unit.reference_person_id == world.prosecutor.user_id
    listed = browser.get(reverse("administration:units", args=[agency.pk])).content.decode()
    assert "Section Famille" in listed and world.prosecutor.user.full_name in listed
    there = reverse("administration:unit_edit", args=[agency.pk, unit.pk])
    assert "1030 1210" in browser.get(there).content.decode()
    assert browser.post(there, typed(name="Section Jeunesse 🧒")).status_code == 302
    unit.refresh_from_db()
    assert unit.name == "Section Jeunesse 🧒" and unit.reference_person_id is None
    assert browser.post(reverse("administration:unit_end", args=[agency.pk, unit.pk])).status_code == 302
    assert browser.get(there).status_code == 404
    with acting_as(manager):
        assert not units.units_of(agency).exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 10_000}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"territory": "1210 Paris"}, "territory"),
        ({"territory": "1210\x00"}, "territory"),
        ({"reference_person": "nobody"}, "reference_person"),
        ({"reference_person": str(uuid4())}, "reference_person"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(manager, changes, field):
    sent = typed(**changes)
    response = as_(manager).post(reverse("administration:unit_new", args=[manager.agency_id]), sent)
    assert response.status_code == 422 and set(response.context["form"].errors) == {field}
    assert response.context["form"]["territory"].value() == sent["territory"]
    with acting_as(manager):
        assert not Unit.objects.exists()


def test_nobody_of_elsewhere_answers_for_it_and_one_name_is_one_section(world, manager):
    values = {"name": "Section Famille", "territory": [], "reference_person": world.officer.user_id}
    with acting_as(manager):
        with pytest.raises(RuleBroken) as broken:
            units.create(by=manager, agency_id=manager.agency_id, values=values)
        assert set(broken.value.errors) == {"reference_person"}
        values["reference_person"] = None
        first = units.create(by=manager, agency_id=manager.agency_id, values=values)
        with pytest.raises(RuleBroken) as broken:
            units.create(by=manager, agency_id=manager.agency_id, values=values)
        assert set(broken.value.errors) == {"name"}
        units.end(by=manager, unit_id=first.pk)
        assert units.create(by=manager, agency_id=manager.agency_id, values=values).pk != first.pk


@pytest.mark.parametrize("kind", AgencyKind.values)
def test_only_offices_and_cells_are_divided_by_who_administers_them(world, kind):
    agency = make_agency(kind)
    for role in (Role.READER, Role.PRACTITIONER, Role.REFERENT, Role.MANAGER, Role.AGENCY_ADMINISTRATOR):
        keeps = may_keep_units(make_member(agency, role), agency)
        assert keeps == (kind in UNIT_KINDS and role in (Role.MANAGER, Role.AGENCY_ADMINISTRATOR)), role
    assert may_keep_units(world.platform_admin, agency) == (kind in UNIT_KINDS)
    assert not may_keep_units(world.eva_manager, agency) and not may_keep_units(None, agency)


def test_another_agencys_are_out_of_sight(world, manager):
    with acting_as(world.eva_manager):
        mine = units.create(
            by=world.eva_manager, agency_id=world.eva_manager.agency_id, values={"name": "Quartier Nord"}
        )
    browser = as_(manager)
    for name in ("unit_edit", "unit_end"):
        for agency in (manager.agency_id, world.eva_manager.agency_id):
            there = reverse(f"administration:{name}", args=[agency, mine.pk])
            assert browser.post(there, typed()).status_code == 404
    mine.refresh_from_db()
    assert mine.name == "Quartier Nord" and mine.ended_at is None
    assert (
        as_(world.police_manager).get(reverse("administration:units", args=[world.officer.agency_id])).status_code
        == 404
    ), "a police zone is not divided"


def test_a_postal_code_in_two_of_them_is_told_with_the_one_it_goes_to(world, manager):
    agency, browser = manager.agency, as_(manager)
    browser.cookies["django_language"] = "en"
    new = reverse("administration:unit_new", args=[agency.pk])
    told = browser.post(new, typed(), follow=True).content.decode()
    assert "what happened there" not in told
    told = browser.post(new, typed(name="Jeunesse", territory="1210 1000"), follow=True).content.decode()
    assert "1210 stands in Jeunesse, Section Famille: what happened there goes to Jeunesse." in told
    assert "1030 stands" not in told and "1000 stands" not in told
