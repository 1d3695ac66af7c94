"""A programme is begun, its sessions planned and marked, its end said; what is worked on is written down."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from agencies.models import Membership
from cases.access import CaseAccess, keep_own_work
from cases.enums import EventCode
from cases.models import Case, CasePerson
from cases.services import check
from common.errors import Refused, RuleBroken, text_problem
from common.ids import uuid7
from common.locks import lock
from common.once import insert_once

from . import programme_rules as rules
from .mandates import Mandated, mandate_problems, write_mandate
from .models import (
    Attendance,
    Entry,
    Programme,
    ProgrammeSession,
    ProgrammeStep,
    SessionKind,
    SessionMark,
    TherapeuticPlan,
)
from .programme import (
    authored,
    day_problem,
    last_steps,
    of_key,
    refuse_stopped,
    refuse_unless_kept,
    tell_timeline,
    today,
    who_may_follow,
)

LONGEST = 4_000
FURTHEST = timedelta(days=366)
MOST_SESSIONS = 26
"""Sessions planned in one go: half a year of weeks."""


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A programme as it was typed."""

    entry: str = ""
    begun_on: date | None = None
    mandate: Mandated = field(default_factory=Mandated)


# --- beginning -----
def begin(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    case_person_id: UUID | None,
    begun: Begun,
    request_key: UUID,
    referral_ref: UUID | None = None,
) -> Programme:
    """He begins a programme with the acting service, under a mandate or of his own accord. The same `request_key`, or
    the same referral, gives the first one.

    Raises Refused for who runs none here, RuleBroken by field.
    """
    if not rules.may_begin(by, access):
        raise Refused(_("A programme is begun by a service that works with him in this case."))
    mine = Programme.objects.filter(request_key=request_key, case=case, author=by.user)
    if (already := mine.first()) is not None:
        return already
    same_referral = Programme.objects.filter(referral_ref=referral_ref, case=case, agency=by.agency)
    if referral_ref is not None and (already := same_referral.first()) is not None:
        return already
    lock(f"programmes {case.pk}")
    persons = {each.pk: each for each in who_may_follow(case, access)}
    person = persons.get(case_person_id)
    errors: dict[str, list[str]] = {}
    if person is None:
        errors["case_person"] = [_("Say who follows the programme.")]
    if begun.entry not in Entry.values:
        errors["entry"] = [_("Say how he comes to it.")]
    errors |= day_problem("begun_on", begun.begun_on, missing=_("Say from which day on."))
    if begun.entry == Entry.MANDATE:
        errors |= mandate_problems(begun.mandate)
    if errors:
        raise RuleBroken(errors)
    if _runs_already(by, case, person):
        raise RuleBroken(_("He follows a programme of your service already: add to that one."))
    programme = Programme(
        case=case,
        case_person=person,
        entry=begun.entry,
        begun_on=begun.begun_on,
        referral_ref=referral_ref,
        request_key=request_key,
        **authored(by),
    )
    check(programme)
    programme, new = insert_once(programme, mine=mine)
    if not new:
        return programme
    if begun.entry == Entry.MANDATE:
        write_mandate(by, programme, begun.mandate, request_key=uuid7(), replaces=None)
    keep_own_work(case=case, agency=by.agency)
    tell_timeline(by, case, EventCode.PROGRAMME_BEGUN, {"programme": str(programme.pk), "entry": programme.entry})
    return programme


def _runs_already(by: Membership, case: Case, person: CasePerson) -> bool:
    own = list(Programme.objects.filter(case=case, case_person=person, agency=by.agency).values_list("pk", flat=True))
    last = last_steps(own)
    return any(rules.runs(last[pk].step if pk in last else "") for pk in own)


# --- sessions -----
def plan_sessions(
    *,
    by: Membership,
    access: CaseAccess,
    programme: Programme,
    on: date | None,
    begins_at: time | None,
    kind: str,
    count: int | None,
    request_key: UUID,
) -> list[ProgrammeSession]:
    """Plan a session, or one a week so many times; one that was held lately is written down the same way.

    The same `request_key` plans once. Raises Refused, RuleBroken by field.
    """
    refuse_unless_kept(access, programme)
    mine = of_key(ProgrammeSession, by, programme, request_key)
    if (already := mine.first()) is not None:
        return [already]
    errors: dict[str, list[str]] = {}
    if kind not in SessionKind.values:
        errors["kind"] = [_("Choose the kind of session.")]
    if on is None:
        errors["on"] = [_("Say on which day.")]
    elif on < programme.begun_on:
        errors["on"] = [_("The programme had not begun on this day.")]
    elif on > today() + FURTHEST:
        errors["on"] = [_("A session is planned at most a year ahead.")]
    if count is None or not 1 <= count <= MOST_SESSIONS:
        errors["count"] = [_("Between 1 and %(most)d sessions.") % {"most": MOST_SESSIONS}]
    if errors:
        raise RuleBroken(errors)
    refuse_stopped(programme)
    made = []
    for week in range(count):
        session = ProgrammeSession(
            case_id=programme.case_id,
            programme=programme,
            on=on + timedelta(weeks=week),
            begins_at=begins_at,
            kind=kind,
            request_key=request_key if not week else uuid7(),
            **authored(by),
        )
        check(session)
        session, new = insert_once(session, mine=mine)
        if not new:
            return [session]
        made.append(session)
    keep_own_work(case=programme.case, agency=by.agency)
    return made


