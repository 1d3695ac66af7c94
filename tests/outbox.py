"""The mails that wait or have left, as the mail worker reads them: the second lock closes them to everybody else."""

from typing import Any

from common.acting import SystemContext, system_context
from notifications.models import OutgoingMail


def outbox(**sought: Any) -> list[OutgoingMail]:
    """Every mail of the outbox, or those of these columns, in the order they were written."""
    with system_context(SystemContext.NOTICES):
        return list(OutgoingMail.objects.filter(**sought).order_by("pk"))


def again(mail: OutgoingMail) -> OutgoingMail:
    """The same mail, as it stands now."""
    (found,) = outbox(pk=mail.pk)
    return found
