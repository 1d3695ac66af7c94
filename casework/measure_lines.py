"""Protection measures as pages tell them: one line each, what is missing, and what a member may do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Membership
from cases.access import CaseAccess
from cases.enums import Category, Side
from cases.models import Case
from common.clock import now
from plans import measure_perms as perms
from plans.measure_rules import ADDRESS_HOURS
from plans.measure_states import OVER, RUNNING
from plans.measures import Current, measures_of, names_in
from plans.models import MeasureKind, MeasureState, ProtectionMeasure, ToldWhom
from plans.steps import Line as Task
from plans.steps import Seen, State
from reports.models import TrackingAct

SHOWN = (f"{Category.JUDICIAL}:{Side.CASE}",)
SOON = timedelta(days=3)
FEW = 5


@dataclass(frozen=True)
class Gap:
    """Something that is missing of a measure, and where on its page it is mended."""

    words: str
    anchor: str
    urgent: bool = False


def gaps(current: Current, access: CaseAccess) -> list[Gap]:
    """What is missing, that she does not know of it before everything else. Nothing for his side."""
    if perms.on_his_side(access) or current.step.state in OVER:
        return []
    found: list[Gap] = []
    step, at = current.step, now()
    if step.state != MeasureState.REQUESTED and not current.she_was_told:
        found.append(Gap(_("She has not been told."), "told", urgent=True))
    if step.state == MeasureState.RUN_OUT:
        found.append(Gap(_("Its end is reached: say whether it is over or was extended."), "steps", urgent=True))
    elif current.running and step.ends_at and step.ends_at <= at + SOON:
        found.append(Gap(_("It ends soon: is it to be extended?"), "steps", urgent=True))
    if step.state == MeasureState.ORDERED and not current.measure.hers:
        found.append(Gap(_("He has not been notified."), "steps"))
    if current.measure.kind == MeasureKind.RESIDENCE_BAN and step.state in (
        MeasureState.NOTIFIED,
        MeasureState.EXTENDED,
    ):
        if current.address is None:
            late = step.starts_at + timedelta(hours=ADDRESS_HOURS) <= at
            words = (
                _("He was to give an address within 24 hours: none is written.")
                if late
                else _("He has to give an address within 24 hours.")
            )
            found.append(Gap(words, "address", urgent=late))
        if step.hearing_at is None and step.state == MeasureState.NOTIFIED:
            found.append(Gap(_("The day of the hearing at the family court is not known."), "steps"))
    if any(each.report_id is None for each in current.breaches):
        found.append(Gap(_("A breach without a report: record the report."), "breaches"))
    return found


def lines(case: Case, access: CaseAccess) -> list[dict[str, Any]]:
    """The measures of a case with what is missing of each."""
    names = names_in(case, access)
    return [
        {
            "current": each,
            "gaps": gaps(each, access),
            "who": names.get(each.measure.about_id, "") if each.measure.about_id else "",
            "ends_soon": each.running and each.step.ends_at is not None and each.step.ends_at <= now() + SOON,
        }
        for each in measures_of(case, access)
    ]


def chain(current: Current, access: CaseAccess) -> list[dict[str, Any]]:
    """Everybody who is to be told, and who was, as far as this access reads."""
    wanted = [
        whom
        for whom in ToldWhom
        if not (whom == ToldWhom.PERPETRATOR and current.measure.hers)
        and (whom == ToldWhom.PERPETRATOR or not perms.on_his_side(access))
    ]
    return [{"whom": whom, "told": [each for each in current.told if each.whom == whom]} for whom in wanted]


def protected(current: Current, names: dict[UUID, str]) -> list[str]:
    """Whom the measure protects, as far as this access reads who they are."""
    return [names[pk] for pk in current.measure.protects if pk in names]


def panel(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """The measures that protect now, on the summary; nothing for who reads none. No query where there is none."""
    if not perms.reads_measures(access):
        return None
    found = lines(case, access) if getattr(case, "any_measure", True) else []
    rows = [each for each in found if each["current"].step.state in (*RUNNING, "requested", "run_out")]
    may_write = perms.may_write_measures(access, request.membership.agency)
    if not rows and not may_write:
        return None
    return {"case": case, "lines": rows[:FEW], "more": len(rows) > FEW, "may_write": may_write}


def step(seen: Seen) -> list[Task]:
    """The last of the six steps: legal and judicial measures, on whose side each stands."""
    if not perms.reads_measures(seen.access):
        return []
    url = reverse("casework:measures", args=[seen.case.pk])
    found = measures_of(seen.case, seen.access)
    running = [each for each in found if each.running]
    told: list[Task] = []
    for each in running[:FEW]:
        urgent = next((gap.words for gap in gaps(each, seen.access) if gap.urgent), "")
        side = Side.VICTIM if each.measure.hers else Side.PERPETRATOR
        where = reverse("casework:measure", args=[seen.case.pk, each.measure.pk])
        words = _("%(measure)s: %(state)s") % {"measure": each.label, "state": each.step.get_state_display()}
        words = f"{words}. {urgent}" if urgent else words
        told.append(
            Task(
                side=side,
                state=State.MISSING if urgent else State.UNDER_WAY,
                words=words,
                person=each.measure.about_id,
                url=where,
                act=_("Open"),
            )
        )
    if not running and perms.may_write_measures(seen.access, seen.by.agency):
        words = _("No protection measure runs.") if found else _("No protection measure was asked for.")
        told.append(Task(side=Side.CASE, state=State.MISSING, words=words, url=url, act=_("See the measures")))
    return told


def may_write(by: Membership, access: CaseAccess) -> bool:
    """Whether this member asks for measures and writes their steps."""
    return perms.may_write_measures(access, by.agency)


def of_board(acts: Iterable[TrackingAct]) -> dict[UUID, UUID]:
    """Which measure each of these steps of the board has become, for who reads it."""
    return dict(ProtectionMeasure.objects.filter(board_act__in=acts).values_list("board_act", "pk"))
