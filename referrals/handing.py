"""What somebody looks at or has taken on, of the referrals their service received, given to a successor."""

from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from cases.access import kept_out
from common.acting import SystemContext, system_context

from .answering import lock_round
from .models import TAKEN, Referral
from .perms import IN_HAND


def held_by(referrals: QuerySet[Referral], *, agency_id: UUID, user_id: UUID) -> QuerySet[Referral]:
    """Of these referrals, those this person has in hand for the agency that received them."""
    mine = Q(assigned_to=user_id) | Q(taken_by=user_id)
    return referrals.filter(mine, to_agency=agency_id, state__in=IN_HAND)


def with_kept(referrals: QuerySet[Referral], user_id: UUID) -> QuerySet[Referral]:
    """The same rows with `kept`: whether this person may not know of the case."""
    return referrals.annotate(kept=kept_out(case="case", user=user_id, outside=~Q(state__in=TAKEN)))


def hand_over(*, agency_id: UUID, leaving: UUID, successor: User) -> None:
    """All of them go to a successor; to nobody where the successor is kept out of the case."""
    with system_context(SystemContext.REMINDERS):
        held = held_by(Referral.objects.all(), agency_id=agency_id, user_id=leaving)
        # the round before the referral, as every answer does
        for round_id in sorted(set(held.exclude(round=None).values_list("round", flat=True))):
            lock_round(round_id)
        for referral in with_kept(held, successor.pk).select_for_update(of=("self",)).order_by("pk"):
            person = None if referral.kept else successor
            if referral.assigned_to_id == leaving:
                referral.assigned_to = person
            if referral.taken_by_id == leaving:
                referral.taken_by = person
            referral.save(update_fields=["assigned_to", "taken_by"])
