"""Decisions that start later: opened when their moment has come.

The end of an access is a column that every query reads; its beginning is not, since a row that opens later cannot stand
beside the one that is open now. So the rows are summed again at the start: by beat each minute, and by any other act
that sums them. Late, an access begins late and nothing is open that should not be.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from cases.models import Case, CaseGroupObjectPermission
from common.acting import SystemContext, system_context
from common.clock import now

from .grants import total
from .models import SharingDecision
from .services import MOST_AHEAD, participation_side, recompute

KEPT_TRYING = timedelta(days=30)
"""How long after its start a decision is still looked for, if nothing summed the rows meanwhile."""


def begin_due() -> int:
    """Open what has come to its start and is not open yet; returns how many agencies' rows were summed again."""
    begun = 0
    with system_context(SystemContext.GRANTS):
        for decision in _started():
            if not _open(decision):
                with transaction.atomic():
                    recompute(case=Case(pk=decision.case_id), agency=decision.recipient)
                begun += 1
    return begun


def _started() -> list[SharingDecision]:
    """Live decisions that were taken ahead of their start. Identifiers follow time: the recent ones alone are read."""
    later = SharingDecision.objects.live().filter(
        pk__gte=_first_id(now() - MOST_AHEAD - KEPT_TRYING), starts_at__gt=F("decided_at")
    )
    return list(later.select_related("recipient", "consent", "authorisation").order_by("pk"))


def _first_id(at: datetime) -> UUID:
    """Not above any identifier made at that moment."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def _open(decision: SharingDecision) -> bool:
    """Whether the recipient's rows hold all that the decision opens, until its end at least."""
    rows = CaseGroupObjectPermission.objects.filter(
        content_object=decision.case_id, group=decision.recipient.group_id
    ).values_list("permission__codename", "expires_at")
    held = dict(rows)
    side = participation_side(case=Case(pk=decision.case_id), agency=decision.recipient)
    return all(
        name in held and (held[name] is None or (end is not None and held[name] >= end))
        for name, end in total([decision.opening()], side=side).items()
    )
