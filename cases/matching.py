"""The blind index: under which keyed digests a person of a case is found again, without a name in it.

A digest holds the side and the kind of key: a victim is never found under what is known of a perpetrator. Digests are
written with the person and with each phone number, and read in the `matching` context alone. Who is told what of a
match is decided in `sharing.matching`.
"""

import hmac
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.db.models import Case as Choice
from django.db.models import IntegerField, QuerySet, Value, When

from common.acting import SystemContext, system_context

from .enums import OPPOSITE, ContactKind, Side, Stage
from .likeness import KeyKind, Known, Result, Thresholds, Verdict, blocking_keys, compare
from .models import Case, CasePerson, ContactPoint, MatchKey

SIDES = (Side.VICTIM, Side.PERPETRATOR)
"""Whose persons are looked for; witnesses and third parties are not."""

MOST_KEYS = 300
"""How many index rows one search reads, the telling kinds first: a name that half the district bears stays cheap."""

CHUNK = 500


@dataclass(frozen=True)
class Hit:
    """A person of the case looked at, and one of another case who may be the same."""

    own: CasePerson
    other: CasePerson
    result: Result


def enabled() -> bool:
    """Whether this deployment looks for the same persons in other agencies' cases."""
    return settings.MATCHING_ENABLED


def digest(side: str, kind: str, value: str) -> str:
    """The keyed digest of one key of one side: 128 bits in hexadecimal."""
    secret = settings.MATCHING_KEY or hmac.digest(settings.SECRET_KEY.encode(), b"cases.matching", sha256)
    key = secret.encode() if isinstance(secret, str) else secret
    return hmac.new(key, f"{side}|{kind}|{value}".encode(), sha256).hexdigest()[:32]


# --- writing --------------------------------------------------------------------------------------------------
def write_keys(case_person: CasePerson, *, phones: Iterable[str] = ()) -> None:
    """Write the digests of a person just added, or of a phone (E.164) just added to them: one query, or none."""
    MatchKey.objects.bulk_create(_rows(case_person, phones))


def write_phone_key(point: ContactPoint) -> None:
    """Write the digest of a phone just recorded."""
    if enabled() and point.kind == ContactKind.PHONE and point.side in SIDES:
        MatchKey.objects.bulk_create(
            [_row(point.case_id, point.case_person_id, point.side, KeyKind.PHONE, point.value)]
        )


def drop_phone_key(point: ContactPoint) -> None:
    """Forget the digest of a phone that has been replaced: it may be somebody else's now."""
    if enabled() and point.kind == ContactKind.PHONE and point.side in SIDES:
        with system_context(SystemContext.MATCHING):
            MatchKey.objects.filter(
                case=point.case_id,
                case_person=point.case_person_id,
                digest=digest(point.side, KeyKind.PHONE, point.value),
            ).delete()


def rewrite_keys(case_persons: Iterable[CasePerson]) -> int:
    """Write the digests of these persons again, after a change of name, birth date or phone; returns how many rows.

    Where matching is switched off, theirs are removed and none is written.
    """
    found = {each.pk: each for each in case_persons}
    with system_context(SystemContext.MATCHING):
        MatchKey.objects.filter(case_person__in=found).delete()
        phones: dict[UUID, set[str]] = {}
        points = ContactPoint.objects.filter(case_person__in=found, kind=ContactKind.PHONE, ended_at=None)
        for point in points if enabled() else ():
            phones.setdefault(point.case_person_id, set()).add(point.value)
        rows = [row for pk, each in found.items() for row in _rows(each, phones.get(pk, ()))]
        MatchKey.objects.bulk_create(rows, batch_size=2000)
    return len(rows)


def rebuild() -> int:
    """Write every digest again, in pieces; returns how many rows. After a new key, or once matching is switched on."""
    written, last = 0, None
    while True:
        with system_context(SystemContext.MATCHING):
            persons = CasePerson.objects.select_related("person").order_by("pk")
            chunk = list((persons.filter(pk__gt=last) if last else persons)[:CHUNK])
            if not chunk:
                return written
            written += rewrite_keys(chunk)
        last = chunk[-1].pk


def _rows(case_person: CasePerson, phones: Iterable[str]) -> list[MatchKey]:
    if not enabled() or case_person.side not in SIDES:
        return []
    return [
        _row(case_person.case_id, case_person.pk, case_person.side, kind, value)
        for kind, value in sorted(blocking_keys(known(case_person, phones)))
    ]


def _row(case_id: UUID, case_person_id: UUID, side: str, kind: str, value: str) -> MatchKey:
    return MatchKey(
        case_id=case_id, case_person_id=case_person_id, side=side, kind=kind, digest=digest(side, kind, value)
    )


