"""Which functions may reach which categories of data, and by which way: the list kept for the authority (law of 30 July
2018, arts 9 and 10).

Asked of what the services themselves ask: the predicates of roles, the hard refusals, the bases, the defaults in force,
the grids. Written by hand is the legal nature of each category alone. Nothing here decides, and nobody is named.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db.models import Count, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from agencies.enums import COMPLAINTS_GO_TO, VICTIM_CELLS, AgencyKind, Role
from agencies.models import Agency, Membership
from agencies.perms import may_see_cases, may_write, role_fits
from cases.enums import ROLE_SIDE, VIEW_CASE, Category, ParticipationSide, Side, codename
from cases.perms import OWN_WORK
from common.ids import made_at
from plans.measure_perms import may_check_on_the_road
from reports.perms import may_open_situation, may_record
from riskassessment.definition import GridDefinition
from riskassessment.versions import definition_of, latest_versions
from sharing import authorisations, bases, break_glass, consents
from sharing.grants import (
    JUDICIAL_ORIGIN,
    Opening,
    grants_for_side,
    network_of,
    of_judicial_origin,
    of_own_record,
    permission_of,
    refused_to,
    side_about,
    total,
    usual_side,
)
from sharing.models import Basis, SharingDefault, WayIn
from sharing.perms import may_search_in_emergency
from sharing.preview import LISTED
from sharing.shape import few

from .rights import stand_in

Pair = tuple[Category, Side]
PAIRS: tuple[Pair, ...] = (
    (Category.SUMMARY, Side.CASE),
    *((category, side) for category in Category if category != Category.SUMMARY for side in Side),
)
"""Every category × side a permission stands for; the summary has one."""


class Nature(TextChoices):
    """What the law calls the data of a category. To be confirmed by a jurist, as the page says."""

    HEALTH = "health", gettext_lazy("Health data")
    CRIMINAL = "criminal", gettext_lazy("Criminal data")
    OTHER = "other", gettext_lazy("Other data")


NATURES: Mapping[Nature, frozenset[Category]] = {
    Nature.HEALTH: frozenset({Category.HEALTH, Category.PSYCHOSOCIAL}),
    Nature.CRIMINAL: JUDICIAL_ORIGIN | {Category.PERPETRATOR_WORK},
    Nature.OTHER: frozenset(
        {
            Category.SUMMARY,
            Category.NETWORK,
            Category.IDENTITY,
            Category.CONTACT,
            Category.MIGRATION,
            Category.CHILDREN,
        }
    ),
}


@dataclass(frozen=True)
class Published:
    """A default in force for a kind of agency ("": those without a row of their own), and what it changed."""

    default: SharingDefault
    previous: SharingDefault | None

    @property
    def published_at(self) -> datetime:
        return made_at(self.default.pk)

    @property
    def opened(self) -> list[str]:
        """Pairs the version before did not open; none where there is no version before."""
        return sorted(set(self.default.grants) - set(self.previous.grants)) if self.previous else []

    @property
    def closed(self) -> list[str]:
        return sorted(set(self.previous.grants) - set(self.default.grants)) if self.previous else []


@dataclass(frozen=True)
class Installation:
    """What the list is computed from besides the rules: kinds of agencies, defaults, grids, numbers of members."""

    sides: Mapping[str, frozenset[str]]
    """{kind: usual sides of its active agencies}"""
    take_referrals: frozenset[str]
    defaults: Mapping[tuple[str, str], Published]
    """{(way in, kind or ""): the latest version}"""
    grids: tuple[GridDefinition, ...]
    members: Mapping[tuple[str, str], int]
    """{(kind, role): memberships that hold now}"""

    def served(self, way_in: str, kind: str) -> Published | None:
        """The default that serves this kind, as `sharing.services.default_grants` chooses it."""
        return self.defaults.get((way_in, kind)) or self.defaults.get((way_in, ""))


def installation() -> Installation:
    """Read as it stands now, in four queries."""
    sides: dict[str, set[str]] = {}
    take_referrals: set[str] = set()
    for kind, side, takes in Agency.objects.active().values_list("kind", "side", "accepts_referrals").distinct():
        sides.setdefault(kind, set()).add(side)
        if takes:
            take_referrals.add(kind)
    defaults: dict[tuple[str, str], Published] = {}
    for row in SharingDefault.objects.order_by("version"):
        key = (row.way_in, row.agency_kind)
        defaults[key] = Published(row, defaults[key].default if key in defaults else None)
    members = Membership.objects.live().values_list("agency__kind", "role").annotate(number=Count("pk"))
    return Installation(
        sides={kind: frozenset(found) for kind, found in sides.items()},
        take_referrals=frozenset(take_referrals),
        defaults=defaults,
        grids=tuple(definition_of(version) for version in latest_versions()),
        members={(kind, role): number for kind, role, number in members},
    )


# --- the ways -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Ways:
    """By which ways data may be open to a function; false where by none."""

    own: bool = False
    """The service wrote it itself while it took part."""
    ways_in: tuple[WayIn, ...] = ()
    """Acts that open it by the defaults in force, without a decision of its own."""
    taking_part: bool = False
    bases: tuple[Basis, ...] = ()
    """Bases on which somebody may decide to open it, for a time."""
    proposed: bool = False
    """The defaults in force propose it in such a decision."""
    emergency: bool = False
    not_on_his_side: bool = False
    """Closed all the same in a case where the service works with the presumed perpetrator."""

    def __bool__(self) -> bool:
        return self.own or bool(self.ways_in) or self.taking_part or bool(self.bases) or self.emergency


NEVER = Ways()


@dataclass(frozen=True)
class Reach:
    """What holds for every function of a kind of agency: the sides it may stand on, and the permissions it may hold."""

    kind: str
    sides: frozenset[str]
    opened: Mapping[WayIn, frozenset[str]]
    """{act: permissions it opens by the default in force}"""
    proposed: frozenset[str]
    emergency: frozenset[str]
    assesses: frozenset[Pair]
    """Where the answers of grids open to this kind stand, and the level where one of them gives any."""


def reach(found: Installation, kind: str) -> Reach:
    """What agencies of this kind may reach."""
    sides = sides_taken(found, kind)
    served = found.served(WayIn.DECISION, kind)
    return Reach(
        kind=kind,
        sides=sides,
        opened={way_in: opened_by(found, way_in, kind) for way_in in STANDING},
        proposed=frozenset(permission_of(grant) for grant in served.default.grants) if served else frozenset(),
        emergency=_emergency(kind, sides),
        assesses=assessed_by(found, kind),
    )


def assessed_by(found: Installation, kind: str) -> frozenset[Pair]:
    """The pairs under which a service of this kind fills in grids of its own, and the levels it concludes."""
    grids = [grid for grid in found.grids if grid.open_to(kind)]
    pairs = {(Category(grid.category), Side(grid.side)) for grid in grids}
    return frozenset(pairs | {(Category.LEVEL, Side.CASE) for grid in grids if grid.kind == "scored"})


def ways(held: Reach, member: Membership, pair: Pair) -> Ways:
    """How data of this category and side may be open to a member of this function, whatever the case."""
    name = codename(*pair)
    usable = [side for side in held.sides if name not in refused_to(side)]
    if not usable or not may_see_cases(member):
        return NEVER
    taking_part = name == VIEW_CASE or any(name in network_of(side) for side in usable)
    on_decision = bases_for(held.kind, pair)
    answer = Ways(
        own=pair in held.assesses or any(pair in OWN_WORK[side] for side in usable),
        ways_in=() if taking_part else tuple(way_in for way_in in STANDING if name in held.opened[way_in]),
        taking_part=taking_part,
        bases=on_decision,
        proposed=bool(on_decision) and name in held.proposed,
        emergency=name in held.emergency,
    )
    return replace(answer, not_on_his_side=bool(answer) and len(usable) < len(held.sides))


def sides_taken(found: Installation, kind: str) -> frozenset[str]:
    """The sides agencies of this kind may stand on in a case: their usual one, and that of who is sent to them."""
    sides: set[str] = set()
    for side in found.sides.get(kind, ()):
        sides.add(usual_side(kind=kind, side=side))
        sides |= {side_about(kind=kind, side=side, subject_side=each) for each in (Side.VICTIM, Side.PERPETRATOR)}
    return frozenset(sides)


STANDING = (
    WayIn.RECORDING,
    WayIn.SITUATION,
    WayIn.J2_CONTACT,
    WayIn.COMPLAINT,
    WayIn.DISPUTE,
    WayIn.REFERRAL,
    WayIn.COORDINATION,
)
"""Acts that open by default. What is decided by hand, asked for, or opened in an emergency stands apart."""


OWN_RECORD = frozenset({WayIn.RECORDING, WayIn.SITUATION})
"""Those by which a service opens a case to itself."""


def reaches(found: Installation, way_in: WayIn, kind: str) -> bool:
    """Whether this act ever opens a case to agencies of this kind."""
    if way_in == WayIn.RECORDING:
        return any(may_record(member) for member in functions(kind))
    if way_in == WayIn.SITUATION:
        return any(may_open_situation(member) for member in functions(kind))
    if way_in == WayIn.J2_CONTACT:
        return kind in VICTIM_CELLS
    if way_in == WayIn.COMPLAINT:
        return kind == COMPLAINTS_GO_TO
    if way_in == WayIn.DISPUTE:
        return kind == COMPLAINTS_GO_TO and settings.DISPUTES_GO_TO_PROSECUTOR
    if way_in == WayIn.COORDINATION:
        return kind == AgencyKind.COORDINATION
    return kind in found.take_referrals


def opened_by(found: Installation, way_in: WayIn, kind: str) -> frozenset[str]:
    """The permissions this act opens to agencies of this kind, by the default in force."""
    served = found.served(way_in, kind)
    if served is None or not reaches(found, way_in, kind):
        return frozenset()
    opened: set[str] = set()
    for usual in found.sides[kind]:
        for subject in (Side.VICTIM, Side.PERPETRATOR) if way_in == WayIn.REFERRAL else (Side.VICTIM,):
            if way_in == WayIn.RECORDING:
                side = ParticipationSide.NEUTRAL
            elif way_in == WayIn.REFERRAL:
                side = side_about(kind=kind, side=usual, subject_side=subject)
            else:
                side = usual_side(kind=kind, side=usual)
            grants = grants_for_side(served.default.grants, subject)
            if way_in == WayIn.SITUATION:
                grants = of_own_record(grants, side=side)
            leaves_justice = way_in != WayIn.RECORDING and of_judicial_origin(grants, recipient_kind=kind)
            if not leaves_justice and not refused_to(side) & {permission_of(grant) for grant in grants}:
                opened |= set(total([Opening(tuple(grants))], side=side))
    return frozenset(opened)


def bases_for(kind: str, pair: Pair) -> tuple[Basis, ...]:
    """The bases on which somebody may decide to open data of this category and side to agencies of this kind."""
    category, side = pair
    if category not in LISTED:
        return ()
    leaves_justice = bool(of_judicial_origin([f"{category}:{side}"], recipient_kind=kind))
    found = []
    for basis in bases.DECIDABLE:
        if basis == Basis.CONSENT:
            own = (consents.OWN[role] for role in consents.OWN if ROLE_SIDE[role] == side)
            open_to = any(category in categories for categories in own)
        elif basis == Basis.PROSECUTOR_AUTHORISATION:
            open_to = kind in authorisations.KINDS and category in authorisations.CATEGORIES
        else:
            open_to = not leaves_justice and kind in bases.RECIPIENTS.get(basis, {kind})
        if open_to:
            found.append(basis)
    return tuple(found)


def _emergency(kind: str, sides: frozenset[str]) -> frozenset[str]:
    if not any(may_search_in_emergency(member) for member in functions(kind)):
        return frozenset()
    return frozenset({VIEW_CASE} | {permission_of(grant) for side in sides for grant in break_glass.opens(side)})


# --- the list -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Function:
    """A role in a kind of agency; the number of its members is told as a small cell may be."""

    role: Role
    members: str


@dataclass(frozen=True)
class Line:
    """Functions of one kind of agency that data are open to alike: one answer for each of PAIRS."""

    functions: tuple[Function, ...]
    ways: Mapping[Pair, Ways]


def functions(kind: str) -> list[Membership]:
    """Memberships that exist nowhere, one for each role that fits this kind of agency."""
    members = [stand_in(role, kind) for role in Role]
    return [member for member in members if role_fits(member.role, member.agency)]


def lines(found: Installation, kind: str) -> list[Line]:
    """The functions of a kind of agency and what each may reach; functions answered alike share a line."""
    held = reach(found, kind)
    alike: dict[tuple[Ways, ...], list[Function]] = {}
    for member in functions(kind):
        answers = tuple(ways(held, member, pair) for pair in PAIRS)
        number = few(found.members.get((kind, member.role), 0))
        alike.setdefault(answers, []).append(Function(Role(member.role), number))
    return [Line(tuple(same), dict(zip(PAIRS, answers, strict=True))) for answers, same in alike.items()]


def reading_only() -> list[Role]:
    """The roles that read cases and write nothing in them, wherever they exist."""
    members = {member.role: member for kind in AgencyKind for member in functions(kind)}
    return [role for role in Role if may_see_cases(members[role]) and not may_write(members[role])]


def asking_on_the_road() -> dict[AgencyKind, list[Role]]:
    """Who may ask, in the cases of every service, which protection measures bind a person now."""
    asking = {kind: [Role(each.role) for each in functions(kind) if may_check_on_the_road(each)] for kind in AgencyKind}
    return {kind: roles for kind, roles in asking.items() if roles}


def kinds(found: Installation) -> list[AgencyKind]:
    """The kinds of agencies of this installation, in the order of the enumeration."""
    return [kind for kind in AgencyKind if kind in found.sides]


def defaults_in_force(found: Installation, wanted: list[AgencyKind]) -> list[Published]:
    """The defaults that serve these kinds by an act that reaches them, and those decisions start from."""
    keys: dict[tuple[str, str], Published] = {}
    for way_in in (*STANDING, WayIn.DECISION):
        for kind in wanted:
            served = found.served(way_in, kind)
            if served is not None and (way_in == WayIn.DECISION or reaches(found, way_in, kind)):
                keys[way_in, served.default.agency_kind] = served
    return list(keys.values())


# --- in words -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Sign:
    """A way as one letter of the table, with what it stands for."""

    letter: str
    words: str


def legend() -> dict[str, Sign]:
    """The letters of the table, in the order they stand in a cell."""
    return {
        "own": Sign(pgettext("way of access", "O"), _("own record: what the service wrote or recorded itself")),
        "right": Sign(
            pgettext("way of access", "W"),
            _(
                "way in: opened by an act, as the defaults in force say (accepted J+2 contact, complaint, referral,"
                " request retained by the coordination)"
            ),
        ),
        "part": Sign(pgettext("way of access", "P"), _("part: open with any part taken in the case")),
        "decision": Sign(
            pgettext("way of access", "D"),
            _("decision: only on a sharing decided for this case, on a basis and for a time"),
        ),
        "authorised": Sign(
            pgettext("way of access", "A"),
            _("authorisation: as a decision, but only on an authorisation of the prosecutor"),
        ),
        "emergency": Sign(
            pgettext("way of access", "E"),
            _("emergency access, %(hours)d hours at most, judged afterwards") % {"hours": settings.BREAK_GLASS_HOURS},
        ),
        "not_his": Sign("*", _("closed in a case where the service works with the presumed perpetrator")),
        "never": Sign("–", _("never, whatever is decided")),
    }


def signs(answer: Ways) -> list[str]:
    """The keys of `legend` that a cell shows."""
    authorised = answer.bases == (Basis.PROSECUTOR_AUTHORISATION,)
    shown = {
        "own": answer.own or bool(OWN_RECORD & set(answer.ways_in)),
        "right": bool(set(answer.ways_in) - OWN_RECORD),
        "part": answer.taking_part,
        "decision": bool(answer.bases) and not authorised,
        "authorised": authorised,
        "emergency": answer.emergency,
        "not_his": answer.not_on_his_side,
        "never": not answer,
    }
    return [key for key, wanted in shown.items() if wanted]


def in_words(found: Installation, kind: str, answer: Ways) -> list[str]:
    """The ways of one cell, a sentence each."""
    if not answer:
        return [_("never, whatever is decided")]
    said = [_("what the service wrote itself")] if answer.own else []
    for way_in in answer.ways_in:
        values = {"way_in": way_in.label, "version": found.served(way_in, kind).default.version}
        said.append(_("%(way_in)s (default, version %(version)d)") % values)
    if answer.taking_part:
        said.append(_("with any part taken in the case"))
    if answer.bases:
        values = {"bases": ", ".join(str(basis.label) for basis in answer.bases)}
        words = (
            _("on a decision, as the defaults propose: %(bases)s") if answer.proposed else _("on a decision: %(bases)s")
        )
        said.append(words % values)
    if answer.emergency:
        said.append(_("emergency access, %(hours)d hours at most") % {"hours": settings.BREAK_GLASS_HOURS})
    if answer.not_on_his_side:
        said.append(_("closed in a case where the service works with the presumed perpetrator"))
    return said
