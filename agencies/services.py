"""Agencies and the people in them: opened, changed, invited, ended."""

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from common.clock import now
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from common.phones import normalise

from .acting import acting_as_oneself
from .enums import AgencyKind
from .models import Agency, Invitation, Membership
from .perms import (
    COORDINATION_ONLY,
    WRITERS,
    may_administer_agency,
    may_administer_platform,
    may_change_member,
    may_give,
    role_fits,
)

INVITATION_LIFETIME = timedelta(days=7)
POSTAL_CODE = re.compile(r"[1-9]\d{3}")
SHORT_NUMBER = re.compile(r"\d{3,6}")
AGENCY_FIELDS = (
    "name",
    "short_name",
    "kind",
    "phase",
    "side",
    "parent",
    "languages",
    "territory",
    "public_contact",
    "professional_phone",
    "professional_email",
    "duty_phone",
    "public_duty_phone",
    "accepts_referrals",
    "capacity",
    "answer_hours",
    "without_account",
)


# --- agencies -------------------------------------------------------------------------------------------------
def create_agency(*, name: str, short_name: str, kind: str, **details: object) -> Agency:
    """A new agency with the Django group that permissions are granted to; the group holds no permission of its own."""
    agency_id = uuid7()
    group = Group.objects.create(name=f"agency {agency_id}")
    return Agency.objects.create(id=agency_id, group=group, name=name, short_name=short_name, kind=kind, **details)


def administered_by(membership: Membership | None) -> QuerySet[Agency]:
    """The agencies this member administers: all, their own, or none."""
    if may_administer_platform(membership):
        return Agency.objects.all()
    if membership is not None and may_administer_agency(membership, membership.agency_id):
        return Agency.objects.filter(pk=membership.agency_id)
    return Agency.objects.none()


def administered_agency(by: Membership | None, agency_id: UUID) -> Agency:
    """One of them; Http404 otherwise."""
    agency = administered_by(by).filter(pk=agency_id).first()
    if agency is None:
        raise Http404
    return agency


def register_agency(*, by: Membership, values: Mapping[str, object]) -> Agency:
    """Open an agency. `values` holds AGENCY_FIELDS, `territory` as codes. Raises Refused, RuleBroken by field."""
    if not may_administer_platform(by):
        raise Refused(_("Only a platform administrator opens an agency."))
    agency = Agency(**{name: values[name] for name in AGENCY_FIELDS if name in values})
    check_agency(agency)
    details = {name: getattr(agency, name) for name in AGENCY_FIELDS}
    try:
        with transaction.atomic():
            return create_agency(**details)
    except IntegrityError:
        raise RuleBroken({"name": [_("An agency already has this name.")]}) from None


def change_agency(*, by: Membership, agency_id: UUID, values: Mapping[str, object]) -> Agency:
    """Change an agency's description. Raises Http404 outside what one administers, Refused, RuleBroken by field."""
    agency = _lock_agency(by, agency_id)
    if not may_administer_platform(by):
        raise Refused(_("Only a platform administrator changes an agency."))
    before = agency.kind
    for name in AGENCY_FIELDS:
        if name in values:
            setattr(agency, name, values[name])
    check_agency(agency)
    if agency.without_account and (
        Membership.objects.filter(agency=agency, ends_at=None).exists() or pending(agency).exists()
    ):
        raise RuleBroken(
            {"without_account": [_("People work here with an account, or are invited to. End their roles first.")]}
        )
    if before == AgencyKind.COORDINATION != agency.kind:
        held = Membership.objects.filter(agency=agency, ends_at=None, role__in=COORDINATION_ONLY)
        if held.exists() or pending(agency).filter(role__in=COORDINATION_ONLY).exists():
            raise RuleBroken({"kind": [_("People hold roles here that exist in a coordination only. End them first.")]})
    try:
        with transaction.atomic():
            agency.save(update_fields=AGENCY_FIELDS)
    except IntegrityError:
        raise RuleBroken({"name": [_("An agency already has this name.")]}) from None
    return agency


def set_agency_active(*, by: Membership, agency_id: UUID, active: bool) -> Agency:
    """Close an agency (nobody acts for it any more, nothing is deleted) or open it again. Raises Http404, Refused."""
    agency = _lock_agency(by, agency_id)
    if not may_administer_platform(by):
        raise Refused(_("Only a platform administrator closes or opens an agency."))
    if agency.pk == by.agency_id:
        raise Refused(_("You act for this agency: somebody else has to close it."))
    if agency.is_active != active:
        agency.is_active = active
        agency.save(update_fields=["is_active"])
    return agency


