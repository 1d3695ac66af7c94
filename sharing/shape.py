"""The shape of what agencies hold in a case: kinds of agencies, categories, sides, bases, dates.

For who administers the platform or follows data protection, and sees no case: enough to answer "why can they not see
it?".

No name of a person or of an agency, no text that somebody typed, no identifier. A kind and a side are as near as it
goes: that this shelter follows this victim is content, and the agency that asks knows which of the lines is its own.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from agencies.models import Membership
from cases.access import CaseAccess, excludes, held_access, held_rows, people_counted
from cases.enums import CONTRIBUTE, ParticipationSide
from cases.models import Case
from cases.words import about
from common.acting import SystemContext, system_context
from common.errors import Refused

from .grants import total
from .models import SharingDecision, WayIn
from .perms import may_read_shape

MOST = 500
FEW = 3
NO_CASE = UUID(int=0)
COLUMNS = (
    "case", "side", "basis", "way_in", "grants", "contributes", "starts_at", "ends_at", "recipient__kind",
    "recipient__group", "consent__valid_until", "consent__withdrawal__withdrawn_at", "authorisation__valid_until",
    "authorisation__taken_back__ended_at", "revocation__revoked_at",
)  # fmt: skip
RELATED = (
    "recipient", "consent", "consent__withdrawal", "authorisation", "authorisation__taken_back", "revocation"
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One decision: its way in and basis in words, what it opens, from when until when, and whether it holds."""

    way_in: str
    basis: str
    opens: list[str]
    contributes: bool
    starts_at: datetime
    ends_at: datetime | None
    holds: bool


@dataclass(frozen=True)
class Participation:
    """An agency without its name: its kind, its side in the case, what it holds now, and each decision about it."""

    kind: str
    side: str
    sees: bool
    own_work_only: bool
    contributes: bool
    holds: list[str]
    until: datetime | None
    lines: list[Line]


@dataclass(frozen=True)
class Shape:
    """What may be told of one case. Numbers of persons are words, so that few are not told from none."""

    case_id: UUID
    restricted: bool
    named: str
    excluded: str
    participations: list[Participation]


def shape_of(by: Membership, reference: str) -> Shape | None:
    """The shape of the case of this reference; None where there is none, or where this person is excluded from it.

    The same four queries whether it exists or not. Raises Refused for anybody else.
    """
    if not may_read_shape(by):
        raise Refused()
    with system_context(SystemContext.OVERSIGHT):
        wanted = Case.objects.filter(~excludes(case="pk", user=by.user_id), reference=reference.strip().upper()[:20])
        case = wanted.only("restricted").first()
        case_id = case.pk if case else NO_CASE
        decisions = list(
            SharingDecision.objects.filter(case=case_id)
            .annotate(
                live=Exists(SharingDecision.objects.live().filter(pk=OuterRef("pk"))),
                held=held_rows(case="case", group="recipient__group"),
            )
            .select_related(*RELATED)
            .only(*COLUMNS)
            .order_by("-starts_at", "-pk")[:MOST]
        )
        named, excluded = people_counted(case_id)
    by_agency: dict[UUID, list[SharingDecision]] = {}
    for decision in decisions:
        by_agency.setdefault(decision.recipient_id, []).append(decision)
    if case is None:
        return None
    found = [_participation(case.pk, rows) for rows in by_agency.values()]
    found.sort(key=lambda one: (one.kind, one.side, not one.sees))
    return Shape(case.pk, case.restricted, few(named), few(excluded), found)


def few(count: int) -> str:
    """A number of persons as it may be told."""
    return str(count) if count >= FEW else str(_("fewer than %(few)d") % {"few": FEW})


def _participation(case_id: UUID, decisions: list[SharingDecision]) -> Participation:
    agency = decisions[0].recipient
    held = held_access(case_id, agency.pk, decisions[0].held)
    his = any(decision.side == ParticipationSide.PERPETRATOR for decision in decisions)
    side = held.side or (ParticipationSide.PERPETRATOR if his else decisions[0].side)
    return Participation(
        kind=str(agency.get_kind_display()),
        side=str(ParticipationSide(side).label),
        sees=bool(held),
        own_work_only=held.own_work_only,
        contributes=held.has(CONTRIBUTE),
        holds=[about(*pair) for pair in held.categories],
        until=held.grants.get("view_case"),
        lines=[_line(decision, side) for decision in decisions],
    )


def _line(decision: SharingDecision, side: str) -> Line:
    opened = CaseAccess(None, None, total([decision.opening()], side=side), side)
    return Line(
        way_in=str(WayIn(decision.way_in).label),
        basis=str(decision.get_basis_display()),
        opens=[about(*pair) for pair in opened.categories],
        contributes=decision.contributes,
        starts_at=decision.starts_at,
        ends_at=decision.ended_at,
        holds=decision.live,
    )
