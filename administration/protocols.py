"""Protocols as the platform administrator keeps them: the parts of a case they name are those that exist."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from agencies import protocols
from agencies.models import Membership, Protocol
from audit.models import Action
from audit.services import record as record_event
from cases.enums import Category
from common.errors import RuleBroken

KIND = "agencies.Protocol"


def category_choices() -> list[tuple[str, str]]:
    """What a protocol may cover: (code, words)."""
    return [(each.value, each.label) for each in Category]


def category_words(codes: Iterable[str]) -> list[str]:
    """The words of these codes, in the order of the enumeration."""
    wanted = set(codes)
    return [str(each.label) for each in Category if each.value in wanted]


def record(*, by: Membership, protocol_id: UUID, values: Mapping[str, object], parties: Iterable[UUID]) -> Protocol:
    """As `agencies.protocols.record`, the categories checked and the act on record."""
    _check(values)
    with transaction.atomic():
        protocol = protocols.record(by=by, protocol_id=protocol_id, values=values, parties=parties)
        record_event(action=Action.DECIDED, object_kind=KIND, object_id=protocol.pk)
    return protocol


def replace(
    *, by: Membership, old_id: UUID, protocol_id: UUID, values: Mapping[str, object], parties: Iterable[UUID]
) -> Protocol:
    """As `agencies.protocols.replace`, the categories checked and the act on record."""
    _check(values)
    with transaction.atomic():
        protocol = protocols.replace(by=by, old_id=old_id, protocol_id=protocol_id, values=values, parties=parties)
        record_event(action=Action.DECIDED, object_kind=KIND, object_id=protocol.pk)
    return protocol


def end(*, by: Membership, protocol_id: UUID) -> Protocol:
    """As `agencies.protocols.end`, the act on record."""
    with transaction.atomic():
        protocol = protocols.end(by=by, protocol_id=protocol_id)
        record_event(action=Action.DECIDED, object_kind=KIND, object_id=protocol.pk)
    return protocol


def _check(values: Mapping[str, object]) -> None:
    if set(values.get("categories") or ()) - set(Category.values):
        raise RuleBroken({"categories": [_("Choose among what a case holds.")]})
