"""What a version of a risk grid is: its texts, questions and scoring rule, checked before anything is stored.

Pure: no Django, no database. `load` (from plain data) and `load_text` (from JSON or YAML) are the only ways to a
`GridDefinition`; they raise `InvalidGrid` with every problem and its path. `content_hash` identifies a version by what
it says, not by how it was typed. The parts of the language: `items`, `conditions`, `rules`, `words`, `factors`; what
must hold between them: `checks`, `forbidden`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, StrictBool, StrictInt, ValidationError, model_validator

from common.texts import Frozen

from . import checks, reading
from .forbidden import forbidden_terms
from .items import (
    QUESTIONS,
    GroupItem,
    InfoItem,
    Item,
    Question,
)
from .problems import Incoherent, InvalidGrid, Problem, below, from_pydantic
from .rules import (
    Cadence,
    CoverageRule,
    LevelNames,
    Scoring,
)
from .words import Code, Course, Slug, Words

REFERENCE_DIR = Path(__file__).parent / "reference"
SCHEMA_ID = "urn:move:grid-definition:2"


class Section(Frozen):
    """A part of the grid under a title; its questions belong to `dimension` unless they name another."""

    id: Code
    title: Words
    help: Words | None = None
    dimension: Code | None = None


class Dimension(Frozen):
    """An axis along which answers are read together."""

    id: Code
    title: Words


@dataclass(frozen=True)
class Placed:
    """One thing of a grid where it is written: its path, the id of its section, the group it stands in if any."""

    path: str
    item: Question | InfoItem | GroupItem
    section: str
    group: GroupItem | None = None


class GridDefinition(Frozen):
    """One version of a grid.

    `kind` is `scored` (an indicative level, or a person's judgement), `checklist` (counts and points to attention,
    never a level) or `unscored` (records, counts nothing). `agency_kinds` names who may use it, empty for everybody.
    `category` and `side` say where its answers stand in a case, `asked_of` to whom the questions are put, `training`
    and `review_training` which course one needs to sign it and to verify it, `leads_to` which grid a checklist
    proposes, `anonymous` whether it may be scored for a situation without identity.
    """

    slug: Slug
    version: StrictInt = Field(ge=1, le=1_000_000)
    kind: Literal["scored", "checklist", "unscored"]
    title: Words
    description: Words
    notice: Words | None = None
    provenance: Words
    licence: Words
    demonstration: StrictBool
    agency_kinds: tuple[Code, ...] = Field(default=(), max_length=100)
    category: Literal["risk", "psychosocial", "perpetrator_work"] = "risk"
    side: Literal["case", "victim", "perpetrator"] = "case"
    asked_of: Literal["victim", "perpetrator", "professional"] = "victim"
    training: Course | None = None
    review_training: Course | None = None
    leads_to: Slug | None = None
    anonymous: StrictBool = False
    sections: tuple[Section, ...] = Field(min_length=1, max_length=50)
    items: tuple[Item, ...] = Field(min_length=1, max_length=1000)
    dimensions: tuple[Dimension, ...] = Field(default=(), max_length=20)
    level_names: LevelNames | None = None
    scoring: Scoring | None = None
    coverage: CoverageRule | None = None
    reassess_after_hours: Cadence | None = None

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Everything that can be answered, in the order of the sections; those of a group where the group stands."""
        flat: list[Question] = []
        for _, items in self.by_section():
            for item in items:
                flat.extend(one for one in getattr(item, "items", (item,)) if isinstance(one, QUESTIONS))
        return tuple(flat)

    @cached_property
    def scored_questions(self) -> tuple[Question, ...]:
        """Those whose answer can count."""
        return tuple(item for item in self.questions if item.scored)

    @cached_property
    def critical_questions(self) -> tuple[Question, ...]:
        """Those with a critical answer."""
        return tuple(item for item in self.questions if item.critical)

    @property
    def max_score(self) -> int:
        """The most that can add up; 0 where the method adds nothing up."""
        if self.kind == "unscored" or self.method in ("critical_rules", "judgement"):
            return 0
        return self.most()

    def most(self, dimension: str | None = None) -> int:
        """The most that can add up in a dimension, over the whole grid for None."""
        within = [one for one in self.scored_questions if dimension is None or self.dimension_of(one.id) == dimension]
        if self.method == "count":
            return sum(item.most_points > 0 for item in within)
        return sum(item.most_points for item in within)

    @property
    def method(self) -> str:
        """How a level is reached; "weighted_sum" also where there is none to reach."""
        return self.scoring.method if self.scoring is not None else "weighted_sum"

    @property
    def judges(self) -> bool:
        """Whether the level is a person's judgement, not indicated by the grid."""
        return self.kind == "scored" and self.method == "judgement"

    @cached_property
    def by_id(self) -> dict[str, Question]:
        """The questions by their ids."""
        return {item.id: item for item in self.questions}

    def question(self, item_id: str) -> Question:
        """The question with this id. Raises KeyError if there is none (texts and groups cannot be answered)."""
        return self.by_id[item_id]

    @cached_property
    def dimension_by_id(self) -> dict[str, str | None]:
        """The dimension of each question: its own, else that of its section, else None."""
        of_section = {section.id: section.dimension for section in self.sections}
        return {
            one.item.id: one.item.dimension or of_section.get(one.section)
            for one in self.written()
            if isinstance(one.item, QUESTIONS)
        }

    def dimension_of(self, item_id: str) -> str | None:
        """The dimension a question belongs to. Raises KeyError if there is no such question."""
        return self.dimension_by_id[item_id]

    def by_section(self) -> tuple[tuple[Section, tuple[Question | InfoItem | GroupItem, ...]], ...]:
        """Sections in order, each with its items (groups as they are) in the order they were written."""
        return tuple(
            (section, tuple(item for item in self.items if item.section == section.id)) for section in self.sections
        )

    def written(self) -> Iterator[Placed]:
        """Everything with its path, in the order it was written; a group before what stands in it."""
        for position, item in enumerate(self.items):
            path = f"items[{position}]"
            yield Placed(path, item, item.section or "")
            if isinstance(item, GroupItem):
                for number, member in enumerate(item.items):
                    yield Placed(f"{path}.items[{number}]", member, item.section or "", item)

    def open_to(self, agency_kind: str) -> bool:
        """Whether an agency of this kind may fill it in."""
        return not self.agency_kinds or agency_kind in self.agency_kinds

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if problems := list(checks.problems(self)):
            raise Incoherent(problems)
        return self


