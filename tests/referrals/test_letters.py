"""A service without an account: a letter, a code by phone, one answer; nothing of the case on the way."""

import re
from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pypdfium2
import pytest
from django.db import connection
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from agencies.models import Agency
from cases.models import CaseEvent, CaseGroupObjectPermission
from casework.letters import Taken, answer_by_page, answer_by_phone
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import RuleBroken
from followups.models import FollowUp
from notifications.models import Notice
from referrals import letters
from referrals.models import ExternalLetter, Referral
from sharing.models import SharingDecision
from tests.factories import World, make_agency, make_member
from tests.referrals_acts import make_case, send

pytestmark = pytest.mark.django_db
OF_THE_CASE = ("Fatou", "Diallo-Test", "Morel-Test", "Noé", "MOVE-2026", "Tilleul", "Cabinet", "Zone de police")


def sent(world, **changes) -> Referral:
    outside = make_member(
        make_agency(AgencyKind.MENTAL_HEALTH, "Cabinet du Parc", side=AgencySide.VICTIM, without_account=True)
    )
    return send(world.officer, make_case(world.officer), outside, need="psychosocial", **changes)


def make(by, referral, key=None) -> letters.Told:
    with acting_as(by):
        return letters.make_letter(by=by, referral_id=referral.pk, key=key or uuid4())


def state_of(world, referral) -> Referral:
    with acting_as(world.officer):
        return Referral.objects.get(pk=referral.pk)


def letter_of(world, told) -> ExternalLetter:
    with acting_as(world.officer):
        return ExternalLetter.objects.get(pk=told.letter.pk)


def page(told) -> str:
    return reverse("casework:answer_letter", args=[told.link])


def form_of(response) -> str:
    return re.search(r'name="token" value="([^"]+)"', response.content.decode())[1]


def answer(told, visitor=None, **typed):
    visitor = visitor or Client(enforce_csrf_checks=True)
    form = form_of(visitor.get(page(told)))
    return visitor.post(page(told), {"token": form, "answer": "accept", "code": told.code} | typed)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08d}"


# --- the one-time page ------------------------------------------------------------------------------------------
def test_accepted_by_its_page_once_and_nothing_opens(world):
    referral = sent(world)
    told = make(world.officer, referral)
    response = answer(told, code=f"{told.code[:4]} {told.code[4:]}")
    assert response.status_code == 200
    found = state_of(world, referral)
    assert (found.state, found.answered_by_id) == ("accepted", None) and found.answered_at
    assert letter_of(world, told).answer == "accept"
    with acting_as(world.officer):
        assert not FollowUp.objects.filter(source_id=referral.pk, settled_at=None).exists()
        assert not SharingDecision.objects.filter(recipient=referral.to_agency).exists()
        event = CaseEvent.objects.get(case=referral.case, code="referral_accepted")
        assert (event.user_id, event.agency_id) == (None, None), "nobody of ours acted"
        notice = Notice.objects.get(kind="referral_answered")
        assert notice.recipient == world.officer.user and notice.path == reverse("referrals:letter", args=[referral.pk])
    with system_context(SystemContext.GRANTS):
        assert not CaseGroupObjectPermission.objects.filter(group=referral.to_agency.group).exists()
    again = Client().get(page(told))
    assert again.status_code == 404, "used"
    assert answer_by_page(link=told.link, code=told.code, answer="decline", decline_reason="no_place") == Taken.CLOSED
    assert state_of(world, referral).state == "accepted"


@pytest.mark.django_db(transaction=True)
def test_where_the_answer_came_from_is_kept_nowhere(committed_world, owner):
    told = make(committed_world.officer, sent(committed_world))
    visitor = Client(enforce_csrf_checks=True, REMOTE_ADDR="198.51.100.77")
    assert answer(told, visitor).status_code == 200
    changed = "SELECT count(*) FROM audit_logentry WHERE system = 'letters'"
    assert owner.execute(changed).fetchone()[0] > 0
    for table in ("audit_logentry", "audit_auditevent"):
        named = f"SELECT count(*) FROM {table} WHERE remote_addr = '198.51.100.77'"
        assert owner.execute(named).fetchone() == (0,), table


