"""What a programme leads to in other rooms: the risk is assessed again, and whoever coordinates is told.

The programme writes what worries it. It goes to whoever coordinates the case, and by them to the service of the
victim's referent: never directly. All the programme reads afterwards is that it was taken up.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from agencies.services import writers_of
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, get_case, keep_own_work, participants, reaching_victim
from cases.enums import Category, EventCode, Side
from cases.models import Case
from cases.services import check, log_event, write_note
from common.clock import local, now
from common.errors import Refused, RuleBroken, text_problem
from common.holidays import is_legal_holiday
from common.locks import lock
from common.once import insert_once
from common.templatetags.ui import local_when
from followups.holding import hand
from followups.models import FollowUp, FollowUpKind
from followups.planning import as_schedule, plan, policy_for
from followups.schedule import due_at
from followups.settling import settle
from notifications.models import NoticeKind
from notifications.services import notify
from plans import alert_routes
from plans import programme_rules as rules
from plans.models import (
    AlertAnswer,
    AlertKind,
    AlertOutcome,
    AlertReceipt,
    AlertRoute,
    AlertTaken,
    AlertUrgency,
    Programme,
    ProgrammeAlert,
    ProgrammeStep,
)
from plans.programme import authored, of_key
from plans.programme_acts import take_step
from riskassessment.models import TurningKind

from .turning import reassess_soon, turned

LONGEST = 4_000
WITHIN_THE_HOUR = timedelta(hours=1)
BY_HAND = (AlertKind.THREAT, AlertKind.BAN_BREACHED, AlertKind.CONDITIONS)
"""What a service alerts about by itself; that he has left is said by the step, which alerts on its own."""


# --- a step that leads further ------------------------------------------------------------------------------
def step(
    *,
    by: Membership,
    access: CaseAccess,
    programme: Programme,
    step: str,
    on: date | None,
    words: str,
    shown: UUID | None,
    request_key: UUID,
) -> ProgrammeStep:
    """Say what became of a programme. Where he is left without it, the grids of the case are owed again and whoever
    coordinates is told. `words` stay with the service, as a note of its own.

    Raises as `plans.programme_acts.take_step`.
    """
    problem = text_problem(words, most=LONGEST)
    if problem:
        raise RuleBroken({"words": [problem]})
    missing = step in rules.ALARMING and not words.strip()
    if missing:
        raise RuleBroken({"words": [_("Say in a few words what happened: whoever coordinates reads it.")]})
    with transaction.atomic():
        if (already := of_key(ProgrammeStep, by, programme, request_key).first()) is not None:
            return already
        note = None
        if words.strip() and rules.may_keep(access, programme):
            note = write_note(
                by=by, case=programme.case, access=access, category=Category.PERPETRATOR_WORK, side=Side.PERPETRATOR,
                appreciation=words, internal=True,
            )  # fmt: skip
        made, new = take_step(
            by=by, access=access, programme=programme, step=step, on=on, shown=shown, request_key=request_key, note=note
        )
        if new and step in rules.ALARMING:
            turned(
                by=by,
                case=programme.case,
                kind=TurningKind.PROGRAMME_DROPOUT,
                source_id=made.pk,
                happened_on=made.on,
            )
            _alert(by, programme, AlertKind.LEFT, AlertUrgency.TODAY, words.strip(), request_key, step=made)
    return made


# --- an alert -----------------------------------------------------------------------------------------------
def alert(
    *,
    by: Membership,
    access: CaseAccess,
    programme: Programme,
    kind: str,
    urgency: str,
    words: str,
    request_key: UUID,
) -> ProgrammeAlert:
    """Say that something is worrying: the grids of the case are owed again, and whoever coordinates is told at once.

    The same `request_key` alerts once. Raises Refused for who does not run the programme, RuleBroken by field.
    """
    if not rules.may_alert(access, programme):
        raise Refused(_("Only the service that runs this programme writes in it."))
    if (already := of_key(ProgrammeAlert, by, programme, request_key).first()) is not None:
        return already
    errors: dict[str, list[str]] = {}
    if kind not in BY_HAND:
        errors["kind"] = [_("Say what it is about.")]
    if urgency not in AlertUrgency.values:
        errors["urgency"] = [_("Say how soon it must be looked at.")]
    if problem := text_problem(words, most=LONGEST, missing=_("Write what was seen or heard.")):
        errors["words"] = [problem]
    if errors:
        raise RuleBroken(errors)
    with transaction.atomic():
        made, new = _alert(by, programme, kind, urgency, words.strip(), request_key)
        if not new:
            return made
        if kind == AlertKind.BAN_BREACHED:
            breach = TurningKind.MEASURE_BREACHED
            turned(by=by, case=programme.case, kind=breach, source_id=made.pk, happened_on=local(made.at).date())
        else:
            reassess_soon(by=by, case=programme.case, source_id=made.pk)
    return made


def _alert(
    by: Membership,
    programme: Programme,
    kind: str,
    urgency: str,
    words: str,
    request_key: UUID,
    *,
    step: ProgrammeStep | None = None,
) -> tuple[ProgrammeAlert, bool]:
    case, policy = programme.case, policy_for(FollowUpKind.PROGRAMME_ALERT)
    within_a_day = due_at(now(), as_schedule(policy), is_holiday=is_legal_holiday)
    due = min(now() + WITHIN_THE_HOUR, within_a_day) if urgency == AlertUrgency.IMMEDIATE else within_a_day
    made = ProgrammeAlert(
        case=case, programme=programme, kind=kind, urgency=urgency, words=words, due_at=due, step=step,
        request_key=request_key, **authored(by),
    )  # fmt: skip
    check(made)
    made, new = insert_once(made, mine=of_key(ProgrammeAlert, by, programme, request_key))
    if not new:
        return made, False
    keep_own_work(case=case, agency=by.agency)
    route = alert_routes.route(made, case=case)
    holder = Agency.objects.get(pk=route.to_agency_id)
    # in the name of who owes it: whose alert it is learns nothing of where it went
    plan(
        by=by,
        case=case,
        kind=FollowUpKind.PROGRAMME_ALERT,
        agency=holder,
        source_id=made.pk,
        due_at=due,
        policy=policy,
        planned_by=holder,
    )
    notify(
        recipients=participants([case]).among(case, writers_of([holder])),
        kind=NoticeKind.PROGRAMME_ALERT,
        path=reverse("casework:alert", args=[case.pk, made.pk]),
        dedupe_key=f"programme_alert:{made.pk}:{holder.pk}",
        case_id=case.pk,
    )
    return made, True


# --- reading ------------------------------------------------------------------------------------------------
def alerts_of(case: Case, access: CaseAccess) -> QuerySet[ProgrammeAlert]:
    """The alerts of a case this access reads: its own, and those that went to it, while it takes part or where it
    took them up; the latest first.
    """
    if not access:
        return ProgrammeAlert.objects.none()
    if access.own_work_only:
        asked = AlertTaken.objects.filter(case=case, agency=access.agency_id).values("alert")
    else:
        asked = AlertRoute.objects.filter(case=case, to_agency=access.agency_id).values("alert")
    mine = Q(agency_id=access.agency_id) | Q(pk__in=asked)
    # whoever coordinates may not read the programme itself
    rows = ProgrammeAlert.objects.filter(mine, case=case).select_related("receipt", "agency")
    return rows.order_by("-at", "-pk")


def get_alert(case: Case, access: CaseAccess, alert_id: UUID) -> ProgrammeAlert:
    """One of them. Raises Http404."""
    found = alerts_of(case, access).filter(pk=alert_id).first()
    if found is None:
        raise Http404
    return found


def owed_for(by: Membership, alert: ProgrammeAlert) -> FollowUp | None:
    """What the acting service owes for an alert, settled or not; None where it is another's turn."""
    owed = FollowUp.objects.visible_to(by).filter(kind=FollowUpKind.PROGRAMME_ALERT, source_id=alert.pk)
    return owed.filter(agency=by.agency_id).select_related("assigned_to", "settled_by").first()


