"""A case under close monitoring: what each may know of it, the coordinated plan agreed, monitoring ended.

`casework.coordinating` is how it begins.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agencies.models import Membership
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, get_case
from cases.enums import Category, EventCode, Side
from cases.models import Case
from cases.services import log_event, monitor, write_note
from common.clock import local, now
from common.errors import Refused, RuleBroken, text_problem
from followups.models import FollowUp, FollowUpKind
from followups.services import settle
from riskassessment import consulting_perms as perms
from riskassessment.models import CoordinationRequest

from .coordinating import LONGEST_REASON, places, requests_of


@dataclass(frozen=True)
class State:
    """What of the coordination of a case this person is told: since when it is monitored (None: not told, or not), its
    own requests, and the plan where it owes it or awaits it.
    """

    since: datetime | None
    requests: list[CoordinationRequest]
    plans: list[FollowUp]
    may_end: bool
    may_settle: bool
    may_ask: bool


def state(case: Case, access: CaseAccess, *, by: Membership) -> State:
    """The coordination of a case as this person may know it."""
    known = perms.knows_monitoring(access)
    plans = []
    if known:
        owed = FollowUp.objects.visible_to(by).filter(case=case, kind=FollowUpKind.COORDINATED_PLAN)
        plans = list(owed.select_related("agency", "settled_by").order_by("-due_at", "-pk")[:20])
    ends = perms.may_end_monitoring(access)
    return State(
        since=case.monitored_since if known else None,
        requests=list(requests_of(by).filter(case=case.pk)[:20]),
        plans=plans,
        may_end=ends and case.monitored_since is not None,
        may_settle=ends and any(each.settled_at is None and each.agency_id == by.agency_id for each in plans),
        may_ask=perms.may_ask_coordination(access) and bool(places(by.agency_id)),
    )


def agree_plan(*, by: Membership, case_id: UUID, agreed_on: date | None, words: str = "") -> None:
    """Write down that the coordinated plan is agreed: what was owed is done.

    The day, and `words` where there are any, are kept as a note on her. Raises RuleBroken by field, Refused, Http404.
    """
    case, access = get_case(case_id, by)
    _check_coordinates(access)
    owed = list(
        FollowUp.objects.owed_by(by)
        .filter(case=case, kind=FollowUpKind.COORDINATED_PLAN, settled_at=None)
        .order_by("due_at")
    )
    if not owed:
        raise RuleBroken(_("No coordinated plan is awaited any more."))
    today = local(now()).date()
    first = local(min(each.created_at for each in owed)).date()
    if agreed_on is None or not first <= agreed_on <= today:
        raise RuleBroken({"agreed_on": [_("Between the day the situation was retained and today.")]})
    with transaction.atomic():
        agreed = _("Coordinated plan agreed on %(day)s.") % {"day": date_format(agreed_on, "DATE_FORMAT")}
        _note(by, case, access, facts=agreed, appreciation=words)
        for follow_up in owed:
            settle(by=by, kind=FollowUpKind.COORDINATED_PLAN, source_id=follow_up.source_id, outcome="done")


def end_monitoring(*, by: Membership, case_id: UUID, reason: str) -> Case:
    """The situation is no longer critical, or another reason, which is kept as a note on her.

    What the coordination sees stays until its own end, or until it ends it. Raises RuleBroken by field, Refused,
    Http404.
    """
    case, access = get_case(case_id, by)
    _check_coordinates(access)
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
        if case.monitored_since is None:
            return case
        if problem := text_problem(reason, most=LONGEST_REASON, missing=_("Say why close monitoring ends.")):
            raise RuleBroken({"reason": [problem]})
        note = _note(by, case, access, facts=_("Close monitoring ended."), appreciation=reason)
        monitor(case=case, since=None)
        record(
            action=Action.DECIDED,
            case_id=case.pk,
            object_kind="cases.Case",
            object_id=case.pk,
            fields=["monitored_since"],
        )
        log_event(
            by=by,
            case=case,
            code=EventCode.MONITORING_ENDED,
            category=Category.NETWORK,
            side=Side.VICTIM,
            payload={"note": str(note.pk)},
        )
    return case


def _note(by: Membership, case: Case, access: CaseAccess, *, facts: str, appreciation: str) -> Any:
    about = {"category": Category.PSYCHOSOCIAL, "side": Side.VICTIM}
    return write_note(by=by, case=case, access=access, facts=facts, appreciation=appreciation, **about)


def _check_coordinates(access: CaseAccess) -> None:
    if not perms.may_end_monitoring(access):
        raise Refused(_("This is for the coordination that takes part in the case."))


def banner(case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """What every page of a monitored case says on top, to who may know. No query."""
    if case.monitored_since is None or not perms.knows_monitoring(access):
        return None
    return {"case": case, "since": case.monitored_since}


def link(request: Any, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """The way from the summary to the coordination of the case, for who adds to it. No query."""
    return {"case": case} if perms.may_ask_coordination(access) else None
