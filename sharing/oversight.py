"""What the data-protection officer follows in every agency, who sees no case: emergency accesses, safety incidents."""

from agencies.models import Membership
from agencies.perms import may_oversee
from common.acting import SystemContext, system_context
from common.errors import Refused

from .models import BreakGlass, SafetyIncident

FEW = 200


def emergencies(by: Membership) -> list[BreakGlass]:
    """The latest emergency accesses of all agencies, with their reviews; never the case's content.

    Raises Refused for anybody but the data-protection officer.
    """
    _check(by)
    with system_context(SystemContext.OVERSIGHT):
        return list(BreakGlass.objects.select_related("agency", "user", "review", "review__agency")[:FEW])


def incidents(by: Membership) -> list[SafetyIncident]:
    """The latest safety incidents of all agencies, with their steps. Raises Refused as `emergencies`."""
    _check(by)
    with system_context(SystemContext.OVERSIGHT):
        return list(SafetyIncident.objects.select_related("agency", "reported_by").prefetch_related("steps")[:FEW])


def _check(by: Membership) -> None:
    if not may_oversee(by):
        raise Refused()
