"""What each person of a case needs, as each service finds it, alone or with others; and their migration background.

Insert-only: a new assessment of a service takes the place of its former one for that person, which stays readable.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from cases.access import CaseAccess, keep_own_work
from cases.enums import Category, EventCode
from cases.models import Case, CasePerson
from cases.services import log_event
from cases.who_sees import Reader, who_sees
from common.errors import Refused, RuleBroken, StaleVersion, text_problem
from common.locks import lock
from common.once import insert_once

from . import needs_perms as perms
from .models import (
    Domain,
    MigrationBackground,
    NeedLine,
    NeedsAssessment,
    NeedSource,
    NeedsPartner,
    NeedState,
    category_of,
)

LONGEST = 2000
LONGEST_WHY = 1000
MOST_PAST = 50
BACKGROUND = ("migrated", "other_nationality", "parent_migrated")


@dataclass(frozen=True)
class Need:
    """One need as it was typed: codes, and words where there are any."""

    state: str = NeedState.NOT_ASKED
    words: str = ""
    source: str = ""


# --- reading --------------------------------------------------------------------------------------------------
def _sides(access: CaseAccess) -> Q:
    return Q(side__in=[side for side in perms.ASSESSED if perms.reads_side(access, side)])


def lines_of(access: CaseAccess) -> QuerySet[NeedLine]:
    """The needs of a case that this access reads: the same rule as `needs_perms.shows_need`, as a filter."""
    return NeedLine.objects.filter(access.readable(), _sides(access), case=access.case_id)


def assessments_of(access: CaseAccess) -> QuerySet[NeedsAssessment]:
    """The assessments of which some need is read here, or that one's own service wrote, the latest first.

    Each with `shown`, the needs that are read, and `with_partners`, who took part as far as they may be known.
    """
    readable = lines_of(access)
    some = Exists(readable.filter(assessment=OuterRef("pk")))
    rows = NeedsAssessment.objects.filter(_sides(access), case=access.case_id)
    rows = rows.filter(Q(agency=access.agency_id) | some)
    known = Q(partner=access.agency_id) | Q(agency=access.agency_id) | access.network()
    partners = NeedsPartner.objects.filter(known).select_related("partner").order_by("partner__short_name")
    return rows.select_related("agency", "author").prefetch_related(
        Prefetch("lines", readable, "shown"), Prefetch("partners", partners, "with_partners")
    )


def holding(access: CaseAccess) -> QuerySet[NeedsAssessment]:
    """Those that hold: nothing has taken their place."""
    return assessments_of(access).filter(superseded_by=None)


def own_of(access: CaseAccess, case_person: CasePerson) -> NeedsAssessment | None:
    """What the acting service holds of a person now, or None."""
    return holding(access).filter(case_person=case_person, agency=access.agency_id).first()


def who_may_be_assessed(access: CaseAccess, persons: Iterable[CasePerson]) -> list[CasePerson]:
    """Of these persons, those whose needs the acting member may write."""
    return [each for each in persons if perms.may_write_needs(access, each)]


def who_took_part(case: Case, access: CaseAccess, side: str) -> list[Agency]:
    """With whom the needs of a person of this side may have been assessed: services of the case the acting one may
    know, not those that work with the other side.
    """
    return [reader.agency for reader in _partners(case, access, side)]


def _partners(case: Case, access: CaseAccess, side: str) -> list[Reader]:
    return [
        reader
        for reader in who_sees(case, access).readers
        if reader.access.agency_id != access.agency_id and _assesses(reader.access, side)
    ]


def _assesses(access: CaseAccess, side: str) -> bool:
    return perms.meets_him(access) and perms.reads_side(access, side)


# --- writing --------------------------------------------------------------------------------------------------
def write(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    case_person: CasePerson,
    needs: Mapping[str, Need],
    partners: Sequence[UUID] = (),
    replaces: UUID | None = None,
    request_key: UUID,
) -> NeedsAssessment:
    """The needs of a person as the acting service finds them, in the place of what it held: `replaces`, as it was read.

    The same `request_key` gives the first one. Raises Refused, RuleBroken by field ("<domain>-state", "<domain>-words",
    "<domain>-source", "partners"), StaleVersion when a colleague has written meanwhile.
    """
    if not perms.may_write_needs(access, case_person) or case_person.case_id != case.pk:
        raise Refused(_("Your agency does not write the needs of this person."))
    mine = NeedsAssessment.objects.filter(request_key=request_key, case=case, author=by.user)
    if (already := mine.first()) is not None:
        return already
    asked = {domain: needs[domain] for domain in Domain if domain in needs and _is_asked(needs[domain])}
    chosen = {reader.agency.pk: reader for reader in _partners(case, access, case_person.side)}
    _raise(_problems(needs, asked) | _partner_problems(partners, chosen))
    with transaction.atomic():
        lock(f"needs {case_person.pk} {by.agency_id}")
        held = own_of(access, case_person)
        if (held.pk if held else None) != replaces:
            raise _stale(held, needs)
        _raise(_forgotten(held, asked))
        written = NeedsAssessment(
            case=case,
            case_person=case_person,
            side=case_person.side,
            supersedes=held,
            request_key=request_key,
            agency=by.agency,
            author=by.user,
        )
        written, new = insert_once(written, mine=mine)
        if not new:
            return written
        keep_own_work(case=case, agency=by.agency)
        NeedLine.objects.bulk_create([_line(written, domain, need) for domain, need in asked.items()])
        NeedsPartner.objects.bulk_create(
            NeedsPartner(
                assessment=written,
                case=case,
                partner=chosen[agency_id].agency,
                side=chosen[agency_id].access.side,
                agency=by.agency,
            )
            for agency_id in dict.fromkeys(partners)
        )
        log_event(
            by=by,
            case=case,
            code=EventCode.NEEDS_ASSESSED,
            category=Category.PSYCHOSOCIAL,
            side=case_person.side,
            payload={"needs": str(written.pk), "about": case_person.side},
        )
    return written


def _line(assessment: NeedsAssessment, domain: str, need: Need) -> NeedLine:
    return NeedLine(
        assessment=assessment,
        case=assessment.case,
        domain=domain,
        state=need.state,
        words=need.words.strip(),
        source=need.source,
        category=category_of(domain),
        side=assessment.side,
        agency=assessment.agency,
    )


def _is_asked(need: Need) -> bool:
    return need.state != NeedState.NOT_ASKED


def _problems(needs: Mapping[str, Need], asked: Mapping[str, Need]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for domain in Domain:
        need = needs.get(domain, Need())
        if need.state not in NeedState.values:
            errors[f"{domain}-state"] = [_("Choose one of the answers.")]
        elif _is_asked(need) and need.source not in NeedSource.values:
            errors[f"{domain}-source"] = [_("Say where this comes from.")]
        elif not _is_asked(need) and need.words.strip():
            errors[f"{domain}-state"] = [_("You wrote something here: say whether there is a need.")]
        if problem := text_problem(need.words, most=LONGEST):
            errors[f"{domain}-words"] = [problem]
    if not asked and not errors:
        errors[""] = [_("Nothing was asked yet: choose an answer for one need at least.")]
    return errors


def _forgotten(held: NeedsAssessment | None, asked: Mapping[str, Need]) -> dict[str, list[str]]:
    """What was asked once is answered again: who reads the former answer then also reads that it no longer holds."""
    before = [line.domain for line in held.shown] if held else []
    message = _("This was asked before: keep the answer or change it.")
    return {f"{domain}-state": [message] for domain in before if domain not in asked}


def _partner_problems(partners: Sequence[UUID], chosen: Mapping[UUID, Any]) -> dict[str, list[str]]:
    if all(each in chosen for each in partners):
        return {}
    return {"partners": [_("Choose among the services of the list.")]}


def _raise(errors: dict[str, list[str]]) -> None:
    if errors:
        raise RuleBroken(errors)


def _stale(held: NeedsAssessment | None, needs: Mapping[str, Need]) -> StaleVersion:
    theirs = {line.domain: line for line in held.shown} if held else {}
    conflicts = []
    for domain in Domain:
        mine, line = needs.get(domain, Need()), theirs.get(domain)
        other = Need(line.state, line.words, line.source) if line else Need()
        if (mine.state, mine.words.strip()) != (other.state, other.words):
            conflicts.append({"field": domain, "theirs": other, "yours": mine})
    who = held.author.full_name if held else ""
    return StaleVersion(_("%(who)s has written the needs of this person meanwhile.") % {"who": who}, conflicts)


# --- migration background -------------------------------------------------------------------------------------
def backgrounds_of(access: CaseAccess) -> QuerySet[MigrationBackground]:
    """What is written of the way here of the persons of a case, as far as it is read; the latest first."""
    sides = [side for side in perms.ASSESSED if perms.reads_background(access, side)]
    open_to = Q(side__in=sides) | Q(agency=access.agency_id)
    rows = MigrationBackground.objects.filter(open_to, _sides(access), case=access.case_id)
    return rows.select_related("agency", "author")


def own_background(access: CaseAccess, case_person: CasePerson) -> MigrationBackground | None:
    """What the acting service holds of a person's way here now, the withdrawal included; None where nothing is."""
    return backgrounds_of(access).filter(case_person=case_person, agency=access.agency_id, superseded_by=None).first()