def load(raw: Mapping[str, Any], *, published: bool = False) -> GridDefinition:
    """The checked definition. Raises `InvalidGrid` with every problem found.

    `published=True` reads back a version that was frozen earlier: the vocabulary check is left out, so that a
    longer list of terms never makes an old assessment unreadable.
    """
    reading.check(raw)
    if not isinstance(raw, Mapping):
        raise InvalidGrid((Problem("", "a grid is a set of keys with their values (slug, version, kind…)"),))
    try:
        definition = GridDefinition.model_validate(raw)
    except ValidationError as error:
        raise InvalidGrid(from_pydantic(error)) from error
    if not published and (problems := forbidden_terms(definition)):
        raise InvalidGrid(problems)
    return definition


def load_text(text: str | bytes, *, published: bool = False) -> GridDefinition:
    """`load` from a JSON or YAML document in UTF-8, 512 KB at most. Raises `InvalidGrid`, also if unreadable."""
    return load(reading.read(text), published=published)


def load_json(text: str | bytes, *, published: bool = False) -> GridDefinition:
    """`load` from a JSON document. Raises `InvalidGrid`, also when the text is no JSON object."""
    return load(reading.read_json(text), published=published)


def reference_grids() -> tuple[GridDefinition, ...]:
    """The grids that ship with the product, by slug."""
    grids = [load_json(path.read_bytes()) for path in REFERENCE_DIR.glob("*.json")]
    return tuple(sorted(grids, key=lambda grid: (grid.slug, grid.version)))


def not_ready(definition: GridDefinition) -> tuple[Problem, ...]:
    """What keeps a version from being published: every text without French, with its path (`items[3].text.fr`)."""
    return tuple(Problem(f"{path}.fr", "French is missing") for path, words in texts(definition) if not words.fr)


def texts(definition: GridDefinition) -> Iterator[tuple[str, Words]]:
    """Every text of a definition with its path (`items[3].options[0].text`), in the order of the document."""
    return _texts(definition, "")


def _texts(value: Any, path: str) -> Iterator[tuple[str, Words]]:
    if isinstance(value, Words):
        yield path, value
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _texts(getattr(value, name), below(path, field.alias or name))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, below(path, key))
    elif isinstance(value, tuple):
        for position, inner in enumerate(value):
            yield from _texts(inner, below(path, position))


def to_raw(definition: GridDefinition) -> dict[str, Any]:
    """Plain data that `load` reads back to an equal definition; what is stored and hashed.

    Values left at their default are left out: a field added to the language later does not change old hashes.
    """
    return definition.model_dump(mode="json", exclude_defaults=True, by_alias=True)


def content_hash(definition: GridDefinition) -> str:
    """SHA-256 (64 hex digits) of the canonical JSON: same content, same hash, however it was typed."""
    canonical = json.dumps(to_raw(definition), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def json_schema() -> dict[str, Any]:
    """The shape of a definition as JSON Schema (2020-12), for editors. What `checks` says is not in it."""
    schema = GridDefinition.model_json_schema(by_alias=True, mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **schema,
        "title": "Grid definition",
    }
