"""Partnerships: the act is whole, only the platform changes them, and what rested on one ends with it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from administration import partnerships as administered
from agencies import partnerships
from agencies.acting import acting_as
from agencies.enums import Role
from agencies.models import Partnership, PartnershipMember
from agencies.perms import may_read_partnerships
from audit.models import LogEntry
from cases.access import for_case
from cases.models import CasePerson
from common.clock import local, now
from common.errors import Refused, RuleBroken
from sharing.models import Basis, SharingDecision
from sharing.services import record_consent
from tests.actors import as_
from tests.factories import make_member, make_report
from tests.sharing.test_deciding import asked, decide, refusal

pytestmark = pytest.mark.django_db

TEXTS = ("name", "act", "purpose", "who_takes_part", "modalities")


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def typed(**changes) -> dict:
    data = {
        "name": "Dispositif de concertation Aurore",
        "kind": "dispositif",
        "act": "Autorisation motivée du procureur du Roi du 3 mars 2026 (fictive)",
        "purpose": "Protéger l'intégrité des personnes.",
        "who_takes_part": "Police, parquet, refuge.",
        "modalities": "Séances fermées, sur dossier.",
        "territory": "1210 1030",
        "ends_at": "",
    }
    return data | changes


def values(**changes) -> dict:
    return typed(territory=["1030"], ends_at=None) | changes


def open_one(world, *members, **changes) -> Partnership:
    with acting_as(world.platform_admin):
        found = partnerships.create(by=world.platform_admin, values=values(**changes))
        for member in members:
            partnerships.add_member(by=world.platform_admin, partnership_id=found.pk, agency_id=member.agency_id)
    return found


def sees(member, case) -> bool:
    with acting_as(member):
        return for_case(case, member).can("identity", "victim")


@pytest.mark.parametrize("missing", TEXTS)
def test_the_act_is_written_whole(world, missing):
    with acting_as(world.platform_admin), pytest.raises(RuleBroken) as broken:
        partnerships.create(by=world.platform_admin, values=values(**{missing: "  "}))
    assert set(broken.value.errors) == {missing}
    response = as_(world.platform_admin).post(reverse("administration:partnership_new"), typed(**{missing: " "}))
    assert response.status_code == 422 and missing in response.context["form"].errors
    with acting_as(world.platform_admin):
        assert not Partnership.objects.exists()


def test_one_name_one_partnership_and_no_end_in_the_past(world):
    open_one(world)
    with acting_as(world.platform_admin):
        with pytest.raises(RuleBroken, match="already has this name"):
            partnerships.create(by=world.platform_admin, values=values())
        with pytest.raises(RuleBroken, match="already past"):
            past = now() - timedelta(days=1)
            partnerships.create(by=world.platform_admin, values=values(name="Autre", ends_at=past))


def test_from_the_pages(world):
    browser = as_(world.platform_admin)
    until = (local(now()) + timedelta(days=90)).date()
    sent = browser.post(reverse("administration:partnership_new"), typed(ends_at=until.isoformat()))
    assert sent.status_code == 302
    with acting_as(world.platform_admin):
        found = Partnership.objects.get()
        assert found.territory == ["1030", "1210"]
        assert local(found.ends_at).date() == until + timedelta(days=1), "it holds through its last day"
    edit = reverse("administration:partnership_edit", args=[found.pk])
    assert browser.get(edit).context["form"].initial["ends_at"] == until
    assert browser.post(edit, typed(act="Loi fictive")).status_code == 302
    add = reverse("administration:partner_add", args=[found.pk])
    assert browser.post(add, {"agency": "x"}).status_code == 422
    assert browser.post(add, {"agency": str(world.shelter.agency_id), "coordinates": "on"}).status_code == 302
    assert browser.post(add, {"agency": str(world.shelter.agency_id)}).status_code == 422
    page = reverse("administration:partnership", args=[found.pk])
    text = browser.get(page).content.decode()
    assert "Loi fictive" in text and "Maison du Tilleul" in text
    with acting_as(world.platform_admin):
        member = PartnershipMember.objects.get()
        assert member.coordinates
    assert browser.post(reverse("administration:partner_end", args=[member.pk])).status_code == 302
    assert browser.post(reverse("administration:partnership_end", args=[found.pk])).status_code == 302
    text = browser.get(page).content.decode()
    assert edit not in text and add not in text
    assert browser.post(edit, typed()).status_code == 422, "what has ended is not changed"
    assert browser.post(add, {"agency": str(world.eva.agency_id)}).status_code == 422
    with acting_as(world.platform_admin):
        assert LogEntry.objects.filter(object_pk=str(found.pk)).count() >= 3, "who changed what is on record"


def test_coordinators_read_and_do_not_change(world):
    coordinator = make_member(world.platform_admin.agency, Role.COORDINATOR)
    assert may_read_partnerships(coordinator) and not may_read_partnerships(world.officer)
    found = open_one(world, world.shelter)
    browser = as_(coordinator)
    for name, args in (("partnerships", []), ("partnership", [found.pk])):
        response = browser.get(reverse(f"administration:{name}", args=args))
        assert response.status_code == 200 and "/edit/" not in response.content.decode()
        assert as_(world.officer).get(reverse(f"administration:{name}", args=args)).status_code == 403
    assert browser.get(reverse("administration:partnership_new")).status_code == 403
    with acting_as(coordinator):
        member = PartnershipMember.objects.get()
        for act in (
            lambda: partnerships.create(by=coordinator, values=values(name="Autre")),
            lambda: administered.change(by=coordinator, partnership_id=found.pk, values=values()),
            lambda: administered.end(by=coordinator, partnership_id=found.pk),
            lambda: partnerships.add_member(by=coordinator, partnership_id=found.pk, agency_id=world.eva.agency_id),
            lambda: administered.end_member(by=coordinator, member_id=member.pk),
        ):
            with pytest.raises(Refused):
                act()


def test_once_something_rests_on_it_the_act_is_not_changed(world):
    case = make_report(world.officer).case
    found = open_one(world, world.officer, world.shelter)
    decide(world.officer, case, asked(world.shelter, Basis.CONSULTATION, partnership_id=found.pk))
    edit = reverse("administration:partnership_edit", args=[found.pk])
    browser = as_(world.platform_admin)
    assert browser.post(edit, typed(purpose="Autre chose")).status_code == 422
    assert edit not in browser.get(reverse("administration:partnership", args=[found.pk])).content.decode()
    with acting_as(world.platform_admin):
        assert Partnership.objects.get().purpose == values()["purpose"]


@pytest.mark.parametrize("how", ["partnership", "recipient", "sender"])
def test_what_rested_on_it_ends_with_it(world, how):
    case = make_report(world.officer).case
    found = open_one(world, world.officer, world.shelter, world.stranger)
    for member in (world.shelter, world.stranger):
        decide(world.officer, case, asked(member, Basis.CONSULTATION, partnership_id=found.pk))
    with acting_as(world.platform_admin):
        if how == "partnership":
            _found, ended = administered.end(by=world.platform_admin, partnership_id=found.pk)
        else:
            leaving = world.shelter if how == "recipient" else world.officer
            member = PartnershipMember.objects.get(agency=leaving.agency)
            _member, ended = administered.end_member(by=world.platform_admin, member_id=member.pk)
    assert ended == (1 if how == "recipient" else 2)
    assert not sees(world.shelter, case)
    assert sees(world.stranger, case) is (how == "recipient")
    assert sees(world.officer, case), "its own record stays"
    assert "partnership" in refusal(
        world.officer, case, asked(world.shelter, Basis.CONSULTATION, partnership_id=found.pk)
    )


def test_a_consent_for_its_members_opens_nothing_more_to_who_left(world):
    case = make_report(world.officer).case
    found = open_one(world, world.shelter, world.stranger)
    with acting_as(world.officer):
        consent = record_consent(
            by=world.officer, subject=CasePerson.objects.get(case=case, role="victim"), partnership=found,
            categories=["identity"], purpose="x", given_how="oral", explained="x",
        )  # fmt: skip
    for member in (world.shelter, world.stranger):
        decide(world.officer, case, asked(member, Basis.CONSENT, consent_id=consent.pk))
    with acting_as(world.platform_admin):
        leaving = PartnershipMember.objects.get(agency=world.shelter.agency)
        administered.end_member(by=world.platform_admin, member_id=leaving.pk)
    assert not sees(world.shelter, case) and sees(world.stranger, case)
    with acting_as(world.officer):
        assert SharingDecision.objects.filter(case=case, consent=consent).count() == 2, "what was decided stays written"
