"""The sum of what live decisions open. Pure: the writer, the preview and the tests ask the same function."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from agencies.enums import INVESTIGATORS, JUDICIAL_KINDS, AgencyKind, AgencySide
from cases.enums import (
    CONTRIBUTE,
    COORDINATE,
    OPPOSITE,
    REFUSED_TO_PERPETRATOR_SIDE,
    VIEW_CASE,
    VIEW_OWN_WORK,
    Category,
    ParticipationSide,
    Side,
    codename,
)

BOTH_SIDES = frozenset({AgencyKind.POLICE, AgencyKind.PROSECUTOR, AgencyKind.COURT})
"""They work with both by law: a person sent to them never puts them on a side."""

JUDICIAL_ORIGIN = frozenset({Category.LEVEL, Category.FACTS, Category.RISK, Category.JUDICIAL})
"""Written by police or justice: closed outside them until a prosecutor authorises it, whoever consents."""

EMERGENCY = frozenset(
    {"level:case", "identity:victim", "identity:perpetrator", "contact:victim"},
)
"""All that an emergency access may open: the level, who they are, how to reach her safely."""


CONTACTS = frozenset(f"{Category.CONTACT}:{side}" for side in Side)

HER_CHILD = f"{Category.CHILDREN}:{Side.VICTIM}"
LEADS_TO = CONTACTS | {HER_CHILD}
"""What leads to somebody: how to reach them, and with whom a child is on which day."""


@dataclass(frozen=True)
class Opening:
    """What one decision opens: "category:side" pairs, whether the recipient adds to the case, and until when."""

    grants: tuple[str, ...]
    contributes: bool = False
    ends_at: datetime | None = None
    takes_part: bool = True
    """Whether it makes a participant, who knows which services take part; an emergency access does not, nor do the
    names that go with a request to the coordination."""
    coordinates: bool = False
    """Whether it makes the coordination of the case."""

    @property
    def tells_network(self) -> bool:
        """Whether taking part tells which services do, as usual: unless his side's alone are named among `grants`."""
        hers, his = (f"{Category.NETWORK}:{side}" in self.grants for side in (Side.VICTIM, Side.PERPETRATOR))
        return self.takes_part and (hers or not his)


def total(
    openings: Iterable[Opening], *, side: str, keeps_own_work: bool = False, closed: Iterable[str] = ()
) -> dict[str, datetime | None]:
    """{permission: end or None} of an agency on `side`. A permission ends with the latest of what opens it.

    The hard refusals, and the "category:side" pairs that opposing reports keep `closed`, are taken out last, whatever
    was decided.
    """
    sums: dict[str, datetime | None] = {}
    for opening in openings:
        names = {VIEW_CASE, *(permission_of(item) for item in opening.grants)}
        if opening.tells_network:
            names.update(network_of(side))
        if opening.contributes:
            names.add(CONTRIBUTE)
        if opening.coordinates:
            names.add(COORDINATE)
        for name in names:
            if name in sums and (sums[name] is None or opening.ends_at is None):
                sums[name] = None
            else:
                sums[name] = max(filter(None, (sums.get(name), opening.ends_at)), default=None)
    if keeps_own_work:
        sums[VIEW_CASE] = sums[VIEW_OWN_WORK] = None
    refused = refused_to(side) | {permission_of(item) for item in closed}
    return {name: end for name, end in sums.items() if name not in refused}


