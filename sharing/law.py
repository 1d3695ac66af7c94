"""The article a sharing basis rests on, in both numberings of the Penal Code, and how sure that is. Pure: no database.

The facts are reference data (`reference/law.json`). Which numbering applies on a day comes from a dated setting,
`NEW_PENAL_CODE_FROM`; whether the new Code entered into force on that day is not certain, so that `Article.to_confirm`
(or, beside several numbers, `to_confirm()`) is shown wherever a label is.
"""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pydantic import Field, StrictInt, StringConstraints, model_validator

from common.texts import Frozen, Text

REFERENCE = Path(__file__).parent / "reference" / "law.json"

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]
Number = Annotated[str, StringConstraints(pattern=r"^\d{1,4}(bis|ter|quater)?( §\d)?$")]
Month = Annotated[str, StringConstraints(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]


class Entry(Frozen):
    """One article as stored: its numbers in the old and the new Code (or, without any, its `name`) and what it says.

    `mark` is `verified` when the text itself was read, in the month `verified_on`; else it is general knowledge.
    """

    key: Key
    old: Number | None
    new: Number | None
    name: Text | None = None
    mark: Literal["verified", "general_knowledge"]
    verified_on: Month | None
    summary: Text

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if (self.old is None and self.new is None) != (self.name is not None):
            raise ValueError("an article has numbers, or else a name")
        if (self.mark == "verified") != (self.verified_on is not None):
            raise ValueError("what was verified says when, and nothing else does")
        return self


class Law(Frozen):
    """The reference document."""

    version: StrictInt = Field(ge=1)
    provenance: Text
    articles: tuple[Entry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _keys_once(self) -> Self:
        if len({entry.key for entry in self.articles}) != len(self.articles):
            raise ValueError("a key is used twice")
        return self


@dataclass(frozen=True)
class Article:
    """An article as it stands on a day. `label` and `summary` speak the active language."""

    entry: Entry
    new_applies: bool

    @property
    def key(self) -> str:
        return self.entry.key

    @property
    def certain(self) -> bool:
        """Whether the text itself was read; never whether the numbering applies."""
        return self.entry.mark == "verified"

    @property
    def verified_on(self) -> date | None:
        """The first day of the month in which the text was read."""
        return date.fromisoformat(f"{self.entry.verified_on}-01") if self.entry.verified_on else None

    @property
    def verified(self) -> str:
        """“text read in November 2026”, or that nobody has."""
        if self.verified_on is None:
            return _("general knowledge, not verified in a text")
        return _("text read in %(month)s") % {"month": date_format(self.verified_on, "F Y")}

    @property
    def label(self) -> str:
        """The number that applies, then the other: “art. 353 §1 of the Penal Code (formerly art. 458bis)”."""
        old, new = self.entry.old, self.entry.new
        if self.entry.name is not None:
            return self.entry.name.translated(get_language() or "fr")
        if old is None and not self.new_applies:
            return _("future art. %(number)s of the Penal Code") % {"number": new}
        first, other = (new, old) if self.new_applies and new else (old, new)
        label = _("art. %(number)s of the Penal Code") % {"number": first}
        if other is None:
            return label
        words = (
            _("%(article)s (formerly art. %(number)s)") if first == new else _("%(article)s (future art. %(number)s)")
        )
        return words % {"article": label, "number": other}

    @property
    def to_confirm(self) -> str:
        """What stands beside the label: no number is certain to apply, and some texts were not read at all."""
        return to_confirm() if self.certain else _("To be confirmed by a jurist.")

    @property
    def summary(self) -> str:
        return self.entry.summary.translated(get_language() or "fr")


@cache
def law() -> Law:
    """The shipped document, checked. Raises pydantic.ValidationError."""
    return Law.model_validate(json.loads(REFERENCE.read_text()))


def new_numbering(on: date) -> bool:
    """Whether the numbers of the new Penal Code apply on this Brussels day, by this installation's setting."""
    start = settings.NEW_PENAL_CODE_FROM
    return start is not None and on >= start


def article(key: str, on: date) -> Article:
    """What this basis (`sharing.models.Basis`, or another key of the document) rests on. Raises KeyError for no key."""
    for entry in law().articles:
        if entry.key == key:
            return Article(entry, new_numbering(on))
    raise KeyError(key)


def with_article(words: str, key: str, on: date) -> str:
    """What a basis is called, with its article where it has one: “grave danger, art. 299 of the Penal Code (…)”."""
    found = article(key, on)
    if found.entry.name is not None:
        return words
    return _("%(words)s, %(article)s") % {"words": words, "article": found.label}


def to_confirm() -> str:
    """What stands beside numbers."""
    return _("Numbering in force to be confirmed by a jurist.")