def known(case_person: CasePerson, phones: Iterable[str] = ()) -> Known:
    """What is known of a person of a case, as the comparison takes it."""
    person = case_person.person
    return Known(person.given_name, person.family_name, person.birth_date, frozenset(phones))


# --- reading --------------------------------------------------------------------------------------------------
def hits(case: Case) -> list[Hit]:
    """Persons of other open cases who may be persons of this one, each pair once. Three queries, two where nobody is.

    Reads names of cases that the acting agency may not know: nothing of the answer may be shown as it is.
    """
    if not enabled():
        return []
    with system_context(SystemContext.MATCHING):
        own: dict[str, set[UUID]] = {}
        for found, person_id in MatchKey.objects.filter(case=case).values_list("digest", "case_person"):
            own.setdefault(found, set()).add(person_id)
        if not own:
            return []
        pairs: dict[tuple[UUID, UUID], set[str]] = {}
        for found, kind, person_id in _near(case, list(own)):
            for own_id in own[found]:
                pairs.setdefault((own_id, person_id), set()).update({found} if kind == KeyKind.PHONE else ())
        if not pairs:
            return []
        wanted = {pk for pair in pairs for pk in pair}
        people = CasePerson.objects.filter(pk__in=wanted).select_related("person", "case").in_bulk()
    compared = []
    for (own_id, other_id), phones in pairs.items():
        one, other = people[own_id], people[other_id]
        # the digest stands for the number: equal where the numbers are
        result = compare(known(one, phones), known(other, phones), thresholds=thresholds())
        if one.side == other.side and result.verdict != Verdict.DIFFERENT:
            compared.append(Hit(one, other, result))
    return compared


def near_among(
    persons: Collection[CasePerson],
    *,
    cases: QuerySet[Case],
    reads_phones: Callable[[CasePerson], bool],
    crossed: bool = False,
) -> list[tuple[UUID, UUID, frozenset[str]]]:
    """(one of `persons`, somebody of another case among `cases`, digests of the phones they share): who is worth
    comparing. Two queries, one where `crossed`. `cases` holds those the acting member sees: no other is looked at.

    `crossed` looks for the victim of one case among the presumed perpetrators of the others, and the other way round,
    by name and birth date. A phone counts where `reads_phones` says so.
    """
    wanted: dict[str, set[UUID]] = {}
    own = {each.pk: each for each in persons}
    if not enabled() or not own:
        return []
    with system_context(SystemContext.MATCHING):
        if crossed:
            for each in persons:
                for kind, value in blocking_keys(known(each)):
                    wanted.setdefault(digest(OPPOSITE[each.side], kind, value), set()).add(each.pk)
        else:
            rows = MatchKey.objects.filter(case_person__in=own).values_list("digest", "kind", "case_person")
            for found, kind, person_id in rows:
                if kind != KeyKind.PHONE or reads_phones(own[person_id]):
                    wanted.setdefault(found, set()).add(person_id)
        near = MatchKey.objects.filter(digest__in=wanted, case__in=cases).order_by(telling_first(), "-case")
        rows = list(near.values_list("digest", "kind", "case_person", "case")[: MOST_KEYS * len(own)])
    pairs: dict[tuple[UUID, UUID], set[str]] = {}
    for found, kind, person_id, case_id in rows:
        for own_id in wanted[found]:
            if own[own_id].case_id != case_id:
                pairs.setdefault((own_id, person_id), set()).update({found} if kind == KeyKind.PHONE else ())
    return [(own_id, other_id, frozenset(phones)) for (own_id, other_id), phones in pairs.items()]


def thresholds() -> Thresholds:
    """From which likeness names pass for one, as this deployment sets it."""
    return Thresholds(
        family=settings.MATCHING_FAMILY_LIKENESS,
        given=settings.MATCHING_GIVEN_LIKENESS,
        exact=settings.MATCHING_EXACT_LIKENESS,
    )


def telling_first() -> Choice:
    """Order of the kinds of keys: those that say most before names."""
    return Choice(
        When(kind=KeyKind.PHONE, then=Value(0)),
        When(kind=KeyKind.BIRTH, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )


def _near(case: Case, digests: list[str]) -> list[tuple[str, str, UUID]]:
    others = MatchKey.objects.filter(digest__in=digests).exclude(case=case).exclude(case__stage=Stage.CLOSED)
    return list(others.order_by(telling_first(), "-case").values_list("digest", "kind", "case_person")[:MOST_KEYS])
