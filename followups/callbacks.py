"""Requests to be called back, left on the page of a poster by somebody without an account: of no case, and forgotten.

A number and hours are all that is kept, and only until the request is handled: they are erased in that transaction.
Nothing of who asked stands anywhere: no account, no address, no agency on the record of the insert.
"""

from datetime import datetime, timedelta
from uuid import UUID

import phonenumbers
import structlog
from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Membership, Poster
from agencies.perms import may_write
from agencies.services import writers_by_agency, writers_of
from audit.models import Action
from audit.services import record
from common import phones
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import Refused, RuleBroken, text_problem
from common.holidays import is_legal_holiday
from common.locks import lock
from notifications.models import NoticeKind
from notifications.services import notify

from . import schedule
from .models import CALLBACK, CallbackOutcome, CallbackRequest
from .perms import may_answer_callbacks, rung
from .planning import as_schedule, policy_for

log = structlog.get_logger(__name__)

LONGEST_HOURS = 80
MOST_AN_HOUR = 12
"""Requests one poster takes in an hour: enough for a bad evening, too few to bury the duty."""
MOST_OPEN = 80
"""Requests that wait in one agency before its pages ask to call instead."""
TOLD_EVERY_MINUTES = 10
"""The duty is told of new requests at most once in so many minutes: many at once are one notice."""
BATCH = 200

CALLED = frozenset(
    {
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        phonenumbers.PhoneNumberType.VOIP,
    }
)
"""Kinds of numbers that are called: none that costs whoever calls it."""


class TooMany(Exception):
    """The poster or the agency takes no more requests for the moment."""


