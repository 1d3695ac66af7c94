"""Services are asked whether what the directory says of them still holds."""

from collections import defaultdict

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from agencies import offers
from agencies.enums import Role
from agencies.models import Agency, Membership, ServiceOffer
from common.clock import local, now
from notifications.models import NoticeKind
from notifications.services import notify

KEEPERS = (Role.MANAGER, Role.AGENCY_ADMINISTRATOR)
MOST_AT_ONCE = 2000


def ask_to_confirm() -> int:
    """Tell who keeps them of entries that nobody has confirmed for six months, again each month; returns how many.

    One notice for each service, however many entries it has. Where nobody administers a service, or it works without an
    account, whoever administers the platform is told.
    """
    at = now()
    with transaction.atomic():
        waiting: dict[Agency, list[ServiceOffer]] = defaultdict(list)
        for offer in offers.to_ask_about(at)[:MOST_AT_ONCE]:
            waiting[offer.agency].append(offer)
        keepers = _keepers(waiting)
        for agency, found in waiting.items():
            notify(
                recipients=keepers[agency],
                kind=NoticeKind.OFFER_TO_CONFIRM,
                path=reverse("administration:offers", args=[agency.pk]),
                dedupe_key=f"offers-{agency.pk}-{local(at).date().isoformat()}",
            )
            offers.note_asked(found, at)
    return sum(len(found) for found in waiting.values())


def _keepers(agencies: dict[Agency, list[ServiceOffer]]) -> dict[Agency, list[Membership]]:
    own = Q(agency__in=list(agencies), role__in=KEEPERS)
    live = Membership.objects.live().filter(own | Q(role=Role.PLATFORM_ADMINISTRATOR)).select_related("user")
    platform = [member for member in live if member.role == Role.PLATFORM_ADMINISTRATOR]
    found = {
        agency: [member for member in live if member.agency_id == agency.pk and member.role in KEEPERS]
        for agency in agencies
    }
    return {agency: platform if agency.without_account else (members or platform) for agency, members in found.items()}
