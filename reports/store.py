"""The bytes of files: encrypted, under names that say nothing, in a directory no address leads to."""

import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from common.fields import decrypt_bytes, encrypt_bytes


class Missing(Exception):
    """The bytes of a file are not where they were written."""


def write(content: bytes) -> str:
    """Keep `content`; returns the name it is found by. On disk, whole, before this returns."""
    name = secrets.token_hex(16)
    path = _path(name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(encrypt_bytes(content))
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return name


def read(name: str) -> bytes:
    """The content kept under `name`. Raises Missing, DecryptionError."""
    try:
        return decrypt_bytes(_path(name).read_bytes())
    except FileNotFoundError:
        raise Missing(name) from None


def delete(name: str) -> None:
    """Destroy what is kept under `name`, if it is still there."""
    _path(name).unlink(missing_ok=True)


def batches(*, older_than: float) -> Iterator[list[str]]:
    """Names of what was written more than `older_than` seconds ago, one directory at a time."""
    until = time.time() - older_than
    root = Path(settings.FILES_ROOT)
    for folder in sorted(root.iterdir()) if root.exists() else ():
        yield [entry.name for entry in os.scandir(folder) if entry.stat().st_mtime < until]


def _path(name: str) -> Path:
    return Path(settings.FILES_ROOT) / name[:2] / name
