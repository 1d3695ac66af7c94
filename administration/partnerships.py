"""Partnerships as administrators keep them: what was shared under one ends with it, in the same transaction."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from agencies import partnerships
from agencies.models import Membership, Partnership, PartnershipMember
from common.errors import RuleBroken
from sharing.partnerships import anything_rests_on, end_what_rested_on
from sharing.services import lock_partnership


def change(*, by: Membership, partnership_id: UUID, values: Mapping[str, object]) -> Partnership:
    """Change what is written of a partnership on which no decision and no consent rests.

    Raises Http404, Refused, RuleBroken by field, or for the whole when something rests on it.
    """
    with transaction.atomic():
        lock_partnership(partnership_id)
        partnership = partnerships.lock(partnership_id)
        if anything_rests_on(partnership):
            raise RuleBroken(_("Sharing rests on this act: it is no longer changed. End it and create another one."))
        return partnerships.change(by=by, partnership_id=partnership_id, values=values)


def end(*, by: Membership, partnership_id: UUID) -> tuple[Partnership, int]:
    """End a partnership and what was shared under it; (partnership, how many sharings ended). Raises Http404,
    Refused.
    """
    with transaction.atomic():
        lock_partnership(partnership_id)
        partnership = partnerships.end(by=by, partnership_id=partnership_id)
        reason = _("The partnership has ended.")
        return partnership, end_what_rested_on(by=by, partnership=partnership, reason=reason)


def end_member(*, by: Membership, member_id: UUID) -> tuple[PartnershipMember, int]:
    """An agency leaves; what was shared under the act with it, or by it, ends. Raises Http404, Refused."""
    with transaction.atomic():
        lock_partnership(get_object_or_404(PartnershipMember, pk=member_id).partnership_id)
        member = partnerships.end_member(by=by, member_id=member_id)
        reason = _("The service no longer takes part in the partnership.")
        ended = end_what_rested_on(by=by, partnership=member.partnership, reason=reason, agency=member.agency)
        return member, ended
