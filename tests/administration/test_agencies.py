"""Agencies opened, changed and closed by a platform administrator, and by nobody else."""

import pytest
from django.urls import reverse

from administration.index import GROUPS
from agencies.models import Agency
from agencies.services import parse_codes
from audit.models import LogEntry
from cases.models import Case
from common.errors import RuleBroken
from tests.factories import make_report

pytestmark = pytest.mark.django_db


def values(**changes) -> dict:
    data = {
        "name": "Centre Clair-Matin",
        "short_name": "Clair-Matin",
        "kind": "victim_support",
        "phase": "2",
        "side": "victim",
        "parent": "",
        "languages": ["fr", "ar"],
        "territory": "1210, 1030 1210",
        "public_contact": "02 555 10 10",
        "professional_phone": "02 555 10 11",
        "professional_email": "equipe@example.org",
        "duty_phone": "0470 12 34 56",
        "public_duty_phone": "02 555 10 12",
        "accepts_referrals": "on",
        "capacity": "12",
        "answer_hours": "24",
    }
    return {name: value for name, value in (data | changes).items() if value is not None}


@pytest.fixture
def platform(client, world):
    client.force_login(world.platform_admin.user)
    return client


def test_every_page_of_the_administration_is_one_click_from_its_index_with_a_line(platform):
    page = platform.get(reverse("administration:home")).content.decode()
    lists = {
        f"administration:{name}"
        for name in (
            "agencies", "partnerships", "protocols", "trainings", "pathways", "gaps", "grids", "repeat_rules",
            "defaults", "handouts", "help_numbers", "guides", "hints", "imports", "rights", "access_list",
            "case_access", "proof",
        )
    }  # fmt: skip
    entries = [entry for group in GROUPS for entry in group.entries]
    assert {entry.name for entry in entries} == lists | {"trainings:calendar"}
    for entry in entries:
        assert f'href="{reverse(entry.name)}"' in page and str(entry.about)
        assert platform.get(reverse(entry.name)).status_code == 200, entry.name


def test_an_agency_is_opened_with_its_group(platform, world):
    response = platform.post(reverse("administration:agency_new"), values())
    agency = Agency.objects.get(name="Centre Clair-Matin")
    assert response.status_code == 302 and response.url == reverse("administration:agency", args=[agency.pk])
    assert agency.group_id and not agency.group.permissions.exists()
    assert agency.territory == ["1030", "1210"] and agency.languages == ["fr", "ar"]
    assert (agency.phase, agency.capacity, agency.answer_hours, agency.accepts_referrals) == (2, 12, 24, True)
    page = platform.get(response.url).content.decode()
    assert "Centre Clair-Matin" in page and "1030, 1210" in page and "02 555 10 12" in page


def test_a_service_without_an_account_has_nobody_and_invites_nobody(platform, world):
    platform.post(reverse("administration:agency_new"), values(without_account="on"))
    outside = Agency.objects.get(name="Centre Clair-Matin")
    assert outside.without_account
    person = {"email": "zoe@example.org", "given_name": "Zoé", "family_name": "Lys", "role": "practitioner"}
    refused = platform.post(reverse("administration:invite", args=[outside.pk]), person)
    assert refused.status_code == 403 and not outside.memberships.exists() and not outside.invitations.exists()
    shelter = world.shelter.agency
    address = reverse("administration:agency_edit", args=[shelter.pk])
    answer = platform.post(address, values(name=shelter.name, kind="shelter", without_account="on"))
    shelter.refresh_from_db()
    assert answer.status_code == 422 and not shelter.without_account


def test_the_change_is_on_record_with_its_author(platform, world):
    platform.post(reverse("administration:agency_new"), values())
    agency = Agency.objects.get(name="Centre Clair-Matin")
    platform.post(reverse("administration:agency_edit", args=[agency.pk]), values(duty_phone="02 555 99 99"))
    agency.refresh_from_db()
    assert agency.duty_phone == "02 555 99 99"
    from agencies.acting import acting_as

    with acting_as(world.platform_admin):
        entries = LogEntry.objects.filter(object_pk=str(agency.pk), content_type__model="agency")
        assert {entry.actor_id for entry in entries} == {world.platform_admin.user_id}
        assert any("duty_phone" in entry.changes for entry in entries)


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"name": ""}, "name"),
        ({"name": "Maison du Tilleul"}, "name"),
        ({"kind": "castle"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"territory": "1210, 99, abc"}, "territory"),
        ({"duty_phone": "call me"}, "duty_phone"),
        ({"public_duty_phone": "call me"}, "public_duty_phone"),
        ({"professional_phone": "1"}, "professional_phone"),
        ({"professional_email": "nobody"}, "professional_email"),
        ({"answer_hours": "0"}, "answer_hours"),
        ({"answer_hours": "9" * 30}, "answer_hours"),
        ({"capacity": "-1"}, "capacity"),
        ({"languages": ["klingon"]}, "languages"),
        ({"parent": "not-an-id"}, "parent"),
        ({"name": "Nul\x00le"}, "name"),
    ],
)
def test_what_is_wrong_is_said_by_the_field_and_nothing_is_saved(platform, changes, field):
    before = Agency.objects.count()
    response = platform.post(reverse("administration:agency_new"), values(**changes))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert "error-summary" in response.content.decode()
    assert Agency.objects.count() == before


