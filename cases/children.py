"""What is known of the children of a case: who else knows them, with whom they are when, who may fetch them.

It leads to the child, and through the child to her: on his side nobody reads it, whatever was granted. A child who was
exposed to violence is a victim (law of 13 July 2023, art. 8). No parent is judged here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from agencies.models import Membership
from common.clock import age, now
from common.errors import Refused, RuleBroken, StaleVersion, text_problem
from common.locks import lock
from common.texts import Text

from .access import CaseAccess
from .enums import (
    ArrangementSource,
    Category,
    ChildContactKind,
    EventCode,
    Gender,
    LivesWith,
    PersonRole,
    Side,
)
from .guides import Content, guide
from .models import Case, CasePerson, ChildArrangement, ChildContact, Person
from .perms import may_write_of_children, never_his, reads_children, shows_person
from .services import log_event

LONGEST_NAME = 200
LONGEST = 2000
MOST_PAST = 50
WORDS = ("schedule", "handover", "may_fetch", "must_not_fetch")
FIELDS = ("lives_with", "source", *WORDS)


@dataclass(frozen=True)
class Lived:
    """What one child lived through, as one report or situation of one service says it."""

    child: UUID
    agency_id: UUID
    agency: str
    happened_at: datetime
    what: str
    exposure: str
    impact: str
    victim: bool
    url: str


@dataclass(frozen=True)
class LivedThrough:
    """What the room of reports answers: `rows` what the children of a case lived through, the latest first, in one
    query; `to_complete` where the acting member writes it for this child, in a report of its own, or "".
    """

    rows: Callable[[CaseAccess], Sequence[Lived]]
    to_complete: Callable[[Membership, CaseAccess, UUID], str]


_lived: list[LivedThrough] = []


def register_lived(answer: LivedThrough) -> None:
    """Say what children lived through; there is one such answer."""
    _lived[:] = [answer]


def lived(access: CaseAccess) -> list[Lived]:
    """What this agency may read of what the children of the case lived through, the latest first."""
    return list(_lived[0].rows(access)) if _lived and access else []


def to_complete(by: Membership, access: CaseAccess, child_id: UUID) -> str:
    """Where the acting member writes what a child lived through, or ""."""
    return _lived[0].to_complete(by, access, child_id) if _lived and access else ""


# --- reading --------------------------------------------------------------------------------------------------
def contacts(access: CaseAccess) -> QuerySet[ChildContact]:
    """Who else knows the children, as far as it may be read: those of today and those that ended."""
    return _open_to(access, ChildContact.objects.all())


def arrangements(access: CaseAccess) -> QuerySet[ChildArrangement]:
    """With whom the children are when, the latest first, as far as it may be read."""
    return _open_to(access, ChildArrangement.objects.all())


def _open_to(access: CaseAccess, rows: QuerySet) -> QuerySet:
    """Everything where the children are open, one's own where they are not; nothing on his side."""
    if not access or never_his(access):
        return rows.none()
    rows = rows.filter(case=access.case_id)
    return rows if reads_children(access) else rows.filter(agency=access.agency_id)


def children_of(access: CaseAccess) -> list[CasePerson]:
    """The children of the case that this agency may know, with their persons; none on his side. One query."""
    if not access or never_his(access):
        return []
    found = CasePerson.objects.filter(case=access.case_id, role=PersonRole.CHILD).select_related("person")
    return [child for child in found.order_by("created_at", "pk") if shows_person(access, child)]


def holding(access: CaseAccess, child_id: UUID) -> ChildArrangement | None:
    """The arrangement that holds for a child, or None."""
    return arrangements(access).filter(case_person=child_id, superseded_by=None).first()


