"""The same words in several languages, as reference data carries them. Pure: no Django, no database."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, field_validator

TRANSLATIONS = ("fr", "nl", "en")
"""Languages that the words of reference data and of the directory are written in, the first one first."""
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]


class Frozen(BaseModel):
    """Reference data: nothing beyond what is declared, nothing changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Frozen):
    """The same words in each language. French and English are required, Dutch is optional."""

    fr: Line
    en: Line
    nl: Line | None = None

    @field_validator("fr", "en", "nl")
    @classmethod
    def _not_empty(cls, value: str | None) -> str | None:
        if value == "":
            raise ValueError("this translation is empty")
        if value is not None and "\x00" in value:
            raise ValueError("this translation holds a character that cannot be stored")
        return value

    def translated(self, language: str) -> str:
        """The words for a language code such as `fr` or `nl-be`; French where there is no translation."""
        return {"en": self.en, "nl": self.nl}.get(language.partition("-")[0]) or self.fr


def in_language(words: dict[str, str], language: str) -> str:
    """The same of stored words by language, of which only French is certain."""
    return words.get(language.partition("-")[0]) or words["fr"]
