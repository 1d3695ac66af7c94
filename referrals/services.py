"""Sending a person's need from one agency to another: what is asked, whether it may be, and each move after it.

What crosses rooms (opening the case on acceptance, the deadline of the answer) is in `casework.referring`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from agencies.perms import may_write
from agencies.services import writers_of
from cases.access import CaseAccess, participants
from cases.enums import Category, EventCode, PersonRole, network_side
from cases.models import Case, CasePerson
from cases.services import log_event, names_somebody
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.languages import LANGUAGES
from notifications.models import NoticeKind
from notifications.services import notify
from sharing.grants import Opening, grants_for_side, permission_of, refused_to, side_about
from sharing.models import Basis, Consent, GivenHow, WayIn
from sharing.perms import may_open
from sharing.services import default_grants, record_consent, side_with

from . import perms
from .models import DeclineReason, Need, Referral, ReferralState, Urgency
from .states import STEPS, TRANSITIONS, Act

URGENCY_HOURS = {Urgency.TODAY: 4, Urgency.WITHIN_48_HOURS: 48, Urgency.WITHIN_A_WEEK: 7 * 24}
"""The longest a service has to answer; one that usually answers faster is held to its own time."""

REASON_LENGTH = 500

NOTICES = {
    ReferralState.SENT: NoticeKind.REFERRAL_RECEIVED,
    ReferralState.RECEIVED: NoticeKind.REFERRAL_CHANGED,
    ReferralState.ACCEPTED: NoticeKind.REFERRAL_ANSWERED,
    ReferralState.DECLINED: NoticeKind.REFERRAL_ANSWERED,
    ReferralState.WITHDRAWN: NoticeKind.REFERRAL_CHANGED,
}


@dataclass(frozen=True)
class Asked:
    """What was typed: identifiers as UUID or None, the rest as text; `valid_until` an aware moment or None."""

    subject_id: UUID | None = None
    to_agency_id: UUID | None = None
    need: str = ""
    urgency: str = ""
    reason: str = ""
    basis: str = ""
    legal_text: str = ""
    given_how: str = ""
    language: str = "fr"
    explained: str = ""
    purpose: str = ""
    valid_until: datetime | None = None


@dataclass(frozen=True)
class Proposal:
    """A referral that may be sent, and exactly what it would open; nothing of it is stored."""

    asked: Asked
    subject: CasePerson
    to_agency: Agency
    side: str
    grants: tuple[str, ...]
    contributes: bool
    valid_days: int | None
    answer_due_at: datetime

    def opening(self) -> Opening:
        """What acceptance opens, as the sum of permissions takes it."""
        until = self.asked.valid_until
        if self.asked.basis != Basis.CONSENT:
            until = now() + timedelta(days=self.valid_days) if self.valid_days else None
        return Opening(self.grants, self.contributes, until)


def subjects_of(access: CaseAccess) -> list[CasePerson]:
    """Whom the acting agency may refer in this case, in the order they were named."""
    persons = CasePerson.objects.filter(case=access.case_id).select_related("person").order_by("created_at", "pk")
    return [person for person in persons if perms.may_refer_about(access, person)]


def services_to_refer_to(by: Membership) -> list[Agency]:
    """Every other active agency, by kind and name; those that take no referrals too, so that the form says so."""
    return list(Agency.objects.active().exclude(pk=by.agency_id).order_by("kind", "name"))


def default_valid_until(agency: Agency | None = None) -> datetime:
    """When a consent ends unless the person says otherwise: at the end of the default number of days."""
    found = default_grants(way_in=WayIn.REFERRAL, agency=agency or Agency(kind=""))
    return now() + timedelta(days=found.valid_days or 180)


def propose(*, by: Membership, case: Case, access: CaseAccess, asked: Asked) -> Proposal:
    """What this referral would be. Raises Refused for who may not refer, RuleBroken by field for what may not go."""
    if not perms.may_refer(access):
        raise Refused(_("You can read this case but not add to it."))
    errors: dict[str, list[str]] = {}
    subject = next((person for person in subjects_of(access) if person.pk == asked.subject_id), None)
    if subject is None:
        errors["subject"] = [_("Choose whom this is about.")]
    to_agency, problem = _receiver(by, asked.to_agency_id)
    if problem:
        errors["to_agency"] = [problem]
    if asked.need not in Need.values:
        errors["need"] = [_("Choose what is needed.")]
    if asked.urgency not in Urgency.values:
        errors["urgency"] = [_("Choose by when an answer is needed.")]
    if problem := _reason_problem(access, asked.reason):
        errors["reason"] = [problem]
    errors |= _basis_problems(asked, subject, to_agency)
    if errors:
        raise RuleBroken(errors)

    defaults = default_grants(way_in=WayIn.REFERRAL, agency=to_agency)
    grants = grants_for_side(defaults.grants, subject.side)
    side = side_with(
        case=case,
        agency=to_agency,
        proposed=side_about(kind=to_agency.kind, side=to_agency.side, subject_side=subject.side),
    )
    if refused_to(side) & {permission_of(item) for item in grants}:
        raise RuleBroken(
            {
                "to_agency": [
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
        to_agency=to_agency,
        side=side,
        grants=tuple(grants),
        contributes=defaults.contributes,
        valid_days=None if asked.basis == Basis.CONSENT else defaults.valid_days,
        answer_due_at=answer_due_at(asked.urgency, to_agency, at=now()),
    )


def answer_due_at(urgency: str, agency: Agency, *, at: datetime) -> datetime:
    """When the answer is due: by the urgency, or the service's usual time when it is shorter."""
    return at + timedelta(hours=min(URGENCY_HOURS[Urgency(urgency)], agency.answer_hours or URGENCY_HOURS[urgency]))