# --- exposed children are victims -----------------------------------------------------------------------------
@dataclass(frozen=True)
class Victims:
    """How many victims a case names, as far as one agency may read: adults by gender, children who were exposed."""

    women: int = 0
    men: int = 0
    adults: int = 0
    """Of another gender, or of one that is not written."""
    children: int = 0

    def __bool__(self) -> bool:
        return bool(self.women or self.men or self.adults or self.children)

    @property
    def words(self) -> str:
        """ "1 woman, 2 children"."""
        parts = [
            (self.women, ngettext("%(count)d woman", "%(count)d women", self.women)),
            (self.men, ngettext("%(count)d man", "%(count)d men", self.men)),
            (self.adults, ngettext("%(count)d adult", "%(count)d adults", self.adults)),
            (self.children, ngettext("%(count)d child", "%(count)d children", self.children)),
        ]
        return ", ".join(words % {"count": count} for count, words in parts if count)


def victims_of(persons: Iterable[CasePerson], rows: Iterable[Lived]) -> Victims:
    """Who counts as a victim among these persons of one case: each victim, and each child who was exposed.

    `persons` come with their person; `rows` are what `lived` gave. No query.
    """
    exposed = {row.child for row in rows if row.victim}
    counts = {"women": 0, "men": 0, "adults": 0, "children": 0}
    words = {Gender.FEMALE: "women", Gender.MALE: "men"}
    for each in persons:
        if each.role == PersonRole.VICTIM:
            counts[words.get(each.person.gender, "adults")] += 1
        elif each.role == PersonRole.CHILD and each.pk in exposed:
            counts["children"] += 1
    return Victims(**counts)


