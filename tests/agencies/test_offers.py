"""Services keep their own entries of the directory, and their free places; they are asked to confirm in time."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import translation

from administration.offer_reminders import ask_to_confirm
from agencies import capacity, offers
from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide, Role
from agencies.models import Agency, ServiceOffer
from common.acting import SystemContext, system_context
from common.clock import now, travel
from common.errors import Refused, RuleBroken
from notifications.models import Notice, NoticeKind
from tests import actors
from tests.factories import make_agency, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def as_(member):
    """A browser of this person, in English."""
    browser = actors.as_(member)
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return browser


@pytest.fixture
def manager():
    return make_member(make_agency(AgencyKind.CPAS, name="CPAS de la Colline"), Role.MANAGER)


def typed(**changes) -> dict:
    return {
        "name": "Permanence logement",
        "needs": ["housing", "social"],
        "audiences": ["victim", "relative"],
        "languages": ["fr", "ar"],
        "territory": "1210, 1030",
        "address": "Rue de la Colline 4",
        "postal_code": "1210",
        "phone": "0470 12 34 56",
        "description_fr": "Aide pour trouver un logement.",
        "day_1": "9-12, 13:30-17",
        "day_2": "9-12",
        "accessible": "yes",
        "is_public": "on",
    } | changes


def there(name: str, *args) -> str:
    return reverse(f"administration:{name}", args=args)


# --- entries ----------------------------------------------------------------------------------------------
def test_a_manager_writes_changes_confirms_and_takes_out_an_entry(manager, client):
    agency, browser = manager.agency, as_(manager)
    assert there("offers", agency.pk) in browser.get(there("agency", agency.pk)).content.decode()
    assert browser.post(there("offer_new", agency.pk), typed()).status_code == 302
    offer = ServiceOffer.objects.get(agency=agency)
    assert (offer.needs, offer.territory, offer.accessible) == (["housing", "social"], ["1030", "1210"], True)
    assert offer.schedule[0] == {"days": [1, 2], "opens": "09:00", "closes": "12:00"}
    assert offer.description == {"fr": "Aide pour trouver un logement."} and offer.confirmed_by_id == manager.user_id
    assert "Permanence logement" in client.get("/directory/", {"p": "1210"}).content.decode()

    edit = there("offer_edit", agency.pk, offer.pk)
    page = browser.get(edit).content.decode()
    assert "09:00-12:00, 13:30-17:00" in page and "1030 1210" in page
    assert browser.post(edit, typed(name="Guichet", accessible="", day_1="")).status_code == 302
    offer.refresh_from_db()
    assert (offer.name, offer.accessible) == ("Guichet", None)

    ServiceOffer.objects.update(confirmed_at=now() - timedelta(days=300))
    assert "to be confirmed" in browser.get(there("offers", agency.pk)).content.decode()
    assert browser.post(there("offer_confirm", agency.pk, offer.pk)).status_code == 302
    offer.refresh_from_db()
    assert now() - offer.confirmed_at < timedelta(minutes=1)

    for _twice in range(2):
        assert browser.post(there("offer_end", agency.pk, offer.pk)).status_code in (302, 404)
    assert browser.get(edit).status_code == 404
    assert "Guichet" not in client.get("/directory/", {"p": "1210"}).content.decode()


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"name": " "}, {"name"}),
        ({"name": "x" * 10_000}, {"name"}),
        ({"name": "a\x00b"}, {"name"}),
        ({"needs": []}, {"needs"}),
        ({"needs": ["nothing"]}, {"needs"}),
        ({"audiences": []}, {"audiences"}),
        ({"languages": []}, {"languages"}),
        ({"description_fr": ""}, {"description_fr"}),
        ({"description_nl": "y" * 10_000}, {"description_nl"}),
        ({"phone": ""}, {"phone"}),
        ({"phone": "appelez"}, {"phone"}),
        ({"email": "nobody"}, {"email"}),
        ({"url": "javascript:alert(1)"}, {"url"}),
        ({"url": "ftp://example.org/"}, {"url"}),
        ({"territory": "Paris"}, {"territory"}),
        ({"postal_code": "75001"}, {"postal_code"}),
        ({"postal_code": ""}, {"postal_code"}),
        ({"day_3": "le matin"}, {"day_3"}),
        ({"always_open": "on"}, {"always_open"}),
        ({"needs": ["shelter"]}, {"address", "postal_code"}),
    ],
)
def test_what_is_wrong_is_said_by_its_field_and_kept(manager, changes, fields):
    """And the part of the page that holds it is open."""
    sent = typed(**changes)
    response = as_(manager).post(there("offer_new", manager.agency_id), sent)
    assert response.status_code == 422 and set(response.context["form"].errors) == fields
    for field in fields:
        assert response.context["form"][field].value() in (sent[field], True)
        for part in response.context["parts"]:
            if field in {each.name for each in (*part["fields"], *part["days"])}:
                assert part["open"], field
    assert not ServiceOffer.objects.exists()


def test_only_what_every_entry_needs_stands_open_and_every_field_is_on_the_page_once(manager):
    new = there("offer_new", manager.agency_id)
    page = as_(manager).get(new)
    text = page.content.decode()
    names = re.findall(r'<(?:input|textarea|select)[^>]* name="(\w+)"', text.partition("novalidate")[2])
    assert set(page.context["form"].fields) <= set(names), "whoever has no script fills in all of it"
    alone = [name for name in names if name not in ("needs", "audiences", "languages", "accessible")]
    assert len(alone) == len(set(alone))
    parts = {part["code"]: part for part in page.context["parts"]}
    assert list(parts) == ["reach", "hours", "area", "words"]
    assert [code for code, part in parts.items() if part["open"]] == ["area"], "languages are needed"
    with system_context(SystemContext.REFERENCE):
        Agency.objects.filter(pk=manager.agency_id).update(languages=["fr"], territory=["1210"])
    page = as_(manager).get(new)
    parts = {part["code"]: part for part in page.context["parts"]}
    assert not any(part["open"] for part in parts.values()) and "<details" in page.content.decode()
    with translation.override("en"):
        assert [str(label) for label in parts["area"]["written"]] == ["Area served", "Languages spoken"]


def test_a_new_entry_begins_with_what_is_known_of_the_service(manager):
    known = {"public_contact": "02 555 66 77", "side": AgencySide.VICTIM, "languages": ["fr", "nl"]}
    for contact, phone in (("02 555 66 77", "02 555 66 77"), ("accueil@maison.example", "02 555 66 88")):
        with system_context(SystemContext.REFERENCE):
            Agency.objects.filter(pk=manager.agency_id).update(
                **known | {"public_contact": contact, "public_duty_phone": "02 555 66 88", "duty_phone": "02 555 66 99"}
            )
        form = as_(manager).get(there("offer_new", manager.agency_id)).context["form"]
        assert form["phone"].value() == phone and form["audiences"].value() == ["victim"]
        assert form["languages"].value() == ["fr", "nl"]


def test_signs_of_every_script_are_kept(manager):
    name = "Écoute 💬 \u202eشنب"
    assert as_(manager).post(there("offer_new", manager.agency_id), typed(name=name)).status_code == 302
    assert ServiceOffer.objects.get().name == name


def test_the_same_form_sent_twice_is_one_entry(manager):
    browser = as_(manager)
    assert browser.post(there("offer_new", manager.agency_id), typed()).status_code == 302
    again = browser.post(there("offer_new", manager.agency_id), typed())
    assert again.status_code == 422 and "already has an entry" in again.content.decode()
    assert ServiceOffer.objects.count() == 1


def test_a_shelter_writes_no_address_wherever_it_tries():
    manager = make_member(make_agency(AgencyKind.SHELTER), Role.MANAGER)
    browser, new = as_(manager), there("offer_new", manager.agency_id)
    page = browser.get(new).content.decode()
    assert 'name="address"' not in page and "whoever calls is told where to go" in page
    hidden = typed(address="", postal_code="", needs=["housing"])
    for changes, field in (
        ({"address": "Rue Cachée 1"}, "address"),
        ({"postal_code": "1030"}, "postal_code"),
        ({"description_fr": "Au bout de la rue des Lilas, 12."}, "description_fr"),
        ({"description_nl": "Lilastraat 12"}, "description_nl"),
        ({"name": "Refuge, avenue Longue 4"}, "name"),
    ):
        response = browser.post(new, hidden | changes)
        assert response.status_code == 422 and field in response.context["form"].errors, field
    assert browser.post(new, hidden).status_code == 302


def test_an_entry_of_another_service_does_not_exist(manager):
    other = make_member(make_agency(AgencyKind.CPAS), Role.MANAGER)
    with acting_as(other):
        theirs = offers.create(by=other, agency_id=other.agency_id, values=values())
    browser = as_(manager)
    for name in ("offer_edit", "offer_confirm", "offer_end"):
        assert browser.post(there(name, manager.agency_id, theirs.pk), typed()).status_code == 404
        assert browser.post(there(name, other.agency_id, theirs.pk), typed()).status_code == 404
    assert browser.get(there("offer_edit", manager.agency_id, uuid4())).status_code == 404
    theirs.refresh_from_db()
    assert theirs.ended_at is None


def values(**changes) -> dict:
    return {
        "name": "Accueil",
        "description": {"fr": "x"},
        "needs": ["social"],
        "audiences": ["victim"],
        "languages": ["fr"],
        "phone": "1712",
    } | changes


def test_nothing_is_written_for_a_closed_service_nor_on_an_entry_taken_out(manager):
    with acting_as(manager):
        offer = offers.create(by=manager, agency_id=manager.agency_id, values=values())
        offers.end(by=manager, offer_id=offer.pk)
        for act in (offers.change, offers.confirm):
            with pytest.raises(Refused):
                act(by=manager, offer_id=offer.pk, **({"values": values()} if act is offers.change else {}))
    Agency.objects.filter(pk=manager.agency_id).update(is_active=False)
    with acting_as(manager), pytest.raises(Refused):
        offers.create(by=manager, agency_id=manager.agency_id, values=values(name="B"))


def test_what_comes_from_a_file_is_looked_at_as_a_form_is(manager):
    offer = ServiceOffer(agency=manager.agency, **values(schedule=[{"days": [9]}], territory=["12"]))
    assert set(offers.problems(offer)) == {"schedule", "territory"}


# --- asked to confirm -------------------------------------------------------------------------------------
def notices(member) -> list[Notice]:
    with acting_as(member):
        return list(Notice.objects.filter(recipient=member.user, kind=NoticeKind.OFFER_TO_CONFIRM))


def test_who_keeps_an_entry_is_asked_after_six_months_once_a_month(manager):
    worker = make_member(manager.agency, Role.PRACTITIONER)
    with acting_as(manager):
        for name in ("A", "B"):
            offers.create(by=manager, agency_id=manager.agency_id, values=values(name=name))
    assert ask_to_confirm() == 0
    with travel(now() + timedelta(days=184)):
        assert ask_to_confirm() == 2 and ask_to_confirm() == 0
        (notice,) = notices(manager)
        assert notice.path == there("offers", manager.agency_id) and notices(worker) == []
    with travel(now() + timedelta(days=184 + 31)):
        assert ask_to_confirm() == 2
        assert len(notices(manager)) == 2
        with acting_as(manager):
            for offer in ServiceOffer.objects.all():
                offers.confirm(by=manager, offer_id=offer.pk)
        assert ask_to_confirm() == 0


def test_a_service_without_account_is_asked_about_on_the_platform(world):
    agency = make_agency(AgencyKind.LEGAL_AID, without_account=True)
    with system_context(SystemContext.REFERENCE):
        ServiceOffer.objects.create(agency=agency, **values(), created_at=now() - timedelta(days=200))
    assert ask_to_confirm() == 1
    assert [notice.path for notice in notices(world.platform_admin)] == [there("offers", agency.pk)]


# --- free places ------------------------------------------------------------------------------------------
def test_a_worker_says_that_a_place_is_taken_in_two_clicks(manager):
    worker = make_member(manager.agency, Role.PRACTITIONER)
    browser, here = as_(worker), reverse("agencies:capacity", args=[manager.agency_id])
    assert browser.get(here).status_code == 200
    assert browser.post(here, {"do": "numbers", "free_places": "2", "waiting_days": "10"}).status_code == 302
    assert "2 free places" in browser.get(here).content.decode()
    for _twice in range(2):  # the second time the number is another one: nothing is counted twice
        assert browser.post(here, {"do": "less", "seen": "2"}).status_code == 302
    agency = Agency.objects.get(pk=manager.agency_id)
    assert (agency.free_places, agency.waiting_days) == (1, 10) and agency.capacity_told_at is not None
    browser.post(here, {"do": "full"})
    agency.refresh_from_db()
    assert (agency.free_places, agency.waiting_days) == (0, 10)
    page = browser.get(here).content.decode()
    assert 'value="less"' not in page and 'value="more"' in page
    browser.post(here, {"do": "less", "seen": "0"})
    agency.refresh_from_db()
    assert agency.free_places == 0
    browser.post(here, {"do": "unsaid"})
    agency.refresh_from_db()
    assert (agency.free_places, agency.waiting_days) == (None, None)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"free_places": "-1"}, "free_places"),
        ({"free_places": "13"}, "free_places"),
        ({"free_places": "beaucoup"}, "free_places"),
        ({"free_places": "9" * 10_000}, "free_places"),
        ({"waiting_days": "5000"}, "waiting_days"),
    ],
)
def test_numbers_that_cannot_be_are_refused(manager, sent, field):
    Agency.objects.filter(pk=manager.agency_id).update(capacity=12)
    response = as_(manager).post(reverse("agencies:capacity", args=[manager.agency_id]), {"do": "numbers"} | sent)
    assert response.status_code == 422 and set(response.context["form"].errors) == {field}
    assert Agency.objects.get(pk=manager.agency_id).capacity_told_at is None


def test_readers_and_other_services_do_not_tell_it(manager):
    here = reverse("agencies:capacity", args=[manager.agency_id])
    reader = make_member(manager.agency, Role.READER)
    stranger = make_member(make_agency(AgencyKind.CPAS), Role.MANAGER)
    for member in (reader, stranger):
        assert as_(member).get(here).status_code == 404
        assert as_(member).post(here, {"do": "full"}).status_code == 404
    with acting_as(manager), pytest.raises(RuleBroken):
        capacity.tell(by=manager, agency_id=manager.agency_id, free_places=10**9, waiting_days=None)
