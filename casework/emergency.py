"""The safety sheet of a case opened in an emergency, and what every page of it says while it is open.

Measures and weapons are no categories of their own: they are taken out of reports and grids, field by field, by
`reports.safety` and `riskassessment.safety`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Membership
from agencies.perms import SENIORS
from cases.access import CaseAccess
from cases.enums import ParticipationSide, Side
from cases.models import Case
from common.clock import now
from reports.models import ImmediateMeasure
from reports.safety import at_the_counter
from riskassessment.safety import Answered, weapons_and_threats
from sharing.break_glass import REVIEW_WITHIN, path_of
from sharing.grants import EMERGENCY, permission_of
from sharing.models import BreakGlass
from sharing.oversight import unreviewed

FEW = 20
ABOUT_HER = frozenset({ImmediateMeasure.SHELTERING})
"""Measures that say where she is: not told to his side."""


@dataclass(frozen=True)
class Line:
    """Something said of safety, and when."""

    at: datetime
    what: str
    detail: str = ""


@dataclass(frozen=True)
class Sheet:
    """What the page shows besides the level and the rules of safe contact, which every page of the case shows."""

    emergency: BreakGlass
    measures: list[Line]
    weapons: list[Line]


def live_in(case: Case, access: CaseAccess) -> BreakGlass | None:
    """The emergency access of the acting agency to this case that is open now."""
    return (
        BreakGlass.objects.live()
        .filter(case=case, agency=access.agency_id)
        .select_related("user")
        .order_by("pk")
        .first()
    )


def sheet(case: Case, access: CaseAccess) -> Sheet | None:
    """None unless an emergency access is open. His side is told that weapons are spoken of, not in whose words, and
    nothing of a grid about her alone: what she told a service that helps her.
    """
    emergency = live_in(case, access)
    if emergency is None:
        return None
    reports, answers = at_the_counter(case), weapons_and_threats(case)
    his = access.side == ParticipationSide.PERPETRATOR
    measures = [
        Line(report.met_at, str(ImmediateMeasure(report.measure).label))
        for report in reports
        if report.measure and not (his and report.measure in ABOUT_HER)
    ]
    weapons = [
        Line(report.met_at, _("Weapons are spoken of in a report."))
        if his
        else Line(report.met_at, _("What a report says of weapons."), report.weapons)
        for report in reports
        if report.weapons.strip()
    ]
    weapons += [_answer(answer, his) for answer in answers if not (his and answer.side == Side.VICTIM)]
    return Sheet(emergency, measures, sorted(weapons, key=lambda line: line.at, reverse=True))


def _answer(answer: Answered, his: bool) -> Line:
    return Line(answer.signed_at, f"{answer.question} {answer.said}.", "" if his else answer.comment)


def banner(case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """What every page of the case says while it is open in an emergency.

    Asked of the database only where something of the access ends within the hours of an emergency.
    """
    soon = now() + timedelta(hours=settings.BREAK_GLASS_HOURS)
    ends = [end for item in EMERGENCY if (end := access.grants.get(permission_of(item))) is not None]
    if not any(end <= soon for end in ends):
        return None
    emergency = live_in(case, access)
    if emergency is None:
        return None
    return {
        "emergency": emergency,
        "seconds": max(0, int((emergency.ends_at - now()).total_seconds())),
        "may_end": access.may_write,
    }


def overdue_reviews(membership: Membership) -> list[dict[str, Any]]:
    """Lines of "my work": emergencies in the cases the agency leads that have waited too long for a judgement."""
    if membership.role not in SENIORS:
        return []
    rows = BreakGlass.objects.to_review_by(membership).filter(opened_at__lt=now() - REVIEW_WITHIN)
    return [
        {
            "what": _("Judge an emergency access of %(who)s") % {"who": row.agency.short_name},
            "reference": row.case.reference,
            "url": reverse("cases:summary", args=[row.case_id]),
            "saved": row.opened_at,
            "action_url": path_of(row),
            "action_label": _("Read and judge"),
        }
        for row in rows.select_related("agency", "case").order_by("opened_at", "pk")[:FEW]
    ]


def emergencies_overdue(membership: Membership) -> int:
    """How many emergencies of all agencies have waited too long, for the data-protection officer."""
    return unreviewed(membership, opened_before=now() - REVIEW_WITHIN)
