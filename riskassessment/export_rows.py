"""Which assessments an agency exports: those it signed itself, in the cases that who asks may know."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from agencies.models import Membership
from cases.access import participation_rows
from common.clock import local

from .exporting import Signed
from .models import Assessment, GridVersion


@dataclass(frozen=True)
class Wanted:
    """Which versions of one grid, signed from `since` on and before `until`; None where that end is open."""

    versions: tuple[GridVersion, ...]
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Size:
    """How many assessments there are, in how many cases."""

    lines: int
    cases: int


def _own(by: Membership) -> QuerySet[Assessment]:
    known = participation_rows(by).values("content_object")
    return Assessment.objects.filter(agency=by.agency, signed_at__isnull=False, case__in=known).order_by()


def _found(by: Membership, wanted: Wanted) -> QuerySet[Assessment]:
    rows = _own(by).filter(grid_version__in=wanted.versions)
    if wanted.since is not None:
        rows = rows.filter(signed_at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(signed_at__lt=wanted.until)
    return rows


def signed_versions(by: Membership) -> list[GridVersion]:
    """The versions of grids that the agency has signed assessments of, by slug and number."""
    versions = GridVersion.objects.filter(pk__in=_own(by).values("grid_version"))
    return list(versions.select_related("grid").order_by("grid__slug", "number"))


def size(by: Membership, wanted: Wanted) -> Size:
    """How much an export would hold. One query."""
    return Size(**_found(by, wanted).aggregate(lines=Count("pk"), cases=Count("case", distinct=True)))


def rows(by: Membership, wanted: Wanted) -> Iterator[Signed]:
    """What is exported of each assessment. One query; a conclusion or verification that is closed is left empty."""
    found = _found(by, wanted).values_list(
        "case",
        "signed_at",
        "grid_version__number",
        "answers",
        "indicative_level",
        "conclusion__level",
        "conclusion__countersignature__pk",
        "review__verdict",
    )
    for case, signed_at, number, answers, indicative, retained, countersigned, verdict in found.iterator():
        yield Signed(
            case=case,
            month=f"{local(signed_at):%Y-%m}",
            number=number,
            answers=answers,
            indicative=indicative,
            retained=retained or "",
            countersigned=countersigned is not None,
            verdict=verdict or "",
        )
