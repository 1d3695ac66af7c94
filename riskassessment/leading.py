"""From a checklist to the full grid it leads to: proposed as soon as one answer is yes."""

from collections.abc import Iterable
from typing import Any

from .definition import GridDefinition
from .items import YesNoItem
from .models import Assessment, GridVersion
from .versions import definition_of


def leads_on(definition: GridDefinition, answers: dict[str, Any]) -> bool:
    """Whether these answers of a checklist lead to its full grid: any yes, but for what protects."""
    if definition.kind != "checklist" or not definition.leads_to:
        return False
    return any(
        isinstance(item, YesNoItem) and not item.protective and answers.get(item.id, {}).get("value") == "yes"
        for item in definition.questions
    )


def full_grid_after(assessment: Assessment, versions: Iterable[GridVersion]) -> GridVersion | None:
    """The grid, of those that may be begun, that a signed checklist leads to; None where its answers do not."""
    definition = definition_of(assessment.grid_version)
    if assessment.signed_at is None or not leads_on(definition, assessment.answers):
        return None
    return next((version for version in versions if version.grid.slug == definition.leads_to), None)
