"""The pages of follow-ups: the rule before the number, the state alone for who planned it, 404 for everybody else."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from cases.models import CasePerson, ContactPoint
from cases.services import add_contact_point
from common.clock import BRUSSELS, now
from followups import calling
from followups.models import ContactAttempt
from tests.factories import make_member, make_report, make_user

from . import helpers

pytestmark = pytest.mark.django_db
NUMBER = "0470 12 34 42"


@pytest.fixture
def follow_up(world):
    make_report(world.officer)
    return helpers.the_follow_up()


@pytest.fixture
def as_member(client):
    def log_in(member):
        client.force_login(member.user)
        return client

    return log_in


def url(name, follow_up):
    return reverse(f"followups:{name}", args=[follow_up.pk])


def form_data(**changes):
    return {"request_key": str(uuid4()), "outcome": "reached", "note": "", "next_at": ""} | changes


def text(response):
    return response.content.decode()


def reads(owner_or_cursor, kind):
    rows = owner_or_cursor.execute("SELECT fields FROM audit_auditevent WHERE object_kind = %s", [kind]).fetchall()
    return [fields for (fields,) in rows]


def test_the_rule_comes_first_and_the_number_after_it(world, follow_up, as_member):
    client = as_member(world.eva)
    page = text(client.get(url("detail", follow_up)))
    assert "la bibliothèque" in page and "son compagnon" in page and "Fatou" in page and "BR.43.L1.001234" in page
    assert NUMBER not in page and "tel:" not in page
    page = text(client.post(url("number", follow_up)))
    assert NUMBER in page and "tel:+32470123442" in page
    assert page.index("la bibliothèque") < page.index(NUMBER)
    assert client.get(url("number", follow_up)).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_showing_the_number_is_on_record(committed_world, client, owner):
    make_report(committed_world.officer)
    follow_up = helpers.the_follow_up()
    client.force_login(committed_world.eva.user)
    client.get(url("detail", follow_up))
    assert reads(owner, "followups.number") == []
    client.post(url("number", follow_up))
    assert reads(owner, "followups.number") == [["identity:victim", "contact:victim"]]


@pytest.mark.parametrize("safe", ["no", "unknown"])
def test_a_number_not_known_to_be_safe_has_no_call_button(world, as_member, safe):
    make_report(world.officer, victim_phone_safe=safe)
    page = text(as_member(world.eva).post(url("number", helpers.the_follow_up())))
    assert "tel:" not in page
    assert (NUMBER in page) == (safe == "unknown")


def test_who_planned_it_reads_the_state_and_no_word(world, follow_up, as_member):
    with acting_as(world.eva):
        calling.record_attempt(
            by=world.eva,
            follow_up_id=follow_up.pk,
            request_key=uuid4(),
            outcome="no_answer",
            note="Une voix d'homme derrière elle.",
            next_at=now() + timedelta(hours=3),
        )
    client = as_member(world.officer)
    page = text(client.get(url("detail", follow_up)))
    assert "Cellule EVA A" in page and "Pas de réponse" in page
    assert "voix" not in page and "Fatou" not in page and "<textarea" not in page
    assert client.post(url("number", follow_up)).status_code == 403
    assert client.post(url("attempt", follow_up), form_data()).status_code == 403
    assert client.post(url("claim", follow_up)).status_code == 403


def test_a_reader_of_the_agency_reads_and_does_not_act(world, follow_up, as_member):
    client = as_member(make_member(world.eva.agency, "reader"))
    page = text(client.get(url("detail", follow_up)))
    assert "Fatou" in page and "<textarea" not in page and url("claim", follow_up) not in page
    assert url("number", follow_up) not in page
    for name in ("number", "attempt", "claim"):
        assert client.post(url(name, follow_up), form_data()).status_code == 403


@pytest.mark.parametrize("who", ["stranger", "other_officer", "shelter", "programme", "prosecutor", "platform_admin"])
def test_nobody_else_knows_that_it_exists(world, follow_up, as_member, who):
    client = as_member(getattr(world, who))
    for method, name in (("get", "detail"), ("post", "number"), ("post", "attempt"), ("post", "claim")):
        assert getattr(client, method)(url(name, follow_up), form_data()).status_code == 404
    listed = client.get(reverse("followups:list"))
    assert follow_up.case.reference not in text(listed)


def test_an_attempt_from_the_page(world, follow_up, as_member):
    client = as_member(world.eva)
    answer = client.post(url("attempt", follow_up), form_data(frame_explained="on", income_checked="on", note="Merci."))
    assert answer.status_code == 302 and answer["Location"] == url("detail", follow_up)
    page = text(client.get(url("detail", follow_up)))
    assert "Contact établi" in page and "Merci." in page and "Cadre expliqué · revenus vérifiés" in page
    assert "<textarea" not in page, "settled: nothing more to write"
    assert "la bibliothèque" not in page, "settled: the number is no longer needed here"


def test_the_moment_of_the_next_attempt_is_belgian(world, follow_up, as_member):
    at = (now() + timedelta(days=1)).astimezone(BRUSSELS).replace(hour=10, minute=15, second=0, microsecond=0)
    as_member(world.eva).post(
        url("attempt", follow_up), form_data(outcome="no_answer", next_at=at.strftime("%Y-%m-%dT%H:%M"))
    )
    assert helpers.the_follow_up().remind_at == at


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"outcome": ""}, "Indiquez comment l’appel s’est passé."),
        ({"outcome": "no_answer"}, "Indiquez quand vous réessayerez."),
        ({"outcome": "no_answer", "next_at": "demain"}, "Indiquez une date et une heure."),
        ({"outcome": "no_answer", "next_at": "2020-01-01T10:00"}, "dans le passé"),
        ({"request_key": "x"}, "Cette page était incomplète."),
        ({"outcome": "asleep"}, "Sélectionnez un choix valide"),
    ],
)
def test_a_refused_form_keeps_what_was_typed_and_the_number_shown(world, follow_up, as_member, changes, words):
    answer = as_member(world.eva).post(
        url("attempt", follow_up),
        form_data(note="Elle rappelle demain.", frame_explained="on", revealed="True") | changes,
    )
    page = text(answer)
    assert answer.status_code == 422
    assert words in page and "Elle rappelle demain." in page and NUMBER in page
    assert answer.context["form"]["frame_explained"].value() is True
    with acting_as(world.eva):
        assert not ContactAttempt.objects.exists()


@pytest.mark.parametrize("outcome", ["other_answered", "wrong_number"])
def test_nobody_of_the_case_is_led_to_call_a_number_in_doubt(world, follow_up, as_member, outcome):
    with acting_as(world.eva):
        point = ContactPoint.objects.get(case=follow_up.case)
    people = reverse("cases:people", args=[follow_up.case_id])
    contact = reverse("cases:contact", args=[follow_up.case_id, point.pk])
    api = reverse("api:case", args=[follow_up.case_id])
    client = as_member(world.officer)
    assert "tel:" in text(client.post(contact)) and client.get(api).json()["contacts"][0]["safe"] == "yes"
    tomorrow = (now() + timedelta(days=1)).astimezone(BRUSSELS).strftime("%Y-%m-%dT%H:%M")
    as_member(world.eva).post(url("attempt", follow_up), form_data(outcome=outcome, next_at=tomorrow))
    client = as_member(world.officer)
    for page in (client.get(people), client.get(contact), client.post(contact)):
        assert "tel:" not in text(page) and "n’est peut-être plus sûr" in text(page)
    assert client.get(api).json()["contacts"][0]["safe"] == "unknown"
    client.post(
        reverse("cases:replace_contact", args=[follow_up.case_id, point.pk]),
        {"kind": "phone", "value": NUMBER, "safe": "yes"},
    )
    assert "n’est peut-être plus sûr" not in text(client.get(people))


@pytest.mark.parametrize("outcome", ["other_answered", "wrong_number"])
def test_a_number_in_doubt_is_not_shown_until_its_rules_are_written_again(world, follow_up, as_member, outcome):
    client = as_member(world.eva)
    at = (now() + timedelta(days=1)).astimezone(BRUSSELS).strftime("%Y-%m-%dT%H:%M")
    client.post(url("attempt", follow_up), form_data(outcome=outcome, next_at=at))
    page = text(client.post(url("number", follow_up)))
    assert "Le numéro n’est peut-être plus sûr." in page and NUMBER not in page and "tel:" not in page
    with acting_as(world.officer):
        add_contact_point(
            by=world.officer,
            case_person=CasePerson.objects.get(role="victim"),
            kind="phone",
            value="0471 22 33 44",
            safe="yes",
        )
    page = text(client.post(url("number", follow_up)))
    assert "0471 22 33 44" in page and NUMBER not in page


def test_taking_it_on_from_the_page(world, follow_up, as_member):
    client = as_member(world.eva)
    client.post(url("claim", follow_up), {"held_by": ""})
    assert helpers.the_follow_up().assigned_to_id == world.eva.user_id
    client = as_member(world.eva_referent)
    page = text(client.post(url("claim", follow_up), {"held_by": ""}, follow=True))
    assert "entre-temps" in page and "Leïla Amrani" in page
    client.post(url("claim", follow_up), {"held_by": str(world.eva.user_id)})
    assert helpers.the_follow_up().assigned_to_id == world.eva_referent.user_id


@pytest.mark.django_db(transaction=True)
def test_escalated_it_shows_the_duty_phone(committed_world, client, owner):
    make_report(committed_world.officer)
    owner.execute("UPDATE followups_followup SET step = 2")
    client.force_login(committed_world.eva.user)
    assert "02 555 02 02" in text(client.get(url("detail", helpers.the_follow_up())))


# --- the list -------------------------------------------------------------------------------------------------
def test_the_list_of_the_agency(world, follow_up, as_member):
    client = as_member(world.eva)
    page = text(client.get(reverse("followups:list")))
    assert follow_up.case.reference in page and "F. D." in page and url("detail", follow_up) in page
    assert follow_up.case.reference not in text(client.get(reverse("followups:list"), {"state": "settled"}))
    assert follow_up.case.reference not in text(client.get(reverse("followups:list"), {"mine": "on"}))
    assert follow_up.case.reference not in text(client.get(reverse("followups:list"), {"kind": "reassessment"}))
    client.post(url("attempt", follow_up), form_data())
    assert follow_up.case.reference not in text(client.get(reverse("followups:list")))
    settled = text(client.get(reverse("followups:list"), {"state": "settled", "mine": "on", "kind": "j2_contact"}))
    assert follow_up.case.reference in settled and "contact établi" in settled
    assert follow_up.case.reference not in text(as_member(world.officer).get(reverse("followups:list")))


def test_words_that_are_no_filter_show_everything(world, follow_up, as_member):
    client = as_member(world.eva)
    for query in ({"state": "'"}, {"kind": "x"}, {"cursor": "x"}):
        answer = client.get(reverse("followups:list"), query)
        assert answer.status_code == 200 and follow_up.case.reference in text(answer)


def test_the_pages_of_the_list_hold_every_row_once(world, follow_up, as_member):
    helpers.plan_many(world.officer, follow_up, 60)
    client, address, seen, pages = as_member(world.eva), reverse("followups:list"), [], 0
    while address:
        page = client.get(address)
        seen += [row.pk for row in page.context["page"].items]
        cursor = page.context["page"].next_cursor
        address, pages = (f"{reverse('followups:list')}?cursor={cursor}" if cursor else None), pages + 1
    assert pages == 3 and len(seen) == len(set(seen)) == 61
    assert seen[-1] == follow_up.pk, "the most overdue first"


def test_queries_do_not_grow_with_the_rows(world, follow_up, as_member, django_assert_max_num_queries):
    client = as_member(world.eva)
    client.get(reverse("followups:list"))
    helpers.plan_many(world.officer, follow_up, 3)
    with django_assert_max_num_queries(30) as few:
        client.get(reverse("followups:list"))
    helpers.plan_many(world.officer, follow_up, 20)
    with django_assert_max_num_queries(len(few)):
        client.get(reverse("followups:list"))


def test_somebody_of_no_agency_finds_nothing(world, follow_up, client):
    client.force_login(make_user())
    for address in (reverse("followups:list"), url("detail", follow_up), reverse("notifications:list")):
        assert client.get(address).status_code == 404
