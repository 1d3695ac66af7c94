"""Who runs a programme and who reads what of it; which step may follow which; what has to be looked at. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from agencies.enums import JUDICIAL_KINDS, AgencyKind
from agencies.models import Agency, Membership
from agencies.perms import may_see_cases
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, Side

from .models import Attendance, Mandate, Programme, StepKind

RUNS_PROGRAMMES = frozenset(
    {AgencyKind.PERPETRATOR_PROGRAMME, AgencyKind.PRISON_AID, AgencyKind.ADDICTION, AgencyKind.MENTAL_HEALTH}
)
"""Services that work with him and may run a programme, where they are on his side in the case."""

MANDATING = frozenset({AgencyKind.PROSECUTOR, AgencyKind.COURT, AgencyKind.JUSTICE_HOUSE})
"""Who mandates, among the services that have an account."""

NEXT: dict[str, frozenset[str]] = {
    "": frozenset({StepKind.COMPLETED, StepKind.DROPPED_OUT, StepKind.EXCLUDED}),
    StepKind.RESUMED: frozenset({StepKind.COMPLETED, StepKind.DROPPED_OUT, StepKind.EXCLUDED}),
    StepKind.DROPPED_OUT: frozenset({StepKind.RESUMED}),
    StepKind.EXCLUDED: frozenset({StepKind.RESUMED}),
    StepKind.COMPLETED: frozenset(),
}
"""Which step may follow which; "" is a programme that has only begun."""

ALARMING = frozenset({StepKind.DROPPED_OUT, StepKind.EXCLUDED})
"""Steps that leave him without the programme before its end: the risk is assessed again, the coordination is told."""

AHEAD = frozenset({Attendance.CANCELLED, Attendance.EXCUSED})
"""What may be said of a session before its day."""

ABSENT = frozenset({Attendance.MISSED, Attendance.EXCUSED})


# --- who -----------------------------------------------------------------------------------------------------
def runs_programmes(membership: Membership | None) -> bool:
    """Whether this member's service may run programmes at all."""
    return may_see_cases(membership) and membership.agency.kind in RUNS_PROGRAMMES


def mandates(membership: Membership | None) -> bool:
    """Whether this member's service is an authority that mandates."""
    return may_see_cases(membership) and membership.agency.kind in MANDATING


def on_her_side(access: CaseAccess) -> bool:
    """Whether the acting agency works with her here: it reads nothing of his programme, granted or not."""
    return access.side == ParticipationSide.VICTIM


def works_with_him(access: CaseAccess) -> bool:
    """Whether work with him is open to this access as a category."""
    return access.can(Category.PERPETRATOR_WORK, Side.PERPETRATOR) and not on_her_side(access)


def may_begin(membership: Membership | None, access: CaseAccess) -> bool:
    """Begin a programme in this case: who writes for a service that runs programmes and works with him here."""
    his_side = access.side == ParticipationSide.PERPETRATOR
    return runs_programmes(membership) and his_side and access.contribute


def opens_programmes(membership: Membership | None, access: CaseAccess) -> bool:
    """Whether the page of programmes exists in this case whatever stands in it; authorities are asked by their
    mandates.
    """
    runs = runs_programmes(membership) and access.side == ParticipationSide.PERPETRATOR
    return bool(access) and (runs or works_with_him(access))


def may_keep(access: CaseAccess, programme: Programme) -> bool:
    """Plan and mark its sessions, say how it goes on: who writes for the service that runs it, while it takes part."""
    return access.contribute and programme.agency_id == access.agency_id


def may_alert(access: CaseAccess, programme: Programme) -> bool:
    """Say that something is worrying: the same, whatever became of the case since."""
    return access.takes_part and programme.agency_id == access.agency_id


def may_read_plan(
    access: CaseAccess, *, agency: Agency, authored_by: object, internal: bool, issuers: Iterable[object]
) -> bool:
    """Read a therapeutic plan: its service; others only where it is not internal, and never an authority."""
    if not access:
        return False
    if authored_by == access.agency_id:
        return True
    authority = agency.kind in JUDICIAL_KINDS or access.agency_id in set(issuers)
    return not internal and works_with_him(access) and not authority


def may_print_sheet(access: CaseAccess, programme: Programme, mandate: Mandate) -> bool:
    """Print attendance and conditions: the service that runs the programme and the authority that mandates."""
    return bool(access) and access.agency_id in (programme.agency_id, mandate.issuer_id)


# --- what holds on a day ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Span:
    """The days a mandate covers, the last one included; None: no end."""

    first: date
    last: date | None

    def covers(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


def span_of(mandate: Mandate) -> Span:
    """The days a mandate covers, its end included where it was ended sooner."""
    end = getattr(mandate, "end", None)
    ends = [day for day in (mandate.ends_on, end.ended_on if end else None) if day is not None]
    return Span(mandate.starts_on, min(ends, default=None))


def runs(last_step: str) -> bool:
    """Whether a programme runs, by its last step ("" for none)."""
    return last_step in ("", StepKind.RESUMED)


# --- what has to be looked at -----------------------------------------------------------------------------------
def missed_in_a_row(outcomes: Sequence[str]) -> int:
    """How many of the latest sessions he missed without an excuse, of the outcomes from the first to the latest.

    What the service cancelled counts for nothing; an excuse or a session attended ends the row.
    """
    count = 0
    for outcome in reversed([each for each in outcomes if each != Attendance.CANCELLED]):
        if outcome != Attendance.MISSED:
            break
        count += 1
    return count


def is_silent(*, begun_on: date, last_seen: date | None, next_on: date | None, today: date, days: int) -> bool:
    """Whether a running programme has been silent for longer than `days`: nobody was seen, no session is planned."""
    if next_on is not None and next_on >= today:
        return False
    return today - max(filter(None, (begun_on, last_seen))) > timedelta(days=days)


def report_due(*, every_days: int | None, span: Span, last_given: date | None) -> date | None:
    """By when the next report to the authority is due; None where none is asked, or the mandate is reported on to its
    end.
    """
    if not every_days:
        return None
    since = max(filter(None, (span.first, last_given)))
    due = since + timedelta(days=every_days)
    if span.last is not None and due > span.last:
        # the last one, at the end of the mandate
        due = span.last
        if last_given is not None and last_given >= span.last:
            return None
    return due


@dataclass(frozen=True)
class Counts:
    """Attendance in figures."""

    attended: int = 0
    missed: int = 0
    excused: int = 0
    cancelled: int = 0

    @property
    def asked(self) -> int:
        """Sessions he was expected at."""
        return self.attended + self.missed + self.excused


def counted(outcomes: Iterable[str]) -> Counts:
    """The same outcomes in figures."""
    found = list(outcomes)
    return Counts(*(sum(each == kind for each in found) for kind in ("attended", "missed", "excused", "cancelled")))
