"""What was said aloud, by phone or across a table: written down afterwards; it opens nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from agencies.enums import AgencySide
from agencies.models import Agency, Membership
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, Side
from cases.models import Case
from cases.services import check
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.once import insert_once

from .bases import DECIDABLE
from .grants import permission_of, refused_to
from .models import Basis, OralDisclosure, SharingDecision
from .perms import may_open, may_record_oral
from .services import participation_side

LONGEST_NAME = 150
OLDEST = timedelta(days=366)


def record_oral(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    to_agency: Agency | None,
    to_whom: str,
    grants: Sequence[str],
    basis: str,
    said_at: datetime | None,
    necessity: str = "",
    key: UUID,
) -> OralDisclosure:
    """Write down what the acting agency said, to whom and on what basis. The same `key` gives the same row.

    What should never have been said is written down like the rest: what happened is the record; see `never_said`.
    Raises Refused for who may not add to the case, RuleBroken by field.
    """
    if not may_record_oral(access):
        raise Refused(_("You can read this case but not add to it."))
    mine = OralDisclosure.objects.filter(pk=key, case=case, agency=by.agency_id)
    if (already := mine.first()) is not None:
        return already
    errors: dict[str, list[str]] = {}
    if to_agency is None and not to_whom.strip():
        errors["to_whom"] = [_("Say to whom: choose a service, or write who it was.")]
    elif problem := text_problem(to_whom, most=LONGEST_NAME):
        errors["to_whom"] = [problem]
    elif to_agency is not None and to_agency.pk == by.agency_id:
        errors["to_agency"] = [_("Between colleagues of one service nothing is disclosed.")]
    if not grants or not may_open(access, list(grants)):
        errors["grants"] = [_("Say what it was about, among what your agency sees.")]
    if basis not in DECIDABLE:
        errors["basis"] = [_("Choose on what basis it was said.")]
    if said_at is None or not now() - OLDEST < said_at <= now() + timedelta(minutes=5):
        errors["said_at"] = [_("Say when: it cannot be in the future.")]
    if errors:
        raise RuleBroken(errors)
    said = OralDisclosure(
        pk=key,
        case=case,
        to_agency=to_agency,
        to_whom=to_whom.strip() or (to_agency.name if to_agency else ""),
        grants=sorted(set(grants)),
        basis=basis,
        necessity=necessity.strip(),
        said_at=said_at,
        agency=by.agency,
        said_by=by.user,
    )
    check(said)
    said, new = insert_once(said, mine=mine)
    if not new:
        return said
    record(
        action=Action.DECIDED,
        case_id=case.pk,
        object_kind="sharing.OralDisclosure",
        object_id=said.pk,
        fields=said.grants,
        reason=basis,
    )
    return said


def never_said(said: OralDisclosure) -> bool:
    """Whether it told his side what it is always refused: a safety incident to report at once."""
    if said.to_agency is None:
        return False
    side = participation_side(case=said.case, agency=said.to_agency)
    return bool(refused_to(side) & {permission_of(item) for item in said.grants})


@dataclass(frozen=True)
class Said:
    """Something said aloud, as who reads it may know it: where `speaker` is empty the service that spoke is not told,
    nor its words.
    """

    speaker: str
    to_whom: str
    grants: tuple[str, ...]
    basis: str
    said_at: datetime
    necessity: str


def known_to(access: CaseAccess) -> QuerySet[OralDisclosure]:
    """What the acting agency said in a case, or was told by a service it may know, the latest first."""
    if not access:
        return OralDisclosure.objects.none()
    return _known(access, _hers(access))


def _known(access: CaseAccess, hers: frozenset[UUID]) -> QuerySet[OralDisclosure]:
    mine = Q(agency=access.agency_id) | (Q(to_agency=access.agency_id) & ~Q(agency__in=hers))
    return OralDisclosure.objects.filter(mine, case=access.case_id).select_related("agency", "to_agency")


def said_in(access: CaseAccess, *, most: int) -> list[Said]:
    """What was said, the latest first. Who may not know her services reads that it was told something, about what and
    when: neither which of them spoke nor what it wrote.
    """
    if not access:
        return []
    hers = _hers(access)
    whole = [
        Said(
            each.agency.short_name,
            each.to_whom,
            tuple(each.grants),
            str(each.get_basis_display()),
            each.said_at,
            each.necessity,
        )
        for each in _known(access, hers)[:most]
    ]
    if hers:
        with system_context(SystemContext.GRANTS):
            heard = OralDisclosure.objects.filter(
                case=access.case_id, to_agency=access.agency_id, agency__in=hers
            ).select_related("to_agency")
            rows = list(heard.values_list("to_agency__short_name", "grants", "basis", "said_at")[:most])
        whole += [
            Said("", name, tuple(grants), str(Basis(basis).label), said_at, "") for name, grants, basis, said_at in rows
        ]
    return sorted(whole, key=lambda each: each.said_at, reverse=True)[:most]


def _hers(access: CaseAccess) -> frozenset[UUID]:
    """The services of hers this access may not know: by their decisions in the case, or by their usual side."""
    if access.can(Category.NETWORK, Side.VICTIM):
        return frozenset()
    with system_context(SystemContext.GRANTS):
        spoke = OralDisclosure.objects.filter(case=access.case_id, to_agency=access.agency_id)
        decided = SharingDecision.objects.filter(
            case=access.case_id, recipient=OuterRef("agency"), side=ParticipationSide.VICTIM
        )
        hers = spoke.filter(Q(agency__side=AgencySide.VICTIM) | Exists(decided))
        return frozenset(hers.exclude(agency=access.agency_id).values_list("agency", flat=True))
