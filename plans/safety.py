"""The safety plan written with her: sections as reference data, versions that supersede, a paper that says nothing.

Read like a way to reach her. On his side it does not exist, whatever was granted and whoever wrote it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from agencies.models import Membership
from cases.access import CaseAccess, keep_own_work
from cases.enums import Category, EventCode, PersonRole, Side
from cases.models import Case, CasePerson
from cases.neutral import tells
from cases.perms import never_his, shows_person
from cases.services import check, log_event
from common.clock import local, now
from common.errors import Refused, RuleBroken, text_problem
from common.locks import lock
from common.once import insert_once

from .models import Carry, SafetyPaper, SafetyPlan

REFERENCE = Path(__file__).parent / "reference" / "safety_plan.json"
FALLBACK = "fr"
LONGEST = 2_000


# --- the sections -----------------------------------------------------------------------------------------------
@cache
def reference() -> dict[str, Any]:
    """The sections as they are stored."""
    return json.loads(REFERENCE.read_text())


@dataclass(frozen=True)
class Section:
    """A section in the language of the screen; `paper` is its title on what she takes along."""

    key: str
    title: str
    help: str
    paper: str


def sections() -> list[Section]:
    """The sections in force, in their order."""
    return [
        Section(each["key"], _said(each["title"]), _said(each["help"]), _said(each["paper"]))
        for each in reference()["sections"]
    ]


def _said(words: Mapping[str, str]) -> str:
    language = (get_language() or FALLBACK)[:2]
    return words.get(language) or words[FALLBACK]


def paper_title() -> str:
    """What stands on top of the paper: a word that says nothing."""
    return _said(reference()["paper_title"])


# --- who --------------------------------------------------------------------------------------------------------
def reads(access: CaseAccess, plan: SafetyPlan) -> bool:
    """Whether a plan may be read: as how to reach her, or because the agency wrote it; never on his side."""
    if never_his(access) or not access:
        return False
    return access.can(Category.CONTACT, Side.VICTIM) or plan.agency_id == access.agency_id


def may_write(access: CaseAccess) -> bool:
    """Write it with her: who adds to the case and knows how to reach her; never on his side."""
    return access.contribute and access.can(Category.CONTACT, Side.VICTIM) and not never_his(access)


def may_open(case: Case, access: CaseAccess) -> bool:
    """Whether there is anything here for this access: to read, or to write."""
    return may_write(access) or (not never_his(access) and plans_of(case, access).exists())


def whose(case: Case, access: CaseAccess) -> list[CasePerson]:
    """With whom it is written: the victims of the case whose name is open."""
    rows = CasePerson.objects.filter(case=case, role=PersonRole.VICTIM).select_related("person")
    return [each for each in rows.order_by("created_at", "pk") if shows_person(access, each)]


# --- reading ----------------------------------------------------------------------------------------------------
def plans_of(case: Case, access: CaseAccess) -> QuerySet[SafetyPlan]:
    """Every version this access reads, the latest first."""
    if never_his(access) or not access:
        return SafetyPlan.objects.none()
    rows = SafetyPlan.objects.filter(case=case)
    if not access.can(Category.CONTACT, Side.VICTIM):
        rows = rows.filter(agency=access.agency_id)
    return rows.select_related("agency", "author").order_by("-at", "-pk")


def current(case: Case, access: CaseAccess) -> list[SafetyPlan]:
    """The version in force of each person."""
    return list(plans_of(case, access).exclude(Exists(SafetyPlan.objects.filter(replaces=OuterRef("pk")))))


def get_plan(case: Case, access: CaseAccess, plan_id: UUID) -> SafetyPlan:
    """One version. Raises Http404."""
    found = plans_of(case, access).filter(pk=plan_id).first()
    if found is None or not reads(access, found):
        raise Http404
    return found


def filled(plan: SafetyPlan) -> list[tuple[Section, str]]:
    """Its sections with what was written, in order; one that is no longer in force keeps its words."""
    known = {each.key: each for each in sections()}
    order = [*known, *(key for key in plan.sections if key not in known)]
    return [
        (known.get(key) or Section(key, _("Other"), "", _("Other")), plan.sections[key])
        for key in order
        if plan.sections.get(key)
    ]


# --- verbs ------------------------------------------------------------------------------------------------------
def write(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    case_person_id: UUID | None,
    texts: Mapping[str, str],
    written_on: date | None,
    read_back: bool,
    replaces: UUID | None,
    request_key: UUID,
) -> SafetyPlan:
    """Write the plan with her, in the place of the version the page showed (`replaces`). The same `request_key` gives
    the first one.

    Raises Refused, RuleBroken by field, and where a colleague has written another version meanwhile: who, and nothing
    is lost.
    """
    if not may_write(access):
        raise Refused(_("Your agency does not see how to reach her: it writes no safety plan."))
    mine = SafetyPlan.objects.filter(request_key=request_key, case=case, author=by.user_id)
    if (already := mine.first()) is not None:
        return already
    person = next((each for each in whose(case, access) if each.pk == case_person_id), None)
    known = {each.key for each in sections()}
    kept = {key: text.replace("\r\n", "\n").strip() for key, text in texts.items() if key in known and text.strip()}
    errors = _problems(kept, written_on)
    if person is None:
        errors["person"] = [_("Say with whom it was written.")]
    if errors:
        raise RuleBroken(errors)
    lock(f"safety plan {person.pk}")
    versions = SafetyPlan.objects.filter(case_person=person)
    latest = versions.exclude(Exists(SafetyPlan.objects.filter(replaces=OuterRef("pk")))).first()
    if latest is not None and latest.pk != replaces:
        raise RuleBroken(
            _(
                "%(who)s has written a new version since you opened this page. Open it in another window, "
                "then send yours."
            )
            % {"who": latest.author.full_name}
        )
    row = SafetyPlan(
        case=case,
        case_person=person,
        sections=kept,
        content_version=reference()["version"],
        written_on=written_on,
        read_back=read_back,
        replaces=latest,
        request_key=request_key,
        agency=by.agency,
        author=by.user,
    )
    check(row)
    row, new = insert_once(row, mine=mine)
    if new:
        keep_own_work(case=case, agency=by.agency)
        log_event(
            by=by,
            case=case,
            code=EventCode.SAFETY_PLAN_WRITTEN,
            category=Category.CONTACT,
            side=Side.VICTIM,
            payload={"plan": str(row.pk)},
        )
    return row


def _problems(texts: Mapping[str, str], written_on: date | None) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for key, text in texts.items():
        if problem := text_problem(text, most=LONGEST):
            errors[key] = [problem]
    if not texts:
        errors[""] = [_("Write at least one part with her: the rest can follow.")]
    if written_on is None or written_on > local(now()).date():
        errors["written_on"] = [_("Say on which day it was written with her: today or before.")]
    return errors


def hand_out(*, by: Membership, access: CaseAccess, plan: SafetyPlan, carry: str, request_key: UUID) -> SafetyPaper:
    """Write down what she answered before anything is printed. The same `request_key` gives the first answer.

    Raises Refused, RuleBroken by field.
    """
    if not may_write(access):
        raise Refused(_("You can read this case but not add to it."))
    mine = SafetyPaper.objects.filter(request_key=request_key, plan=plan, author=by.user_id)
    if (already := mine.first()) is not None:
        return already
    if carry not in Carry.values:
        raise RuleBroken({"carry": [_("Ask her, and say what she answered.")]})
    row = SafetyPaper(
        case_id=plan.case_id, plan=plan, carry=carry, request_key=request_key, agency=by.agency, author=by.user
    )
    check(row)
    return insert_once(row, mine=mine)[0]


# --- the paper --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Printed:
    """What is printed: neutral titles; "" is a line to be written by hand."""

    title: str
    parts: Sequence[tuple[str, Sequence[str]]]


def printed(plan: SafetyPlan) -> Printed:
    """The plan as she takes it along: a line that would tell somebody over her shoulder is left to write by hand."""
    return Printed(
        paper_title(),
        [
            (section.paper, [("" if tells(line) else line) for line in text.splitlines() if line.strip()])
            for section, text in filled(plan)
        ],
    )


def gaps(plan: SafetyPlan) -> list[str]:
    """The lines that are not printed because they tell."""
    return [line for _section, text in filled(plan) for line in text.splitlines() if line.strip() and tells(line)]