# --- asking -----------------------------------------------------------------------------------------------------------
def ask(*, poster: Poster, key: UUID, number: str, hours: str, language: str) -> None:
    """Leave a number and the hours when it is safe; `key` names the page they were typed on.

    The same page sent again, and the same number with the same hours, change nothing. Raises RuleBroken by field
    (`number`, `hours`), TooMany.
    """
    errors: dict[str, list[str]] = {}
    try:
        e164 = _safe_number(number)
    except ValueError as wrong:
        errors["number"] = [str(wrong)]
    hours = " ".join(hours.split())
    if problem := text_problem(hours, most=LONGEST_HOURS, missing=_("Say when it is safe to call.")):
        errors["hours"] = [problem]
    if errors:
        raise RuleBroken(errors)
    with system_context(SystemContext.CALLBACKS, on_behalf=False):
        lock(f"callbacks {poster.agency_id}")
        if CallbackRequest.objects.filter(pk=key).exists():
            return
        waiting = list(_waiting().filter(agency=poster.agency_id)[:MOST_OPEN])
        if any((each.number, each.hours) == (e164, hours) for each in waiting):
            return
        at = now()
        lately = CallbackRequest.objects.filter(poster=poster, asked_at__gt=at - timedelta(hours=1)).count()
        if len(waiting) >= MOST_OPEN or lately >= MOST_AN_HOUR:
            raise TooMany
        due_at = schedule.due_at(at, as_schedule(policy_for(CALLBACK)), is_holiday=is_legal_holiday)
        CallbackRequest.objects.create(
            pk=key,
            poster=poster,
            agency_id=poster.agency_id,
            number=e164,
            hours=hours,
            language=language,
            asked_at=at,
            due_at=due_at,
            remind_at=due_at,
        )
        moment = local(at).replace(minute=local(at).minute // TOLD_EVERY_MINUTES * TOLD_EVERY_MINUTES)
        notify(
            recipients=writers_of([poster.agency_id]),
            kind=NoticeKind.CALLBACK_ASKED,
            path=reverse("followups:callbacks"),
            dedupe_key=f"callbacks:{poster.agency_id}:{moment:%Y%m%d%H%M%z}",
        )


def _safe_number(raw: str) -> str:
    """E.164 of a number that may be called. Raises ValueError."""
    if "\x00" in raw:
        raise ValueError(_("Write one phone number."))
    e164 = phones.normalise(raw)
    if phonenumbers.number_type(phonenumbers.parse(e164, None)) not in CALLED:
        raise ValueError(_("This kind of number is not called back."))
    return e164


# --- the duty inbox ---------------------------------------------------------------------------------------------------
def waiting_for(by: Membership | None) -> QuerySet[CallbackRequest]:
    """Requests the acting agency has to call back, the one due first first."""
    if not may_answer_callbacks(by):
        return CallbackRequest.objects.none()
    return _waiting().visible_to(by).select_related("poster", "taken_by")


def over_in(by: Membership | None) -> QuerySet[CallbackRequest]:
    """Requests that were handled, or erased without having been, the latest first."""
    if not may_answer_callbacks(by):
        return CallbackRequest.objects.none()
    over = CallbackRequest.objects.visible_to(by).filter(erased_at__isnull=False)
    return over.select_related("poster", "handled_by").order_by("-erased_at", "-pk")


def get_callback(*, by: Membership, request_id: UUID, locked: bool = False) -> CallbackRequest:
    """One of the acting agency. Raises Http404."""
    if not may_answer_callbacks(by):
        raise Http404
    rows = CallbackRequest.objects.visible_to(by).select_related("poster", "taken_by", "handled_by")
    if locked:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(pk=request_id).first()
    if found is None:
        raise Http404
    return found


def opened_to(by: Membership, request: CallbackRequest) -> bool:
    """Whether the number is open to this member: who took the request on, until it is handled."""
    return may_write(by) and request.erased_at is None and request.taken_by_id == by.user_id


def same_number(by: Membership, request: CallbackRequest) -> list[CallbackRequest]:
    """Other requests of the agency that wait with the same number: perhaps with other hours."""
    waiting = _waiting().visible_to(by).exclude(pk=request.pk)[:MOST_OPEN]
    return [each for each in waiting if each.number == request.number]


def take(*, by: Membership, request_id: UUID, held_by: UUID | None = None) -> CallbackRequest:
    """“I call.” Taken from a colleague only by who saw that they had it (`held_by`).

    Raises Http404, Refused, RuleBroken.
    """
    request = _to_act_on(by, request_id)
    if request.erased_at is not None:
        raise RuleBroken(_("This request is over: there is nothing left to call."))
    if request.taken_by_id not in (None, by.user_id, held_by):
        raise RuleBroken(_("%(who)s has just taken this call on.") % {"who": request.taken_by.full_name})
    if request.taken_by_id != by.user_id:
        request.taken_by, request.taken_at = by.user, now()
        request.save(update_fields=["taken_by", "taken_at"])
    return request


def handle(*, by: Membership, request_id: UUID, outcome: str) -> CallbackRequest:
    """Write how it went, and forget number and hours at once. Handled again changes nothing.

    Raises Http404, Refused for who did not take it on, RuleBroken by field.
    """
    request = _to_act_on(by, request_id)
    if request.erased_at is not None:
        return request
    if request.taken_by_id != by.user_id:
        raise Refused(_("Take this call on first."))
    if outcome not in CallbackOutcome.values:
        raise RuleBroken({"outcome": [_("Say how it went.")]})
    at = now()
    request.outcome, request.handled_by, request.handled_at = outcome, by.user, at
    _erase(request, at, "outcome", "handled_by", "handled_at")
    record(action=Action.DECIDED, object_kind="followups.CallbackRequest", object_id=request.pk, fields=["outcome"])
    return request


# --- beat -------------------------------------------------------------------------------------------------------------
def remind() -> int:
    """Tell who has to call that a request waits too long, one step further each time; returns how many were told."""
    told = 0
    with system_context(SystemContext.REMINDERS):
        late = list(
            _waiting()
            .select_for_update(skip_locked=True, of=("self",))
            .filter(remind_at__lte=Now())
            .order_by("remind_at", "pk")[:BATCH]
        )
        if not late:
            return 0
        policy = as_schedule(policy_for(CALLBACK))
        teams = writers_by_agency({each.agency_id for each in late})
        for each in late:
            at = now()
            recipients = rung(teams.get(each.agency_id, []), step=each.step, holder=each.taken_by_id)
            if not recipients:
                log.error("callback_without_recipient", callback_id=str(each.pk), step=each.step)
            notify(
                recipients=recipients,
                kind=NoticeKind.CALLBACK_LATE,
                path=reverse("followups:callback", args=[each.pk]),
                dedupe_key=f"callback:{each.pk}:{each.step}",
            )
            each.remind_at = schedule.next_reminder(each.step, each.due_at, at, policy)
            each.step += 1
            each.save(update_fields=["remind_at", "step"])
            told += 1
    return told


def erase_unhandled() -> int:
    """Forget number and hours of what nobody handled, some days after it was due; returns how many."""
    erased = 0
    with system_context(SystemContext.CALLBACKS):
        at = now()
        end = at - timedelta(days=settings.CALLBACK_KEEP_DAYS)
        for each in _waiting().select_for_update(skip_locked=True, of=("self",)).filter(due_at__lt=end)[:BATCH]:
            _erase(each, at)
            erased += 1
    return erased


def _waiting() -> QuerySet[CallbackRequest]:
    return CallbackRequest.objects.filter(handled_at=None, erased_at=None).order_by("due_at", "pk")


def _to_act_on(by: Membership, request_id: UUID) -> CallbackRequest:
    request = get_callback(by=by, request_id=request_id, locked=True)
    if not may_write(by):
        raise Refused(_("Who reads only calls nobody back."))
    return request


def _erase(request: CallbackRequest, at: datetime, *also: str) -> None:
    request.number = request.hours = request.remind_at = None
    request.erased_at = at
    request.save(update_fields=["number", "hours", "remind_at", "erased_at", *also])