def test_declined_with_a_reason_only(world):
    referral = sent(world)
    told = make(world.officer, referral)
    with translation.override("en"):
        refused = answer(told, answer="decline", decline_reason="")
        assert refused.status_code == 422
        assert letter_of(world, told).tries == 0, "the code was not looked at"
        assert answer(told, answer="decline", decline_reason="no_place").status_code == 200
    found = state_of(world, referral)
    assert (found.state, found.decline_reason) == ("declined", "no_place") and found.ended_at == found.answered_at
    with acting_as(world.officer):
        event = CaseEvent.objects.get(case=referral.case, code="referral_declined")
        assert event.next_agency_id == world.officer.agency_id and event.next_act == "refer_elsewhere"


def test_asks_to_be_called_and_is_answered_by_phone(world, client):
    referral = sent(world)
    told = make(world.officer, referral)
    assert answer(told, answer="contact").status_code == 200
    assert state_of(world, referral).state == "received"
    assert Client().get(page(told)).status_code == 404, "one answer, this one too"
    with acting_as(world.officer):
        assert FollowUp.objects.filter(source_id=referral.pk, settled_at=None).exists(), "an answer is still owed"
        assert Notice.objects.filter(kind="referral_changed").exists()
    client.force_login(world.officer.user)
    shown = client.get(reverse("referrals:letter", args=[referral.pk])).content.decode()
    assert reverse("casework:letter_told", args=[referral.pk]) in shown
    typed = {"answer": "accept", "note": "Premier entretien jeudi."}
    response = client.post(reverse("casework:letter_told", args=[referral.pk]), typed)
    assert response.status_code == 302
    found = state_of(world, referral)
    assert (found.state, found.answered_by, found.answer_note) == ("accepted", world.officer.user, typed["note"])
    assert client.post(reverse("casework:letter_told", args=[referral.pk]), typed).status_code == 422
    assert client.post(reverse("casework:letter_result", args=[referral.pk]), {}).status_code == 422
    done = client.post(reverse("casework:letter_result", args=[referral.pk]), {"result": "helped"})
    assert done.status_code == 302 and state_of(world, referral).state == "completed"


def test_few_tries_then_the_page_closes_and_the_sender_knows(world):
    referral = sent(world)
    told = make(world.officer, referral)
    visitor = Client(enforce_csrf_checks=True)
    for tried in range(1, letters.MOST_TRIES):
        response = answer(told, visitor, code=wrong(told.code))
        assert response.status_code == 302 and response["Location"] == page(told)
        assert letter_of(world, told).tries == tried, "counted, and kept"
    with translation.override("en"):
        again = visitor.get(page(told), headers={"accept-language": "en"}).content.decode()
    assert "One try is left" in again
    assert answer(told, visitor, code=wrong(told.code)).status_code == 302
    assert visitor.get(page(told)).status_code == 404
    assert answer_by_page(link=told.link, code=told.code, answer="accept") == Taken.CLOSED, "the right code is too late"
    assert letter_of(world, told).ended_at is not None and state_of(world, referral).state == "sent"
    with acting_as(world.officer):
        assert Notice.objects.filter(kind="referral_changed", case_id=referral.case_id).count() == 1


@pytest.mark.parametrize("code", ["", "x" * 10_000, "\x00", "٠١٢٣٤٥٦٧", "🙂🙂", "‮12345678", "1" * 8 + "9"])
def test_a_code_that_is_none(world, code):
    told = make(world.officer, sent(world))
    assert answer(told, code=code).status_code in (302, 422)
    assert letter_of(world, told).answer == ""


@pytest.mark.parametrize("what", ["unknown", "expired", "replaced", "withdrawn", "referral_expired", "answered"])
def test_every_closed_link_gets_the_same_page(world, what):
    referral = sent(world)
    told = make(world.officer, referral)
    yesterday = now() - timedelta(days=1)
    if what == "replaced":
        make(world.officer, referral)
    elif what == "answered":
        answer(told)
    else:
        with acting_as(world.officer):
            if what == "expired":
                ExternalLetter.objects.filter(pk=told.letter.pk).update(expires_at=yesterday)
            elif what == "withdrawn":
                Referral.objects.filter(pk=referral.pk).update(state="withdrawn")
            elif what == "referral_expired":
                Referral.objects.filter(pk=referral.pk).update(expires_at=yesterday)
    link = "AAAA-BBBB-CCCC" if what == "unknown" else told.link
    visitor = Client(enforce_csrf_checks=True)
    never = visitor.get(reverse("casework:answer_letter", args=["9999-9999-9999"]))
    for response in (
        visitor.get(reverse("casework:answer_letter", args=[link])),
        visitor.post(reverse("casework:answer_letter", args=[link]), {"answer": "accept", "code": told.code}),
    ):
        assert response.status_code == 404 and response.content == never.content
    assert answer_by_page(link=link, code=told.code, answer="accept") == Taken.CLOSED


