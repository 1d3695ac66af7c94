"""What each may do, asked of the predicates the services themselves ask. Nothing here decides."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from agencies.enums import AgencyKind, Role
from agencies.models import Agency, Membership
from agencies.perms import (
    may_administer_agency,
    may_administer_platform,
    may_countersign,
    may_give,
    may_see_cases,
    may_write,
    role_fits,
)
from cases.enums import Category, Side
from reports.perms import may_record
from sharing.models import SharingDefault, WayIn
from sharing.perms import may_read_shape
from sharing.services import default_grants


@dataclass(frozen=True)
class Act:
    """Something a role opens, whatever the case; what a case itself opens comes on top."""

    label: str | Promise
    allowed: Callable[[Membership], bool]


ACTS = (
    Act(_("See the cases of the agency, as far as each is shared with it"), may_see_cases),
    Act(_("Add to cases: notes, grids, referrals, answers, contacts made"), may_write),
    Act(_("Record a police report"), may_record),
    Act(_("Countersign a level lower than the indicative one"), may_countersign),
    Act(_("Invite people into the agency and end their roles"), lambda m: may_administer_agency(m, m.agency_id)),
    Act(_("Open, change and close agencies; invite people anywhere"), may_administer_platform),
    Act(_("Read which kinds of services hold what in a case, without its content"), may_read_shape),
)


@dataclass(frozen=True)
class Cell:
    """One role × act: allowed everywhere the role exists, nowhere, or in some kinds of agencies only."""

    answer: str
    kinds: tuple[str, ...] = ()


def acts_of(member: Membership) -> list[tuple[str | Promise, bool]]:
    """What this member may do: (act, yes or no)."""
    return [(act.label, act.allowed(member)) for act in ACTS]


def stand_in(role: str, kind: str) -> Membership:
    """A membership that exists nowhere, to ask the predicates about a role in a kind of agency."""
    return Membership(role=role, agency=Agency(kind=kind))


def roles_by_acts() -> list[tuple[Role, list[Cell]]]:
    """Each role with its cells, in the order of ACTS."""
    return [(role, [_cell(role, act) for act in ACTS]) for role in Role]


def _cell(role: Role, act: Act) -> Cell:
    members = [stand_in(role, kind) for kind in AgencyKind]
    fitting = [member for member in members if role_fits(role, member.agency)]
    allowed = [member for member in fitting if act.allowed(member)]
    if not allowed:
        return Cell("no")
    if len(allowed) == len(fitting):
        return Cell("yes")
    return Cell("some", tuple(str(AgencyKind(member.agency.kind).label) for member in allowed))


def roles_by_roles() -> list[tuple[Role, list[str]]]:
    """For each role that gives roles: the labels of those it may give, where they exist."""
    table = []
    for role in Role:
        giver = stand_in(role, AgencyKind.COORDINATION)
        given = [str(other.label) for other in Role if may_give(giver, other, giver.agency)]
        if given:
            table.append((role, given))
    return table


@dataclass(frozen=True)
class Opening:
    """What a way in opens to some kinds of agencies (no kind named: to all others)."""

    kinds: tuple[str, ...]
    categories: tuple[str, ...]
    contributes: bool
    valid_days: int | None
    version: int
    provenance: str
    verified_on: date | None


def openings() -> list[tuple[WayIn, list[Opening]]]:
    """Ways in × kinds of agencies, by the reference data in force."""
    named: dict[str, set[str]] = {}
    for way_in, kind in SharingDefault.objects.values_list("way_in", "agency_kind").distinct():
        named.setdefault(way_in, set()).add(kind)
    return [(way_in, list(_openings(way_in, named.get(way_in, set())))) for way_in in WayIn]


def _openings(way_in: WayIn, named: set[str]):
    kinds = [kind for kind in AgencyKind if kind in named]
    if "" in named:
        kinds.append(next(kind for kind in AgencyKind if kind not in named))
    for kind in kinds:
        found = default_grants(way_in=way_in, agency=Agency(kind=kind))
        yield Opening(
            kinds=(str(kind.label),) if kind in named else (),
            categories=in_words(found.grants),
            contributes=found.contributes,
            valid_days=found.valid_days,
            version=found.version,
            provenance=found.provenance[(get_language() or "fr")[:2]],
            verified_on=found.verified_on,
        )


def in_words(grants: list[str]) -> tuple[str, ...]:
    """ "category:side" pairs as people read them, one line per category."""
    sides: dict[str, list[str]] = {}
    for grant in grants:
        category, _separator, side = grant.partition(":")
        sides.setdefault(category, []).append(side)
    subject = _("person referred")
    lines = []
    for category in Category:
        found = sides.get(category, [])
        words = [str(subject) if side == "subject" else str(Side(side).label) for side in found if side != Side.CASE]
        if found:
            lines.append(f"{category.label} ({', '.join(words)})" if words else str(category.label))
    return tuple(lines)