@dataclass(frozen=True)
class Referent:
    """A service that reaches her, to whom an alert can be passed on."""

    agency: Agency
    person: str


def referents(by: Membership, case: Case, access: CaseAccess) -> list[Referent]:
    """To whom the acting service can pass an alert on: services that reach her and that it may know, her own first."""
    if not access.can(Category.NETWORK, Side.VICTIM):
        return []
    groups = reaching_victim(case.pk)
    agencies = {agency.group_id: agency for agency in Agency.objects.filter(group__in=groups, is_active=True)}
    who = case.reference_person
    team = {member.agency_id for member in writers_of(agencies.values()) if who and member.user_id == who.pk}
    found = [agencies[group] for group in groups if group in agencies]
    lines = [Referent(each, who.full_name if each.pk in team else "") for each in found]
    return sorted(lines, key=lambda line: not line.person)


def passed_to(case: Case, access: CaseAccess) -> QuerySet[AlertAnswer]:
    """What was passed on to the acting service in a case, the latest first. The alert itself is not read here."""
    rows = AlertAnswer.objects.filter(case=case, to_agency=access.agency_id, outcome=AlertOutcome.PASSED_ON)
    rows = rows.none() if access.own_work_only or not access else rows
    return rows.select_related("agency", "author").order_by("-said_at", "-pk")


