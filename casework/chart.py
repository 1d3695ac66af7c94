"""Curves of levels as numbers for a template: the same drawing on screen, on paper, in a document. Pure.

Time goes from left to right, but no two moments stand closer than the eye tells them apart: between moments a part of
the width is shared out equally, the rest by the time that passed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

LEVELS = ("critical", "high", "moderate", "low")  # from the top line down
APART = 15  # units between two dates or numbers that are both written, at least


@dataclass(frozen=True)
class Point:
    """A level from a moment on; `provisional` while nobody has concluded it."""

    at: datetime
    level: str
    provisional: bool = False


@dataclass(frozen=True)
class Track:
    """A curve: its points in the order of time; `letter` stands in its first point, empty for that of the case."""

    points: Sequence[Point]
    letter: str = ""


@dataclass(frozen=True)
class Mark:
    """Something that happened, told under the curves by its number; `kind` is act, returned or turning."""

    at: datetime
    number: int
    kind: str
    words: str = ""


@dataclass(frozen=True)
class Size:
    """The measures of a drawing, in the units of its viewBox: `band` is the height of a level."""

    width: int
    left: int
    band: int
    date: int  # width of a date
    top: int = 0

    @property
    def right(self) -> int:
        return self.width - 12


SMALL = Size(width=280, left=66, band=25, date=62, top=3)
NARROW = Size(width=350, left=66, band=46, date=62)
WIDE = Size(width=860, left=84, band=56, date=70)


def chart(points: Sequence[Point]) -> dict[str, Any]:
    """The small curve of one line; points in the order of time, at least one."""
    return draw([Track(points)], size=SMALL)


def draw(tracks: Sequence[Track], marks: Sequence[Mark] = (), *, size: Size, until: datetime | None = None) -> dict:
    """Bands, curves, marks and dates, in the units of the viewBox. Every track has a point; `until` is today's end.

    A provisional level is drawn dashed until a later point confirms or replaces it. Tracks beside the first one run a
    little above or below its line, so that two that agree are both seen.
    """
    moments = sorted({point.at for track in tracks for point in track.points} | {mark.at for mark in marks})
    place = _places(moments, size, until)
    end = size.right if until is None else max(place.values())
    bottom = size.top + size.band * len(LEVELS)
    lane = bottom + 22 if marks else bottom
    curves = [_curve(track, place, size, end, _aside(number, len(tracks), size)) for number, track in enumerate(tracks)]
    told = [{"x": place[mark.at], "y": lane - 4, "mark": mark, "numbered": True} for mark in marks]
    _thin_out(told, "numbered", APART)
    dated = sorted({*moments, *([until] if until else [])})
    several_years = len({at.year for at in dated}) > 1
    wide = size.date * (1.4 if several_years else 1)
    dates = _thin_out([{"x": place[at], "at": at, "dated": True} for at in dated], "dated", wide)
    half = wide / 2
    for date in dates:
        date["anchor"] = "end" if date["x"] + half > size.width else "middle"
        date["x"] = size.width if date["anchor"] == "end" else date["x"]
    return {
        "width": size.width,
        "height": lane + 21,
        "left": size.left,
        "right": size.right,
        "span": size.right - size.left,
        "bottom": bottom,
        "dated": "j N Y" if several_years else "j N",
        "bands": [
            {"y": size.top + size.band * row, "height": size.band, "middle": height(level, size), "level": level}
            for row, level in enumerate(LEVELS)
        ],
        "curves": curves,
        "marks": told,
        "dates": dates,
    }


def height(level: str, size: Size = SMALL) -> float:
    """Where the line of a level lies."""
    return size.top + size.band * (LEVELS.index(level) + 0.5)


def _places(moments: Sequence[datetime], size: Size, until: datetime | None) -> dict[datetime, float]:
    """Where each moment lies, each to the right of the one before."""
    moments = sorted({*moments, *([until] if until else [])})
    first, span = moments[0], (moments[-1] - moments[0]).total_seconds()
    start, stop = size.left + 14, size.right - (14 if until is None else 6)
    gaps = max(len(moments) - 1, 1)
    apart = min(APART + 1.0, 0.6 * (stop - start) / gaps)
    shared = stop - start - apart * gaps
    return {
        at: round(start + apart * rank + (shared * (at - first).total_seconds() / span if span else 0), 1)
        for rank, at in enumerate(moments)
    }


def _aside(number: int, tracks: int, size: Size) -> float:
    """How far a curve runs from the middle of its band: a little below it, a little above, further below…"""
    if number == 0 or tracks == 1:
        return 0.0
    step = size.band * (0.27 if tracks <= 3 else 0.16)
    return round(step * ((number + 1) // 2) * (1 if number % 2 else -1), 1)


def _curve(track: Track, place: dict[datetime, float], size: Size, end: float, aside: float) -> dict[str, Any]:
    spots = [
        {"x": place[point.at], "y": round(height(point.level, size) + aside, 1), "point": point, "named": index == 0}
        for index, point in enumerate(track.points)
    ]
    firm, provisional = "", ""
    for spot, following in pairwise([*spots, None]):
        x, y = spot["x"], spot["y"]
        line = f"M{x} {y}H{following['x'] if following else end}"
        if spot["point"].provisional:
            provisional += line
        else:
            firm += line
        if following and following["y"] != y:
            rise = f"M{following['x']} {y}V{following['y']}"
            if following["point"].provisional:
                provisional += rise
            else:
                firm += rise
    return {"firm": firm, "provisional": provisional, "spots": spots, "letter": track.letter}


def _thin_out(told: list[dict[str, Any]], name: str, apart: float) -> list[dict[str, Any]]:
    """Have `name` hold only where nothing is written over a later one; those where it holds. The latest come first."""
    free = float("inf")
    for one in reversed(told):
        one[name] = one["x"] <= free
        if one[name]:
            free = one["x"] - apart
    return [one for one in told if one[name]]
