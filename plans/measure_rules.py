"""How long a measure may last, and why a step cannot be written as typed. Pure: values in, problems by field out.

A residence ban lasts fourteen days at most, counted from when he was notified; the family court may extend it once, by
three months at most from its judgment (law of 15 May 2012; to be confirmed by a jurist before use).
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from common.clock import BRUSSELS, end_of, local

from .measure_states import LEADS_TO
from .models.measures import (
    BAN_DAYS,
    EXTENSION_MONTHS,
    Authority,
    MeasureAct,
    MeasureKind,
    MeasureState,
)

ADDRESS_HOURS = 24
"""Hours within which a removed person says where he can be reached."""
FURTHEST = timedelta(days=5 * 366)

SAYS_WHO = frozenset({MeasureAct.ORDER, MeasureAct.REFUSE, MeasureAct.EXTEND, MeasureAct.LIFT})
"""Acts of an authority, which is named."""
SAYS_WHY = frozenset({MeasureAct.REFUSE, MeasureAct.LIFT})
"""Acts whose reason is kept."""


@dataclass(frozen=True)
class Standing:
    """Where a measure stands before the step: when that was, and what holds."""

    state: str
    at: datetime
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    hearing_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A step as it was typed: aware moments, None or "" where nothing was said."""

    act: str = ""
    at: datetime | None = None
    authority: str = ""
    until: datetime | None = None
    hearing_at: datetime | None = None
    judged_on: date | None = None
    text: str = ""


def ban_until(notified_at: datetime) -> datetime:
    """Until when a residence ban lasts at most: the same wall time fourteen days after he was notified."""
    start = local(notified_at)
    return datetime.combine(start.date() + timedelta(days=BAN_DAYS), start.time(), BRUSSELS)


def extension_until(judged_on: date) -> datetime:
    """Until when an extension lasts at most: the end of the same day three months later, or of that month's last."""
    month = judged_on.month - 1 + EXTENSION_MONTHS
    year, month = judged_on.year + month // 12, month % 12 + 1
    return end_of(date(year, month, min(judged_on.day, monthrange(year, month)[1])))


def start_of(day: date) -> datetime:
    """When a day begins in Belgium."""
    return end_of(day - timedelta(days=1))


def runs(state: str, ends_at: datetime | None, at: datetime) -> bool:
    """Whether a measure in this state still protects at this moment."""
    running = state in (MeasureState.ORDERED, MeasureState.NOTIFIED, MeasureState.EXTENDED)
    return running and (ends_at is None or ends_at > at)


def step_problems(kind: str, before: Standing | None, typed: Typed, *, now: datetime) -> dict[str, list[str]]:
    """What is wrong with a step, by field; `before` is None where the measure begins with it. What may follow what is
    asked of `measure_states` first.
    """
    errors: dict[str, list[str]] = {}
    if problem := _when(before, typed, now):
        errors["at"] = [problem]
    if typed.act in SAYS_WHO and typed.authority not in Authority.values:
        errors["authority"] = [_("Say which authority.")]
    if typed.act in SAYS_WHY and not typed.text.strip():
        errors["text"] = [_("Write the reason: it is kept.")]
    ban = kind == MeasureKind.RESIDENCE_BAN
    if typed.act == MeasureAct.EXTEND:
        errors |= _extension_problems(ban, before, typed, now)
    elif typed.act in (MeasureAct.ORDER, MeasureAct.NOTIFY) and (problem := _end_problem(ban, typed)):
        errors["until"] = [problem]
    if typed.act == MeasureAct.HEARING and typed.hearing_at is None:
        errors["hearing_at"] = [_("Say when the hearing is.")]
    if typed.hearing_at and (problem := _hearing_problem(ban, before, typed)):
        errors["hearing_at"] = [problem]
    return errors


