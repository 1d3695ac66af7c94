"""What an emergency access tells of reports its agency does not read: the measure and the weapons, nothing else."""

from dataclasses import dataclass
from datetime import datetime

from cases.models import Case
from common.acting import SystemContext, system_context

from .models import Report

FEW = 20


@dataclass(frozen=True)
class AtTheCounter:
    """What one report said of safety: when she was met, the immediate measure (its code) and the weapons."""

    met_at: datetime
    measure: str
    weapons: str


def at_the_counter(case: Case) -> list[AtTheCounter]:
    """The latest reports of a case whose level the acting agency receives, by these three fields alone.

    For the page of a live emergency access, and for nothing else.
    """
    with system_context(SystemContext.SAFETY):
        rows = Report.objects.filter(case=case).order_by("-met_at", "-pk")
        return [AtTheCounter(*row) for row in rows.values_list("met_at", "measure", "risk_weapons")[:FEW]]
