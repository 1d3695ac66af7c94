"""ClamAV's daemon, spoken to over its socket (INSTREAM). Nothing is written for it to the disk."""

import socket
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

TIMEOUT = 30  # seconds without an answer
PIECE = 64 * 1024
PORT = 3310
LONGEST_ANSWER = 4096


class Unavailable(Exception):
    """No answer, or none that says whether the file is clean."""


@dataclass(frozen=True)
class Verdict:
    """`signature` names what was found; empty for a clean file."""

    signature: str = ""

    @property
    def clean(self) -> bool:
        return not self.signature


def configured() -> bool:
    """Whether this installation has an antivirus."""
    return bool(settings.CLAMAV_URL)


def scan(content: bytes) -> Verdict:
    """What the antivirus says of `content`. Raises Unavailable."""
    try:
        with closing(_connect()) as connection:
            connection.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), PIECE):
                piece = content[start : start + PIECE]
                connection.sendall(len(piece).to_bytes(4, "big") + piece)
            connection.sendall(bytes(4))
            answer = _answer(connection)
    except OSError as error:
        raise Unavailable(type(error).__name__) from None
    if answer == "stream: OK":
        return Verdict()
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return Verdict(answer.removeprefix("stream: ").removesuffix(" FOUND")[:200] or "?")
    raise Unavailable("not understood" if answer else "no answer")


def _connect() -> socket.socket:
    address = urlsplit(settings.CLAMAV_URL)
    if address.scheme == "tcp":
        return socket.create_connection((address.hostname, address.port or PORT), timeout=TIMEOUT)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(TIMEOUT)
    try:
        connection.connect(address.path)
    except OSError:
        connection.close()
        raise
    return connection


def _answer(connection: socket.socket) -> str:
    received = b""
    while not received.endswith(b"\0") and len(received) < LONGEST_ANSWER and (piece := connection.recv(1024)):
        received += piece
    return received.rstrip(b"\0\n").decode("utf-8", "replace")