def holds_since(kind: str, before: Standing | None, typed: Typed) -> Standing:
    """Where the measure stands after a step without problems."""
    state = LEADS_TO[MeasureAct(typed.act)]
    starts_at = before.starts_at if before else None
    ends_at = before.ends_at if before else None
    hearing_at = before.hearing_at if before else None
    match typed.act:
        case MeasureAct.ORDER:
            # a ban is counted from when he was notified
            ends_at = None if kind == MeasureKind.RESIDENCE_BAN else typed.until
        case MeasureAct.NOTIFY:
            starts_at = typed.at
            longest = ban_until(typed.at) if kind == MeasureKind.RESIDENCE_BAN else ends_at
            ends_at = typed.until or longest
            hearing_at = typed.hearing_at
        case MeasureAct.HEARING:
            hearing_at = typed.hearing_at
        case MeasureAct.EXTEND:
            ends_at = typed.until
        case MeasureAct.LIFT | MeasureAct.END:
            ends_at = min(typed.at, ends_at) if ends_at else typed.at
    return Standing(state, typed.at, starts_at, ends_at, hearing_at)


def _when(before: Standing | None, typed: Typed, now: datetime) -> str:
    if typed.at is None:
        return _("Say when.")
    if typed.at > now:
        return _("This moment has not come yet.")
    if typed.act == MeasureAct.EXTEND or before is None:
        return ""
    if typed.at < before.at and not (before.state == MeasureState.RUN_OUT and typed.act == MeasureAct.END):
        if typed.act in (MeasureAct.LIFT, MeasureAct.END) and before.starts_at:
            return _("The measure would end before it starts.")
        return _("This is before the last step of the measure.")
    if before.state == MeasureState.RUN_OUT and before.starts_at and typed.at < before.starts_at:
        return _("The measure would end before it starts.")
    return ""


def _end_problem(ban: bool, typed: Typed) -> str:
    if typed.until is None or typed.at is None:
        return ""
    if ban and typed.act == MeasureAct.ORDER:
        return _("A residence ban is counted from when he is notified: leave this empty.")
    if typed.until <= typed.at:
        return _("The measure would end before it starts.")
    if ban and typed.until > ban_until(typed.at):
        return _("A residence ban lasts 14 days at most; only the family court extends it.")
    if typed.until > typed.at + FURTHEST:
        return _("This is more than five years ahead.")
    return ""


def _hearing_problem(ban: bool, before: Standing | None, typed: Typed) -> str:
    if not ban:
        return _("Only a residence ban goes to the family court.")
    start = typed.at if typed.act == MeasureAct.NOTIFY else before and before.starts_at
    if start is None:
        return ""
    end = (typed.until or ban_until(start)) if typed.act == MeasureAct.NOTIFY else before.ends_at
    if not start <= typed.hearing_at <= (end or typed.hearing_at):
        return _("The hearing is held while the ban lasts.")
    return ""


def _extension_problems(ban: bool, before: Standing, typed: Typed, now: datetime) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if typed.judged_on is None:
        if ban:
            errors["judged_on"] = [_("Say on which day the court ruled: the extension is counted from it.")]
    elif typed.judged_on > local(now).date():
        errors["judged_on"] = [_("This day has not come yet.")]
    elif before.starts_at and typed.judged_on < local(before.starts_at).date():
        errors["judged_on"] = [_("The court cannot have ruled before the ban began.")]
    elif before.ends_at and typed.judged_on > local(before.ends_at).date():
        errors["judged_on"] = [_("The measure had ended already on this day: ask for a new one.")]
    if ban and typed.authority and typed.authority != Authority.FAMILY_COURT:
        errors["authority"] = [_("Only the family court extends a residence ban.")]
    if typed.until is None:
        if ban:
            errors["until"] = [_("Say until when.")]
    elif before.ends_at and typed.until <= before.ends_at:
        errors["until"] = [_("An extension ends later than the measure does now.")]
    elif before.starts_at and typed.until <= before.starts_at:
        errors["until"] = [_("The measure would end before it starts.")]
    elif ban and typed.judged_on and typed.until > extension_until(typed.judged_on):
        errors["until"] = [_("An extension lasts 3 months at most, counted from the judgment.")]
    elif typed.until > now + FURTHEST:
        errors["until"] = [_("This is more than five years ahead.")]
    return errors
