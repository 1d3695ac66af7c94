"""Who may decide on a sharing, and who may end what was decided. Pure predicates."""

from agencies.enums import AgencyKind, Role
from agencies.models import Membership
from agencies.perms import SENIORS, may_administer_platform, may_oversee, may_see_cases, may_write
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, PersonRole, Side
from cases.models import Case, CasePerson
from cases.perms import investigates, may_know_both

from .models import (
    Basis,
    BreakGlass,
    Consent,
    InformationRequest,
    ProsecutorAuthorisation,
    RectificationRecipient,
    SafetyIncident,
    SharingDecision,
    SubjectRequest,
    WayIn,
)

GIVERS = frozenset({PersonRole.VICTIM, PersonRole.PRESUMED_PERPETRATOR, PersonRole.CONVICTED, PersonRole.CHILD})
"""Who consents, each for what is their own."""


def may_open(access: CaseAccess, grants: list[str]) -> bool:
    """An agency that takes part opens to others what it sees itself, never more."""
    return access.contribute and all(access.can(*item.split(":")) for item in grants)


def works_with(access: CaseAccess, side: str) -> bool:
    """Whether the agency may speak with the people of this side: it is on their side or on neither, and knows them."""
    return access.side in (side, ParticipationSide.NEUTRAL) and access.can(Category.IDENTITY, side)


def may_record_consent(access: CaseAccess, person: CasePerson) -> bool:
    """Write down what a person agrees to share: who adds to the case and works with that person."""
    return access.contribute and person.role in GIVERS and works_with(access, person.side)


def may_hand_sheet(access: CaseAccess, consent: Consent) -> bool:
    """Read and print what the person takes home: who recorded the consent, or works with the person.

    His side never: the sheet of hers names who follows her. Hers never: his is handed to him by who works with him.
    """
    hers_to_his = consent.side == Side.VICTIM and access.side == ParticipationSide.PERPETRATOR
    return not hers_to_his and (consent.agency_id == access.agency_id or works_with(access, consent.side))


def may_withdraw(access: CaseAccess, consent: Consent) -> bool:
    """Whoever recorded the consent, or works with the person who gave it: a change of mind is never sent elsewhere."""
    if not access.may_write:
        return False
    with_the_person = access.takes_part and access.side == consent.side and access.can(Category.IDENTITY, consent.side)
    return consent.agency_id == access.agency_id or with_the_person


def may_revoke(membership: Membership | None, decision: SharingDecision) -> bool:
    """The agency that decided it; its own record and what the law sends are not taken back."""
    return (
        may_write(membership)
        and decision.agency_id == membership.agency_id
        and decision.basis not in {Basis.OWN_RECORD, Basis.LEGAL_OBLIGATION}
        and decision.way_in != WayIn.COMPLAINT
    )


def may_ask(access: CaseAccess) -> bool:
    """Who adds to a case may ask another service of it for what it does not see."""
    return access.contribute


def may_answer_request(access: CaseAccess, request: InformationRequest) -> bool:
    """The agency that was asked."""
    return access.contribute and request.to_agency_id == access.agency_id


def may_withdraw_request(access: CaseAccess, request: InformationRequest) -> bool:
    """The agency that asked."""
    return access.contribute and request.from_agency_id == access.agency_id


def may_record_oral(access: CaseAccess) -> bool:
    """Whoever adds to a case writes down what they said aloud."""
    return access.contribute


def may_decide(access: CaseAccess) -> bool:
    """Who adds to a case may share of it what their agency sees."""
    return access.contribute


def may_authorise(access: CaseAccess, membership: Membership) -> bool:
    """Record a prosecutor's authorisation for this case: the prosecutor, or police of the case who note who gave it."""
    return access.contribute and membership.agency.kind in {AgencyKind.PROSECUTOR, AgencyKind.POLICE}


def may_authorise_standing(membership: Membership | None) -> bool:
    """Record an authorisation for every case: the prosecutor alone."""
    return may_write(membership) and membership.agency.kind == AgencyKind.PROSECUTOR


def may_see_standing(membership: Membership | None) -> bool:
    """Read the list of standing authorisations: whoever works for a prosecutor's office, readers too."""
    return may_see_cases(membership) and membership.agency.kind == AgencyKind.PROSECUTOR


def may_take_back(membership: Membership | None, authorisation: ProsecutorAuthorisation) -> bool:
    """Take an authorisation back: the prosecutor who gave it, or the agency that wrote it down."""
    concerned = {authorisation.agency_id, authorisation.prosecutor_id}
    return may_write(membership) and membership.agency_id in concerned


def may_search_in_emergency(membership: Membership | None) -> bool:
    """Look for a case of another service in an emergency, and open it: roles that write, in a service with cases."""
    return may_see_cases(membership) and may_write(membership)


def may_end_emergency(membership: Membership, emergency: BreakGlass, *, leads: bool) -> bool:
    """The service that opened it; who answers for the agency that leads the case; the data-protection officer."""
    opened = may_write(membership) and membership.agency_id == emergency.agency_id
    return opened or (leads and membership.role in SENIORS) or may_oversee(membership)