def test_an_agency_never_stands_under_itself(platform, world):
    zone, cell = world.officer.agency, world.eva.agency
    body = values(name=zone.name, short_name=zone.short_name, kind=zone.kind, parent=str(cell.pk))
    response = platform.post(reverse("administration:agency_edit", args=[zone.pk]), body)
    assert response.status_code == 422 and "parent" in response.context["form"].errors


def test_a_coordination_with_platform_roles_stays_one(platform, world):
    own = world.platform_admin.agency
    body = values(name=own.name, short_name=own.short_name, kind="police")
    response = platform.post(reverse("administration:agency_edit", args=[own.pk]), body)
    assert response.status_code == 422 and "kind" in response.context["form"].errors


def test_a_closed_agency_shuts_its_people_out_at_once_and_opens_again(platform, client, world):
    make_report(world.officer)
    url = reverse("administration:agency_active", args=[world.officer.agency_id])
    assert platform.post(url, {"active": "no"}).status_code == 302
    from agencies.models import Membership

    assert not Membership.objects.live().filter(pk=world.officer.pk).exists()
    assert platform.post(url, {"active": "yes"}).status_code == 302
    assert Membership.objects.live().filter(pk=world.officer.pk).exists()


def test_nobody_closes_the_agency_they_act_for(platform, world):
    url = reverse("administration:agency_active", args=[world.platform_admin.agency_id])
    assert platform.post(url, {"active": "no"}).status_code == 403
    assert Agency.objects.get(pk=world.platform_admin.agency_id).is_active


def test_the_list_filters_by_kind_and_name(platform, world):
    page = platform.get(reverse("administration:agencies"), {"kind": "shelter"}).content.decode()
    assert "Maison du Tilleul" in page and "CPAS Est" not in page
    page = platform.get(reverse("administration:agencies"), {"name": "cpas"}).content.decode()
    assert "CPAS Est" in page and "Maison du Tilleul" not in page
    assert platform.get(reverse("administration:agencies"), {"name": "\x00", "kind": "x"}).status_code == 200
    assert platform.get(reverse("administration:agencies"), {"cursor": "forged"}).status_code == 200


def test_an_agency_administrator_lands_on_their_own_agency_and_sees_no_other(client, world):
    client.force_login(world.agency_admin.user)
    own = reverse("administration:agency", args=[world.agency_admin.agency_id])
    response = client.get(reverse("administration:home"))
    assert response.status_code == 302 and response.url == own
    assert client.get(own).status_code == 200
    for name in ("agency", "agency_edit", "invite"):
        assert client.get(reverse(f"administration:{name}", args=[world.officer.agency_id])).status_code == 404
    assert client.get(reverse("administration:agency_edit", args=[world.agency_admin.agency_id])).status_code == 403
    assert client.get(reverse("administration:agency_new")).status_code == 403


def test_what_each_may_do_is_computed(platform, world):
    page = platform.get(reverse("administration:rights"))
    roles = {role.value: [cell for _act, cell in cells] for role, cells in page.context["roles"]}
    assert roles["reader"][0].answer == "yes" and roles["reader"][1].answer == "no"
    assert roles["practitioner"][2].answer == "some", "only the police record police reports"
    assert roles["platform_administrator"][0].answer == "no"
    openings = dict(page.context["openings"])
    assert [row.kinds for row in openings["j2_contact"]] == [()]
    assert len(openings["complaint"]) == 1 and openings["complaint"][0].kinds
    assert "à confirmer par un juriste avant usage" in page.content.decode()
    english = platform.get(reverse("administration:rights"), headers={"accept-language": "en"}).content.decode()
    assert "to be confirmed by a jurist before use" in english


def test_a_platform_administrator_sees_no_case(platform, world):
    make_report(world.officer)
    from agencies.acting import acting_as

    with acting_as(world.platform_admin):
        assert not Case.objects.exists()


def test_postal_codes_are_read_as_people_type_them():
    assert parse_codes(" 4000,1210;1030\n1210 ") == ["1030", "1210", "4000"]
    assert parse_codes("") == []
    with pytest.raises(RuleBroken) as refused:
        parse_codes("1210 0123 12")
    assert set(refused.value.errors) == {"territory"}
