"""Papers that are handed over or put up: their words by version, and the services and numbers of the place.

What the words look like is said by `handout_content`. Published, a version is never changed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from pydantic import ValidationError

from common import pdf
from common.errors import Refused, RuleBroken
from common.templatetags.ui import written

from . import handout_content as contents
from . import published as versions
from .directory import serving
from .discreet import discreet_phone, phone
from .handout_content import FALLBACK, NUMBERED, PAPER_LANGUAGES, SHAPES, Content, Shipped
from .help_numbers import HelpNumberShown
from .help_numbers import shown as numbers_shown
from .models import Agency, HandOut, Membership
from .offers import tells_no_address
from .perms import may_administer_platform

SHIPPED = Path(__file__).parent / "reference" / "handouts"
MOST_SERVICES = 8
FILE_NAME = "info.pdf"
"""The name of every paper once downloaded: it stays in the history of a browser."""

TEMPLATES = {"card": "handout_card.typ", "checklist": "handout_checklist.typ"}
TEMPLATE = "handout.typ"
POSTER = "poster"


@dataclass(frozen=True)
class Service:
    """An entry of the directory as a paper names it; a shelter has no address."""

    name: str
    agency: str
    phone: str
    where: str


@dataclass(frozen=True)
class Paper:
    """What is printed, whatever the form: PDF or page.

    `here` is who hands it over, (name, number). `number` is what a discreet card says to call, "" to be filled in by
    hand. `draft` says that words or numbers have not been checked.
    """

    key: str
    language: str
    version: int
    content: Content
    place: str
    urgent: tuple[HelpNumberShown, ...]
    numbers: tuple[HelpNumberShown, ...]
    services: tuple[Service, ...]
    here: tuple[str, str] | None
    number: str
    draft: bool

    @property
    def labels(self) -> dict[str, str]:
        return self.content.labels

    @property
    def check(self) -> str:
        """What is said once of the numbers where not all of them were checked, or ""."""
        told = (*self.urgent, *self.numbers)
        return "" if all(one.checked for one in told) else self.labels.get("check", "")

    def _checked(self, one: HelpNumberShown) -> str:
        """When this number was checked, in the words of the paper, or ""; versions before the label say nothing."""
        said = self.labels.get("checked", "")
        if one.verified_on is None or not said:
            return ""
        with translation.override(self.language):
            return f"{said} {written(one.verified_on)}"

    @property
    def urgent_lines(self) -> list[dict[str, str]]:
        """The urgent numbers as they are printed: {"number", "name", "note"}."""
        return [self._line(one) for one in self.urgent]

    @property
    def lines(self) -> list[dict[str, str]]:
        """The other numbers, likewise."""
        return [self._line(one) for one in self.numbers]

    def _line(self, one: HelpNumberShown) -> dict[str, str]:
        note = ", ".join(filter(None, [one.note, self._checked(one)]))
        return {"number": one.number, "name": one.name, "note": note}


# --- the versions -----------------------------------------------------------------------------------------------------
def shipped() -> list[Shipped]:
    """The files, checked. Raises pydantic.ValidationError."""
    return [Shipped.model_validate(json.loads(path.read_text())) for path in sorted(SHIPPED.glob("*.json"))]


def load_handouts() -> int:
    """Publish the shipped versions that are not there yet; what is published stays. Returns how many were added."""
    known = set(HandOut.objects.values_list("key", "language", "version"))
    new = [
        HandOut(
            key=file.key,
            language=language,
            version=file.version,
            content=content.model_dump(mode="json"),
            provenance=file.provenance.model_dump(exclude_none=True),
            verified_on=file.verified_on,
        )
        for file in shipped()
        for language, content in file.languages.items()
        if (file.key, language, file.version) not in known
    ]
    HandOut.objects.bulk_create(new)
    return len(new)


def latest(key: str, language: str) -> HandOut | None:
    """The version in force in exactly that language, or None."""
    return HandOut.objects.filter(key=key, language=language).order_by("-version").first()


def in_force(key: str, language: str) -> HandOut | None:
    """The version in force in that language, the French one where there is none. One query."""
    asked = {language, FALLBACK} & set(PAPER_LANGUAGES)  # what an address asks for may be anything
    rows = HandOut.objects.filter(key=key, language__in=asked).order_by("-version")
    newest = {row.language: row for row in reversed(rows)}
    return newest.get(language) or newest.get(FALLBACK)


def words(key: str, language: str) -> tuple[str, Content]:
    """(the language they are in, the words in force). Raises LookupError where nothing is published."""
    row = in_force(key, language)
    if row is None:
        raise LookupError(f"no hand-out {key}; run load_reference")
    return row.language, Content.model_validate(row.content)


def languages_of(key: str) -> list[tuple[str, str]]:
    """(code, name in itself) of the languages a hand-out is published in, in the order of the list."""
    published = set(HandOut.objects.filter(key=key).values_list("language", flat=True))
    return [(code, name) for code, name in PAPER_LANGUAGES.items() if code in published]


def published() -> dict[str, set[str]]:
    """{hand-out: codes of the languages it is published in}. One query."""
    found: dict[str, set[str]] = {key: set() for key in SHAPES}
    for key, language in HandOut.objects.filter(key__in=SHAPES).values_list("key", "language").distinct().order_by():
        found[key].add(language)
    return found


# --- the paper --------------------------------------------------------------------------------------------------------
def paper(key: str, *, language: str, postal_code: str = "", place: str = "", agency: Agency | None = None) -> Paper:
    """A hand-out with what is near a postal code, handed over by `agency`. Three queries at most.

    Raises KeyError for no hand-out, LookupError where nothing is published.
    """
    shape = SHAPES[key]
    row = in_force(key, language)
    if row is None:
        raise LookupError(f"no hand-out {key}; run load_reference")
    told = numbers_shown(row.language, audience=shape.audience, postal_code=postal_code) if shape.audience else []
    if shape.discreet:
        told = [one for one in told if one.plain_name]
    own = phone(agency) if agency else ""
    return Paper(
        key=key,
        language=row.language,
        version=row.version,
        content=Content.model_validate(row.content),
        place=place,
        urgent=tuple(one for one in told if one.urgent),
        # what is near comes first
        numbers=tuple(sorted((one for one in told if not one.urgent), key=lambda one: not one.local)),
        services=() if shape.discreet or not shape.needs else tuple(_services(key, postal_code)),
        here=(agency.name, own) if agency and own and shape.needs else None,
        number=discreet_phone(agency) if agency and shape.discreet else "",
        draft=row.verified_on is None or any(not one.checked for one in told),
    )


def _services(key: str, postal_code: str) -> list[Service]:
    """Those of the public directory that answer one of the needs of this paper, who serves the place alone first."""
    shape = SHAPES[key]
    found = serving(None, postal_code, audience=shape.audience)
    found = found.filter(is_public=True, needs__overlap=[str(need) for need in shape.needs])
    if not postal_code:
        found = found.filter(territory=[])
    # a territory sorts after the empty one
    rows = found.order_by("-territory", "name", "pk")[:MOST_SERVICES]
    return [
        Service(
            name=offer.name,
            agency="" if offer.agency.name == offer.name else offer.agency.name,
            phone=offer.phone,
            where=""
            if tells_no_address(offer.agency.kind, offer.needs)
            else ", ".join(filter(None, (offer.address, offer.postal_code))),
        )
        for offer in rows
    ]


def document(printed: Paper) -> bytes:
    """The PDF of a paper."""
    labels = printed.labels
    data = {
        "language": printed.language,
        "title": printed.content.title,
        "place": printed.place,
        "intro": printed.content.intro,
        "sections": [section.model_dump() for section in printed.content.sections],
        "steps": printed.key in NUMBERED,
        "labels": labels,
        "urgent": printed.urgent_lines,
        "numbers": printed.lines,
        "check": printed.check,
        "plain": [[one.number, one.plain_name] for one in (*printed.urgent, *printed.numbers)],
        "services": [vars(one) for one in printed.services],
        "here": printed.here,
        "number": printed.number,
        "foot": labels.get("foot", "") if printed.draft else "",
    }
    return pdf.render(TEMPLATES.get(printed.key, TEMPLATE), data)


# --- a new version ----------------------------------------------------------------------------------------------------
def publish(
    *,
    by: Membership,
    key: str,
    language: str,
    content: Mapping[str, Any],
    provenance: str,
    verified_on: date | None,
    after: int,
) -> HandOut:
    """A new version in one language, printed from now on; published, it never changes.

    `content` is {"title", "intro": [lines], "sections": [{"title", "lines"}], "labels": {name: words}}; `after` the
    version it was made from (0: none). Raises Refused; StaleVersion when another was published meanwhile; RuleBroken by
    field: title, intro, sections, provenance, `{number}.title`, `{number}.lines`, `label_{name}`.
    """
    if not may_administer_platform(by):
        raise Refused(_("Only the platform administrator publishes hand-outs."))
    errors: dict[str, list[str]] = {}
    try:
        made = contents.read(key, content)
    except ValidationError as wrong:
        for problem in wrong.errors():
            errors.setdefault(_field(problem["loc"]), []).append(_said(problem["type"]))
    except ValueError:
        least, most = SHAPES[key].sections
        errors["sections"] = [_("Between %(least)d and %(most)d rows.") % {"least": least, "most": most}]
    errors |= versions.provenance_errors(provenance)
    if errors:
        raise RuleBroken(errors)
    row = HandOut(
        key=key,
        language=language,
        content=made.model_dump(mode="json"),
        provenance={"fr": provenance.strip()},
        verified_on=verified_on,
        published_by=by.user,
    )
    among = HandOut.objects.filter(key=key, language=language)
    return versions.publish(row, among=among, after=after, changed=["content", "provenance"])


def _field(path: tuple[int | str, ...]) -> str:
    """The field of the editor a place in the content is typed in: ("sections", 2, "lines", 0) → "2.lines"."""
    match path:
        case ("sections", int(number), str(name), *_rest):
            return f"{number}.{name}"
        case ("labels", str(name), *_rest):
            return f"label_{name}"
        case (str(name), *_rest):
            return name
    return ""


def _said(kind: str) -> str:
    if kind == "string_too_long":
        return _("Keep each line under %(count)d characters.") % {"count": contents.LONGEST}
    if kind == "too_long":
        return _("At most %(most)d lines.") % {"most": contents.MOST_LINES}
    return _("Write something here, in letters that can be printed.")
