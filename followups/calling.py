"""Follow-ups done by the agency that owes them: taking one on, the J+2 call, the question after a consent withdrawn."""

from datetime import datetime, timedelta
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from agencies.models import Membership
from cases.access import CaseAccess, for_case
from cases.enums import Category, EventCode, Side, Stage
from cases.services import advance, check, log_event, write_note
from common.clock import now
from common.errors import Refused, RuleBroken

from .models import SETTLING_OUTCOMES, ContactAttempt, FollowUp, FollowUpKind, Outcome, WithdrawalAnswer
from .perms import owes
from .settling import end

LONGEST_WAIT = timedelta(days=7)
"""A next attempt further away than this is a contact forgotten."""


def get_follow_up(
    follow_up_id: UUID, membership: Membership | None, *, lock: bool = False
) -> tuple[FollowUp, CaseAccess]:
    """A follow-up the acting agency owes or planned, with the access to its case; Http404 for everybody else."""
    found = FollowUp.objects.visible_to(membership).select_related("case__lead_agency", "agency", "about__person")
    if lock:
        found = found.select_for_update(of=("self",))
    follow_up = found.filter(pk=follow_up_id).first()
    if follow_up is None:
        raise Http404
    return follow_up, for_case(follow_up.case, membership)


def _to_act_on(by: Membership, follow_up_id: UUID) -> tuple[FollowUp, CaseAccess]:
    """The follow-up, locked, for an act of the agency that owes it; settled or not."""
    follow_up, access = get_follow_up(follow_up_id, by, lock=True)
    if not owes(by, follow_up):
        raise Refused(_("Only the agency that has to make this contact can write in it."))
    if not access.contribute:
        raise Refused(_("You can read this case but not add to it."))
    return follow_up, access


def claim(*, by: Membership, follow_up_id: UUID, held_by: UUID | None) -> FollowUp:
    """Take it on, from nobody or from the colleague `held_by` who was seen to hold it.

    Raises RuleBroken when it is settled or changed hands meanwhile, Refused for who may not act, Http404.
    """
    follow_up, _access = _to_act_on(by, follow_up_id)
    if follow_up.settled_at:
        raise RuleBroken(_("This contact is already settled."))
    if follow_up.assigned_to_id == by.user_id:
        return follow_up
    if follow_up.assigned_to_id != held_by:
        raise RuleBroken(_("A colleague took this on in the meantime."))
    follow_up.assigned_to = by.user
    follow_up.save(update_fields=["assigned_to"])
    return follow_up


def record_attempt(
    *,
    by: Membership,
    follow_up_id: UUID,
    request_key: UUID,
    outcome: str,
    alone_asked: bool = False,
    frame_explained: bool = False,
    hearing_prepared: bool = False,
    accompaniment_offered: bool = False,
    housing_checked: bool = False,
    income_checked: bool = False,
    note: str = "",
    next_at: datetime | None = None,
) -> ContactAttempt:
    """Write down how a J+2 contact went; reached or declined settles it, anything else says when it is tried again.

    The same `request_key` sent again gives the same attempt. Raises RuleBroken by field, Refused for who may not act,
    Http404 for who may not know.
    """
    follow_up, access = _to_act_on(by, follow_up_id)
    already = ContactAttempt.objects.filter(follow_up=follow_up, request_key=request_key).first()
    if already is not None:
        return already
    _check_attempt(follow_up, outcome, next_at)
    written = None
    if note.strip():
        written = write_note(
            by=by,
            case=follow_up.case,
            access=access,
            category=Category.PSYCHOSOCIAL,
            side=Side.VICTIM,
            statements=note,
        )
    attempt = ContactAttempt(
        case=follow_up.case,
        follow_up=follow_up,
        outcome=outcome,
        alone_asked=alone_asked,
        frame_explained=frame_explained,
        hearing_prepared=hearing_prepared,
        accompaniment_offered=accompaniment_offered,
        housing_checked=housing_checked,
        income_checked=income_checked,
        note=written,
        next_at=next_at,
        request_key=request_key,
        agency=by.agency,
        author=by.user,
    )
    check(attempt)
    attempt.save(force_insert=True)
    if follow_up.assigned_to_id is None:
        follow_up.assigned_to = by.user
    if outcome in SETTLING_OUTCOMES:
        end(follow_up, by=by, outcome=outcome)
        if outcome == Outcome.REACHED:
            advance(case=follow_up.case, stage=Stage.FOLLOWED)
        code = EventCode.J2_DONE if outcome == Outcome.REACHED else EventCode.J2_STOPPED
    else:
        follow_up.remind_at, follow_up.step = next_at, 0
        follow_up.save(update_fields=["assigned_to", "remind_at", "step"])
        code = EventCode.J2_ATTEMPT
    settled = follow_up.settled_at is not None
    log_event(
        by=by,
        case=follow_up.case,
        code=code,
        category=Category.CONTACT,
        side=Side.VICTIM,
        payload={"follow_up": str(follow_up.pk), "attempt": str(attempt.pk), "outcome": outcome},
        next_agency=None if settled else follow_up.agency,
        next_act="" if settled else follow_up.kind,
        next_due_at=next_at,
    )
    return attempt


