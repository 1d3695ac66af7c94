"""What never counts for anyone or against: nationality, origin, religion, residence status.

Pure: no Django, no database.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from . import conditions
from .items import QUESTIONS, MultiItem, Question, ScaleItem, SingleItem
from .problems import Problem
from .words import Words

if TYPE_CHECKING:
    from .definition import GridDefinition, Placed

# Where a person comes from, what she believes and her right to stay are never risk factors. Written without
# accents and with words separated by one space, as `_plain` makes them. Ordinary uses are let through:
# "à l'origine de", "à l'étranger" (abduction abroad), "se réfugier", "étrangler", "résidence" as a home.
_FORBIDDEN = {
    "nationality": r"nationalit\w*|citizenship|citoyennetes?|staatsburgerschap|ressortissante?s?",
    "origin": (
        r"(?<!\ba l )origines?|origins?|originaires?|afkomst|herkomst|foreigners?|foreign (?:born|nationals?)"
        r"|etrangeres?|(?:personne|ressortissant|auteur|victime)s? etrangers?|nee?s? a l etranger|born abroad"
        r"|vreemdeling\w*|ethni\w*|etni\w*|races?|racial\w*|raciaux|huidskleur|couleur de peau|skin colou?r"
        r"|cultures?|culturel\w*|culturally|cultural|cultuur|cultureel|culturele"
    ),
    "religion": (
        r"religi\w*|godsdienst\w*|croyances?|croyante?s?|islam\w*|musulman\w*|muslims?|moslims?|christian\w*|chretien\w*"
        r"|christelijk\w*|catholi\w*|katholiek\w*|juifs?|juives?|jewish|jews?|joods\w*|hindou\w*|hindu\w*|bouddhist\w*"
        r"|buddhist\w*|mosquee\w*|mosques?|voile islamique|headscar\w*"
    ),
    "residence status": (
        r"(?:titre|permis|statut|droit|carte|autorisation|situation)s? (?:de|du|au) sejour"
        r"|sejour (?:ir)?regulier|sejour (?:il)?legal|sans papiers|residence (?:status|permits?|rights?)"
        r"|right (?:of|to) residence|right to stay|undocumented|verblijfs\w*"
        r"|immigr\w*|migrants?|migrantes?|migration|migratoires?|migratie\w*"
        r"|asile|asylum|asiel\w*|statut de refugiee?|refugees?|vluchteling\w*|visas?"
    ),
}
_FORBIDDEN_RE = {subject: re.compile(rf"\b(?:{pattern})\b") for subject, pattern in _FORBIDDEN.items()}


def _plain(text: str) -> str:
    letters = "".join(
        char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char)
    )
    return re.sub(r"[\W_]+", " ", letters)


def forbidden_terms(definition: GridDefinition) -> tuple[Problem, ...]:
    """Questions that would let nationality, origin, religion or residence status count for anyone or against.

    Looks at the id and the words of every risk question that counts and of every protective one, of its answers, of
    its section, its group and its dimension, and at the questions that decide whether it is shown. What counts for
    nothing (weight 0, not critical, no protection) and plain texts may name them; so may every grid that is not
    scored ("unscored").
    """
    if definition.kind == "unscored":
        return ()
    placed = {one.item.id: one for one in definition.written()}
    found: dict[str, Problem] = {}
    for one in placed.values():
        item = one.item
        if not isinstance(item, QUESTIONS) or not (item.scored or item.protective):
            continue
        for path, words in _places(definition, one):
            if named := _named(words):
                term, subject = named
                found.setdefault(
                    path,
                    Problem(
                        path,
                        f"“{term}”: {subject} is never a risk or a protective factor;"
                        " record it as context (weight 0, not critical) or leave it out",
                    ),
                )
        for gate in sorted(_gates(one, placed)):
            subject = next((named[1] for _, words in _own(placed[gate]) if (named := _named(words))), "")
            if subject:
                path = f"{one.path}.visible_if"
                found.setdefault(
                    path,
                    Problem(path, f"it counts, and is shown by “{gate}”: {subject} never decides what counts"),
                )
    return tuple(found.values())


def _named(words: str) -> tuple[str, str] | None:
    """The forbidden term and its subject."""
    plain = _plain(words)
    for subject, pattern in _FORBIDDEN_RE.items():
        if found := pattern.search(plain):
            return found.group(), subject
    return None


def _own(one: Placed) -> Iterator[tuple[str, str]]:
    """The id and the words of a question and of its answers, with their paths."""
    item: Question = one.item
    yield f"{one.path}.id", item.id
    yield from _languages(f"{one.path}.text", item.text)
    if isinstance(item, (SingleItem, MultiItem)):
        for position, option in enumerate(item.options):
            yield f"{one.path}.options[{position}].id", option.id
            yield from _languages(f"{one.path}.options[{position}].text", option.text)
    elif isinstance(item, ScaleItem):
        for value, words in item.labels.items():
            yield from _languages(f"{one.path}.labels.{value}", words)


def _places(definition: GridDefinition, one: Placed) -> Iterator[tuple[str, str]]:
    """What may be read of a question, and of where it stands."""
    yield from _own(one)
    if one.group is not None:
        above = one.path.rpartition(".items[")[0]
        yield f"{above}.id", one.group.id
        yield from _languages(f"{above}.text", one.group.text)
    for section in definition.sections:
        if section.id == one.section:
            yield f"{one.path}.section", section.id
            yield from _languages(f"{one.path}.section.title", section.title)
    for dimension in definition.dimensions:
        if dimension.id == definition.dimension_of(one.item.id):
            yield f"{one.path}.dimension", dimension.id
            yield from _languages(f"{one.path}.dimension.title", dimension.title)


def _languages(path: str, words: Words) -> Iterator[tuple[str, str]]:
    return ((f"{path}.{language}", text) for language, text in words if text)


def _gates(one: Placed, placed: dict[str, Placed]) -> set[str]:
    """Ids of the questions that decide whether this one is shown, directly or through others."""
    gates: set[str] = set()
    waiting = [one]
    while waiting:
        asked = waiting.pop()
        for item in (asked.item, asked.group):
            if item is not None and item.visible_if is not None:
                fresh = conditions.items_in(item.visible_if) - gates
                gates |= fresh
                waiting.extend(placed[gate] for gate in fresh)
    return gates
