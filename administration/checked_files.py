"""A file that was checked, kept encrypted for a while for whoever checked it, so that one press saves it.

It lies in the cache, and with who chose it; it is checked again when it is saved. Where the cache is out of reach
nothing is kept, and the file is chosen again.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zlib import compress, decompress

from django.core.cache import cache

from agencies.models import Membership
from common.fields import DecryptionError, decrypt_bytes, encrypt_bytes

KEPT_FOR = timedelta(minutes=20)
KEY = re.compile(r"[A-Za-z0-9_-]{32}")


@dataclass(frozen=True)
class CheckedFile:
    """The file as it was sent, and what was said of it."""

    content: bytes
    given: dict[str, Any]


def keep(*, by: Membership, kind: str, content: bytes, given: Mapping[str, Any]) -> str:
    """Keep it; the key it is found by again, "" where it could not be kept."""
    key = secrets.token_urlsafe(24)
    place = _place(by, kind, key)
    cache.set(place, (encrypt_bytes(compress(content)), dict(given)), timeout=KEPT_FOR.total_seconds())
    return key if cache.get(place) is not None else ""


def kept(*, by: Membership, kind: str, key: str) -> CheckedFile | None:
    """What this member had checked; None for what somebody else had, or has been kept too long.

    It stays until its time is over: pressed twice, the second time finds everything as it was.
    """
    if not KEY.fullmatch(key) or (found := cache.get(_place(by, kind, key))) is None:
        return None
    content, given = found
    try:
        return CheckedFile(decompress(decrypt_bytes(content)), given)
    except DecryptionError:
        return None


def _place(by: Membership, kind: str, key: str) -> str:
    return f"checked-file:{by.pk}:{kind}:{key}"
