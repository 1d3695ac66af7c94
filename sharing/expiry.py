"""The end of a consent, announced days ahead. The end itself needs nobody: it is a column that every question reads."""

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now
from django.urls import reverse

from agencies.models import Agency
from agencies.services import writers_by_agency
from cases.access import participants
from common.acting import SystemContext, system_context
from notifications.models import Notice, NoticeKind
from notifications.services import compose, deliver

from .models import Consent, SharingDecision

BATCH = 200


def announce_ends(*, batch: int = BATCH) -> int:
    """Tell the agencies concerned that a consent ends soon: the one that recorded it while it takes part, and those
    that rest on it. Returns how many consents were looked at.

    The rows are the truth: each person is told once for each consent, however often and by however many workers this
    runs.
    """
    looked_at, after = 0, None
    while True:
        with system_context(SystemContext.REMINDERS):
            soon = Consent.objects.live().filter(
                valid_until__lte=Now() + timedelta(days=settings.CONSENT_ENDS_SOON_DAYS), case__closed_at=None
            )
            if after is not None:
                soon = soon.filter(pk__gt=after)
            consents = list(soon.select_related("case").order_by("pk")[:batch])
            if not consents:
                return looked_at
            deliver(_notices(consents))
        looked_at, after = looked_at + len(consents), consents[-1].pk


def _notices(consents: list[Consent]) -> list[Notice]:
    working = participants({consent.case for consent in consents})
    concerned = {consent.pk: {consent.agency_id} for consent in consents}
    resting = SharingDecision.objects.live().filter(consent__in=consents).values_list("consent", "recipient")
    rests = set(resting)
    for consent_id, agency_id in rests:
        concerned[consent_id].add(agency_id)
    wanted = set().union(*concerned.values())
    agencies = Agency.objects.in_bulk(wanted)
    members = writers_by_agency(wanted)
    notices: list[Notice] = []
    for consent in consents:
        for agency_id in sorted(concerned[consent.pk]):
            in_case = working.takes_part(consent.case, agencies[agency_id]) or (consent.pk, agency_id) in rests
            if not in_case:
                continue
            notices += compose(
                recipients=working.among(consent.case, members.get(agency_id, [])),
                kind=NoticeKind.CONSENT_ENDS_SOON,
                path=f"{reverse('sharing:case_access', args=[consent.case_id])}#consents",
                dedupe_key=f"consent_ends_soon:{consent.pk}:{agency_id}",
                case_id=consent.case_id,
            )
    return notices
