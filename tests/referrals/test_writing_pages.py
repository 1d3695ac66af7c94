"""The form of a referral: alternatives in one click, several services, drafts, what a link fills in."""

import json
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from casework.referring import decline_referral
from common.ids import uuid7
from referrals.models import Referral, ReferralDraft
from tests.factories import make_agency, make_member
from tests.referrals.test_pages import preview_page, story, token_of
from tests.referrals_acts import make_case, person, send

pytestmark = pytest.mark.django_db
__all__ = ["story"]


@pytest.fixture(autouse=True)
def in_english(client):
    client.cookies["django_language"] = "en"
    with translation.override("en"):
        yield


def page_of(response) -> str:
    return unescape(response.content.decode())


def new_url(case) -> str:
    return reverse("referrals:new", args=[case.pk])


def shelter(name: str, **about_it):
    return make_member(make_agency(AgencyKind.SHELTER, name, side=AgencySide.VICTIM, **about_it))


# --- refused, with what to do instead ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("about_it", "words"),
    [
        ({"free_places": 0}, "full"),
        ({"accepts_referrals": False}, "takes no referrals"),
        ({"territory": ["4000"]}, "does not work in 1210"),
    ],
)
def test_another_service_is_one_click_away_and_nothing_typed_is_lost(world, client, story, about_it, words):
    case, data = story
    closed = shelter("Refuge Orme", **about_it)
    data |= {"to_agency": str(closed.agency_id), "postal_code": "1210"}
    response = preview_page(client, world.officer, case, data)
    text = page_of(response)
    assert response.status_code == 422 and words in text and data["reason"] in text
    choice = f"to_agency:{world.shelter.agency_id}"
    assert f'name="instead" value="{choice}"' in text, "the shelter that takes people is offered"
    assert f"to_agency:{closed.agency_id}" not in text
    again = client.post(new_url(case), data | {"instead": choice}, follow=True)
    assert again.status_code == 200 and "Send to Maison du Tilleul" in page_of(again)


def test_an_open_referral_leads_to_it_and_elsewhere(world, client, story):
    case, data = story
    standing = send(world.officer, case, world.shelter)
    other = shelter("Refuge Orme")
    text = page_of(preview_page(client, world.officer, case, data))
    assert reverse("referrals:detail", args=[standing.pk]) in text
    assert f"to_agency:{other.agency_id}" in text and f"to_agency:{world.shelter.agency_id}" not in text


def test_without_agreement_the_person_may_call_themselves(world, client, story):
    case, data = story
    open_door = shelter("Refuge Orme", public_contact="02 555 77 77")
    text = page_of(preview_page(client, world.officer, case, data | {"to_agency": str(open_door.agency_id)}))
    assert "02 555 77 77" not in text
    response = preview_page(client, world.officer, case, data | {"to_agency": str(open_door.agency_id), "basis": ""})
    assert response.status_code == 422 and "02 555 77 77" in page_of(response)


def test_a_link_to_a_full_service_says_at_once_what_to_do(world, client, story):
    case, _data = story
    full = shelter("Refuge Orme", free_places=0)
    client.force_login(world.officer.user)
    text = page_of(client.get(f"{new_url(case)}?need=shelter&to_agency={full.agency_id}"))
    assert "Instead of Refuge Orme" in text and f"to_agency:{world.shelter.agency_id}" in text
    assert "Instead of" not in page_of(client.get(f"{new_url(case)}?need=shelter&to_agency={world.shelter.agency_id}"))


@pytest.mark.parametrize("instead", ["to_agency:", "to_agency:x", "basis:consent", "to_agency_2", ":"])
def test_a_choice_that_is_none_opens_nothing(world, client, story, instead):
    case, data = story
    client.force_login(world.officer.user)
    response = client.post(new_url(case), data | {"instead": instead}, follow=True)
    assert response.status_code == (422 if instead in ("to_agency:", "to_agency:x") else 200)


# --- what a link fills in ---------------------------------------------------------------------------------------
def test_a_link_fills_in_what_it_may_and_nothing_of_a_consent(world, client, story):
    case, _data = story
    with acting_as(world.officer):
        her = person(case).pk
    client.force_login(world.officer.user)
    text = page_of(
        client.get(
            new_url(case),
            {
                "subject": her, "need": "legal", "to_agency": world.stranger.agency_id, "postal_code": "1210",
                "asked_by": "person", "interpreter_language": "ar", "rule": "legal-help", "missing_kind": "legal_aid",
                "basis": "consent", "explained": "prérempli", "reason": "prérempli", "given_how": "oral",
            },
        )
    )  # fmt: skip
    for filled in (
        f'value="{her}" id="id_subject_0" checked', '<option value="legal" selected>', 'value="1210"',
        f'<option value="{world.stranger.agency_id}" selected>', '<option value="ar" selected>',
        '<option value="person" selected>', 'name="rule" value="legal-help"', 'name="missing_kind" value="legal_aid"',
    ):  # fmt: skip
        assert filled in re.sub(r" (required|class|aria-\w+)=\"[^\"]*\"", "", text), filled
    assert "prérempli" not in text and not re.search(r'name="basis"[^>]*checked', text)


