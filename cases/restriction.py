"""Who may work on a case: named persons only where it is restricted, and nobody with a conflict of interest.

What holds now stands in the tables that `cases.access` writes; every decision is a `RestrictionAct` besides. Naming and
excluding only ever close: what a named person sees is still what was shared with their agency.

A manager keeps the right to name people of their own service in a restricted case without being named and without
reading it: the service would lose its work otherwise. From outside one brings others in and takes nobody off, and
oneself only where nobody of the service is in; each naming is on record. Who is excluded has no such right.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import F, Func, Q
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.enums import Role
from agencies.models import Agency, Membership
from agencies.perms import NO_CONTENT, SENIORS, WRITERS
from audit.models import Action
from audit.services import record
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import Refused, RuleBroken, text_problem
from notifications.models import NoticeKind
from notifications.services import notify

from . import access as case_access
from .access import CaseAccess
from .enums import RestrictionCode
from .models import Case, RestrictionAct
from .perms import leads, may_exclude, may_exclude_oneself, may_name, may_name_unread, may_restrict

REASON_LENGTH = 200
TOLD_OUTSIDE = (NoticeKind.CASE_RESTRICTED, NoticeKind.REFERRAL_RECEIVED)
"""Notices to people who need not be named: those asked to name, and those asked to take somebody over."""


def hides_notice(prefix: str = "") -> Func:
    """Condition on notices, or on mails with the prefix of their notice: the reader is kept out of its case."""
    return case_access.kept_out(
        case=f"{prefix}case_id", user=F(f"{prefix}recipient_id"), outside=Q(**{f"{prefix}kind__in": TOLD_OUTSIDE})
    )


# --- restricting ------------------------------------------------------------------------------------------------


def restrict(
    *, by: Membership, case: Case, access: CaseAccess, named: Collection[UUID], working: Collection[UUID], reason: str
) -> frozenset[UUID]:
    """Close the case to all but named persons; returns them.

    Named at once: who decides, the chosen members of the acting agency (`named`), and in every other service its
    reference persons and those of `working`, who have something of the case in hand. A service with nobody of these
    and no manager to name somebody keeps all who write. The managers of every service are told, without content.
    Raises Refused, RuleBroken by field.
    """
    if not may_restrict(by, case, access):
        raise Refused(_("Only the agency that leads or coordinates the case decides who may work on it."))
    case_access.lock_people(case.pk)
    if case_access.is_restricted(case.pk):
        raise RuleBroken(_("This case is already restricted to named persons."))
    people = _members(_agencies(case.pk), without=case_access.excluded_from(case.pk))
    own = {member.user_id for member in people.get(by.agency_id, [])}
    errors = _reason_problem(reason)
    if set(named) - own:
        errors["named"] = [_("Choose among the members of your service.")]
    if errors:
        raise RuleBroken(errors)
    chosen = {by.user_id: by.agency_id} | {user_id: by.agency_id for user_id in named}
    for agency_id, members in people.items():
        if agency_id != by.agency_id:
            staying = _staying(members, {*working, case.reference_person_id})
            chosen = {member.user_id: agency_id for member in staying} | chosen
    case_access.write_names(case_id=case.pk, named=chosen)
    case.restricted = True
    case.save(update_fields=["restricted"])
    act = _decided(by, case.pk, RestrictionCode.RESTRICTED, reason=reason)
    for user_id, agency_id in chosen.items():
        _write(by, case.pk, RestrictionCode.NAMED, user_id=user_id, agency_id=agency_id)
    _tell_managers(case_id=case.pk, people=people, key=f"restricted:{act.pk}", without=by.user_id)
    return frozenset(chosen)


def lift(*, by: Membership, case: Case, access: CaseAccess, reason: str) -> None:
    """Open the case again to everybody its services choose; exclusions stay. Raises Refused, RuleBroken by field."""
    if not may_restrict(by, case, access):
        raise Refused(_("Only the agency that leads or coordinates the case decides who may work on it."))
    case_access.lock_people(case.pk)
    if not case_access.is_restricted(case.pk):
        raise RuleBroken(_("This case is not restricted any more."))
    if errors := _reason_problem(reason):
        raise RuleBroken(errors)
    case.restricted = False
    case.save(update_fields=["restricted"])  # while the names still let the acting person write to it
    case_access.write_names(case_id=case.pk, named=())
    _decided(by, case.pk, RestrictionCode.LIFTED, reason=reason)


def _staying(members: Iterable[Membership], working: Collection[UUID | None]) -> list[Membership]:
    """Who of a service stays named when a case is restricted by another."""
    members = list(members)
    staying = [member for member in members if member.role == Role.REFERENT or member.user_id in working]
    if not staying and not any(member.role == Role.MANAGER for member in members):
        return [member for member in members if member.role in WRITERS]
    return staying


# --- naming -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Naming:
    """What a member may know of a restricted case to name people of their service in it: the reference, no more.

    `inside`: the acting person is named. Without it they only add, and themselves only where nobody else is.
    """

    case_id: UUID
    reference: str
    inside: bool
    members: list[Membership] = field(default_factory=list)
    named: frozenset[UUID] = frozenset()

    def may_choose(self, by: Membership, user_id: UUID) -> bool:
        """Whether this person's name may be changed by the acting member."""
        if self.inside:
            return True
        return user_id not in self.named and (user_id != by.user_id or not self.named)


