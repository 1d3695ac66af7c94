"""Roots leave the database, so that who rewrites all of it, seals included, is still found out.

A file that is only added to and a syslog server, each as far as it is configured; the mail to the data-protection
officer is `administration`'s. What has left by a channel is on record; what could not leave goes with the next seal.
"""

import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from logging.handlers import SysLogHandler
from pathlib import Path
from socket import SOCK_DGRAM, SOCK_STREAM
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import connection
from django.db.models import Max

from common.acting import SystemContext, system_context

from .models import Anchor, Channel, Seal

log = structlog.get_logger(__name__)
MOST = 5_000  # roots in one go


def send() -> None:
    """Send the roots that have not left yet to the file and to syslog. What fails is tried again next time."""
    for channel, write in _channels():
        with system_context(SystemContext.SEALING):
            if not _alone(channel):
                continue
            seals = unsent(channel)
            if not seals:
                continue
            try:
                write([line_of(seal) for seal in seals])
            except OSError as error:
                log.error("audit_root_not_sent", state=str(channel), exc_info=error)
                continue
            sent(channel, seals[-1])


def unsent(channel: Channel) -> list[Seal]:
    """Seals whose root has not left by this channel, the oldest first, without their manifests."""
    last = Anchor.objects.filter(channel=channel).aggregate(last=Max("upto_id"))["last"] or 0
    return list(Seal.objects.filter(number__gt=last).defer("manifest").order_by("number")[:MOST])


def sent(channel: Channel, upto: Seal) -> None:
    """Put on record that every root up to this seal has left by the channel."""
    Anchor.objects.create(channel=channel, upto=upto)


def line_of(seal: Seal) -> dict[str, object]:
    """What leaves of a seal: its number, time, count, root and chain; of no row."""
    return {
        "number": seal.number,
        "taken_at": seal.taken_at.isoformat(),
        "rows": seal.rows,
        "root": bytes(seal.root).hex(),
        "chain": bytes(seal.chain).hex(),
    }


def in_file() -> Iterator[tuple[int, dict[str, object] | None]]:
    """Each line of the file with its number, from 1: a seal as `line_of` says it, {"certificate": …}, None if damaged.

    Raises OSError.
    """
    with Path(settings.AUDIT_ROOTS_FILE).open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                found = json.loads(line)
            except ValueError:  # UnicodeDecodeError is one
                found = None
            yield number, found if isinstance(found, dict) else None


def add_to_file(lines: Iterable[dict[str, object]]) -> None:
    """Add lines at the end of the file and wait until they are on the disk. Raises OSError."""
    path = Path(settings.AUDIT_ROOTS_FILE)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = "".join(json.dumps(line) + "\n" for line in lines)
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":  # a line cut short by a full disk spoils no other
            text = "\n" + text
        os.write(file, text.encode())
        os.fsync(file)
    finally:
        os.close(file)


class _Syslog(SysLogHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        raise  # noqa: PLE0704 - called by logging while it handles the error


def _add_to_syslog(lines: Sequence[dict[str, object]]) -> None:
    address = urlsplit(settings.AUDIT_SYSLOG_URL)
    if address.scheme == "unix":
        handler = _Syslog(address=address.path)
    else:
        kind = SOCK_STREAM if address.scheme == "tcp" else SOCK_DGRAM
        handler = _Syslog(address=(address.hostname or "", address.port or 514), socktype=kind)
    try:
        for line in lines:
            handler.emit(logging.LogRecord("audit", logging.INFO, "", 0, f"move audit {json.dumps(line)}", None, None))
    finally:
        handler.close()


def _channels() -> Iterator[tuple[Channel, Callable[[Sequence[dict[str, object]]], None]]]:
    yield Channel.FILE, add_to_file
    if settings.AUDIT_SYSLOG_URL:
        yield Channel.SYSLOG, _add_to_syslog


def _alone(channel: Channel) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"audit_anchor_{channel}"])
        return cursor.fetchone()[0]
