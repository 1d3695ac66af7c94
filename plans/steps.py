"""The six steps of the coordinated answer (MOVE §7.4) as a list of tasks: what is done, under way, missing, for whom.

The rooms say what they know of a step, `move` registers them. Whoever works with him reads his column alone, and of
what is of the case only what is said to be for his side too.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Membership
from cases.access import CaseAccess
from cases.enums import ROLE_SIDE, Category, ParticipationSide, PersonRole, Side
from cases.models import Case, CasePerson
from cases.perms import shows_person


class StepKey(StrEnum):
    INITIAL = "initial"
    RISK = "risk"
    REFERRALS = "referrals"
    MANAGEMENT = "management"
    COUNSELLING = "counselling"
    LEGAL = "legal"


WORDS = {
    StepKey.INITIAL: (
        pgettext_lazy("step", "Initial assessment"),
        _("What each person needs, found by each service or together."),
    ),
    StepKey.RISK: (
        pgettext_lazy("step", "Risk assessment"),
        _("Each service with its grid, then what is concluded together."),
    ),
    StepKey.REFERRALS: (
        pgettext_lazy("step", "Referrals"),
        _("Each need with the service that knows it best."),
    ),
    StepKey.MANAGEMENT: (
        pgettext_lazy("step", "Case management"),
        _("Who leads, what is agreed, who does it and by when."),
    ),
    StepKey.COUNSELLING: (
        pgettext_lazy("step", "Counselling"),
        _("Who accompanies each person."),
    ),
    StepKey.LEGAL: (
        pgettext_lazy("step", "Legal and judicial measures"),
        _("What protects, until when, and what justice has decided."),
    ),
}
"""The name of each step and one sentence about it, in order."""


class State(Enum):
    MISSING = "missing"
    UNDER_WAY = "under_way"
    DONE = "done"


STATES = {
    State.MISSING: pgettext_lazy("step", "missing"),
    State.UNDER_WAY: pgettext_lazy("step", "under way"),
    State.DONE: pgettext_lazy("step", "done"),
}


@dataclass(frozen=True)
class Seen:
    """Who asks about which case; `persons` are those whose names this access reads, with their person."""

    by: Membership
    case: Case
    access: CaseAccess
    persons: Sequence[CasePerson]

    def of(self, side: str) -> list[CasePerson]:
        """The persons of one side."""
        return [each for each in self.persons if each.side == side]


@dataclass(frozen=True)
class Line:
    """What is known of one step: of a person, or of its column. `url` is where one mends or reads it, `act` its words.

    What is of the case stands above both columns, and is for his side where `his` says so. `state` None: nothing is
    done nor missing, a way in to where it would be written.
    """

    side: Side
    state: State | None
    words: str
    person: UUID | None = None
    url: str = ""
    act: str = ""
    his: bool = False

    @property
    def label(self) -> str:
        """The state in a word, or ""."""
        return str(STATES[self.state]) if self.state else ""


Knows = Callable[[Seen], Iterable[Line]]

_known: dict[tuple[StepKey, str], Knows] = {}


def register(step: StepKey, key: str, knows: Knows) -> None:
    """Say what a room knows of a step, or replace what was registered under the same key."""
    _known[step, key] = knows


@dataclass
class Group:
    """The lines of one person, or of nobody in particular."""

    person: CasePerson | None
    lines: list[Line] = field(default_factory=list)


@dataclass
class Column:
    """One side of a step."""

    side: Side
    groups: list[Group] = field(default_factory=list)


@dataclass
class Step:
    """One of the six, as the acting agency may know it."""

    key: StepKey
    number: int
    lines: list[Line] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)

    @property
    def title(self) -> str:
        return str(WORDS[self.key][0])

    @property
    def about(self) -> str:
        return str(WORDS[self.key][1])

    @property
    def known(self) -> list[Line]:
        """Every line, those of the case first."""
        return self.lines + [line for column in self.columns for group in column.groups for line in group.lines]

    @property
    def missing(self) -> list[Line]:
        """What is missing."""
        return [line for line in self.known if line.state == State.MISSING]

    @property
    def state(self) -> State | None:
        """Of the whole step: the least advanced of its lines; None where nothing of it is known here."""
        states = {line.state for line in self.known}
        return next((state for state in (State.MISSING, State.UNDER_WAY, State.DONE) if state in states), None)

    @property
    def label(self) -> str:
        """The state of the whole step in a word, or ""."""
        return str(STATES[self.state]) if self.state else ""


def sides_for(access: CaseAccess) -> tuple[Side, ...]:
    """Whose work is shown to whom: on his side his alone; on hers, his where something of him is open."""
    if not access:
        return ()
    if access.side == ParticipationSide.PERPETRATOR:
        return (Side.PERPETRATOR,)
    if access.side == ParticipationSide.VICTIM and not _knows_of_him(access):
        return (Side.VICTIM,)
    return (Side.VICTIM, Side.PERPETRATOR)


def _knows_of_him(access: CaseAccess) -> bool:
    beside = (Category.IDENTITY, Category.NETWORK)
    return any(side == Side.PERPETRATOR and category not in beside for category, side in access.categories)


def persons_of(case: Case, access: CaseAccess) -> list[CasePerson]:
    """Whose needs and work are followed: the persons of both sides whose names this access reads. One query."""
    roles = [role for role, side in ROLE_SIDE.items() if side in sides_for(access)]
    if not roles:
        return []
    order = list(PersonRole)
    found = CasePerson.objects.filter(case=case, role__in=roles).select_related("person").order_by("created_at", "pk")
    return sorted((each for each in found if shows_person(access, each)), key=lambda each: order.index(each.role))


def overview(by: Membership, case: Case, access: CaseAccess) -> list[Step]:
    """The six steps in order. As many queries whatever the case holds."""
    seen = Seen(by, case, access, persons_of(case, access))
    his = access.side == ParticipationSide.PERPETRATOR
    sides = sides_for(access)
    steps = []
    for number, key in enumerate(WORDS, start=1):
        lines = [line for (step, _key), knows in _known.items() if step == key for line in knows(seen)]
        of_case = [line for line in lines if line.side == Side.CASE and (line.his or not his)]
        columns = [_column(seen, side, [line for line in lines if line.side == side]) for side in sides]
        steps.append(Step(key, number, of_case, columns))
    return steps


def _column(seen: Seen, side: Side, lines: Sequence[Line]) -> Column:
    persons = {each.pk: each for each in seen.of(side)}
    groups: dict[UUID | None, Group] = {}
    for person_id in (None, *persons):
        mine = [line for line in lines if (line.person if line.person in persons else None) == person_id]
        if mine:
            groups[person_id] = Group(persons.get(person_id), mine)
    return Column(side, list(groups.values()))
