"""The tabs of a case page. Rooms do not know each other: `move` registers their tabs here, in order, at most eight."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise

from .access import CaseAccess
from .models import Case


@dataclass(frozen=True)
class Tab:
    key: str
    label: str | Promise
    url_name: str
    shown: Callable[[CaseAccess], bool] = bool
    covers: tuple[str, ...] = ()
    """Keys of pages that stand under this tab where it is shown, and under one of their own where it is not."""


_tabs: dict[str, Tab] = {}


def register(tab: Tab) -> None:
    """Add a tab, or replace the one with the same key."""
    _tabs[tab.key] = tab


def tabs_for(case: Case, access: CaseAccess, current: str) -> list[dict]:
    """What the template shows: [{url, label, current}] of the tabs this access opens."""
    return [
        {"url": reverse(tab.url_name, args=[case.pk]), "label": tab.label, "current": current in (tab.key, *tab.covers)}
        for tab in _tabs.values()
        if tab.shown(access)
    ]
