"""What the service directory holds for a place and a need. It reads; `agencies.offers` writes.

The address of a search says as little as it can to whoever reads it later in a browser's history: the place as it was
typed, and numbers instead of words (`NEED_SIGNS`, `AUDIENCE_SIGNS`). They never change: papers and bookmarks hold them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet

from common.languages import LANGUAGES

from . import places
from .enums import Audience, Need
from .models import Place, ServiceOffer
from .offers import tells_no_address
from .opening import Opening, opening

NEED_SIGNS = {
    "1": Need.SHELTER,
    "2": Need.PSYCHOSOCIAL,
    "3": Need.LEGAL,
    "4": Need.HEALTH,
    "5": Need.SEXUAL_VIOLENCE,
    "6": Need.MENTAL_HEALTH,
    "7": Need.ADDICTION,
    "8": Need.SOCIAL,
    "9": Need.HOUSING,
    "10": Need.RESIDENCE,
    "11": Need.LANGUAGE,
    "12": Need.EMPLOYMENT,
    "13": Need.EDUCATION,
    "14": Need.CHILDREN,
    "15": Need.CHILD_PROTECTION,
    "16": Need.PERPETRATOR_WORK,
    "17": Need.OTHER,
}
AUDIENCE_SIGNS = {
    "1": Audience.VICTIM,
    "2": Audience.PERPETRATOR,
    "3": Audience.RELATIVE,
    "4": Audience.CHILD,
    "5": Audience.PROFESSIONAL,
}
PAGE = 20
MOST_READ = 1000
"""Entries put in order for one search; a country's worth for one postal code is far below."""
MOST_ELSEWHERE = 5
FAR = float("inf")
FILTERS = ("need", "audience", "language", "open_now")


def serving(
    need: Need | str | None,
    postal_code: str,
    audience: Audience | str | None = None,
    language: str | None = None,
) -> QuerySet[ServiceOffer]:
    """Live entries that answer this need for somebody who lives there, with their agency; None and "" ask for nothing.

    Without a territory an entry serves everywhere. A language is spoken, or brought by an interpreter.
    """
    offers = ServiceOffer.objects.live().select_related("agency")
    if need:
        offers = offers.filter(needs__contains=[need])
    if postal_code:
        offers = offers.filter(places.serves(postal_code))
    if audience:
        offers = offers.filter(audiences__contains=[audience])
    if language:
        offers = offers.filter(Q(languages__contains=[language]) | Q(interpretation=True))
    return offers


@dataclass(frozen=True)
class Asked:
    """A search as the address holds it; "" and None ask for nothing. `first` is the number of the first entry shown.

    `everywhere`: those that do not serve the place too, the nearest first.
    """

    typed: str = ""
    need: Need | None = None
    audience: Audience | None = None
    language: str = ""
    open_now: bool = False
    everywhere: bool = False
    first: int = 0

    @property
    def anything(self) -> bool:
        """Whether something was asked."""
        return self != NOTHING

    @property
    def filters(self) -> tuple[str, ...]:
        """The fields that narrow it, besides the place."""
        return tuple(name for name in FILTERS if getattr(self, name))

    def without(self, *names: str) -> "Asked":
        """The same without these fields, from its first entry."""
        return replace(self, first=0, **{name: getattr(NOTHING, name) for name in names})


NOTHING = Asked()


@dataclass(frozen=True)
class Way:
    """A wider search that finds something, where this one finds nothing: without the fields named in `dropped`, or
    everywhere.
    """

    asked: Asked
    count: int
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """An entry that was found. `km` None: it cannot be told."""

    offer: ServiceOffer
    km: float | None
    opening: Opening


@dataclass(frozen=True)
class Found:
    """What a search gives: a page of `lines` out of `count`, the nearest first.

    `places` are those the typed words may mean when they are several; `place` the one that is meant, None where the
    list of places does not hold it; `postal_code` "" where none is known. `elsewhere` stands in for nothing, `ways`
    lead on from there; `near` are places with a name or a code like one that is not known.
    """

    asked: Asked
    postal_code: str = ""
    place: Place | None = None
    places: tuple[Place, ...] = ()
    lines: tuple[Line, ...] = ()
    count: int = 0
    cut: bool = False
    elsewhere: tuple[Line, ...] = ()
    ways: tuple[Way, ...] = ()
    near: tuple[Place, ...] = ()

    @property
    def unknown(self) -> bool:
        """Words that name no place."""
        return bool(self.asked.typed) and not self.postal_code and not self.places


