"""How many places a service has left and how long one waits there: said by whoever works in it, in two clicks."""

from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import Refused, RuleBroken

from .models import Agency, Membership
from .perms import may_tell_capacity

MOST_PLACES = 10_000
MOST_DAYS = 1_000


def told_agency(by: Membership | None, agency_id: UUID, *, lock: bool = False) -> Agency:
    """An agency whose places this member may tell; Http404 otherwise."""
    rows = Agency.objects.select_for_update(of=("self",)) if lock else Agency.objects.all()
    agency = rows.filter(pk=agency_id).first() if may_tell_capacity(by, agency_id) else None
    if agency is None:
        raise Http404
    return agency


def most_places(agency: Agency) -> int:
    """How many places can be free at the most: all it has, where that is known."""
    return MOST_PLACES if agency.capacity is None else agency.capacity


def tell(*, by: Membership, agency_id: UUID, free_places: int | None, waiting_days: int | None) -> Agency:
    """So many places are free (None: not said, 0: full) and one waits so many days (None: not said).

    Raises Http404 out of sight, RuleBroken by field.
    """
    agency = told_agency(by, agency_id, lock=True)
    errors: dict[str, list[str]] = {}
    most = most_places(agency)
    if free_places is not None and not 0 <= free_places <= most:
        errors["free_places"] = [_("A number from 0 to %(most)d, or nothing.") % {"most": most}]
    if waiting_days is not None and not 0 <= waiting_days <= MOST_DAYS:
        errors["waiting_days"] = [_("A number from 0 to %(most)d, or nothing.") % {"most": MOST_DAYS}]
    if errors:
        raise RuleBroken(errors)
    return _save(agency, free_places, waiting_days)


def step(*, by: Membership, agency_id: UUID, seen: str, more: int) -> Agency:
    """One place more or less than the number that was `seen`: sent twice, it counts once.

    Raises Http404, Refused where another number stands there now, and past either end.
    """
    agency = told_agency(by, agency_id, lock=True)
    if agency.free_places is None or str(agency.free_places) != seen:
        raise Refused(_("The number had changed meanwhile: look at it again."))
    count = agency.free_places + more
    if not 0 <= count <= most_places(agency):
        raise Refused(_("There is no such number of places: look at it again."))
    return _save(agency, count, agency.waiting_days)


def _save(agency: Agency, free_places: int | None, waiting_days: int | None) -> Agency:
    agency.free_places, agency.waiting_days, agency.capacity_told_at = free_places, waiting_days, now()
    agency.save(update_fields=["free_places", "waiting_days", "capacity_told_at"])
    return agency