def mark(
    *, by: Membership, access: CaseAccess, session: ProgrammeSession, outcome: str, shown: UUID | None
) -> SessionMark:
    """Say what became of a session. `shown` is the mark that the page showed, None for none; another one supersedes it.

    Raises Refused; RuleBroken for a day that has not come yet, and naming who said what in the meantime.
    """
    refuse_unless_kept(access, session.programme)
    if outcome not in Attendance.values:
        raise RuleBroken({"outcome": [_("Say what became of the session.")]})
    lock(f"session {session.pk}")
    current = SessionMark.objects.filter(session=session, superseded_by=None).select_related("author").first()
    if current is not None and current.outcome == outcome:
        return current
    if (current.pk if current else None) != shown:
        said = {"who": current.author.full_name, "what": current.get_outcome_display()} if current else {}
        raise RuleBroken(
            _("%(who)s has said in the meantime: %(what)s. Look at it, then correct it if need be.") % said
            if current
            else _("This page is too old: look at the session again.")
        )
    if session.on > today() and outcome not in rules.AHEAD:
        raise RuleBroken({"outcome": [_("This day has not come yet: a session to come is excused or cancelled.")]})
    made = SessionMark(case_id=session.case_id, session=session, outcome=outcome, supersedes=current, **authored(by))
    check(made)
    made.save(force_insert=True)
    keep_own_work(case=session.programme.case, agency=by.agency)
    return made


# --- how it goes on -----
def take_step(
    *,
    by: Membership,
    access: CaseAccess,
    programme: Programme,
    step: str,
    on: date | None,
    shown: UUID | None,
    request_key: UUID,
    note: Any = None,
) -> tuple[ProgrammeStep, bool]:
    """Completed, left, excluded, taken up again: (the step, whether it is new). `shown` is the last step of the page.

    Raises Refused, and RuleBroken by field, or naming who was first.
    """
    refuse_unless_kept(access, programme)
    lock(f"programme {programme.pk}")
    mine = of_key(ProgrammeStep, by, programme, request_key)
    if (already := mine.first()) is not None:
        return already, False
    last = last_steps([programme.pk]).get(programme.pk)
    if (last.pk if last else None) != shown:
        said = {"who": last.author.full_name, "what": last.get_step_display()} if last else {}
        raise RuleBroken(
            _("%(who)s has said in the meantime: %(what)s. Nothing of yours is lost: look, and send it again.") % said
            if last
            else _("This page is too old: look at the programme again.")
        )
    errors: dict[str, list[str]] = {}
    if step not in rules.NEXT[last.step if last else ""]:
        errors["step"] = [_("Choose what became of it.")]
    errors |= day_problem("on", on, missing=_("Say on which day."))
    if not errors and on < programme.begun_on:
        errors["on"] = [_("The programme had not begun on this day.")]
    if errors:
        raise RuleBroken(errors)
    made = ProgrammeStep(
        case_id=programme.case_id, programme=programme, step=step, on=on, note=note, follows=last,
        request_key=request_key, **authored(by),
    )  # fmt: skip
    check(made)
    made, new = insert_once(made, mine=mine)
    if new:
        keep_own_work(case=programme.case, agency=by.agency)
        tell_timeline(by, programme.case, EventCode.PROGRAMME_MOVED, {"programme": str(programme.pk), "step": step})
    return made, new


def write_plan(
    *,
    by: Membership,
    access: CaseAccess,
    programme: Programme,
    aims: str,
    means: str,
    internal: bool,
    shown: UUID | None,
    request_key: UUID,
) -> TherapeuticPlan:
    """What the programme works on with him, in the place of what was written. Raises Refused, and RuleBroken by field,
    or naming the colleague who wrote meanwhile.
    """
    refuse_unless_kept(access, programme)
    lock(f"programme {programme.pk}")
    mine = of_key(TherapeuticPlan, by, programme, request_key)
    if (already := mine.first()) is not None:
        return already
    current = TherapeuticPlan.objects.filter(programme=programme, superseded_by=None).select_related("author").first()
    if (current.pk if current else None) != shown:
        who = {"who": current.author.full_name} if current else {}
        raise RuleBroken(
            _("%(who)s has written a new version in the meantime. Read it, then send yours again.") % who
            if current
            else _("This page is too old: look at the programme again.")
        )
    errors = {}
    for name, text, missing in (("aims", aims, _("Write what you work on.")), ("means", means, "")):
        if problem := text_problem(text, most=LONGEST, missing=missing):
            errors[name] = [problem]
    if errors:
        raise RuleBroken(errors)
    made = TherapeuticPlan(
        case_id=programme.case_id, programme=programme, aims=aims.strip(), means=means.strip(), internal=internal,
        supersedes=current, request_key=request_key, **authored(by),
    )  # fmt: skip
    check(made)
    made, new = insert_once(made, mine=mine)
    if new:
        keep_own_work(case=programme.case, agency=by.agency)
    return made