def write_background(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    case_person: CasePerson,
    why: str,
    migrated: bool = False,
    other_nationality: bool = False,
    parent_migrated: bool = False,
    withdrawn: bool = False,
    replaces: UUID | None = None,
    request_key: UUID,
) -> MigrationBackground:
    """What of somebody's way here helps them, and why; `withdrawn` takes back what the service held, `why` says why.

    Raises Refused, Http404 where there is nothing to withdraw, RuleBroken by field, StaleVersion when a colleague has
    written meanwhile.
    """
    if not perms.may_write_background(access, case_person) or case_person.case_id != case.pk:
        raise Refused(_("Your agency does not write this of this person."))
    mine = MigrationBackground.objects.filter(request_key=request_key, case=case, author=by.user)
    if (already := mine.first()) is not None:
        return already
    errors: dict[str, list[str]] = {}
    if problem := text_problem(why, most=LONGEST_WHY, missing=_("Say why this is useful to the person.")):
        errors["why"] = [problem]
    if not withdrawn and not (migrated or other_nationality or parent_migrated):
        errors["migrated"] = [_("Say which of the three it is.")]
    _raise(errors)
    with transaction.atomic():
        lock(f"background {case_person.pk} {by.agency_id}")
        held = own_background(access, case_person)
        if (held.pk if held else None) != replaces:
            raise StaleVersion(_("A colleague has written something else about this person meanwhile."))
        if withdrawn and (held is None or held.withdrawn):
            raise Http404
        row = MigrationBackground(
            case=case,
            case_person=case_person,
            side=case_person.side,
            migrated=migrated and not withdrawn,
            other_nationality=other_nationality and not withdrawn,
            parent_migrated=parent_migrated and not withdrawn,
            withdrawn=withdrawn,
            why=why.strip(),
            supersedes=held,
            request_key=request_key,
            agency=by.agency,
            author=by.user,
        )
        row, new = insert_once(row, mine=mine)
        if new:
            keep_own_work(case=case, agency=by.agency)
    return row
