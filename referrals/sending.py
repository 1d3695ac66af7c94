"""Sending a person's need from one agency to others: what it would open, and the rows. Its answer: `answering`.

What is typed and why it may not go is in `asking`; what crosses rooms (opening the case on acceptance, the deadline of
the answer) in `casework.referring`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agencies.enums import Need
from agencies.models import Agency, Membership
from cases.access import CaseAccess
from cases.enums import Category, EventCode
from cases.models import Case, CasePerson
from common.clock import now
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from sharing.grants import Opening, grants_for_side, permission_of, refused_to, side_about
from sharing.models import Basis, Consent, WayIn
from sharing.perms import may_open
from sharing.services import default_grants, record_consent, side_with

from . import perms
from .answering import tell
from .asking import (
    RECEIVERS,
    Asked,
    basis_problems,
    carried_problems,
    filled,
    reason_problem,
    receiver_problems,
    receivers_of,
    standing,
    twice,
)
from .models import AskedBy, Referral, ReferralState, Urgency

URGENCY_HOURS = {Urgency.TODAY: 4, Urgency.WITHIN_48_HOURS: 48, Urgency.WITHIN_A_WEEK: 7 * 24}
"""The longest a service has to answer; one that usually answers faster is held to its own time."""

MOST_OFFERED = 600
"""Services in one choice of the form; those beyond are reached by what is proposed, or by their link."""

GRACE_HOURS = {Urgency.TODAY: 20, Urgency.WITHIN_48_HOURS: 5 * 24, Urgency.WITHIN_A_WEEK: 14 * 24}
"""How long after that a referral nobody answers still waits; then it expires, and the next in line is asked."""


@dataclass(frozen=True)
class Proposal:
    """A referral that may be sent to one service, and exactly what it would open; nothing of it is stored."""

    asked: Asked
    subject: CasePerson
    to_agency: Agency
    side: str
    grants: tuple[str, ...]
    contributes: bool
    valid_days: int | None
    answer_due_at: datetime
    field: str = RECEIVERS[0]

    def opening(self) -> Opening:
        """What acceptance opens, as the sum of permissions takes it."""
        until = self.asked.valid_until
        if self.asked.basis != Basis.CONSENT:
            until = now() + timedelta(days=self.valid_days) if self.valid_days else None
        return Opening(self.grants, self.contributes, until)

    def shown(self) -> list[str]:
        """What the sender saw of it, to compare with what would be sent: the service, its side, what opens to it."""
        return [str(self.to_agency.pk), self.side, *sorted(self.grants)]


def subjects_of(access: CaseAccess) -> list[CasePerson]:
    """Whom the acting agency may refer in this case, in the order they were named."""
    persons = CasePerson.objects.filter(case=access.case_id).select_related("person").order_by("created_at", "pk")
    return [person for person in persons if perms.may_refer_about(access, person)]


def services_to_refer_to(by: Membership, *, named: Iterable[UUID | None] = ()) -> list[Agency]:
    """Other active agencies, by kind and name, and those this one entered itself; those that take no referrals too, so
    that the form says so. MOST_OFFERED of them, and those `named`.
    """
    rows = Agency.objects.to_refer_to(by.agency_id).exclude(pk=by.agency_id).order_by("kind", "name")
    found = list(rows[:MOST_OFFERED])
    if len(found) == MOST_OFFERED and (wanted := {pk for pk in named if pk} - {agency.pk for agency in found}):
        found += rows.filter(pk__in=wanted)
    return found


def default_valid_until(agency: Agency | None = None) -> datetime:
    """When a consent ends unless the person says otherwise: at the end of the default number of days."""
    found = default_grants(way_in=WayIn.REFERRAL, agency=agency or Agency(kind=""))
    return now() + timedelta(days=found.valid_days or 180)


def propose(*, by: Membership, case: Case, access: CaseAccess, asked: Asked) -> Proposal:
    """What a referral to one service would be. Raises as `propose_all`."""
    return propose_all(by=by, case=case, access=access, asked=replace(asked, also=()))[0]


def propose_all(*, by: Membership, case: Case, access: CaseAccess, asked: Asked) -> list[Proposal]:
    """What this referral would be for each service it names, in their order.

    Raises Refused for who may not refer, RuleBroken by field for what may not go: one service that cannot be asked
    stops the whole.
    """
    if not perms.may_refer(access):
        raise Refused(_("You can read this case but not add to it."))
    asked = filled(
        replace(asked, postal_code=asked.postal_code.strip().upper(), asked_by=asked.asked_by or AskedBy.SERVICE)
    )
    errors: dict[str, list[str]] = {}
    subject = next((person for person in subjects_of(access) if person.pk == asked.subject_id), None)
    if subject is None:
        errors["subject"] = [_("Choose whom this is about.")]
    agencies = receivers_of(by, asked)
    errors |= receiver_problems(by=by, asked=asked, agencies=agencies)
    if asked.need not in Need.values:
        errors["need"] = [_("Choose what is needed.")]
    if asked.urgency not in Urgency.values:
        errors["urgency"] = [_("Choose by when an answer is needed.")]
    if problem := reason_problem(access, asked.reason):
        errors["reason"] = [problem]
    errors |= carried_problems(by, asked, subject)
    errors |= basis_problems(asked, subject, [agency for agency in agencies.values() if agency])
    if subject is not None:
        errors |= twice(standing(access, asked))
    if errors:
        raise RuleBroken(errors)
    proposals = []
    for field, agency in agencies.items():
        try:
            proposals.append(_proposal(case, access, asked, subject, agency, field))
        except RuleBroken as broken:
            for name, messages in broken.errors.items():
                errors.setdefault(name, []).extend(messages)
    if errors:
        raise RuleBroken(errors)
    return proposals


def _proposal(
    case: Case, access: CaseAccess, asked: Asked, subject: CasePerson, agency: Agency, field: str
) -> Proposal:
    defaults = default_grants(way_in=WayIn.REFERRAL, agency=agency)
    usual = grants_for_side(defaults.grants, subject.side)
    grants = [] if agency.without_account else usual
    side = side_with(
        case=case,
        agency=agency,
        proposed=side_about(kind=agency.kind, side=agency.side, subject_side=subject.side),
    )
    # a letter opens nothing, and sends her there all the same
    if refused_to(side) & {permission_of(item) for item in usual}:
        raise RuleBroken(
            {
                field: [
                    _(
                        "This service works with the presumed perpetrator: how to reach the victim is never opened to"
                        " it. Choose another service for her."
                    )
                ]
            }
        )
    if not may_open(access, grants):
        raise RuleBroken(
            {"subject": [_("Your agency does not itself see what this service would need: ask the lead agency.")]}
        )
    return Proposal(
        asked=asked,
        subject=subject,
        to_agency=agency,
        side=side,
        grants=tuple(grants),
        contributes=defaults.contributes and not agency.without_account,
        valid_days=None if asked.basis == Basis.CONSENT else defaults.valid_days,
        answer_due_at=answer_due_at(asked.urgency, agency, at=now()),
        field=field,
    )


def answer_hours(urgency: str, agency: Agency) -> int:
    """How long the service has: what the urgency says, or its own usual time when that is shorter. Asked by whoever
    says when an answer is due.
    """
    longest = URGENCY_HOURS[Urgency(urgency)]
    return min(longest, agency.answer_hours or longest)


def answer_due_at(urgency: str, agency: Agency, *, at: datetime) -> datetime:
    """When the answer is due; see `answer_hours`."""
    return at + timedelta(hours=answer_hours(urgency, agency))


def expires_at(urgency: str, *, due_at: datetime) -> datetime:
    """When a referral that nobody has answered no longer waits."""
    return due_at + timedelta(hours=GRACE_HOURS[Urgency(urgency)])


# --- sending ------------------------------------------------------------------------------------------------


def sent_with(*, by: Membership, case: Case, request_key: UUID) -> list[Referral]:
    """What this very form has already sent, in its order; nothing when it has not."""
    first = Referral.objects.filter(case=case, from_agency=by.agency_id, request_key=request_key).first()
    if first is None or first.round is None:
        return [first] if first else []
    return list(Referral.objects.filter(case=case, from_agency=by.agency_id, round=first.round).order_by("rank"))


def create(
    *, by: Membership, case: Case, proposals: Sequence[Proposal], request_key: UUID
) -> tuple[list[Referral], bool]:
    """Store the referrals of one form, each with the consent it rests on; (referrals, whether they are new).

    Several share a round: all are sent at once, or the first one while the others are next in line. The same
    `request_key` gives the same referrals, even at the same moment. Raises RuleBroken while the same need waits for an
    answer of the same service.
    """
    together = uuid7() if len(proposals) > 1 else None
    made: list[Referral] = []
    with transaction.atomic():
        for rank, proposal in enumerate(proposals, start=1):
            referral = _referral(by=by, case=case, proposal=proposal)
            referral.request_key = request_key if rank == 1 else uuid5(request_key, str(rank))
            referral.round, referral.rank = together, rank
            referral.in_order = together is not None and proposal.asked.in_order
            if referral.in_order and rank > 1:
                referral.state, referral.expires_at = ReferralState.QUEUED, None
            try:
                with transaction.atomic():
                    referral.consent = _consent(by=by, proposal=proposal)
                    referral.save(force_insert=True)
            except IntegrityError:
                if already := sent_with(by=by, case=case, request_key=request_key):
                    return already, False
                raise RuleBroken(
                    {proposal.field: [_("This need has already been sent to this service and waits for its answer.")]}
                ) from None
            made.append(referral)
        for referral in made:
            if referral.waits:
                tell(referral, by=by, event=EventCode.REFERRAL_SENT)
    return made, True


def _consent(*, by: Membership, proposal: Proposal) -> Consent | None:
    asked = proposal.asked
    if asked.basis != Basis.CONSENT:
        return None
    # a letter opens nothing; what she agrees to is that the service learns who sends her
    categories = sorted({item.split(":")[0] for item in proposal.grants}) or [Category.NETWORK.value]
    return record_consent(
        by=by,
        subject=proposal.subject,
        recipients=[proposal.to_agency],
        categories=categories,
        purpose=asked.purpose,
        given_how=asked.given_how,
        language=asked.language,
        explained=asked.explained,
        valid_until=asked.valid_until,
    )


def _referral(*, by: Membership, case: Case, proposal: Proposal) -> Referral:
    asked = proposal.asked
    return Referral(
        case=case,
        subject=proposal.subject,
        subject_role=proposal.subject.role,
        from_agency=by.agency,
        to_agency=proposal.to_agency,
        side=proposal.side,
        need=asked.need,
        urgency=asked.urgency,
        reason=asked.reason.strip(),
        basis=asked.basis,
        legal_text=asked.legal_text.strip() if asked.basis == Basis.LEGAL_OBLIGATION else "",
        necessity=asked.reason.strip(),
        grants=list(proposal.grants),
        contributes=proposal.contributes,
        valid_days=proposal.valid_days,
        sent_by=by.user,
        answer_due_at=proposal.answer_due_at,
        expires_at=expires_at(asked.urgency, due_at=proposal.answer_due_at),
        postal_code=asked.postal_code,
        asked_by=asked.asked_by,
        mandated=asked.mandated,
        interpreter_language=asked.interpreter_language,
        childcare=asked.childcare,
        accompaniment=asked.accompaniment,
        transport=asked.transport,
        rule=asked.rule,
        missing_kind=asked.missing_kind,
    )
