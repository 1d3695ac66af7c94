"""Dangers for professionals: flagged until a day, prolonged by a new row, ended with a reason.

Every service that takes part reads that there is one. On his side nobody reads who says so nor in which words: what the
writer set apart for his side, or the kind of danger alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from agencies.services import writers_of
from cases.access import CaseAccess, keep_own_work, participants, workers
from cases.enums import Category, EventCode, Side
from cases.models import Case, CasePerson
from cases.perms import shows_person
from cases.services import check, log_event
from common.clock import local, now
from common.errors import Refused, RuleBroken, text_problem
from common.locks import lock
from common.names import mentions
from common.once import insert_once
from notifications.models import NoticeKind
from notifications.services import notify

from . import needs_perms as perms
from .models import (
    DangerAbout,
    DangerKind,
    DangerOver,
    DangerSource,
    StaffDanger,
    StaffDangerEnd,
    StaffDangerWords,
)

LONGEST_TIME = timedelta(days=184)
LONGEST = 1000
MOST_PAST = 50
SAID_ALREADY = {(DangerAbout.ANIMAL, DangerKind.ANIMAL), (DangerAbout.PLACE, DangerKind.PREMISES)}
"""The kind says already what it is about."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A danger as it was typed: codes of the enumerations, "" where nothing was said."""

    about: str = ""
    case_person_id: UUID | None = None
    kind: str = ""
    what: str = ""
    precautions: str = ""
    source: str = ""
    said_on_his_side: str = ""
    from_on: date | None = None
    until_on: date | None = None


@dataclass(frozen=True)
class Shown:
    """A danger as one access reads it; `words` None where nothing but the danger and what was set apart may be read."""

    danger: StaffDanger
    words: StaffDangerWords | None
    name: str
    """Of the person it is about, where who that is may be read."""

    @property
    def title(self) -> str:
        """What it is, in a few words: “weapon: a person”, “dangerous animal”."""
        if (self.danger.about, self.danger.kind) in SAID_ALREADY:
            return str(capfirst(self.danger.get_kind_display()))
        about = self.name or self.danger.get_about_display()
        return _("%(kind)s: %(about)s") % {"kind": capfirst(self.danger.get_kind_display()), "about": about}

    @property
    def precautions(self) -> str:
        """What to do, in the words this access may read; "" where there are none for it."""
        return self.words.precautions if self.words else self.danger.said_on_his_side

    @property
    def ended(self) -> StaffDangerEnd | None:
        return getattr(self.danger, "end", None)


# --- reading --------------------------------------------------------------------------------------------------
def _today() -> date:
    return local(now()).date()


def holding_today() -> Q:
    """Dangers that hold today, as a filter."""
    return Q(superseded_by=None, end=None, until_on__gte=_today())


def dangers_of(access: CaseAccess) -> QuerySet[StaffDanger]:
    """The dangers of a case that this access reads, over or not, with their end."""
    if not access:
        return StaffDanger.objects.none()
    rows = StaffDanger.objects.filter(case=access.case_id)
    if not perms.meets_him(access):
        rows = rows.filter(agency=access.agency_id)
    return rows.select_related("agency", "author", "case_person__person", "end__agency", "end__ended_by")


def words_of(access: CaseAccess) -> QuerySet[StaffDangerWords]:
    """What was written of them, as far as it is read: the same rule as `needs_perms.shows_danger_words`."""
    if not access:
        return StaffDangerWords.objects.none()
    rows = StaffDangerWords.objects.filter(case=access.case_id)
    whole = perms.meets_him(access) and not perms.never_his(access)
    return rows if whole else rows.filter(agency=access.agency_id)


def shown(access: CaseAccess, rows: QuerySet[StaffDanger]) -> list[Shown]:
    """These dangers of one case as this access reads them. Two queries."""
    dangers = list(rows)
    if not dangers:
        return []
    words = {each.danger_id: each for each in words_of(access).filter(danger__in=dangers)}
    return [Shown(each, words.get(each.pk), _name(access, each)) for each in dangers]


def _name(access: CaseAccess, danger: StaffDanger) -> str:
    person = danger.case_person
    return person.person.full_name if person is not None and shows_person(access, person) else ""


def open_now(access: CaseAccess) -> list[Shown]:
    """The dangers that hold today, the one that ends first on top. Two queries, one where there is none."""
    return shown(access, dangers_of(access).filter(holding_today()).order_by("until_on", "pk"))


def past(access: CaseAccess) -> list[Shown]:
    """Those that are over, prolonged or past their day, the latest first."""
    return shown(access, dangers_of(access).exclude(holding_today())[:MOST_PAST])


def get_danger(access: CaseAccess, danger_id: UUID) -> StaffDanger:
    """One of them. Raises Http404 where this access does not read it."""
    found = dangers_of(access).filter(pk=danger_id).first()
    if found is None or not perms.shows_danger(access, found):
        raise Http404
    return found


