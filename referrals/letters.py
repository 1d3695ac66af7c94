"""The letter to a service without an account: made, shown to who sent it, and the one answer its page takes.

The letter carries a link; the code goes by another channel, said by phone. Both are told once and kept as digests.
Nothing of a case is opened, whatever the answer. What reaches other rooms is in `casework.letters`.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.http import Http404
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from agencies.models import Membership
from agencies.perms import may_write
from cases.access import participants
from cases.models import Case
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.once import insert_once
from notifications.models import NoticeKind
from notifications.services import notify

from .answering import (
    NOTE_LENGTH,
    check_decline,
    check_possible,
    consent_has_ended,
    hidden_from_sender,
    line,
    lock_round,
    members_of_sender,
    step,
)
from .models import ExternalAnswer, ExternalLetter, Referral, ReferralState, Result
from .states import STEPS, Act

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LINK_LENGTH = 12
CODE_DIGITS = 8
MOST_TRIES = 5


@dataclass(frozen=True)
class Told:
    """A letter with its link and its code in clear, said once to who made it."""

    letter: ExternalLetter
    link: str
    code: str


# --- who sends --------------------------------------------------------------------------------------------------
def sent_without_account(*, by: Membership | None, referral_id: UUID, locked: bool = False) -> Referral:
    """A referral of the acting agency to a service without an account; Http404 otherwise."""
    rows = Referral.objects.between(by).select_related("from_agency", "to_agency", "sent_by", "subject")
    if locked:
        lock_round(rows.filter(pk=referral_id).values_list("round", flat=True).first())
        rows = rows.select_for_update(of=("self",))
    referral = rows.filter(pk=referral_id, to_agency__without_account=True).first()
    if referral is None or referral.from_agency_id != by.agency_id or referral.state == ReferralState.QUEUED:
        raise Http404
    return referral


def letters_of(referral: Referral) -> list[ExternalLetter]:
    """The letters made for a referral, the latest first."""
    return list(ExternalLetter.objects.filter(referral=referral).select_related("made_by").order_by("-made_at", "-pk"))


def is_live(letter: ExternalLetter, referral: Referral) -> bool:
    """Whether the page of this letter still takes an answer."""
    ended = letter.ended_at or letter.answered_at or letter.expires_at <= now() or letter.tries >= MOST_TRIES
    return not ended and referral.waits


def make_letter(*, by: Membership, referral_id: UUID, key: UUID) -> Told | None:
    """A new letter; the one before takes no answer any more. None where this very form has made its letter already.

    Call it in a transaction. Raises Http404, Refused, RuleBroken once the referral is answered or its consent ended.
    """
    referral = sent_without_account(by=by, referral_id=referral_id, locked=True)
    if not may_write(by):
        raise Refused(_("Your role reads referrals but does not answer them."))
    if ExternalLetter.objects.filter(pk=key, referral=referral).exists():
        return None
    if not referral.waits:
        raise RuleBroken(_("This referral no longer waits for an answer: no letter is made."))
    if consent_has_ended(referral):
        raise RuleBroken(_("The consent it rests on has ended: ask the person again, then write a new referral."))
    end_letters(referral)
    link = "".join(secrets.choice(ALPHABET) for _each in range(LINK_LENGTH))
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    ends = now() + timedelta(days=settings.LETTER_DAYS)
    letter = ExternalLetter(
        pk=key,
        referral=referral,
        link_hash=link_digest(link),
        code_hash=_code_digest(key, code),
        made_by=by.user,
        expires_at=min(ends, referral.expires_at) if referral.expires_at else ends,
    )
    letter, new = insert_once(letter, mine=ExternalLetter.objects.filter(pk=key, referral=referral))
    if not new:
        return None
    return Told(letter, link, code)


def link_digest(link: str) -> str:
    """What is kept of a link, however it was typed: in small letters, with spaces or hyphens."""
    typed = "".join(each for each in link[:100].upper() if each.isalnum())
    return hashlib.sha256(typed.encode()).hexdigest()


def _code_digest(letter_id: UUID, code: str) -> str:
    # few digits: without the site's key somebody who holds the table would find them all
    return salted_hmac("referrals.letter", f"{letter_id}:{code}", algorithm="sha256").hexdigest()


# --- the one-time page ------------------------------------------------------------------------------------------
def find(link: str) -> ExternalLetter | None:
    """The letter whose page still takes an answer, without reading anything of its case; None for every other link."""
    with system_context(SystemContext.LETTERS):
        return _unless_withdrawn(_open(link).first())


def lock(link: str) -> ExternalLetter | None:
    """The same, locked until the end of the transaction: of two answers at once, one is taken.

    Call it in the context `letters`, which what follows needs too.
    """
    letter = ExternalLetter.objects.select_related("referral").filter(link_hash=link_digest(link)).first()
    if letter is None:
        return None
    lock_round(letter.referral.round)
    # the referral first, as whoever answers by phone, withdraws or makes another letter does; then what holds is read
    Referral.objects.select_for_update().filter(pk=letter.referral_id).first()
    return _unless_withdrawn(_open(link).select_for_update(of=("self",)).first())


def _unless_withdrawn(letter: ExternalLetter | None) -> ExternalLetter | None:
    """Nobody answers for a person who has taken their consent back."""
    return None if letter is None or consent_has_ended(letter.referral) else letter


def _open(link: str) -> QuerySet[ExternalLetter]:
    waits = Q(referral__state__in=(ReferralState.SENT, ReferralState.RECEIVED))
    on_time = Q(referral__expires_at=None) | Q(referral__expires_at__gt=Now())
    return ExternalLetter.objects.select_related("referral__from_agency", "referral__to_agency").filter(
        waits,
        on_time,
        link_hash=link_digest(link),
        ended_at=None,
        answered_at=None,
        expires_at__gt=Now(),
        tries__lt=MOST_TRIES,
    )


def code_fits(letter: ExternalLetter, code: str) -> bool:
    """Whether this is the code of a locked letter. A wrong one is counted; the last one ends the letter and tells who
    sent it.
    """
    typed = "".join(each for each in code[:40] if each in "0123456789")
    if constant_time_compare(letter.code_hash, _code_digest(letter.pk, typed)):
        return True
    letter.tries = F("tries") + 1
    letter.save(update_fields=["tries"])
    letter.refresh_from_db(fields=["tries"])
    if letter.tries >= MOST_TRIES:
        letter.ended_at = now()
        letter.save(update_fields=["ended_at"])
        _notice(letter.referral, key=f"letter:{letter.pk}:closed", kind=NoticeKind.REFERRAL_CHANGED)
    return False


def check_answer(*, answer: str, decline_reason: str) -> None:
    """Raise RuleBroken by field for no answer, or a refusal without a reason of the list."""
    if answer not in ExternalAnswer.values:
        raise RuleBroken({"answer": [_("Choose one answer.")]})
    if answer == ExternalAnswer.DECLINE:
        check_decline(reason=decline_reason, takes_note=False)


def take(letter: ExternalLetter, *, answer: str, decline_reason: str) -> Referral:
    """The one answer of a locked letter whose code fitted: the letter is used, the referral moves, the sender knows."""
    letter.answer, letter.answered_at = answer, now()
    letter.save(update_fields=["answer", "answered_at"])
    return move(letter.referral, by=None, answer=answer, decline_reason=decline_reason)


# --- what becomes of it -----------------------------------------------------------------------------------------
ACTS = {
    ExternalAnswer.ACCEPT: Act.ACCEPT,
    ExternalAnswer.DECLINE: Act.DECLINE,
    ExternalAnswer.CONTACT: Act.RECEIVE,
}


def move(
    referral: Referral, *, by: Membership | None, answer: str, decline_reason: str = "", note: str = ""
) -> Referral:
    """Write an answer into a locked referral; `by` writes down what was said by phone, None is the one-time page.

    Whoever asks to be called has it in hand: it still waits for a yes or a no.
    """
    act = ACTS[ExternalAnswer(answer)]
    if referral.state != STEPS[act].to:
        step(referral, by=by, act=act, decline_reason=decline_reason if act == Act.DECLINE else "", note=note)
        _line(referral, by=by, act=act)
    kind = NoticeKind.REFERRAL_CHANGED if answer == ExternalAnswer.CONTACT else NoticeKind.REFERRAL_ANSWERED
    _notice(referral, key=f"referral:{referral.pk}:{answer}", kind=kind, by=by)
    return referral


def check_by_phone(*, answer: str, decline_reason: str, note: str) -> None:
    """Raise RuleBroken by field for an answer given by phone that is not a yes or a reasoned no."""
    if answer not in (ExternalAnswer.ACCEPT, ExternalAnswer.DECLINE):
        raise RuleBroken({"answer": [_("Choose one answer.")]})
    if answer == ExternalAnswer.DECLINE:
        check_decline(reason=decline_reason, note=note)
    if problem := text_problem(note, most=NOTE_LENGTH):
        raise RuleBroken({"note": [problem]})


def complete(*, by: Membership, referral_id: UUID, result: str) -> Referral:
    """What became of a person whom a service without an account took over, as it told who sent. Ends the referral.

    Call it in a transaction. Raises Http404, Refused, RuleBroken.
    """
    referral = sent_without_account(by=by, referral_id=referral_id, locked=True)
    if not may_write(by):
        raise Refused(_("Your role reads referrals but does not answer them."))
    if result not in Result.values:
        raise RuleBroken({"result": [_("Say what became of it.")]})
    check_possible(referral, Act.COMPLETE)
    step(referral, by=by, act=Act.COMPLETE, result=result)
    _line(referral, by=by, act=Act.COMPLETE)
    return referral


def end_letters(referral: Referral) -> None:
    """No page of this locked referral stays open."""
    for letter in ExternalLetter.objects.filter(referral=referral, ended_at=None, answered_at=None):
        letter.ended_at = now()
        letter.save(update_fields=["ended_at"])


def _line(referral: Referral, *, by: Membership | None, act: Act) -> None:
    declined = referral.state == ReferralState.DECLINED
    line(
        referral,
        by=by,
        event=STEPS[act].event,
        next_agency=referral.from_agency if referral.waits or declined else None,
        next_act="refer_elsewhere" if declined else "call_service" if referral.waits else "",
    )


def _notice(referral: Referral, *, key: str, kind: NoticeKind, by: Membership | None = None) -> None:
    """Tell who sent it, or their colleagues when they left or may no longer know; never whoever writes it down."""
    if hidden_from_sender(referral):
        return
    case = Case(pk=referral.case_id)
    told = participants([case])
    members = members_of_sender(referral, may_know=lambda member: told.may_know(case, member.user_id))
    notify(
        recipients=[member for member in members if by is None or member.user_id != by.user_id],
        kind=kind,
        path=reverse("referrals:letter", args=[referral.pk]),
        dedupe_key=key,
        case_id=referral.case_id,
    )
