"""Actions of a plan across rooms: who is told, what is owed, a service outside the case that is asked by a referral."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from agencies.services import writers_of
from cases.access import CaseAccess, Participants, get_case, keep_own_work, participants
from cases.answering import answers_about
from cases.enums import Category, EventCode, ParticipationSide, Side
from cases.models import Case
from cases.services import log_event, names_somebody
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken
from followups.models import FollowUpKind
from followups.planning import plan
from followups.settling import settle
from notifications.models import NoticeKind
from notifications.services import notify
from plans import actions
from plans import actions_perms as perms
from plans.actions import Meanwhile, Said, Told, Wanted
from plans.models import Action, ActionOutcome, ActionOwner, ActionReferral, ActionStep, OwnerWay
from referrals import drafts
from referrals.asking import REASON_LENGTH, RECEIVERS
from referrals.models import Referral
from referrals.perms import may_refer
from referrals.sending import services_to_refer_to
from sharing.services import participation_side

from . import watching


@dataclass(frozen=True)
class Planned:
    """A new action; `draft_id` names the draft of the referral that asks a service outside the case."""

    action: Action
    draft_id: UUID | None


# --- planning ---------------------------------------------------------------------------------------------------
def outside(by: Membership, case: Case, access: CaseAccess, *, named: UUID | None = None) -> list[Agency]:
    """The services outside the case, as far as the acting one may know, that an action can be asked of."""
    if not may_refer(access):
        return []
    known = set(actions.known_names(case, access))
    return [each for each in services_to_refer_to(by, named=[named]) if each.pk not in known]


def plan_action(
    *,
    by: Membership,
    case_id: UUID,
    wanted: Wanted,
    request_key: UUID,
    ask_agency_id: UUID | None = None,
    replaces_id: UUID | None = None,
) -> Planned:
    """Plan an action: each of its owners owes an answer by its day and is told at once. A service outside the case is
    asked by a referral, which is begun here and sent by who writes it.

    `replaces_id` is an action that this one takes the place of. The same `request_key` gives the first one. Raises
    RuleBroken by field, Refused, Http404.
    """
    case, access = get_case(case_id, by)
    with transaction.atomic():
        former = _to_change(case, access, replaces_id)
        if ask_agency_id is not None:
            offered = {each.pk for each in outside(by, case, access, named=ask_agency_id)}
            if ask_agency_id not in offered:
                raise RuleBroken({"ask_agency": [_("Choose one of the services listed.")]})
        action, new = actions.plan(
            by=by,
            case=case,
            access=access,
            wanted=wanted,
            request_key=request_key,
            asks_outside=ask_agency_id is not None,
            replaces=former,
        )
        draft_id = uuid5(request_key, "referral") if ask_agency_id else None
        if not new:
            return Planned(action, draft_id)
        keep_own_work(case=case, agency=by.agency)
        if former is not None:
            _give_up(by, former)
        if draft_id is not None:
            _begin_referral(by, case, access, action, draft_id=draft_id, agency_id=ask_agency_id)
        owners = list(ActionOwner.objects.filter(action=action).select_related("owner"))
        for owner in owners:
            owe(by=by, case=case, action=action, owner=owner, agency=owner.owner)
        log_event(
            by=by,
            case=case,
            code=EventCode.ACTION_PLANNED,
            category=Category.NETWORK,
            side=action.side,
            payload={"action": str(action.pk), "strand": action.strand},
        )
        _tell(
            case,
            [each.owner for each in owners if each.owner_id != by.agency_id],
            kind=NoticeKind.ACTION_GIVEN,
            action=action,
            key=f"action:{action.pk}:given",
        )
    return Planned(action, draft_id)


def _to_change(case: Case, access: CaseAccess, action_id: UUID | None) -> Action | None:
    if action_id is None:
        return None
    former = actions.get_action(case, access, action_id)
    if not perms.may_change(access, former.agency_id, former.side):
        raise Refused(_("Only the service that planned this action changes it."))
    return former


def _give_up(by: Membership, former: Action) -> None:
    for owner in ActionOwner.objects.filter(action=former):
        settle(by=by, kind=FollowUpKind.ACTION, source_id=owner.pk, outcome="replaced")


def _begin_referral(
    by: Membership, case: Case, access: CaseAccess, action: Action, *, draft_id: UUID, agency_id: UUID
) -> None:
    subject = action.case_person_id
    reason = action.words[:REASON_LENGTH]
    data = {
        RECEIVERS[0]: str(agency_id),
        "subject": str(subject) if subject else "",
        "reason": "" if names_somebody(access, reason) else reason,
    }
    drafts.save(by=by, case_id=case.pk, draft_id=draft_id, data=data, version=0)
    ActionReferral.objects.create(case=case, action=action, draft_id=draft_id, agency=by.agency, author=by.user)


def owe(*, by: Membership | None, case: Case, action: Action, owner: ActionOwner, agency: Agency) -> None:
    """`agency` owes what becomes of an action for one of its owners. Nobody else is told who owes it."""
    due_at = max(action.due_at, now())
    plan(
        by=by,
        case=case,
        kind=FollowUpKind.ACTION,
        agency=agency,
        source_id=owner.pk,
        due_at=due_at,
        planned_by=agency,
        remind_at=watching.sooner(case, due_at),
    )


def _tell(case: Case, agencies: Sequence[Agency], *, kind: NoticeKind, action: Action, key: str) -> None:
    if not agencies:
        return
    notify(
        recipients=participants([case]).among(case, writers_of(agencies)),
        kind=kind,
        path=reverse("casework:action", args=[case.pk, action.pk]),
        dedupe_key=key,
        case_id=case.pk,
    )


# --- a service outside the case ---------------------------------------------------------------------------------
def sent(*, by: Membership, case: Case, draft_id: UUID, referrals: Sequence[Referral]) -> None:
    """A draft was sent: where it was begun by an action, the action waits for the answer of each referral."""
    begun = ActionReferral.objects.filter(draft_id=draft_id, referral_id=None, case=case, author=by.user_id).first()
    if begun is None:
        return
    for referral in referrals:
        ActionReferral.objects.create(
            case=case,
            action_id=begun.action_id,
            draft_id=draft_id,
            referral_id=referral.pk,
            agency=by.agency,
            author=by.user,
        )


def taken(*, by: Membership | None, referral: Referral) -> None:
    """A service said yes to a referral: the actions it was asked for are its own from now on. Without an account, who
    planned the action says what became of it.
    """
    with system_context(SystemContext.REMINDERS):
        asked = ActionReferral.objects.filter(referral_id=referral.pk).select_related("action").first()
        if asked is None:
            return
        action = _newest(asked.action)
        across = perms.ACROSS[Side(action.side)] == referral.side
        known = ActionOwner.objects.filter(action=action, owner=referral.to_agency_id).exists()
        if across or known:
            return
        case = Case.objects.get(pk=action.case_id)
        letter = referral.to_agency.without_account
        owner = actions.own(
            action=action,
            owner=referral.to_agency,
            way=OwnerWay.LETTER if letter else OwnerWay.REFERRAL,
            author_id=by.user_id if by else None,
        )
        planner = Agency.objects.get(pk=action.agency_id)
        owe(by=by, case=case, action=action, owner=owner, agency=planner if letter else referral.to_agency)
    _tell(case, [planner], kind=NoticeKind.ACTION_ANSWERED, action=action, key=f"action:{action.pk}:owner:{owner.pk}")


def _newest(action: Action) -> Action:
    while (newer := Action.objects.filter(replaces=action).first()) is not None:
        action = newer
    return action


@dataclass(frozen=True)
class AskedOf:
    """A referral of an action as its sender may read it; `draft_id` where it is not sent yet and is theirs."""

    referral: Referral | None
    draft_id: UUID | None


def asked_of(by: Membership, action: Action) -> list[AskedOf]:
    """The referrals an action waits for, as far as this member may read them."""
    rows = list(ActionReferral.objects.filter(action=action).order_by("at", "pk"))
    sent_ids = [row.referral_id for row in rows if row.referral_id]
    found = Referral.objects.between(by).filter(pk__in=sent_ids).select_related("to_agency").order_by("sent_at", "pk")
    lines = [AskedOf(referral, None) for referral in found]
    begun = [row for row in rows if row.referral_id is None and row.author_id == by.user_id]
    over = {row.draft_id for row in rows if row.referral_id}
    for row in begun:
        case = Case(pk=action.case_id)
        if row.draft_id not in over and any(each.pk == row.draft_id for each in drafts.open_ones(by=by, case=case)):
            lines.append(AskedOf(None, row.draft_id))
    return lines


# --- answering --------------------------------------------------------------------------------------------------
def say_of_action(
    *,
    by: Membership,
    case_id: UUID,
    action_id: UUID,
    owner_id: UUID | None,
    said: Said,
    shown: UUID | None,
    request_key: UUID,
) -> ActionStep:
    """Say what became of an action, for an owner: what it owed is done, and who planned it is told.

    Raises RuleBroken by field, and where somebody else answered since the page showed `shown`; Refused, Http404.
    """
    case, access = get_case(case_id, by)
    with transaction.atomic():
        action = actions.get_action(case, access, action_id)
        owner = next((each for each in speaks_for(by, case, access, action) if each.pk == owner_id), None)
        if owner is None:
            raise Refused(_("This is for the services that do this action."))
        try:
            step, new = actions.say(by=by, action=action, owner=owner, said=said, shown=shown, request_key=request_key)
        except Meanwhile as meanwhile:
            raise RuleBroken({"outcome": [_in_words(case, access, meanwhile.step)]}) from None
        if not new:
            return step
        keep_own_work(case=case, agency=by.agency)
        settle(by=by, kind=FollowUpKind.ACTION, source_id=owner.pk, outcome=step.outcome)
        log_event(
            by=by,
            case=case,
            code=EventCode.ACTION_ANSWERED,
            category=Category.NETWORK,
            side=action.side,
            payload={"action": str(action.pk), "strand": action.strand, "outcome": step.outcome},
        )
        if action.agency_id != by.agency_id and _still_reads(case, action):
            key = f"action:{action.pk}:{step.pk}"
            _tell(case, [action.agency], kind=NoticeKind.ACTION_ANSWERED, action=action, key=key)
    return step


def _still_reads(case: Case, action: Action) -> bool:
    his = participation_side(case=case, agency=action.agency) == ParticipationSide.PERPETRATOR
    return action.side == Side.PERPETRATOR or not his


def _in_words(case: Case, access: CaseAccess, step: ActionStep) -> str:
    known = actions.known_names(case, access)
    name = known.get(step.agency_id)
    values = {
        "who": f"{step.author.full_name} ({name})" if name else _("another service"),
        "what": ActionOutcome(step.outcome).label,
    }
    return _("Meanwhile %(who)s has said: %(what)s. If your answer still holds, send it again.") % values


def speaks_for(by: Membership, case: Case, access: CaseAccess, action: Action) -> list[ActionOwner]:
    """For which owners of an action this member says what became of it."""
    owners = list(ActionOwner.objects.filter(action=action).select_related("owner").order_by("at", "pk"))
    if not owners or not access.contribute:
        return []
    working = participants([case])
    return [each for each in owners if _may_say(by, case, access, each, working)]


def _may_say(by: Membership, case: Case, access: CaseAccess, owner: ActionOwner, working: Participants) -> bool:
    falls = None if working.takes_part(case, owner.owner) else answers_about(case, owner.side)
    return perms.may_say(by, access, owner, falls_to_us=falls is not None and falls.pk == by.agency_id)


def find(*, by: Membership, case_id: UUID, action_id: UUID) -> tuple[Case, CaseAccess, Action]:
    """An action with its case. Raises Http404."""
    case, access = get_case(case_id, by)
    return case, access, actions.get_action(case, access, action_id)


# --- what pages show --------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Line:
    """An action as a page tells it: of its owners and its author what this access may know."""

    action: Action
    who: str
    owners: list[tuple[str, Told, bool]]
    author: str
    state: str
    mine: bool
    late: bool


def lines(case: Case, access: CaseAccess, rows: Sequence[Action]) -> list[Line]:
    """These actions with their owners and answers; a constant number of queries."""
    known, people, found = actions.known_names(case, access), actions.persons(case, access), actions.told(rows, access)
    working = participants([case])
    at: datetime = now()
    made = []
    for row in rows:
        told = found[row.pk]
        state = actions.state_of([each.outcome for each in told])
        owners = [
            (
                known.get(each.owner.owner_id)
                or (each.owner.owner.short_name if _knows_letter(each.owner, access) else _("another service")),
                each,
                each.owner.way != OwnerWay.LETTER and not working.takes_part(case, each.owner.owner),
            )
            for each in told
        ]
        waits = state in (actions.State.PLANNED, actions.State.PART)
        person = people.get(row.case_person_id)
        made.append(
            Line(
                action=row,
                who=_about(row, person),
                owners=owners,
                author=known.get(row.agency_id) or _("another service"),
                state=state,
                mine=any(each.owner.owner_id == access.agency_id and not each.outcome for each in told),
                late=waits and row.due_at < at,
            )
        )
    return made


def _knows_letter(owner: ActionOwner, access: CaseAccess) -> bool:
    return owner.way == OwnerWay.LETTER and owner.agency_id == access.agency_id


def _about(action: Action, person: object) -> str:
    if action.case_person_id is None:
        return _("the case")
    if person is not None:
        return f"{person.person.full_name}, {person.get_role_display()}"
    return str(Side(action.side).label)


def actions_page(case: Case, access: CaseAccess) -> list[Line]:
    """The plan of a case. Raises Http404 where none of it is open."""
    if not access or access.own_work_only and not actions.actions_of(case, access).exists():
        raise Http404
    return lines(case, access, list(actions.actions_of(case, access)[: actions.MOST]))