def open_naming(*, by: Membership | None, case_id: UUID) -> Naming:
    """Whom the acting member may name in this restricted case. Raises Http404 where they may not know it exists,
    Refused where they see it and others of their service name.
    """
    if by is None or not case_access.participates(by, case_id):
        raise Http404
    excluded = case_access.excluded_from(case_id)
    if by.user_id in excluded:
        raise Http404
    with system_context(SystemContext.RESTRICTION):
        case = Case.objects.filter(pk=case_id, restricted=True).first()
    named = case_access.named_in(case_id)
    inside = by.user_id in named
    if case is None or not (inside or may_name_unread(by)):
        raise Http404
    if inside and not may_name(by, case_access.for_case(case, by)):
        raise Refused(_("The reference persons and managers of your service say who works on this case."))
    members = _members([by.agency_id], without=excluded).get(by.agency_id, [])
    own = frozenset(member.user_id for member in members) & named
    return Naming(case_id, case.reference, inside, members, own)


def name(*, by: Membership, case_id: UUID, named: Collection[UUID]) -> frozenset[UUID]:
    """Make these the members of the acting agency who work on a restricted case; returns who was taken off.

    Raises Http404 and Refused as `open_naming`, RuleBroken by field.
    """
    case_access.lock_people(case_id)
    naming = open_naming(by=by, case_id=case_id)
    wanted = set(named)
    if not naming.inside:
        wanted |= naming.named
    changed = wanted ^ naming.named
    if wanted - {member.user_id for member in naming.members}:
        raise RuleBroken({"named": [_("Choose among the members of your service.")]})
    if not all(naming.may_choose(by, user_id) for user_id in changed):
        raise RuleBroken({"named": [_("You are not one of the persons named: ask a colleague who is to name you.")]})
    if not wanted:
        raise RuleBroken({"named": [_("Name at least one person: your service would see nothing of the case.")]})
    others = case_access.named_in(case_id) - naming.named
    case_access.write_names(case_id=case_id, named=others | wanted)
    for user_id in sorted(changed):
        code = RestrictionCode.NAMED if user_id in wanted else RestrictionCode.TAKEN_OFF
        _decided(by, case_id, code, user_id=user_id, agency_id=by.agency_id)
    return frozenset(naming.named - wanted)


def name_who_enters(*, by: Membership, case_id: UUID) -> None:
    """Who brings their service into a restricted case, by accepting a referral, is named in it: they take it on."""
    if not case_access.is_restricted(case_id):
        return
    case_access.lock_people(case_id)
    named = case_access.named_in(case_id)
    if by.user_id not in named:
        case_access.write_names(case_id=case_id, named=named | {by.user_id})
        _decided(by, case_id, RestrictionCode.NAMED, user_id=by.user_id, agency_id=by.agency_id)


def tell_newcomer(*, case_id: UUID, agency: Agency) -> None:
    """Something of a case was opened to a service: where it is restricted and nobody there is named, its managers are
    asked to name somebody."""
    if not case_access.is_restricted(case_id):
        return
    people = _members([agency.pk], without=case_access.excluded_from(case_id))
    named = case_access.named_in(case_id)
    if not any(member.user_id in named for member in people.get(agency.pk, [])):
        _tell_managers(case_id=case_id, people=people, key=f"unnamed:{case_id}:{local(now()).date()}")


# --- excluding --------------------------------------------------------------------------------------------------


def excludable(*, by: Membership, case: Case, access: CaseAccess) -> list[Membership]:
    """Whom the acting member may exclude: oneself; as a senior, the members of one's own service; where it leads, those
    of the services one may know to take part."""
    agencies = {by.agency_id} if may_exclude(by, case, access, by.agency_id) else set()
    if agencies and leads(by, case):
        agencies |= set(_agencies(case.pk, known_to=access))
    people = _members(agencies, without=case_access.excluded_from(case.pk))
    found = [member for members in people.values() for member in members]
    if by.user_id not in {member.user_id for member in found} and may_exclude_oneself(access):
        found.insert(0, by)
    return found


