"""Who consults without identity, and who asks and answers for the coordination. Pure predicates."""

from agencies.enums import JUDICIAL_KINDS, AgencyKind
from agencies.models import Membership
from agencies.perms import may_see_cases, may_write
from cases.access import CaseAccess
from cases.enums import COORDINATE, ParticipationSide

from .models import Consultation, CoordinationRequest, GridVersion, RequestState
from .rules import RANK
from .scoring import INSUFFICIENT, JUDGEMENT
from .versions import definition_of, open_to

ASKED_FROM = RANK["high"]
"""From this rank on, the coordination is asked."""


def may_read_consultations(membership: Membership | None) -> bool:
    """Whoever works with cases reads what their service consulted about."""
    return may_see_cases(membership)


def is_offered_consultations(membership: Membership | None) -> bool:
    """Whether the navigation proposes it: to who writes, outside police and justice, who know whom they report on."""
    return may_write(membership) and membership.agency.kind not in JUDICIAL_KINDS


def may_consult_with(membership: Membership | None, version: GridVersion) -> bool:
    """Score a situation without identity with this version: who writes, with a grid open to their service."""
    return may_write(membership) and definition_of(version).anonymous and open_to(membership.agency, version)


def may_change_consultation(membership: Membership | None, consultation: Consultation) -> bool:
    """Answer again or erase: a writer of the service, until the coordination is asked."""
    asked = getattr(consultation, "request", None) is not None
    return may_write(membership) and consultation.agency_id == membership.agency_id and not asked


def calls_for_coordination(level: str) -> bool:
    """Whether a level is one at which the coordination is asked."""
    return RANK.get(level, -1) >= ASKED_FROM


def may_ask_from(membership: Membership | None, consultation: Consultation) -> bool:
    """Ask about a situation without identity: at a high level, or where the grid leaves it to judgement."""
    level = consultation.indicative_level
    return may_change_consultation(membership, consultation) and (calls_for_coordination(level) or level == JUDGEMENT)


def knows_too_little(level: str) -> bool:
    """Whether the answers indicate no level because too few are known."""
    return level == INSUFFICIENT


def may_ask_coordination(access: CaseAccess) -> bool:
    """Ask the coordination to take up a case: whoever adds to it, on whichever side."""
    return access.contribute


def coordinates(membership: Membership | None) -> bool:
    """Whether requests to the coordination come to this service, for its writers to answer and its readers to read."""
    return may_see_cases(membership) and membership.agency.kind == AgencyKind.COORDINATION


def may_answer(membership: Membership | None, request: CoordinationRequest) -> bool:
    """Retain or redirect what waits: a writer of the coordination that was asked."""
    return (
        may_write(membership) and request.coordination_id == membership.agency_id and request.state == RequestState.SENT
    )


def may_withdraw(membership: Membership | None, request: CoordinationRequest) -> bool:
    """Take back what nobody has answered: a writer of the service that asked."""
    return may_write(membership) and request.agency_id == membership.agency_id and request.state == RequestState.SENT


def awaits_identity(request: CoordinationRequest) -> bool:
    """Retained, and nobody has said yet who it is about."""
    return request.state == RequestState.RETAINED and request.case_id is None


def may_identify(membership: Membership | None, request: CoordinationRequest) -> bool:
    """Say who it is about, once it is retained: a writer of the service that asked."""
    return may_write(membership) and request.agency_id == membership.agency_id and awaits_identity(request)


def knows_monitoring(access: CaseAccess) -> bool:
    """Whether close monitoring is told: to who receives the level, and to the coordination; never to his side."""
    return access.side != ParticipationSide.PERPETRATOR and (access.level or access.has(COORDINATE))


def may_end_monitoring(access: CaseAccess) -> bool:
    """Say that the plan is agreed, and end close monitoring: the coordination that takes part."""
    return access.contribute and access.has(COORDINATE)
