"""The coordination is asked to take up a critical situation; it redirects, or retains: then it joins under its act.

Asked from a consultation without identity, or from a case, with the names or without. Who asks tells what it knows; the
act of the partnership decides what the coordination sees once it has retained: that is a sharing decision of the
coordination's own. From the retention on the situation is under close monitoring and the hours of the coordinated
plan run, also while its identity is awaited. A service on his side may ask; it is not told who joined.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.enums import AgencyKind
from agencies.models import Membership, PartnershipKind, PartnershipMember
from agencies.perms import may_see_cases, may_write
from agencies.services import writers_of
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, get_case, kept_out, participants
from cases.enums import Category, EventCode, Origin, ParticipationSide, PersonRole, Side
from cases.models import Case, CasePerson
from cases.services import log_event, names_somebody
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.locks import lock
from notifications.models import NoticeKind
from notifications.services import notify
from riskassessment import consulting, levels
from riskassessment import consulting_perms as perms
from riskassessment.models import Assessment, CoordinationRequest, FearedEvent, RequestState
from sharing.services import participation_side, proposed_side

from . import coordination_handing as handing
from . import joining
from .joining import KIND

LONGEST_WHY = 2000
LONGEST_REASON = 1000


@dataclass(frozen=True)
class Asked:
    """What was typed: the coordination by its part in a partnership, why, what is feared, with the names or not.

    `confirmed` holds the words of findings that the writer has confirmed to name nobody.
    """

    place_id: UUID | None
    why: str
    feared_events: tuple[str, ...] = ()
    with_identity: bool = False
    confirmed: frozenset[str] = frozenset()


# --- whom to ask ------------------------------------------------------------------------------------------
def places(agency_id: UUID) -> list[PartnershipMember]:
    """The coordinations this agency may ask: those of the concertation schemes it takes part in now."""
    live = PartnershipMember.objects.live()
    return list(
        live.filter(
            coordinates=True,
            agency__kind=AgencyKind.COORDINATION,
            agency__is_active=True,
            partnership__kind=PartnershipKind.DISPOSITIF,
            partnership__in=live.filter(agency=agency_id).values("partnership"),
        )
        .exclude(agency=agency_id)
        .select_related("partnership", "agency")
        .order_by("partnership__name", "agency__name")
    )


def proposal(case: Case, access: CaseAccess) -> dict[str, str] | None:
    """The request that a high or critical level calls for: {"url", "text"}; None where it is not for this service, was
    made already, or the case is monitored as far as it may know.
    """
    if not perms.may_ask_coordination(access) or not perms.calls_for_coordination(known_level(case, access)):
        return None
    if case.monitored_since is not None and perms.knows_monitoring(access):
        return None
    mine = CoordinationRequest.objects.filter(case=case.pk, agency=access.agency_id)
    if mine.waiting().exists() or not places(access.agency_id):
        return None
    return {
        "url": reverse("casework:ask_coordination", args=[case.pk]),
        "text": _(
            "At this level, the coordination can take the situation up: a coordinated plan within %(hours)d hours."
        )
        % {"hours": settings.COORDINATED_PLAN_HOURS},
    }


def known_level(case: Case, access: CaseAccess) -> str:
    """What the case stands at, or else the level of the agency's own last assessment."""
    if access.level:
        return case.level
    own = _own_assessment(case, access.agency_id)
    return levels.of(own).level if own else ""


def _own_assessment(case: Case, agency_id: UUID, **more: Any) -> Assessment | None:
    signed = Assessment.objects.filter(case=case, agency=agency_id, signed_at__isnull=False, **more)
    return (
        signed.exclude(indicative_level="")
        .select_related("grid_version", "conclusion__countersignature")
        .order_by("-signed_at", "-pk")
        .first()
    )


def what_goes_along(case: Case, by: Membership) -> Assessment | None:
    """The assessment whose level goes with a request: the service's own, unless it comes from police or justice, whose
    level leaves them on a prosecutor's authorisation alone.
    """
    return _own_assessment(case, by.agency_id, origin=Origin.SERVICE)