@pytest.mark.parametrize(
    "bad", ["subject=x", "to_agency=\x00", "need=%00", "postal_code=%00", "to_agency_2=0", "rule=<b>"]
)
def test_a_broken_link_is_a_form(world, client, story, bad):
    case, _data = story
    client.force_login(world.officer.user)
    response = client.get(f"{new_url(case)}?{bad}")
    assert response.status_code == 200 and "<b>" not in response.content.decode()


def test_after_a_no_the_next_one_is_asked_the_same(world, client, story):
    case, _data = story
    no = send(world.officer, case, world.shelter, childcare=True, postal_code="1210", urgency="today")
    with acting_as(world.shelter):
        decline_referral(by=world.shelter, referral_id=no.pk, reason="no_place")
    client.force_login(world.officer.user)
    text = page_of(client.get(new_url(case), {"after": no.pk, "to_agency": world.stranger.agency_id}))
    assert no.reason in text and 'value="1210"' in text and "Trouver une place" not in text, "she is asked anew"
    assert re.search(r'name="childcare"[^>]*checked', text) and re.search(r'value="today"[^>]*checked', text)
    assert f'<option value="{world.stranger.agency_id}" selected>' in text
    for wrong in (uuid7(), "x"):
        assert client.get(new_url(case), {"after": wrong}).status_code == 404
    client.force_login(world.eva.user)
    assert client.get(new_url(case), {"after": no.pk}).status_code == 404, "what another service sent is not copied"


# --- several services -------------------------------------------------------------------------------------------
def test_several_are_previewed_each_and_sent_in_order(world, client, story):
    case, data = story
    second = shelter("Refuge Orme", free_places=3, waiting_days=8)
    letter = make_member(make_agency(AgencyKind.LEGAL_AID, "Permanence Aulne", without_account=True))
    data |= {"to_agency_2": str(second.agency_id), "to_agency_3": str(letter.agency_id), "order": "in_order"}
    response = preview_page(client, world.officer, case, data)
    text = page_of(response)
    assert response.status_code == 200
    for said in ("1. Maison du Tilleul", "2. Refuge Orme", "3. Permanence Aulne", "3 free places", "8 days",
                 "next in line", "without an account", "None in force between your two services"):  # fmt: skip
        assert said in text, said
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids)), "each name stands once"
    sent = client.post(reverse("casework:send_referral", args=[case.pk]), {"token": token_of(response)})
    again = client.post(reverse("casework:send_referral", args=[case.pk]), {"token": token_of(response)})
    assert sent.status_code == again.status_code == 302 and sent.url == reverse("referrals:case_list", args=[case.pk])
    with acting_as(world.officer):
        rows = list(Referral.objects.order_by("rank").values_list("to_agency", "state"))
    assert rows == [
        (world.shelter.agency_id, "sent"), (second.agency_id, "queued"), (letter.agency_id, "queued")
    ]  # fmt: skip
    client.force_login(second.user)
    assert "Zone de police A" not in page_of(client.get(reverse("referrals:list"))), "next in line is not told"


def test_a_service_without_an_account_leads_to_its_letter(world, client, story):
    case, data = story
    letter = make_member(make_agency(AgencyKind.LEGAL_AID, "Permanence Aulne", without_account=True))
    response = preview_page(client, world.officer, case, data | {"to_agency": str(letter.agency_id)})
    text = page_of(response)
    assert "Nothing of the case opens to it" in text
    for closed in ("Diallo", "Noé", "entre 9 h et 11 h"):
        assert closed not in text.split("At once")[1], closed
    sent = client.post(reverse("casework:send_referral", args=[case.pk]), {"token": token_of(response)})
    with acting_as(world.officer):
        assert sent.url == reverse("referrals:letter", args=[Referral.objects.get().pk])


def test_what_goes_along_is_previewed_and_survives_a_change(world, client, story):
    case, data = story
    data |= {"postal_code": "1210", "asked_by": "person", "interpreter_language": "ar", "childcare": "on",
             "transport": "on"}  # fmt: skip
    response = preview_page(client, world.officer, case, data)
    text = page_of(response)
    for said in ("1210", "the person himself or herself", "somebody who minds the children", "transport"):
        assert said in text, said
    assert "specialised person" not in text
    back = page_of(client.get(re.search(r'href="([^"]+\?draft=[^"]+)"', text)[1]))
    assert re.search(r'name="childcare"[^>]*checked', back) and not re.search(r'name="accompaniment"[^>]*checked', back)


def test_a_mandate_is_offered_to_who_may_mandate(world, client, story):
    case, _data = story
    client.force_login(world.officer.user)
    assert 'name="mandated"' not in page_of(client.get(new_url(case)))


def test_the_form_says_who_is_full_and_how_long_one_waits(world, client, story):
    case, _data = story
    shelter("Refuge Orme", free_places=0)
    shelter("Refuge Hêtre", waiting_days=21)
    client.force_login(world.officer.user)
    text = page_of(client.get(new_url(case)))
    assert "Refuge Orme (full)" in text and "Refuge Hêtre (21 days of waiting)" in text


