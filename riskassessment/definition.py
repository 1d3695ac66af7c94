"""What a version of a risk grid is: its texts, questions and scoring rule, checked before anything is stored.

Pure: no Django, no database. `load` is the only way from raw data to a `GridDefinition`; it raises
`InvalidGrid` with every problem and its path. `content_hash` identifies a version by what it says, not by how
it was typed.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    ValidationError,
    model_validator,
)

from common.texts import Frozen, Text

Level = Literal["low", "moderate", "high", "critical"]
LEVELS: tuple[Level, ...] = ("low", "moderate", "high", "critical")
RANK: dict[str, int] = {level: rank for rank, level in enumerate(LEVELS)}

REFERENCE_DIR = Path(__file__).parent / "reference"

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a definition: where (`items[3].text.fr`, empty for the whole) and what is wrong."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class InvalidGrid(ValueError):
    """The raw data is no usable grid. `problems` lists everything found, to correct in one go."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


class Section(Frozen):
    id: Code
    title: Text


class InfoItem(Frozen):
    """Words shown between the questions; nothing to answer."""

    type: Literal["info"]
    id: Code
    section: Code
    text: Text


class YesNoItem(Frozen):
    """A question answered yes, no, unknown or not asked.

    A risk question has a weight; weight 0 without `critical` records context that counts for nothing. A
    protective question has no weight at all: protection is shown beside the risk, never taken off it. `topic` marks
    what is also told during an emergency access.
    """

    type: Literal["yes_no"]
    id: Code
    section: Code
    text: Text
    help: Text | None = None
    period: Text | None = None
    weight: StrictInt | None = Field(default=None, ge=0, le=100)
    critical: StrictBool = False
    protective: StrictBool = False
    topic: Literal["weapons", "threats"] | None = None

    @property
    def scored(self) -> bool:
        """Whether a yes counts, by its weight or as a critical answer."""
        return not self.protective and (self.critical or bool(self.weight))


Item = Annotated[YesNoItem | InfoItem, Field(discriminator="type")]


class Threshold(Frozen):
    level: Level
    min_score: StrictInt = Field(ge=0)


class CriticalRule(Frozen):
    """One critical yes gives at least `any_yes`; `critical_from` of them (if set) give critical."""

    any_yes: Literal["moderate", "high", "critical"]
    critical_from: StrictInt | None = Field(default=None, ge=2)


class Scoring(Frozen):
    """From the sum of the weights of yes answers to a level, and what critical answers force."""

    thresholds: tuple[Threshold, ...] = Field(min_length=1, max_length=len(LEVELS))
    critical_rule: CriticalRule | None = None


class CoverageRule(Frozen):
    """How many scored questions may stay unknown or not asked; beyond either limit, too little is known."""

    max_unknown_percent: StrictInt | None = Field(default=None, ge=0, lt=100)
    max_unknown_count: StrictInt | None = Field(default=None, ge=0)

    def met(self, *, unknown: int, scored: int) -> bool:
        """Whether `unknown` of `scored` questions without a yes or a no is still acceptable."""
        if self.max_unknown_count is not None and unknown > self.max_unknown_count:
            return False
        return self.max_unknown_percent is None or unknown * 100 <= self.max_unknown_percent * scored


class Cadence(Frozen):
    """Hours until the situation is assessed again, by concluded level."""

    low: StrictInt = Field(ge=1)
    moderate: StrictInt = Field(ge=1)
    high: StrictInt = Field(ge=1)
    critical: StrictInt = Field(ge=1)

    def hours(self, level: Level) -> int:
        return getattr(self, level)


