"""The doorway to mail: what stands in the outbox leaves from here, after the commit of the act that wrote it."""

import time
from datetime import timedelta

import structlog
from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override

from common.acting import SystemContext, system_context
from common.clock import now

from .models import MailState, OutgoingMail
from .services import hidden

log = structlog.get_logger(__name__)

RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 240, 720, 720, 720, 720))
"""The rest of a mail after each attempt, as many attempts as entries. The first outlives a worker's time limit."""
SMTP_TIMEOUT = 20  # seconds


@shared_task(name="notifications.deliver_mail")
def deliver_mail() -> None:
    """Every tick of beat: send what waits."""
    send_waiting_mail()


def send_waiting_mail(*, seconds: float = 60) -> int:
    """Send every mail whose time has come; returns how many left. Stops after `seconds`; the next call goes on.

    A mail is claimed for a while, sent without holding any lock, then marked: a worker killed in between leaves it to
    be sent again later, with the same Message-ID, so that the reader's mailbox may recognise it.
    """
    until = time.monotonic() + seconds
    sent = 0
    backend = get_connection(timeout=SMTP_TIMEOUT)
    while time.monotonic() < until and (mail := _claim()) is not None:
        try:
            _message(mail, backend).send()
        except Exception as error:
            _mark(mail, error=type(error).__name__)
        else:
            _mark(mail)
            sent += 1
    return sent


def _claim() -> OutgoingMail | None:
    """The next waiting mail, its attempt counted and its next one set aside before anything leaves."""
    with system_context(SystemContext.NOTICES):
        mail = (
            OutgoingMail.objects.select_for_update(skip_locked=True)
            .filter(state=MailState.WAITING, next_attempt_at__lte=now())
            .order_by("next_attempt_at", "pk")
            .first()
        )
        if mail is None:
            return None
        if mail.notice_id and OutgoingMail.objects.filter(hidden("notice__"), pk=mail.pk).exists():
            # The reader has been kept out of the case since: nothing about it reaches them any more.
            mail.state = MailState.WITHHELD
            mail.save(update_fields=["state"])
        elif mail.attempts < len(RETRY_AFTER):
            mail.next_attempt_at = now() + RETRY_AFTER[mail.attempts]
            mail.attempts += 1
            mail.save(update_fields=["attempts", "next_attempt_at"])
            return mail
        else:
            # The worker of the last attempt died before it could tell.
            _mark(mail, error="Interrupted")
    return _claim()


def _mark(mail: OutgoingMail, *, error: str = "") -> None:
    """Sent; or the class of what went wrong (its message may quote an address), for good after the last attempt."""
    with system_context(SystemContext.NOTICES):
        if not error:
            mail.state, mail.sent_at, mail.last_error = MailState.SENT, now(), ""
        else:
            mail.last_error = error[:80]
            if mail.attempts >= len(RETRY_AFTER):
                mail.state = MailState.FAILED
        if mail.state != MailState.WAITING:
            mail.context = {}  # an invitation's link stays nowhere once it has left, or never will
        mail.save(update_fields=["state", "sent_at", "last_error", "context"])
    if mail.state == MailState.FAILED:
        log.error("mail_failed", object_id=str(mail.pk), attempt=mail.attempts, exception=error)
    elif error:
        log.warning("mail_delayed", object_id=str(mail.pk), attempt=mail.attempts, exception=error)


def _message(mail: OutgoingMail, backend: BaseEmailBackend) -> EmailMessage:
    """A plain mail in its reader's language: that something waits, and where to log in."""
    with override(mail.language):
        path = mail.context.get("path") or reverse("notifications:list")
        words = mail.context | {"link": settings.SITE_URL.rstrip("/") + path}
        subject = render_to_string(f"notifications/mail/{mail.template}_subject.txt", words)
        body = render_to_string(f"notifications/mail/{mail.template}.txt", words)
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=body,
        to=[mail.to],
        connection=backend,
        headers={"Message-ID": f"<{mail.pk}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