def anything_passed() -> Exists:
    """Whether something was passed on in the case of a row that the acting service may read: for
    `cases.access.register_flag`.
    """
    return Exists(AlertAnswer.objects.filter(case=OuterRef("pk"), outcome=AlertOutcome.PASSED_ON))


def get_passed(case: Case, access: CaseAccess, answer_id: UUID) -> AlertAnswer:
    """One of them. Raises Http404."""
    found = passed_to(case, access).filter(pk=answer_id).first()
    if found is None:
        raise Http404
    return found


# --- answering ----------------------------------------------------------------------------------------------
def take_up(*, by: Membership, case_id: UUID, alert_id: UUID) -> AlertTaken:
    """Say that one looks at it: the programme reads that it was taken up, not by whom. Saying so twice changes nothing.

    Raises Http404, Refused.
    """
    found, case, access = _to_answer(by, case_id, alert_id)
    already = AlertTaken.objects.filter(alert=found).first()
    if already is not None:
        return already
    return _take(by, case, found)


def _take(by: Membership, case: Case, found: ProgrammeAlert) -> AlertTaken:
    taken = AlertTaken(case=case, alert=found, **authored(by))
    check(taken)
    taken.save(force_insert=True)
    AlertReceipt.objects.create(case=case, alert=found, at=taken.at)
    hand(kind=FollowUpKind.PROGRAMME_ALERT, source_id=found.pk, user=by.user)
    keep_own_work(case=case, agency=by.agency)
    return taken


@dataclass(frozen=True, kw_only=True)
class Passing:
    """What was done with an alert, as it was typed."""

    outcome: str = ""
    to_agency_id: UUID | None = None
    to_whom: str = ""
    said: str = ""
    said_at: datetime | None = None