def exclude(
    *, by: Membership, case: Case, access: CaseAccess, user_id: UUID | None, reason: str, sure: bool = False
) -> None:
    """Close the case to somebody who knows one of its people: from now on they find no trace of it.

    `sure` passes over the warnings of `consequences`. Raises RuleBroken by field, Refused for who may not.
    """
    if not may_exclude_oneself(access):
        raise Refused(_("You do not work on this case."))
    case_access.lock_people(case.pk)
    members = [member for member in excludable(by=by, case=case, access=access) if member.user_id == user_id]
    errors = _reason_problem(reason)
    if not members:
        errors["user"] = [_("Choose a person of the list.")]
    if errors:
        raise RuleBroken(errors)
    member = members[0]
    if not sure and (warnings := consequences(case=case, member=member)):
        raise RuleBroken({"sure": warnings})
    named = case_access.named_in(case.pk)
    if case.reference_person_id == user_id:
        case.reference_person = None
        case.save(update_fields=["reference_person"])
    act = _decided(by, case.pk, RestrictionCode.EXCLUDED, reason=reason, user_id=user_id, agency_id=member.agency_id)
    if user_id in named:
        people = _members([member.agency_id], without=case_access.excluded_from(case.pk) | {user_id})
        left = named - {user_id}
        if not any(each.user_id in left for each in people.get(member.agency_id, [])):
            _tell_managers(case_id=case.pk, people=people, key=f"unnamed:{act.pk}", without=by.user_id)
        case_access.write_names(case_id=case.pk, named=left)
    # last: who excludes oneself can do nothing more in the case
    case_access.write_exclusion(case_id=case.pk, user_id=user_id, holds=True)


def consequences(*, case: Case, member: Membership) -> list[str]:
    """What the exclusion of this member would leave behind and somebody should have thought of, in words."""
    left = _members([member.agency_id], without=case_access.excluded_from(case.pk) | {member.user_id})
    others = left.get(member.agency_id, [])
    warnings = []
    if case.restricted:
        named = case_access.named_in(case.pk)
        if member.user_id in named and not any(other.user_id in named for other in others):
            warnings.append(
                _(
                    "Nobody else of this service is named: it will see nothing of the case until a manager names"
                    " somebody."
                )
            )
    if member.role == Role.REFERENT and not any(other.role == Role.REFERENT for other in others):
        warnings.append(_("This is the only reference person of the service for this case."))
    elif member.role in SENIORS and not any(other.role in SENIORS for other in others):
        warnings.append(_("Nobody else answers for this service: no colleague could name or exclude people any more."))
    if case.reference_person_id == member.user_id:
        warnings.append(_("This is the reference person of the case: choose another one."))
    return warnings


@dataclass(frozen=True)
class Excluded:
    """An exclusion that holds, as those who answer for it read it."""

    user_id: UUID
    who: str
    agency: str
    reason: str
    decider: str
    at: datetime
    may_let_in: bool


def exclusions(*, by: Membership, case: Case, access: CaseAccess) -> list[Excluded]:
    """The exclusions the acting member answers for, the latest first: of their service, or decided by it; of every
    service one may know of where one's own leads."""
    if not may_exclude(by, case, access, by.agency_id):
        return []
    holding = case_access.excluded_from(case.pk)
    acts = RestrictionAct.objects.filter(case=case, code=RestrictionCode.EXCLUDED, user__in=holding).select_related(
        "user", "user_agency", "agency", "decided_by"
    )
    known = {by.agency_id, *(_agencies(case.pk, known_to=access) if leads(by, case) else ())}
    found: dict[UUID, Excluded] = {}
    for act in acts:
        if act.user_id not in found and (act.user_agency_id in known or act.agency_id == by.agency_id):
            found[act.user_id] = Excluded(
                user_id=act.user_id,
                who=act.user.full_name,
                agency=act.user_agency.short_name,
                reason=act.reason,
                decider=f"{act.decided_by.full_name}, {act.agency.short_name}",
                at=act.at,
                may_let_in=act.agency_id == by.agency_id or leads(by, case),
            )
    return list(found.values())