def closed_by_opposing(*, kind: str, here: str, there: str) -> frozenset[str]:
    """The pairs that opposing reports close to an agency of this kind in a case.

    The victim of each case is the presumed perpetrator of the other; `here` and `there` are the agency's sides in the
    two, "" where it takes no part.

    Each agency keeps at most how to reach the one person it works with. Witnesses and relatives lead to either: closed.
    Where her child is leads to her, and is kept or closed with how to reach her.

    | its side here | its side there | works with, as named here | keeps here |
    |---|---|---|---|
    | victim, neutral | none | the victim | contact:victim |
    | perpetrator | none | the presumed perpetrator | contact:perpetrator |
    | any | victim | the presumed perpetrator (her victim there) | contact:perpetrator |
    | any | perpetrator | the victim (their suspect there) | contact:victim |
    | victim | victim | both | nothing |
    | perpetrator | perpetrator | both | nothing |
    | neutral | neutral | both | nothing |

    Who is neutral in one of the cases and on a side in the other is on that side in both. Police and prosecutors keep
    all: they protect both.
    """
    if kind in INVESTIGATORS:
        return frozenset()
    works_with = {_TIES[here]} if here in _TIES else set()
    works_with |= {OPPOSITE[_TIES[there]]} if there in _TIES else set()
    if not works_with:  # with both or neither: the victim of each case it takes part in
        works_with = {Side.VICTIM} if here else set()
        works_with |= {Side.PERPETRATOR} if there else set()
    kept = {f"{Category.CONTACT}:{side}" for side in works_with} if len(works_with) == 1 else set()
    if f"{Category.CONTACT}:{Side.VICTIM}" in kept:
        kept.add(HER_CHILD)
    return LEADS_TO - kept


_TIES = {ParticipationSide.VICTIM: Side.VICTIM, ParticipationSide.PERPETRATOR: Side.PERPETRATOR}


def permission_of(item: str) -> str:
    """The permission a "category:side" pair stands for."""
    category, _separator, about = item.partition(":")
    return codename(category, about)


def network_of(side: str) -> tuple[str, ...]:
    """Whose services a participant may know of: the perpetrator's side never learns which service follows her."""
    his = codename(Category.NETWORK, Side.PERPETRATOR)
    return (his,) if side == ParticipationSide.PERPETRATOR else (codename(Category.NETWORK, Side.VICTIM), his)


def refused_to(side: str) -> frozenset[str]:
    """Permissions an agency on this side never holds."""
    return REFUSED_TO_PERPETRATOR_SIDE if side == ParticipationSide.PERPETRATOR else frozenset()


def grants_for_side(grants: Iterable[str], subject_side: str) -> list[str]:
    """Defaults written for "subject" become those of the side the person is on; "category:side" otherwise as is."""
    return sorted({item.replace(":subject", f":{subject_side}") for item in grants})


def of_own_record(grants: Iterable[str], *, side: str) -> list[str]:
    """Of the defaults for a situation, what opens to the service on `side` that recorded it itself: nothing refused to
    that side and, on his, only what is about him.
    """
    return [
        item
        for item in grants
        if permission_of(item) not in refused_to(side)
        and (side != ParticipationSide.PERPETRATOR or item.endswith(f":{Side.PERPETRATOR}"))
    ]


def usual_side(*, kind: str, side: str) -> str:
    """What an agency's usual side proposes for a case."""
    if kind in BOTH_SIDES:
        return ParticipationSide.NEUTRAL
    return {
        AgencySide.VICTIM: ParticipationSide.VICTIM,
        AgencySide.PERPETRATOR: ParticipationSide.PERPETRATOR,
    }.get(side, ParticipationSide.NEUTRAL)


def side_about(*, kind: str, side: str, subject_side: str) -> str:
    """The side an agency takes when a person on `subject_side` is sent to it; `kind` and `side` are the agency's."""
    usual = usual_side(kind=kind, side=side)
    if kind in BOTH_SIDES or usual == ParticipationSide.PERPETRATOR:
        return usual
    return {
        Side.PERPETRATOR: ParticipationSide.PERPETRATOR,
        Side.VICTIM: ParticipationSide.VICTIM,
    }.get(subject_side, usual)


def of_judicial_origin(grants: Iterable[str], *, recipient_kind: str) -> list[str]:
    """Those of `grants` that hold police or justice content and would leave justice for this recipient."""
    if recipient_kind in JUDICIAL_KINDS:
        return []
    return sorted(item for item in grants if item.split(":")[0] in JUDICIAL_ORIGIN)
