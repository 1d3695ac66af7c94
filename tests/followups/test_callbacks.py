"""A poster's page and the duty inbox: asked without an account, called back within hours, forgotten at once."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import translation

from agencies import posters
from agencies.acting import acting_as
from agencies.enums import Role
from agencies.models import Poster
from audit.models import AuditEvent, LogEntry
from common.acting import SystemContext, system_context
from common.clock import now, travel
from common.ids import uuid7
from followups import callbacks, poster_views
from followups.models import CallbackRequest
from notifications.models import Notice, NoticeKind
from tests.actors import as_
from tests.factories import make_member

pytestmark = pytest.mark.django_db
NUMBER, HOURS = "0470 12 34 56", "en semaine de 9 h à 11 h"


@pytest.fixture
def poster(world) -> Poster:
    with acting_as(world.eva):
        return posters.hang(by=world.eva, poster_id=uuid7(), place="Urgences, salle d’attente", postal_code="1210")


def page(poster, **asked) -> str:
    return Client().get(reverse("followups:poster_page", args=[poster.code]), asked)


def token(poster) -> str:
    return re.search(r'name="token" value="([^"]+)"', page(poster).content.decode())[1]


def send(poster, number=NUMBER, hours=HOURS, client=None, **sent):
    data = {"number": number, "hours": hours, "token": token(poster)} | sent
    return (client or Client(enforce_csrf_checks=True)).post(
        reverse("followups:poster_page", args=[poster.code]) + "?l=fr", data
    )


def requests() -> list[CallbackRequest]:
    with system_context(SystemContext.CALLBACKS):
        return list(CallbackRequest.objects.order_by("asked_at"))


def asked(poster, **sent) -> CallbackRequest:
    assert send(poster, **sent).status_code == 302
    return requests()[-1]


# --- the public page --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_the_page_is_harmless_and_sets_no_cookie(poster, language):
    answer = page(poster, l=language)
    text = answer.content.decode()
    assert answer.status_code == 200 and not answer.cookies and "no-store" in answer["Cache-Control"]
    assert f'<html lang="{language}"' in text and "02 555 02 12" in text
    told = (
        "violen",
        "geweld",
        "victim",
        "slachtoffer",
        "police",
        "politie",
        "eva",
        "plainte",
        "klacht",
        "move",
        "urgences",
    )
    title = re.search(r"<title>(.*?)</title>", text)[1]
    assert not [word for word in told if word in title.lower()]
    body = text.partition("<body")[2].lower()
    assert not [word for word in told if re.search(rf"\b{word}", body)]
    assert poster.place not in text and "csrf" not in text


def test_a_number_and_hours_are_kept_in_cipher_and_nothing_of_who_asked(world, poster):
    before = now()
    client = Client(enforce_csrf_checks=True, REMOTE_ADDR="198.51.100.7", HTTP_USER_AGENT="Canary-Agent")
    answer = send(poster, client=client)
    assert answer.status_code == 302 and answer["Location"] == f"/p/{poster.code}/thanks/?l=fr"
    assert not answer.cookies and not client.cookies
    (row,) = requests()
    assert (row.number, row.hours, row.language) == ("+32470123456", HOURS, "fr")
    assert row.agency_id == world.eva.agency_id and row.due_at > before
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.context', 'callbacks', true)")
        cursor.execute("SELECT to_jsonb(c)::text FROM followups_callbackrequest c")
        stored = cursor.fetchone()[0]
    assert "470123456" not in stored and "semaine" not in stored and "198.51" not in stored
    thanks = Client().get(answer["Location"])
    said = thanks.content.decode()
    assert thanks.status_code == 200 and "470" not in said and "rappel" not in said.lower() and not thanks.cookies


@pytest.mark.django_db(transaction=True)
def test_the_trails_know_neither_address_nor_number(committed_world, owner):
    eva = committed_world.eva
    with acting_as(eva):
        poster = posters.hang(by=eva, poster_id=uuid7(), place="Urgences", postal_code="1210")
    send(poster, client=Client(REMOTE_ADDR="198.51.100.7"))
    told = [
        row
        for table in ("audit_logentry", "audit_auditevent")
        for row in owner.execute(f"SELECT t::text FROM {table} t")
    ]
    assert any("callbacks" in row[0] for row in told)
    for (row,) in told:
        assert "198.51" not in row and "470123456" not in row and "470 12 34 56" not in row


@pytest.mark.parametrize(
    "number",
    ["", "112", "1712", "0900 12 345", "0903 12 345", "070 12 34 56", "12", "abc", "0470 12 34 56 appelez Marie", "☎️",
     "‮0470123456", "0470\x0012 34 56", "9" * 10_000, "<script>"],
)  # fmt: skip
def test_a_number_that_is_none_is_refused_and_what_was_typed_stays(poster, number):
    answer = send(poster, number=number)
    assert answer.status_code == 422 and requests() == []
    assert "0470 12 34 56" in answer.content.decode() and HOURS in answer.content.decode()
    assert not answer.cookies


@pytest.mark.parametrize("hours", ["", "   ", "x" * 81, "x" * 10_000, "le soir\x00"])
def test_hours_are_asked_for(poster, hours):
    answer = send(poster, hours=hours)
    assert answer.status_code == 422 and requests() == []
    assert 'href="#hours"' in answer.content.decode()


def test_hours_in_any_script_are_kept_as_text(poster):
    assert asked(poster, hours="<b>‮ בערב 🌙</b>").hours == "<b>‮ בערב 🌙</b>"


def test_the_same_page_sent_again_is_one_request(poster):
    once = token(poster)
    assert send(poster, token=once).status_code == send(poster, token=once).status_code == 302
    assert send(poster, token=once, number="0470 99 99 99").status_code == 302
    assert [row.number for row in requests()] == ["+32470123456"]


def test_the_same_number_and_hours_are_one_request_other_hours_another(poster):
    send(poster)
    send(poster, number="+32 470 12 34 56", hours=f" {HOURS} ")
    assert len(requests()) == 1
    send(poster, hours="le samedi matin")
    assert len(requests()) == 2


@pytest.mark.parametrize("forged", ["", "x", "a:b:c", "é" * 300])
def test_a_form_that_is_not_ours_is_asked_again(poster, forged):
    answer = send(poster, token=forged)
    assert answer.status_code == 422 and requests() == [] and "Vérifiez ce qui est écrit" in answer.content.decode()


def test_the_form_of_another_poster_or_of_yesterday_is_asked_again(world, poster):
    other = signing.dumps({"page": str(uuid7()), "poster": "zzzzzzzz"}, salt=poster_views.SALT)
    assert send(poster, token=other).status_code == 422
    once = token(poster)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(poster_views, "LIFE", -1)
        assert send(poster, token=once).status_code == 422
    assert requests() == []


def test_a_flood_is_stopped_at_the_poster_and_says_to_call(world, poster):
    for turn in range(callbacks.MOST_AN_HOUR):
        assert send(poster, number=f"0470 12 34 {turn:02d}").status_code == 302
    answer = send(poster)
    assert (
        answer.status_code == 429 and "appelez" in answer.content.decode() and "02 555 02 12" in answer.content.decode()
    )
    assert len(requests()) == callbacks.MOST_AN_HOUR
    told = Notice.objects.filter(kind=NoticeKind.CALLBACK_ASKED)
    with acting_as(world.eva):
        assert 1 <= told.filter(recipient=world.eva.user).count() <= 2, "many requests at once are one notice"
    with travel(now() + timedelta(hours=2)):
        assert send(poster).status_code == 302


def test_an_ended_poster_an_unknown_code_and_a_closed_agency_answer_alike(world, poster):
    once = token(poster)
    with acting_as(world.eva):
        posters.take_down(by=world.eva, poster_id=poster.pk)
    ended, unknown = page(poster, l="fr"), Client().get("/p/abcdefgh/?l=fr")
    assert ended.status_code == unknown.status_code == 404 and ended.content == unknown.content
    told = ended.content.decode()
    assert "112" in told and "107" in told and "viol" not in told and not ended.cookies
    assert send_to(poster, once).status_code == 404 and requests() == []


def send_to(poster, once):
    return Client().post(
        reverse("followups:poster_page", args=[poster.code]), {"number": NUMBER, "hours": HOURS, "token": once}
    )


def test_the_head_of_its_page_may_be_asked_for_and_leaves_nothing(poster):
    where = reverse("followups:poster_page", args=[poster.code])
    for address in (where, reverse("followups:poster_thanks", args=[poster.code])):
        head = Client().head(address)
        assert head.status_code == 200 and head.content == b"" and not head.cookies
    assert Client().options(where).status_code == 405 and requests() == []


def test_a_closed_agency_takes_no_request(world, poster):
    once = token(poster)
    agency = world.eva.agency
    agency.is_active = False
    with system_context(SystemContext.REFERENCE):
        agency.save(update_fields=["is_active"])
    assert page(poster).status_code == 404 and send_to(poster, once).status_code == 404


def test_the_language_is_chosen_by_link_else_by_the_browser(poster):
    asked_for = Client().get(
        reverse("followups:poster_page", args=[poster.code]), headers={"accept-language": "nl-BE,fr"}
    )
    assert '<html lang="nl"' in asked_for.content.decode()
    assert '<html lang="fr"' in page(poster, l="<x>").content.decode()


def test_a_page_costs_the_same_however_many_wait(poster, django_assert_max_num_queries):
    for turn in range(8):
        send(poster, number=f"0470 12 34 {turn:02d}")
    with django_assert_max_num_queries(12):
        page(poster)


# --- the duty inbox ---------------------------------------------------------------------------------------------------
def test_only_the_cell_reads_it_and_only_who_calls_reads_the_number(world, poster):
    row = asked(poster)
    for member in (world.officer, world.shelter, world.platform_admin, world.stranger):
        assert as_(member).get(reverse("followups:callbacks")).status_code == 404
        assert as_(member).get(reverse("followups:callback", args=[row.pk])).status_code == 404
        for name in ("callback_take", "callback_number", "callback_handle"):
            assert as_(member).post(reverse(f"followups:{name}", args=[row.pk])).status_code == 404
    listed = as_(world.eva).get(reverse("followups:callbacks")).content.decode()
    assert HOURS in listed and "0470" not in listed
    untaken = as_(world.eva).get(reverse("followups:callback", args=[row.pk])).content.decode()
    assert "0470" not in untaken and "je rappelle" in untaken.lower()
    assert reverse("followups:callback_take", args=[row.pk]) in listed
    assert "<dt>Langue</dt><dd>Français</dd>" in untaken
    as_(world.eva).post(reverse("followups:callback_take", args=[row.pk]))
    taken = as_(world.eva).get(reverse("followups:callback", args=[row.pk])).content.decode()
    assert "0470" not in taken and "Avant d’appeler" in taken, "the rules come before the number"
    assert not any("number" in fields for fields in shown_fields(world, row))
    listed = as_(world.eva).get(reverse("followups:callbacks")).content.decode()
    assert f"{reverse('followups:callback', args=[row.pk])}#outcome" in listed
    assert reverse("followups:callback_take", args=[row.pk]) not in listed
    told = as_(world.eva).post(reverse("followups:callback_number", args=[row.pk])).content.decode()
    assert told.index("Avant d’appeler") < told.index("0470 12 34 56") and 'href="tel:+32470123456"' in told
    assert ["number", "hours"] in shown_fields(world, row)
    assert "0470" not in as_(world.eva).get(reverse("followups:callback", args=[row.pk])).content.decode()
    other = as_(world.eva_referent)
    assert "0470" not in other.get(reverse("followups:callback", args=[row.pk])).content.decode()
    unseen = other.post(reverse("followups:callback_number", args=[row.pk]))
    assert unseen.status_code == 302, "did not see that a colleague has it"
    seen = other.post(reverse("followups:callback_number", args=[row.pk]), {"held_by": world.eva.user_id})
    assert "0470 12 34 56" in seen.content.decode() and requests()[0].taken_by_id == world.eva_referent.user_id


def shown_fields(world, row) -> list[list[str]]:
    with acting_as(world.eva):
        read = AuditEvent.objects.filter(
            object_kind="followups.CallbackRequest", object_id=row.pk, user_id=world.eva.user_id
        )
        return [event.fields for event in read]


def test_a_reader_calls_nobody(world, poster):
    row = asked(poster)
    reader = make_member(world.eva.agency, Role.READER)
    shown = as_(reader).get(reverse("followups:callback", args=[row.pk])).content.decode()
    assert HOURS not in shown and "0470" not in shown
    assert as_(reader).post(reverse("followups:callback_take", args=[row.pk])).status_code == 403
    assert as_(reader).post(reverse("followups:callback_number", args=[row.pk])).status_code == 403
    assert (
        as_(reader).post(reverse("followups:callback_handle", args=[row.pk]), {"outcome": "reached"}).status_code == 403
    )


def test_two_take_it_at_once_and_one_has_it(world, poster):
    row = asked(poster)
    take = reverse("followups:callback_take", args=[row.pk])
    as_(world.eva).post(take)
    as_(world.eva_referent).post(take)  # saw nobody
    assert requests()[0].taken_by_id == world.eva.user_id
    as_(world.eva_referent).post(take, {"held_by": world.eva.user_id})  # saw the colleague, and takes over
    assert requests()[0].taken_by_id == world.eva_referent.user_id


def test_handled_is_erased_in_the_same_transaction(world, poster):
    row = asked(poster)
    handle = reverse("followups:callback_handle", args=[row.pk])
    assert as_(world.eva).post(handle, {"outcome": "reached"}).status_code == 403, "not taken on"
    as_(world.eva).post(reverse("followups:callback_take", args=[row.pk]))
    refused = as_(world.eva).post(handle, {"outcome": ""})
    assert refused.status_code == 422 and requests()[0].number
    assert as_(world.eva).post(handle, {"outcome": "reached"}).status_code == 302
    (row,) = requests()
    assert (row.number, row.hours, row.outcome, row.remind_at) == (None, None, "reached", None)
    assert row.handled_by_id == world.eva.user_id and row.erased_at == row.handled_at
    assert as_(world.eva).post(handle, {"outcome": "not_reached"}).status_code == 302
    assert requests()[0].outcome == "reached", "handled again changes nothing"
    gone = as_(world.eva).get(reverse("followups:callback", args=[row.pk])).content.decode()
    assert "0470" not in gone and HOURS not in gone
    with acting_as(world.eva):
        trail = [str(entry.changes) for entry in LogEntry.objects.filter(object_pk=str(row.pk))]
    assert trail and not [line for line in trail if "470" in line or "semaine" in line]


def test_hours_that_differ_are_shown_to_who_calls(world, poster):
    row = asked(poster)
    asked(poster, hours="le samedi matin")
    as_(world.eva).post(reverse("followups:callback_take", args=[row.pk]))
    assert "le samedi matin" in as_(world.eva).get(reverse("followups:callback", args=[row.pk])).content.decode()


# --- beat -------------------------------------------------------------------------------------------------------------
def test_silence_is_told_one_step_up_each_time(world, poster):
    row = asked(poster)
    assert callbacks.remind() == 0
    for turn, member in enumerate((world.eva, world.eva_referent, world.eva_manager)):
        with system_context(SystemContext.CALLBACKS):
            CallbackRequest.objects.filter(pk=row.pk).update(remind_at=now() - timedelta(days=1))
        assert callbacks.remind() == 1
        with acting_as(member):
            late = Notice.objects.filter(kind=NoticeKind.CALLBACK_LATE, recipient=member.user)
            assert late.filter(path=reverse("followups:callback", args=[row.pk])).exists(), turn
    assert requests()[0].remind_at is None, "after the manager there is nobody"


def test_who_took_it_on_is_reminded_alone_and_nobody_once_handled(world, poster):
    row = asked(poster)
    as_(world.eva).post(reverse("followups:callback_take", args=[row.pk]))
    with system_context(SystemContext.CALLBACKS):
        CallbackRequest.objects.filter(pk=row.pk).update(remind_at=now() - timedelta(days=1))
    callbacks.remind()
    with system_context(SystemContext.NOTICES):
        told = Notice.objects.filter(kind=NoticeKind.CALLBACK_LATE)
        assert [notice.recipient_id for notice in told] == [world.eva.user_id]
    with acting_as(world.eva):
        callbacks.handle(by=world.eva, request_id=row.pk, outcome="reached")
    assert callbacks.remind() == 0


def test_what_nobody_handled_is_forgotten_after_its_end(settings, poster):
    row = asked(poster)
    with travel(row.due_at + timedelta(days=settings.CALLBACK_KEEP_DAYS - 1)):
        assert callbacks.erase_unhandled() == 0
    with travel(row.due_at + timedelta(days=settings.CALLBACK_KEEP_DAYS + 1)):
        assert callbacks.erase_unhandled() == 1
        assert callbacks.erase_unhandled() == 0
    (row,) = requests()
    assert (row.number, row.hours, row.handled_at) == (None, None, None) and row.erased_at


def test_a_request_of_friday_evening_is_due_on_the_next_working_day(poster):
    with travel(datetime(2026, 11, 27, 17, 0, tzinfo=UTC)):  # a Friday, 18:00 in Brussels
        row = asked(poster, token=token(poster))
    assert row.due_at == datetime(2026, 11, 30, 17, 0, tzinfo=UTC)


def test_it_stands_in_my_work(world, poster):
    asked(poster)
    with translation.override("fr"):
        work = as_(world.eva).get("/").content.decode()
    assert "Rappeler une personne qui le demande" in work and "0470" not in work
    assert "Rappeler une personne qui le demande" not in as_(world.officer).get("/").content.decode()
