"""From what a grid indicates and what a person retains to the level in force. Pure: no Django, no database, no clock.

Two rules hold. A level below the indicative one waits for a second signature. A level nobody has confirmed yet may
raise what a case stands at, never lower it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .rules import RANK


@dataclass(frozen=True)
class Effective:
    """A level in force, empty when too little is known; `provisional` while nobody has concluded it."""

    level: str
    provisional: bool


@dataclass(frozen=True)
class Standing:
    """What a case stands at, since when it was assessed so; all empty when no grid has given a level."""

    level: str = ""
    provisional: bool = False
    at: datetime | None = None


def lowers(indicative: str, retained: str) -> bool:
    """Whether this level is below what the grid indicates; insufficient information has no level to lower."""
    return indicative in RANK and RANK[retained] < RANK[indicative]


def brings_down(indicative: str, retained: str, *, stood: str) -> bool:
    """Whether a second signature is needed: below what the grid indicates, or, where it indicates no level, below where
    the case `stood` with it (empty where it stood nowhere). Too little known brings nothing down by itself.
    """
    return lowers(indicative, retained) or (indicative not in RANK and lowers(stood, retained))


def effective(*, indicative: str, retained: str = "", countersigned: bool = False, lowered: bool = False) -> Effective:
    """The level one assessment gives.

    `retained` is the concluded level, empty while there is none; `countersigned` matters only when it lowers. `lowered`
    says that it does though the grid indicates no level: below where the case stood with this grid.
    """
    if retained and (countersigned or not (lowered or lowers(indicative, retained))):
        return Effective(retained, provisional=False)
    return Effective(indicative if indicative in RANK else "", provisional=True)


def of(assessment: Any) -> Effective:
    """The level a signed assessment gives now, with the conclusion and the countersignature read with it."""
    conclusion = getattr(assessment, "conclusion", None)
    return effective(
        indicative=assessment.indicative_level,
        retained=conclusion.level if conclusion else "",
        countersigned=conclusion is not None and getattr(conclusion, "countersignature", None) is not None,
        lowered=conclusion is not None and conclusion.lowers,
    )


def standing(history: Iterable[tuple[datetime, Effective]]) -> Standing:
    """What a case stands at after these assessments, given with the moment each was signed.

    The latest concluded level holds; what was signed since and is still provisional may only raise it.
    """
    stands = Standing()
    for at, given in sorted(history, key=lambda entry: entry[0]):
        if not given.provisional:
            stands = Standing(given.level, False, at)
        elif given.level and (not stands.level or RANK[given.level] > RANK[stands.level]):
            stands = Standing(given.level, True, at)
        elif given.level and stands.provisional and given.level == stands.level:
            stands = Standing(given.level, True, at)
    return stands


def highest(standings: Iterable[Standing]) -> Standing:
    """What a case stands at when several grids were filled in: the most severe of them; a confirmed one where two
    agree, the latest among those. A grid whose level came down never hides one that stays high.
    """
    known = [stands for stands in standings if stands.level]
    return max(known, key=lambda stands: (RANK[stands.level], not stands.provisional, stands.at), default=Standing())


def disagree(standings: Iterable[Standing]) -> bool:
    """Whether one grid says high or critical and another low, however long ago: not the same was seen, or not alike."""
    ranks = {RANK[stands.level] for stands in standings if stands.level}
    return RANK["low"] in ranks and any(rank >= RANK["high"] for rank in ranks)