def open_dangers(case: Case) -> QuerySet[StaffDanger]:
    """The dangers flagged in a case today, for whoever takes part in it."""
    return StaffDanger.objects.filter(holding_today(), case=case)


def flagged() -> Exists:
    """Whether a danger is flagged today in the case of a row: for `cases.access.register_flag`."""
    return Exists(StaffDanger.objects.filter(holding_today(), case=OuterRef("pk")))


def in_cases(accesses: Iterable[CaseAccess]) -> dict[UUID, list[Shown]]:
    """The dangers that hold today in these cases, by case, each as its access reads it. Two queries for all."""
    by_case = {access.case_id: access for access in accesses if perms.meets_him(access)}
    rows = StaffDanger.objects.filter(holding_today(), case__in=by_case).select_related("case_person__person")
    dangers = list(rows.order_by("until_on", "pk"))
    words = {each.danger_id: each for each in StaffDangerWords.objects.filter(danger__in=dangers)} if dangers else {}
    found: dict[UUID, list[Shown]] = {}
    for each in dangers:
        access, said = by_case[each.case_id], words.get(each.pk)
        read = said if said is not None and perms.shows_danger_words(access, said) else None
        found.setdefault(each.case_id, []).append(Shown(each, read, _name(access, each)))
    return found


def on_the_road(case_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The kinds of danger that hold today in these cases, in words: for the check on the road, in its own context."""
    rows = StaffDanger.objects.filter(holding_today(), case__in=list(case_ids)).order_by("until_on", "pk")
    found: dict[UUID, list[str]] = {}
    for each in rows:
        kinds = found.setdefault(each.case_id, [])
        if (kind := str(each.get_kind_display())) not in kinds:
            kinds.append(kind)
    return found


def banner(case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """What every page of the case says on top. No query where nothing is flagged."""
    if not perms.meets_him(access) or not getattr(case, "staff_danger", True):
        return None
    found = open_now(access)
    return {"case": case, "dangers": found} if found else None


# --- writing --------------------------------------------------------------------------------------------------
def who_may_be_meant(access: CaseAccess) -> list[CasePerson]:
    """Of whom a danger may be flagged: the persons of his side whose names are read. One query."""
    rows = CasePerson.objects.filter(case=access.case_id, side=Side.PERPETRATOR).select_related("person")
    return [each for each in rows.order_by("created_at", "pk") if shows_person(access, each)]


def flag(*, by: Membership, case: Case, access: CaseAccess, wanted: Wanted, request_key: UUID) -> StaffDanger:
    """Flag a danger: every service that takes part reads it on each page of the case, and is told.

    The same `request_key` gives the first one. Raises Refused, RuleBroken by field.
    """
    if not perms.may_flag(access):
        raise Refused(_("You can read this case but not add to it."))
    if (already := _of_key(by, case, request_key).first()) is not None:
        return already
    return _write(by, case, access, wanted, request_key, replaces=None)


def prolong(
    *, by: Membership, case: Case, access: CaseAccess, danger_id: UUID, wanted: Wanted, request_key: UUID
) -> StaffDanger:
    """The danger is still there: a new row until another day, in the place of the former one.

    Raises Http404, Refused, RuleBroken by field, or when a colleague has prolonged or ended it meanwhile.
    """
    former = _to_change(by, case, access, danger_id)
    if (already := _of_key(by, case, request_key).first()) is not None:
        return already
    _refuse_over(former)
    return _write(by, case, access, wanted, request_key, replaces=former)


def end(*, by: Membership, case: Case, access: CaseAccess, danger_id: UUID, reason: str) -> StaffDangerEnd:
    """The danger is flagged no longer. The same answer again gives the first one.

    Raises Http404, Refused, RuleBroken without a reason or when a colleague has prolonged or ended it meanwhile.
    """
    danger = _to_change(by, case, access, danger_id)
    if reason not in DangerOver.values:
        raise RuleBroken({"reason": [_("Say why it is flagged no longer.")]})
    already = StaffDangerEnd.objects.filter(danger=danger).first()
    if already is not None and already.reason == reason:
        return already
    _refuse_over(danger)
    found = StaffDangerEnd.objects.create(danger=danger, case=case, reason=reason, agency=by.agency, ended_by=by.user)
    _event(by, case, EventCode.DANGER_ENDED, danger)
    return found


def _of_key(by: Membership, case: Case, request_key: UUID) -> QuerySet[StaffDanger]:
    return StaffDanger.objects.filter(request_key=request_key, case=case, author=by.user)


def _to_change(by: Membership, case: Case, access: CaseAccess, danger_id: UUID) -> StaffDanger:
    danger = get_danger(access, danger_id)
    if not perms.may_end_danger(by, case, access, danger):
        raise Refused(_("The service that flagged this danger changes it, or who answers for the one that leads."))
    lock(f"danger {danger.pk}")
    return danger


def _refuse_over(danger: StaffDanger) -> None:
    over = StaffDangerEnd.objects.filter(danger=danger).select_related("ended_by").first()
    if over is not None:
        values = {"who": over.ended_by.full_name, "why": over.get_reason_display()}
        raise RuleBroken(_("%(who)s has already ended it: %(why)s.") % values)
    if StaffDanger.objects.filter(supersedes=danger).exists():
        raise RuleBroken(_("A colleague has just prolonged this danger. Look at the new one first."))


def _write(
    by: Membership,
    case: Case,
    access: CaseAccess,
    wanted: Wanted,
    request_key: UUID,
    *,
    replaces: StaffDanger | None,
) -> StaffDanger:
    persons = {each.pk: each for each in who_may_be_meant(access)}
    person = persons.get(wanted.case_person_id) if wanted.about == DangerAbout.PERSON else None
    errors = _problems(wanted, person)
    if _names_her(case, wanted.said_on_his_side):
        errors["said_on_his_side"] = [_("This names somebody who is not on his side. Take the name out.")]
    if errors:
        raise RuleBroken(errors)
    danger = StaffDanger(
        case=case,
        about=wanted.about,
        case_person=person,
        kind=wanted.kind,
        said_on_his_side=wanted.said_on_his_side.strip(),
        from_on=wanted.from_on,
        until_on=wanted.until_on,
        supersedes=replaces,
        request_key=request_key,
        agency=by.agency,
        author=by.user,
    )
    check(danger)
    with transaction.atomic():
        danger, new = insert_once(danger, mine=_of_key(by, case, request_key))
        if not new:
            return danger
        words = StaffDangerWords(
            danger=danger,
            case=case,
            what=wanted.what.strip(),
            precautions=wanted.precautions.strip(),
            source=wanted.source,
            agency=by.agency,
        )
        words.save(force_insert=True)
        keep_own_work(case=case, agency=by.agency)
        _event(by, case, EventCode.DANGER_FLAGGED, danger)
        _tell(by, case, danger)
    return danger


def _problems(wanted: Wanted, person: CasePerson | None) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if wanted.about not in DangerAbout.values:
        errors["about"] = [_("Say whether it is a person, a place or an animal.")]
    elif wanted.about == DangerAbout.PERSON and person is None:
        errors["case_person"] = [_("Say who.")]
    if wanted.kind not in DangerKind.values:
        errors["kind"] = [_("Say which danger it is.")]
    if wanted.source not in DangerSource.values:
        errors["source"] = [_("Say where it is known from.")]
    missing = {
        "what": _("Say what is known: facts, and when."),
        "precautions": _("Say what to do: colleagues act on it."),
        "said_on_his_side": "",
    }
    for name, message in missing.items():
        if problem := text_problem(getattr(wanted, name), most=LONGEST, missing=message):
            errors[name] = [problem]
    return errors | _day_problems(wanted)


def _names_her(case: Case, text: str) -> bool:
    """Whether what his side will read names anybody of the case who is not on it, of those the writer may read. A name
    that he bears too says nothing.
    """
    if not text.strip():
        return False
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for row in CasePerson.objects.filter(case=case).select_related("person"):
        names[row.side == Side.PERPETRATOR] |= {row.person.given_name, row.person.family_name}
    return mentions(text, names[False] - names[True])


def _day_problems(wanted: Wanted) -> dict[str, list[str]]:
    today = _today()
    if wanted.from_on is None:
        return {"from_on": [_("Say on which day.")]}
    if wanted.from_on > today:
        return {"from_on": [_("This day has not come yet.")]}
    if wanted.until_on is None:
        return {"until_on": [_("Say until when: a danger without an end is believed no longer.")]}
    if wanted.until_on < wanted.from_on:
        return {"until_on": [_("The end comes before the beginning.")]}
    if wanted.until_on < today:
        return {"until_on": [_("This day is past.")]}
    if wanted.until_on - wanted.from_on > LONGEST_TIME:
        return {"until_on": [_("A danger is flagged for six months at most; then it is looked at again.")]}
    return {}


def _event(by: Membership, case: Case, code: EventCode, danger: StaffDanger) -> None:
    payload = {"danger": str(danger.pk), "kind": danger.kind}
    log_event(by=by, case=case, code=code, category=Category.SUMMARY, side=Side.CASE, payload=payload)


def _tell(by: Membership, case: Case, danger: StaffDanger) -> None:
    groups = [each.group_id for each in workers([case.pk])]
    members = [each for each in writers_of(Agency.objects.filter(group__in=groups)) if each.user_id != by.user_id]
    notify(
        recipients=participants([case]).among(case, members),
        kind=NoticeKind.DANGER_FLAGGED,
        path=reverse("plans:dangers", args=[case.pk]),
        dedupe_key=f"danger:{danger.pk}",
        case_id=case.pk,
    )
