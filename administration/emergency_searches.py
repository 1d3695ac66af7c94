"""Who searched in an emergency, and what came of it, for the data-protection officer: from the trail, no search term.

None was ever written down: the trail holds that a person searched, for which agency, and how many cases were found.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Func, IntegerField, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from agencies.models import Agency, Membership
from agencies.perms import may_oversee
from audit.models import Action, AuditEvent
from common.acting import SystemContext, system_context
from common.errors import Refused
from common.pagination import Key, KeysetPage, paginate
from sharing.emergency_search import KIND
from sharing.models import BreakGlass

KEYS = (Key("at", descending=True), Key("id", descending=True))
PER_PAGE = 50
LATELY = timedelta(days=30)


@dataclass(frozen=True)
class Line:
    """One search: `found` cases, None where it was refused for being one too many; `opened` what followed from it."""

    id: UUID
    at: datetime
    user: User | None
    agency: Agency | None
    found: int | None
    opened: list[UUID]
    lately: int


def searches(by: Membership, cursor: str | None) -> tuple[list[Line], KeysetPage[dict[str, Any]]]:
    """One page of the emergency searches of every agency, the latest first. Five queries. Raises Refused, BadCursor."""
    if not may_oversee(by):
        raise Refused()
    with system_context(SystemContext.OVERSIGHT):
        rows = _searched().values("id", "at", "user_id", "agency_id", "object_id", "action")
        rows = rows.annotate(found=Func(F("fields"), function="jsonb_array_length", output_field=IntegerField()))
        page = paginate(rows, keys=KEYS, cursor=cursor, per_page=PER_PAGE)
        people = {row["user_id"] for row in page.items}
        lately = dict(
            _searched()
            .filter(action=Action.SEARCHED, user_id__in=people, at__gt=Now() - LATELY)
            .order_by()
            .values_list("user_id")
            .annotate(Count("id"))
        )
        opened: dict[UUID, list[UUID]] = {}
        made = BreakGlass.objects.filter(decision__source_id__in=[row["object_id"] for row in page.items])
        for search_id, emergency_id in made.order_by("opened_at").values_list("decision__source_id", "pk"):
            opened.setdefault(search_id, []).append(emergency_id)
        users = User.objects.in_bulk(people)
        agencies = Agency.objects.in_bulk({row["agency_id"] for row in page.items})
    return [
        Line(
            id=row["id"],
            at=row["at"],
            user=users.get(row["user_id"]),
            agency=agencies.get(row["agency_id"]),
            found=row["found"] if row["action"] == Action.SEARCHED else None,
            opened=opened.get(row["object_id"], []),
            lately=lately.get(row["user_id"], 0),
        )
        for row in page.items
    ], page


def _searched() -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(object_kind=KIND, action__in=[Action.SEARCHED, Action.REFUSED])
