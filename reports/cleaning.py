"""Reading what a form of this room sends, field by field. Pure: flat text in, values or errors by field out.

Keys are those of the forms and of the API: `victim_…`, `perpetrator_…`, `children-0-…` for children not yet in the
case, `known-<case person>-…` for those it names. Local times are Europe/Brussels.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.enums import Gender, Safe
from common.clock import BRUSSELS
from common.languages import LANGUAGES
from common.names import sort_key
from common.phones import normalise

from .models import Exposure, Presence

LONGEST_LINE = 200
LONGEST_TEXT = 8000
MOST_CHILDREN = 15

CHILD = re.compile(r"children-(\d{1,6})-(given_name|family_name|birth_date|gender|exposure|impact)")
KNOWN_CHILD = re.compile(r"known-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(exposure|impact)")
THERE = frozenset({Exposure.SAW, Exposure.HEARD, Exposure.NEARBY})
"""What only a child who was present can have lived through."""


@dataclass(frozen=True)
class PersonInput:
    given_name: str = ""
    family_name: str = ""
    birth_date: date | None = None
    languages: tuple[str, ...] = ()
    interpreter_needed: bool = False
    relationship: str = ""


@dataclass(frozen=True)
class ChildInput(PersonInput):
    """A child not yet in the case. `prefix` stands before the names of its fields in errors."""

    gender: str = ""
    exposure: str = ""
    impact: str = ""
    prefix: str = ""


@dataclass(frozen=True)
class KnownChildInput:
    """What is said of a child the case names already."""

    case_person_id: UUID
    exposure: str
    impact: str
    prefix: str


@dataclass(frozen=True)
class SafeContactInput:
    phone: str = ""
    safe: str = Safe.UNKNOWN
    hours: str = ""
    may_sms: bool = False
    may_leave_message: bool = False
    say: str = ""
    must_not_answer: str = ""


class Cleaner:
    """Values of `data` as of the moment `at`; what is wrong gathers in `errors`, {field: [messages]}."""

    def __init__(self, data: Mapping[str, object], at: datetime):
        self.data, self.at = data, at
        self.errors: dict[str, list[str]] = {}

    def error(self, name: str, message: str) -> None:
        self.errors.setdefault(name, []).append(message)

    def text(self, name: str, longest: int) -> str:
        value = self.data.get(name, "")
        value = value.strip() if isinstance(value, str) else ""
        if "\x00" in value:
            if name not in self.errors:
                self.error(name, _("These words hold characters that cannot be kept."))
            return value.replace("\x00", "")
        if len(value) > longest and name not in self.errors:
            self.error(
                name,
                ngettext(
                    "At most %(longest)d character; this has %(length)d. Shorten it.",
                    "At most %(longest)d characters; this has %(length)d. Shorten it.",
                    longest,
                )
                % {"longest": longest, "length": len(value)},
            )
        return value

    def many(self, name: str) -> list[str]:
        value = self.data.get(name, [])
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else [str(value)]

    def several(self, name: str, allowed: list[str]) -> tuple[str, ...]:
        """Some of the answers offered, in their order."""
        chosen = set(self.many(name)) - {""}
        if chosen - set(allowed):
            self.error(name, _("Choose among the answers offered."))
        return tuple(value for value in allowed if value in chosen)

    def flag(self, name: str) -> bool:
        return self.data.get(name) in (True, "on", "yes", "true", "1")

    def choice(self, name: str, allowed: list[str]) -> str:
        value = self.text(name, LONGEST_LINE)
        if value and value not in allowed:
            self.error(name, _("Choose one of the answers offered."))
            return ""
        return value

    def moment(self, name: str, in_future: str) -> datetime | None:
        value = self.text(name, 40)
        if not value:
            return None
        try:
            parsed = datetime.fromisoformat(value)
            aware = (parsed if parsed.tzinfo else parsed.replace(tzinfo=BRUSSELS)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.error(name, _("Write a date and a time, such as 21/11/2026 21:30."))
            return None
        if aware > self.at:
            self.error(name, in_future)
        elif aware.year < 1900:
            self.error(name, _("Check the year of this date."))
        return aware

    def day(self, name: str) -> date | None:
        value = self.text(name, 20)
        if not value:
            return None
        try:
            parsed = date.fromisoformat(value)
        except ValueError:
            self.error(name, _("Write a date, such as 31/12/1990."))
            return None
        if parsed > self.at.astimezone(BRUSSELS).date():
            self.error(name, _("The birth date cannot be in the future."))
        elif parsed.year < 1900:
            self.error(name, _("Check the year of this date."))
        return parsed

    def person(self, prefix: str) -> PersonInput:
        languages = tuple(item for item in self.many(f"{prefix}_languages") if item)[:5]
        if set(languages) - set(LANGUAGES):
            self.error(f"{prefix}_languages", _("Choose among the languages listed."))
        return PersonInput(
            given_name=self.text(f"{prefix}_given_name", 100),
            family_name=self.text(f"{prefix}_family_name", 100),
            birth_date=self.day(f"{prefix}_birth_date"),
            languages=languages,
            interpreter_needed=self.flag(f"{prefix}_interpreter_needed"),
            relationship=self.text(f"{prefix}_relationship", 100),
        )

    def contact(self, *, missing: str = "") -> SafeContactInput | None:
        """How to reach her; `missing` is what to answer where a number is needed and none is given."""
        raw = self.text("victim_phone", 40)
        if not raw:
            if missing:
                self.error("victim_phone", missing)
            return None
        try:
            phone = normalise(raw)
        except ValueError as error:
            self.error("victim_phone", str(error))
            return None
        return SafeContactInput(
            phone=phone,
            safe=self.choice("victim_phone_safe", Safe.values) or Safe.UNKNOWN,
            hours=self.text("victim_phone_hours", 100),
            may_sms=self.flag("victim_may_sms"),
            may_leave_message=self.flag("victim_may_leave_message"),
            say=self.text("victim_phone_say", LONGEST_LINE),
            must_not_answer=self.text("victim_phone_must_not_answer", LONGEST_LINE),
        )

    def not_the_same(self, victim: PersonInput, perpetrator: PersonInput) -> None:
        """Nobody is both: the same names, and birth dates that may be the same."""
        if not victim.family_name or not victim.given_name:
            return
        same_name = sort_key(f"{victim.family_name} {victim.given_name}") == sort_key(
            f"{perpetrator.family_name} {perpetrator.given_name}"
        )
        same_birth = victim.birth_date == perpetrator.birth_date or None in (
            victim.birth_date,
            perpetrator.birth_date,
        )
        if same_name and same_birth:
            self.error(
                "perpetrator_family_name",
                _("The same person cannot be both victim and presumed perpetrator."),
            )

    # --- children -------------------------------------------------------------------------------------------------
    def children(self) -> tuple[ChildInput, ...]:
        """The children not yet in the case of whom anything is said."""
        indexes = sorted({int(match[1]) for name in self.data if (match := CHILD.fullmatch(name))})
        if len(indexes) > MOST_CHILDREN:
            self.error(
                "children_present",
                _("At most %(most)d children can be written here.") % {"most": MOST_CHILDREN},
            )
            return ()
        found = []
        for index in indexes:
            prefix = f"children-{index}-"
            exposure, impact = self.exposure(prefix)
            child = ChildInput(
                given_name=self.text(f"{prefix}given_name", 100),
                family_name=self.text(f"{prefix}family_name", 100),
                birth_date=self.day(f"{prefix}birth_date"),
                gender=self.choice(f"{prefix}gender", Gender.values),
                exposure=exposure,
                impact=impact,
                prefix=prefix,
            )
            if child.given_name or child.family_name or child.birth_date or child.gender or exposure or impact:
                found.append(child)
        return tuple(found)

    def children_of_the_case(self, known: Collection[UUID]) -> tuple[KnownChildInput, ...]:
        """What is said of children the case names; `known` are their identifiers as persons of the case."""
        of_the_case = {str(pk): pk for pk in known}
        found = []
        for pk in dict.fromkeys(match[1] for name in self.data if (match := KNOWN_CHILD.fullmatch(name))):
            prefix = f"known-{pk}-"
            exposure, impact = self.exposure(prefix)
            if not exposure and not impact:
                continue
            if pk in of_the_case:
                found.append(KnownChildInput(of_the_case[pk], exposure, impact, prefix))
            else:
                self.error("children_present", _("One of the children is not a child of this case."))
        return tuple(found)

    def exposure(self, prefix: str) -> tuple[str, str]:
        """What a child lived through, and the impact on it."""
        exposure = self.choice(f"{prefix}exposure", Exposure.values)
        impact = self.text(f"{prefix}impact", LONGEST_TEXT)
        if impact and not exposure and f"{prefix}exposure" not in self.errors:
            self.error(f"{prefix}exposure", _("Say what the child lived through, or that it is not known."))
        return exposure, impact

    def presence_agrees(self, present: str, children: Iterable[ChildInput | KnownChildInput]) -> None:
        """No child saw or heard anything where none was present."""
        for child in children:
            if present == Presence.NO and child.exposure in THERE:
                self.error(
                    f"{child.prefix}exposure",
                    _("It is also said that no child was present: correct one of the two."),
                )
