"""A referral sent, answered, handed out, withdrawn: the answer is owed, and acceptance opens what was previewed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from agencies.models import Membership
from cases.access import get_case
from cases.models import Case
from cases.restriction import name_who_enters
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import RuleBroken
from followups.holding import hand
from followups.models import FollowUpKind
from followups.settling import settle
from notifications.models import NoticeKind
from notifications.services import notify
from referrals import answering, drafts, sending
from referrals.models import Referral
from referrals.proposals import count_missing
from referrals.states import Act
from sharing.models import Basis, Consent, WayIn
from sharing.services import Decider, decide

from . import actions
from .rounds import after_answer, hers_from_his_side, owe_answer


def send_referral(
    *,
    by: Membership,
    case_id: UUID,
    asked: sending.Asked,
    request_key: UUID,
    previewed: Sequence[Sequence[str]] | None = None,
) -> Referral:
    """Ask one service; see `send_referrals`, which gives all of them."""
    return send_referrals(by=by, case_id=case_id, asked=asked, request_key=request_key, previewed=previewed)[0]


def send_referrals(
    *,
    by: Membership,
    case_id: UUID,
    asked: sending.Asked,
    request_key: UUID,
    previewed: Sequence[Sequence[str]] | None = None,
    draft_id: UUID | None = None,
) -> list[Referral]:
    """Ask other services to take over a need: each answer is due from now on, and nothing opens before one accepts.

    Asked in order, the first one is sent and the others are next in line. All of them or none. The same `request_key`
    gives the same referrals. `previewed` is what the sender saw of each (`Proposal.shown`); when that has changed
    since, nothing is sent. The draft it was typed in ends. Raises RuleBroken by field, Refused, Http404.
    """
    case, access = get_case(case_id, by)
    if already := sending.sent_with(by=by, case=case, request_key=request_key):
        return already
    try:
        proposals = sending.propose_all(by=by, case=case, access=access, asked=asked)
    except RuleBroken:
        # the same click, sent twice at once: the other one has asked for this need in the meantime
        if already := sending.sent_with(by=by, case=case, request_key=request_key):
            return already
        raise
    if previewed is not None and [list(each) for each in previewed] != [each.shown() for each in proposals]:
        raise RuleBroken(_("What this service would see has changed since you looked. Check it again, then send."))
    with transaction.atomic():
        referrals, new = sending.create(by=by, case=case, proposals=proposals, request_key=request_key)
        if new:
            for referral in referrals:
                if referral.waits:
                    owe_answer(by=by, referral=referral, case=case)
                count_missing(by=by, case=case, access=access, referral=referral)
            if draft_id is not None:
                actions.sent(by=by, case=case, draft_id=draft_id, referrals=referrals)
                drafts.end(by=by, case=case, draft_id=draft_id)
    return referrals


def accept_referral(
    *,
    by: Membership,
    referral_id: UUID,
    note: str = "",
    taken_by: UUID | None = None,
    first_appointment_at: datetime | None = None,
) -> Referral:
    """Take the person over: what was previewed to the sender opens to the receiver in the same transaction.

    `taken_by` is the user who takes it, the acting member unless said. The sender answers for the sharing, decided when
    it sent. Raises RuleBroken when the state or the basis no longer allows it, by field for what was typed, Refused,
    Http404.
    """
    with transaction.atomic():
        referral = answering.lock(by=by, referral_id=referral_id, act=Act.ACCEPT)
        taker = answering.check_accept(
            by=by, referral=referral, taken_by=taken_by, first_appointment_at=first_appointment_at, note=note
        )
        # a sender that has come to stand on his side sees nothing of her by rule: what she agreed to goes on without it
        if not answering.sender_still_opens(referral) and not hers_from_his_side(referral):
            raise RuleBroken(
                _(
                    "Who sent it no longer sees what this would open, so it can no longer be accepted as it is. Call"
                    " them: whoever follows the case can send a new one."
                )
            )
        name_who_enters(by=by, case_id=referral.case_id)
        # told before it opens: having accepted is not yet work of one's own that would outlive the basis
        answering.move(
            referral,
            by=by,
            act=Act.ACCEPT,
            note=note,
            taken_by=taker,
            first_appointment_at=first_appointment_at,
        )
        with system_context(SystemContext.GRANTS):
            consent = Consent.objects.filter(pk=referral.consent_id).first()
        decide(
            by=Decider(referral.sent_by, referral.from_agency),
            case=Case(pk=referral.case_id),
            recipient=referral.to_agency,
            side=referral.side,
            way_in=WayIn.REFERRAL,
            basis=Basis(referral.basis),
            grants=referral.grants,
            contributes=referral.contributes,
            consent=consent,
            legal_text=referral.legal_text,
            necessity=referral.necessity,
            source_id=referral.pk,
            ends_at=now() + timedelta(days=referral.valid_days) if referral.valid_days else None,
        )
        settle(by=by, kind=FollowUpKind.REFERRAL_ANSWER, source_id=referral.pk, outcome=referral.state)
        after_answer(referral)
        actions.taken(by=by, referral=referral)
        _tell_taker(referral, by=by, user=taker)
    return referral


def decline_referral(*, by: Membership, referral_id: UUID, reason: str, note: str = "") -> Referral:
    """Say no, with a reason; nothing opens, and the next in line is asked.

    Raises RuleBroken by field, Refused, Http404.
    """
    with transaction.atomic():
        referral = answering.lock(by=by, referral_id=referral_id, act=Act.DECLINE)
        answering.check_decline(reason=reason, note=note)
        answering.move(referral, by=by, act=Act.DECLINE, decline_reason=reason, note=note)
        settle(by=by, kind=FollowUpKind.REFERRAL_ANSWER, source_id=referral.pk, outcome=referral.state)
        after_answer(referral)
    return referral


def withdraw_referral(*, by: Membership, referral_id: UUID) -> Referral:
    """Take back a referral that nobody has answered; those next in line behind it are not sent either.

    Who never knew of it is told nothing. Raises RuleBroken once it is answered, Refused, Http404.
    """
    with transaction.atomic():
        referral = answering.lock(by=by, referral_id=referral_id, act=Act.WITHDRAW)
        knew = referral.waits
        answering.move(referral, by=by, act=Act.WITHDRAW, to_receiver=knew and not referral.to_agency.without_account)
        if knew:
            settle(by=by, kind=FollowUpKind.REFERRAL_ANSWER, source_id=referral.pk, outcome=referral.state)
            after_answer(referral)
    return referral


def assign_referral(*, by: Membership, referral_id: UUID, user_id: UUID | None) -> Referral:
    """Say who of the receiver looks at it before the answer, or goes on with it afterwards; None leaves it to the team.

    The reminders of the answer go to that person first. Raises RuleBroken by field, Refused, Http404.
    """
    with transaction.atomic():
        referral, user = answering.assignee(by=by, referral_id=referral_id, user_id=user_id)
        if referral.taken:
            referral.taken_by = user
            referral.save(update_fields=["taken_by"])
        else:
            referral.assigned_to = user
            referral.save(update_fields=["assigned_to"])
            hand(kind=FollowUpKind.REFERRAL_ANSWER, source_id=referral.pk, user=user)
        if user is not None:
            _tell_taker(referral, by=by, user=user)
    return referral


def _tell_taker(referral: Referral, *, by: Membership, user: User) -> None:
    if user.pk == by.user_id:
        return
    members = [member for member in answering.team(referral) if member.user_id == user.pk]
    notify(
        recipients=members,
        kind=NoticeKind.REFERRAL_CHANGED,
        path=reverse("referrals:detail", args=[referral.pk]),
        dedupe_key=f"referral:{referral.pk}:given:{user.pk}",
        case_id=referral.case_id,
    )
