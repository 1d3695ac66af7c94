"""Postal codes and communes: what a typed place means, and how far two of them lie apart."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Q

from common.names import sort_key

from .models import Place

EARTH_KM = 6371.0
LONGEST_TYPED = 60
LONGEST_KEY = Place._meta.get_field("search_key").max_length
MOST_FOUND = 30
LIKE_ENOUGH = 0.5
SOMEWHAT_LIKE = 0.25
MOST_NEAR = 6
_SAINT = {"st": "saint", "ste": "sainte"}


@dataclass(frozen=True)
class Point:
    """Degrees, WGS 84."""

    latitude: float
    longitude: float


def serves(postal_code: str) -> Q:
    """The rows whose `territory` holds this postal code, and those without one, which serve everywhere."""
    return Q(territory=[]) | Q(territory__contains=[postal_code])


def load_places() -> int:
    """Publish the places shipped with the product; a postal code that is there already stays. Returns how many."""
    shipped = json.loads((Path(__file__).parent / "reference" / "places_demo.json").read_text())
    known = set(Place.objects.values_list("postal_code", flat=True))
    verified = shipped["verified_on"] and date.fromisoformat(shipped["verified_on"])
    new = [
        Place(
            **place,
            search_key=key_of(place["names"], place["commune"]),
            source=shipped["source"],
            licence=shipped["licence"],
            verified_on=verified,
        )
        for place in shipped["places"]
        if place["postal_code"] not in known
    ]
    Place.objects.bulk_create(new)
    return len(new)


def key_of(names: Mapping[str, str], commune: str) -> str:
    """What a typed name is compared with: "|schaerbeek|schaarbeek|". At most LONGEST_KEY characters, whole names."""
    kept = "|"
    for name in dict.fromkeys(plain(name) for name in (*(names[code] for code in sorted(names)), commune)):
        if name and len(kept) + len(name) < LONGEST_KEY:
            kept += f"{name}|"
    return kept


def plain(name: str) -> str:
    """As names of places are compared: "St-Gilles" and "saint gilles" are one, and so are their accents."""
    words = re.sub(r"[^\w]+", " ", sort_key(name)).split()
    return " ".join(_SAINT.get(word, word) for word in words)


def postal_code_in(typed: str) -> str:
    """The Belgian postal code somebody typed ("1030", "B-1030 Schaerbeek"), or ""."""
    found = re.fullmatch(r"(?:b[ -]?)?([1-9]\d{3})(?:\D.*)?", " ".join(typed.split()), re.IGNORECASE | re.DOTALL)
    return found[1] if found else ""


def find(typed: str) -> list[Place]:
    """The places meant by a postal code or a name: those with exactly that name, else those that begin so, else those
    that resemble it. At most MOST_FOUND, by postal code; a code that is not known gives none.
    """
    typed = typed.replace("\x00", "")[:LONGEST_TYPED]
    code = postal_code_in(typed)
    if code:
        return list(Place.objects.filter(postal_code=code)[:MOST_FOUND])
    name = plain(typed)
    if len(name) < 2:
        return []
    for sought in (f"|{name}|", f"|{name}"):
        rows = list(Place.objects.filter(search_key__contains=sought)[:MOST_FOUND])
        if rows:
            return _with_their_parts(rows)
    near = Place.objects.annotate(like=TrigramWordSimilarity(name, "search_key")).filter(like__gte=LIKE_ENOUGH)
    return sorted(near.order_by("-like", "postal_code")[:MOST_FOUND], key=lambda place: place.postal_code)


def near(typed: str) -> list[Place]:
    """Places somebody may have meant by words that name none: those with a name somewhat like it, else those whose
    postal code begins the same, the closest number first. At most MOST_NEAR.
    """
    typed = typed.replace("\x00", "")[:LONGEST_TYPED]
    code = postal_code_in(typed)
    name = plain(typed.partition(code)[2] if code else typed)
    if len(name) >= 3:
        like = Place.objects.annotate(like=TrigramWordSimilarity(name, "search_key")).filter(like__gte=SOMEWHAT_LIKE)
        if found := list(like.order_by("-like", "postal_code")[:MOST_NEAR]):
            return found
    if not code:
        return []
    rows = Place.objects.filter(postal_code__startswith=code[:2]).order_by("postal_code")
    return sorted(rows, key=lambda place: abs(int(place.postal_code) - int(code)))[:MOST_NEAR]


def _with_their_parts(rows: list[Place]) -> list[Place]:
    """A municipality's name means its other places too, in whatever language it was written: Brussel, Laken, Haren."""
    named = {place.commune for place in rows if plain(place.commune) in map(plain, place.names.values())}
    if not named:
        return rows
    return list(Place.objects.filter(Q(pk__in=[place.pk for place in rows]) | Q(commune__in=named))[:MOST_FOUND])


def points(codes: Iterable[str]) -> dict[str, Point]:
    """{postal code: where it lies}, the middle of the places that bear it; a code without any is left out."""
    rows = Place.objects.filter(postal_code__in=set(codes)).exclude(latitude=None)
    found: dict[str, list[tuple[float, float]]] = {}
    for code, latitude, longitude in rows.values_list("postal_code", "latitude", "longitude"):
        found.setdefault(code, []).append((latitude, longitude))
    return {
        code: Point(sum(each[0] for each in many) / len(many), sum(each[1] for each in many) / len(many))
        for code, many in found.items()
    }


def km_between(one: Point, other: Point) -> float:
    """Kilometres as the crow flies."""
    first, second = radians(one.latitude), radians(other.latitude)
    half = sin((second - first) / 2) ** 2
    half += cos(first) * cos(second) * sin(radians(other.longitude - one.longitude) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def name_in(place: Place, language: str) -> str:
    """What it is called in that language, else in French, else in whatever there is."""
    return place.names.get(language) or place.names.get("fr") or next(iter(place.names.values()), place.commune)