def pass_on(*, by: Membership, case_id: UUID, alert_id: UUID, passing: Passing, request_key: UUID) -> AlertAnswer:
    """Write down to whom of the victim's services it was passed on, what was said and when; or why it was not.

    What was owed is done. Raises Http404, Refused, RuleBroken by field, or naming the colleague who was first.
    """
    found, case, access = _to_answer(by, case_id, alert_id)
    if (already := AlertAnswer.objects.filter(alert=found).select_related("author").first()) is not None:
        if already.request_key == request_key and already.author_id == by.user_id:
            return already
        values = {"who": already.author.full_name, "when": local_when(already.at)}
        raise RuleBroken(_("%(who)s has already answered this alert, %(when)s.") % values)
    passed = passing.outcome == AlertOutcome.PASSED_ON
    known = {line.agency.pk: line.agency for line in referents(by, case, access)}
    if errors := _problems(passing, found, known):
        raise RuleBroken(errors)
    answer = AlertAnswer(
        case=case,
        alert=found,
        outcome=passing.outcome,
        to_agency=known[passing.to_agency_id] if passed else None,
        to_whom=passing.to_whom.strip() if passed else "",
        said=passing.said.strip(),
        said_at=passing.said_at,
        request_key=request_key,
        **authored(by),
    )
    check(answer)
    with transaction.atomic():
        answer, new = insert_once(answer, mine=AlertAnswer.objects.filter(alert=found, request_key=request_key))
        if not new:
            return answer
        if not AlertTaken.objects.filter(alert=found).exists():
            _take(by, case, found)
        settle(by=by, kind=FollowUpKind.PROGRAMME_ALERT, source_id=found.pk, outcome=answer.outcome)
        keep_own_work(case=case, agency=by.agency)
        record(
            action=Action.DECIDED,
            case_id=case.pk,
            object_kind="plans.AlertAnswer",
            object_id=answer.pk,
            fields=[answer.outcome],
        )
        if passed:
            _tell_her_service(by, case, answer)
    return answer


def _tell_her_service(by: Membership, case: Case, answer: AlertAnswer) -> None:
    log_event(
        by=by,
        case=case,
        code=EventCode.PROGRAMME_ALERT,
        category=Category.CONTACT,
        side=Side.VICTIM,
        payload={"answer": str(answer.pk)},
    )
    if answer.to_agency_id == by.agency_id:
        return
    notify(
        recipients=participants([case]).among(case, writers_of([answer.to_agency_id])),
        kind=NoticeKind.ALERT_PASSED_ON,
        path=reverse("casework:passed_on", args=[case.pk, answer.pk]),
        dedupe_key=f"alert_answer:{answer.pk}",
        case_id=case.pk,
    )


def _problems(passing: Passing, found: ProgrammeAlert, known: Collection[object]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    passed = passing.outcome == AlertOutcome.PASSED_ON
    if passing.outcome not in AlertOutcome.values:
        errors["outcome"] = [_("Say whether it was passed on.")]
    if passed and passing.to_agency_id not in known:
        errors["to_agency_id"] = [_("Choose the service of her reference person.")]
    if problem := text_problem(passing.to_whom, most=200, missing=_("Say whom you spoke to.") if passed else ""):
        errors["to_whom"] = [problem]
    missing = _("Write what was said.") if passed else _("Say why it is not passed on.")
    if problem := text_problem(passing.said, most=LONGEST, missing=missing):
        errors["said"] = [problem]
    if passing.said_at is None:
        errors["said_at"] = [_("Say when.")]
    elif passing.said_at > now():
        errors["said_at"] = [_("This moment has not come yet.")]
    elif passing.said_at < found.at - timedelta(minutes=1):
        errors["said_at"] = [_("This was before the alert.")]
    return errors


def _to_answer(by: Membership, case_id: UUID, alert_id: UUID) -> tuple[ProgrammeAlert, Case, CaseAccess]:
    """The alert, nobody else answering it until the end of the transaction."""
    case, access = get_case(case_id, by)
    found = get_alert(case, access, alert_id)
    owed = owed_for(by, found)
    if owed is None:
        raise Refused(_("Whoever coordinates the case answers this alert."))
    if not access.takes_part:
        raise Refused(_("You can read this case but not add to it."))
    lock(f"alert {found.pk}")
    return found, case, access
