"""What waits for the data-protection officer, from rooms beside this one: registered in `move/apps.py`."""

from collections.abc import Callable
from typing import Any

from agencies.models import Membership
from agencies.perms import may_oversee

Source = Callable[[Membership], dict[str, Any] | None]
"""A panel of "my work": title, number, sentence, url and label; None when nothing waits."""

_sources: list[Source] = []


def register(source: Source) -> None:
    _sources.append(source)


def panels(membership: Membership | None) -> list[dict[str, Any]]:
    """The panels that have something to show; none for anybody else."""
    if not may_oversee(membership):
        return []
    return [panel for source in _sources if (panel := source(membership)) is not None]
