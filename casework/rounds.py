"""Several services asked together: what the answer of one means for the others.

Once one of them says yes, those who have not answered are taken back and told so; nobody is worked for twice. Asked in
order, the next one is sent what was previewed when the one before says no or lets the time run out, as long as what it
rests on still holds. Whose answer leads to it learns nothing of the others.
"""

from collections.abc import Iterable
from uuid import UUID

import structlog
from django.db.models.functions import Now
from django.urls import reverse

from agencies.models import Membership
from cases.access import participants
from cases.enums import EventCode, ParticipationSide, PersonRole
from cases.models import Case
from common.acting import SystemContext, system_context
from common.clock import now
from followups.models import FollowUpKind
from followups.planning import plan
from followups.settling import settle
from notifications.models import NoticeKind
from notifications.services import notify
from referrals import answering, sending
from referrals.models import WAITING, Referral, ReferralState
from referrals.perms import has_room, takes_referrals
from referrals.states import Act
from sharing.services import participation_side

log = structlog.get_logger(__name__)

OVER_WITHOUT_HELP = (ReferralState.DECLINED, ReferralState.EXPIRED)
NOT_OVER = (ReferralState.QUEUED, ReferralState.SENT, ReferralState.RECEIVED)


def owe_answer(*, by: Membership | None, case: Case, referral: Referral) -> None:
    """The receiver owes the answer, or the sender itself where the receiver has no account to be reminded in."""
    plan(
        by=by,
        case=case,
        kind=FollowUpKind.REFERRAL_ANSWER,
        agency=referral.from_agency if referral.to_agency.without_account else referral.to_agency,
        source_id=referral.pk,
        due_at=referral.answer_due_at,
        planned_by=referral.from_agency,
    )


def after_answer(referral: Referral) -> None:
    """What this answer, just written, means for those asked together with it. In the transaction of the answer; whoever
    can locks the round before the referral (`answering.lock_round`).
    """
    if referral.round is None:
        return
    answering.lock_round(referral.round)
    # the others are between the sender and services that this one may not know of
    with system_context(SystemContext.REMINDERS, on_behalf=False):
        others = list(
            Referral.objects.select_for_update(of=("self",))
            .select_related("from_agency", "to_agency", "sent_by", "case")
            .filter(round=referral.round, state__in=NOT_OVER)
            .exclude(pk=referral.pk)
            .order_by("rank")
        )
        if referral.taken:
            _take_back(others)
        elif referral.state in OVER_WITHOUT_HELP and referral.in_order:
            _ask_next(others)
        elif referral.state == ReferralState.WITHDRAWN and not _is_asked(others):
            _take_back(others)


def _is_asked(others: Iterable[Referral]) -> bool:
    return any(each.waits for each in others)


def _take_back(others: Iterable[Referral]) -> None:
    for each in others:
        knew = each.waits
        answering.move(each, by=None, act=Act.WITHDRAW, to_receiver=knew, to_sender=False)
        if knew:
            settle(by=None, kind=FollowUpKind.REFERRAL_ANSWER, source_id=each.pk, outcome=each.state)


def _ask_next(others: list[Referral]) -> None:
    if _is_asked(others):
        return
    for each in others:
        if may_be_sent(each):
            _send(each)
            return
        # never sent, and the sender is told: the page says why
        answering.move(each, by=None, act=Act.EXPIRE, to_receiver=False, to_sender=True)


def may_be_sent(referral: Referral) -> bool:
    """Whether what was previewed still holds: case, consent, service, the sender's part and what it sees itself."""
    to = referral.to_agency
    takes = takes_referrals(to, sender_id=referral.from_agency_id) and has_room(to) and not _gone_to_his_side(referral)
    stands = referral.case.closed_at is None and participants([referral.case]).takes_part(
        referral.case, referral.from_agency
    )
    allowed = not hers_from_his_side(referral) and answering.sender_still_opens(referral)
    return takes and stands and allowed and not answering.consent_has_ended(referral)


def hers_from_his_side(referral: Referral) -> bool:
    """Whether a sender that has come to stand on his side would send her, or her child, somewhere."""
    if referral.subject_role not in (PersonRole.VICTIM, PersonRole.CHILD):
        return False
    # whoever is asked to accept cannot read the case yet
    side = participation_side(case=Case(pk=referral.case_id), agency=referral.from_agency)
    return side == ParticipationSide.PERPETRATOR


def _send(referral: Referral) -> None:
    at = now()
    referral.state = ReferralState.SENT
    referral.sent_at = at
    referral.answer_due_at = sending.answer_due_at(referral.urgency, referral.to_agency, at=at)
    referral.expires_at = sending.expires_at(referral.urgency, due_at=referral.answer_due_at)
    referral.save(update_fields=["state", "sent_at", "answer_due_at", "expires_at"])
    by_letter = referral.to_agency.without_account
    answering.tell(referral, by=None, event=EventCode.REFERRAL_SENT, to_receiver=not by_letter, to_sender=False)
    if by_letter:
        _tell_letter(referral)
    owe_answer(by=None, case=referral.case, referral=referral)


def _tell_letter(referral: Referral) -> None:
    """A service without an account is asked by a letter, which the sender makes."""
    told = participants([referral.case])
    notify(
        recipients=answering.members_of_sender(
            referral, may_know=lambda member: told.may_know(referral.case, member.user_id)
        ),
        kind=NoticeKind.REFERRAL_CHANGED,
        path=reverse("referrals:detail", args=[referral.pk]),
        dedupe_key=f"referral:{referral.pk}:letter",
        case_id=referral.case_id,
    )


def _gone_to_his_side(referral: Referral) -> bool:
    """Whether the service has come to stand on his side since: it is not told that she is sent, nor by whom."""
    if referral.side == ParticipationSide.PERPETRATOR:
        return False
    return participation_side(case=referral.case, agency=referral.to_agency) == ParticipationSide.PERPETRATOR


# --- time runs out ----------------------------------------------------------------------------------------------


def expire_referrals(*, batch: int = 100) -> int:
    """End the referrals that nobody has answered in time, and ask the next in line; returns how many ended.

    One transaction for each: one that cannot be ended (its error is logged) holds up no other.
    """
    with system_context(SystemContext.REMINDERS):
        rows = Referral.objects.filter(WAITING, expires_at__lte=Now()).order_by("expires_at", "pk")
        found = list(rows.values_list("pk", "round")[:batch])
    ended = 0
    for referral_id, round_id in found:
        try:
            ended += _expire(referral_id, round_id)
        except Exception:
            log.exception("expiry_failed", referral_id=str(referral_id))
    return ended


def _expire(referral_id: UUID, round_id: UUID | None) -> bool:
    with system_context(SystemContext.REMINDERS):
        answering.lock_round(round_id)
        referral = (
            Referral.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("from_agency", "to_agency", "sent_by")
            .filter(WAITING, pk=referral_id, expires_at__lte=Now())
            .first()
        )
        if referral is None:
            return False
        with_account = not referral.to_agency.without_account
        answering.move(referral, by=None, act=Act.EXPIRE, to_receiver=with_account, to_sender=True)
        settle(by=None, kind=FollowUpKind.REFERRAL_ANSWER, source_id=referral.pk, outcome=referral.state)
        after_answer(referral)
    return True
