"""A referral sent, answered, withdrawn: the answer is owed, and acceptance opens what was previewed."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from agencies.models import Membership
from cases.access import get_case
from cases.models import Case
from cases.restriction import name_who_enters
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import RuleBroken
from followups.models import FollowUpKind
from followups.services import plan, settle
from referrals import services as referrals
from referrals.models import Referral
from referrals.states import Act
from sharing.models import Basis, Consent, WayIn
from sharing.services import Decider, decide


def send_referral(
    *, by: Membership, case_id: UUID, asked: referrals.Asked, request_key: UUID, previewed: Sequence[str] | None = None
) -> Referral:
    """Ask another service to take over a need: its answer is due from now on, and nothing opens before it accepts.

    The same `request_key` gives the same referral. `previewed` is what the sender saw would open; when that has changed
    since, nothing is sent. Raises RuleBroken by field, Refused, Http404.
    """
    case, access = get_case(case_id, by)
    if (already := referrals.sent_with(by=by, case=case, request_key=request_key)) is not None:
        return already
    proposal = referrals.propose(by=by, case=case, access=access, asked=asked)
    if previewed is not None and sorted(previewed) != sorted(proposal.grants):
        raise RuleBroken(_("What this service would see has changed since you looked. Check it again, then send."))
    with transaction.atomic():
        referral, new = referrals.create(by=by, case=case, proposal=proposal, request_key=request_key)
        if new:
            plan(
                by=by,
                case=case,
                kind=FollowUpKind.REFERRAL_ANSWER,
                agency=referral.to_agency,
                source_id=referral.pk,
                due_at=referral.answer_due_at,
            )
    return referral


def accept_referral(*, by: Membership, referral_id: UUID, note: str = "") -> Referral:
    """Take the person over: what was previewed to the sender opens to the receiver in the same transaction.

    The sender answers for the sharing, decided when it sent. Raises RuleBroken when the state or the basis no longer
    allows it, Refused, Http404.
    """
    with transaction.atomic():
        referral = referrals.lock(by=by, referral_id=referral_id, act=Act.ACCEPT)
        name_who_enters(by=by, case_id=referral.case_id)
        # told before it opens: having accepted is not yet work of one's own that would outlive the basis
        referrals.move(referral, by=by, act=Act.ACCEPT, note=note)
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
    return referral


def decline_referral(*, by: Membership, referral_id: UUID, reason: str, note: str = "") -> Referral:
    """Say no, with a reason; nothing opens. Raises RuleBroken by field, Refused, Http404."""
    with transaction.atomic():
        referral = referrals.lock(by=by, referral_id=referral_id, act=Act.DECLINE)
        referrals.check_decline(reason=reason)
        referrals.move(referral, by=by, act=Act.DECLINE, decline_reason=reason, note=note)
        settle(by=by, kind=FollowUpKind.REFERRAL_ANSWER, source_id=referral.pk, outcome=referral.state)
    return referral


def withdraw_referral(*, by: Membership, referral_id: UUID) -> Referral:
    """Take back a referral that nobody has answered. Raises RuleBroken once it is answered, Refused, Http404."""
    with transaction.atomic():
        referral = referrals.lock(by=by, referral_id=referral_id, act=Act.WITHDRAW)
        referrals.move(referral, by=by, act=Act.WITHDRAW)
        settle(by=by, kind=FollowUpKind.REFERRAL_ANSWER, source_id=referral.pk, outcome=referral.state)
    return referral
