"""The answer of a service without an account, by its one-time page or told by phone: what follows in other rooms."""

from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from agencies.models import Membership
from agencies.perms import may_write
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken
from followups.models import FollowUpKind
from followups.settling import settle
from referrals import letters
from referrals.answering import check_possible, consent_has_ended
from referrals.models import ExternalAnswer, Referral

from . import actions
from .rounds import after_answer


class Taken(StrEnum):
    """What became of what was typed on the one-time page."""

    YES = "yes"
    WRONG_CODE = "wrong_code"
    CLOSED = "closed"


def answer_by_page(*, link: str, code: str, answer: str, decline_reason: str = "") -> Taken:
    """Take the one answer of a letter. A wrong code is counted, and nothing else is told of it.

    Raises RuleBroken by field for an answer that is none, before the code is looked at.
    """
    letters.check_answer(answer=answer, decline_reason=decline_reason)
    with transaction.atomic(), system_context(SystemContext.LETTERS, on_behalf=False):
        letter = letters.lock(link)
        if letter is None:
            return Taken.CLOSED
        if not letters.code_fits(letter, code):
            return Taken.WRONG_CODE
        _follow(letters.take(letter, answer=answer, decline_reason=decline_reason), by=None)
    return Taken.YES


def answer_by_phone(
    *, by: Membership, referral_id: UUID, answer: str, decline_reason: str = "", note: str = ""
) -> Referral:
    """Write down the yes or the no that a service without an account gave by phone; its letter takes nothing more.

    Raises Http404, Refused, RuleBroken by field.
    """
    with transaction.atomic():
        referral = letters.sent_without_account(by=by, referral_id=referral_id, locked=True)
        if not may_write(by):
            raise Refused(_("Your role reads referrals but does not answer them."))
        letters.check_by_phone(answer=answer, decline_reason=decline_reason, note=note)
        check_possible(referral, letters.ACTS[ExternalAnswer(answer)])
        if answer == ExternalAnswer.ACCEPT and consent_has_ended(referral):
            raise RuleBroken(_("The consent it rests on has ended: ask the person again, then write a new referral."))
        letters.end_letters(referral)
        letters.move(referral, by=by, answer=answer, decline_reason=decline_reason, note=note)
        _follow(referral, by=by)
    return referral


def _follow(referral: Referral, *, by: Membership | None) -> None:
    if not referral.waits:
        settle(by=by, kind=FollowUpKind.REFERRAL_ANSWER, source_id=referral.pk, outcome=referral.state)
        after_answer(referral)
    if referral.taken:
        actions.taken(by=by, referral=referral)
