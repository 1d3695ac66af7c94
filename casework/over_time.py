"""How the level of a case has moved and what moved it, as far as the acting agency may read. No HTTP.

What moved the level is named where the agency reads it: a grid of a category that is closed to it moves the level
without a reason. Without the level, an agency follows the grids it filled in itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from string import ascii_uppercase
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases import naming, timeline
from cases.access import CaseAccess
from cases.enums import EventCode
from cases.models import Case
from common.clock import BRUSSELS, local, now
from riskassessment import services as assessments
from riskassessment.comparing import previous
from riskassessment.models import Assessment, TurningPoint, Verdict
from riskassessment.moves import Move, Signed, moves
from riskassessment.perms import knows_level
from riskassessment.scoring import JUDGEMENT
from riskassessment.standing import story
from riskassessment.turning import turning_points_of
from riskassessment.versions import definition_of

from .chart import NARROW, WIDE, Mark, Point, Track, draw

MOST = 24
"""What the chart and its table tell at most, the latest; the list of assessments has them all."""
FEW = 12
"""Points of the small curve at most."""


def story_of(case: Case, *, again: bool = False) -> list[Signed]:
    """`standing.story`, asked once for a case as it was loaded; `again` after an act."""
    if again or not hasattr(case, "_story"):
        case._story = story(case)
    return case._story


# --- the curve ------------------------------------------------------------------------------------------------
def curve(case: Case) -> list[Point]:
    """The level of the case from each moment it moved, the last as it stands now; for who receives the level.

    A level that was confirmed as it stood is one point, at the signature of the grid. One query, none where no level
    was given.
    """
    return _points(moves(story_of(case)), grid=False)[-FEW:] if case.level else []


def _points(told: Iterable[Move], *, grid: bool) -> list[Point]:
    """Where the case (or each move's own grid) stood, from each moment it changed."""
    points: list[Point] = []
    last: tuple[str, bool] | None = None
    raised_by: UUID | None = None
    for move in told:
        stands = move.grid if grid else move.case
        if not stands.level or (stands.level, stands.provisional) == last:
            continue
        confirmed = last == (stands.level, True) and raised_by == move.signed.assessment_id
        last, raised_by = (stands.level, stands.provisional), move.signed.assessment_id
        if confirmed:
            points[-1] = replace(points[-1], provisional=False)
        else:
            points.append(Point(move.at, stands.level, stands.provisional))
    return points


# --- the page -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Happening:
    """A line of the table: what happened, as far as this agency reads it.

    `given` is the level of the act itself, `stands` that of the case after it, where it moved; both are (level,
    provisional) or None. `letter` names the curve of its grid.
    """

    at: datetime
    kind: str  # act, returned or turning
    title: str
    grid: str = ""
    letter: str = ""
    who: str = ""
    words: str = ""
    url: str = ""
    compare_url: str = ""
    given: tuple[str, bool] | None = None
    stands: tuple[str, bool] | None = None
    whole_day: bool = False
    number: int = 0


@dataclass(frozen=True)
class GridCurve:
    """A grid with a curve of its own: its letter, its name, whose work it is, where it stands."""

    letter: str
    title: str
    agencies: str
    level: str
    provisional: bool


@dataclass(frozen=True)
class OverTime:
    """What the page shows. `drawings` are the same chart for a wide and for a narrow screen."""

    happenings: list[Happening]
    grids: list[GridCurve]
    drawings: list[dict[str, Any]] = field(default_factory=list)
    cut: bool = False


def over_time(case: Case, access: CaseAccess) -> OverTime:
    """The chart and its table for this access. Four queries, whatever was assessed."""
    readable = {
        one.pk: one
        for one in assessments.assessments_of(case, access)
        .filter(signed_at__isnull=False)
        .defer("answers", "outcome")
        .select_related("review")
    }
    known = story_of(case)
    own = [one for one in known if one.assessment_id in readable and knows_level(readable[one.assessment_id], access)]
    of_case = moves(known) if access.level else []
    letters = _letters(own, of_case, readable)
    page = _Page(case, access, readable, letters, previous(readable.values()))
    told = of_case or moves(own)
    happenings = [each for move in told if (each := page.act(move)) is not None]
    happenings += page.without_level({move.signed.assessment_id for move in told})
    happenings += page.returned()
    happenings += _turns(case, access)
    happenings.sort(key=lambda each: each.at)
    cut = len(happenings) > MOST
    happenings = [replace(each, number=rank) for rank, each in enumerate(happenings[-MOST:], 1)]
    grids, tracks = _curves(access, of_case, moves(own), letters, readable)
    if happenings:
        tracks = [shown for track in tracks if (shown := _since(track, happenings[0].at if cut else None))]
    marks = [Mark(each.at, each.number, each.kind) for each in happenings]
    until = now()
    drawings = [
        draw(tracks, marks, size=size, until=until) | {"kind": kind}
        for size, kind in ((WIDE, "chart-wide"), (NARROW, "chart-narrow"))
        if tracks
    ]
    return OverTime(happenings[::-1], grids, drawings, cut)


def _letters(own: Sequence[Signed], of_case: Sequence[Move], readable: dict[UUID, Assessment]) -> dict[UUID, str]:
    """{grid: letter} of the grids that have a curve of their own: none where one curve says it all."""
    grids = list(dict.fromkeys(one.grid_id for one in reversed(own)))
    alone = len(grids) == 1 and all(move.signed.assessment_id in readable for move in of_case)
    if alone and of_case:
        return {}
    return dict(zip(grids, ascii_uppercase, strict=False))


@dataclass(frozen=True)
class _Page:
    """What every line asks: the assessments this agency reads, the curve of each grid, the assessment before each."""

    case: Case
    access: CaseAccess
    readable: dict[UUID, Assessment]
    letters: dict[UUID, str]
    before: dict[UUID, UUID]

    def act(self, move: Move) -> Happening | None:
        """An act on an assessment; what moved the level without being readable stands without its reason."""
        stands = (move.case.level, move.case.provisional) if self.access.level and move.moved else None
        assessment = self.readable.get(move.signed.assessment_id)
        if assessment is None:
            words = _("by a grid your service does not read")
            return Happening(move.at, "act", _("The level moved"), words=words, stands=stands) if stands else None
        letter = self.letters.get(move.signed.grid_id, "")
        if move.act == "signed":
            given = None if assessment.indicative_level == JUDGEMENT else (assessment.indicative_level, True)
            return replace(self._signed(assessment), letter=letter, given=given, stands=stands)
        waits = move.signed.gave(frozenset({"signed", move.act})).provisional and move.act == "concluded"
        titles = {"concluded": _("Level concluded"), "countersigned": _("Lower level countersigned")}
        return Happening(
            move.at,
            "act",
            titles[move.act],
            grid=_title(assessment),
            letter=letter,
            words=_("It waits for a second signature.") if waits else "",
            url=self._url(assessment),
            given=(move.signed.retained, waits),
            stands=stands,
        )

    def without_level(self, told: set[UUID]) -> list[Happening]:
        """The signed grids that are not told with a level: they give none, or it is not for this agency."""
        return [self._signed(one) for one in self.readable.values() if one.pk not in told]

    def returned(self) -> list[Happening]:
        """Assessments somebody trained has returned with remarks; the remarks stand with the assessment."""
        title = str(capfirst(EventCode.ASSESSMENT_RETURNED.label))
        return [
            Happening(review.at, "returned", title, grid=_title(one), url=self._url(one))
            for one in self.readable.values()
            if (review := getattr(one, "review", None)) is not None
            and review.verdict == Verdict.RETURNED
            and self.access.shows(review)
        ]

    def _signed(self, one: Assessment) -> Happening:
        before = self.before.get(one.pk)
        return Happening(
            one.signed_at,
            "act",
            _("Grid signed"),
            grid=_title(one),
            who=naming.service(self.access, one),
            url=self._url(one),
            compare_url=compare_url(self.case, one.pk, before) if before else "",
        )

    def _url(self, one: Assessment) -> str:
        return reverse("riskassessment:detail", args=[self.case.pk, one.pk])


def _turns(case: Case, access: CaseAccess) -> list[Happening]:
    """Turning points of the categories this agency reads, on the day they happened."""
    rows = turning_points_of(case, access).order_by("-happened_on", "-at")[:MOST]
    return [
        Happening(
            _moment(row),
            "turning",
            timeline.title(EventCode.TURNING_POINT, {"kind": row.kind}),
            words=row.words,
            whole_day=True,
        )
        for row in rows
    ]


def _moment(turn: TurningPoint) -> datetime:
    """When a turning point is drawn: as it was written down, where that was on the day; else at noon of the day."""
    if local(turn.at).date() == turn.happened_on:
        return turn.at
    return datetime.combine(turn.happened_on, time(12), BRUSSELS)


def compare_url(case: Case, one: UUID, other: UUID) -> str:
    """The page that compares an assessment with an earlier one."""
    return reverse("casework:compare", args=[case.pk]) + f"?one={one}&other={other}"


def _curves(
    access: CaseAccess,
    of_case: Sequence[Move],
    own: Sequence[Move],
    letters: dict[UUID, str],
    readable: dict[UUID, Assessment],
) -> tuple[list[GridCurve], list[Track]]:
    tracks = [Track(points)] if (points := _points(of_case, grid=False)) else []
    grids = []
    for grid_id, letter in letters.items():
        of_grid = [move for move in own if move.signed.grid_id == grid_id]
        points = _points(of_grid, grid=True)
        if not points:
            continue
        tracks.append(Track(points, letter))
        filled_in = [readable[move.signed.assessment_id] for move in of_grid]
        agencies = ", ".join(dict.fromkeys(naming.service(access, one) for one in filled_in))
        grids.append(GridCurve(letter, _title(filled_in[-1]), agencies, points[-1].level, points[-1].provisional))
    return grids, tracks


def _since(track: Track, start: datetime | None) -> Track | None:
    """The part of a curve from a moment on; what it stood at then is its first point."""
    if start is None:
        return track
    before = [replace(point, at=start) for point in track.points if point.at < start][-1:]
    return replace(track, points=[*before, *(point for point in track.points if point.at >= start)])


def _title(assessment: Assessment) -> str:
    return definition_of(assessment.grid_version).title.translated(get_language() or "fr")
