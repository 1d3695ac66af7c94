"""What the data-protection officer follows in every agency, who sees no case: emergency accesses, safety incidents."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from agencies.models import Membership
from agencies.perms import may_oversee
from audit.models import Action, AuditEvent
from common.acting import SystemContext, system_context
from common.errors import Refused

from .models import BreakGlass, SafetyIncident

FEW = 200
SHOWN = ("agency", "user", "review", "review__agency", "review__reviewer")


def emergencies(by: Membership) -> list[BreakGlass]:
    """The latest emergency accesses of all agencies, with their reviews; never the case's content.

    Raises Refused for anybody but the data-protection officer.
    """
    _check(by)
    with system_context(SystemContext.OVERSIGHT):
        return list(BreakGlass.objects.select_related(*SHOWN)[:FEW])


def emergency(by: Membership, emergency_id: UUID) -> BreakGlass | None:
    """One emergency access with its review, or None. Raises Refused as `emergencies`."""
    _check(by)
    with system_context(SystemContext.OVERSIGHT):
        return BreakGlass.objects.select_related(*SHOWN).filter(pk=emergency_id).first()


def unreviewed(by: Membership, *, opened_before: datetime) -> int:
    """How many emergency accesses opened before then wait for their review. Raises Refused as `emergencies`."""
    _check(by)
    with system_context(SystemContext.OVERSIGHT):
        return BreakGlass.objects.filter(review=None, opened_at__lt=opened_before).count()


def reads_during(
    by: Membership, emergency: BreakGlass, *, until: datetime, columns: Sequence[str]
) -> list[dict[str, Any]]:
    """What was read in the case while it was open: who, when, which page and categories. Raises Refused."""
    _check(by)
    with system_context(SystemContext.OVERSIGHT):
        return list(reads_of(emergency, until=until).values(*columns)[:FEW])


def reads_of(emergency: BreakGlass, *, until: datetime) -> QuerySet[AuditEvent]:
    """Readings, by the agency that opened it, of its case until then; the latest first."""
    return AuditEvent.objects.filter(
        case_id=emergency.case_id,
        agency_id=emergency.agency_id,
        action=Action.READ,
        at__gte=emergency.opened_at,
        at__lte=until,
    ).order_by("-at", "-id")


def incidents(by: Membership) -> list[SafetyIncident]:
    """The latest safety incidents of all agencies, with their steps. Raises Refused as `emergencies`."""
    _check(by)
    with system_context(SystemContext.OVERSIGHT):
        return list(SafetyIncident.objects.select_related("agency", "reported_by").prefetch_related("steps")[:FEW])


def incident(by: Membership, incident_id: UUID) -> SafetyIncident | None:
    """One incident of any agency with its steps, or None. Raises Refused as `emergencies`."""
    _check(by)
    with system_context(SystemContext.OVERSIGHT):
        found = SafetyIncident.objects.select_related("agency", "reported_by").prefetch_related(
            "steps__agency", "steps__user"
        )
        return found.filter(pk=incident_id).first()


def _check(by: Membership) -> None:
    if not may_oversee(by):
        raise Refused()