# --- drafts -----------------------------------------------------------------------------------------------------
def save(client, case, **data):
    return client.post(reverse("referrals:save_draft", args=[case.pk]), data)


def test_a_draft_is_saved_gone_on_with_and_ends_when_sent(world, client, story):
    case, data = story
    client.force_login(world.officer.user)
    first = page_of(client.get(new_url(case)))
    key = re.search(r'name="draft" value="([^"]+)"', first)[1]
    saved = save(client, case, draft=key, version="0", reason="Elle cherche", basis="consent")
    assert saved.status_code == 200 and json.loads(saved.content)["version"] == 1
    stale = save(client, case, draft=key, version="0", reason="Autre chose", basis="consent")
    answer = json.loads(stale.content)
    assert stale.status_code == 409 and answer["version"] == 1
    assert answer["conflicts"] == [
        {"field": "reason", "theirs": "Elle cherche", "yours": "Autre chose", "label": "Why, without names"}
    ]
    assert f"?draft={key}" in page_of(client.get(new_url(case))), "the page says what was begun"
    again = page_of(client.get(f"{new_url(case)}?draft={key}"))
    assert "Elle cherche" in again and 'name="version" value="1"' in again
    assert re.search(r'name="basis" value="consent"[^>]*checked', again)

    response = client.post(new_url(case), data | {"draft": key, "version": "1"}, follow=True)
    sent = client.post(reverse("casework:send_referral", args=[case.pk]), {"token": token_of(response)})
    assert sent.status_code == 302
    assert client.get(f"{new_url(case)}?draft={key}").status_code == 404
    other = client.post(new_url(case), data | {"draft": key, "version": "1", "need": "legal"})
    assert other.status_code == 302 and key not in other.url, "Back and something else: another referral"
    late = save(client, case, draft=key, version="1", reason="trop tard")
    assert late.status_code == 403
    with acting_as(world.officer):
        assert ReferralDraft.objects.get(pk=key).data == {}


def test_a_draft_is_kept_without_a_script_and_thrown_away(world, client, story):
    case, data = story
    client.force_login(world.officer.user)
    key = str(uuid7())
    kept = client.post(new_url(case), data | {"draft": key, "version": "0", "keep": "1"})
    assert kept.status_code == 302 and kept.url == f"{new_url(case)}?draft={key}"
    assert data["reason"] in page_of(client.get(kept.url))
    stale = client.post(new_url(case), data | {"draft": key, "version": "0", "keep": "1", "reason": "Autre"})
    assert stale.status_code == 409 and "Autre" in page_of(stale), "what was typed stays on the page"
    assert client.post(reverse("referrals:discard_draft", args=[case.pk, key])).status_code == 302
    assert client.get(kept.url).status_code == 404
    with acting_as(world.officer):
        assert not Referral.objects.exists() and ReferralDraft.objects.get(pk=key).data == {}


@pytest.mark.parametrize("data", [{}, {"draft": "x"}, {"draft": "\x00"}, {"draft": "1" * 10_000}])
def test_a_draft_without_a_name_is_not_kept(world, client, story, data):
    case, _data = story
    client.force_login(world.officer.user)
    assert save(client, case, **data).status_code == 400


def test_too_much_is_not_kept_and_a_strange_text_is(world, client, story):
    case, _data = story
    client.force_login(world.officer.user)
    assert save(client, case, draft=str(uuid7()), reason="a" * 20_001).status_code == 400
    key = str(uuid7())
    assert save(client, case, draft=key, reason="🛏️ مكان \x00", invented="x" * 30_000).status_code == 200
    with acting_as(world.officer):
        assert set(ReferralDraft.objects.get(pk=key).data) == {"reason"}


def test_a_draft_of_one_case_is_not_opened_in_another(world, client, story):
    case, _data = story
    client.force_login(world.officer.user)
    key = str(uuid7())
    save(client, case, draft=key, reason="Elle")
    other = make_case(world.officer)
    assert client.get(f"{new_url(other)}?draft={key}").status_code == 404
    assert client.post(reverse("referrals:discard_draft", args=[other.pk, key])).status_code == 404
    assert save(client, other, draft=key, reason="x").status_code == 400


# --- what it costs ----------------------------------------------------------------------------------------------
def test_the_form_costs_the_same_with_more_services(world, client, story):
    case, _data = story
    client.force_login(world.officer.user)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(new_url(case)).status_code == 200
        return len(found)

    queries()
    before = queries()
    for number in range(4):
        shelter(f"Refuge {number}")
    assert queries() == before


def test_my_work_leads_back_to_what_is_being_written(world, client, story):
    case, _data = story
    client.force_login(world.officer.user)
    key = str(uuid7())
    save(client, case, draft=key, reason="Elle")
    link = f"{new_url(case)}?draft={key}"
    assert link in page_of(client.get(reverse("casework:my_work")))
    client.force_login(world.police_referent.user)
    assert link not in page_of(client.get(reverse("casework:my_work")))
    client.force_login(world.officer.user)
    client.post(reverse("referrals:discard_draft", args=[case.pk, key]))
    assert link not in page_of(client.get(reverse("casework:my_work")))
