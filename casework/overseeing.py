"""What waits for who works without case content, from rooms beside this one: registered in `move/apps.py`."""

from collections.abc import Callable
from typing import Any

from agencies.models import Membership
from agencies.perms import may_oversee

Source = Callable[[Membership], dict[str, Any] | None]
"""A panel of "my work": title, number, sentence, url and label; None when nothing waits."""

Who = Callable[[Membership | None], bool]
_sources: list[tuple[Source, Who]] = []


def register(source: Source, *, who: Who = may_oversee) -> None:
    """`who` may read the panel: the data-protection officer where nothing is said."""
    _sources.append((source, who))


def panels(membership: Membership | None) -> list[dict[str, Any]]:
    """The panels that have something to show; none for anybody else."""
    return [panel for source, who in _sources if who(membership) and (panel := source(membership)) is not None]