def parse_codes(text: str) -> list[str]:
    """Postal codes out of what was typed ("1210, 1030 4000"), sorted, each once; else RuleBroken under `territory`."""
    codes = sorted({code for code in re.split(r"[\s,;]+", text) if code})
    wrong = [code for code in codes if not POSTAL_CODE.fullmatch(code)]
    if wrong:
        message = ngettext(
            "This is not a Belgian postal code: %(codes)s.",
            "These are not Belgian postal codes: %(codes)s.",
            len(wrong),
        )
        raise RuleBroken({"territory": [message % {"codes": ", ".join(code[:10] for code in wrong[:10])}]})
    return codes


def _lock_agency(by: Membership, agency_id: UUID) -> Agency:
    agency = administered_by(by).select_for_update(of=("self",)).filter(pk=agency_id).first()
    if agency is None:
        raise Http404
    return agency


def check_agency(agency: Agency) -> None:
    """Raise RuleBroken by field for a description that may not be saved."""
    errors: dict[str, list] = {}
    try:
        agency.full_clean(exclude=["group"])
    except ValidationError as error:
        for name, found in error.error_dict.items():
            for one in found:
                field = "name" if one.code == "name_taken" else "" if name == "__all__" else name
                errors.setdefault(field, []).extend(one.messages)
    for name in ("professional_phone", "duty_phone", "public_duty_phone"):
        if (value := getattr(agency, name)) and (problem := number_problem(value)):
            errors[name] = [problem]
    above, seen = agency.parent, {agency.pk}
    while above is not None and "parent" not in errors:
        if above.pk in seen:
            errors["parent"] = [_("An agency cannot stand under itself.")]
        seen.add(above.pk)
        above = above.parent
    if errors:
        raise RuleBroken(errors)


def is_number(value: str) -> bool:
    """Whether a phone can call what stands there: a number, or the short one of a service."""
    return bool(value) and not number_problem(value)


def number_problem(value: str) -> str:
    """Why nobody can be called on what stands there; "" for a number, and for the short one of a service."""
    if SHORT_NUMBER.fullmatch(value):
        return ""
    try:
        normalise(value)
    except ValueError as error:
        return str(error)
    return ""


# --- people ---------------------------------------------------------------------------------------------------
def add_member(*, user: User, agency: Agency, role: str, profession: str = "") -> Membership:
    """Give a person a role in an agency; they also join its group."""
    membership = Membership.objects.create(user=user, agency=agency, role=role, profession=profession)
    user.groups.add(agency.group)
    return membership


def writers_of(agencies: Iterable[Agency | UUID]) -> QuerySet[Membership]:
    """Who records, assesses and refers in these agencies now, with user and agency, always in the same order."""
    live = Membership.objects.live().filter(agency__in=list(agencies), role__in=WRITERS)
    return live.select_related("user", "agency").order_by("pk")


def writers_by_agency(agencies: Iterable[Agency | UUID]) -> dict[UUID, list[Membership]]:
    """The same by the id of their agency; one without any is left out."""
    found: dict[UUID, list[Membership]] = {}
    for member in writers_of(agencies):
        found.setdefault(member.agency_id, []).append(member)
    return found


def end_membership(*, by: Membership, member_id: UUID) -> Membership:
    """End a membership now; the person loses what it opened at their next request. Raises Http404, Refused."""
    member = lock_member(by=by, member_id=member_id)
    _end(member)
    return member


def change_role(*, by: Membership, member_id: UUID, role: str) -> Membership:
    """Another role from now on: the former membership ends and stays on record. Raises Http404, Refused, RuleBroken."""
    member = lock_member(by=by, member_id=member_id)
    if role == member.role:
        return member
    _check_role(by, role, member.agency)
    _end(member)
    return add_member(user=member.user, agency=member.agency, role=role, profession=member.profession)


def lock_member(*, by: Membership, member_id: UUID) -> Membership:
    """A membership in force that `by` may change, locked. Raises Http404 out of sight, Refused: own or above."""
    member = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user", "agency")
        .filter(pk=member_id, ends_at=None, agency__in=administered_by(by))
        .first()
    )
    if member is None:
        raise Http404
    if member.user_id == by.user_id:
        raise Refused(_("Nobody changes their own role: ask another administrator."))
    if not may_change_member(by, member):
        raise Refused(_("This role is above yours: ask an administrator of the platform."))
    return member


def _end(member: Membership) -> None:
    member.ends_at = max(now(), member.starts_at)
    member.save(update_fields=["ends_at"])
    others = Membership.objects.filter(user=member.user_id, agency=member.agency_id, ends_at=None)
    if not others.exists():
        member.user.groups.remove(member.agency.group)
    for invitation in pending(member.agency).filter(invited_by=member.user_id):
        invitation.revoked_at = now()
        invitation.save(update_fields=["revoked_at"])


def _check_role(by: Membership, role: str, agency: Agency) -> None:
    if not role_fits(role, agency):
        raise RuleBroken({"role": [_("This role does not exist in this kind of agency.")]})
    if not may_give(by, role, agency):
        raise RuleBroken({"role": [_("You cannot give a role above your own.")]})