def _receiver(by: Membership, agency_id: UUID | None) -> tuple[Agency | None, str]:
    agency = Agency.objects.active().filter(pk=agency_id).first() if agency_id else None
    if agency is None:
        return None, _("Choose a service.")
    if agency.pk == by.agency_id:
        return agency, _("A service cannot refer to itself.")
    if not perms.takes_referrals(agency, sender=by):
        return agency, _("This service takes no referrals at the moment. Choose another one.")
    return agency, ""


def _reason_problem(access: CaseAccess, reason: str) -> str:
    if problem := text_problem(reason, most=REASON_LENGTH, missing=_("Say why, without names.")):
        return problem
    if names_somebody(access, reason):
        return _(
            "The reason names somebody of the case. The service reads it before it accepts: write it without names."
        )
    return ""


def _basis_problems(asked: Asked, subject: CasePerson | None, agency: Agency | None) -> dict[str, list[str]]:
    if asked.basis not in (Basis.CONSENT, Basis.LEGAL_OBLIGATION):
        return {"basis": [_("Choose on what basis this is shared.")]}
    if asked.basis == Basis.LEGAL_OBLIGATION:
        if agency is not None and asked.basis not in perms.bases_for(agency):
            return {"basis": [_("To this service a person is sent with their agreement only.")]}
        return {} if asked.legal_text.strip() else {"legal_text": [_("Write the text the obligation rests on.")]}
    errors: dict[str, list[str]] = {}
    if subject is not None and subject.role == PersonRole.CHILD:
        errors["basis"] = [
            _("A child is not asked to consent. Refer the victim for herself and her children, or cite the law.")
        ]
    if asked.given_how not in GivenHow.values:
        errors["given_how"] = [_("Say how the consent was given.")]
    if asked.language not in dict(LANGUAGES):
        errors["language"] = [_("Choose the language it was explained in.")]
    if not asked.explained.strip():
        errors["explained"] = [_("Say what was explained to the person.")]
    if problem := text_problem(asked.purpose, most=300, missing=_("Say for what purpose.")):
        errors["purpose"] = [problem]
    if asked.valid_until is None:
        errors["valid_until"] = [_("Say until when.")]
    elif asked.valid_until <= now():
        errors["valid_until"] = [_("The end of the consent is already past.")]
    elif asked.valid_until > now() + timedelta(days=2 * 366):
        errors["valid_until"] = [_("A consent holds two years at most; ask again then.")]
    return errors


# --- sending ------------------------------------------------------------------------------------------------


def sent_with(*, by: Membership, case: Case, request_key: UUID) -> Referral | None:
    """The referral this very form has already sent, if any."""
    return Referral.objects.filter(case=case, from_agency=by.agency_id, request_key=request_key).first()


def create(*, by: Membership, case: Case, proposal: Proposal, request_key: UUID) -> tuple[Referral, bool]:
    """Store the referral with the consent it rests on; (referral, whether it is new).

    The same `request_key` gives the same referral, even at the same moment. Raises RuleBroken while the same need
    waits for an answer of the same service.
    """
    asked = proposal.asked
    try:
        with transaction.atomic():
            consent = None
            if asked.basis == Basis.CONSENT:
                consent = record_consent(
                    by=by,
                    subject=proposal.subject,
                    recipients=[proposal.to_agency],
                    categories=sorted({item.split(":")[0] for item in proposal.grants}),
                    purpose=asked.purpose,
                    given_how=asked.given_how,
                    language=asked.language,
                    explained=asked.explained,
                    valid_until=asked.valid_until,
                )
            referral = Referral(
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
                consent=consent,
                legal_text=asked.legal_text.strip() if asked.basis == Basis.LEGAL_OBLIGATION else "",
                necessity=asked.reason.strip(),
                grants=list(proposal.grants),
                contributes=proposal.contributes,
                valid_days=proposal.valid_days,
                request_key=request_key,
                sent_by=by.user,
                answer_due_at=proposal.answer_due_at,
            )
            referral.save(force_insert=True)
    except IntegrityError:
        if (already := sent_with(by=by, case=case, request_key=request_key)) is not None:
            return already, False
        raise RuleBroken(
            {"to_agency": [_("This need has already been sent to this service and waits for its answer.")]}
        ) from None
    tell(referral, by=by, event=EventCode.REFERRAL_SENT)
    return referral, True


