"""Whether two people are awaited at one place at one time. Pure: moments and words in, an answer out."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

SMALL_WORDS = frozenset(
    "a an and at au aux bij d de den der des du en et het in l la le les nr numero no of op rue the to van".split()
)
SHORTENED = {"st": "saint", "ste": "sainte", "av": "avenue", "bd": "boulevard", "bld": "boulevard", "pl": "place"}


@dataclass(frozen=True)
class Slot:
    """Where somebody is awaited, from when to when (aware moments)."""

    starts_at: datetime
    ends_at: datetime
    place: str


def words_of(place: str) -> frozenset[str]:
    """The words that tell a place: without accents, capitals, signs and small words.

    >>> sorted(words_of("Hôpital St-Pierre, 2e étage"))
    ['2e', 'etage', 'hopital', 'pierre', 'saint']
    """
    plain = unicodedata.normalize("NFKD", place).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    words = (SHORTENED.get(word, word) for word in re.findall(r"\w+", plain))
    return frozenset(word for word in words if word not in SMALL_WORDS)


def same_place(one: str, other: str) -> bool:
    """Whether two descriptions may be of one place: all the words of the shorter stand in the longer one.

    A room, a floor or a town written by one of the two makes no other place: people meet in the hall.
    """
    first, second = words_of(one), words_of(other)
    return bool(first and second) and (first <= second or second <= first)


def overlap(one: Slot, other: Slot, *, margin: timedelta) -> bool:
    """Whether both are at one place with less than `margin` between the end of one and the beginning of the other."""
    close = one.starts_at < other.ends_at + margin and other.starts_at < one.ends_at + margin
    return close and same_place(one.place, other.place)
