"""The published versions of grids: what each says, which are in use, for which agency."""

from agencies.models import Agency

from . import definition
from .definition import GridDefinition
from .models import Grid, GridVersion

_definitions: dict[str, GridDefinition] = {}


def definition_of(version: GridVersion) -> GridDefinition:
    """The definition of a published version, checked once per process: its content never changes."""
    if version.content_hash not in _definitions:
        _definitions[version.content_hash] = definition.load(version.definition, published=True)
    return _definitions[version.content_hash]


def publish_reference_grids() -> int:
    """Publish the shipped grids whose content is new; what is published stays. Returns how many versions were added.

    A slug that an agency has given its own instrument stays that agency's: what ships under it is left out.
    """
    added = 0
    for shipped in definition.reference_grids():
        grid, _created = Grid.objects.get_or_create(slug=shipped.slug)
        if grid.agency_id is not None:
            continue
        content_hash = definition.content_hash(shipped)
        if not grid.versions.filter(content_hash=content_hash).exists():
            number = grid.versions.count() + 1
            GridVersion.objects.create(
                grid=grid, number=number, definition=definition.to_raw(shipped), content_hash=content_hash
            )
            added += 1
    return added


def latest_versions() -> list[GridVersion]:
    """The version of each grid that a new assessment uses, by slug; none of a grid whose latest one is retired."""
    latest = GridVersion.objects.order_by("grid__slug", "-number").distinct("grid__slug")
    return [version for version in latest.select_related("grid", "retirement") if not is_retired(version)]


def is_retired(version: GridVersion) -> bool:
    """Whether no new assessment uses this version any more."""
    return getattr(version, "retirement", None) is not None


def open_to(agency: Agency, version: GridVersion) -> bool:
    """Whether an agency may know and use this version: for its kind, and nobody else's instrument."""
    return definition_of(version).open_to(agency.kind) and version.grid.agency_id in (None, agency.pk)
