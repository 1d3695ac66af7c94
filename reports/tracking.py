"""The line between police and prosecutor: what was received, who reads it, what is ordered, what is decided.

The rows are read by that office and by the police that sent them, nobody else. What follows for other rooms (the date
it is owed by, the timeline, who is told) is `casework.tracking`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership, Unit
from audit.models import Action
from audit.services import record
from cases.enums import Category, Side
from cases.models import Case
from cases.services import check
from common.clock import now
from common.errors import Refused, RuleBroken, StaleVersion, text_problem
from common.locks import lock
from common.once import insert_once
from common.templatetags.ui import local_when

from .models import Decision, ProsecutorDecision, Report, Tracking, TrackingAct, TrackingStep
from .perms import may_follow_up, may_note_heard

LONGEST = 4000
"""Characters of the reasons of a decision, and of a step in words."""

MEASURES = (
    TrackingStep.NO_CONTACT,
    TrackingStep.CONTACT_ALLOWED,
    TrackingStep.SEIZURE,
    TrackingStep.RESIDENCE_BAN,
    TrackingStep.OTHER_MEASURE,
)
"""What the office orders."""

WHOM = (Side.VICTIM, Side.PERPETRATOR)
FURTHEST = timedelta(days=366)
"""How far ahead a hearing or the beginning of a measure may lie."""


def receive(
    *,
    sender: Agency,
    case: Case,
    kind: str,
    report: Report | None,
    source_id: UUID,
    prosecutor: Agency,
    police: Agency | None,
    received_at: datetime,
    decide_by: datetime,
) -> Tracking | None:
    """Something reaches a prosecutor, to be decided by `decide_by`; None where this source reached that office before.

    `sender` is the acting agency. It may not be able to read the row afterwards: a hospital never is.
    """
    tracking = Tracking(
        case=case,
        kind=kind,
        source_id=source_id,
        report=report,
        prosecutor=prosecutor,
        police=police,
        sender=sender,
        received_at=received_at,
        decide_by=decide_by,
    )
    try:
        with transaction.atomic():
            tracking.save(force_insert=True)
    except IntegrityError:
        return None
    return tracking


def find(*, by: Membership | None, tracking_id: UUID) -> Tracking:
    """One of those this member may know of; Http404 for everybody else."""
    found = Tracking.objects.visible_to(by).filter(pk=tracking_id)
    tracking = found.select_related("case", "report", "prosecutor", "police", "sender").first()
    if tracking is None:
        raise Http404
    return tracking


def current_decision(tracking: Tracking) -> ProsecutorDecision | None:
    """What is decided now, or None."""
    return tracking.decisions.filter(superseded_by=None).select_related("decided_by", "agency").first()


def mark_read(*, by: Membership, tracking: Tracking, request_key: UUID) -> TrackingAct:
    """Say that one has read it and takes it; once per person."""
    _of_the_office(by, tracking)
    lock(f"tracking {tracking.pk}")
    already = tracking.acts.filter(step=TrackingStep.READ, done_by=by.user_id).first()
    return already or _act(by, tracking, request_key, step=TrackingStep.READ)[0]


def assign(*, by: Membership, tracking: Tracking, unit_id: UUID | None, request_key: UUID) -> TrackingAct:
    """Give it to a section of the office. Raises RuleBroken where it is none of its live ones."""
    _of_the_office(by, tracking)
    unit = Unit.objects.live().filter(pk=unit_id, agency=by.agency_id).first() if unit_id else None
    if unit is None:
        raise RuleBroken({"unit": [_("Choose a section.")]})
    return _act(by, tracking, request_key, step=TrackingStep.ASSIGNED, unit=unit)[0]


def order(
    *,
    by: Membership,
    tracking: Tracking,
    step: str,
    whom: str,
    on: datetime | None,
    until: datetime | None,
    text: str,
    request_key: UUID,
) -> tuple[TrackingAct, bool]:
    """Order a measure about one of the two: (the step, whether it is new). Raises Refused for who may not, RuleBroken
    by field.
    """
    _of_the_office(by, tracking)
    if (already := _sent_before(by, tracking, request_key).first()) is not None:
        return already, False
    errors: dict[str, list[str]] = {}
    if step not in MEASURES:
        errors["step"] = [_("Choose the measure.")]
    if whom not in WHOM:
        errors["whom"] = [_("Say whom it is about.")]
    if on and until and until <= on:
        errors["until"] = [_("The end is before the beginning.")]
    elif until and until <= now():
        errors["until"] = [_("This end is already past.")]
    if on and on > now() + FURTHEST:
        errors["on"] = [_("This is more than a year ahead.")]
    missing = _("Say in words what is ordered.") if step in (TrackingStep.OTHER_MEASURE, TrackingStep.SEIZURE) else ""
    if problem := text_problem(text, most=LONGEST, missing=missing):
        errors["text"] = [problem]
    if errors:
        raise RuleBroken(errors)
    act, new = _act(by, tracking, request_key, step=step, whom=whom, on=on, until=until, text=text.strip())
    if new:
        _on_record(act, step)
    return act, new


def hearing(
    *, by: Membership, tracking: Tracking, whom: str, on: datetime | None, text: str, request_key: UUID
) -> tuple[TrackingAct, bool]:
    """Ask the police that sent it to hear one of the two, on a day or as soon as possible: (the step, whether it is
    new). Raises Refused, RuleBroken by field, also where no police service sent it.
    """
    _of_the_office(by, tracking)
    if (already := _sent_before(by, tracking, request_key).first()) is not None:
        return already, False
    if tracking.police_id is None:
        raise RuleBroken(_("No police service sent this: share the case with the police first, on a basis."))
    errors: dict[str, list[str]] = {}
    if whom not in WHOM:
        errors["whom"] = [_("Say who is to be heard.")]
    if on and on <= now():
        errors["on"] = [_("This moment is already past.")]
    elif on and on > now() + FURTHEST:
        errors["on"] = [_("This is more than a year ahead.")]
    if problem := text_problem(text, most=LONGEST):
        errors["text"] = [problem]
    if errors:
        raise RuleBroken(errors)
    return _act(by, tracking, request_key, step=TrackingStep.HEARING, whom=whom, on=on, text=text.strip())


def heard(
    *, by: Membership, tracking: Tracking, whom: str, on: datetime | None, text: str, request_key: UUID
) -> tuple[TrackingAct, bool]:
    """The police that sent it say that somebody was heard: (the step, whether it is new). Raises Refused for everybody
    else, RuleBroken by field.
    """
    if not may_note_heard(by, tracking):
        raise Refused(_("Only the police service that sent this says that the hearing was held."))
    lock(f"tracking {tracking.pk}")
    if (already := _sent_before(by, tracking, request_key).first()) is not None:
        return already, False
    errors: dict[str, list[str]] = {}
    if not whom:
        errors["whom"] = [_("Say who was heard.")]
    elif whom not in {each.whom for each in hearings_to_hold(tracking.acts.all())}:
        errors["whom"] = [_("No hearing of this person is asked for, or it was held already.")]
    if on is None:
        errors["on"] = [_("Say when it was held.")]
    elif on > now():
        errors["on"] = [_("This moment has not come yet.")]
    if problem := text_problem(text, most=LONGEST):
        errors["text"] = [problem]
    if errors:
        raise RuleBroken(errors)
    return _act(by, tracking, request_key, step=TrackingStep.HEARD, whom=whom, on=on, text=text.strip())


def hearings_to_hold(acts: Iterable[TrackingAct]) -> list[TrackingAct]:
    """The hearings asked for that nobody has said to be held since, the first asked first. Asked of both, held of one:
    the other's is left.
    """
    waiting: dict[str, TrackingAct] = {}
    for act in sorted(acts, key=lambda each: (each.at, each.pk)):
        if act.step == TrackingStep.HEARING:
            waiting[act.whom] = act
        elif act.step == TrackingStep.HEARD:
            waiting.pop(act.whom, None)
    return list(waiting.values())


def decide(
    *, by: Membership, tracking: Tracking, outcome: str, reasons: str, shown: UUID | None
) -> tuple[ProsecutorDecision, bool]:
    """Decide, with reasons; (the decision, whether it is new). `shown` is the decision the page showed, None for none.

    Changing one's mind supersedes it. The same decision sent twice by one person is one. Raises Refused for who may
    not, RuleBroken by field, StaleVersion naming who decided what and when where `shown` is not what is decided now.
    """
    _of_the_office(by, tracking)
    errors: dict[str, list[str]] = {}
    if outcome not in Decision.values:
        errors["outcome"] = [_("Choose the decision.")]
    if problem := text_problem(reasons, most=LONGEST, missing=_("Write the reasons of the decision.")):
        errors["reasons"] = [problem]
    if errors:
        raise RuleBroken(errors)
    lock(f"tracking {tracking.pk}")
    current = current_decision(tracking)
    if (current.pk if current else None) != shown:
        same = current and (current.decided_by_id, current.outcome, current.reasons)
        if same == (by.user_id, outcome, reasons.strip()):
            return current, False
        raise StaleVersion(_stale(current))
    decision = ProsecutorDecision(
        case_id=tracking.case_id,
        tracking=tracking,
        outcome=outcome,
        reasons=reasons.strip(),
        supersedes=current,
        agency=by.agency,
        decided_by=by.user,
        decided_at=now(),
    )
    check(decision)
    decision.save(force_insert=True)
    _on_record(decision, outcome)
    return decision, True


def _stale(current: ProsecutorDecision | None) -> str:
    if current is None:
        return _("This decision is no longer there: look at the page again.")
    words = _("%(who)s decided in the meantime, %(when)s: %(what)s. Nothing of yours is saved.")
    return words % {
        "who": current.decided_by.full_name,
        "when": local_when(current.decided_at),
        "what": current.get_outcome_display(),
    }


def _of_the_office(by: Membership, tracking: Tracking) -> None:
    if not may_follow_up(by, tracking):
        raise Refused(_("Only the prosecutor’s office that received this decides on it."))


def _on_record(made: ProsecutorDecision | TrackingAct, code: str) -> None:
    record(
        action=Action.DECIDED,
        case_id=made.case_id,
        object_kind=made._meta.label,
        object_id=made.pk,
        fields=[f"{Category.JUDICIAL}:{Side.CASE}"],
        reason=code,
    )


def _sent_before(by: Membership, tracking: Tracking, request_key: UUID) -> QuerySet[TrackingAct]:
    return TrackingAct.objects.filter(request_key=request_key, tracking=tracking, done_by=by.user_id)


def _act(by: Membership, tracking: Tracking, request_key: UUID, **values: Any) -> tuple[TrackingAct, bool]:
    """Write a step: (the step, whether it is new); the same `request_key` gives the first one."""
    mine = _sent_before(by, tracking, request_key)
    if (already := mine.first()) is not None:
        return already, False
    act = TrackingAct(
        case_id=tracking.case_id,
        tracking=tracking,
        request_key=request_key,
        agency=by.agency,
        done_by=by.user,
        at=now(),
        **values,
    )
    check(act)
    return insert_once(act, mine=mine)
