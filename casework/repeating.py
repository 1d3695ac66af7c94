"""Events that repeat themselves: counted over every service and every case of the same couple or household.

What is told is that a rule is met, in figures of the rule: neither which events, nor of whom, nor how many. It is
written on nobody's record, as who recorded the last event may not know of the other cases.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest

from cases.access import CaseAccess
from cases.enums import Category, EventCode, ParticipationSide, Side
from cases.models import Case, CaseEvent
from cases.services import log_event
from cases.timeline import detail
from common.acting import SystemContext, system_context
from common.clock import local, now
from followups.reassessments import reassess_sooner
from reports.models import Report
from riskassessment import repeat_rules, repeats
from riskassessment.models import CoordinationRequest, RequestState, TurningPoint
from riskassessment.turning import BREACHES
from sharing.models import CaseLink, LinkKind

COUNTED_TOGETHER = (LinkKind.SAME_COUPLE, LinkKind.SAME_HOUSEHOLD)
MOST = 50


def look(*, case: Case) -> None:
    """One more event happened in a case: where a rule is met, this case and those linked to it are told."""
    rules = repeat_rules.rules()
    with system_context(SystemContext.REPEATS, on_behalf=False):
        for found in _cases([case.pk, *_linked(case.pk)]):
            for met in _met(found, rules, {found.pk, *_linked(found.pk)}):
                _tell(found, met.rule)


def look_at_link(*, one: Case, other: Case) -> None:
    """Two cases now belong together: where a rule is met by both and was not by each, they are told."""
    rules = repeat_rules.rules()
    with system_context(SystemContext.REPEATS, on_behalf=False):
        for found in _cases([one.pk, other.pk]):
            together = {found.pk, *_linked(found.pk)}
            apart = together - ({one.pk, other.pk} - {found.pk})
            known = {met.rule for met in _met(found, rules, apart)}
            for met in _met(found, rules, together):
                if met.rule not in known:
                    _tell(found, met.rule)


def panel(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """The last time that events were told to repeat themselves, for who receives the level and is not on his side."""
    if not access.level or access.side == ParticipationSide.PERPETRATOR:
        return None
    event = CaseEvent.objects.filter(case=case, code=EventCode.EVENTS_REPEATED).order_by("-at", "-pk").first()
    return {"at": event.at, "words": detail(event.code, event.payload)} if event else None


def _cases(ids: Iterable[UUID]) -> list[Case]:
    with system_context(SystemContext.REMINDERS):
        return list(Case.objects.filter(pk__in=ids, closed_at=None).select_related("lead_agency"))


def _linked(case_id: UUID) -> list[UUID]:
    """The cases of the same couple or household."""
    links = CaseLink.objects.filter(Q(first=case_id) | Q(second=case_id), kind__in=COUNTED_TOGETHER, end=None)
    pairs = links.order_by("-made_at", "-pk").values_list("first_id", "second_id")[:MOST]
    return [second if first == case_id else first for first, second in pairs if {first, second} != {case_id}]


def _met(case: Case, rules: list[repeats.Rule], together: set[UUID]) -> list[repeats.Met]:
    return repeats.met(
        rules,
        events=_events(together),
        consultations=_consultations(together),
        area=case.lead_agency.territory,
        today=local(now()).date(),
    )


def _events(case_ids: set[UUID]) -> list[date]:
    """The days of what was reported in these cases, and of measures breached on a day of which no report speaks."""
    # a complaint that continues a family dispute tells of the same event
    reports = Report.objects.filter(case__in=case_ids, continues=None).values_list("occurred_at", "met_at")
    reported = [local(occurred_at or met_at).date() for occurred_at, met_at in reports]
    breaches = TurningPoint.objects.filter(case__in=case_ids, kind__in=BREACHES).values_list("happened_on", flat=True)
    return [*reported, *(set(breaches) - set(reported))]


def _consultations(case_ids: set[UUID]) -> list[date]:
    """The days on which the coordination took up a situation of these cases."""
    retained = CoordinationRequest.objects.filter(case__in=case_ids, state=RequestState.RETAINED)
    return [local(at).date() for at in retained.values_list("answered_at", flat=True) if at]


def _tell(case: Case, rule: repeats.Rule) -> None:
    event = log_event(
        by=None,
        case=case,
        code=EventCode.EVENTS_REPEATED,
        category=Category.LEVEL,
        side=Side.CASE,
        payload={"rule": rule.code, "version": rule.version, "events": rule.events, "months": rule.months,
                 "since": rule.since},
    )  # fmt: skip
    due_at = now() + timedelta(hours=settings.TURNING_POINT_HOURS)
    reassess_sooner(by=None, case=case, source_id=event.pk, due_at=due_at, otherwise=None)
