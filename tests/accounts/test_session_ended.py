"""A session that ends in the middle of a form: the text survives, reaches only its author, and is sent by one click."""

import html
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from agencies.acting import acting_as
from cases.models import Note
from common import clock
from reports.models import ReportDraft
from reports.services import start_draft
from tests.factories import PASSWORD, make_member, make_report, report_data

pytestmark = pytest.mark.django_db
TEXT = "Elle dit : « pas ce soir » — deux fois.\nPuis elle raccroche. <b>&amp;"


@pytest.fixture
def visitor():
    return Client(enforce_csrf_checks=True)


def hidden(page: str) -> list[tuple[str, str]]:
    """The hidden fields of a page, as a browser would send them."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return [(html.unescape(name), html.unescape(value)) for name, value in found]


def as_body(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    body: dict[str, list[str]] = {}
    for name, value in fields:
        body.setdefault(name, []).append(value)
    return body


def token(visitor: Client, url: str) -> str:
    return dict(hidden(visitor.get(url).content.decode()))["csrfmiddlewaretoken"]


def log_in(visitor: Client, user, resume: str = "", password: str = PASSWORD, csrf: str = ""):
    csrf = csrf or token(visitor, reverse("account_login"))
    body = {"login": user.email, "password": password, "resume": resume, "csrfmiddlewaretoken": csrf}
    return visitor.post(reverse("account_login"), {name: value for name, value in body.items() if value})


def expire(visitor: Client) -> None:
    """As half an hour does: the row outlives its date until it is cleared."""
    Session.objects.filter(pk=visitor.cookies[settings.SESSION_COOKIE_NAME].value).update(
        expire_date=clock.now() - timedelta(minutes=1)
    )


@pytest.fixture
def note(world, visitor):
    """An officer about to send a note: (url, body)."""
    report = make_report(world.officer)
    visitor.force_login(world.officer.user)
    url = reverse("cases:write_note", args=[report.case_id])
    page = visitor.get(url).content.decode()
    about = re.search(r'name="about"[^>]*value="([^"]+)"', page) or re.search(r'value="([^"]+)"[^>]*name="about"', page)
    return url, as_body(hidden(page)) | {"about": [about[1]], "facts": [TEXT]}


def test_a_note_survives_and_is_sent_once(world, visitor, note):
    url, body = note
    expire(visitor)
    answer = visitor.post(url, body)
    page = answer.content.decode()
    assert answer.status_code == 401 and "pas ce soir" not in page, "what is carried is not readable on the page"
    fields = dict(hidden(page))
    answer = log_in(visitor, world.officer.user, fields["resume"], csrf=fields["csrfmiddlewaretoken"])
    assert answer.status_code == 302 and answer.url == reverse("resend")
    page = visitor.get(answer.url).content.decode()
    again = as_body(hidden(page))
    assert f'action="{url}"' in page and again["facts"] == [TEXT]
    assert visitor.post(url, again).status_code == 302
    visitor.post(url, again)
    with acting_as(world.officer):
        assert [note.facts for note in Note.objects.all()] == [TEXT]


def test_a_failed_login_in_between_loses_nothing(world, visitor, note):
    url, body = note
    expire(visitor)
    fields = dict(hidden(visitor.post(url, body).content.decode()))
    for _attempt in range(2):
        answer = log_in(visitor, world.officer.user, fields["resume"], "wrong-one", fields["csrfmiddlewaretoken"])
        assert answer.status_code == 200
        fields = dict(hidden(answer.content.decode()))
    answer = log_in(visitor, world.officer.user, fields["resume"], csrf=fields["csrfmiddlewaretoken"])
    assert answer.url == reverse("resend")
    assert as_body(hidden(visitor.get(answer.url).content.decode()))["facts"] == [TEXT]


def test_a_report_draft_survives(world, visitor):
    with acting_as(world.officer):
        draft = start_draft(by=world.officer, kind="police_dispute_report")
    visitor.force_login(world.officer.user)
    url = reverse("reports:draft", args=[draft.pk])
    data = report_data(facts_words=TEXT)
    body = as_body(hidden(visitor.get(url).content.decode())) | {name: [value] for name, value in data.items()}
    expire(visitor)
    fields = dict(hidden(visitor.post(url, body).content.decode()))
    answer = log_in(visitor, world.officer.user, fields["resume"], csrf=fields["csrfmiddlewaretoken"])
    again = as_body(hidden(visitor.get(answer.url).content.decode()))
    assert visitor.post(url, again).status_code == 302
    with acting_as(world.officer):
        kept = ReportDraft.objects.get().data
    assert kept["facts_words"].replace("\r\n", "\n") == TEXT and kept["victim_family_name"] == "Diallo-Test"


@pytest.mark.parametrize("ending", ["idle", "absolute"])
def test_the_end_by_our_own_clock_carries_too(world, visitor, note, ending):
    url, body = note
    session = visitor.session
    if ending == "absolute":
        session["started"] = int(clock.now().timestamp()) - settings.SESSION_ABSOLUTE_AGE - 1
    else:
        session["seen"] = int(clock.now().timestamp()) - settings.SESSION_COOKIE_AGE - 1
    session.save()
    answer = visitor.post(url, body)
    assert answer.status_code == 401 and dict(hidden(answer.content.decode()))["resume"]


def test_a_colleague_at_the_same_screen_never_sends_it(world, visitor, note):
    url, body = note
    expire(visitor)
    fields = dict(hidden(visitor.post(url, body).content.decode()))
    answer = log_in(visitor, world.police_referent.user, fields["resume"], csrf=fields["csrfmiddlewaretoken"])
    assert answer.url != reverse("resend")
    assert visitor.get(reverse("resend")).status_code == 302
    with acting_as(world.officer):
        assert not Note.objects.exists()


def test_two_hats_come_back_under_the_one_that_was_worn(world, visitor, note):
    from agencies.services import add_member

    with acting_as(world.platform_admin):
        add_member(user=world.officer.user, agency=world.shelter.agency, role="reader")
    url, body = note
    answer = visitor.get(url)
    assert answer.status_code == 302 and answer.url.startswith(reverse("choose_acting"))
    csrf = token(visitor, answer.url)
    choice = {"membership": str(world.officer.pk), "next": url, "csrfmiddlewaretoken": csrf}
    assert visitor.post(reverse("choose_acting"), choice).url == url
    body |= {"csrfmiddlewaretoken": [csrf]}
    expire(visitor)
    fields = dict(hidden(visitor.post(url, body).content.decode()))
    answer = log_in(visitor, world.officer.user, fields["resume"], csrf=fields["csrfmiddlewaretoken"])
    again = as_body(hidden(visitor.get(answer.url).content.decode()))
    assert visitor.post(url, again).status_code == 302
    with acting_as(world.officer):
        assert Note.objects.count() == 1


def test_a_form_sent_before_a_hat_is_chosen_waits_for_the_choice(world, visitor, note):
    from agencies.services import add_member

    with acting_as(world.platform_admin):
        add_member(user=world.officer.user, agency=world.shelter.agency, role="reader")
    url, body = note
    answer = visitor.post(url, body)
    assert answer.status_code == 302 and answer.url.startswith(reverse("choose_acting"))
    csrf = token(visitor, answer.url)
    choice = {"membership": str(world.officer.pk), "next": reverse("resend"), "csrfmiddlewaretoken": csrf}
    answer = visitor.post(reverse("choose_acting"), choice)
    again = as_body(hidden(visitor.get(answer.url).content.decode()))
    assert again["facts"] == [TEXT] and visitor.post(url, again).status_code == 302


def test_a_form_from_before_the_last_login_is_sent_again_knowingly(world, visitor, note):
    url, body = note
    body |= {"csrfmiddlewaretoken": ["x" * 64]}
    answer = visitor.post(url, body, HTTP_ORIGIN="http://testserver")
    assert answer.status_code == 403
    again = as_body(hidden(answer.content.decode()))
    assert again["facts"] == [TEXT] and visitor.post(url, again).status_code == 302
    for origin in ({"HTTP_ORIGIN": "https://evil.example"}, {"HTTP_ORIGIN": "null"}, {}):
        answer = visitor.post(url, body, **origin)
        assert answer.status_code == 403 and TEXT[:10] not in html.unescape(answer.content.decode())


def test_passwords_are_never_carried(world, visitor):
    visitor.force_login(world.officer.user)
    url = reverse("account_change_password")
    body = {"oldpassword": PASSWORD, "csrfmiddlewaretoken": token(visitor, url)}
    expire(visitor)
    answer = visitor.post(url, body)
    assert answer.status_code == 302 and answer.url == reverse("account_login")


def test_a_carried_form_lives_a_quarter_of_an_hour_and_cannot_be_forged(world, visitor, note):
    url, body = note
    expire(visitor)
    fields = dict(hidden(visitor.post(url, body).content.decode()))
    with clock.travel(clock.now() + timedelta(minutes=16)):
        answer = log_in(visitor, world.officer.user, fields["resume"], csrf=fields["csrfmiddlewaretoken"])
        assert answer.url != reverse("resend")
    visitor.logout()
    assert log_in(visitor, world.officer.user, fields["resume"][:-4] + "AAAA").url != reverse("resend")
    assert log_in(Client(enforce_csrf_checks=True), world.officer.user, "nonsense").url != reverse("resend")


def test_what_is_too_large_to_carry_is_said_so(world, visitor, note):
    url, body = note
    expire(visitor)
    answer = visitor.post(url, body | {"facts": ["x" * 250_000]})
    assert answer.status_code == 401 and "resume" not in dict(hidden(answer.content.decode()))


def test_scripts_and_the_api_get_a_plain_answer(world, client, note):
    url, _body = note
    assert client.post(url, {}, HTTP_X_REQUESTED_WITH="fetch").status_code == 401
    assert client.get(url, HTTP_X_REQUESTED_WITH="fetch").json()["detail"]
    assert client.get(url).status_code == 302
    two = make_member(world.shelter.agency)
    from agencies.services import add_member

    with acting_as(world.platform_admin):
        add_member(user=two.user, agency=world.eva.agency, role="reader")
    client.force_login(two.user)
    assert client.get(url, HTTP_X_REQUESTED_WITH="fetch").status_code == 403
    answer = client.get(url)
    assert answer.status_code == 302 and answer.url.startswith(reverse("choose_acting"))
