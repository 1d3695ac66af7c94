"""A prosecutor allows police and justice records to reach a service: recorded, found, taken back."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.enums import JUDICIAL_KINDS, AgencyKind
from agencies.models import Agency, Membership
from agencies.services import writers_of
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, participants
from cases.enums import Category, EventCode, network_side
from cases.models import Case, CaseEvent
from cases.services import check
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import Refused, RuleBroken
from notifications.models import NoticeKind
from notifications.services import notify

from .grants import JUDICIAL_ORIGIN
from .models import AuthorisationEnd, ProsecutorAuthorisation, SharingDecision
from .perms import may_authorise, may_authorise_standing, may_take_back
from .services import lock_authorisation, recompute

CATEGORIES = (
    Category.LEVEL,
    Category.IDENTITY,
    Category.FACTS,
    Category.RISK,
    Category.CHILDREN,
    Category.JUDICIAL,
)
"""What an authorisation may open: what police or justice wrote, and who it is about. Never how to reach her."""

KINDS = tuple(kind for kind in AgencyKind if kind not in JUDICIAL_KINDS)
"""Those that need one."""


def prosecutors() -> list[Agency]:
    """The active prosecutors' offices, by name."""
    return list(Agency.objects.active().filter(kind=AgencyKind.PROSECUTOR).order_by("name"))


def recipients() -> list[Agency]:
    """The active agencies an authorisation may name, by kind and name."""
    return list(Agency.objects.active().filter(kind__in=KINDS).order_by("kind", "name"))


def authorise(
    *,
    by: Membership,
    case: Case | None,
    access: CaseAccess | None,
    prosecutor_id: UUID | None,
    magistrate: str,
    reference: str,
    recipient_id: UUID | None,
    recipient_kinds: Sequence[str],
    categories: Sequence[str],
    given_on: date | None,
    valid_until: datetime | None,
) -> ProsecutorAuthorisation:
    """Record an authorisation, for one case or (`case` None) standing. Nothing opens before a decision rests on it.

    A prosecutor records its own; police of the case note who gave it, its reference and its day. Raises Refused,
    RuleBroken by field.
    """
    allowed = may_authorise_standing(by) if case is None else access is not None and may_authorise(access, by)
    if not allowed:
        raise Refused(_("A prosecutor's authorisation is recorded by the prosecutor, or by police of the case."))
    errors: dict[str, list[str]] = {}
    own = by.agency.kind == AgencyKind.PROSECUTOR
    offices = {agency.pk: agency for agency in prosecutors()}
    prosecutor = by.agency if own else offices.get(prosecutor_id)
    if prosecutor is None:
        errors["prosecutor"] = [_("Choose the prosecutor's office that gave it.")]
    offered = {agency.pk: agency for agency in recipients()}
    recipient = offered.get(recipient_id)
    if recipient_id and recipient is None:
        errors["recipient"] = [_("Choose a service.")]
    if set(recipient_kinds) - set(KINDS):
        errors["recipient_kinds"] = [_("Choose among the kinds of services offered here.")]
    elif not recipient_id and not recipient_kinds:
        errors["recipient"] = [_("Say to which service, or to which kinds of services.")]
    elif recipient is not None and recipient_kinds:
        errors["recipient_kinds"] = [_("Name one service, or kinds of services, not both.")]
    if not set(categories) & JUDICIAL_ORIGIN or set(categories) - set(CATEGORIES):
        errors["categories"] = [_("Say which records of police or justice it opens.")]
    if given_on is None or given_on > local(now()).date():
        errors["given_on"] = [_("Say on what day it was given: today at the latest.")]
    if valid_until is not None and valid_until <= now():
        errors["valid_until"] = [_("This end is already past.")]
    for name, value, words in (
        ("magistrate", magistrate, _("Write the name of the magistrate.")),
        ("reference", reference, _("Write the reference of the authorisation.")),
    ):
        if not value.strip():
            errors[name] = [words]
    if errors:
        raise RuleBroken(errors)
    authorisation = ProsecutorAuthorisation(
        case=case,
        prosecutor=prosecutor,
        magistrate=magistrate.strip(),
        reference=reference.strip(),
        recipient=recipient,
        recipient_kinds=sorted(set(recipient_kinds)),
        categories=[category.value for category in CATEGORIES if category in categories],
        given_on=given_on,
        valid_until=valid_until,
        agency=by.agency,
        recorded_by=by.user,
    )
    check(authorisation)
    authorisation.save(force_insert=True)
    record(
        action=Action.DECIDED,
        case_id=case.pk if case else None,
        object_kind="sharing.ProsecutorAuthorisation",
        object_id=authorisation.pk,
        fields=authorisation.categories,
    )
    return authorisation


