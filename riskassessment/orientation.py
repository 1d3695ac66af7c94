"""Where to turn at each level: reference data (`reference_advice/orientation.json`). No database."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, StrictInt, model_validator

from agencies.enums import AgencyKind
from common.texts import Frozen, Text

REFERENCE = Path(__file__).parent / "reference_advice" / "orientation.json"

Given = Literal["low", "moderate", "high", "insufficient", "judgement"]


class Advice(Frozen):
    """What to do at a level, and with which kinds of services."""

    level: Given
    words: Text
    kinds: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _known(self) -> Self:
        if unknown := set(self.kinds) - set(AgencyKind.values):
            raise ValueError(f"no such kinds of agencies: {sorted(unknown)}")
        return self


class Orientation(Frozen):
    """The reference document: advice once for each level; what is critical is advised as what is high."""

    version: StrictInt = Field(ge=1)
    provenance: Text
    verified_on: date | None
    advice: tuple[Advice, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        levels = sorted(each.level for each in self.advice)
        if levels != sorted(Given.__args__):
            raise ValueError("advice is given once for each level")
        return self


@dataclass(frozen=True)
class Told:
    """Advice in the words of the reader: what to do, and with which kinds of services."""

    words: str
    kinds: tuple[str, ...]


@cache
def orientation() -> Orientation:
    """The document, checked once."""
    return Orientation.model_validate_json(REFERENCE.read_bytes())


def advise(level: str, language: str) -> Told:
    """What to do at this level. Raises KeyError for a level no grid gives."""
    document = orientation()
    given = {each.level: each for each in document.advice}["high" if level == "critical" else level]
    return Told(
        words=given.words.translated(language),
        kinds=tuple(str(AgencyKind(kind).label) for kind in given.kinds),
    )
