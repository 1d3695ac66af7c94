"""How often grids were used: numbers alone, across agencies. For who administers grids."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count

from common.acting import SystemContext, system_context

from .models import Assessment


def signed_under(version_ids: Iterable[UUID]) -> dict[UUID, int]:
    """{version: how many assessments were signed under it}; versions without any are left out."""
    with system_context(SystemContext.LEVELS):
        rows = Assessment.objects.filter(grid_version__in=list(version_ids), signed_at__isnull=False)
        return dict(rows.order_by().values_list("grid_version").annotate(Count("pk")))