def standing() -> QuerySet[ProsecutorAuthorisation]:
    """Those that serve every case, the latest first; known to everybody."""
    return _shown(ProsecutorAuthorisation.objects.filter(case=None))


def of_case(access: CaseAccess) -> QuerySet[ProsecutorAuthorisation]:
    """Those of one case that this access may know of, the latest first."""
    return _shown(ProsecutorAuthorisation.objects.of_case(access))


def covering(*, access: CaseAccess, recipient: Agency) -> list[ProsecutorAuthorisation]:
    """Those in force that may serve this recipient in this case, of those the access may know of."""
    known = ProsecutorAuthorisation.objects.of_case(access) | ProsecutorAuthorisation.objects.filter(case=None)
    found = known.live().covering(case=Case(pk=access.case_id), recipient=recipient)
    return list(found.select_related("prosecutor", "recipient"))


def _shown(found: QuerySet[ProsecutorAuthorisation]) -> QuerySet[ProsecutorAuthorisation]:
    return found.select_related("prosecutor", "recipient", "agency", "taken_back").order_by("-recorded_at", "-pk")


def holds(authorisation: ProsecutorAuthorisation) -> bool:
    """Whether it is in force: a row of `standing` or `of_case`."""
    ended = getattr(authorisation, "taken_back", None) is not None
    return not ended and (authorisation.valid_until is None or authorisation.valid_until > now())


def take_back(*, by: Membership, authorisation_id: UUID, reason: str, case: Case | None = None) -> AuthorisationEnd:
    """The prosecutor takes it back: what rested on it alone closes with this transaction, in every case.

    Taking it back twice gives the first end. Raises Http404 for one not of this case (or not standing), Refused,
    RuleBroken without a reason.
    """
    authorisation = _shown(ProsecutorAuthorisation.objects.filter(pk=authorisation_id, case=case)).first()
    if authorisation is None:
        raise Http404
    if not may_take_back(by, authorisation):
        raise Refused(_("Only the prosecutor, or the service that recorded it, takes an authorisation back."))
    lock_authorisation(authorisation.pk)
    if (already := AuthorisationEnd.objects.filter(authorisation=authorisation).first()) is not None:
        return already
    if not reason.strip():
        raise RuleBroken({"reason": [_("Say why it is taken back.")]})
    end = AuthorisationEnd(
        case_id=authorisation.case_id,
        authorisation=authorisation,
        reason=reason.strip(),
        agency=by.agency,
        recorded_by=by.user,
    )
    check(end)
    # asked before the end is written: what rests on it is what holds until now
    rested = resting_on(authorisation)
    end.save(force_insert=True)
    record(
        action=Action.DECIDED,
        case_id=authorisation.case_id,
        object_kind="sharing.AuthorisationEnd",
        object_id=authorisation.pk,
        fields=authorisation.categories,
    )
    close(by=by, rested=rested)
    return end


def resting_on(authorisation: ProsecutorAuthorisation) -> list[SharingDecision]:
    """The live decisions that rest on it, in every case, always in the same order."""
    with system_context(SystemContext.GRANTS):
        found = SharingDecision.objects.live().filter(authorisation=authorisation).select_related("recipient")
        return list(found.order_by("case_id", "recipient_id", "pk"))


def close(*, by: Membership, rested: Iterable[SharingDecision]) -> None:
    """Recompute every recipient of decisions whose reason has just ended, note it in each case, tell them."""
    touched: dict[tuple[UUID, UUID], SharingDecision] = {}
    for decision in rested:
        touched.setdefault((decision.case_id, decision.recipient_id), decision)
    for decision in touched.values():
        case = Case(pk=decision.case_id)  # the acting agency may not see it
        recompute(case=case, agency=decision.recipient)
        # no work of who acts: a reason taken back in every case keeps none of them readable
        CaseEvent.objects.create(
            case=case,
            code=EventCode.SHARING_ENDED,
            category=Category.NETWORK,
            side=network_side(decision.side),
            agency=by.agency,
            user=by.user,
            payload={"decision": str(decision.pk), "to": str(decision.recipient_id)},
        )
    cases = {decision.case_id: Case(pk=decision.case_id) for decision in touched.values()}
    told = participants(cases.values())
    for decision in touched.values():
        case = cases[decision.case_id]
        inside = told.takes_part(case, decision.recipient)
        notify(
            recipients=told.among(case, writers_of([decision.recipient])),
            kind=NoticeKind.SHARING_ENDED,
            # to whom the case has closed, a notice that names it would be hidden
            path=reverse("sharing:case_access", args=[case.pk]) if inside else reverse("cases:list"),
            dedupe_key=f"sharing:{decision.pk}:ended",
            case_id=case.pk if inside else None,
        )
