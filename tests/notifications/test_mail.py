"""The outbox: sent after the commit, again after a failure, never by two workers, never with a word of the case."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection

from common.clock import now, travel
from notifications import tasks
from notifications.models import MailState, OutgoingMail
from tests.outbox import again, outbox

pytestmark = pytest.mark.django_db


def waiting(**changes) -> OutgoingMail:
    given = {"to": "leila@example.org", "language": "fr", "template": "task_waiting"} | changes
    return OutgoingMail.objects.create(**given)


@pytest.fixture
def broken_server(monkeypatch):
    def send_messages(self, messages):
        raise ConnectionRefusedError("leila@example.org refused")

    monkeypatch.setattr(EmailBackend, "send_messages", send_messages)


def test_a_mail_leaves_once_in_its_readers_language(db):
    french, english = waiting(), waiting(language="en")
    assert tasks.send_waiting_mail() == 2 and tasks.send_waiting_mail() == 0
    assert [message.subject for message in mail.outbox] == [
        "MOVE : une tâche vous attend",
        "MOVE: a task is waiting for you",
    ]
    assert mail.outbox[0].extra_headers["Message-ID"] == f"<{french.pk}@localhost>"
    assert mail.outbox[0].message()["Message-ID"] == f"<{french.pk}@localhost>"
    assert "http://localhost:8000/notifications/" in mail.outbox[0].body
    english = again(english)
    assert english.state == MailState.SENT and english.sent_at and english.attempts == 1


def test_a_link_sent_is_kept_nowhere(db):
    row = waiting(context={"path": "/invitation/secret/"})
    tasks.send_waiting_mail()
    assert "/invitation/secret/" in mail.outbox[0].body
    row = again(row)
    assert row.context == {}


def test_a_server_that_is_down_delays_and_in_the_end_fails(broken_server):
    row, at, attempts = waiting(context={"path": "/invitation/secret/"}), now(), 0
    rests = []
    for attempts in range(1, 9):
        with travel(at):
            assert tasks.send_waiting_mail() == 0
            row = again(row)
            assert row.attempts == attempts and row.last_error == "ConnectionRefusedError"
            assert bool(row.context) == (attempts < 8), "the link is kept as long as it is tried"
            rests.append(row.next_attempt_at - at)
            assert tasks.send_waiting_mail() == 0, "it rests"
            row = again(row)
            assert row.attempts == attempts
        at = row.next_attempt_at
    assert rests == sorted(rests) and rests[0] == timedelta(minutes=5)
    assert row.state == MailState.FAILED
    with travel(at + timedelta(days=9)):
        assert tasks.send_waiting_mail() == 0
    row = again(row)
    assert row.attempts == 8


def test_one_that_cannot_be_written_holds_up_no_other(db):
    waiting(template="no_such_template")
    waiting()
    assert tasks.send_waiting_mail() == 1
    assert outbox(template="no_such_template")[0].last_error == "TemplateDoesNotExist"


def test_a_worker_killed_between_sending_and_telling_leaves_it_to_another_later(db, monkeypatch):
    row, at = waiting(), now()

    def killed(*_arguments, **_more):
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(tasks, "_mark", killed)
        tasks.send_waiting_mail()
    assert tasks.send_waiting_mail() == 0, "claimed for a while"
    with travel(at + timedelta(minutes=6)):
        assert tasks.send_waiting_mail() == 1
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"] == f"<{row.pk}@localhost>"


def test_the_last_attempt_interrupted_is_a_failure(db):
    row = waiting(attempts=8, context={"path": "/invitation/secret/"})
    assert tasks.send_waiting_mail() == 0 and mail.outbox == []
    row = again(row)
    assert row.state == MailState.FAILED and row.last_error == "Interrupted"
    assert row.context == {}, "a link that never leaves is kept nowhere either"


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_mail_once():
    for number in range(30):
        waiting(to=f"user{number}@example.org")
    sent = []

    def work():
        try:
            sent.append(tasks.send_waiting_mail())
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(sent) == 30
    assert len({message.to[0] for message in mail.outbox}) == len(mail.outbox) == 30


def test_the_log_says_neither_address_nor_message(broken_server, caplog):
    waiting()
    tasks.send_waiting_mail()
    assert "mail_delayed" in caplog.text and "ConnectionRefusedError" in caplog.text
    assert "leila" not in caplog.text