def test_the_page_sets_no_cookie_and_tells_nothing(world):
    referral = sent(world)
    told = make(world.officer, referral)
    visitor = Client(enforce_csrf_checks=True)
    opened = visitor.get(page(told))
    refused = visitor.post(page(told), {"token": form_of(opened)})
    done = answer(told, visitor)
    closed = visitor.get(page(told))
    for response in (opened, refused, done, closed):
        text = response.content.decode()
        assert not response.cookies and not visitor.cookies
        assert "csrfmiddlewaretoken" not in text
        for word in (*OF_THE_CASE, referral.reason, str(referral.pk), str(referral.case_id), "violence", "victime"):
            assert word not in text
        assert response["Cache-Control"].find("no-store") >= 0 or "private" in response["Cache-Control"]
        title = re.search(r"<title>(.*?)</title>", text, re.DOTALL)[1]
        assert "Votre réponse" in title or "Your answer" in title


def test_a_form_of_another_letter_or_of_yesterday_is_not_taken(world):
    first, second = make(world.officer, sent(world)), make(world.officer, sent_again(world))
    visitor = Client(enforce_csrf_checks=True)
    other = form_of(visitor.get(page(second)))
    for form in (other, "", "x", other + "x"):
        response = visitor.post(page(first), {"token": form, "answer": "accept", "code": first.code})
        assert response.status_code == 422
        assert 'value="accept"' in response.content.decode() and "checked" in response.content.decode()
    assert answer_by_page(link=first.link, code=second.code, answer="accept") == Taken.WRONG_CODE
    assert letter_of(world, first).answer == ""


def sent_again(world) -> Referral:
    outside = make_member(make_agency(AgencyKind.HOSPITAL, "Hôpital du Canal", without_account=True))
    return send(world.officer, make_case(world.officer), outside, need="health")


def test_typed_from_paper(world):
    """Small letters, spaces, hyphens or none: a link is typed from a sheet."""
    told = make(world.officer, sent(world))
    grouped = "-".join(told.link[at : at + 4] for at in (0, 4, 8)).lower()
    assert Client().get(reverse("casework:answer_letter", args=[grouped])).status_code == 200
    with acting_as(world.officer):
        kept = ExternalLetter.objects.get(pk=told.letter.pk)
    assert told.link not in (kept.link_hash, kept.code_hash) and told.code not in kept.code_hash


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once(committed_world: World):
    world = committed_world
    referral = sent(world)
    told = make(world.officer, referral)
    start, taken = Barrier(2), []

    def press(value: str, reason: str) -> None:
        try:
            start.wait()
            taken.append(answer_by_page(link=told.link, code=told.code, answer=value, decline_reason=reason))
        finally:
            connection.close()

    threads = [Thread(target=press, args=each) for each in (("accept", ""), ("decline", "no_place"))]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(taken) == [Taken.CLOSED, Taken.YES]
    with acting_as(world.officer):
        codes = ("referral_accepted", "referral_declined")
        assert CaseEvent.objects.filter(case=referral.case, code__in=codes).count() == 1


