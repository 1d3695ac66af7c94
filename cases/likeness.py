"""How alike two persons are by name, birth date and phone, whoever wrote them down and in whatever spelling. Pure.

`compare` gives a verdict with its reasons; `blocking_keys` gives the few short strings under which two persons that may
be the same are found again. Both sides of a comparison go through the same folding, so that what it gets wrong it gets
wrong twice alike.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rapidfuzz.distance import JaroWinkler

from common.names import sort_key


class Verdict(StrEnum):
    SAME = "same"
    MAYBE = "maybe"
    DIFFERENT = "different"


class Reason(StrEnum):
    """What two records share, or what sets them apart."""

    NAME = "name"
    BIRTH_DATE = "birth_date"
    PHONE = "phone"
    OTHER_NAME = "other_name"
    OTHER_BIRTH_DATE = "other_birth_date"
    NOT_ENOUGH = "not_enough"


class KeyKind(StrEnum):
    PHONE = "phone"
    BIRTH = "birth"
    NAME = "name"


@dataclass(frozen=True)
class Known:
    """What is known of somebody; empty where it is not."""

    given_name: str = ""
    family_name: str = ""
    birth_date: date | None = None
    phones: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Thresholds:
    """From which likeness (0 to 1) two names pass for one. `exact` is asked where nothing but the name speaks."""

    family: float = 0.92
    given: float = 0.90
    exact: float = 0.97


DEFAULT = Thresholds()


@dataclass(frozen=True)
class Result:
    verdict: Verdict
    reasons: tuple[Reason, ...]


# --- folding --------------------------------------------------------------------------------------------------
PARTICLES = frozenset(
    {
        "van", "von", "vande", "vanden", "vander", "vom", "zu", "zum", "ter", "ten", "te", "op", "de", "den", "der",
        "des", "du", "di", "da", "do", "dos", "das", "del", "della", "la", "le", "les", "lo", "l", "d", "t", "s",
        "el", "al", "ul", "ad", "ar", "as", "at", "ben", "bin", "bint", "ibn", "ait", "ould", "bou", "abou", "abu",
    }
)  # fmt: skip
"""Words that some clerks write, some join to the name and some leave out."""

_GLUED = re.compile(r"^(?:vander|vanden|vande|van|ait|ould|ben|bin|el|al)(?=[a-z]{5})")
"""The same joined to a name; only where a name is left after them (Alain is no "al")."""

_SOUNDS = [
    (re.compile(pattern), into)
    for pattern, into in (
        (r"ph", "f"),
        (r"kh", "h"),
        (r"gh", "g"),
        (r"tsch|tch|tsj|sch|sh|sj|ch|cz|sz", "s"),
        (r"dj", "i"),
        (r"ck|cqu|qu|q", "k"),
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
        (r"x", "ks"),
        (r"z", "s"),
        (r"ou(?=[aeiouy])|w", "v"),
        (r"f(?=f?$)", "v"),  # Ivanoff, Ivanov, Ivanow
        (r"ou|oe|oo", "u"),
        (r"eau|au", "o"),
        (r"ae|aa", "a"),
        (r"ij|y|j", "i"),
        (r"ie|ei|ai", "e"),
        (r"h", ""),
        (r"^o(?=[lkr][eiks])", "a"),  # Oleksandr, Aleksandr
        (r"([bcdfgkptv])re$", r"\1r"),  # Alexandre, Aleksandr
        (r"(.)\1+", r"\1"),
    )
]

_VARIANTS = {
    written: group[0]
    for group in (
        ("elena", "olena", "helena", "ielena", "yelena", "alena", "alyona"),
        ("nikolai", "mykola", "nikola", "nicolae", "mikola"),
        ("vladimir", "volodymyr", "wolodymyr", "uladzimir"),
        ("sergei", "serhii", "serhiy", "sergiy", "sergey", "serge"),
        ("dmitri", "dmytro", "dmitry", "dimitri", "dmitriy", "dmitrii"),
        ("alexei", "oleksii", "oleksiy", "aleksey", "alexey", "aleksei"),
        ("igor", "ihor"),
        ("galina", "halyna", "halina"),
        ("evgeni", "yevhen", "evgeny", "evgenii", "yevgeni", "yevgeny"),
        ("pavel", "pavlo"),
        ("kateryna", "ekaterina", "katerina", "yekaterina"),
        ("mohamed", "mohammed", "muhammad", "mohammad", "muhammed", "mouhamed", "mouhammad", "mohamad", "muhamed"),
        ("ahmed", "ahmad", "ahmet", "achmed"),
        ("yusuf", "youssef", "yousef", "joussef", "yussuf", "youssouf", "yousuf"),
        ("fatma", "fatima", "fatimah", "fatoumata"),
        ("aicha", "aisha", "aysha", "ayesha", "aischa"),
    )
    for written in group
}
"""One given name in several alphabets' transliterations, where the sound rules do not bring them together."""