# --- reading ----------------------------------------------------------------------------------------------
def requests_of(by: Membership | None) -> QuerySet[CoordinationRequest]:
    """What the acting agency asked or is asked, the latest first, in cases this person is not kept out of.

    The coordination need not be named in a restricted case to answer; once it has joined, those who are named go on.
    """
    if not may_see_cases(by):
        return CoordinationRequest.objects.none()
    visible = Exists(Case.objects.visible_to(by).filter(pk=OuterRef("case")))
    asked = Q(agency=by.agency_id) & (Q(case=None) | visible)
    received = Q(coordination=by.agency_id) & ~Q(kept_out(case="case", user=by.user_id, outside=Q(joined_at=None)))
    kept = Q(case__isnull=False) | Q(expires_at__gt=Now())
    return (
        CoordinationRequest.objects.filter(asked | received, kept)
        .select_related("partnership", "coordination", "agency", "author", "consultation__grid_version__grid")
        .order_by("-sent_at", "-pk")
    )


def to_do(by: Membership) -> QuerySet[CoordinationRequest]:
    """What waits for this member: requests the coordination has to answer, and retained situations whose names their
    service still has to give. His side is not told that one was retained. The first to run out comes first.
    """
    waits = Q(coordination=by.agency_id) & Q(state=RequestState.SENT, expires_at__gt=Now())
    if proposed_side(by.agency) != ParticipationSide.PERPETRATOR:
        waits |= Q(agency=by.agency_id, state=RequestState.RETAINED, case=None)
    found = requests_of(by).filter(waits) if may_write(by) else CoordinationRequest.objects.none()
    return found.order_by("expires_at", "pk")


def find(by: Membership | None, request_id: UUID, *, lock: bool = False) -> CoordinationRequest:
    """A request of the acting agency, or to it. Raises Http404 for everybody else."""
    found = requests_of(by)
    if lock:
        found = found.select_for_update(of=("self",))
    request = found.filter(pk=request_id).first()
    if request is None:
        raise Http404
    return request


def case_of(by: Membership, request: CoordinationRequest) -> tuple[Case, CaseAccess] | None:
    """The case a request is about with the access to it, where this person sees it."""
    if request.case_id is None:
        return None
    try:
        return get_case(request.case_id, by)
    except Http404:
        return None


def names_in(case: Case, access: CaseAccess) -> list[CasePerson]:
    """The persons of the case whose identity is open: the victim first."""
    roles = (PersonRole.VICTIM, PersonRole.PRESUMED_PERPETRATOR)
    people = CasePerson.objects.filter(case=case, role__in=roles).select_related("person")
    shown = [each for each in people.order_by("created_at", "pk") if access.can(Category.IDENTITY, each.side)]
    return sorted(shown, key=lambda each: roles.index(PersonRole(each.role)))


def tells_outcome(by: Membership, request: CoordinationRequest) -> bool:
    """Whether this person is told that it was retained, by whom, and the clock: not on his side, where "answered" is
    all.
    """
    if by.agency_id != request.agency_id:
        return True
    if request.case_id is None:
        return proposed_side(by.agency) != ParticipationSide.PERPETRATOR
    return participation_side(case=Case(pk=request.case_id), agency=by.agency) != ParticipationSide.PERPETRATOR


# --- asking -----------------------------------------------------------------------------------------------
def ask_from_consultation(*, by: Membership, consultation_id: UUID, asked: Asked) -> CoordinationRequest:
    """Ask about a situation without identity; sent again, it is the same request.

    Raises Refused below the level at which the coordination is asked, RuleBroken by field, Http404.
    """
    with transaction.atomic():
        consultation = consulting.find(by, consultation_id, lock=True)
        already = requests_of(by).filter(consultation=consultation.pk).first()
        if already is not None:
            return already
        if not perms.may_ask_from(by, consultation):
            raise Refused(_("The coordination is asked from a high level on, by who may consult."))
        place = _check(by, asked)
        request = _new(by, place, asked, consultation=consultation, level=consultation.indicative_level)
        request.save(force_insert=True)
        if consultation.expires_at < request.expires_at:
            consultation.expires_at = request.expires_at
            consultation.save(update_fields=["expires_at"])
        tell_coordination(request)
    return request


