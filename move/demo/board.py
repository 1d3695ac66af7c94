"""What the prosecutor's office does with what reached it: read, given to a section, measures, hearings, decisions."""

from datetime import datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING

from agencies.models import Unit
from cases.enums import Side
from casework import tracking
from common.ids import uuid7
from reports.models import Decision, TrackedKind, Tracking, TrackingStep

from . import doors_words as words

if TYPE_CHECKING:
    from .district import District

OUTCOMES = (Decision.FOLLOW_UP, Decision.INQUIRY, Decision.CLOSED, Decision.FOLLOW_UP, Decision.HEARING)
LATE = 6
"""Of what the office had to decide before today, how much it has not: the latest of it."""


def tell(district: "District") -> None:
    """Older items are decided, six are overdue, some of the last two weeks are read and given to a section."""
    anne = district.members["anne"]
    with district.act(anne, district.start):
        rows = list(Tracking.objects.visible_to(anne).select_related("report", "police").order_by("received_at"))
        sections = {unit.reference_person_id: unit for unit in Unit.objects.live().filter(agency=anne.agency_id)}
    simon = district.members["simon"]
    office = Office(district, sections[anne.user_id], sections[simon.user_id])
    past = [row for row in rows if row.decide_by < district.start]
    outcomes = cycle(OUTCOMES)
    for row in past[:-LATE]:
        office.decide(row, next(outcomes), row.received_at + timedelta(days=9))
    recent = [row for row in rows if row.decide_by >= district.start]
    complaints = [row for row in recent if row.kind == TrackedKind.COMPLAINT]
    for row in recent[::2]:
        office.take(row)
    asked, held, banned, ordered = complaints[:4]
    office.hearing(asked, Side.PERPETRATOR, words.HEAR_HIM)
    office.hearing(held, Side.VICTIM, words.HEAR_HER, held=True)
    office.order(banned, TrackingStep.RESIDENCE_BAN, words.BAN, days=14)
    office.order(ordered, TrackingStep.NO_CONTACT, words.NO_CONTACT, days=90)
    office.decide(held, Decision.INQUIRY, district.start - timedelta(hours=22))
    alert = next((row for row in rows if row.kind == TrackedKind.ALERT), None)
    if alert is not None:
        office.read(alert, district.start - timedelta(days=1, hours=3))
    office.change_of_mind(past[-LATE - 1])


class Office:
    """The acts of the two persons of the office; Simon's section has what concerns couples."""

    def __init__(self, district: "District", family: Unit, couples: Unit) -> None:
        self.district = district
        self.anne, self.simon = district.members["anne"], district.members["simon"]
        self.family, self.couples = family, couples

    def at(self, row: Tracking, days: float) -> datetime:
        """So many days after it came, in working hours, an hour ago at the latest."""
        return min(
            self.district.by_day(row.received_at + timedelta(days=days)), self.district.start - timedelta(hours=1)
        )

    def read(self, row: Tracking, at: datetime) -> None:
        with self.district.act(self.anne, max(at, row.received_at + timedelta(minutes=20))):
            tracking.mark_read(by=self.anne, tracking_id=row.pk, request_key=uuid7())

    def take(self, row: Tracking) -> None:
        """Read, then given to a section."""
        self.read(row, self.at(row, 0.6))
        unit = self.couples if row.kind == TrackedKind.COMPLAINT else self.family
        with self.district.act(self.anne, max(self.at(row, 0.7), row.received_at + timedelta(minutes=30))):
            tracking.assign(by=self.anne, tracking_id=row.pk, unit_id=unit.pk, request_key=uuid7())

    def hearing(self, row: Tracking, whom: Side, text: str, *, held: bool = False) -> None:
        """Asked of the police; `held` when they have said so since."""
        start = self.district.start
        asked_at = max(row.received_at + timedelta(hours=1), start - timedelta(days=4))
        with self.district.act(self.simon, asked_at):
            on = None if held else start + timedelta(days=2)
            tracking.hearing(by=self.simon, tracking_id=row.pk, whom=whom, on=on, text=text, request_key=uuid7())
        if held:
            officer = self.district.members[
                "marc" if row.police_id == self.district.agencies["zp_aurore"].pk else "thomas"
            ]
            at = max(asked_at + timedelta(hours=3), start - timedelta(days=1, hours=2))
            with self.district.act(officer, at):
                tracking.heard(
                    by=officer,
                    tracking_id=row.pk,
                    whom=whom,
                    on=min(at, start) - timedelta(hours=1),
                    text=words.HEARD,
                    request_key=uuid7(),
                )

    def order(self, row: Tracking, step: TrackingStep, text: str, *, days: int) -> None:
        at = max(row.received_at + timedelta(hours=2), self.district.start - timedelta(days=3))
        with self.district.act(self.anne, at):
            tracking.order(
                by=self.anne,
                tracking_id=row.pk,
                step=step,
                whom=Side.PERPETRATOR,
                on=min(at, self.district.start),
                until=self.district.start + timedelta(days=days),
                text=text,
                request_key=uuid7(),
            )

    def decide(self, row: Tracking, outcome: Decision, at: datetime) -> None:
        by = self.simon if row.kind == TrackedKind.COMPLAINT else self.anne
        with self.district.act(by, self.district.by_day(at)):
            tracking.decide(by=by, tracking_id=row.pk, outcome=outcome, reasons=words.REASONS[outcome], shown=None)

    def change_of_mind(self, row: Tracking) -> None:
        """What was closed is followed up, or the other way round: the former decision stays readable."""
        with self.district.act(self.anne, self.district.start - timedelta(days=1, hours=5)):
            former = row.decisions.get(superseded_by=None)
            outcome = Decision.INQUIRY if former.outcome == Decision.FOLLOW_UP else Decision.FOLLOW_UP
            tracking.decide(
                by=self.anne, tracking_id=row.pk, outcome=outcome, reasons=words.REASONS["changed"], shown=former.pk
            )
