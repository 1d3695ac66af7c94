"""“Mots justes”: wordings that hide who did what, and what to write instead. Proposed while writing, never imposed.

Lists are data, one for each language: `reference/hints_fr.json` ships, an administrator publishes new versions. A text
being written never leaves the device: the browser takes the list and looks for its wordings itself
(`static/js/wordings.js`), by these rules:

- capitals, accents and the kind of apostrophe do not count: “Hysterique” is “hystérique”; œ is oe;
- white space of any kind and any length, and a hyphen, are one space: “soi disant” is “soi-disant”;
- a wording stands whole: no letter and no figure right before or behind it. “dispute” is found in “la dispute,” and
  in “l’a dispute-t-elle”, not in “disputerait”; other forms of a word are wordings of their own;
- of several wordings that begin at one place the longest is found; what is found does not overlap;
- what is quoted is left alone, whoever says it: « … » and “ … ” with others of their kind inside, " … " within a
  paragraph. A quotation not closed yet goes to the end of its paragraph.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Self

from django.conf import settings
from django.utils.translation import gettext as _
from pydantic import Field, StrictInt, StringConstraints, model_validator

from agencies import published
from agencies.models import Membership
from agencies.perms import may_administer_platform
from common.errors import Refused, RuleBroken, text_problem
from common.texts import Frozen, Line, Text

from .models import HintList

REFERENCE = Path(__file__).parent / "reference"
MOST_HINTS, MOST_WORDINGS = 200, 40
LONGEST_WORDING, LONGEST_WORDS = 80, 400

Wording = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=LONGEST_WORDING)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_WORDS)]


def fold(wording: str) -> str:
    """A wording as it is compared: see the rules above."""
    plain = "".join(each for each in unicodedata.normalize("NFD", wording.lower()) if not unicodedata.combining(each))
    plain = re.sub(r"[’ʼ]", "'", plain).replace("œ", "oe").replace("æ", "ae")
    return " ".join(re.sub(r"[-‐‑]", " ", plain).split())


class Hint(Frozen):
    """Wordings to avoid, why, and what to write instead; `alone` when that can stand in their place as it is."""

    avoid: tuple[Wording, ...] = Field(min_length=1, max_length=MOST_WORDINGS)
    why: Words
    prefer: Words
    alone: bool = False


class Shipped(Frozen):
    """A file of `reference`."""

    language: Line
    version: StrictInt = Field(ge=1)
    verified_on: date | None
    provenance: Text
    hints: tuple[Hint, ...] = Field(min_length=1, max_length=MOST_HINTS)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if again := [wording for _row, wording in _repeated(hint.avoid for hint in self.hints)]:
            raise ValueError(f"stands twice: {', '.join(again)}")
        return self


def _repeated(rows: Iterable[Iterable[str]]) -> Iterator[tuple[int, str]]:
    """The wordings that stood before, each with the number of its row."""
    seen: set[str] = set()
    for number, wordings in enumerate(rows):
        for wording in wordings:
            if (plain := fold(wording)) in seen:
                yield number, wording
            seen.add(plain)


def shipped() -> list[Shipped]:
    """The files, checked. Raises pydantic.ValidationError."""
    return [Shipped.model_validate(json.loads(path.read_text())) for path in sorted(REFERENCE.glob("hints_*.json"))]


def load_hints() -> int:
    """Publish the shipped versions that are not there yet; what is published stays. Returns how many were added."""
    added = 0
    for file in shipped():
        if not HintList.objects.filter(language=file.language, version=file.version).exists():
            HintList.objects.create(
                language=file.language,
                version=file.version,
                hints=[hint.model_dump(mode="json") for hint in file.hints],
                provenance=file.provenance.model_dump(exclude_none=True),
                verified_on=file.verified_on,
            )
            added += 1
    return added


def latest(language: str) -> HintList | None:
    """The list proposed in a language; None where there is none."""
    return HintList.objects.filter(language=language).order_by("-version").first()


def for_reader(language: str) -> HintList | None:
    """The list for who reads the screens in this language: theirs, else the French one, the language of the files."""
    code = language.partition("-")[0]
    found = {each.language: each for each in HintList.objects.filter(language__in={code, "fr"}).order_by("version")}
    return found.get(code) or found.get("fr")


def publish(
    *,
    by: Membership,
    language: str,
    hints: list[dict[str, object]],
    provenance: str,
    verified_on: date | None,
    after: int,
) -> HintList:
    """A new version of a list, proposed from now on; published, it never changes.

    `hints` are rows {"avoid": [text], "why", "prefer", "alone"}; `after` is the version the rows were made from, 0 for
    none. Raises Refused; StaleVersion when another version was published meanwhile; RuleBroken, for a row under
    `{its number}.{field}`.
    """
    if not may_administer_platform(by):
        raise Refused(_("Only the platform administrator publishes what is proposed while writing."))
    errors = _errors(hints) | published.provenance_errors(provenance)
    if language not in dict(settings.LANGUAGES):
        errors["language"] = [_("There are no screens in this language.")]
    if errors:
        raise RuleBroken(errors)
    made = HintList(
        language=language,
        hints=[Hint.model_validate(hint).model_dump(mode="json") for hint in hints],
        provenance={"fr": provenance.strip()},
        verified_on=verified_on,
        published_by=by.user,
    )
    among = HintList.objects.filter(language=language)
    return published.publish(made, among=among, after=after, changed=["hints", "provenance"])


def _errors(hints: list[dict[str, object]]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not hints:
        errors["hints"] = [_("A list holds at least one wording.")]
    if len(hints) > MOST_HINTS:
        errors["hints"] = [_("A list holds at most %(most)d rows.") % {"most": MOST_HINTS}]
    for number, hint in enumerate(hints):
        avoid = list(hint["avoid"])
        if not avoid:
            errors[f"{number}.avoid"] = [_("Write at least one wording, one on each line.")]
        elif len(avoid) > MOST_WORDINGS:
            errors[f"{number}.avoid"] = [_("At most %(most)d wordings in a row.") % {"most": MOST_WORDINGS}]
        elif wrong := [each for each in avoid if not _can_be_found(each)]:
            errors[f"{number}.avoid"] = [
                _("A wording has 2 to %(most)d signs, begins and ends with a letter or a figure: %(wordings)s.")
                % {"most": LONGEST_WORDING, "wordings": ", ".join(each[:LONGEST_WORDING] for each in wrong[:5])}
            ]
        for field, missing in (("why", _("Say why.")), ("prefer", _("Say what to write instead."))):
            if problem := text_problem(str(hint[field]), most=LONGEST_WORDS, missing=missing):
                errors[f"{number}.{field}"] = [problem]
    for number, wording in _repeated(list(hint["avoid"]) for hint in hints):
        errors.setdefault(f"{number}.avoid", []).append(
            _("“%(wording)s” stands in the list already.") % {"wording": wording[:LONGEST_WORDING]}
        )
    return errors


def _can_be_found(wording: str) -> bool:
    plain = fold(wording)
    fits = 2 <= len(wording) <= LONGEST_WORDING and "\x00" not in wording
    return fits and bool(plain) and plain[0].isalnum() and plain[-1].isalnum()
