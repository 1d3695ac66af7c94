"""Protection measures as they are read: where each stands, its steps, who was told, what was not respected."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404
from django.utils.text import capfirst

from agencies.models import Membership
from cases.access import CaseAccess, grants_of
from cases.enums import Side
from cases.models import Case, CasePerson
from cases.perms import shows_person
from common.acting import SystemContext, system_context
from common.clock import now
from reports.models import Report

from . import measure_perms as perms
from .measure_rules import runs
from .measure_states import RUNNING
from .models import (
    DeclaredAddress,
    MeasureAct,
    MeasureBreach,
    MeasureStep,
    MeasureTold,
    ProtectionMeasure,
    ToldWhom,
)


@dataclass(frozen=True)
class Current:
    """A measure, where it stands, and what of the rest this access reads."""

    measure: ProtectionMeasure
    step: MeasureStep
    steps: list[MeasureStep] = field(default_factory=list)
    told: list[MeasureTold] = field(default_factory=list)
    breaches: list[MeasureBreach] = field(default_factory=list)
    address: DeclaredAddress | None = None

    @property
    def label(self) -> str:
        """Which measure it is, in words."""
        return label(self.measure)

    @property
    def running(self) -> bool:
        """Whether it protects now."""
        return runs(self.step.state, self.step.ends_at, now())

    @property
    def she_was_told(self) -> bool:
        """Whether somebody told her, as far as this access reads."""
        return any(each.whom == ToldWhom.VICTIM for each in self.told)


def label(measure: ProtectionMeasure) -> str:
    """Which measure it is, in words: its own name where it is another one."""
    return capfirst(measure.name or measure.get_kind_display())


# --- reading ----------------------------------------------------------------------------------------------------
def readable(access: CaseAccess) -> Q:
    """The same rule as `perms.reads_measure`, as a filter on the measures of its case."""
    if not access:
        return Q(pk__in=[])
    allowed = access.readable()
    if perms.on_his_side(access):
        notified = MeasureStep.objects.filter(measure=OuterRef("pk"), act=MeasureAct.NOTIFY)
        allowed &= Q(hers=False) & Exists(notified)
    return allowed


def measures_of(case: Case, access: CaseAccess) -> list[Current]:
    """The measures of a case that this access reads, with their steps, who was told and the breaches: those that
    protect first, by their end. A constant number of queries.
    """
    rows = ProtectionMeasure.objects.filter(readable(access), case=case).select_related("agency", "author")
    found = [each for row in _whole(rows) if (each := _as_read(row, access)) is not None]
    return sorted(found, key=_place)


def get_measure(case: Case, access: CaseAccess, measure_id: UUID) -> Current:
    """One of them. Raises Http404 where this access does not read it."""
    rows = ProtectionMeasure.objects.filter(readable(access), case=case, pk=measure_id)
    row = next(iter(_whole(rows.select_related("agency", "author"))), None)
    found = _as_read(row, access) if row else None
    if found is None:
        raise Http404
    return found


def any_measure() -> Exists:
    """Whether the acting service reads a measure in the case of a row: for `cases.access.register_flag`."""
    return Exists(ProtectionMeasure.objects.filter(case=OuterRef("pk")))


def _whole(rows: QuerySet[ProtectionMeasure]) -> QuerySet[ProtectionMeasure]:
    people = ("agency", "author")
    return rows.prefetch_related(
        Prefetch("steps", MeasureStep.objects.select_related(*people).order_by("recorded_at", "pk")),
        Prefetch("told", MeasureTold.objects.select_related(*people).order_by("at", "pk")),
        Prefetch("breaches", MeasureBreach.objects.select_related(*people).order_by("-at", "-pk")),
        Prefetch("addresses", DeclaredAddress.objects.select_related(*people).order_by("-given_at", "-pk")),
    )


def _as_read(row: ProtectionMeasure, access: CaseAccess) -> Current | None:
    steps = [each for each in row.steps.all() if perms.reads_step(access, each)]
    followed = {each.supersedes_id for each in steps}
    last = next((each for each in reversed(steps) if each.pk not in followed), None)
    if last is None:
        return None
    return Current(
        row,
        last,
        steps,
        [each for each in row.told.all() if perms.reads_told(access, each)],
        [each for each in row.breaches.all() if perms.reads_breach(access, each)],
        next((each for each in row.addresses.all() if perms.reads_row(access, each)), None),
    )


def _place(each: Current) -> tuple[Any, ...]:
    """Those that run by their end, then those that wait, then what is over, the latest first."""
    at = each.step.ends_at.timestamp() if each.step.ends_at else float("inf")
    rank = 0 if each.running else 1 if each.step.state in ("requested", "run_out") else 2
    return (rank, at if rank == 0 else -each.step.at.timestamp())


def current_steps() -> QuerySet[MeasureStep]:
    """Where each measure stands: the steps nothing follows."""
    return MeasureStep.objects.filter(superseded_by=None)


def running_steps(at: datetime) -> QuerySet[MeasureStep]:
    """Where each measure that protects at this moment stands."""
    return current_steps().filter(Q(ends_at=None) | Q(ends_at__gt=at), state__in=RUNNING)


def active(case: Case) -> list[ProtectionMeasure]:
    """The measures of a case that protect now, whoever asks: for what may not happen while one does."""
    with system_context(SystemContext.MEASURES_CHECK):
        steps = running_steps(now()).filter(case=case).select_related("measure")
        return [each.measure for each in steps.order_by("ends_at", "pk")]


def active_in(by: Membership, case_ids: Iterable[UUID]) -> dict[UUID, list[Current]]:
    """The measures that protect now in these cases, as this member reads them, by their end. Constant."""
    accesses = grants_of(list(case_ids), by)
    reading = [case_id for case_id, access in accesses.items() if perms.reads_measures(access)]
    steps = running_steps(now()).filter(case__in=reading).select_related("measure__agency")
    found: dict[UUID, list[Current]] = {}
    for step in steps.order_by("ends_at", "pk"):
        access = accesses[step.case_id]
        if perms.reads_measure(access, step.measure, notified=step.starts_at is not None):
            found.setdefault(step.case_id, []).append(Current(step.measure, step))
    return found


def who_may_be_bound(case: Case, access: CaseAccess) -> list[CasePerson]:
    """Persons of his side whom the acting member may name."""
    return [each for each in _known(case, access) if each.side == Side.PERPETRATOR]


def who_may_be_protected(case: Case, access: CaseAccess) -> list[CasePerson]:
    """Everybody else of the case whom the acting member may name, her and her children first."""
    others = [each for each in _known(case, access) if each.side != Side.PERPETRATOR]
    return sorted(others, key=lambda each: each.side != Side.VICTIM)


def names_in(case: Case, access: CaseAccess) -> dict[UUID, str]:
    """Names of the persons of a case, as far as this access reads who they are."""
    return {each.pk: each.person.full_name or str(each.get_role_display()) for each in _known(case, access)}


def _known(case: Case, access: CaseAccess) -> list[CasePerson]:
    persons = CasePerson.objects.filter(case=case).select_related("person").order_by("created_at")
    return [each for each in persons if shows_person(access, each)]


def reports_of(case: Case, access: CaseAccess) -> QuerySet[Report]:
    """The reports of a case that this access reads, the latest first."""
    return Report.objects.filter(access.readable(), case=case).order_by("-met_at", "-pk")