def words(name: str) -> list[str]:
    """ "Élise  van D'Hœst-Müller " → ["elise", "van", "d", "hoest", "muller"]."""
    return re.findall(r"[^\W_]+", sort_key(name))


def sound(word: str) -> str:
    """A folded word as it is heard, in one spelling: "broeck", "broucke" → "bruk", "bruke"."""
    for pattern, into in _SOUNDS:
        word = pattern.sub(into, word)
    return word


def skeleton(word: str) -> str:
    """The consonants that are heard, six at most, an initial vowel as "a": "vandenbroucke" → "vndnbr"."""
    heard = sound(word)
    if not heard:
        return ""
    first = "a" if heard[0] in "aeiou" else heard[0]
    return (first + re.sub(r"[aeiou]", "", heard[1:]))[:6]


def _unglued(word: str) -> str:
    while (shorter := _GLUED.sub("", word)) != word:
        word = shorter
    return word


@dataclass(frozen=True)
class _Family:
    """The forms a family name is written in: all in one word, without particles, and each part of a double name."""

    joined: str
    bare: str
    parts: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.joined)


def _family(name: str) -> _Family:
    found = words(name)
    joined = "".join(found)
    own = [word for word in found if word not in PARTICLES] or found
    parts = frozenset(unglued for word in own if len(unglued := _unglued(word)) >= 3)
    return _Family(joined, _unglued("".join(own)), parts)


def _given(name: str) -> tuple[str, ...]:
    return tuple(_VARIANTS.get(word, word) for word in words(name))


