"""Words that help who meets somebody: how to approach, orient, call, care; what to watch in a child, by age.

Reference data: `reference/guides/*.json` is what ships, an administrator publishes new versions. Nothing here is
official text; `verified_on` stays empty until somebody who knows has read it over.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Self

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pydantic import Field, StrictInt, StringConstraints, model_validator

from agencies import published
from agencies.models import Membership
from agencies.perms import may_administer_platform
from common.errors import Refused, RuleBroken, text_problem
from common.texts import Frozen, Text, in_language

from .enums import Gender
from .models import Guide

SHIPPED = Path(__file__).parent / "reference" / "guides"
OLDEST = 120
MOST_LINES = 20
LONGEST = 2000
LANGUAGES = ("fr", "en")

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]
Age = Annotated[StrictInt, Field(ge=0, le=OLDEST)]


class When(Frozen):
    """Of whom a line is said: ages in whole years, both ends counted; a gender."""

    age_from: Age | None = None
    age_to: Age | None = None
    gender: Gender | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.age_from is not None and self.age_to is not None and self.age_from > self.age_to:
            raise ValueError("the first age comes after the last one")
        return self

    def fits(self, *, age: int | None = None, gender: str | None = None) -> bool:
        """Whether the line is said. What is not known rules nothing out: nothing is assumed of anybody."""
        if age is not None and not (self.age_from or 0) <= age <= (OLDEST if self.age_to is None else self.age_to):
            return False
        return not (self.gender and gender) or self.gender == gender


class GuideLine(Frozen):
    text: Text
    when: When = When()


class Content(Frozen):
    """What `Guide.content` holds."""

    title: Text
    lines: tuple[GuideLine, ...] = Field(min_length=1, max_length=MOST_LINES)


class Shipped(Content):
    """One file of `reference/guides`."""

    key: Key
    version: StrictInt = Field(ge=1)
    verified_on: date | None
    provenance: Text


@dataclass(frozen=True)
class Shown:
    """A guide for a page, in the reader's language."""

    key: str
    title: str
    lines: list[str]
    provenance: str
    verified_on: date | None


def shipped() -> list[Shipped]:
    """The files, checked. Raises pydantic.ValidationError."""
    return [Shipped.model_validate(json.loads(path.read_text())) for path in sorted(SHIPPED.glob("*.json"))]


def load_guides() -> int:
    """Publish the shipped versions that are not there yet; what is published stays. Returns how many were added."""
    added = 0
    for file in shipped():
        if not Guide.objects.filter(key=file.key, version=file.version).exists():
            Guide.objects.create(
                key=file.key,
                version=file.version,
                content=file.model_dump(mode="json", include={"title", "lines"}, exclude_none=True),
                provenance=file.provenance.model_dump(exclude_none=True),
                verified_on=file.verified_on,
            )
            added += 1
    return added


def guide(key: str) -> Guide | None:
    """The version in force: the latest published one. None where there is none."""
    return Guide.objects.filter(key=key).order_by("-version").first()


def shown(key: str, *, age: int | None = None, gender: str | None = None) -> Shown | None:
    """The guide as a page shows it: the lines that fit what is known (age in whole years, a `Gender` value).

    None where nothing is published or no line fits. One query.
    """
    found = guide(key)
    if found is None:
        return None
    language = get_language() or "fr"
    content = Content.model_validate(found.content)
    said = [line.text.translated(language) for line in content.lines if line.when.fits(age=age, gender=gender)]
    if not said:
        return None
    provenance = in_language(found.provenance, language)
    return Shown(key, content.title.translated(language), said, provenance, found.verified_on)


def lines(key: str, *, age: int | None = None, gender: str | None = None) -> list[str]:
    """The same lines alone; an empty list where nothing is published or no line fits."""
    found = shown(key, age=age, gender=gender)
    return found.lines if found else []


def publish(
    *,
    by: Membership,
    key: str,
    title: dict[str, str],
    lines: list[dict[str, object]],
    provenance: str,
    verified_on: date | None,
    after: int,
) -> Guide:
    """A new version of a guide, shown from now on; published, it never changes.

    `title` is {"fr", "en"}, `lines` rows {"fr", "en", "age_from", "age_to", "gender"} of which what is None or empty
    says nothing; `after` is the version they were made from. Raises Refused; StaleVersion when another version was
    published meanwhile; RuleBroken, for a row under `{its number}.{field}`.
    """
    if not may_administer_platform(by):
        raise Refused(_("Only the platform administrator publishes guides."))
    errors = _errors(title, lines) | published.provenance_errors(provenance)
    if errors:
        raise RuleBroken(errors)
    content = {
        "title": title,
        "lines": [
            {
                "text": {"fr": row["fr"], "en": row["en"]},
                "when": {name: row[name] for name in When.model_fields if row[name] not in (None, "")},
            }
            for row in lines
        ],
    }
    made = Guide(
        key=key,
        content=Content.model_validate(content).model_dump(mode="json", exclude_none=True),
        provenance={"fr": provenance.strip()},
        verified_on=verified_on,
        published_by=by.user,
    )
    return published.publish(made, among=Guide.objects.filter(key=key), after=after, changed=["content", "provenance"])


def _errors(title: dict[str, str], lines: list[dict[str, object]]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not 1 <= len(lines) <= MOST_LINES:
        errors["lines"] = [_("A guide has between 1 and %(most)d lines.") % {"most": MOST_LINES}]
    words = [(f"title_{code}", title[code]) for code in LANGUAGES]
    words += [(f"{number}.{code}", row[code]) for number, row in enumerate(lines) for code in LANGUAGES]
    for field, text in words:
        if problem := text_problem(str(text), most=LONGEST, missing=_("Write it in each language.")):
            errors[field] = [problem]
    for number, row in enumerate(lines):
        first, last = row["age_from"], row["age_to"]
        for field, age in (("age_from", first), ("age_to", last)):
            if isinstance(age, int) and not 0 <= age <= OLDEST:
                errors[f"{number}.{field}"] = [_("Between 0 and %(most)d.") % {"most": OLDEST}]
        if isinstance(first, int) and isinstance(last, int) and first > last:
            errors.setdefault(f"{number}.age_to", [_("The last age comes before the first.")])
        if row["gender"] and row["gender"] not in Gender.values:
            errors[f"{number}.gender"] = [_("Choose one of the list.")]
    return errors
