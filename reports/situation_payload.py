"""What the form of a situation holds, checked. Pure: flat text in, a SituationInput or errors by field out.

Keys are those of the form: `source`, `alone`, `danger`, `signs` (a list), `may_contact`, `victim_…`, `perpetrator_…`,
`children-0-…`. A service that works with him is asked neither whether she is alone nor how to reach her.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from common.errors import RuleBroken

from .cleaning import LONGEST_TEXT, ChildInput, Cleaner, KnownChildInput, PersonInput, SafeContactInput
from .models import Presence, Sign, Source

CONTACT = (
    "victim_phone",
    "victim_phone_hours",
    "victim_phone_say",
    "victim_phone_must_not_answer",
)
"""What is written of how to reach her."""


@dataclass(frozen=True)
class Asked:
    """What the form asks of a service: `on_his_side` where it works with him, `contact` where it may write how to reach
    her, `joins` where the people are those of a case, whose children it may read are `known_children`.
    """

    on_his_side: bool = False
    contact: bool = True
    joins: bool = False
    known_children: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class SituationInput:
    """A situation that may be recorded. `victim` is None where it joins a case, `perpetrator` where nobody is named."""

    source: str
    met_at: datetime
    alone: str
    may_contact: str
    danger: bool = False
    signs: tuple[str, ...] = ()
    signs_seen: str = ""
    words_heard: str = ""
    children_present: str = ""
    children_impact: str = ""
    victim: PersonInput | None = None
    perpetrator: PersonInput | None = None
    contact: SafeContactInput | None = None
    children: tuple[ChildInput, ...] = ()
    known_children: tuple[KnownChildInput, ...] = ()


def clean(data: Mapping[str, object], *, at: datetime, asked: Asked) -> SituationInput:
    """Check `data` as of the moment `at`. Raises RuleBroken with every message, by field."""
    return _Cleaner(data, at, asked).clean()


class _Cleaner(Cleaner):
    def __init__(self, data: Mapping[str, object], at: datetime, asked: Asked):
        super().__init__(data, at)
        self.asked, self.on_his_side = asked, asked.on_his_side

    def clean(self) -> SituationInput:
        alone, may_contact = self.about_her()
        source = self.needed("source", Source.values, _("Say how you know."))
        signs = self.several("signs", Sign.values)
        signs_seen, words_heard = self.text("signs_seen", LONGEST_TEXT), self.text("words_heard", LONGEST_TEXT)
        if not (signs or signs_seen or words_heard or {"signs", "signs_seen", "words_heard"} & set(self.errors)):
            message = (
                _("Write at least one sentence: what he said, or what you noticed.")
                if self.on_his_side
                else _("Tick at least one sign, or write one sentence: what you noticed, or what you heard.")
            )
            self.error("words_heard" if self.on_his_side else "signs", message)
        met_at = self.moment("met_at", _("This moment is still to come.")) or self.at
        contact = self.safe_contact(may_contact)
        victim, perpetrator = self.people()
        children_present = self.choice("children_present", Presence.values)
        children = () if self.on_his_side else self.children()
        known = () if self.on_his_side else self.children_of_the_case(self.asked.known_children)
        self.presence_agrees(children_present, (*children, *known))
        children_impact = self.text("children_impact", LONGEST_TEXT)
        if self.errors:
            raise RuleBroken(self.errors)
        return SituationInput(
            source=source,
            met_at=met_at,
            alone=alone,
            may_contact=may_contact,
            danger=self.flag("danger"),
            signs=signs,
            signs_seen=signs_seen,
            words_heard=words_heard,
            children_present=children_present,
            children_impact=children_impact,
            victim=victim,
            perpetrator=perpetrator,
            contact=contact,
            children=children,
            known_children=known,
        )

    def needed(self, name: str, allowed: list[str], message: str) -> str:
        value = self.choice(name, allowed)
        if not value and name not in self.errors:
            self.error(name, message)
        return value

    def about_her(self) -> tuple[str, str]:
        """Whether she is alone now, and whether she may be contacted; who works with him cannot know."""
        if self.on_his_side:
            return Presence.UNKNOWN, Presence.UNKNOWN
        return (
            self.needed("alone", Presence.values, _("Say whether she is alone now, or that you do not know.")),
            self.needed(
                "may_contact", Presence.values, _("Say whether she may be contacted, or that she was not asked.")
            ),
        )

    def safe_contact(self, may_contact: str) -> SafeContactInput | None:
        """How to reach her, only where she agrees to it."""
        if self.on_his_side or not self.asked.contact:
            return None
        if may_contact == Presence.YES:
            return self.contact()
        if may_contact and (written := next((name for name in CONTACT if self.text(name, LONGEST_TEXT)), None)):
            self.error(
                written, _("She has not agreed to be contacted: take this away, or answer that she may be contacted.")
            )
        return None

    def people(self) -> tuple[PersonInput | None, PersonInput | None]:
        """Her and him, as far as they are known; the people of a case that is joined are those of the case."""
        if self.asked.joins:
            return None, None
        victim, perpetrator = self.person("victim"), self.person("perpetrator")
        named = perpetrator.given_name or perpetrator.family_name
        if self.on_his_side and not named:
            self.error("perpetrator_family_name", _("Write the name of the person you work with."))
        self.not_the_same(victim, perpetrator)
        return victim, perpetrator if named or perpetrator.relationship or perpetrator.birth_date else None
