"""He is detained: written down, and one service is asked “still detained?” until it is written that he is out."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from agencies.models import Agency, Membership
from agencies.services import writers_by_agency
from audit.models import Action
from audit.services import record
from cases.access import agencies_holding, get_case, participants, workers
from cases.enums import CONTRIBUTE, Category, EventCode, ParticipationSide, Side, codename
from cases.models import Case
from cases.services import log_event
from common.acting import SystemContext, system_context
from common.clock import now
from followups.ladders import Stand
from followups.models import FollowUp, FollowUpKind
from followups.planning import plan, policy_for
from followups.settling import settle
from plans import custody, custody_writing
from plans.custody_perms import ENTERS
from plans.custody_rules import ask_by
from plans.models import Detention, DetentionAnswer, DetentionAsk, StillDetained

PAIR = (f"{Category.JUDICIAL}:{Side.CASE}",)


def detain(
    *,
    by: Membership,
    case_id: UUID,
    case_person_id: UUID | None,
    kind: str,
    since: datetime | None,
    place: str = "",
    next_judicial_on: date | None = None,
    owner_id: UUID | None,
    request_key: UUID,
) -> Detention:
    """A person of his side is detained; `owner_id` is asked whether he still is. As `write_detention`, Http404."""
    case, access = get_case(case_id, by)
    with transaction.atomic():
        row, owner, new = custody_writing.write_detention(
            by=by,
            case=case,
            access=access,
            case_person_id=case_person_id,
            kind=kind,
            since=since,
            place=place,
            next_judicial_on=next_judicial_on,
            owner_id=owner_id,
            request_key=request_key,
        )
        if new:
            on_record(row, row.kind)
            _line(by, case, EventCode.DETAINED, {"detention": str(row.pk), "kind": row.kind})
            ask(case=case, detention=row, agency=owner, next_on=next_judicial_on)
    return row


def answer(
    *,
    by: Membership,
    case_id: UUID,
    detention_id: UUID,
    answer: str,
    place: str = "",
    next_judicial_on: date | None = None,
    request_key: UUID,
    seen: UUID | None,
) -> DetentionAnswer:
    """“Still detained?”, answered: asked again by the next judicial date, or the next day where nobody knows.

    Raises as `write_answer`, Http404.
    """
    case, access = get_case(case_id, by)
    detention = custody.get_detention(case, access, detention_id)
    with transaction.atomic():
        row, new = custody_writing.write_answer(
            by=by,
            case=case,
            access=access,
            detention=detention,
            answer=answer,
            place=place,
            next_judicial_on=next_judicial_on,
            request_key=request_key,
            seen=seen,
        )
        if new:
            on_record(row, row.answer)
            _line(by, case, EventCode.DETENTION_CONFIRMED, {"detention": str(detention.pk), "answer": row.answer})
            owner = settle_asks(by=by, detention_id=detention.pk, outcome=row.answer) or by.agency
            known = row.answer != StillDetained.UNKNOWN
            ask(case=case, detention=detention, agency=owner, next_on=next_judicial_on, known=known)
    return row


def ask(
    *,
    case: Case,
    detention: Detention,
    agency: Agency,
    next_on: date | None = None,
    known: bool = True,
    no_later: datetime | None = None,
) -> None:
    """Ask this service “still detained?”, by the next judicial date and the days of the policy. Whose act it follows
    from learns nothing of it.
    """
    policy = policy_for(FollowUpKind.DETENTION)
    due_at = ask_by(now(), next_on=next_on, days=policy.days, known=known)
    if no_later is not None:
        due_at = min(due_at, no_later)
    with system_context(SystemContext.REMINDERS, on_behalf=False):
        row = custody_writing.write_ask(detention=detention, agency=agency, due_at=due_at)
        plan(
            by=None,
            case=case,
            kind=FollowUpKind.DETENTION,
            agency=agency,
            source_id=row.pk,
            due_at=due_at,
            policy=policy,
            planned_by=agency,
        )


def settle_asks(*, by: Membership | None, detention_id: UUID, outcome: str) -> Agency | None:
    """Nobody is asked any more; who was asked last."""
    with system_context(SystemContext.REMINDERS, on_behalf=False):
        rows = DetentionAsk.objects.filter(detention=detention_id).select_related("agency")
        asks = list(rows.order_by("-at", "-pk"))
        for each in asks:
            settle(by=by, kind=FollowUpKind.DETENTION, source_id=each.pk, outcome=outcome)
    return asks[0].agency if asks else None


def look(follow_up: FollowUp, owing: bool) -> Stand:
    """Before each reminder: where the service that is asked has left, the question goes to another one."""
    if owing:
        return "on"
    case = follow_up.case
    successor = _successor(case)
    if successor is None:
        return "on"  # nobody takes part any more: kept as every other follow-up is
    found = DetentionAsk.objects.select_related("detention").filter(pk=follow_up.source_id).first()
    if found is None:
        return "on"
    settle(by=None, kind=FollowUpKind.DETENTION, source_id=follow_up.source_id, outcome="replaced")
    ask(case=case, detention=found.detention, agency=successor, no_later=max(now(), follow_up.due_at))
    return "over"


def _successor(case: Case) -> Agency | None:
    """Who is asked in the place of a service that left: who reads judicial records and enters them, the one that leads
    first; else the one that leads.
    """
    sides = {each.group_id: each.side for each in workers([case.pk])}
    reads = agencies_holding(case.pk, [CONTRIBUTE, codename(Category.JUDICIAL, Side.CASE)])
    agencies = list(Agency.objects.filter(group__in=sides).order_by("pk"))
    working, teams = participants([case]), writers_by_agency({each.pk for each in agencies})
    able = [each for each in agencies if working.among(case, teams.get(each.pk, []))]
    able.sort(key=lambda each: each.pk != case.lead_agency_id)
    first = [
        each
        for each in able
        if each.group_id in reads and each.kind in ENTERS and sides[each.group_id] != ParticipationSide.PERPETRATOR
    ]
    lead = [each for each in able if each.pk == case.lead_agency_id]
    return next(iter([*first, *lead]), None)


def _line(by: Membership, case: Case, code: EventCode, payload: dict[str, str]) -> None:
    category, side = custody.pair()
    log_event(by=by, case=case, code=code, category=category, side=side, payload=payload)


def on_record(row: object, code: str) -> None:
    """That somebody wrote it stands on the trail of who reads and decides."""
    record(
        action=Action.DECIDED,
        case_id=row.case_id,
        object_kind=row._meta.label,
        object_id=row.pk,
        fields=PAIR,
        reason=code,
    )
