"""Grids published, assessments drafted, signed, concluded."""

from . import definition
from .models import Grid, GridVersion


def publish_reference_grids() -> int:
    """Publish the shipped grids whose content is new; what is published stays. Returns how many versions were added."""
    added = 0
    for shipped in definition.reference_grids():
        grid, _created = Grid.objects.get_or_create(slug=shipped.slug)
        content_hash = definition.content_hash(shipped)
        if not grid.versions.filter(content_hash=content_hash).exists():
            number = grid.versions.count() + 1
            GridVersion.objects.create(
                grid=grid, number=number, definition=definition.to_raw(shipped), content_hash=content_hash
            )
            added += 1
    return added
