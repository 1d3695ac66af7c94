"""What a referral rests on still holds when it goes to the next and is accepted; what others sent is not told."""

from dataclasses import replace

import pytest
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind
from cases.access import for_case, write_grants
from cases.enums import CONTRIBUTE, VIEW_CASE
from casework.referring import accept_referral, decline_referral, send_referrals
from common.acting import SystemContext, system_context
from common.errors import RuleBroken
from common.ids import uuid7
from referrals.models import Referral
from referrals.preview import before_sending
from referrals.sending import URGENCY_HOURS, answer_hours, propose
from tests.factories import make_agency, make_member
from tests.referrals.test_pages import preview_page, story
from tests.referrals.test_writing_pages import new_url, page_of, shelter
from tests.referrals_acts import accept, asked, make_case, person, send

pytestmark = pytest.mark.django_db
__all__ = ["story"]


@pytest.fixture(autouse=True)
def in_english(client):
    client.cookies["django_language"] = "en"
    with translation.override("en"):
        yield


def narrow(case, member) -> None:
    """The agency goes on with the case and sees nothing of the people any more."""
    with acting_as(member):
        side = for_case(case, member).side
    with system_context(SystemContext.GRANTS):
        write_grants(case=case, agency=member.agency, grants={VIEW_CASE: None, CONTRIBUTE: None}, side=side)


def in_order(world, case, *services) -> list[Referral]:
    with acting_as(world.officer):
        first, *further = services
        what = replace(asked(case, first), also=tuple(each.agency_id for each in further), in_order=True)
        return send_referrals(by=world.officer, case_id=case.pk, asked=what, request_key=uuid7())


def test_what_the_sender_no_longer_sees_is_not_opened(world):
    case = make_case(world.officer)
    referral = send(world.officer, case, world.shelter)
    narrow(case, world.officer)
    with acting_as(world.shelter):
        with pytest.raises(RuleBroken, match="no longer sees"):
            accept_referral(by=world.shelter, referral_id=referral.pk)
        assert not for_case(case, world.shelter)


def test_nor_sent_to_the_next_in_line(world):
    case = make_case(world.officer)
    other = shelter("Refuge Orme")
    first, second = in_order(world, case, world.shelter, other)
    narrow(case, world.officer)
    with acting_as(world.shelter):
        decline_referral(by=world.shelter, referral_id=first.pk, reason="no_place")
    with system_context(SystemContext.REMINDERS):
        second.refresh_from_db()
    assert second.state == "expired" and second.never_sent


def test_what_another_service_has_next_in_line_is_told_to_nobody(world):
    case = make_case(world.officer)
    letter = make_member(make_agency(AgencyKind.LEGAL_AID, "Permanence Aulne", without_account=True))
    accept(world.eva, send(world.officer, case, world.eva, need="psychosocial"))
    in_order(world, case, world.shelter, letter)
    assert send(world.eva, case, letter).waits, "asked as if nobody had it in line"
    with pytest.raises(RuleBroken, match="already been sent"):
        send(world.eva, case, letter)


def test_the_texts_begin_by_themselves_and_can_be_changed(world, client, story):
    case, data = story
    short = data | {"reason": "", "purpose": "", "explained": "", "told": "on"}
    response = preview_page(client, world.officer, case, short)
    text = page_of(response)
    assert response.status_code == 200 and "What is needed: shelter." in text and "To get help: shelter" in text
    draft = response.redirect_chain[-1][0].split("/")[-3]
    again = page_of(client.get(f"{new_url(case)}?draft={draft}"))
    assert "What is needed: shelter." in again and "that they may say no" in again, "they are there to be changed"
    begun = short | {"reason": "What is needed: shelter.", "need": "health", "draft": draft, "version": "0"}
    assert "What is needed: health care." in page_of(preview_page(client, world.officer, case, begun))
    untold = preview_page(client, world.officer, case, short | {"told": ""})
    assert untold.status_code == 422 and 'id="id_explained_error"' in page_of(untold), "it is not said for anybody"


def test_back_and_forth_sends_nothing_and_loses_nothing(world, client, story):
    case, data = story
    client.force_login(world.officer.user)
    key = str(uuid7())
    first = client.post(new_url(case), data | {"draft": key, "version": "0"})
    assert first.status_code == 302 and first.url == reverse("referrals:preview", args=[case.pk, key])
    # Back, to the page as it was: it goes on saving, and looks again
    changed = data | {"draft": key, "version": "0", "reason": "Elle cherche une place."}
    assert client.post(reverse("referrals:save_draft", args=[case.pk]), changed).status_code == 200
    second = client.post(new_url(case), changed | {"reason": "Elle attend une place."})
    assert second.url == first.url and "Elle attend une place." in page_of(client.get(second.url))
    with acting_as(world.officer):
        assert not Referral.objects.exists()
    client.force_login(world.eva.user)
    assert client.get(first.url).status_code == 404


def test_she_may_call_where_she_did_not_agree_and_there_is_room(world, client, story):
    case, data = story
    full = shelter("Refuge Orme", public_contact="02 555 77 77", free_places=0)
    refused = data | {"to_agency": str(full.agency_id)}
    assert "02 555 77 77" not in page_of(preview_page(client, world.officer, case, refused | {"basis": ""}))
    room = shelter("Refuge Hêtre", public_contact="02 555 78 78")
    there = data | {"to_agency": str(room.agency_id)}
    assert "02 555 78 78" not in page_of(preview_page(client, world.officer, case, there | {"valid_until": ""}))
    with acting_as(world.officer):
        child = str(person(case, "child").pk)
    assert "02 555 78 78" not in page_of(preview_page(client, world.officer, case, there | {"subject": child}))
    assert "02 555 78 78" in page_of(preview_page(client, world.officer, case, there | {"basis": ""}))


@pytest.mark.parametrize("need", ["shelter", ""])
def test_a_link_to_a_full_service_says_why_and_what_else(world, client, story, need):
    case, _data = story
    full = shelter("Refuge Orme", free_places=0)
    client.force_login(world.officer.user)
    text = page_of(client.get(f"{new_url(case)}?need={need}&to_agency={full.agency_id}"))
    assert "This service is full" in text and f"to_agency:{world.shelter.agency_id}" in text


@pytest.mark.parametrize(
    ("hours", "due", "said"), [(4, 4, "the usual time of this service, 4 hours"), (900, 48, "as you ask")]
)
def test_one_time_to_answer(world, hours, due, said):
    case = make_case(world.officer)
    service = shelter("Refuge Orme", answer_hours=hours)
    assert answer_hours("within_48_hours", service.agency) == due <= URGENCY_HOURS["within_48_hours"]
    with acting_as(world.officer):
        found = propose(by=world.officer, case=case, access=for_case(case, world.officer), asked=asked(case, service))
        assert said in before_sending(by=world.officer, proposal=found).due
