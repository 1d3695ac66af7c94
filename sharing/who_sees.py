"""Who reads a case and why, from the permission rows that hold and the decisions the acting agency may know of."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q

from agencies.models import Agency
from cases.access import CaseAccess, held_access, held_rows
from cases.enums import VIEW_CASE, VIEW_OWN_WORK, Category, ParticipationSide, Side
from cases.models import Case
from cases.who_sees import Reader, Reason
from common.acting import SystemContext, system_context

from .grants import total
from .models import SharingDecision

FEW = 300
COLUMNS = (
    "case", "side", "basis", "way_in", "grants", "contributes", "ends_at",
    *(f"recipient__{name}" for name in ("name", "short_name", "kind", "group")),
    "consent__valid_until", "authorisation__valid_until",
)  # fmt: skip
"""What the sum and its reasons are made of; nothing of what was written about a decision or a consent."""


def readers(case: Case, access: CaseAccess) -> list[Reader]:
    """The agencies this access may know to read the case, the acting one first, then by name. One query.

    What is told of another agency is what it really holds, and of that only what a decision known here opens.
    """
    found: dict[object, list[SharingDecision]] = defaultdict(list)
    for decision in _known(case, access):
        found[decision.recipient_id].append(decision)
    others = [
        reader
        for agency_id, decisions in found.items()
        if agency_id != access.agency_id and (reader := _reader(decisions, access))
    ]
    return [_own(found[access.agency_id], access), *sorted(others, key=lambda reader: reader.agency.short_name)]


def _known(case: Case, access: CaseAccess) -> list[SharingDecision]:
    """The decisions this access may know of, each with what its recipient holds now, and whether it holds itself."""
    known = SharingDecision.objects.of_case(access)
    if access.side == ParticipationSide.PERPETRATOR:
        # whom it brought in itself, before it stood on his side, is no longer told here
        known = known.filter(Q(recipient=access.agency_id) | access.network())
    # whether a decision still holds depends on consents that this agency may not read
    with system_context(SystemContext.GRANTS):
        return list(
            known.annotate(
                holds=Exists(SharingDecision.objects.live().filter(pk=OuterRef("pk"))),
                held=held_rows(case="case", group="recipient__group"),
            )
            .select_related("recipient", "consent", "authorisation")
            .only(*COLUMNS)
            .order_by("-holds", "-decided_at")[:FEW]
        )


def _own(decisions: list[SharingDecision], access: CaseAccess) -> Reader:
    agency = decisions[0].recipient if decisions else Agency.objects.get(pk=access.agency_id)
    return Reader(agency, access, _reasons(decisions, access.side))


def _reader(decisions: list[SharingDecision], access: CaseAccess) -> Reader | None:
    agency = decisions[0].recipient
    held = held_access(access.case_id, agency.pk, decisions[0].held)
    if not held:
        return None
    opened = set(total([decision.opening() for decision in decisions if decision.holds], side=held.side))
    his = held.side == ParticipationSide.PERPETRATOR
    if held.has(VIEW_OWN_WORK) and access.can(Category.NETWORK, Side.PERPETRATOR if his else Side.VICTIM):
        opened |= {VIEW_CASE, VIEW_OWN_WORK}
    told = {name: end for name, end in held.grants.items() if name in opened}
    if VIEW_CASE not in told:
        return None
    return Reader(agency, CaseAccess(access.case_id, agency.pk, told, held.side), _reasons(decisions, held.side))


def _reasons(decisions: Iterable[SharingDecision], side: str) -> tuple[Reason, ...]:
    return tuple(
        Reason(decision.get_basis_display(), frozenset(total([decision.opening()], side=side)), decision.end)
        for decision in decisions
        if decision.holds
    )