# --- moves --------------------------------------------------------------------------------------------------


def lock(*, by: Membership, referral_id: UUID, act: Act) -> Referral:
    """The referral, locked for this act of the acting agency.

    Raises Http404 where it may not know of it, Refused when the act is not its own, RuleBroken when the state does not
    allow it any more.
    """
    referral = (
        Referral.objects.between(by)
        .select_related("from_agency", "to_agency", "sent_by")
        .select_for_update(of=("self",))
        .filter(pk=referral_id)
        .first()
    )
    if referral is None:
        raise Http404
    if not perms.is_party_to(by, referral, act):
        raise Refused(_("This is for the other service to do."))
    if not may_write(by):
        raise Refused(_("Your role reads referrals but does not answer them."))
    if act not in TRANSITIONS[ReferralState(referral.state)]:
        raise RuleBroken(
            _("This is no longer possible: the referral is already %(state)s.")
            % {"state": referral.get_state_display()}
        )
    return referral


def move(referral: Referral, *, by: Membership, act: Act, decline_reason: str = "", note: str = "") -> Referral:
    """Take one step of TRANSITIONS with a referral that `lock` gave: the state, the timeline, the other side told."""
    step = STEPS[act]
    referral.state = step.to
    if act == Act.RECEIVE:
        referral.received_at = now()
    else:
        referral.answered_at = now()
        referral.answered_by = by.user
        referral.decline_reason = decline_reason
        referral.answer_note = note.strip()
    referral.save(update_fields=["state", "received_at", "answered_at", "answered_by", "decline_reason", "answer_note"])
    tell(referral, by=by, event=step.event)
    return referral


def receive(*, by: Membership, referral_id: UUID) -> Referral:
    """Tell the sender that somebody has it in hand. Saying so twice changes nothing."""
    current = Referral.objects.between(by).filter(pk=referral_id, state=ReferralState.RECEIVED).first()
    if current is not None and perms.is_party_to(by, current, Act.RECEIVE):
        return current
    return move(lock(by=by, referral_id=referral_id, act=Act.RECEIVE), by=by, act=Act.RECEIVE)


def check_decline(*, reason: str) -> None:
    """Raise RuleBroken for a refusal without a reason of the list."""
    if reason not in DeclineReason.values:
        raise RuleBroken({"decline_reason": [_("Say why the referral is declined.")]})


def consent_has_ended(referral: Referral) -> bool:
    """Whether the consent it rests on no longer holds, so that it can no longer be accepted."""
    if referral.basis != Basis.CONSENT:
        return False
    # whoever is asked to accept cannot read the consent yet
    with system_context(SystemContext.GRANTS):
        return not Consent.objects.live().filter(pk=referral.consent_id).exists()


def tell(referral: Referral, *, by: Membership, event: EventCode) -> None:
    """The line in the timeline, on the side of the referral, and the notice to the other service, without content."""
    declined = referral.state == ReferralState.DECLINED
    case = Case(pk=referral.case_id)  # the receiver cannot read the case before it accepts
    log_event(
        by=by,
        case=case,
        code=event,
        category=Category.NETWORK,
        side=network_side(referral.side),
        payload={"referral": str(referral.pk), "need": referral.need, "to": str(referral.to_agency_id)},
        next_agency=referral.to_agency if referral.waits else referral.from_agency if declined else None,
        next_act="referral_answer" if referral.waits else "refer_elsewhere" if declined else "",
        next_due_at=referral.answer_due_at if referral.waits else None,
    )
    told = participants([case])
    # who is asked to accept is told while their service is still outside; the way back is for those who are in
    may_know = told.may_be_asked if by.agency_id == referral.from_agency_id else told.may_know
    notify(
        recipients=_to_tell(referral, by=by, may_know=lambda member: may_know(case, member.user_id)),
        kind=NOTICES[ReferralState(referral.state)],
        path=reverse("referrals:detail", args=[referral.pk]),
        dedupe_key=f"referral:{referral.pk}:{referral.state}",
        case_id=referral.case_id,
    )


def _to_tell(referral: Referral, *, by: Membership, may_know: Callable[[Membership], bool]) -> list[Membership]:
    """The receiver's writing members; on the way back the person who sent it, or their colleagues when they left or
    may no longer know.
    """
    back = by.agency_id == referral.to_agency_id
    agency_id = referral.from_agency_id if back else referral.to_agency_id
    members = [member for member in writers_of([agency_id]) if may_know(member)]
    sender = [member for member in members if back and member.user_id == referral.sent_by_id]
    return sender or members
