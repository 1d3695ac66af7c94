"""Turning points: where each stands in a case, who notes it, who reads it."""

from django.db.models import Q, QuerySet

from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, Side
from cases.models import Case

from .models import TurningKind, TurningPoint

PLACE: dict[str, tuple[Category, Side]] = {
    TurningKind.REPORT: (Category.FACTS, Side.CASE),
    TurningKind.MEASURE_REQUESTED: (Category.JUDICIAL, Side.CASE),
    TurningKind.MEASURE_NOTIFIED: (Category.JUDICIAL, Side.CASE),
    TurningKind.MEASURE_BREACHED: (Category.JUDICIAL, Side.CASE),
    TurningKind.MEASURE_ENDED: (Category.JUDICIAL, Side.CASE),
    TurningKind.FAMILY_COURT: (Category.JUDICIAL, Side.CASE),
    TurningKind.RELEASE: (Category.JUDICIAL, Side.PERPETRATOR),
    TurningKind.SEPARATION: (Category.FACTS, Side.VICTIM),
    TurningKind.MOVE: (Category.FACTS, Side.VICTIM),
    TurningKind.PREGNANCY: (Category.HEALTH, Side.VICTIM),
    TurningKind.PROGRAMME_DROPOUT: (Category.PERPETRATOR_WORK, Side.PERPETRATOR),
}
"""The category and side under which each kind is read."""

HERS = frozenset({TurningKind.SEPARATION, TurningKind.MOVE, TurningKind.PREGNANCY})
"""What she does or lives through: never read on his side, whatever was decided."""

BY_HAND = tuple(kind for kind in TurningKind if kind != TurningKind.REPORT)
"""What somebody writes down; a report is one by being recorded."""

NOTED_ON_HIS_SIDE = frozenset(
    {
        TurningKind.MEASURE_REQUESTED,
        TurningKind.MEASURE_NOTIFIED,
        TurningKind.MEASURE_BREACHED,
        TurningKind.MEASURE_ENDED,
        TurningKind.RELEASE,
        TurningKind.PROGRAMME_DROPOUT,
    }
)

BREACHES = (TurningKind.MEASURE_BREACHED,)
"""Turning points that count among repeated events. Reports count by themselves."""


def kinds_for(access: CaseAccess) -> list[TurningKind]:
    """What this member may note by hand: whoever adds to the case; on his side, what concerns him and his measures."""
    if not access.contribute:
        return []
    his_side = access.side == ParticipationSide.PERPETRATOR
    return [kind for kind in BY_HAND if not his_side or kind in NOTED_ON_HIS_SIDE]


def readable(access: CaseAccess) -> Q:
    """The turning points this access reads, as a filter on their rows."""
    read = access.readable()
    if access.side == ParticipationSide.PERPETRATOR:
        read &= ~Q(kind__in=HERS) & (~Q(side=Side.VICTIM) | Q(agency_id=access.agency_id))
    return read


def turning_points_of(case: Case, access: CaseAccess) -> QuerySet[TurningPoint]:
    """Those of a case that the acting agency may read, the latest first."""
    return TurningPoint.objects.filter(case=case).filter(readable(access)).select_related("agency")