def ask_from_case(*, by: Membership, case_id: UUID, asked: Asked) -> CoordinationRequest:
    """Ask about a case: with the names, they are opened to the coordination until the request ends; else nothing is.

    Sent again while it waits, it is the same request. Raises Refused, RuleBroken by field, Http404.
    """
    case, access = get_case(case_id, by)
    if not perms.may_ask_coordination(access):
        raise Refused(_("You can read this case but not add to it."))
    place = _check(by, asked, access)
    with transaction.atomic():
        lock(f"coordination {case.pk} {place.agency_id}")
        _close_expired(case.pk, place.agency_id)
        mine = CoordinationRequest.objects.filter(agency=by.agency_id, case=case, coordination=place.agency_id)
        if (already := mine.filter(state=RequestState.SENT).first()) is not None:
            return already
        handing.check_offer(by=by, case=case, access=access)
        assessment = what_goes_along(case, by)
        request = _new(
            by, place, asked, case=case, assessment=assessment, level=levels.of(assessment).level if assessment else ""
        )
        request.with_identity = asked.with_identity
        try:
            with transaction.atomic():
                request.save(force_insert=True)
        except IntegrityError:
            # another service of the case has asked, which this one may not know of
            raise RuleBroken(_("This cannot be sent now. Call the coordination.")) from None
        if asked.with_identity:
            joining.open_names(by, case, access, request)
        log_event(
            by=by,
            case=case,
            code=EventCode.COORDINATION_ASKED,
            category=Category.NETWORK,
            side=Side.VICTIM,
            payload={"request": str(request.pk)},
            next_agency=request.coordination,
            next_act="coordination_answer",
            next_due_at=request.expires_at,
        )
        tell_coordination(request)
    return request


def _check(by: Membership, asked: Asked, access: CaseAccess | None = None) -> PartnershipMember:
    errors: dict[str, list[str]] = {}
    place = next((each for each in places(by.agency_id) if each.pk == asked.place_id), None)
    if place is None:
        errors["place"] = [_("Choose the coordination.")]
    if problem := text_problem(asked.why, most=LONGEST_WHY, missing=_("Say why the coordination is asked.")):
        errors["why"] = [problem]
    elif access is not None and names_somebody(access, asked.why):
        errors["why"] = [_("This names somebody of the case: write it without names.")]
    if not set(asked.feared_events) <= set(FearedEvent.values):
        errors["feared_events"] = [_("Choose among the answers.")]
    if asked.with_identity and access is not None and not joining.names_known(access):
        errors["with_identity"] = [_("Your service does not itself see who they are: ask without the names.")]
    for name, messages in consulting.identity_problems({"why": asked.why}, asked.confirmed).items():
        errors.setdefault(name, []).extend(messages)
    if errors or place is None:
        raise RuleBroken(errors)
    return place


def _new(by: Membership, place: PartnershipMember, asked: Asked, **about: Any) -> CoordinationRequest:
    return CoordinationRequest(
        partnership=place.partnership,
        coordination=place.agency,
        why=asked.why.replace("\r\n", "\n").strip(),
        feared_events=[each for each in FearedEvent.values if each in asked.feared_events],
        agency=by.agency,
        author=by.user,
        expires_at=now() + timedelta(days=settings.COORDINATION_REQUEST_DAYS),
        **about,
    )


def _close_expired(case_id: UUID, coordination_id: UUID) -> None:
    """What waited past its end no longer holds the place, whether or not the worker has been by."""
    with system_context(SystemContext.CONSULTATIONS):
        waiting = CoordinationRequest.objects.filter(case=case_id, coordination=coordination_id)
        for request in waiting.filter(state=RequestState.SENT, expires_at__lte=Now()):
            request.state = RequestState.EXPIRED
            request.save(update_fields=["state"])


def tell_coordination(request: CoordinationRequest) -> None:
    """On record, and a notice to the coordination: it is asked, or the identity it waited for is there."""
    record(action=Action.DECIDED, case_id=request.case_id, object_kind=KIND, object_id=request.pk)
    told = writers_of([request.coordination_id])
    if request.case_id is not None:
        case = Case(pk=request.case_id)
        known = participants([case])
        told = [member for member in told if known.may_be_asked(case, member.user_id)]
    # of no case for who is told: they may be outside it, and the page itself says whether it may be read
    notify(
        recipients=told,
        kind=NoticeKind.COORDINATION_REQUESTED,
        path=reverse("casework:coordination_request", args=[request.pk]),
        dedupe_key=f"coordination:{request.pk}:{'joined' if request.joined_at else 'sent'}",
    )