class _Incoherent(ValueError):
    """Carries problems with their paths through pydantic, which keeps only one message per validator."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


class GridDefinition(Frozen):
    """One version of a grid.

    `kind` is `scored` (levels from thresholds and critical answers) or `checklist` (counts and points to
    attention, never a level). `agency_kinds` names who may use it, empty for everybody.
    """

    slug: Slug
    version: StrictInt = Field(ge=1)
    kind: Literal["scored", "checklist"]
    title: Text
    description: Text
    notice: Text | None = None
    provenance: Text
    licence: Text
    demonstration: StrictBool
    agency_kinds: tuple[Code, ...] = Field(default=(), max_length=100)
    sections: tuple[Section, ...] = Field(min_length=1, max_length=50)
    items: tuple[Item, ...] = Field(min_length=1, max_length=500)
    scoring: Scoring | None = None
    coverage: CoverageRule | None = None
    reassess_after_hours: Cadence | None = None

    @property
    def questions(self) -> tuple[YesNoItem, ...]:
        """Everything that can be answered, in the order of the sections."""
        return tuple(item for _, items in self.by_section() for item in items if isinstance(item, YesNoItem))

    @property
    def scored_questions(self) -> tuple[YesNoItem, ...]:
        return tuple(item for item in self.questions if item.scored)

    @property
    def critical_questions(self) -> tuple[YesNoItem, ...]:
        return tuple(item for item in self.questions if item.critical)

    @property
    def max_score(self) -> int:
        return sum(item.weight or 0 for item in self.scored_questions)

    def question(self, item_id: str) -> YesNoItem:
        """The question with this id. Raises KeyError if there is none (texts cannot be answered)."""
        for item in self.questions:
            if item.id == item_id:
                return item
        raise KeyError(item_id)

    def by_section(self) -> tuple[tuple[Section, tuple[YesNoItem | InfoItem, ...]], ...]:
        """Sections in order, each with its items in the order they were written."""
        return tuple(
            (section, tuple(item for item in self.items if item.section == section.id)) for section in self.sections
        )

    def open_to(self, agency_kind: str) -> bool:
        """Whether an agency of this kind may fill it in."""
        return not self.agency_kinds or agency_kind in self.agency_kinds

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        problems = [*_item_problems(self), *_rule_problems(self)]
        if problems:
            raise _Incoherent(problems)
        return self


def _item_problems(grid: GridDefinition) -> Iterator[Problem]:
    if grid.demonstration and grid.notice is None:
        yield Problem("notice", "a demonstration grid says so in a notice")
    for position, kind in enumerate(grid.agency_kinds):
        if kind in grid.agency_kinds[:position]:
            yield Problem(f"agency_kinds[{position}]", f"“{kind}” is already listed")

    section_ids: set[str] = set()
    for position, section in enumerate(grid.sections):
        if section.id in section_ids:
            yield Problem(f"sections[{position}].id", f"the id “{section.id}” is already used by another section")
        section_ids.add(section.id)
        if not any(item.section == section.id for item in grid.items):
            yield Problem(f"sections[{position}]", f"the section “{section.id}” has no item")

    item_ids: set[str] = set()
    for position, item in enumerate(grid.items):
        path = f"items[{position}]"
        if item.id in item_ids:
            yield Problem(f"{path}.id", f"the id “{item.id}” is already used by another item")
        item_ids.add(item.id)
        if item.section not in section_ids:
            known = ", ".join(section.id for section in grid.sections)
            yield Problem(f"{path}.section", f"there is no section “{item.section}” (sections: {known})")
        if isinstance(item, YesNoItem):
            yield from _question_problems(grid, item, path)
    if not any(isinstance(item, YesNoItem) and item.scored for item in grid.items):
        yield Problem("items", "no question counts: give at least one risk question a weight")


def _question_problems(grid: GridDefinition, item: YesNoItem, path: str) -> Iterator[Problem]:
    if item.protective:
        if item.weight is not None:
            yield Problem(f"{path}.weight", "a protective question has no weight: it is never taken off the risk")
        if item.critical:
            yield Problem(f"{path}.critical", "a protective question cannot be critical")
        return
    if item.weight is None:
        yield Problem(f"{path}.weight", "a risk question needs a weight (0 records it without counting it)")
    elif grid.kind == "checklist" and item.weight > 1:
        yield Problem(f"{path}.weight", "a checklist only counts: the weight is 0 or 1")


def _rule_problems(grid: GridDefinition) -> Iterator[Problem]:
    scored = [item for item in grid.items if isinstance(item, YesNoItem) and item.scored]
    if grid.coverage is not None:
        limit = grid.coverage.max_unknown_count
        if limit is None and grid.coverage.max_unknown_percent is None:
            yield Problem("coverage", "give max_unknown_percent, max_unknown_count or both")
        if limit is not None and limit >= len(scored):
            yield Problem("coverage.max_unknown_count", f"must stay below the {len(scored)} questions that count")
    if grid.kind == "checklist":
        for name in ("scoring", "reassess_after_hours"):
            if getattr(grid, name) is not None:
                yield Problem(name, "a checklist gives no level: leave this out")
        return

    for name, why in (
        ("scoring", "a scored grid says how a level is reached"),
        ("coverage", "a scored grid says how much may stay unknown"),
        ("reassess_after_hours", "a scored grid says when to assess again"),
    ):
        if getattr(grid, name) is None:
            yield Problem(name, why)
    if grid.scoring is not None:
        yield from _scoring_problems(grid.scoring, scored)
    if grid.reassess_after_hours is not None:
        for lower, higher in zip(LEVELS, LEVELS[1:], strict=False):
            if grid.reassess_after_hours.hours(higher) > grid.reassess_after_hours.hours(lower):
                yield Problem(f"reassess_after_hours.{higher}", f"cannot be later than for “{lower}”")


def _scoring_problems(scoring: Scoring, scored: list[YesNoItem]) -> Iterator[Problem]:
    path = "scoring.thresholds"
    first = scoring.thresholds[0]
    if (first.level, first.min_score) != ("low", 0):
        yield Problem(f"{path}[0]", "the first threshold is “low” from 0")
    for position, (before, after) in enumerate(zip(scoring.thresholds, scoring.thresholds[1:], strict=False), start=1):
        if RANK[after.level] <= RANK[before.level]:
            yield Problem(f"{path}[{position}].level", f"“{after.level}” must be more severe than “{before.level}”")
        if after.min_score <= before.min_score:
            yield Problem(
                f"{path}[{position}].min_score",
                f"thresholds increase: {after.min_score} must be above {before.min_score}",
            )
    reachable = sum(item.weight or 0 for item in scored)
    if scoring.thresholds[-1].min_score > reachable:
        yield Problem(f"{path}[{len(scoring.thresholds) - 1}].min_score", f"cannot be reached: the most is {reachable}")

    critical = sum(item.critical for item in scored)
    rule = scoring.critical_rule
    if critical and rule is None:
        yield Problem("scoring.critical_rule", "there are critical questions: say which level they force")
    if rule is not None and not critical:
        yield Problem("scoring.critical_rule", "there is no critical question")
    elif rule is not None and rule.critical_from is not None and rule.critical_from > critical:
        yield Problem("scoring.critical_rule.critical_from", f"there are only {critical} critical questions")


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

    Looks at the id, the words and the section of every risk question that counts and of every protective one.
    Context that counts for nothing (weight 0, not critical) and plain texts may name them.
    """
    sections = {section.id: section for section in definition.sections}
    problems = []
    for position, item in enumerate(definition.items):
        if not isinstance(item, YesNoItem) or not (item.scored or item.protective):
            continue
        section = sections[item.section]
        places = {"id": item.id, "section": section.id}
        places |= {f"text.{language}": words for language, words in item.text if words}
        places |= {f"section.title.{language}": words for language, words in section.title if words}
        for place, words in places.items():
            for subject, pattern in _FORBIDDEN_RE.items():
                if found := pattern.search(_plain(words)):
                    problems.append(
                        Problem(
                            f"items[{position}].{place}",
                            f"“{found.group()}”: {subject} is never a risk or a protective factor;"
                            " record it as context (weight 0, not critical) or leave it out",
                        )
                    )
    return tuple(problems)