@pytest.mark.django_db(transaction=True)
def test_wrong_codes_at_once_are_all_counted(committed_world: World):
    world = committed_world
    told = make(world.officer, sent(world))
    start = Barrier(4)

    def press() -> None:
        try:
            start.wait()
            answer_by_page(link=told.link, code=wrong(told.code), answer="accept")
        finally:
            connection.close()

    threads = [Thread(target=press) for _each in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert letter_of(world, told).tries == 4


# --- who sent it ------------------------------------------------------------------------------------------------
def test_made_printed_and_made_again(world, client):
    referral = sent(world)
    Agency.objects.filter(pk=referral.to_agency_id).update(professional_phone="02 555 77 77", public_contact="Rue A 1")
    client.force_login(world.officer.user)
    address = reverse("referrals:letter", args=[referral.pk])
    key = re.search(r'name="key" value="([^"]+)"', client.get(address).content.decode())[1]
    made = client.post(address, {"key": key})
    text = made.content.decode()
    assert made.status_code == 200 and "no-store" in made["Cache-Control"]
    code = re.search(r'phone-big">(\d{4} \d{4})<', text)[1]
    link = re.search(r"/answer/([0-9A-Z-]+)/", text)[1]
    assert "02 555 77 77" in text
    again = client.post(address, {"key": key})
    assert again.status_code == 302, "sent twice, made once"
    with acting_as(world.officer):
        assert ExternalLetter.objects.filter(referral=referral).count() == 1
    token = re.search(r'name="token" value="([^"]+)"', text)[1]
    printed = client.post(reverse("referrals:letter_pdf", args=[referral.pk]), {"token": token})
    assert printed["Content-Type"] == "application/pdf" and printed.content.startswith(b"%PDF")
    document = pypdfium2.PdfDocument(printed.content)
    cover, *inside = (each.get_textpage().get_text_range() for each in document)
    whole = "".join([cover, *inside])
    assert "Cabinet du Parc" in cover and "Rue A 1" in cover
    assert "Zone de police" not in cover and "psychosocial" not in cover and referral.reason not in cover
    assert (
        link in whole.replace("\r\n", "").replace("￾", "-") and code not in whole and code.replace(" ", "") not in whole
    )
    for word in ("Fatou", "Diallo", "Morel", "Noé", "MOVE-2026", "victime", "violence"):
        assert word not in whole
    assert client.post(reverse("referrals:letter_pdf", args=[referral.pk]), {"token": token + "x"}).status_code == 302
    assert client.post(address, {"key": str(uuid4())}).status_code == 200
    late = client.post(reverse("referrals:letter_pdf", args=[referral.pk]), {"token": token})
    assert late.status_code == 302, "replaced: it would lead nowhere"
    answered = answer_by_page(link=link, code=code, answer="accept")
    assert answered == Taken.CLOSED


def test_another_agency_never_finds_it(world, client):
    referral = sent(world)
    make(world.officer, referral)
    for member in (world.other_officer, world.eva, world.shelter, world.stranger, world.programme):
        client.force_login(member.user)
        for name in ("referrals:letter", "casework:letter_told", "casework:letter_result", "referrals:letter_pdf"):
            assert client.post(reverse(name, args=[referral.pk]), {"key": str(uuid4())}).status_code == 404
        assert client.get(reverse("referrals:letter", args=[referral.pk])).status_code == 404
        with acting_as(member):
            assert not ExternalLetter.objects.exists(), "nor does the second lock give it"


def test_a_reader_reads_and_makes_nothing(world, client):
    referral = sent(world)
    client.force_login(world.reader.user)
    shown = client.get(reverse("referrals:letter", args=[referral.pk]))
    assert shown.status_code == 200 and 'name="key"' not in shown.content.decode()
    assert client.post(reverse("referrals:letter", args=[referral.pk]), {"key": str(uuid4())}).status_code == 403
    assert client.post(reverse("casework:letter_told", args=[referral.pk]), {"answer": "accept"}).status_code == 403


def test_a_service_with_accounts_has_no_letter(world):
    referral = send(world.officer, make_case(world.officer), world.shelter)
    with acting_as(world.officer), pytest.raises(Http404):
        letters.make_letter(by=world.officer, referral_id=referral.pk, key=uuid4())


def test_the_key_of_another_letter_makes_nothing(world):
    told = make(world.officer, sent(world))
    with pytest.raises(RuleBroken):
        make(world.officer, sent_again(world), key=told.letter.pk)


def test_by_phone_closes_the_page(world):
    referral = sent(world)
    told = make(world.officer, referral)
    with acting_as(world.officer):
        with pytest.raises(RuleBroken):
            answer_by_phone(by=world.officer, referral_id=referral.pk, answer="contact")
        with pytest.raises(RuleBroken) as broken:
            answer_by_phone(
                by=world.officer,
                referral_id=referral.pk,
                answer="decline",
                decline_reason="no_place",
                note="x" * 10_000,
            )
        assert "note" in broken.value.errors
        answer_by_phone(by=world.officer, referral_id=referral.pk, answer="decline", decline_reason="no_place")
    assert Client().get(page(told)).status_code == 404
    with acting_as(world.officer):
        assert not Notice.objects.filter(kind="referral_answered").exists(), "who wrote it down knows"