# --- what to watch --------------------------------------------------------------------------------------------
def prompts(case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """What to watch in the children of the case, by age and gender, for who writes about them: `_child_prompts.html`.

    {"title", "general": [line], "children": [{"name", "age", "gender", "lines"}], "provenance", "verified_on"}, or None
    where no child is known or no words are published. Two queries.
    """
    return _prompts(children_of(access))


def prompts_for(child: CasePerson) -> dict[str, Any] | None:
    """The same for one child."""
    return _prompts([child])


def _prompts(known: Sequence[CasePerson]) -> dict[str, Any] | None:
    found = guide("child_notes") if known else None
    if found is None:
        return None
    language = get_language() or "fr"
    content = Content.model_validate(found.content)
    general = [line for line in content.lines if line.when == type(line.when)()]
    about = [
        {
            "name": child.person.full_name or _("name not known"),
            "age": (years := age(child.person.birth_date)),
            "gender": child.person.get_gender_display(),
            "lines": [
                line.text.translated(language)
                for line in content.lines
                if line not in general and line.when.fits(age=years, gender=child.person.gender or None)
            ],
        }
        for child in known
    ]
    return {
        "title": content.title.translated(language),
        "general": [line.text.translated(language) for line in general],
        "children": about,
        "provenance": Text.model_validate(found.provenance).translated(language),
        "verified_on": found.verified_on,
    }


# --- writing --------------------------------------------------------------------------------------------------
def write_contact(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    child: CasePerson,
    kind: str,
    name: str,
    contact: str = "",
    knows: bool | None = None,
    instructions: str = "",
    replaces: UUID | None = None,
) -> ChildContact:
    """Write down who else knows a child, in the place of `replaces` when given: that one ends, it is not edited.

    Raises Refused for who may not, RuleBroken by field, and when a colleague has replaced or ended it meanwhile.
    """
    _refuse(access, child)
    name, contact, instructions = name.strip(), contact.strip(), instructions.strip()
    errors = {
        "kind": [] if kind in ChildContactKind.values else [_("Choose one of the answers.")],
        "name": [text_problem(name, most=LONGEST_NAME, missing=_("Write the name."))],
        "contact": [text_problem(contact, most=LONGEST)],
        "instructions": [text_problem(instructions, most=LONGEST)],
    }
    _raise(errors)
    if replaces is not None:
        _end(_locked(access, child, replaces))
    written = ChildContact.objects.create(
        case=case,
        case_person=child,
        kind=kind,
        name=name,
        contact=contact,
        knows=knows,
        instructions=instructions,
        agency=by.agency,
        recorded_by=by.user,
    )
    _told(by, case, child, "contact")
    return written


def end_contact(*, by: Membership, case: Case, access: CaseAccess, child: CasePerson, contact_id: UUID) -> None:
    """This place knows the child no longer. Raises Refused, and RuleBroken when a colleague was first."""
    _refuse(access, child)
    _end(_locked(access, child, contact_id))
    _told(by, case, child, "contact")


def _locked(access: CaseAccess, child: CasePerson, contact_id: UUID) -> ChildContact:
    rows = contacts(access).filter(case_person=child, pk=contact_id)
    found = rows.select_for_update(of=("self",)).first()
    if found is None or found.ended_at is not None:
        raise RuleBroken(_("A colleague has just replaced this contact. Look at the new one first."))
    return found


def _end(contact: ChildContact) -> None:
    contact.ended_at = now()
    contact.save(update_fields=["ended_at"])


def arrange(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    child: CasePerson,
    lives_with: str,
    source: str,
    schedule: str = "",
    handover: str = "",
    may_fetch: str = "",
    must_not_fetch: str = "",
    replaces: UUID | None = None,
) -> ChildArrangement:
    """What holds for a child from now on, in the place of `replaces`: the one that was read before writing.

    The same words again change nothing. Raises Refused for who may not, RuleBroken by field, StaleVersion (with both
    values of each field that differs) when another one holds by now.
    """
    _refuse(access, child)
    given = {"lives_with": lives_with, "source": source}
    given |= {
        "schedule": schedule.strip(),
        "handover": handover.strip(),
        "may_fetch": may_fetch.strip(),
        "must_not_fetch": must_not_fetch.strip(),
    }
    errors = {
        "lives_with": [] if lives_with in LivesWith.values else [_("Choose one of the answers.")],
        "source": [] if source in ArrangementSource.values else [_("Choose one of the answers.")],
    }
    _raise(errors | {field: [text_problem(given[field], most=LONGEST)] for field in WORDS})
    lock(f"child {child.pk}")
    held = holding(access, child.pk)
    if held is not None and all(getattr(held, field) == given[field] for field in FIELDS):
        return held
    if (held.pk if held else None) != replaces:
        conflicts = [
            {"field": field, "theirs": getattr(held, field, ""), "yours": given[field]}
            for field in FIELDS
            if getattr(held, field, "") != given[field]
        ]
        raise StaleVersion(_("A colleague has written something else for this child meanwhile."), conflicts)
    written = ChildArrangement.objects.create(
        case=case, case_person=child, supersedes=held, agency=by.agency, recorded_by=by.user, **given
    )
    _told(by, case, child, "arrangement")
    return written


def say_gender(*, by: Membership, case: Case, access: CaseAccess, child: CasePerson, gender: str) -> None:
    """Write whether a child is a girl or a boy where nobody has. Raises Refused, and RuleBroken once it is written."""
    _refuse(access, child)
    if gender not in Gender.values:
        raise RuleBroken({"gender": [_("Choose one of the answers.")]})
    person = Person.objects.select_for_update(of=("self",)).get(pk=child.person_id)
    if person.gender == gender:
        return
    if person.gender:
        raise RuleBroken({"gender": [_("A colleague has written something else meanwhile.")]})
    person.gender = gender
    person.save(update_fields=["gender"])
    child.person = person
    _told(by, case, child, "person")


def _refuse(access: CaseAccess, child: CasePerson) -> None:
    if not may_write_of_children(access) or child.role != PersonRole.CHILD or child.case_id != access.case_id:
        raise Refused(_("Your agency does not write about the children of this case."))


def _raise(errors: Mapping[str, Sequence[str]]) -> None:
    found = {field: [message for message in messages if message] for field, messages in errors.items()}
    if found := {field: messages for field, messages in found.items() if messages}:
        raise RuleBroken(found)


def _told(by: Membership, case: Case, child: CasePerson, what: str) -> None:
    log_event(
        by=by,
        case=case,
        code=EventCode.CHILD_CHANGED,
        category=Category.CHILDREN,
        side=Side.VICTIM,
        payload={"child": str(child.pk), "changed": what},
    )
