"""Which services come next, by rules that are data: what a rule says, and what follows from some facts. No database.

A rule is about a need that somebody has expressed, never about where they come from: there is no word for origin,
nationality or residence status here, and every rule names at least one need.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import inf
from typing import Annotated, Any, Self

from pydantic import Field, StrictBool, StrictInt, StringConstraints, model_validator

from agencies.enums import AgencyKind, Audience, Need, Phase
from cases.enums import Level, PersonRole
from common.texts import Frozen, Text

from .models import AskedBy

MOST_RULES = 120
MOST_KINDS = len(AgencyKind)
LONGEST_WORDS = 600

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,59}$")]
Area = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}$")]

WAYS = tuple((start, to) for start in Phase for to in Phase if start != to)
"""From which phase of intervention to which a path may lead."""

AUDIENCES = {
    PersonRole.VICTIM: Audience.VICTIM,
    PersonRole.PRESUMED_PERPETRATOR: Audience.PERPETRATOR,
    PersonRole.CONVICTED: Audience.PERPETRATOR,
    PersonRole.CHILD: Audience.CHILD,
}
"""Whom an entry of the directory has to be for, by the role of who is sent."""


class Act(StrEnum):
    """What a rule asks to do before referring; the page links to it."""

    ASSESS = "assess"
    JUSTICE = "justice"


class When(Frozen):
    """What has to be true for a rule to count. What is left empty rules nothing out.

    `senders` and `phases` are the sender’s kind and phase; `mandated` whether an authority orders it; `language`
    whether help in another language is asked for; `areas` beginnings of postal codes.
    """

    senders: tuple[AgencyKind, ...] = ()
    phases: tuple[Phase, ...] = ()
    roles: tuple[PersonRole, ...] = ()
    needs: tuple[Need, ...] = Field(min_length=1)
    levels: tuple[Level, ...] = ()
    asked_by: tuple[AskedBy, ...] = ()
    mandated: StrictBool | None = None
    language: StrictBool | None = None
    areas: tuple[Area, ...] = ()

    def fits(self, facts: "Facts") -> bool:
        """Whether the rule counts. A role or an asker that is not said rules nothing out; of a level or a postal code
        that is not known nothing is assumed.
        """
        return (
            facts.need in self.needs
            and (not self.senders or facts.sender_kind in self.senders)
            and (not self.phases or facts.sender_phase in self.phases)
            and (not self.roles or not facts.role or facts.role in self.roles)
            and (not self.levels or facts.level in self.levels)
            and (not self.asked_by or not facts.asked_by or facts.asked_by in self.asked_by)
            and self.mandated in (None, facts.mandated)
            and self.language in (None, bool(facts.language))
            and (not self.areas or (facts.postal_code and facts.postal_code.startswith(self.areas)))
        )


class First(Frozen):
    """What is done before, or together with, the referral."""

    text: Text
    act: Act | None = None


class Rule(Frozen):
    """Which kinds of service are proposed, and why. The first of `propose` is the one that counts as missing."""

    code: Code
    why: Text
    when: When
    propose: tuple[AgencyKind, ...] = Field(min_length=1, max_length=MOST_KINDS)
    otherwise: tuple[AgencyKind, ...] = Field(default=(), max_length=MOST_KINDS)
    warning: Text | None = None
    first: First | None = None

    @model_validator(mode="after")
    def _something_else(self) -> Self:
        if again := set(self.propose) & set(self.otherwise):
            raise ValueError(f"proposed and put in its own place: {', '.join(sorted(again))}")
        return self


class Path(Frozen):
    """From one phase of intervention to another, and why one goes there."""

    start: Phase
    to: Phase
    why: Text

    @model_validator(mode="after")
    def _leads_on(self) -> Self:
        if self.start == self.to:
            raise ValueError("a way leads to another phase")
        return self


class Definition(Frozen):
    """What `PathwayRules.definition` holds. Rules come in the order of their proposals."""

    paths: tuple[Path, ...] = Field(max_length=len(WAYS))
    rules: tuple[Rule, ...] = Field(min_length=1, max_length=MOST_RULES)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        codes = [rule.code for rule in self.rules] + [f"{path.start:d}-{path.to:d}" for path in self.paths]
        if again := {code for code in codes if codes.count(code) > 1}:
            raise ValueError(f"stands twice: {', '.join(sorted(again))}")
        return self

    def rule(self, code: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.code == code), None)


class Shipped(Frozen):
    """The file `reference/pathways.json`."""

    version: StrictInt = Field(ge=1)
    verified_on: date | None
    provenance: Text
    definition: Definition


@dataclass(frozen=True)
class Facts:
    """What is known of one referral to be. Values of the enumerations; "" where it is not said."""

    sender_kind: str
    sender_phase: int
    need: str
    role: str = ""
    level: str = ""
    asked_by: str = ""
    mandated: bool = False
    postal_code: str = ""
    language: str = ""


@dataclass(frozen=True)
class Offer:
    """An entry of the directory. Without audience: for everybody; without territory: everywhere."""

    needs: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    territory: frozenset[str] = frozenset()
    interpretation: bool = False


@dataclass(frozen=True)
class Service:
    """A service that may be proposed. `key` is whatever the caller knows it by; `distance_km` None: not known."""

    key: Any
    name: str
    kind: str
    phase: int
    territory: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    offers: tuple[Offer, ...] = ()
    for_his_side: bool = False
    takes_referrals: bool = True
    full: bool = False
    waiting_days: int | None = None
    distance_km: float | None = None

    @property
    def takes(self) -> bool:
        """Whether a referral can be sent to it now."""
        return self.takes_referrals and not self.full

    def serves(self, facts: Facts) -> bool:
        """Whether it works there, and for such a person. An area nobody has named is served by all."""
        if self.for_his_side and facts.role in (PersonRole.VICTIM, PersonRole.CHILD):
            return False
        return _within(self.territory, facts.postal_code) and (not self.offers or bool(self.fitting(facts)))

    def fitting(self, facts: Facts) -> tuple[Offer, ...]:
        """Its entries that are for such a person and place, whatever the need."""
        audience = AUDIENCES.get(facts.role)
        return tuple(
            offer
            for offer in self.offers
            if _within(offer.territory, facts.postal_code)
            and (audience is None or not offer.audiences or audience in offer.audiences)
        )

    def answers(self, facts: Facts) -> bool:
        """Whether one of its entries names the need."""
        return any(facts.need in offer.needs for offer in self.fitting(facts))

    def speaks(self, language: str) -> bool:
        """Whether it works in a language, "" for none in particular."""
        return not language or any(language in each.languages for each in (self, *self.offers))


class Lack(StrEnum):
    """Why another kind of service is proposed."""

    NONE = "none"  # no service of that kind works there
    FULL = "full"  # there is one, which takes nobody now
    OURS = "ours"  # there is no other one: the sender is of that kind itself


class Caution(StrEnum):
    """What the sender should know of a service before choosing it."""

    CLOSED = "closed"
    FULL = "full"
    LANGUAGE = "language"
    NOT_NAMED = "not_named"


@dataclass(frozen=True)
class Proposed:
    """A service, by which rule ("" for the directory alone), why, and what to know first."""

    service: Service
    rule: str
    why: Text | None
    instead_of: str = ""
    lack: Lack | None = None
    warning: Text | None = None
    cautions: tuple[Caution, ...] = ()


@dataclass(frozen=True)
class Gap:
    """A kind of service that a rule asks for and that nobody offers there."""

    rule: str
    kind: str
    why: Text


@dataclass(frozen=True)
class Outlook:
    """What comes next: services in their order, what is missing, what to do first."""

    proposed: tuple[Proposed, ...] = ()
    gaps: tuple[Gap, ...] = ()
    firsts: tuple[First, ...] = ()


def fitting(definition: Definition, facts: Facts) -> list[Rule]:
    """The rules that count, in their order."""
    return [rule for rule in definition.rules if rule.when.fits(facts)]


def kinds(definition: Definition, facts: Facts) -> frozenset[str]:
    """Every kind of service that may have to be looked for."""
    return frozenset(kind for rule in fitting(definition, facts) for kind in (*rule.propose, *rule.otherwise))


def suggest(definition: Definition, facts: Facts, services: Iterable[Service]) -> Outlook:
    """What is proposed: by each rule its services, or where there is none that takes anybody what stands in for them;
    then the other services whose entry names the need. Each service once; those that take nobody now come last.
    """
    inside = [service for service in services if service.serves(facts)]
    proposed: dict[Any, Proposed] = {}
    gaps: dict[str, Gap] = {}
    rules = fitting(definition, facts)
    for rule in rules:
        found = _of(inside, rule.propose, facts)
        lack = None if any(service.takes for service in found) else Lack.FULL if found else Lack.NONE
        if lack == Lack.NONE and facts.sender_kind in rule.propose:
            lack = Lack.OURS
        for service in found:
            _add(proposed, service, facts, rule=rule)
        if lack:
            for service in _of(inside, rule.otherwise, facts):
                _add(proposed, service, facts, rule=rule, instead_of=rule.propose[0], lack=lack)
        if lack == Lack.NONE:
            gaps.setdefault(rule.propose[0], Gap(rule.code, rule.propose[0], rule.why))
    for service in sorted(inside, key=lambda each: _rank(each, facts)):
        if service.answers(facts):
            _add(proposed, service, facts, path=_path(definition, facts.sender_phase, service.phase))
    firsts = {rule.first: None for rule in rules if rule.first}
    ordered = sorted(proposed.values(), key=lambda each: not each.service.takes)
    return Outlook(tuple(ordered), tuple(gaps.values()), tuple(firsts))


def _within(territory: frozenset[str], postal_code: str) -> bool:
    return not territory or not postal_code or postal_code in territory


def _of(services: Sequence[Service], wanted: Sequence[str], facts: Facts) -> list[Service]:
    """Those of these kinds, the kinds in the order of the rule."""
    order = {kind: number for number, kind in enumerate(wanted)}
    found = [service for service in services if service.kind in order]
    return sorted(found, key=lambda each: (not each.takes, order[each.kind], *_rank(each, facts)))


def _rank(service: Service, facts: Facts) -> tuple:
    """Who works in the language first, then the nearest, then who is free soonest."""
    far = inf if service.distance_km is None else service.distance_km
    wait = inf if service.waiting_days is None else service.waiting_days
    return (not service.speaks(facts.language), far, wait, service.name.casefold())


def _path(definition: Definition, start: int, to: int) -> Text | None:
    return next((path.why for path in definition.paths if (path.start, path.to) == (start, to)), None)


def _add(
    proposed: dict[Any, Proposed],
    service: Service,
    facts: Facts,
    *,
    rule: Rule | None = None,
    path: Text | None = None,
    instead_of: str = "",
    lack: Lack | None = None,
) -> None:
    """The first reason a service is proposed for is the one that is shown."""
    if service.key in proposed:
        return
    cautions = [
        caution
        for caution, holds in (
            (Caution.CLOSED, not service.takes_referrals),
            (Caution.FULL, service.takes_referrals and service.full),
            (Caution.LANGUAGE, not service.speaks(facts.language)),
            (Caution.NOT_NAMED, bool(service.offers) and not service.answers(facts)),
        )
        if holds
    ]
    proposed[service.key] = Proposed(
        service=service,
        rule=rule.code if rule else "",
        why=rule.why if rule else path,
        instead_of=instead_of,
        lack=lack,
        warning=rule.warning if rule and not instead_of else None,
        cautions=tuple(cautions),
    )
