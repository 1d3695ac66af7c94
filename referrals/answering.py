"""What becomes of a referral after it is sent: each move, who is told, the line it leaves, who looks at it.

What crosses rooms (opening the case on acceptance, the deadline of the answer, the others of a round) is in
`casework.referring` and `casework.rounds`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from agencies.models import Agency, Membership
from agencies.perms import may_write
from agencies.services import writers_of
from cases.access import agencies_holding, is_restricted, participants
from cases.enums import CONTRIBUTE, Category, EventCode, ParticipationSide, network_side
from cases.models import Case
from cases.services import log_event
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.locks import lock as lock_name
from notifications.models import NoticeKind
from notifications.services import notify
from sharing.grants import permission_of
from sharing.models import Basis, Consent
from sharing.services import participation_side

from . import perms
from .models import DeclineReason, Referral, ReferralState, Result
from .states import ENDS, STEPS, TRANSITIONS, Act

NOTICES = {
    ReferralState.SENT: NoticeKind.REFERRAL_RECEIVED,
    ReferralState.RECEIVED: NoticeKind.REFERRAL_CHANGED,
    ReferralState.ACCEPTED: NoticeKind.REFERRAL_ANSWERED,
    ReferralState.DECLINED: NoticeKind.REFERRAL_ANSWERED,
    ReferralState.WITHDRAWN: NoticeKind.REFERRAL_CHANGED,
    ReferralState.IN_PROGRESS: NoticeKind.REFERRAL_CHANGED,
    ReferralState.COMPLETED: NoticeKind.REFERRAL_TOLD,
    ReferralState.EXPIRED: NoticeKind.REFERRAL_CHANGED,
}
FURTHEST_APPOINTMENT = timedelta(days=366)
NOTE_LENGTH = 1000


def lock_round(round_id: UUID | None) -> None:
    """Of several services asked together, one answer at a time, until the end of the transaction."""
    if round_id is not None:
        lock_name(f"referral round {round_id}")


def locked(*, by: Membership, referral_id: UUID) -> Referral:
    """A referral the acting agency sent or received, locked until the end of the transaction. Raises Http404."""
    rows = Referral.objects.between(by).select_related("from_agency", "to_agency", "sent_by")
    referral = rows.select_for_update(of=("self",)).filter(pk=referral_id).first()
    if referral is None:
        raise Http404
    return referral


def check_possible(referral: Referral, act: Act) -> None:
    """Raise RuleBroken where the state of a referral does not allow this act any more."""
    if act not in TRANSITIONS[ReferralState(referral.state)]:
        raise RuleBroken(
            _("This is no longer possible: the referral is already %(state)s.")
            % {"state": referral.get_state_display()}
        )


def lock(*, by: Membership, referral_id: UUID, act: Act) -> Referral:
    """The referral, locked for this act of the acting agency.

    Raises Http404 where it may not know of it, Refused when the act is not its own, RuleBroken when the state does not
    allow it any more, or its time to answer has run out.
    """
    known = Referral.objects.between(by).filter(pk=referral_id).values_list("round", flat=True)
    lock_round(known.first())
    referral = locked(by=by, referral_id=referral_id)
    if not perms.is_party_to(by, referral, act):
        raise Refused(_("This is for the other service to do."))
    if not may_write(by):
        raise Refused(_("Your role reads referrals but does not answer them."))
    check_possible(referral, act)
    if act != Act.WITHDRAW and perms.out_of_time(referral, at=now()):
        raise RuleBroken(
            _("The time to answer has run out. If you can help all the same, call the sender: they can send a new one.")
        )
    return referral


def move(
    referral: Referral,
    *,
    by: Membership | None,
    act: Act,
    decline_reason: str = "",
    note: str = "",
    taken_by: User | None = None,
    first_appointment_at: datetime | None = None,
    result: str = "",
    to_receiver: bool | None = None,
    to_sender: bool | None = None,
) -> Referral:
    """Take one step of TRANSITIONS with a referral that `lock` gave: the state, the timeline, the other side told.

    `by` is None when the system acts (time); who is told is then said, as for `tell`.
    """
    step(
        referral,
        by=by,
        act=act,
        decline_reason=decline_reason,
        note=note,
        taken_by=taken_by,
        first_appointment_at=first_appointment_at,
        result=result,
    )
    tell(referral, by=by, event=STEPS[act].event, to_receiver=to_receiver, to_sender=to_sender)
    return referral


def step(
    referral: Referral,
    *,
    by: Membership | None,
    act: Act,
    decline_reason: str = "",
    note: str = "",
    taken_by: User | None = None,
    first_appointment_at: datetime | None = None,
    result: str = "",
) -> None:
    """Write the same into a locked referral, and tell nobody. `by` is None where nobody of ours answers."""
    referral.state = STEPS[act].to
    at = now()
    fields = ["state"]
    match act:
        case Act.RECEIVE:
            referral.received_at = at
            fields += ["received_at"]
        case Act.BEGIN:
            referral.began_at = at
            fields += ["began_at"]
        case Act.COMPLETE:
            referral.result = result
            fields += ["result"]
        case Act.ACCEPT | Act.DECLINE | Act.WITHDRAW:
            referral.answered_at = at
            referral.answered_by = by.user if by else None
            referral.decline_reason = decline_reason
            referral.answer_note = note.strip()
            fields += ["answered_at", "answered_by", "decline_reason", "answer_note"]
    if act == Act.ACCEPT:
        referral.taken_by = taken_by
        referral.first_appointment_at = first_appointment_at
        fields += ["taken_by", "first_appointment_at"]
    if act in ENDS:
        referral.ended_at = at
        fields += ["ended_at"]
    referral.save(update_fields=fields)


def receive(*, by: Membership, referral_id: UUID) -> Referral:
    """Tell the sender that somebody has it in hand. Saying so twice changes nothing."""
    current = Referral.objects.between(by).filter(pk=referral_id, state=ReferralState.RECEIVED).first()
    if current is not None and perms.is_party_to(by, current, Act.RECEIVE):
        return current
    return move(lock(by=by, referral_id=referral_id, act=Act.RECEIVE), by=by, act=Act.RECEIVE)


def begin(*, by: Membership, referral_id: UUID) -> Referral:
    """Say that the work has begun. Saying so twice changes nothing. Raises RuleBroken, Refused, Http404."""
    current = Referral.objects.between(by).filter(pk=referral_id, state=ReferralState.IN_PROGRESS).first()
    if current is not None and perms.is_party_to(by, current, Act.BEGIN):
        return current
    return move(lock(by=by, referral_id=referral_id, act=Act.BEGIN), by=by, act=Act.BEGIN)


def complete(*, by: Membership, referral_id: UUID, result: str) -> Referral:
    """Say what became of it: the sender is told, what is open stays open until its own end.

    Raises RuleBroken by field, Refused, Http404.
    """
    referral = lock(by=by, referral_id=referral_id, act=Act.COMPLETE)
    if result not in Result.values:
        raise RuleBroken({"result": [_("Say what became of it.")]})
    return move(referral, by=by, act=Act.COMPLETE, result=result)


def check_decline(*, reason: str, note: str = "", takes_note: bool = True) -> None:
    """Raise RuleBroken for a refusal without a reason of the list, or "another one" that does not say which, where that
    can be said at all.
    """
    errors: dict[str, list[str]] = {}
    if reason not in DeclineReason.values:
        errors["decline_reason"] = [_("Say why the referral is declined.")]
    if takes_note and reason == DeclineReason.OTHER and not note.strip():
        errors["note"] = [_("Say in a few words which reason, so that the sender can act on it.")]
    if problem := text_problem(note, most=NOTE_LENGTH):
        errors["note"] = [problem]
    if errors:
        raise RuleBroken(errors)


def check_accept(
    *, by: Membership, referral: Referral, taken_by: UUID | None, first_appointment_at: datetime | None, note: str
) -> User:
    """Who takes the person over, the acting member unless said. Raises RuleBroken by field."""
    errors: dict[str, list[str]] = {}
    user = by.user
    if taken_by is not None and taken_by != by.user_id:
        if is_restricted(referral.case_id):
            errors["taken_by"] = [
                _("Here, whoever accepts takes it first. Hand it to a colleague afterwards, once they may work on it.")
            ]
        else:
            found = next((each for each in team(referral) if each.user_id == taken_by), None)
            if found is None:
                errors["taken_by"] = [_("Choose somebody of your service who may work on it.")]
            else:
                user = found.user
    if first_appointment_at is not None:
        if first_appointment_at <= now():
            errors["first_appointment_at"] = [_("The first appointment cannot be in the past.")]
        elif first_appointment_at > now() + FURTHEST_APPOINTMENT:
            errors["first_appointment_at"] = [_("The first appointment is at most a year away.")]
    if problem := text_problem(note, most=NOTE_LENGTH):
        errors["note"] = [problem]
    if errors:
        raise RuleBroken(errors)
    return user


def consent_has_ended(referral: Referral) -> bool:
    """Whether the consent it rests on no longer holds, so that it can no longer be accepted."""
    if referral.basis != Basis.CONSENT:
        return False
    # whoever is asked to accept cannot read the consent yet
    with system_context(SystemContext.GRANTS):
        return not Consent.objects.live().filter(pk=referral.consent_id).exists()


def sender_still_opens(referral: Referral) -> bool:
    """Whether the sender still takes part and sees itself what this referral would open: nobody opens more."""
    needed = {CONTRIBUTE, *(permission_of(item) for item in referral.grants)}
    return referral.from_agency.group_id in agencies_holding(referral.case_id, needed)


# --- who looks at it --------------------------------------------------------------------------------------------


def team(referral: Referral) -> list[Membership]:
    """Who of the receiver may be given it: its writers who are not kept out of the case, by name.

    Before acceptance the service is outside, and an exclusion alone counts; afterwards a restricted case is for those
    who are named in it.
    """
    case = Case(pk=referral.case_id)
    known = participants([case])
    may = known.may_know if referral.taken else known.may_be_asked
    members = {member.user_id: member for member in writers_of([referral.to_agency_id]) if may(case, member.user_id)}
    return sorted(members.values(), key=lambda member: (member.user.family_name, member.user.given_name))


def assignee(*, by: Membership, referral_id: UUID, user_id: UUID | None) -> tuple[Referral, User | None]:
    """(the referral, locked; whom it may be given to), for `casework.referring.assign_referral`.

    Raises RuleBroken for somebody else than a writer of the receiver who is not kept out, or when it is over; Refused;
    Http404.
    """
    referral = locked(by=by, referral_id=referral_id)
    if referral.to_agency_id != by.agency_id or not may_write(by):
        raise Refused(_("Who looks at a referral is for the service that received it to say."))
    if not perms.may_assign(by, referral):
        raise RuleBroken(_("This referral is over: nobody needs to look at it any more."))
    if user_id is None:
        if referral.taken:
            raise RuleBroken({"assigned_to": [_("Somebody has taken it: choose who goes on.")]})
        return referral, None
    found = next((each for each in team(referral) if each.user_id == user_id), None)
    if found is None:
        raise RuleBroken({"assigned_to": [_("Choose somebody of your service who may work on it.")]})
    return referral, found.user


# --- who is told ------------------------------------------------------------------------------------------------


def tell(
    referral: Referral,
    *,
    by: Membership | None,
    event: EventCode,
    to_receiver: bool | None = None,
    to_sender: bool | None = None,
    kind: NoticeKind | None = None,
    dedupe: str = "",
) -> None:
    """The line in the timeline, on the side of the referral, and the notice to the other service, without content.

    What was never sent leaves no line: whoever reads the services of the case would know of it.

    Who is told is the other side of who acts; where nobody acts (`by` None) it is said. `kind` and `dedupe` are for
    what is no change of state.
    """
    sender_acts = by is not None and by.agency_id == referral.from_agency_id
    to_receiver = sender_acts if to_receiver is None else to_receiver
    to_sender = (not sender_acts) if to_sender is None else to_sender
    elsewhere = referral.state in (ReferralState.DECLINED, ReferralState.EXPIRED)
    if not referral.never_sent:
        line(
            referral,
            by=by,
            event=event,
            next_agency=referral.to_agency if referral.waits else referral.from_agency if elsewhere else None,
            next_act="referral_answer" if referral.waits else "refer_elsewhere" if elsewhere else "",
        )
    case = Case(pk=referral.case_id)  # the receiver cannot read the case before it accepts
    told = participants([case])
    recipients: list[Membership] = []
    if to_receiver:
        # who is asked to accept is told while their service is still outside; the way back is for those who are in
        recipients += members_of_receiver(referral, may_know=lambda member: told.may_be_asked(case, member.user_id))
    if to_sender and not hidden_from_sender(referral):
        recipients += members_of_sender(referral, may_know=lambda member: told.may_know(case, member.user_id))
    notify(
        recipients=recipients,
        kind=kind or NOTICES[ReferralState(referral.state)],
        path=reverse("referrals:detail", args=[referral.pk]),
        dedupe_key=dedupe or f"referral:{referral.pk}:{referral.state}",
        case_id=referral.case_id,
    )


def line(
    referral: Referral, *, by: Membership | None, event: EventCode, next_agency: Agency | None, next_act: str
) -> None:
    """The line in the timeline, on the side of the referral, with whose move is next."""
    log_event(
        by=by,
        case=Case(pk=referral.case_id),
        code=event,
        category=Category.NETWORK,
        side=network_side(referral.side),
        payload={"referral": str(referral.pk), "need": referral.need, "to": str(referral.to_agency_id)},
        next_agency=next_agency,
        next_act=next_act,
        next_due_at=referral.answer_due_at if referral.waits else None,
    )


def hidden_from_sender(referral: Referral) -> bool:
    """Whether it would tell a sender that stands on his side by now which service follows her."""
    if not referral.taken or referral.side == ParticipationSide.PERPETRATOR:
        return False
    side = participation_side(case=Case(pk=referral.case_id), agency=referral.from_agency)
    return side == ParticipationSide.PERPETRATOR


def members_of_receiver(referral: Referral, *, may_know: Callable[[Membership], bool]) -> list[Membership]:
    """Who looks at it, or all of the receiver's writing members."""
    members = [member for member in writers_of([referral.to_agency_id]) if may_know(member)]
    own = [member for member in members if member.user_id in (referral.assigned_to_id, referral.taken_by_id)]
    return own or members


def members_of_sender(referral: Referral, *, may_know: Callable[[Membership], bool]) -> list[Membership]:
    """The person who sent it, or their colleagues when they left or may no longer know."""
    known = [member for member in writers_of([referral.from_agency_id]) if may_know(member)]
    return [member for member in known if member.user_id == referral.sent_by_id] or known