def read(params: Mapping[str, str]) -> Asked:
    """A search out of an address. Whatever is not understood asks for nothing."""
    first = params.get("f", "")
    language = params.get("w", "")
    return Asked(
        typed=" ".join(params.get("p", "").replace("\x00", "").split())[: places.LONGEST_TYPED],
        need=NEED_SIGNS.get(params.get("n", "")),
        audience=AUDIENCE_SIGNS.get(params.get("a", "")),
        language=language if language in LANGUAGES else "",
        open_now=params.get("o") == "1",
        everywhere=params.get("e") == "1",
        first=int(first) // PAGE * PAGE if first.isascii() and first.isdigit() and len(first) < 5 else 0,
    )


def search(asked: Asked, at: datetime) -> Found:
    """What the public directory shows for this. A bounded number of queries, whatever there is."""
    meant = places.find(asked.typed) if asked.typed else []
    code = places.postal_code_in(asked.typed) or (meant[0].postal_code if meant else "")
    found = Found(asked, postal_code=code, place=meant[0] if meant else None)
    if len({place.postal_code for place in meant}) > 1:
        return replace(found, postal_code="", place=None, places=tuple(meant))
    if asked.typed and not meant:
        found = replace(found, near=tuple(places.near(asked.typed)))
    if not asked.anything:
        return found
    if found.unknown:
        return replace(found, ways=_ways(asked, "", at))
    lines, cut = _in_order(_public(asked, code), asked, code, at)
    if asked.first >= len(lines):  # an old address: the list has become shorter
        found = replace(found, asked=asked.without())
    first = found.asked.first
    found = replace(found, count=len(lines), cut=cut, lines=_whole(lines[first : first + PAGE]))
    if lines:
        return found
    found = replace(found, ways=_ways(asked, code, at))
    if code and not asked.everywhere:
        beyond, _cut = _in_order(_public(asked, ""), asked, code, at)
        found = replace(found, elsewhere=_whole(beyond[:MOST_ELSEWHERE]))
    return found


def _ways(asked: Asked, code: str, at: datetime) -> tuple[Way, ...]:
    """The wider searches that find something, what is kept most first: without one filter, without any, everywhere,
    without the place.
    """
    wider = [(asked.without(name), (name,)) for name in asked.filters] if code or not asked.typed else []
    if len(asked.filters) > 1 and code:
        wider.append((asked.without(*asked.filters), asked.filters))
    if code and not asked.everywhere:
        wider.append((replace(asked, everywhere=True, first=0), ()))
    elif asked.typed and not code:
        wider.append((replace(asked.without("typed"), everywhere=True), ("typed",)))
    ways = []
    for other, dropped in wider:
        lines, _cut = _in_order(_public(other, code), other, "", at)
        if lines:
            ways.append(Way(other, len(lines), dropped))
    return tuple(ways)


def _public(asked: Asked, code: str) -> QuerySet[ServiceOffer]:
    where = "" if asked.everywhere else code
    return serving(asked.need, where, asked.audience, asked.language).filter(is_public=True)


def _in_order(rows: QuerySet[ServiceOffer], asked: Asked, code: str, at: datetime) -> tuple[list[Line], bool]:
    """The nearest first, then those of the area, then those of the whole country; and whether some were left out."""
    fields = ("pk", "name", "postal_code", "territory", "schedule", "always_open", "agency__kind", "needs")
    light = list(rows.only(*fields).order_by("name", "pk")[: MOST_READ + 1])
    where = places.points({code, *(offer.postal_code for offer in light)} - {""}) if code else {}
    lines = []
    for offer in light[:MOST_READ]:
        state = opening(offer.schedule, always=offer.always_open, at=at)
        if asked.open_now and not state.is_open:
            continue
        hidden = tells_no_address(offer.agency.kind, offer.needs)
        here, there = where.get(code), None if hidden else where.get(offer.postal_code)
        lines.append(Line(offer, places.km_between(here, there) if here and there else None, state))
    lines.sort(key=lambda line: (FAR if line.km is None else line.km, not line.offer.territory))
    return lines, len(light) > MOST_READ


def _whole(lines: list[Line]) -> tuple[Line, ...]:
    """The same with everything an entry says."""
    rows = ServiceOffer.objects.select_related("agency").in_bulk([line.offer.pk for line in lines])
    return tuple(replace(line, offer=rows[line.offer.pk]) for line in lines)
