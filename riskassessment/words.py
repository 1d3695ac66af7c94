"""The texts of a grid, and the codes its parts are named by. Pure: no Django, no database."""

from typing import Annotated, Self

from pydantic import StringConstraints, field_validator, model_validator

from common.texts import Frozen, Line

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
# As `agencies.TrainingCourse.code`, a slug.
Course = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", max_length=60)]


class Words(Frozen):
    """The same words in French, English and Dutch: at least one of them, 4000 characters at most each.

    A draft may still lack French; `not_ready` lists what must be translated before the version is published.
    """

    fr: Line | None = None
    en: Line | None = None
    nl: Line | None = None

    @field_validator("fr", "en", "nl")
    @classmethod
    def _not_empty(cls, value: str | None) -> str | None:
        if value == "":
            raise ValueError("this translation is empty")
        return value

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.fr or self.en or self.nl):
            raise ValueError("give the words in at least one language (fr, en, nl)")
        return self

    def translated(self, language: str) -> str:
        """The words for a language code such as `fr` or `nl-be`; else French, English, Dutch, what there is."""
        asked = {"fr": self.fr, "en": self.en, "nl": self.nl}.get(language.partition("-")[0])
        return asked or self.fr or self.en or self.nl or ""