def answer_withdrawal_check(
    *, by: Membership, follow_up_id: UUID, answer: str, note: str = "", next_at: datetime | None = None
) -> FollowUp:
    """Write down what she said about a consent she withdrew; not reached says when it is tried again.

    Answering again what is settled changes nothing. Raises RuleBroken by field, Refused for who may not act, Http404.
    """
    follow_up, access = _to_act_on(by, follow_up_id)
    if follow_up.kind != FollowUpKind.WITHDRAWAL_CHECK:
        raise RuleBroken(_("This is asked after a consent was withdrawn only."))
    if follow_up.settled_at is not None:
        return follow_up
    if answer not in WithdrawalAnswer.values:
        raise RuleBroken({"answer": [_("Say what she answered.")]})
    again = answer == WithdrawalAnswer.NOT_REACHED
    if error := _next_problem(next_at, settles=not again):
        raise RuleBroken({"next_at": [error]})
    if note.strip():
        write_note(
            by=by,
            case=follow_up.case,
            access=access,
            category=Category.PSYCHOSOCIAL,
            side=Side.VICTIM,
            statements=note,
        )
    if follow_up.assigned_to_id is None:
        follow_up.assigned_to = by.user
    if again:
        follow_up.remind_at, follow_up.step = next_at, 0
        follow_up.save(update_fields=["assigned_to", "remind_at", "step"])
    else:
        end(follow_up, by=by, outcome=answer)
    log_event(
        by=by,
        case=follow_up.case,
        code=EventCode.WITHDRAWAL_CHECKED,
        category=Category.CONTACT,
        side=Side.VICTIM,
        payload={"follow_up": str(follow_up.pk), "answer": answer},
        next_agency=follow_up.agency if again else None,
        next_act=follow_up.kind if again else "",
        next_due_at=next_at,
    )
    return follow_up


def _check_attempt(follow_up: FollowUp, outcome: str, next_at: datetime | None) -> None:
    if follow_up.kind != FollowUpKind.J2_CONTACT:
        raise RuleBroken(_("Attempts are written down for a J+2 contact only."))
    if follow_up.settled_at:
        raise RuleBroken(_("This contact is already settled."))
    if outcome not in Outcome.values:
        raise RuleBroken({"outcome": [_("Say how it went.")]})
    if error := _next_problem(next_at, settles=outcome in SETTLING_OUTCOMES):
        raise RuleBroken({"next_at": [error]})


def _next_problem(next_at: datetime | None, *, settles: bool) -> str:
    """Why a next attempt cannot be at this moment, or ""."""
    at = now()
    if settles:
        return _("The contact ends here: leave this empty, or choose another outcome.") if next_at else ""
    if next_at is None:
        return _("Say when you will try again.")
    if next_at <= at:
        return _("The next attempt cannot be in the past.")
    if next_at > at + LONGEST_WAIT:
        return _("The next attempt is at most %(days)d days away.") % {"days": LONGEST_WAIT.days}
    return ""