def load(raw: Mapping[str, Any], *, published: bool = False) -> GridDefinition:
    """The checked definition. Raises `InvalidGrid` with every problem found.

    `published=True` reads back a version that was frozen earlier: the vocabulary check is left out, so that a
    longer list of terms never makes an old assessment unreadable.
    """
    try:
        definition = GridDefinition.model_validate(raw)
    except ValidationError as error:
        raise InvalidGrid(_problems(error)) from error
    if not published and (problems := forbidden_terms(definition)):
        raise InvalidGrid(problems)
    return definition


def load_json(text: str | bytes, *, published: bool = False) -> GridDefinition:
    """`load` from a JSON document. Raises `InvalidGrid`, also when the text is no JSON object."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidGrid((Problem("", f"this is not readable JSON: {error}"),)) from error
    return load(raw, published=published)


def reference_grids() -> tuple[GridDefinition, ...]:
    """The grids that ship with the product, by slug."""
    grids = [load_json(path.read_bytes()) for path in REFERENCE_DIR.glob("*.json")]
    return tuple(sorted(grids, key=lambda grid: (grid.slug, grid.version)))


def to_raw(definition: GridDefinition) -> dict[str, Any]:
    """Plain data that `load` reads back to an equal definition; what is stored and hashed.

    Values left at their default are left out: a field added to the language later does not change old hashes.
    """
    return definition.model_dump(mode="json", exclude_defaults=True)


def content_hash(definition: GridDefinition) -> str:
    """SHA-256 (64 hex digits) of the canonical JSON: same content, same hash, however it was typed."""
    canonical = json.dumps(to_raw(definition), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _problems(error: ValidationError) -> tuple[Problem, ...]:
    problems: list[Problem] = []
    for detail in error.errors(include_url=False, include_input=False):
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, _Incoherent):
            problems.extend(cause.problems)
        else:
            message = str(cause) if isinstance(cause, ValueError) else detail["msg"]
            problems.append(Problem(_path(detail["loc"]), message))
    return tuple(problems)


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    after_index = False
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not (after_index and part in ("yes_no", "info")):
            # After an index pydantic names the member of the union it tried: no key of the document.
            path += f".{part}" if path else part
        after_index = isinstance(part, int)
    return path