# --- likeness -------------------------------------------------------------------------------------------------
def _near(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if (heard := sound(one)) == (also := sound(other)):
        return 0.98
    # by ear first: a spelling that changes how the name is heard is a weaker likeness
    return min(0.96, max(JaroWinkler.similarity(heard, also), JaroWinkler.similarity(one, other)))


def _without_e(heard: str) -> str:
    return heard[:-1] if heard.endswith("e") and len(heard) > 3 else heard


def _family_near(one: str, other: str) -> float:
    found = _near(one, other)
    if found < 0.98 and _without_e(sound(one)) == _without_e(sound(other)):
        return 0.98  # Vandenbroeck, Vandenbroucke: a final e is spelling
    return found


def family_likeness(one: str, other: str) -> float:
    """How alike two family names are, 0 to 1; 0 where one is missing."""
    a, b = _family(one), _family(other)
    if not a or not b:
        return 0.0
    likeness = max(_family_near(a.joined, b.joined), 0.99 * _family_near(a.bare, b.bare) if a.bare and b.bare else 0.0)
    heard, also = (frozenset(_without_e(sound(part)) for part in each.parts) for each in (a, b))
    if heard and heard == also:
        return max(likeness, 0.98)
    if heard and also and (heard < also or also < heard):
        return max(likeness, 0.93)  # a double name and one of its halves
    return likeness


def given_likeness(one: str, other: str) -> float:
    """How alike two given names are, 0 to 1; 0 where one is missing.

    Names of brother and sister, often one letter apart (Louis and Louise, Amin and Amina, Julie and Julien), are kept
    apart: one that merely goes on where the other ends is another name.
    """
    a, b = _given(one), _given(other)
    if not a or not b:
        return 0.0
    if set(a) == set(b) or "".join(a) == "".join(b):
        return 1.0
    if len(a) != len(b) and (a[0] == b[0] or sound(a[0]) == sound(b[0])):
        return 0.91  # Fatima Zahra, Fatima
    return _given_near("".join(a), "".join(b))


def _given_near(one: str, other: str) -> float:
    heard, also = sound(one), sound(other)
    if heard == also:
        return 0.98
    if heard.startswith(also) or also.startswith(heard) or abs(len(heard) - len(also)) > 1 or min(len(one), 9) < 4:
        return min(0.85, _near(one, other))
    return _near(one, other)


def names_likeness(one: Known, other: Known) -> tuple[float, float]:
    """(family, given) likeness, the names of one taken the other way round where that fits better."""
    straight = (
        family_likeness(one.family_name, other.family_name),
        given_likeness(one.given_name, other.given_name),
    )
    swapped = (
        family_likeness(one.family_name, other.given_name),
        given_likeness(one.given_name, other.family_name),
    )
    return max(straight, swapped, key=min)


def _dates_near(one: date, other: date) -> bool:
    """Day and month the wrong way round, one digit off, or only the year known (1 January)."""
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return True
    if one.year == other.year and (1, 1) in ((one.month, one.day), (other.month, other.day)):
        return True
    a, b = f"{one:%Y%m%d}", f"{other:%Y%m%d}"
    return sum(x != y for x, y in zip(a, b, strict=True)) == 1


def compare(one: Known, other: Known, *, thresholds: Thresholds = DEFAULT) -> Result:
    """Whether two records may be of one person, and why.

    A birth date that is really another sets apart whatever the names; so do given names that are really others, since
    twins share all the rest. The name alone, without birth date or phone, is "maybe" at most, and only when exact.
    """
    family, given = names_likeness(one, other)
    named = bool(words(one.family_name) and words(other.family_name))
    called = bool(words(one.given_name) and words(other.given_name))
    alike = family >= thresholds.family and given >= thresholds.given
    exact = min(family, given) >= thresholds.exact
    phone = bool(one.phones & other.phones)
    dated = one.birth_date is not None and other.birth_date is not None
    same_day = dated and one.birth_date == other.birth_date
    # people whose birthday nobody knows are all born on 1 January
    placeholder = same_day and (one.birth_date.month, one.birth_date.day) == (1, 1)
    near_day = dated and not same_day and _dates_near(one.birth_date, other.birth_date)

    reasons = tuple(
        reason
        for reason, holds in (
            (Reason.PHONE, phone), (Reason.BIRTH_DATE, same_day), (Reason.NAME, alike)
        )
        if holds
    )  # fmt: skip
    if dated and not (same_day or near_day):
        return Result(Verdict.DIFFERENT, (Reason.OTHER_BIRTH_DATE,))
    if called and given < thresholds.given:
        return Result(Verdict.DIFFERENT, (Reason.OTHER_NAME,))
    if alike:
        if (same_day and not placeholder) or (phone and not near_day):
            return Result(Verdict.SAME, reasons)
        if phone or exact:
            return Result(Verdict.MAYBE, reasons)
        return Result(Verdict.DIFFERENT, (Reason.NOT_ENOUGH,))
    if not named or not called:
        # nothing contradicts, and something strong speaks for it; many a Noah is born on one day
        missing_fits = (not named or family >= thresholds.family) and (not called or given >= thresholds.given)
        if missing_fits and (phone or (same_day and not placeholder and named)):
            return Result(Verdict.MAYBE, reasons)
        return Result(Verdict.DIFFERENT, (Reason.NOT_ENOUGH,))
    # another family name: marriage, or another person who was born that day
    if phone and (same_day or not dated):
        return Result(Verdict.MAYBE, reasons)
    return Result(Verdict.DIFFERENT, (Reason.OTHER_NAME,))


# --- keys -----------------------------------------------------------------------------------------------------
def blocking_keys(person: Known) -> frozenset[tuple[KeyKind, str]]:
    """Under which short strings this person is found again, whatever the order and the spelling of the names."""
    return frozenset(_keys(person))


def _keys(person: Known) -> Iterator[tuple[KeyKind, str]]:
    for phone in person.phones:
        yield KeyKind.PHONE, phone
    families, givens = _family_forms(person.family_name), _given_forms(person.given_name)
    if person.birth_date:
        for form in families | givens:
            yield KeyKind.BIRTH, f"{person.birth_date:%Y%m%d} {form}"
    for family in families:
        for given in givens:
            yield KeyKind.NAME, " ".join(sorted((family, given)))


def _family_forms(name: str) -> set[str]:
    family = _family(name)
    forms = [family.bare, *sorted(family.parts)[:3], family.joined]
    return {found for form in forms if (found := skeleton(_without_final_e(form)))}


def _without_final_e(word: str) -> str:
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def _given_forms(name: str) -> set[str]:
    given = _given(name)
    return {found for form in (given[:1] and given[0], "".join(given)) if form and (found := skeleton(form))}
