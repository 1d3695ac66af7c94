"""A case closed, placed under supervision, opened again. One row for each act; the case says where it stands.

What a closed case still allows: reading, one's own past work, protecting (who may work on it, how she is reached, a
consent withdrawn), and reporting again, which opens it. Reminders stop, but for a release she was not told of yet.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from agencies.services import writers_of
from audit.models import Action
from audit.services import record
from cases import services as cases
from cases.access import CaseAccess, get_case, keep_own_work, participants, workers
from cases.answering import SERVICES_OF_HERS, answers
from cases.enums import Category, EventCode, ParticipationSide, Side, Stage
from cases.models import Case
from cases.services import log_event
from common.acting import SystemContext, system_context
from common.clock import end_of, local, now
from common.errors import Refused, RuleBroken, text_problem
from common.ids import uuid7
from common.once import insert_once
from common.templatetags.ui import local_when
from followups.holding import take_up_again
from followups.models import FollowUpKind
from followups.planning import plan
from followups.settling import settle
from notifications.models import NoticeKind
from notifications.services import notify
from plans import closing as rows
from plans import guards
from plans.closing import LONGEST
from plans.models import CaseClosing, CaseReopening, ClosingKind, ReopenedFor, ReturnTold, ToldHow

from . import closing_facts
from .closing_words import lacks

ENDED = (Stage.SUPERVISED, Stage.CLOSED)
NO_LONGER_AGO = relativedelta(years=1)
NETWORK_OF_HERS = {"category": Category.NETWORK, "side": Side.VICTIM}
KNOWN_TO_ALL = {"category": Category.SUMMARY, "side": Side.CASE}


def usual_end(at: datetime | None = None) -> date:
    """The last day of a supervision that begins now."""
    return local(at or now()).date() + relativedelta(months=settings.SUPERVISED_CLOSING_MONTHS)


# --- closing ----------------------------------------------------------------------------------------------
def close(
    *,
    by: Membership,
    case_id: UUID,
    kind: str,
    seen: str,
    words: str = "",
    until: date | None = None,
    set_aside: Collection[str] = (),
    set_aside_words: str = "",
    request_key: UUID,
) -> CaseClosing:
    """Close the case, or place it under supervision until a day. The same `request_key` gives the same closing.

    `seen` is the stamp of the page (`closing_facts.stamp`). Raises Http404, Refused, RuleBroken by field for what holds
    the closing up, or naming who was first.
    """
    case, access = get_case(case_id, by)
    _check_may_close(by, case, access)
    with transaction.atomic():
        case = _locked(case)
        if (already := _mine(by, request_key).first()) is not None:
            return already
        _check_seen(case, access, seen)
        if case.stage == Stage.CLOSED:
            raise RuleBroken(_("This case is closed already."))
        if kind not in (ClosingKind.FULL, ClosingKind.SUPERVISED):
            raise RuleBroken({"kind": [_("Say how the case is closed.")]})
        if kind == ClosingKind.SUPERVISED and case.stage == Stage.SUPERVISED:
            raise RuleBroken({"kind": [_("It is under supervision already: extend it, or close the case.")]})
        aside = sorted(set(set_aside) & guards.MAY_BE_SET_ASIDE)
        errors = _words_problems(words, aside, set_aside_words)
        if kind == ClosingKind.SUPERVISED and (problem := _until_problem(until)):
            errors["until"] = [problem]
        held = guards.guards(closing_facts.facts(case, closes=by.agency), kind=kind, set_aside=aside)
        if missing := [lacks(guard) for guard in held if guard.holds_up]:
            errors[""] = missing
        if errors:
            raise RuleBroken(errors)
        return _write(
            by,
            case,
            CaseClosing(
                case=case,
                kind=kind,
                words=words.strip(),
                overruled=[guard.code for guard in held if guard.state == "set_aside"],
                overruled_words=set_aside_words.strip() if aside else "",
                until=end_of(until) if kind == ClosingKind.SUPERVISED else None,
                request_key=request_key,
                agency=by.agency,
                closed_by=by.user,
                at=now(),
            ),
        )


def close_light(*, by: Membership, case_id: UUID, seen: str, request_key: UUID) -> CaseClosing:
    """Close a single low dispute at once. Raises Http404, Refused, RuleBroken where it is no such case."""
    case, access = get_case(case_id, by)
    _check_may_close(by, case, access)
    with transaction.atomic():
        case = _locked(case)
        if (already := _mine(by, request_key).first()) is not None:
            return already
        _check_seen(case, access, seen)
        if not may_close_lightly(case, closes=by.agency):
            raise RuleBroken(_("This is not, or no longer, a single dispute at a low level: close it in full."))
        light = CaseClosing(
            case=case,
            kind=ClosingKind.LIGHT,
            request_key=request_key,
            agency=by.agency,
            closed_by=by.user,
            at=now(),
        )
        return _write(by, case, light)


def may_close_lightly(case: Case, *, closes: Agency) -> bool:
    """Whether the case is a single low dispute in which nothing else is open."""
    if case.stage in ENDED or case.level != "low":
        return False
    facts = closing_facts.facts(case, closes=closes)
    return guards.is_light(facts, closing_facts.light_facts(case, facts))


def extend(
    *, by: Membership, case_id: UUID, seen: str, until: date | None, words: str = "", request_key: UUID
) -> CaseClosing:
    """Supervise for longer. Raises Http404, Refused, RuleBroken by field."""
    case, access = get_case(case_id, by)
    _check_may_close(by, case, access)
    with transaction.atomic():
        case = _locked(case)
        if (already := _mine(by, request_key).first()) is not None:
            return already
        _check_seen(case, access, seen)
        if case.stage != Stage.SUPERVISED:
            raise RuleBroken(_("This case is not under supervision."))
        errors = _words_problems(words, [], "", missing=_("Say why the supervision goes on."))
        if problem := _until_problem(until):
            errors["until"] = [problem]
        elif case.supervised_until and end_of(until) <= case.supervised_until:
            errors["until"] = [_("Choose a day after the present end.")]
        if errors:
            raise RuleBroken(errors)
        extended = CaseClosing(
            case=case,
            kind=ClosingKind.EXTENDED,
            words=words.strip(),
            until=end_of(until),
            request_key=request_key,
            agency=by.agency,
            closed_by=by.user,
            at=now(),
        )
        return _write(by, case, extended)


def _write(by: Membership, case: Case, closing: CaseClosing) -> CaseClosing:
    before = rows.last_act(case)
    cases.check(closing)
    closing, new = insert_once(closing, mine=_mine(by, closing.request_key))
    if not new:
        return closing
    keep_own_work(case=case, agency=by.agency)
    supervised = closing.until is not None
    answering = (answers(case, reading=[SERVICES_OF_HERS]) or by.agency) if supervised else None
    if isinstance(before, CaseClosing):
        outcome = "extended" if supervised else "closed"
        settle(by=by, kind=FollowUpKind.SUPERVISION, source_id=before.pk, outcome=outcome)
    if supervised:
        cases.supervise(case=case, until=closing.until)
        plan(
            by=by,
            case=case,
            kind=FollowUpKind.SUPERVISION,
            agency=answering,
            source_id=closing.pk,
            due_at=closing.until,
        )
    else:
        cases.close(case=case)
    log_event(
        by=by,
        case=case,
        code=EventCode.CASE_SUPERVISED if supervised else EventCode.CASE_CLOSED,
        payload={"closing": str(closing.pk), "kind": closing.kind},
        **(NETWORK_OF_HERS if supervised else KNOWN_TO_ALL),
        next_agency=answering,
        next_act=FollowUpKind.SUPERVISION if supervised else "",
        next_due_at=closing.until,
    )
    _on_record(by, case, "plans.CaseClosing", closing.pk, closing.kind)
    if not supervised:
        tell_all(by=by, case=case, kind=NoticeKind.CASE_CLOSED, key=f"closed:{closing.pk}", his_too=True)
    elif closing.kind == ClosingKind.SUPERVISED:
        # his side is not told: that a case is watched says that somebody still speaks of it
        tell_all(by=by, case=case, kind=NoticeKind.CASE_SUPERVISED, key=f"supervised:{closing.pk}", his_too=False)
    return closing


# --- opening again ----------------------------------------------------------------------------------------
def reopen(*, by: Membership, case_id: UUID, seen: str, words: str, request_key: UUID) -> CaseReopening:
    """Open a closed or supervised case again, by hand. Raises Http404, Refused, RuleBroken by field."""
    case, access = get_case(case_id, by)
    if not rows.may_reopen(access):
        raise Refused(_("Only a service that takes part in this case opens it again."))
    with transaction.atomic():
        case = _locked(case)
        mine = CaseReopening.objects.filter(request_key=request_key, agency=by.agency_id)
        if (already := mine.first()) is not None:
            return already
        _check_seen(case, access, seen)
        if case.stage not in ENDED:
            raise RuleBroken(_("This case is open."))
        if problem := text_problem(words, most=LONGEST, missing=_("Say why it is opened again.")):
            raise RuleBroken({"words": [problem]})
        return _reopen(by=by, case=case, code=ReopenedFor.BY_HAND, words=words, key=request_key)


def reopened_by(*, by: Membership, case: Case, code: str) -> CaseReopening | None:
    """Open the case again where it was closed or under supervision, by an act of another room: a report, a release.

    Called in the transaction of that act, before its turning point; None where the case was open. Whoever closes at the
    same moment waits for it, or it for them. `case` says afterwards where it stands.
    """
    with transaction.atomic():
        fresh = _locked(case)
        made = _reopen(by=by, case=fresh, code=ReopenedFor(code)) if fresh.stage in ENDED else None
    for name in ("stage", "closed_at", "supervised_until"):
        setattr(case, name, getattr(fresh, name))
    return made


def _reopen(*, by: Membership, case: Case, code: str, words: str = "", key: UUID | None = None) -> CaseReopening:
    before = rows.last_act(case)
    reopening = CaseReopening(
        case=case,
        code=code,
        words=words.strip(),
        request_key=key or uuid7(),
        agency=by.agency,
        author=by.user,
        at=now(),
    )
    cases.check(reopening)
    reopening.save(force_insert=True)
    keep_own_work(case=case, agency=by.agency)
    if isinstance(before, CaseClosing):
        settle(by=by, kind=FollowUpKind.SUPERVISION, source_id=before.pk, outcome="reopened")
    cases.reopen(case=case)
    take_up_again(case=case)
    log_event(
        by=by, case=case, code=EventCode.CASE_REOPENED, payload={"reopening": str(reopening.pk)}, **NETWORK_OF_HERS
    )
    _on_record(by, case, "plans.CaseReopening", reopening.pk, code)
    # his side is not told: that a case is open again says that somebody has spoken
    tell_all(by=by, case=case, kind=NoticeKind.CASE_REOPENED, key=f"reopened:{reopening.pk}", his_too=False)
    return reopening


# --- told how to come back --------------------------------------------------------------------------------
def tell_return(
    *, by: Membership, case_id: UUID, how: str, told_on: date | None, words: str = "", request_key: UUID
) -> ReturnTold:
    """Write down that she was told how to come back and by whom, or could not be told safely and why.

    Raises Http404, Refused, RuleBroken by field.
    """
    case, access = get_case(case_id, by)
    if not rows.may_tell(access):
        raise Refused(_("Only a service that works with her and may reach her writes this."))
    mine = ReturnTold.objects.filter(request_key=request_key, agency=by.agency_id)
    if (already := mine.first()) is not None:
        return already
    errors: dict[str, list[str]] = {}
    if how not in ToldHow.values:
        errors["how"] = [_("Say how she was told, or that she could not be told safely.")]
    today = local(now()).date()
    if told_on is None:
        errors["told_on"] = [_("Say on which day.")]
    elif not today - NO_LONGER_AGO <= told_on <= today:
        errors["told_on"] = [_("Choose a day of the last twelve months, today at the latest.")]
    needs_why = how in (ToldHow.NOT_SAFELY, ToldHow.REFUSED)
    missing = _("Say why she could not be told.") if needs_why else _("Say what she was told: who to call, and how.")
    if problem := text_problem(words, most=LONGEST, missing=missing):
        errors["words"] = [problem]
    if errors:
        raise RuleBroken(errors)
    told = ReturnTold(
        case=case,
        how=how,
        told_on=told_on,
        words=words.strip(),
        request_key=request_key,
        agency=by.agency,
        author=by.user,
        at=now(),
    )
    cases.check(told)
    told, new = insert_once(told, mine=mine)
    if new:
        keep_own_work(case=case, agency=by.agency)
    return told


# --- shared ------------------------------------------------------------------------------------------------
def tell_all(*, by: Membership, case: Case, kind: NoticeKind, key: str, his_too: bool) -> None:
    """A notice to who writes in each service that takes part now, without content."""
    groups = [each.group_id for each in workers([case.pk]) if his_too or each.side != ParticipationSide.PERPETRATOR]
    agencies = Agency.objects.filter(group__in=groups)
    members = participants([case]).among(case, writers_of(agencies))
    notify(
        recipients=[member for member in members if member.user_id != by.user_id],
        kind=kind,
        path=reverse("casework:closing", args=[case.pk]),
        dedupe_key=key,
        case_id=case.pk,
    )


def _on_record(by: Membership, case: Case, kind: str, pk: UUID, reason: str) -> None:
    record(action=Action.DECIDED, case_id=case.pk, object_kind=kind, object_id=pk, reason=reason)


def _locked(case: Case) -> Case:
    """The case as it stands once nobody else is closing or opening it, whoever acts."""
    with system_context(SystemContext.REMINDERS):
        return Case.objects.select_for_update().get(pk=case.pk)


def _mine(by: Membership, request_key: UUID):
    return CaseClosing.objects.filter(request_key=request_key, agency=by.agency_id)


def _check_may_close(by: Membership, case: Case, access: CaseAccess) -> None:
    if not rows.may_close(by, case, access):
        raise Refused(_("Only who answers for the service that leads this case, or coordinates it, closes it."))


def _check_seen(case: Case, access: CaseAccess, seen: str) -> None:
    """Raise RuleBroken where the page is older than the last act on the case, naming who was first to who may know."""
    if seen == closing_facts.stamp(case):
        return
    act = rows.last_act(case)
    if act is not None and not seen.startswith(f"{act.pk}."):
        who = act.closed_by if isinstance(act, CaseClosing) else act.author
        told = {"who": who.full_name, "service": act.agency.short_name, "when": local_when(act.at, "on")}
        if not rows.reads_closing(access) and act.agency_id != access.agency_id:
            raise RuleBroken(_("Another service has closed this case or opened it again. Look at it again first."))
        if isinstance(act, CaseClosing):
            raise RuleBroken(_("%(who)s (%(service)s) has closed this case %(when)s. Look at it again first.") % told)
        raise RuleBroken(_("%(who)s (%(service)s) has opened this case again %(when)s. Look at it again first.") % told)
    raise RuleBroken(_("Something new was reported in this case since you opened this page. Read it first."))


def _words_problems(words: str, aside: Iterable[str], aside_words: str, *, missing: str = "") -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if problem := text_problem(words, most=LONGEST, missing=missing or _("Say why the case is closed now.")):
        errors["words"] = [problem]
    needed = _("Say why this is set aside.") if aside else ""
    if problem := text_problem(aside_words, most=LONGEST, missing=needed):
        errors["set_aside_words"] = [problem]
    return errors


def _until_problem(until: date | None) -> str:
    today = local(now()).date()
    if until is None:
        return _("Say until when it is supervised.")
    if until <= today:
        return _("This end is already past.")
    if until > today + relativedelta(months=2 * settings.SUPERVISED_CLOSING_MONTHS):
        return _("A supervision lasts %(months)d months at most; it may be extended then.") % {
            "months": 2 * settings.SUPERVISED_CLOSING_MONTHS
        }
    return ""
