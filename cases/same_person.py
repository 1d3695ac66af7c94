"""One person in several records: what looks alike among the cases a member sees, and what was decided of two records.

Nothing is moved or rewritten: a decision is a row, its end another one. What a member does not see is never looked at.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.models import Agency, Membership
from audit.models import Action
from audit.services import record
from common.errors import Refused, RuleBroken
from common.locks import lock

from . import matching, same_reasons
from .access import CaseAccess, grants_of
from .enums import Category, ContactKind, EventCode, SameVerdict, Side
from .likeness import Verdict, compare
from .models import Case, CasePerson, ContactPoint, SamePerson, SamePersonEnd
from .perms import may_compare, may_know_same, may_say_same, may_show_as_one, may_undo_same, shows_person
from .services import check, log_event

NOT_YOURS = gettext_lazy("Only a service that works with these persons says whether they are one.")

MOST_CASES = 50
MOST_PERSONS = 200
"""How many cases, and persons in them, are compared at a time with the others that are seen."""
MOST_IN_A_CASE = 40
MOST_SUSPECTED = 30
MOST_DECISIONS = 200


@dataclass(frozen=True)
class Pair:
    """A person of one of the cases looked at and one of another case, who may be the same."""

    own: CasePerson
    other: CasePerson
    verdict: Verdict
    reasons: tuple[str, ...]

    @property
    def records(self) -> frozenset[UUID]:
        """The two records, in no order."""
        return frozenset((self.own.pk, self.other.pk))


@dataclass(frozen=True)
class Looked:
    """What was found alike, with the accesses it was asked of."""

    pairs: list[Pair]
    accesses: Mapping[UUID, CaseAccess]


def look(*, by: Membership, case_ids: Iterable[UUID], crossed: bool = False) -> Looked:
    """Persons of these cases who may be persons of other cases that `by` sees, where the identity of both is open.

    `crossed` compares the victim of one with the presumed perpetrator of the other instead. Pairs judged different are
    left out. Six queries at most, whatever there is; bounded.
    """
    wanted = list(case_ids)[:MOST_CASES]
    persons = CasePerson.objects.filter(case__in=wanted, side__in=matching.SIDES).select_related("person", "case")
    persons = list(persons.order_by("created_at", "pk")[:MOST_PERSONS])
    accesses = grants_of(wanted, by) if persons else {}
    found = matching.near_among(
        persons,
        cases=Case.objects.visible_to(by).values("pk"),
        reads_phones=lambda person: _reads_phones(accesses, person),
        crossed=crossed,
    )
    if not found:
        return Looked([], accesses)
    others = CasePerson.objects.filter(pk__in={other for _own, other, _phones in found}).select_related(
        "person", "case"
    )
    people = {person.pk: person for person in (*persons, *others)}
    accesses = grants_of(list({person.case_id for person in people.values()}), by)
    pairs = []
    for own_id, other_id, shared in found:
        own, other = people[own_id], people.get(other_id)
        if other is None or not _comparable(by, accesses, own, other):
            continue
        phones = shared if _reads_phones(accesses, other) else frozenset()
        one, two = matching.known(own, phones), matching.known(other, phones)
        result = compare(one, two, thresholds=matching.thresholds())
        if result.verdict != Verdict.DIFFERENT:
            pairs.append(Pair(own, other, result.verdict, same_reasons.reasons(one, two)))
    apart = set(decided(pairs, SameVerdict.DIFFERENT)) if pairs else set()
    return Looked([pair for pair in pairs if pair.records not in apart], accesses)


def decided(pairs: Iterable[Pair], *verdicts: str) -> dict[frozenset[UUID], SamePerson]:
    """Decisions with these verdicts that hold, by the two records they are about, of those the member reads."""
    ids = {person.pk for pair in pairs for person in (pair.own, pair.other)}
    rows = SamePerson.objects.filter(Q(first__in=ids) | Q(second__in=ids), end=None, verdict__in=verdicts)
    return {frozenset((row.first_id, row.second_id)): row for row in rows}


# --- what a page of people shows --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Also:
    """The same person in another record; `merged` where the service that wrote both has them shown as one."""

    record: CasePerson
    decision: SamePerson
    may_undo: bool

    @property
    def reference(self) -> str:
        """Of the case this record stands in."""
        first = self.decision.first_id == self.record.pk
        return (self.decision.first_case if first else self.decision.second_case).reference

    @property
    def merged(self) -> bool:
        return self.decision.verdict == SameVerdict.MERGED


@dataclass(frozen=True)
class Suspected:
    """Two records that may be one person, and what the member may say of them."""

    pair: Pair
    across: bool
    may_say: bool
    may_merge: bool


@dataclass(frozen=True)
class Seen:
    """What a member may know of one person in several records, of the persons of one case.

    `under` gives the records shown under another one of the case, by that one; `also` what is said of a person
    elsewhere, or in a second record of the case; `apart` the decisions that two records are two persons.
    """

    under: Mapping[UUID, list[tuple[CasePerson, SamePerson, bool]]]
    also: Mapping[UUID, list[Also]]
    suspected: list[Suspected]
    apart: list[tuple[SamePerson, bool]]

    @property
    def hidden(self) -> frozenset[UUID]:
        """Records that have no card of their own."""
        return frozenset(record.pk for found in self.under.values() for record, _decision, _may_undo in found)


def people_of(access: CaseAccess) -> tuple[list[CasePerson], QuerySet[ContactPoint]]:
    """The records of persons of a case that this access shows, the earliest first, and the ways to reach them that it
    shows, unasked yet. One query.
    """
    rows = CasePerson.objects.filter(case=access.case_id).select_related("person").order_by("created_at", "pk")
    open_sides = [side for side in Side if access.can(Category.CONTACT, side)]
    points = ContactPoint.objects.filter(case=access.case_id, side__in=open_sides, ended_at=None)
    return [person for person in rows if shows_person(access, person)], points


def phones_of(points: Iterable[ContactPoint]) -> dict[UUID, frozenset[str]]:
    """The numbers of each record among these ways to reach people."""
    found: dict[UUID, set[str]] = {}
    for point in points:
        if point.kind == ContactKind.PHONE:
            found.setdefault(point.case_person_id, set()).add(point.value)
    return {record: frozenset(numbers) for record, numbers in found.items()}


def other_victims(seen: Seen, case: Case) -> list[Case]:
    """Other cases in which a suspect of this one is known, for who may know it (`seen` says so)."""
    found = {
        also.record.case_id: also.decision
        for each in seen.also.values()
        for also in each
        if also.record.side == Side.PERPETRATOR and also.record.case_id != case.pk
    }
    cases = {row.first_case_id: row.first_case for row in found.values()}
    cases |= {row.second_case_id: row.second_case for row in found.values()}
    return sorted((cases[pk] for pk in found), key=lambda other: other.reference)


def said_of(seen: Seen) -> list[tuple[SamePerson, bool]]:
    """(decision that two records are one person, whether the member may undo it), each once, the latest first."""
    found = {also.decision.pk: (also.decision, also.may_undo) for each in seen.also.values() for also in each}
    found |= {row.pk: (row, may_undo) for each in seen.under.values() for _record, row, may_undo in each}
    return sorted(found.values(), key=lambda pair: pair[0].decided_at, reverse=True)


def record_reading(seen: Seen, case: Case) -> None:
    """Who the persons of other cases are was shown: it stands on the trail of each."""
    shown: dict[UUID, set[str]] = {}
    records = [also.record for each in seen.also.values() for also in each]
    records += [suspected.pair.other for suspected in seen.suspected]
    for person in records:
        if person.case_id != case.pk:
            shown.setdefault(person.case_id, set()).add(f"{Category.IDENTITY}:{person.side}")
    for case_id, fields in sorted(shown.items()):
        record(
            action=Action.READ,
            case_id=case_id,
            object_kind="cases.same_person",
            object_id=case_id,
            fields=tuple(sorted(fields)),
        )


def seen(
    *, by: Membership, access: CaseAccess, persons: Sequence[CasePerson], phones: Mapping[UUID, frozenset[str]]
) -> Seen:
    """What `by` may know of the persons shown of a case: `phones` holds those it reads, by record.

    Eleven queries at most, whatever there is.
    """
    shown = {person.pk: person for person in persons}
    rows = SamePerson.objects.filter(Q(first_case=access.case_id) | Q(second_case=access.case_id), end=None)
    rows = list(
        rows.select_related("first__person", "second__person", "first_case", "second_case", "agency").order_by(
            "decided_at", "pk"
        )[:MOST_DECISIONS]
    )
    looked = look(by=by, case_ids=[access.case_id])
    away = {case_id for row in rows for case_id in (row.first_case_id, row.second_case_id)} - {access.case_id}
    missing = list(away - set(looked.accesses))
    accesses = {**looked.accesses, **(grants_of(missing, by) if missing else {}), access.case_id: access}
    parents: dict[UUID, tuple[UUID, SamePerson, bool]] = {}
    also: dict[UUID, list[Also]] = {}
    apart = []
    said: set[frozenset[UUID]] = set()
    for row in rows:
        one, two = accesses.get(row.first_case_id), accesses.get(row.second_case_id)
        if not may_know_same(by, one, two, row.side):
            continue
        row.said_by = _service(row.agency, one, two)
        said.add(frozenset((row.first_id, row.second_id)))
        within = row.first_case_id == row.second_case_id
        may_undo = may_undo_same(by, row, may_say=may_say_same(by, one, two, row.side))
        if row.verdict == SameVerdict.DIFFERENT:
            apart.append((row, may_undo))
        elif row.verdict == SameVerdict.MERGED and within and {row.first_id, row.second_id} <= set(shown):
            parents[row.second_id] = (row.first_id, row, may_undo)
        else:
            for own, other in ((row.first, row.second), (row.second, row.first)):
                if own.pk in shown:
                    also.setdefault(own.pk, []).append(Also(other, row, may_undo))
    under: dict[UUID, list[tuple[CasePerson, SamePerson, bool]]] = {}
    up = {record: parent for record, (parent, _row, _may_undo) in parents.items()}
    for pk, (_parent, row, may_undo) in parents.items():
        under.setdefault(_root(up, pk), []).append((shown[pk], row, may_undo))
    hidden = set(parents)
    pairs = [pair for pair in _within(persons, phones) if not {pair.own.pk, pair.other.pk} & hidden]
    pairs += [pair for pair in looked.pairs if pair.own.pk in shown and pair.own.pk not in hidden]
    suspected = []
    for pair in pairs:
        one, two = accesses[pair.own.case_id], accesses.get(pair.other.case_id)
        if pair.records in said or not may_know_same(by, one, two, pair.own.side):
            continue
        may_say = may_say_same(by, one, two, pair.own.side)
        suspected.append(
            Suspected(
                pair,
                across=pair.own.case_id != pair.other.case_id,
                may_say=may_say,
                may_merge=may_say and may_show_as_one(by, pair.own, pair.other),
            )
        )
    return Seen(under, also, suspected[:MOST_SUSPECTED], apart)


def _within(persons: Sequence[CasePerson], phones: Mapping[UUID, frozenset[str]]) -> Iterator[Pair]:
    """Records of one side of the case that may be one person, the earlier one first."""
    persons = sorted(persons, key=lambda person: (person.created_at, person.pk))[:MOST_IN_A_CASE]
    known = {person.pk: matching.known(person, phones.get(person.pk, ())) for person in persons}
    thresholds = matching.thresholds()
    for one, other in combinations(persons, 2):
        if one.side == other.side:
            result = compare(known[one.pk], known[other.pk], thresholds=thresholds)
            if result.verdict != Verdict.DIFFERENT:
                yield Pair(one, other, result.verdict, same_reasons.reasons(known[one.pk], known[other.pk]))


def _root(parents: Mapping[UUID, UUID], record: UUID) -> UUID:
    """The record that is shown for this one."""
    while record in parents:
        record = parents[record]
    return record


def shown_under(case_id: UUID) -> dict[UUID, UUID]:
    """{record: the record it is shown under} of a case: who is written down twice counts once. One query."""
    rows = SamePerson.objects.filter(first_case=case_id, second_case=case_id, verdict=SameVerdict.MERGED, end=None)
    parents = dict(rows.values_list("second", "first"))
    return {record: _root(parents, record) for record in parents}


# --- deciding ---------------------------------------------------------------------------------------------------
def decide(*, by: Membership, first_id: UUID, second_id: UUID, verdict: str) -> SamePerson:
    """Say of two records that they are one person, shown as one or not, or two. Saying it again gives the first.

    Of two records shown as one, the earlier is the one that is kept in sight. Raises Http404 for a record that `by` may
    not compare, Refused for who may not say it, RuleBroken where it cannot be, or somebody has said otherwise since.
    """
    if verdict not in SameVerdict.values:
        raise RuleBroken({"verdict": [_("Choose one of the answers.")]})
    if first_id == second_id:
        raise RuleBroken({"second": [_("Choose two different records.")]})
    found = CasePerson.objects.filter(pk__in=(first_id, second_id)).select_related("person", "case")
    records = sorted(found, key=lambda record: (record.created_at, record.pk))
    if len(records) != 2:
        raise Http404
    first, second = records
    accesses = grants_of([first.case_id, second.case_id], by)
    one, two = accesses.get(first.case_id), accesses.get(second.case_id)
    sides = {first.side, second.side}
    side = Side.PERPETRATOR if Side.PERPETRATOR in sides else first.side
    if not one or not two or not all(may_know_same(by, one, two, each) for each in sides):
        raise Http404
    if not all(may_say_same(by, one, two, each) for each in sides):
        raise Refused(NOT_YOURS)
    if len(sides) > 1 and verdict != SameVerdict.DIFFERENT:
        raise RuleBroken({"second": [_other_side(first, second)]})
    if verdict == SameVerdict.MERGED and not may_show_as_one(by, first, second):
        raise RuleBroken(
            {
                "verdict": [
                    _(
                        "Only records that your own service wrote are shown as one. Say that it is the same person:"
                        " both records stay, linked."
                    )
                ]
            }
        )
    for case_id in sorted({first.case_id, second.case_id}):
        lock(f"same person {case_id}")
    rows = SamePerson.objects.filter(
        Q(first=first, second=second) | Q(first=second, second=first), end=None
    ).select_related("agency")
    if (already := rows.first()) is not None:
        if already.verdict == verdict:
            return already
        raise RuleBroken(
            {
                "verdict": [
                    _("%(agency)s has already said of these two records: %(verdict)s. Undo that first.")
                    % {"agency": capfirst(_service(already.agency, one, two)), "verdict": already.get_verdict_display()}
                ]
            }
        )
    if first.case_id == second.case_id:
        first, second = _kept(first, second, verdict)
    decision = SamePerson.objects.create(
        first=first,
        second=second,
        first_case=first.case,
        second_case=second.case,
        side=side,
        verdict=verdict,
        reasons=list(same_reasons.reasons(matching.known(first), matching.known(second))),
        agency=by.agency,
        decided_by=by.user,
    )
    _recorded(by, decision, EventCode.PERSONS_MERGED)
    return decision


def _other_side(first: CasePerson, second: CasePerson) -> str:
    if first.case_id == second.case_id:
        return _("The victim and the presumed perpetrator of a case are never one and the same person.")
    return _("These two are on different sides: link the two cases as opposing reports instead.")


def _kept(first: CasePerson, second: CasePerson, verdict: str) -> tuple[CasePerson, CasePerson]:
    """The records to put together: those that already stand for these two, the earlier first."""
    up = shown_under(first.case_id)
    roots = [up.get(record.pk, record.pk) for record in (first, second)]
    if roots[0] == roots[1]:
        raise RuleBroken({"second": [_("These two records are already shown as one.")]})
    if verdict != SameVerdict.MERGED:
        return first, second
    found = {record.pk: record for record in (first, second)}
    missing = [pk for pk in roots if pk not in found]
    found |= CasePerson.objects.filter(pk__in=missing).select_related("person", "case").in_bulk() if missing else {}
    kept, other = sorted((found[pk] for pk in roots), key=lambda record: (record.created_at, record.pk))
    return kept, other


def get(*, by: Membership, decision_id: UUID) -> tuple[SamePerson, bool]:
    """A decision on two records, ended or not, and whether `by` may undo it. Raises Http404 where not known."""
    related = ("first__person", "second__person", "first_case", "second_case", "agency", "end__agency")
    decision = SamePerson.objects.select_related(*related).filter(pk=decision_id).first()
    if decision is None:
        raise Http404
    accesses = grants_of([decision.first_case_id, decision.second_case_id], by)
    one, two = accesses.get(decision.first_case_id), accesses.get(decision.second_case_id)
    if not may_know_same(by, one, two, decision.side):
        raise Http404
    decision.said_by = _service(decision.agency, one, two)
    if (end := getattr(decision, "end", None)) is not None:
        end.said_by = _service(end.agency, one, two)
    return decision, may_undo_same(by, decision, may_say=may_say_same(by, one, two, decision.side))


def undo(*, by: Membership, decision_id: UUID, reason: str) -> SamePersonEnd:
    """Undo what was decided of two records; both are as they were, since nothing was moved.

    Raises Http404, Refused for who may not, RuleBroken without a reason or when it has been undone meanwhile.
    """
    decision, may = get(by=by, decision_id=decision_id)
    if not may:
        raise Refused(NOT_YOURS)
    for case_id in sorted({decision.first_case_id, decision.second_case_id}):
        lock(f"same person {case_id}")
    if SamePersonEnd.objects.filter(decision=decision).exists():
        found, _may = get(by=by, decision_id=decision_id)
        raise RuleBroken(_("%(agency)s has undone this meanwhile.") % {"agency": capfirst(found.end.said_by)})
    end = SamePersonEnd(decision=decision, reason=reason.strip(), agency=by.agency, ended_by=by.user)
    check(end)
    end.save(force_insert=True)
    _recorded(by, decision, EventCode.PERSONS_PARTED, end=end)
    return end


def _recorded(by: Membership, decision: SamePerson, code: EventCode, *, end: SamePersonEnd | None = None) -> None:
    """On the trail of the case where there is one case; of two, on neither. A merge in one case is told there."""
    within = decision.first_case_id == decision.second_case_id
    record(
        action=Action.DECIDED,
        case_id=decision.first_case_id if within else None,
        object_kind="cases.SamePersonEnd" if end else "cases.SamePerson",
        object_id=end.pk if end else decision.pk,
        fields=[decision.first_id, decision.second_id, decision.verdict],
    )
    if within and decision.verdict == SameVerdict.MERGED:
        log_event(
            by=by,
            case=decision.first_case,
            code=code,
            category=Category.IDENTITY,
            side=decision.side,
            payload={"decision": str(decision.pk)},
        )


def told_apart_by(*, by: Membership, one: UUID, other: UUID) -> str:
    """The service that says of people of two cases that they are others, as far as the member reads it and may know
    it; "" where none does.
    """
    rows = SamePerson.objects.filter(
        Q(first_case=one, second_case=other) | Q(first_case=other, second_case=one),
        verdict=SameVerdict.DIFFERENT,
        end=None,
    )
    accesses = grants_of([one, other], by)
    row = rows.select_related("agency").first()
    return _service(row.agency, *accesses.values()) if row else ""


def _service(agency: Agency, *accesses: CaseAccess) -> str:
    """Which service said it, in words: one that may not be known in a case is not told beside a person of it."""
    known = all(access.knows_service(agency.pk) for access in accesses)
    return agency.short_name if known else _("another service")


def _reads_phones(accesses: Mapping[UUID, CaseAccess], person: CasePerson) -> bool:
    access = accesses.get(person.case_id)
    return access is not None and access.can(Category.CONTACT, person.side)


def _comparable(by: Membership, accesses: Mapping[UUID, CaseAccess], own: CasePerson, other: CasePerson) -> bool:
    one, two = accesses.get(own.case_id), accesses.get(other.case_id)
    if own.side == other.side:
        return may_compare(one, two, own.side)
    return all(may_compare(one, two, side) for side in (Side.VICTIM, Side.PERPETRATOR))