def may_review_emergency(membership: Membership, emergency: BreakGlass, *, leads: bool) -> bool:
    """Somebody else, of another agency: who answers for the agency that leads, or the data-protection officer."""
    if membership.user_id == emergency.user_id:
        return False
    other = leads and membership.role in SENIORS and membership.agency_id != emergency.agency_id
    return other or may_oversee(membership)


def may_read_shape(membership: Membership | None) -> bool:
    """Read which kinds of agencies hold what in a case, without its content: who administers the platform, or follows
    data protection.
    """
    return may_administer_platform(membership) or may_oversee(membership)


def may_report_incident(membership: Membership | None) -> bool:
    """Anybody who belongs to an agency, whatever the role."""
    return membership is not None


def may_follow_incident(membership: Membership | None, incident: SafetyIncident) -> bool:
    """The data-protection officer; the seniors of the agency that reported it, or that leads its case."""
    if may_oversee(membership):
        return True
    if membership is None or membership.role not in SENIORS:
        return False
    lead = incident.case.lead_agency_id if incident.case is not None else None
    return membership.agency_id in (incident.agency_id, lead)


def may_publish_lesson(membership: Membership | None) -> bool:
    """The data-protection officer and coordinators."""
    return membership is not None and (may_oversee(membership) or membership.role == Role.COORDINATOR)


def may_acknowledge(membership: Membership | None, told: RectificationRecipient) -> bool:
    """Say that one's own papers are corrected: who writes for the agency that was told."""
    return may_write(membership) and told.agency_id == membership.agency_id


def may_link(membership: Membership | None) -> bool:
    """Say which cases belong together: a prosecutor's office that writes, or a coordinator."""
    return may_write(membership) and (
        membership.agency.kind == AgencyKind.PROSECUTOR or membership.role == Role.COORDINATOR
    )


def may_see_alike(membership: Membership | None) -> bool:
    """Be proposed cases that look alike: who may link them, and police, who bring it to the prosecutor. To the others
    a suspicion about people is not told, whatever they see.
    """
    return may_link(membership) or investigates(membership)


def may_know_link(one: CaseAccess | None, other: CaseAccess | None) -> bool:
    """Know that two cases are linked, by the agency's accesses to them: it sees both, and does not work with him in
    one and with somebody else in the other.
    """
    return may_know_both(one, other)


def reviews_opposing(membership: Membership | None) -> bool:
    """Whether opposing reports are reviewed where this member works: police, a prosecutor's office, a coordinator."""
    return investigates(membership) or (membership is not None and membership.role == Role.COORDINATOR)


def may_review_opposing(membership: Membership | None, *, trained: bool) -> bool:
    """Conclude on two opposing reports: who writes there and has followed the training on partner violence."""
    return may_write(membership) and reviews_opposing(membership) and trained


def may_record_subject_request(membership: Membership | None, access: CaseAccess, person: CasePerson) -> bool:
    """Write down that a person asks who had access to their data: a reference person or manager of a service that may
    write that person's consent.
    """
    return membership is not None and membership.role in SENIORS and may_record_consent(access, person)


def may_handle_subject_request(
    membership: Membership | None, case: Case, access: CaseAccess, request: SubjectRequest
) -> bool:
    """See what an answer would tell, and give or refuse it: a senior of the agency that wrote the request down, or that
    leads the case, who knows the services of both sides. Never his side: it cannot see what an answer would betray.
    """
    return (
        membership is not None
        and membership.role in SENIORS
        and access.takes_part
        and access.side != ParticipationSide.PERPETRATOR
        and access.can(Category.IDENTITY, request.side)
        and all(access.can(Category.NETWORK, side) for side in (Side.VICTIM, Side.PERPETRATOR))
        and membership.agency_id in (request.agency_id, case.lead_agency_id)
    )


def may_check_subject_request(
    membership: Membership | None, case: Case, access: CaseAccess, request: SubjectRequest
) -> bool:
    """Judge the safety of an answer: who may handle the request and did not write it down. Not the data-protection
    officer, who sees no case: where she is and who follows her cannot be judged without it.
    """
    return (
        may_handle_subject_request(membership, case, access, request) and membership.user_id != request.recorded_by_id
    )


def may_hand_subject_answer(
    membership: Membership | None, case: Case, access: CaseAccess, request: SubjectRequest
) -> bool:
    """Take the paper to the person: who may handle the request, and the seniors of the agency that wrote it down while
    it takes part. His side never hands over hers, also where it wrote the request down before it was on his side.
    """
    hers_to_his = request.side != Side.PERPETRATOR and access.side == ParticipationSide.PERPETRATOR
    own = membership is not None and membership.role in SENIORS and access.takes_part and not hers_to_his
    return may_handle_subject_request(membership, case, access, request) or (
        own and membership.agency_id == request.agency_id
    )
