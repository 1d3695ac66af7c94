"""Rows that are gone: by retention, with a certificate that holds and agrees, or removed."""

from collections.abc import Mapping
from datetime import date
from hmac import compare_digest
from uuid import UUID

from django.db.models import QuerySet

from common.acting import SystemContext, system_context

from . import manifest
from .findings import Dropped, Finding, FindingKind
from .found import Found, Month
from .models import Certificate, Trail
from .sealing import FIRST_MOMENT, LAST_MOMENT


class Certificates:
    """The certificates that stood when the check began, and what they explain at its end."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = keys
        begun_with = list(_readable())
        self._begun_with: set[UUID] = {one.pk for one in begun_with}
        self.months: set[tuple[int, date]] = {(one.trail, one.month) for one in begun_with if self._holds(one)}

    def compare(self, found: Found) -> list[Dropped]:
        """Find what no certificate explains; the months that one does."""
        with system_context(SystemContext.SEALING):
            every = list(_readable())
            unreadable = Certificate.objects.count() - len(every)
        for _each in range(unreadable):
            found.add(Finding(FindingKind.CERTIFICATE, detail={"month": "?", "why": "signature", "gone": 0}))
        dropped, explained = [], set()
        for one in every:
            month = found.months[one.trail, one.month]
            why = self._fails(one, month)
            if why is None:
                dropped.append(Dropped(one.trail, one.month, one.rows, one.reason, one.dropped_at))
            else:
                detail = {"month": f"{one.month:%Y-%m}", "why": why, "rows": one.rows}
                detail |= {"sealed": month.entries.rows, "gone": month.gone}
                trail = one.trail if one.trail in Trail.values else None
                found.add(Finding(FindingKind.CERTIFICATE, trail, detail=detail))
            if why is None or month.gone == month.entries.rows:
                explained.add((one.trail, one.month))
        for (trail, day), month in sorted(found.months.items()):
            if (trail, day) not in explained:
                _tell_gone(found, trail, day, month)
        return dropped

    def _holds(self, one: Certificate) -> bool:
        key = self._keys.get(one.key_id)
        return key is not None and compare_digest(bytes(one.signature), manifest.chain(key, one.signed()))

    def _fails(self, one: Certificate, month: Month) -> str | None:
        if one.key_id not in self._keys:
            return "key"
        if not self._holds(one):
            return "signature"
        if (one.rows, bytes(one.entries)) != (month.entries.rows, month.entries.digest()):
            return "numbers"
        # a month removed while the check was under way had rows when they were looked for
        if month.gone != month.entries.rows and one.pk in self._begun_with:
            return "numbers"
        return None


def _readable() -> QuerySet[Certificate]:
    """Those whose times can be read at all."""
    return Certificate.objects.filter(
        month__range=(FIRST_MOMENT.date(), LAST_MOMENT.date()), dropped_at__range=(FIRST_MOMENT, LAST_MOMENT)
    )


def _tell_gone(found: Found, trail: int, day: date, month: Month) -> None:
    """Each row that is gone, or the whole month at once."""
    if month.gone == month.entries.rows > 1:
        detail = {"month": f"{day:%Y-%m}", "rows": month.gone, "first": month.first, "last": month.last}
        found.add(Finding(FindingKind.MONTH_REMOVED, trail=trail, seal=month.first, detail=detail))
        return
    for finding in month.removed:
        found.add(finding)
    found.count += month.gone - len(month.removed)
