"""What a report form holds, checked. Pure: flat text in, a ReportInput or errors by field out.

Keys are those of the form and of the API: `victim_…`, `perpetrator_…`, `children-0-…`, the five sections, and
`unknown_sections` (a list). Local times are Europe/Brussels.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.enums import Safe
from common.clock import BRUSSELS
from common.errors import RuleBroken
from common.languages import LANGUAGES
from common.names import sort_key
from common.phones import normalise

from .models import ImmediateMeasure, Presence, ReportKind, Section

LONGEST_LINE = 200
LONGEST_TEXT = 8000
MOST_CHILDREN = 15
TEXTS = (
    "facts_context",
    "facts_words",
    "facts_gestures",
    "children_impact",
    "risk_weapons",
    "risk_threats",
    "risk_antecedents",
    "measure_detail",
    "orientation",
)
ANSWERED_BY = {
    Section.FACTS: ("facts_context", "facts_words", "facts_gestures"),
    Section.CHILDREN: ("children_present",),
    Section.RISK: ("risk_weapons", "risk_threats", "risk_antecedents"),
    Section.MEASURE: ("measure",),
    Section.ORIENTATION: ("orientation",),
}
"""A section is filled in when one of these is."""

CHILD = re.compile(r"children-(\d+)-(given_name|family_name|birth_date)")


@dataclass(frozen=True)
class PersonInput:
    given_name: str = ""
    family_name: str = ""
    birth_date: date | None = None
    languages: tuple[str, ...] = ()
    interpreter_needed: bool = False
    relationship: str = ""


@dataclass(frozen=True)
class SafeContactInput:
    phone: str = ""
    safe: str = Safe.UNKNOWN
    hours: str = ""
    may_sms: bool = False
    may_leave_message: bool = False
    say: str = ""
    must_not_answer: str = ""


@dataclass(frozen=True)
class ReportInput:
    """A report that may be recorded. `victim` and `perpetrator` are None when the report joins a case."""

    kind: str
    met_at: datetime
    j2_accepted: bool
    occurred_at: datetime | None = None
    pv_number: str = ""
    place: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    children_present: str = ""
    measure: str = ""
    unknown_sections: tuple[str, ...] = ()
    victim: PersonInput | None = None
    perpetrator: PersonInput | None = None
    children: tuple[PersonInput, ...] = ()
    contact: SafeContactInput | None = None


def clean(
    data: Mapping[str, object], *, kind: str, at: datetime, joins: bool = False, known_contact: bool = False
) -> ReportInput:
    """Check `data` as of the moment `at`. `joins` when the people are those of an existing case, `known_contact` when
    that case already holds a way to reach her. Raises RuleBroken with every message, by field.
    """
    return _Cleaner(data, kind, at, joins, known_contact).clean()


class _Cleaner:
    def __init__(self, data: Mapping[str, object], kind: str, at: datetime, joins: bool, known_contact: bool):
        self.data, self.kind, self.at, self.joins, self.known_contact = data, kind, at, joins, known_contact
        self.errors: dict[str, list[str]] = {}

    def clean(self) -> ReportInput:
        if self.kind not in ReportKind.values:
            self.error("kind", _("Choose what is being recorded."))
        unknown = tuple(s for s in self.many("unknown_sections") if s in Section.values)
        texts = {name: self.text(name, LONGEST_TEXT) for name in TEXTS}
        children_present = self.choice("children_present", Presence.values)
        measure = self.choice("measure", ImmediateMeasure.values)
        for section, names in ANSWERED_BY.items():
            if section not in unknown and not any(self.text(name, LONGEST_TEXT) for name in names):
                self.error(
                    names[0],
                    _("Fill in “%(section)s”, or say that it is not known.") % {"section": section.label},
                )
        met_at = self.moment("met_at", _("The meeting cannot be in the future."))
        if met_at is None and "met_at" not in self.errors:
            self.error("met_at", _("Say when she was met: the J+2 contact counts from there."))
        occurred_at = self.moment("occurred_at", _("The facts cannot be in the future."))
        accepted = self.choice("j2_accepted", ["yes", "no"])
        if not accepted and "j2_accepted" not in self.errors:
            self.error("j2_accepted", _("Ask her whether she accepts a contact at J+2, and note her answer."))
        victim = self.person("victim")
        perpetrator = self.person("perpetrator")
        self.not_the_same(victim, perpetrator)
        contact = self.contact(needed=accepted == "yes")
        children = self.children()
        pv_number = self.text("pv_number", 40)
        place = self.text("place", LONGEST_LINE)
        if self.errors:
            raise RuleBroken(self.errors)
        assert met_at is not None
        return ReportInput(
            kind=self.kind,
            met_at=met_at,
            j2_accepted=accepted == "yes",
            occurred_at=occurred_at,
            pv_number=pv_number,
            place=place,
            texts=texts,
            children_present=children_present,
            measure=measure,
            unknown_sections=unknown,
            victim=None if self.joins else victim,
            perpetrator=None if self.joins else perpetrator,
            children=children,
            contact=contact,
        )

    def error(self, name: str, message: str) -> None:
        self.errors.setdefault(name, []).append(message)

    def text(self, name: str, longest: int) -> str:
        value = self.data.get(name, "")
        value = value.strip().replace("\x00", "") if isinstance(value, str) else ""
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
        found = PersonInput(
            given_name=self.text(f"{prefix}_given_name", 100),
            family_name=self.text(f"{prefix}_family_name", 100),
            birth_date=self.day(f"{prefix}_birth_date"),
            languages=languages,
            interpreter_needed=self.flag(f"{prefix}_interpreter_needed"),
            relationship=self.text(f"{prefix}_relationship", 100),
        )
        if not self.joins and not found.family_name:
            message = (
                _("Write the family name of the victim.")
                if prefix == "victim"
                else _("Write the family name of the presumed perpetrator; “unknown” if nobody knows it.")
            )
            self.error(f"{prefix}_family_name", message)
        return found

    def not_the_same(self, victim: PersonInput, perpetrator: PersonInput) -> None:
        if self.joins or not victim.family_name or not victim.given_name:
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

    def contact(self, *, needed: bool) -> SafeContactInput | None:
        raw = self.text("victim_phone", 40)
        if not raw:
            if needed and not self.known_contact:
                self.error("victim_phone", _("A J+2 contact needs a number where she can be reached safely."))
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

    def children(self) -> tuple[PersonInput, ...]:
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
            child = PersonInput(
                given_name=self.text(f"{prefix}given_name", 100),
                family_name=self.text(f"{prefix}family_name", 100),
                birth_date=self.day(f"{prefix}birth_date"),
            )
            if child.given_name or child.family_name or child.birth_date:
                found.append(child)
        return tuple(found)
