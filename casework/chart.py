"""A curve of levels as numbers for a template: the same drawing on screen, on paper, in a document. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

LEVELS = ("critical", "high", "moderate", "low")  # from the top line down
WIDTH, LEFT, RIGHT, TOP, STEP = 280, 66, 268, 16, 25


@dataclass(frozen=True)
class Point:
    """A level from a moment on; `provisional` while nobody has concluded it."""

    at: datetime
    level: str
    provisional: bool = False


def chart(points: Sequence[Point]) -> dict:
    """Lines, path and marks of a step curve, in the units of its viewBox; points in the order of time, at least one."""
    first, last = points[0].at, points[-1].at
    span = (last - first).total_seconds()

    def x(point: Point, index: int) -> float:
        if span == 0:  # one moment, or several at once: spread by rank
            return LEFT + 12 + index * 14
        return round(LEFT + 8 + (RIGHT - LEFT - 28) * (point.at - first).total_seconds() / span, 1)

    marks = [
        {"x": x(point, index), "y": height(point.level), "point": point, "dated": False}
        for index, point in enumerate(points)
    ]
    path = (
        f"M{marks[0]['x']} {marks[0]['y']}" + "".join(f"H{mark['x']}V{mark['y']}" for mark in marks[1:]) + f"H{RIGHT}"
    )
    free_from = -1.0
    for mark in reversed(marks):  # the latest dates first: they must not overlap
        if free_from < 0 or mark["x"] < free_from:
            mark["dated"] = True
            free_from = mark["x"] - 62
            if free_from < LEFT:
                break
    return {
        "width": WIDTH,
        "height": height("low") + 26,
        "left": LEFT,
        "right": RIGHT,
        "lines": [{"y": height(level), "level": level} for level in LEVELS],
        "path": path,
        "marks": marks,
    }


def height(level: str) -> int:
    """Where the line of a level lies."""
    return TOP + STEP * LEVELS.index(level)
