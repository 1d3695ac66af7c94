"""Protocols and reference persons: who keeps them, who reads them, what a wrong one is told."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import translation

from administration import protocols
from agencies import protocols as signed
from agencies import reference_persons
from agencies.acting import acting_as
from agencies.enums import Role, Theme
from agencies.models import Membership, Protocol, ProtocolParty, ReferencePerson
from agencies.services import end_membership
from common.clock import local, now, travel
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from tests.actors import as_
from tests.factories import make_member

pytestmark = pytest.mark.django_db

EN = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def today():
    return local(now()).date()


def typed(*members: Membership, **changes) -> dict:
    return {
        "key": str(uuid7()),
        "title": "Protocole d'accueil",
        "parties": [str(member.agency_id) for member in members],
        "purpose": "Se passer le relais le jour même.",
        "categories": ["identity", "contact"],
        "legal_basis": "Convention du district",
        "channel": "ligne directe",
        "modalities": "",
        "reference": "",
        "starts_on": str(today()),
        "ends_on": "",
    } | changes


def write(world, *members, old=None, **changes) -> Protocol:
    values = typed(*members, **changes)
    values |= {"starts_on": changes.get("starts_on", today()), "ends_on": changes.get("ends_on")}
    key, parties = values.pop("key"), [member.agency_id for member in members]
    values.pop("parties")
    by = world.platform_admin
    with acting_as(by):
        if old is None:
            return protocols.record(by=by, protocol_id=key, values=values, parties=parties)
        return protocols.replace(by=by, old_id=old.pk, protocol_id=key, values=values, parties=parties)


def between(first: Membership, second: Membership) -> list[Protocol]:
    with acting_as(first):
        return signed.in_force_between(first.agency, second.agency)


# --- protocols ------------------------------------------------------------------------------------------------
def test_it_is_recorded_once_read_by_those_who_signed_and_by_nobody_else(world):
    browser, sent = as_(world.platform_admin), typed(world.officer, world.shelter)
    answers = [browser.post(reverse("administration:protocol_new"), sent) for _each in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    found = Protocol.objects.get()
    assert ProtocolParty.objects.filter(protocol=found).count() == 2
    there, everywhere = reverse("administration:protocol", args=[found.pk]), reverse("administration:protocols")
    for member in (world.officer, world.reader, world.shelter, world.agency_admin, world.platform_admin):
        assert "Protocole d&#x27;accueil" in as_(member).get(everywhere).content.decode()
        page = as_(member).get(there, headers=EN).content.decode()
        assert "Convention du district" in page and "confirmed by a jurist" in page and "Maison du Tilleul" in page
    for member in (world.stranger, world.programme, world.prosecutor, world.other_officer):
        assert "d&#x27;accueil" not in as_(member).get(everywhere).content.decode()
        assert as_(member).get(there).status_code == 404
    assert [each.pk for each in between(world.officer, world.shelter)] == [found.pk]
    assert between(world.officer, world.programme) == [] == between(world.officer, world.police_manager)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 10_000}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"channel": ""}, "channel"),
        ({"legal_basis": "\u202e" + "x" * 400}, "legal_basis"),
        ({"categories": ["secrets"]}, "categories"),
        ({"categories": []}, "categories"),
        ({"starts_on": "soon"}, "starts_on"),
        ({"ends_on": "2001-01-01"}, "ends_on"),
        ({"parties": []}, "parties"),
        ({"parties": [str(uuid4()), str(uuid4())]}, "parties"),
        ({"parties": ["nobody"]}, "parties"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(world, changes, field):
    sent = typed(world.officer, world.shelter) | changes
    response = as_(world.platform_admin).post(reverse("administration:protocol_new"), sent)
    assert response.status_code == 422 and set(response.context["form"].errors) == {field}
    assert response.context["form"]["purpose"].value() == sent["purpose"]
    assert not Protocol.objects.exists()


def test_one_service_agrees_with_nobody_and_a_closed_one_signs_nothing(world):
    for members in ((world.officer,), (world.officer, world.police_manager)):
        with pytest.raises(RuleBroken) as broken:
            write(world, *members)
        assert set(broken.value.errors) == {"parties"}


def test_the_one_that_replaces_it_holds_from_its_first_day_and_the_one_before_until_then(world):
    old = write(world, world.officer, world.shelter, starts_on=today() - timedelta(days=400))
    new = write(world, world.officer, world.shelter, old=old, title="Le nouveau", starts_on=today() + timedelta(days=5))
    assert [each.pk for each in between(world.officer, world.shelter)] == [old.pk]
    Protocol.objects.filter(pk=new.pk).update(starts_on=today())
    assert [each.pk for each in between(world.officer, world.shelter)] == [new.pk]
    page = as_(world.shelter).get(reverse("administration:protocol", args=[old.pk]), headers=EN).content.decode()
    assert "Le nouveau" in page and "no longer in force" in page
    with pytest.raises(RuleBroken):
        write(world, world.officer, world.shelter, old=old)
    with acting_as(world.platform_admin):
        protocols.end(by=world.platform_admin, protocol_id=new.pk)
    assert between(world.officer, world.shelter) == []


def test_one_taken_back_before_it_began_leaves_the_one_before_in_force(world):
    old = write(world, world.officer, world.shelter, starts_on=today() - timedelta(days=400))
    new = write(world, world.officer, world.shelter, old=old, starts_on=today() + timedelta(days=5))
    with acting_as(world.platform_admin):
        protocols.end(by=world.platform_admin, protocol_id=new.pk)
    Protocol.objects.filter(pk=new.pk).update(starts_on=today(), ended_at=now() - timedelta(days=2))
    assert [each.pk for each in between(world.officer, world.shelter)] == [old.pk]


def test_what_is_over_is_no_longer_agreed(world):
    past, coming = today() - timedelta(days=9), today() + timedelta(days=9)
    write(world, world.officer, world.shelter, title="Passé", starts_on=past, ends_on=past + timedelta(days=2))
    write(world, world.officer, world.shelter, title="À venir", starts_on=coming)
    assert between(world.officer, world.shelter) == []
    last = write(world, world.officer, world.shelter, title="Dernier jour", starts_on=past, ends_on=today())
    assert [each.pk for each in between(world.shelter, world.officer)] == [last.pk]


def test_a_service_left_out_of_the_new_one_keeps_the_old_and_does_not_learn_of_the_new(world):
    """A programme on his side signed; the services around her go on without it: who else signs is not its business."""
    old = write(world, world.officer, world.shelter, world.programme)
    new = write(world, world.officer, world.shelter, old=old, title="Sans le programme")
    browser = as_(world.programme)
    page = browser.get(reverse("administration:protocol", args=[old.pk]), headers=EN).content.decode()
    assert "Sans le programme" not in page and str(new.pk) not in page
    assert browser.get(reverse("administration:protocol", args=[new.pk])).status_code == 404
    assert between(world.programme, world.shelter) == []


def test_only_the_platform_administrator_keeps_them(world):
    found = write(world, world.officer, world.shelter)
    for member in (world.officer, world.police_manager, world.agency_admin):
        with acting_as(member), pytest.raises(Refused):
            signed.end(by=member, protocol_id=found.pk)
        assert as_(member).post(reverse("administration:protocol_end", args=[found.pk])).status_code == 403
        page = as_(member).get(reverse("administration:protocol", args=[found.pk])).content.decode()
        assert reverse("administration:protocol_end", args=[found.pk]) not in page
    assert as_(world.platform_admin).post(reverse("administration:protocol_end", args=[found.pk])).status_code == 302
    found.refresh_from_db()
    assert found.ended_at is not None


# --- reference persons ----------------------------------------------------------------------------------------
def person(member: Membership, **changes) -> dict:
    return {"theme": "migration", "user": str(member.user_id), "phone": "02 555 10 10", "hours": "le matin"} | changes


def test_an_agency_administrator_names_and_ends_and_sees_which_themes_nobody_answers_for(world):
    admin, agency = world.agency_admin, world.shelter.agency
    there, browser = reverse("administration:reference_persons", args=[agency.pk]), as_(admin)
    assert there in browser.get(reverse("administration:agency", args=[agency.pk])).content.decode()
    for _twice in range(2):
        assert browser.post(there, person(world.shelter)).status_code == 302
    row = ReferencePerson.objects.get()
    assert (row.user_id, row.agency_id, row.named_by_id) == (world.shelter.user_id, agency.pk, admin.user_id)
    page = browser.get(there, headers=EN).content.decode()
    assert world.shelter.user.full_name in page and "02 555 10 10" in page and "Nobody for: partner violence" in page
    again = browser.post(there, person(world.shelter, phone=""))
    assert again.status_code == 422 and set(again.context["form"].errors) == {"user"}
    end = reverse("administration:reference_person_end", args=[agency.pk, row.pk])
    assert [browser.post(end).status_code for _twice in range(2)] == [302, 302]
    assert reference_persons.reachable([agency]) == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"theme": ""}, "theme"),
        ({"theme": "origins"}, "theme"),
        ({"user": "nobody"}, "user"),
        ({"user": str(uuid4())}, "user"),
        ({"phone": "ask at the desk"}, "phone"),
        ({"phone": "0" * 10_000}, "phone"),
        ({"hours": "a\x00b"}, "hours"),
        ({"hours": "🙂" * 10_000}, "hours"),
    ],
)
def test_a_wrong_person_or_number_is_said(world, changes, field):
    there = reverse("administration:reference_persons", args=[world.shelter.agency_id])
    response = as_(world.agency_admin).post(there, person(world.shelter, **changes))
    assert response.status_code == 422 and set(response.context["form"].errors) == {field}
    assert not ReferencePerson.objects.exists()


def test_nobody_names_people_of_elsewhere_or_in_another_service(world):
    mine = reverse("administration:reference_persons", args=[world.shelter.agency_id])
    other = reverse("administration:reference_persons", args=[world.officer.agency_id])
    browser = as_(world.agency_admin)
    assert browser.post(mine, person(world.officer)).status_code == 422
    assert browser.get(other).status_code == browser.post(other, person(world.officer)).status_code == 404
    with acting_as(world.police_manager):
        values = {"theme": Theme.CHILDREN, "user": world.officer.user_id}
        row = reference_persons.name_person(by=world.police_manager, agency_id=world.officer.agency_id, values=values)
    for agency in (world.shelter.agency_id, world.officer.agency_id):
        end = reverse("administration:reference_person_end", args=[agency, row.pk])
        assert browser.post(end).status_code == 404
    row.refresh_from_db()
    assert row.ended_at is None
    for member in (world.officer, world.police_referent, world.reader):
        assert as_(member).get(other).status_code == 403


def test_who_has_left_is_not_reached_and_is_told_to_who_keeps_the_list(world):
    leaving = make_member(world.shelter.agency, Role.PRACTITIONER, given_name="Nora", family_name="Partie-Test")
    there = reverse("administration:reference_persons", args=[leaving.agency_id])
    as_(world.agency_admin).post(there, person(leaving))
    assert leaving.agency_id in reference_persons.reachable([leaving.agency_id])
    with travel(now() + timedelta(seconds=1)), acting_as(world.agency_admin):
        end_membership(by=world.agency_admin, member_id=leaving.pk)
    Membership.objects.filter(pk=leaving.pk).update(
        starts_at=now() - timedelta(days=9), ends_at=now() - timedelta(days=1)
    )
    assert reference_persons.reachable([leaving.agency_id]) == {}
    page = as_(world.agency_admin).get(there, headers=EN).content.decode()
    assert "Partie-Test" in page and "no longer works here" in page
