"""What the words of a hand-out look like, paper by paper. Pure: no database, no language of the screens."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field, StrictInt, StringConstraints, field_validator, model_validator

from common.texts import Frozen, Text

from .enums import Audience, Need

FALLBACK = "fr"
PAPER_LANGUAGES = {
    "fr": "Français",
    "nl": "Nederlands",
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "it": "Italiano",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
    "tr": "Türkçe",
}
"""Languages a hand-out may be written in, by their own names; the first three ship. Print holds all their letters."""
LONGEST = 400
MOST_LINES = 8
MOST_SECTIONS = 8

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST)]

NUMBERS = ("urgent", "talk", "near", "here", "checked", "check", "foot")
PAGE = (
    "page_title", "page_intro", "page_call", "page_urgent", "number", "number_help", "hours", "hours_help", "send",
    "thanks_title", "thanks", "skip", "leave", "leave_hint", "wrong_number", "wrong_hours", "again", "too_many",
    "ended_title", "ended", "problem", "languages",
)  # fmt: skip
"""What the page behind the code of a poster says."""


@dataclass(frozen=True)
class Shape:
    """What one hand-out is made of: how many sections (least, most), which labels, whose numbers and which needs.

    `audience` None: no number and no service stands on it. `discreet`: only numbers that have a plain name.
    """

    sections: tuple[int, int]
    labels: tuple[str, ...]
    audience: Audience | None = None
    needs: tuple[Need, ...] = ()
    discreet: bool = False


SHAPES = {
    "pathway": Shape(
        (4, 4),
        NUMBERS,
        Audience.VICTIM,
        (Need.PSYCHOSOCIAL, Need.SEXUAL_VIOLENCE, Need.LEGAL, Need.SHELTER, Need.HOUSING),
    ),
    "advice": Shape(
        (1, MOST_SECTIONS), NUMBERS, Audience.VICTIM, (Need.PSYCHOSOCIAL, Need.LEGAL, Need.SHELTER, Need.SOCIAL)
    ),
    "card": Shape((0, 0), ("day", "hour", "place", "phone"), Audience.VICTIM, discreet=True),
    "violence": Shape(
        (1, MOST_SECTIONS),
        NUMBERS,
        Audience.VICTIM,
        (Need.PSYCHOSOCIAL, Need.SEXUAL_VIOLENCE, Need.LEGAL, Need.SHELTER, Need.SOCIAL, Need.CHILD_PROTECTION),
    ),
    "perpetrator": Shape(
        (1, MOST_SECTIONS), NUMBERS, Audience.PERPETRATOR, (Need.PERPETRATOR_WORK, Need.ADDICTION, Need.MENTAL_HEALTH)
    ),
    "checklist": Shape((5, 5), ("yes", "always", "foot")),
    "poster": Shape((0, 0), ("scan", "call", "urgent", "qr", *PAGE)),
}
"""The hand-outs there are."""
NUMBERED = frozenset({"pathway", "checklist"})
"""Those whose sections are steps or questions, one after the other."""


class Section(Frozen):
    """A step, a question, a part: its title and what is said under it."""

    title: Words
    lines: tuple[Words, ...] = Field(default=(), max_length=MOST_LINES)


class Content(Frozen):
    """What `HandOut.content` holds, whatever the hand-out."""

    title: Words
    intro: tuple[Words, ...] = Field(default=(), max_length=MOST_LINES)
    sections: tuple[Section, ...] = Field(default=(), max_length=MOST_SECTIONS)
    labels: dict[str, Words]

    @model_validator(mode="after")
    def _storable(self) -> Self:
        if "\x00" in self.model_dump_json().replace("\\u0000", "\x00"):
            raise ValueError("these words hold a character that cannot be stored")
        return self


class Shipped(Frozen):
    """One file of `reference/handouts`."""

    key: str
    version: StrictInt = Field(ge=1)
    verified_on: date | None
    provenance: Text
    languages: dict[str, Content]

    @field_validator("languages")
    @classmethod
    def _known(cls, value: dict[str, Content]) -> dict[str, Content]:
        if FALLBACK not in value or not set(value) <= set(PAPER_LANGUAGES):
            raise ValueError("written in French at least, and in languages that are known")
        return value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for content in self.languages.values():
            check(self.key, content)
        return self


def check(key: str, content: Content) -> None:
    """Raises ValueError where the content is not what this hand-out is made of, KeyError for no hand-out."""
    shape = SHAPES[key]
    least, most = shape.sections
    if not least <= len(content.sections) <= most:
        raise ValueError(f"{key} has {least} to {most} sections")
    if set(content.labels) != set(shape.labels):
        raise ValueError(f"the labels of {key} are {sorted(shape.labels)}")


def read(key: str, raw: Any) -> Content:
    """Stored content, checked. Raises ValueError (pydantic's ValidationError is one)."""
    content = Content.model_validate(raw)
    check(key, content)
    return content