def let_in(*, by: Membership, case: Case, access: CaseAccess, user_id: UUID, reason: str) -> None:
    """End an exclusion, with a reason: by the service that decided it, or the one that leads.

    In a restricted case the person must still be named. Raises Http404 for an exclusion one may not know of, Refused,
    RuleBroken by field.
    """
    case_access.lock_people(case.pk)
    found = next((each for each in exclusions(by=by, case=case, access=access) if each.user_id == user_id), None)
    if found is None:
        raise Http404
    if not found.may_let_in:
        raise Refused(_("The service that decided this exclusion, or the one that leads the case, lifts it."))
    if errors := _reason_problem(reason):
        raise RuleBroken(errors)
    case_access.write_exclusion(case_id=case.pk, user_id=user_id, holds=False)
    agency = RestrictionAct.objects.filter(case=case, user=user_id, code=RestrictionCode.EXCLUDED).first().user_agency
    _decided(by, case.pk, RestrictionCode.LET_IN, reason=reason, user_id=user_id, agency_id=agency.pk)


# --- reading ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OtherTeam:
    """A service that takes part in a restricted case, and how many of its people are named."""

    agency: Agency
    count: int


def own_team(by: Membership, case: Case) -> list[tuple[Membership, bool]]:
    """The members of the acting agency who may be named, and whether each is."""
    named = case_access.named_in(case.pk)
    members = _members([by.agency_id], without=case_access.excluded_from(case.pk)).get(by.agency_id, [])
    return [(member, member.user_id in named) for member in members]


def other_teams(*, by: Membership, case: Case, access: CaseAccess) -> list[OtherTeam]:
    """The other services one may know to take part, with how many persons each has named; by name."""
    agencies = Agency.objects.filter(pk__in=set(_agencies(case.pk, known_to=access)) - {by.agency_id}).order_by("name")
    named = case_access.named_in(case.pk)
    people = _members([agency.pk for agency in agencies], without=case_access.excluded_from(case.pk))
    return [
        OtherTeam(agency, sum(member.user_id in named for member in people.get(agency.pk, []))) for agency in agencies
    ]


def restricted_since(case: Case) -> datetime | None:
    """When the case was restricted, as far as the acting agency may read the decision."""
    act = RestrictionAct.objects.filter(case=case, code=RestrictionCode.RESTRICTED).first()
    return act.at if act else None


# --- common -----------------------------------------------------------------------------------------------------


def _agencies(case_id: UUID, *, known_to: CaseAccess | None = None) -> list[UUID]:
    """The agencies that see something of the case now; of those `known_to` may know of."""
    with system_context(SystemContext.GRANTS):
        rows = case_access.agencies_in(case_id)
        if known_to is not None:
            rows = rows.filter(known_to.network())
        return list(rows.values_list("group__agency", flat=True))


def _members(agencies: Iterable[UUID], *, without: Collection[UUID]) -> dict[UUID, list[Membership]]:
    """Who may work on cases in these agencies now, by agency, by name; without the excluded."""
    found: dict[UUID, list[Membership]] = {}
    live = Membership.objects.live().filter(agency__in=list(agencies)).exclude(role__in=NO_CONTENT)
    for member in (
        live.exclude(user__in=without)
        .select_related("user", "agency")
        .order_by("agency__name", "user__family_name", "user__given_name", "pk")
    ):
        found.setdefault(member.agency_id, []).append(member)
    return found


def _reason_problem(reason: str) -> dict[str, list[str]]:
    problem = text_problem(reason, most=REASON_LENGTH, missing=_("Say why, in a few words."))
    return {"reason": [problem]} if problem else {}


def _write(
    by: Membership,
    case_id: UUID,
    code: RestrictionCode,
    *,
    reason: str = "",
    user_id: UUID | None = None,
    agency_id: UUID | None = None,
) -> RestrictionAct:
    return RestrictionAct.objects.create(
        case_id=case_id, code=code, user_id=user_id, user_agency_id=agency_id, reason=reason.strip(),
        agency=by.agency, decided_by=by.user,
    )  # fmt: skip


def _decided(by: Membership, case_id: UUID, code: RestrictionCode, **whom: object) -> RestrictionAct:
    """Write the act, and that it was decided; the reason stays in the act."""
    act = _write(by, case_id, code, **whom)
    record(action=Action.DECIDED, case_id=case_id, object_kind="cases.RestrictionAct", object_id=act.pk, fields=[code])
    return act


def _tell_managers(
    *, case_id: UUID, people: dict[UUID, list[Membership]], key: str, without: UUID | None = None
) -> None:
    """Ask the managers of these agencies, one by one, to say who works on the case. Nothing of it is told."""
    for members in people.values():
        notify(
            recipients=[member for member in members if member.role == Role.MANAGER and member.user_id != without],
            kind=NoticeKind.CASE_RESTRICTED,
            path=reverse("casework:naming", args=[case_id]),
            dedupe_key=key,
            case_id=case_id,
        )
