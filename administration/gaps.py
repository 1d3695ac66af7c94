"""Which kinds of services are missing where: counted over every agency, of no case. For the annual report."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.db.models.functions import ExtractYear
from django.utils.translation import gettext as _

from agencies.enums import AgencyKind, Need
from agencies.models import Membership, Place
from agencies.perms import may_read_partnerships
from agencies.places import name_in
from common.acting import SystemContext, system_context
from common.clock import BRUSSELS, local, now
from common.errors import Refused
from referrals.models import ServiceGap

SMALL = 5
"""Below it a count could lead to somebody: it leaves the platform as “fewer than 5”."""

MOST = 2000


@dataclass(frozen=True)
class GapCount:
    """How often a kind of service was missing for a need at a postal code ("": not said)."""

    kind: str
    need: str
    postal_code: str
    place: str
    number: int

    @property
    def small(self) -> bool:
        return self.number < SMALL


@dataclass(frozen=True)
class GapMap:
    """A year's counts, the most frequent first; `by_kind` sums them."""

    year: int
    years: list[int]
    lines: list[GapCount]
    by_kind: list[tuple[str, int]]

    @property
    def total(self) -> int:
        return sum(number for _kind, number in self.by_kind)


def may_read_gaps(membership: Membership | None) -> bool:
    """Platform administrators and coordinators: counts as they are, without any case."""
    return may_read_partnerships(membership)


def gap_map(*, by: Membership, year: int, language: str) -> GapMap:
    """What was noted as missing in a year (Brussels time). Raises Refused."""
    if not may_read_gaps(by):
        raise Refused(_("Only platform administrators and coordinators read which services are missing."))
    start = datetime(year, 1, 1, tzinfo=BRUSSELS)
    end = datetime(year + 1, 1, 1, tzinfo=BRUSSELS)
    with system_context(SystemContext.GAPS):
        of_year = ServiceGap.objects.filter(noted_at__gte=start, noted_at__lt=end)
        rows = of_year.order_by().values("kind", "need", "postal_code").annotate(number=Count("pk"))
        counted = list(rows.order_by("-number", "kind", "need", "postal_code")[:MOST])
        noted = ServiceGap.objects.order_by().annotate(year=ExtractYear("noted_at", tzinfo=BRUSSELS))
        years = set(noted.values_list("year", flat=True).distinct())
    codes = {row["postal_code"] for row in counted}
    places: dict[str, str] = {}
    for place in Place.objects.filter(postal_code__in=codes):
        places.setdefault(place.postal_code, name_in(place, language))
    lines = [
        GapCount(
            str(AgencyKind(row["kind"]).label),
            str(Need(row["need"]).label),
            row["postal_code"],
            places.get(row["postal_code"], ""),
            row["number"],
        )
        for row in counted
    ]
    sums: Counter[str] = Counter()
    for line in lines:
        sums[line.kind] += line.number
    return GapMap(year, sorted(years | {local(now()).year, year}, reverse=True), lines, sums.most_common())


def table(found: GapMap) -> list[list[str]]:
    """The rows of a file that leaves the platform, with its head: small counts are not told."""
    fewer = _("fewer than %(most)d") % {"most": SMALL}
    head = [_("Year"), _("Missing service"), _("Need"), _("Postal code"), _("Place"), _("Count")]
    return [
        head,
        *(
            [
                str(found.year),
                line.kind,
                line.need,
                line.postal_code,
                line.place,
                fewer if line.small else str(line.number),
            ]
            for line in found.lines
        ),
    ]
