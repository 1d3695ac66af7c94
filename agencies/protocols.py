"""What services agreed on paper about working together: recorded, replaced, ended, and read by those who signed.

A protocol opens nothing. It is written as it was signed, by the platform administrator; what changes is a new one that
takes the place of the one before it. The categories it lists are checked by `administration.protocols`.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import Refused, RuleBroken
from common.once import insert_once

from .models import Agency, Membership, Protocol, ProtocolParty
from .perms import may_administer_platform

FIELDS = ("title", "purpose", "categories", "legal_basis", "modalities", "channel", "reference", "starts_on", "ends_on")
MOST_PARTIES = 50


# --- reading --------------------------------------------------------------------------------------------------
def in_force_between(first: Agency, second: Agency) -> list[Protocol]:
    """The protocols in force today that both services signed, the latest one first. One query; empty: none exists."""
    return in_force_with(first, [second]).get(second.pk, [])


def in_force_with(agency: Agency, others: Iterable[Agency]) -> dict[UUID, list[Protocol]]:
    """{other service: the protocols in force today that it and `agency` signed}, the latest one first. One query."""
    wanted = [other.pk for other in others if other.pk != agency.pk]
    signed = ProtocolParty.objects.filter(
        agency__in=wanted, protocol__in=_signed_by(Protocol.objects.in_force(), agency.pk)
    )
    found: dict[UUID, list[Protocol]] = {}
    for party in signed.select_related("protocol").order_by("-protocol__starts_on", "protocol__title", "protocol_id"):
        found.setdefault(party.agency_id, []).append(party.protocol)
    return found


def readable_by(membership: Membership | None) -> QuerySet[Protocol]:
    """Those the acting agency signed, ended ones too; all for the platform administrator."""
    if may_administer_platform(membership):
        return Protocol.objects.all()
    return _signed_by(Protocol.objects.all(), membership.agency_id) if membership else Protocol.objects.none()


def _signed_by(protocols: QuerySet[Protocol], agency_id: UUID) -> QuerySet[Protocol]:
    return protocols.filter(pk__in=ProtocolParty.objects.filter(agency=agency_id).values("protocol"))


# --- writing --------------------------------------------------------------------------------------------------
def record(*, by: Membership, protocol_id: UUID, values: Mapping[str, object], parties: Iterable[UUID]) -> Protocol:
    """Write down a protocol between at least two services. `values` holds FIELDS; `protocol_id` is its own, chosen by
    the page: sent twice, it is written once. Raises Refused, RuleBroken by field.
    """
    _may(by)
    return _write(by=by, protocol_id=protocol_id, values=values, parties=parties, replaces=None)


def replace(
    *, by: Membership, old_id: UUID, protocol_id: UUID, values: Mapping[str, object], parties: Iterable[UUID]
) -> Protocol:
    """Write down the one that takes the place of another from the day it begins; until then the old one holds.

    Raises Http404, Refused, RuleBroken by field, or for the whole when the old one was ended or replaced already.
    """
    _may(by)
    with transaction.atomic():
        old = _lock(old_id)
        if (written := _own(by, protocol_id).first()) is not None:
            return written
        if old.ended_at is not None:
            raise RuleBroken(_("This protocol was ended: record a new one instead."))
        if Protocol.objects.filter(replaces=old).exists():
            raise RuleBroken(_("Another protocol already takes the place of this one: change that one."))
        return _write(by=by, protocol_id=protocol_id, values=values, parties=parties, replaces=old)


def end(*, by: Membership, protocol_id: UUID) -> Protocol:
    """It holds no more from now on. Ending it twice changes nothing. Raises Http404, Refused."""
    _may(by)
    with transaction.atomic():
        protocol = _lock(protocol_id)
        if protocol.ended_at is None:
            protocol.ended_at = now()
            protocol.save(update_fields=["ended_at"])
        return protocol


def _may(by: Membership) -> None:
    if not may_administer_platform(by):
        raise Refused(_("Only a platform administrator records protocols."))


def _lock(protocol_id: UUID) -> Protocol:
    found = Protocol.objects.select_for_update(of=("self",)).filter(pk=protocol_id).first()
    if found is None:
        raise Http404
    return found


def _own(by: Membership, protocol_id: UUID) -> QuerySet[Protocol]:
    return Protocol.objects.filter(pk=protocol_id, recorded_by=by.user_id)


def _write(
    *,
    by: Membership,
    protocol_id: UUID,
    values: Mapping[str, object],
    parties: Iterable[UUID],
    replaces: Protocol | None,
) -> Protocol:
    if (written := _own(by, protocol_id).first()) is not None:
        return written
    given = {name: values[name] for name in FIELDS if name in values}
    given = {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}
    protocol = Protocol(id=protocol_id, **given, replaces=replaces, recorded_by=by.user)
    errors: dict[str, list] = {}
    try:
        protocol.full_clean(exclude=["recorded_by", "replaces"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        errors = dict(error.message_dict)
    starts, ends = protocol.starts_on, protocol.ends_on
    if starts and ends and ends < starts:
        errors["ends_on"] = [_("The end is before the beginning.")]
    chosen = set(parties)
    agencies = list(Agency.objects.active().filter(pk__in=chosen))
    if len(agencies) != len(chosen) or not 2 <= len(chosen) <= MOST_PARTIES:
        errors["parties"] = [
            _("Choose at least two services, and at most %(most)d, among those of the list.") % {"most": MOST_PARTIES}
        ]
    if errors:
        raise RuleBroken(errors)
    with transaction.atomic():
        protocol, new = insert_once(protocol, mine=_own(by, protocol_id))
        if new:
            for agency in sorted(agencies, key=lambda each: each.pk):
                ProtocolParty.objects.create(protocol=protocol, agency=agency)
    return protocol
