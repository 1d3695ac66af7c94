"""Names of people: how they sort and match, and their short form."""

import re
import unicodedata
from collections.abc import Iterable

# Letters that Unicode does not decompose, and signs typed in several ways. `casefold` already gives ss for ß.
_PLAIN = str.maketrans(
    {
        "œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t",
        "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "‐": "-", "‑": "-", "–": "-", "—": "-",
    }
)  # fmt: skip


def sort_key(name: str) -> str:
    """Lower case, without accents, one space between words: "  Élise  D’Hœst " → "elise d'hoest".

    For ordering and for finding candidates, never to show. Applying it twice changes nothing.
    """
    folded = unicodedata.normalize("NFKD", name.translate(_PLAIN).casefold()).casefold().translate(_PLAIN)
    # Accents, and the invisible signs that come with pasted text.
    kept = (sign for sign in folded if unicodedata.category(sign) not in ("Mn", "Cf"))
    return " ".join("".join(kept).split())


def initials(given: str, family: str) -> str:
    """For Fatima Alaoui "F. A."; one letter where one name is missing; "" where both are."""
    firsts = (next((sign for sign in part if sign.isalpha()), "") for part in (given, family))
    return " ".join(f"{first.upper()}." for first in firsts if first)


def mentions(text: str, names: Iterable[str]) -> bool:
    """Whether one of `names` (given or family names) stands in the text as words of its own; initials do not count."""
    words = f" {_words(text)} "
    return any(f" {name} " in words for name in map(_words, names) if len(name) > 1)


def _words(text: str) -> str:
    return re.sub(r"[^\w]+", " ", sort_key(text)).strip()
