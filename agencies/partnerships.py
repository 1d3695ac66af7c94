"""Partnerships: opened under an act, changed while nothing rests on them, ended; and who takes part.

What was shared under one ends with it: `administration.partnerships` does both.
"""

from collections.abc import Mapping
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import Refused, RuleBroken

from .models import Agency, Membership, Partnership, PartnershipMember
from .perms import may_administer_platform

FIELDS = ("name", "kind", "territory", "act", "purpose", "who_takes_part", "modalities", "ends_at")


def create(*, by: Membership, values: Mapping[str, object]) -> Partnership:
    """A partnership that begins now. `values` holds FIELDS, `territory` as codes, `ends_at` an aware moment or None.

    Raises Refused, RuleBroken by field: the act says at least who may take part, for what and how.
    """
    _may(by)
    return _save(Partnership(**_given(values)), new=True)


def change(*, by: Membership, partnership_id: UUID, values: Mapping[str, object]) -> Partnership:
    """Change what was written of one on which nothing rests yet. Raises Http404, Refused, RuleBroken by field."""
    _may(by)
    partnership = lock(partnership_id)
    if has_ended(partnership):
        raise RuleBroken(_("This partnership has ended: create another one."))
    for name, value in _given(values).items():
        setattr(partnership, name, value)
    return _save(partnership, new=False)


def end(*, by: Membership, partnership_id: UUID) -> Partnership:
    """It holds no more from now on, nor does anybody's part in it. Ending it twice changes nothing."""
    _may(by)
    partnership = lock(partnership_id)
    if not has_ended(partnership):
        partnership.ends_at = now()
        partnership.save(update_fields=["ends_at"])
        for member in partnership.members.filter(ends_at=None):
            member.ends_at = partnership.ends_at
            member.save(update_fields=["ends_at"])  # one by one: the trail of changes hears of it
    return partnership


def add_member(
    *, by: Membership, partnership_id: UUID, agency_id: UUID | None, coordinates: bool = False
) -> PartnershipMember:
    """An agency takes part from now on. Raises Http404, Refused, RuleBroken by field."""
    _may(by)
    partnership = lock(partnership_id)
    if has_ended(partnership):
        raise RuleBroken(_("This partnership has ended: create another one."))
    agency = Agency.objects.active().filter(pk=agency_id).first() if agency_id else None
    if agency is None:
        raise RuleBroken({"agency": [_("Choose a service.")]})
    try:
        with transaction.atomic():
            return PartnershipMember.objects.create(partnership=partnership, agency=agency, coordinates=coordinates)
    except IntegrityError:
        raise RuleBroken({"agency": [_("This service takes part already.")]}) from None


def end_member(*, by: Membership, member_id: UUID) -> PartnershipMember:
    """An agency takes part no more. Ending it twice changes nothing. Raises Http404, Refused."""
    _may(by)
    member = (
        PartnershipMember.objects.select_related("partnership", "agency")
        .select_for_update(of=("self",))
        .filter(pk=member_id)
        .first()
    )
    if member is None:
        raise Http404
    if member.ends_at is None:
        member.ends_at = now()
        member.save(update_fields=["ends_at"])
    return member


def has_ended(partnership: Partnership) -> bool:
    """Whether its end has come."""
    return partnership.ends_at is not None and partnership.ends_at <= now()


def lock(partnership_id: UUID) -> Partnership:
    """The partnership, until the end of the transaction nobody else's to change. Raises Http404."""
    partnership = Partnership.objects.select_for_update(of=("self",)).filter(pk=partnership_id).first()
    if partnership is None:
        raise Http404
    return partnership


def _may(by: Membership) -> None:
    if not may_administer_platform(by):
        raise Refused(_("Only a platform administrator changes partnerships."))


def _given(values: Mapping[str, object]) -> dict[str, object]:
    given = {name: values[name] for name in FIELDS if name in values}
    return {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}


def _save(partnership: Partnership, *, new: bool) -> Partnership:
    errors: dict[str, list] = {}
    if partnership.ends_at is not None and partnership.ends_at <= now():
        errors["ends_at"] = [_("This end is already past.")]
    try:
        partnership.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        errors = error.message_dict | errors
    if errors:
        raise RuleBroken(errors)
    try:
        with transaction.atomic():
            partnership.save(force_insert=new)
    except IntegrityError:
        raise RuleBroken({"name": [_("A partnership already has this name.")]}) from None
    return partnership