# --- invitations ----------------------------------------------------------------------------------------------
def pending(agency: Agency) -> QuerySet[Invitation]:
    """Invitations that still open the door."""
    return Invitation.objects.filter(agency=agency, used_at=None, revoked_at=None, expires_at__gt=now())


def invite(
    *,
    by: Membership,
    agency_id: UUID,
    email: str,
    given_name: str,
    family_name: str,
    role: str,
    profession: str = "",
) -> tuple[Invitation, str]:
    """Invite one person; returns the invitation and its secret, which is kept nowhere else than in the link.

    An earlier invitation of the same address to the same agency stops working. Raises Http404, RuleBroken by field.
    """
    agency = _lock_agency(by, agency_id)
    if not agency.is_active:
        raise Refused(_("This agency is closed: open it again before inviting somebody."))
    if agency.without_account:
        raise Refused(_("This service works without an account: change that on its page before inviting somebody."))
    _check_role(by, role, agency)
    address = email.strip().lower()
    if address == by.user.email:
        raise RuleBroken({"email": [_("Nobody invites themselves: ask another administrator.")]})
    if Membership.objects.filter(agency=agency, user__email=address, ends_at=None).exists():
        raise RuleBroken({"email": [_("This person already belongs to this agency.")]})
    if User.objects.filter(email=address, is_active=False).exists():
        raise RuleBroken({"email": [_("The account of this person is closed: ask an administrator of the platform.")]})
    secret = secrets.token_urlsafe(32)
    at = now()
    invitation = Invitation(
        agency=agency,
        email=address,
        given_name=given_name.strip(),
        family_name=family_name.strip(),
        role=role,
        profession=profession.strip(),
        secret_hash=_hash(secret),
        invited_by=by.user,
        created_at=at,
        expires_at=at + INVITATION_LIFETIME,
    )
    try:
        invitation.full_clean(validate_unique=False)
    except ValidationError as error:
        raise RuleBroken(error.message_dict) from None
    for earlier in pending(agency).filter(email=address):
        _revoke(earlier)
    invitation.save(force_insert=True)
    return invitation, secret


def revoke_invitation(*, by: Membership, invitation_id: UUID) -> Invitation:
    """Make a link stop working. Raises Http404 out of sight, used or ended; Refused for a role above one's own."""
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("agency")
        .filter(pk=invitation_id, used_at=None, revoked_at=None, agency__in=administered_by(by))
        .first()
    )
    if invitation is None:
        raise Http404
    if not may_give(by, invitation.role, invitation.agency):
        raise Refused(_("This role is above yours: ask an administrator of the platform."))
    _revoke(invitation)
    return invitation


def open_invitation(secret: str, *, lock: bool = False) -> Invitation | None:
    """The invitation this secret opens now, or None: unknown, used, revoked and expired are all the same."""
    rows = Invitation.objects.select_related("agency", "invited_by")
    if lock:
        rows = rows.select_for_update(of=("self",))
    return rows.filter(
        secret_hash=_hash(secret), used_at=None, revoked_at=None, expires_at__gt=now(), agency__is_active=True
    ).first()


def accept_as_newcomer(*, secret: str, given_name: str, family_name: str, password: str, language: str) -> User | None:
    """Open the account an invitation promises, once; None when the invitation no longer opens anything.

    Raises RuleBroken by field: names, password. An address that already has an account accepts after logging in.
    """
    invitation = open_invitation(secret, lock=True)
    if invitation is None or User.objects.filter(email=invitation.email).exists():
        return None
    user = User(
        email=invitation.email, given_name=given_name.strip(), family_name=family_name.strip(), language=language
    )
    errors: dict[str, Iterable[str]] = {}
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        errors.update(error.message_dict)
    try:
        validate_password(password, user)
    except ValidationError as error:
        errors["password"] = error.messages
    if errors:
        raise RuleBroken({name: list(messages) for name, messages in errors.items()})
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                email=user.email,
                password=password,
                given_name=user.given_name,
                family_name=user.family_name,
                language=language,
            )
    except IntegrityError:
        return None
    _join(invitation, user)
    return user


def accept_as(*, secret: str, user: User) -> Membership | None:
    """Join the agency with an account one already has, once; None when the invitation opens nothing for this person."""
    invitation = open_invitation(secret, lock=True)
    if invitation is None or invitation.email != user.email:
        return None
    return _join(invitation, user)


def _join(invitation: Invitation, user: User) -> Membership:
    with acting_as_oneself(user):
        invitation.used_at = now()
        invitation.save(update_fields=["used_at"])
        held = Membership.objects.filter(user=user, agency=invitation.agency, ends_at=None).first()
        return held or add_member(
            user=user, agency=invitation.agency, role=invitation.role, profession=invitation.profession
        )


def _revoke(invitation: Invitation) -> None:
    invitation.revoked_at = now()
    invitation.save(update_fields=["revoked_at"])


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
