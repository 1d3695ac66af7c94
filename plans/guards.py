"""What stands between a case and its closing. Pure: facts in, guards out; no Django model, no database, no clock.

| guard | full | supervised | may be set aside |
|---|---|---|---|
| no protection measure is active | asked | – | no |
| nobody is detained | asked | – | no |
| nobody waits for confirmation that she was told of a release | asked | asked | no |
| no danger for professionals is open | asked | asked | no |
| close monitoring is over | asked | asked | no |
| she was contacted, or refuses it, or it is not safe | asked | asked | with a reason |
| two assessments in a row below high, where it was high | asked | asked | no |
| she was told how to come back, or could not be told safely | asked | asked | no |
| no mandate of a programme runs | asked | – | with a reason |
| every other service has ended its part | asked | – | with a reason |
| no offer of the lead waits | asked | asked | no |
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

ALARMING = frozenset({"high", "critical"})
LOWER_IN_A_ROW = 2
"""Assessments in a row below high, where the case was high or critical before."""


class Code(StrEnum):
    """Each guard by its name."""

    MEASURES = "measures"
    DETENTION = "detention"
    RELEASES = "releases"
    DANGERS = "dangers"
    MONITORING = "monitoring"
    CONTACT = "contact"
    LEVEL = "level"
    TOLD = "told"
    MANDATES = "mandates"
    PARTS = "parts"
    LEAD = "lead"


State = Literal["met", "missing", "set_aside"]
Kind = Literal["full", "supervised"]
MAY_BE_SET_ASIDE = frozenset({Code.CONTACT, Code.MANDATES, Code.PARTS})
FULL_ONLY = frozenset({Code.MEASURES, Code.DETENTION, Code.MANDATES, Code.PARTS})
"""Asked of a full closing alone: while a case is supervised, these go on, and a release opens it again."""


@dataclass(frozen=True)
class Facts:
    """What is known of a case, whoever asks: counts and answers, no content.

    `contact` is "made", "refused", "open" where one is still to be made, or "" where none was ever planned. `levels`
    are those of its signed assessments, the latest first; `level` the one it stands at. `told` is "told", "not_safely"
    or "".
    """

    active_measures: int = 0
    open_detentions: int = 0
    unconfirmed_releases: int = 0
    open_dangers: int = 0
    monitored: bool = False
    contact: str = ""
    level: str = ""
    levels: tuple[str, ...] = ()
    told: str = ""
    running_mandates: int = 0
    open_parts: int = 0
    open_offer: bool = False


@dataclass(frozen=True)
class Guard:
    """One thing asked before a case closes, and how it stands."""

    code: Code
    state: State
    count: int = 0

    @property
    def holds_up(self) -> bool:
        return self.state == "missing"

    @property
    def may_be_set_aside(self) -> bool:
        return self.code in MAY_BE_SET_ASIDE


def lower_in_a_row(levels: Iterable[str]) -> int | None:
    """How many assessments in a row, the latest first, are below high; None where none ever was high or critical.

    One that gave no level counts for nothing: too little was known.
    """
    known = [level for level in levels if level]
    if not any(level in ALARMING for level in known):
        return None
    return next(index for index, level in enumerate(known) if level in ALARMING)


def _level_is_met(facts: Facts) -> bool:
    if facts.level in ALARMING:
        return False
    in_a_row = lower_in_a_row(facts.levels)
    return in_a_row is None or in_a_row >= LOWER_IN_A_ROW


def guards(facts: Facts, *, kind: Kind, set_aside: Collection[str] = ()) -> list[Guard]:
    """Every guard of this kind of closing, in the order they are shown; `set_aside` are those overruled."""
    found = {
        Code.CONTACT: (facts.contact in ("made", "refused") or (not facts.contact and facts.told == "told"), 0),
        Code.LEVEL: (_level_is_met(facts), 0),
        Code.TOLD: (bool(facts.told), 0),
        Code.DANGERS: (not facts.open_dangers, facts.open_dangers),
        Code.MONITORING: (not facts.monitored, 0),
        Code.RELEASES: (not facts.unconfirmed_releases, facts.unconfirmed_releases),
        Code.LEAD: (not facts.open_offer, 0),
        Code.MEASURES: (not facts.active_measures, facts.active_measures),
        Code.DETENTION: (not facts.open_detentions, facts.open_detentions),
        Code.MANDATES: (not facts.running_mandates, facts.running_mandates),
        Code.PARTS: (not facts.open_parts, facts.open_parts),
    }
    shown = []
    for code, (met, count) in found.items():
        if kind == "supervised" and code in FULL_ONLY:
            continue
        aside = code in MAY_BE_SET_ASIDE and code in set_aside
        shown.append(Guard(code, "met" if met else "set_aside" if aside else "missing", count))
    return shown


def missing(facts: Facts, *, kind: Kind, set_aside: Collection[str] = ()) -> list[Guard]:
    """What still holds the closing up."""
    return [guard for guard in guards(facts, kind=kind, set_aside=set_aside) if guard.holds_up]


@dataclass(frozen=True)
class LightFacts:
    """What a light closing looks at: one low dispute, and nothing else in the case."""

    reports: int
    disputes: int
    situations: int
    level: str
    ever_alarming: bool
    child_in_danger: bool


def is_light(facts: Facts, light: LightFacts) -> bool:
    """Whether a case is a single low dispute that may be closed at once: one report, low, nobody held, ordered or in
    danger, and the contact after two days settled.
    """
    single = light.reports == light.disputes == 1 and light.situations == 0
    low = light.level == "low" and not light.ever_alarming
    nothing = not any(
        (
            facts.active_measures,
            facts.open_detentions,
            facts.unconfirmed_releases,
            facts.open_dangers,
            facts.monitored,
            facts.running_mandates,
            facts.open_offer,
            light.child_in_danger,
        )
    )
    return single and low and nothing and facts.contact in ("made", "refused")
