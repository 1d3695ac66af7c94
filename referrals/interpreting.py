"""An interpreter asked of a service: the request, who is proposed, the answer. Who may interpret: `interpreting_rules`.

The interpreter service reads language, channel, time, postal code and a note without names: never a case nor a name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.enums import AgencyKind, InterpretingChannel
from agencies.models import Agency, Interpreter, Membership
from agencies.perms import may_see_cases, may_write
from agencies.services import POSTAL_CODE, writers_of
from cases.access import CaseAccess, for_case, kept_out, participants
from cases.enums import Category, EventCode, Side
from cases.models import Case, CasePerson
from cases.services import log_event, names_somebody
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.languages import LANGUAGES
from common.once import insert_once
from notifications.models import NoticeKind
from notifications.services import notify

from .interpreting_rules import (
    EXCEPTIONS,
    INSTEAD,
    REFUSALS,
    AtHand,
    Declared,
    Verdict,
    answer_due_at,
    order,
    refused_at_hand,
    verdict,
)
from .models import InterpreterException, InterpreterProposal, InterpreterRequest, InterpretingState
from .perms import speaks_for

MOVING = (InterpretingState.SENT, InterpretingState.PROPOSED)
"""Somebody has to move: the service that is asked, then who asked."""
OPEN = (InterpretingState.SENT, InterpretingState.PROPOSED, InterpretingState.CONFIRMED)
GENDERS = ("", "woman", "man")
NOTE_LENGTH = 300
REASON_LENGTH = 300
LONGEST = 8 * 60


@dataclass(frozen=True)
class Asked:
    """What was typed; `at` an aware moment or None, identifiers UUID or None."""

    at_hand: str = AtHand.SERVICE
    subject_id: UUID | None = None
    to_agency_id: UUID | None = None
    language: str = ""
    channel: str = ""
    gender: str = ""
    at: datetime | None = None
    minutes: int | None = None
    postal_code: str = ""
    note: str = ""


# --- what may be read -------------------------------------------------------------------------------------------
def between(by: Membership | None) -> QuerySet[InterpreterRequest]:
    """What the acting agency asked, in cases this person sees, and what it is asked; whoever is kept out of a case is
    not asked for it.
    """
    rows = InterpreterRequest.objects.select_related("from_agency", "to_agency", "asked_by")
    if not may_see_cases(by):
        return rows.none()
    asked = Q(from_agency=by.agency_id) & Exists(Case.objects.visible_to(by).filter(pk=OuterRef("case")))
    received = Q(to_agency=by.agency_id) & ~Q(kept_out(case="case", user=by.user_id, outside=True))
    return rows.filter(asked | received)


def on_the_way(by: Membership) -> QuerySet[InterpreterRequest]:
    """Those that wait for the acting agency (`waits_for`), and those it waits for itself; what is due first first."""
    asked_by_us = Q(from_agency=by.agency_id, state__in=MOVING)
    asked_of_us = Q(to_agency=by.agency_id, state=InterpretingState.SENT)
    return between(by).filter(asked_by_us | asked_of_us).order_by("answer_due_at", "pk")


def waits_for(by: Membership, request: InterpreterRequest) -> bool:
    """Whether the acting agency has to move: asked and nobody proposed yet, or somebody proposed to it."""
    return (request.to_agency_id if request.state == InterpretingState.SENT else request.from_agency_id) == by.agency_id


def find(*, by: Membership | None, request_id: UUID) -> InterpreterRequest:
    """One of them, with who was proposed, the latest first; Http404 otherwise."""
    proposals = InterpreterProposal.objects.select_related("interpreter", "exception").order_by("-proposed_at", "-pk")
    found = between(by).prefetch_related(Prefetch("proposals", proposals)).filter(pk=request_id).first()
    if found is None:
        raise Http404
    return found


def latest(request: InterpreterRequest) -> InterpreterProposal | None:
    """Who is proposed now, of a request that `find` gave."""
    return next(iter(request.proposals.all()), None) if request.state != InterpretingState.SENT else None


def verdict_of(proposal: InterpreterProposal) -> Verdict:
    """What the rules say of somebody proposed, by what was declared then."""
    return verdict(
        Declared(
            channel=proposal.channel,
            mediator=proposal.mediator,
            certified=proposal.certified,
            trained=proposal.trained,
            of_community=proposal.of_community,
            knows_somebody=proposal.knows_somebody,
            out_of_area=proposal.out_of_area,
        )
    )


def may_ask(access: CaseAccess) -> bool:
    """Whoever adds to the case."""
    return access.contribute


def subjects(access: CaseAccess) -> list[CasePerson]:
    """For whom the acting agency may ask: those whose name it sees; his side for those of his side."""
    persons = CasePerson.objects.filter(case=access.case_id).select_related("person").order_by("created_at", "pk")
    return [each for each in persons if speaks_for(access, each)]


def interpreter_services(by: Membership) -> list[Agency]:
    """Whom to ask, by name."""
    rows = Agency.objects.active().filter(kind=AgencyKind.INTERPRETER_SERVICE).exclude(pk=by.agency_id)
    return list(rows.filter(without_account=False).order_by("name"))


def fit_for(request: InterpreterRequest) -> list[Interpreter]:
    """Who of the service speaks the language and works that way, certified and trained first."""
    rows = Interpreter.objects.live().filter(
        agency=request.to_agency_id, languages__contains=[request.language], channels__contains=[request.channel]
    )
    # who asked wanted somebody else than those
    rows = rows.exclude(pk__in=InterpreterProposal.objects.filter(request=request).values("interpreter"))
    return sorted(rows, key=lambda each: (order(certified=each.certified, trained=each.trained), each.name))


# --- asking -----------------------------------------------------------------------------------------------------
def ask(*, by: Membership, case: Case, access: CaseAccess, asked: Asked, request_key: UUID) -> InterpreterRequest:
    """Ask a service for an interpreter. The same `request_key` gives the same request. Call it in a transaction.

    Raises Refused, RuleBroken by field; somebody at hand is refused with what to do instead.
    """
    if not may_ask(access):
        raise Refused(_("You can read this case but not add to it."))
    mine = InterpreterRequest.objects.filter(from_agency=by.agency_id, request_key=request_key, case=case)
    if (already := mine.first()) is not None:
        return already
    if errors := problems(access, by=by, asked=asked):
        raise RuleBroken(errors)
    subject, service = _found(access, by, asked)
    at = now()
    due_at = answer_due_at(at, asked.at)
    request, new = insert_once(
        InterpreterRequest(
            case=case,
            subject=subject,
            side=subject.side,
            from_agency=by.agency,
            to_agency=service,
            language=asked.language,
            channel=asked.channel,
            gender=asked.gender,
            at=asked.at,
            minutes=asked.minutes,
            postal_code=asked.postal_code if asked.channel == InterpretingChannel.ON_SITE else "",
            note=asked.note.strip(),
            request_key=request_key,
            asked_by=by.user,
            asked_at=at,
            answer_due_at=due_at,
            remind_at=due_at,
        ),
        mine=mine,
    )
    if new:
        _line(request, by=by, code=EventCode.INTERPRETER_ASKED)
        _tell_service(request, kind=NoticeKind.INTERPRETER_ASKED, what="asked")
    return request


def _found(access: CaseAccess, by: Membership, asked: Asked) -> tuple[CasePerson | None, Agency | None]:
    subject = next((each for each in subjects(access) if each.pk == asked.subject_id), None)
    return subject, next((each for each in interpreter_services(by) if each.pk == asked.to_agency_id), None)


def problems(access: CaseAccess, *, by: Membership, asked: Asked) -> dict[str, list[str]]:
    """What is wrong with a request, by field; nothing where it may be sent."""
    subject, service = _found(access, by, asked)
    errors: dict[str, list[str]] = {}
    if asked.at_hand not in AtHand.values:
        errors["at_hand"] = [_("Say who would interpret.")]
    elif (never := refused_at_hand(asked.at_hand)) is not None:
        errors["at_hand"] = [f"{REFUSALS[never]} {INSTEAD}"]
    if subject is None:
        errors["subject"] = [_("Choose whom this is about.")]
    if service is None:
        errors["to_agency"] = [_("Choose an interpreter service.")]
    if asked.language not in LANGUAGES:
        errors["language"] = [_("Choose a language.")]
    if asked.channel not in InterpretingChannel.values:
        errors["channel"] = [_("Say how: on site, by phone or by video.")]
    if asked.gender not in GENDERS:
        errors["gender"] = [_("Choose a woman, a man, or either.")]
    if asked.at is None:
        errors["at"] = [_("Say when.")]
    elif not now() < asked.at <= now() + timedelta(days=366):
        errors["at"] = [_("Choose a moment in the coming year.")]
    if asked.minutes is None or not 10 <= asked.minutes <= LONGEST:
        errors["minutes"] = [_("Between 10 minutes and 8 hours.")]
    if asked.channel == InterpretingChannel.ON_SITE and not POSTAL_CODE.fullmatch(asked.postal_code):
        errors["postal_code"] = [_("On site: write the postal code, four digits; the address is said by phone.")]
    if asked.note.strip():
        if problem := text_problem(asked.note, most=NOTE_LENGTH):
            errors["note"] = [problem]
        elif names_somebody(access, asked.note):
            errors["note"] = [_("The note names somebody of the case: write it without names.")]
    return errors


# --- the interpreter service --------------------------------------------------------------------------------------
def propose(
    *,
    by: Membership,
    request_id: UUID,
    interpreter_id: UUID | None,
    of_community: bool | None,
    knows_somebody: bool | None,
    out_of_area: bool,
) -> InterpreterRequest:
    """Propose somebody, with what they declare for this one request. Call it in a transaction.

    Raises Http404, Refused, RuleBroken by field: no declaration, or somebody whom the rules refuse.
    """
    request = _lock(by=by, request_id=request_id, as_service=True, states=(InterpretingState.SENT,))
    _check_hour(request)
    person = next((each for each in fit_for(request) if each.pk == interpreter_id), None)
    errors: dict[str, list[str]] = {}
    if person is None:
        errors["interpreter"] = [_("Choose one of those who fit.")]
    if of_community is None:
        errors["of_community"] = [_("Ask them, then say yes or no.")]
    if knows_somebody is None:
        errors["knows_somebody"] = [_("Ask them, then say yes or no.")]
    if errors:
        raise RuleBroken(errors)
    proposal = InterpreterProposal(
        request=request,
        interpreter=person,
        channel=request.channel,
        mediator=person.mediator,
        certified=person.certified,
        trained=person.trained,
        of_community=of_community,
        knows_somebody=knows_somebody,
        out_of_area=out_of_area,
        proposed_by=by.user,
    )
    if (never := verdict_of(proposal).never) is not None:
        raise RuleBroken({"interpreter": [str(REFUSALS[never])]})
    proposal.save(force_insert=True)
    _move(request, InterpretingState.PROPOSED)
    _tell_asker(request, what=f"proposed:{proposal.pk}")
    return request


def decline(*, by: Membership, request_id: UUID) -> InterpreterRequest:
    """Nobody is available, or no longer. Call it in a transaction. Raises Http404, Refused, RuleBroken."""
    request = _lock(by=by, request_id=request_id, as_service=True, states=OPEN)
    _move(request, InterpretingState.DECLINED)
    _line(request, by=None, code=EventCode.INTERPRETER_ANSWERED)
    _tell_asker(request, what="declined")
    return request


# --- who asked ----------------------------------------------------------------------------------------------------
def confirm(
    *, by: Membership, request_id: UUID, proposal_id: UUID | None, reason: str = "", agreed: bool = False
) -> InterpreterRequest:
    """Take the interpreter proposed: with a reasoned exception where one is needed, and the person's agreement for
    somebody of the community. `proposal_id` is the one that was shown. Call it in a transaction.

    Raises Http404, Refused, RuleBroken by field.
    """
    request = _lock(by=by, request_id=request_id, as_service=False, states=(InterpretingState.PROPOSED,))
    _check_hour(request)
    proposal = request.proposals.order_by("-proposed_at", "-pk").first()
    if proposal.pk != proposal_id:
        raise RuleBroken(_("Somebody else is proposed by now. Look at the page again."))
    found = verdict_of(proposal)
    if found.never is not None:
        raise RuleBroken(REFUSALS[found.never])
    errors: dict[str, list[str]] = {}
    if found.only_with:
        if problem := text_problem(reason, most=REASON_LENGTH, missing=_("Say why, without names.")):
            errors["reason"] = [problem]
        elif names_somebody(for_case(Case.objects.get(pk=request.case_id), by), reason):
            errors["reason"] = [_("This names somebody of the case: write it without names.")]
        if found.asks_agreement and not agreed:
            errors["agreed"] = [_("Without that agreement, ask for somebody else or for an interpreter by phone.")]
        if errors:
            raise RuleBroken(errors)
        InterpreterException.objects.create(
            proposal=proposal, reason=reason.strip(), agreed=found.asks_agreement and agreed, decided_by=by.user
        )
    _move(request, InterpretingState.CONFIRMED)
    _line(request, by=by, code=EventCode.INTERPRETER_ANSWERED)
    _tell_service(request, kind=NoticeKind.INTERPRETER_ANSWERED, what="confirmed")
    return request


def ask_again(*, by: Membership, request_id: UUID) -> InterpreterRequest:
    """Somebody else, please. Call it in a transaction. Raises Http404, Refused, RuleBroken."""
    request = _lock(by=by, request_id=request_id, as_service=False, states=(InterpretingState.PROPOSED,))
    rank = request.proposals.count()
    _move(request, InterpretingState.SENT)
    _tell_service(request, kind=NoticeKind.INTERPRETER_ASKED, what=f"again:{rank}")
    return request


def withdraw(*, by: Membership, request_id: UUID) -> InterpreterRequest:
    """It is no longer needed. Call it in a transaction. Raises Http404, Refused, RuleBroken."""
    request = _lock(by=by, request_id=request_id, as_service=False, states=OPEN)
    _move(request, InterpretingState.WITHDRAWN)
    _line(request, by=by, code=EventCode.INTERPRETER_ANSWERED)
    _tell_service(request, kind=NoticeKind.INTERPRETER_ANSWERED, what="withdrawn")
    return request


def held(*, by: Membership, request_id: UUID) -> InterpreterRequest:
    """The interpreter came. Call it in a transaction. Raises Http404, Refused, RuleBroken before its time."""
    request = _lock(by=by, request_id=request_id, as_service=False, states=(InterpretingState.CONFIRMED,))
    if request.at > now():
        raise RuleBroken(_("It has not taken place yet."))
    _move(request, InterpretingState.DONE)
    _line(request, by=by, code=EventCode.INTERPRETER_ANSWERED)
    return request


def words_of(found: Verdict) -> list[str]:
    """What the exceptions of a verdict ask for, in words."""
    return [str(EXCEPTIONS[each]) for each in found.only_with]


# --- shared -------------------------------------------------------------------------------------------------------
def _lock(
    *, by: Membership, request_id: UUID, as_service: bool, states: tuple[InterpretingState, ...]
) -> InterpreterRequest:
    request = between(by).select_for_update(of=("self",)).filter(pk=request_id).first()
    if request is None:
        raise Http404
    if by.agency_id != (request.to_agency_id if as_service else request.from_agency_id):
        raise Refused(_("This is for the other service to do."))
    if not may_write(by):
        raise Refused(_("Your role reads these requests but does not answer them."))
    if request.state not in states:
        raise RuleBroken(
            _("This is no longer possible: the request stands at “%(state)s”.") % {"state": request.get_state_display()}
        )
    return request


def _check_hour(request: InterpreterRequest) -> None:
    if request.at <= now():
        raise RuleBroken(_("Its hour has passed: nobody can come any more. Ask again for another moment."))


def _move(request: InterpreterRequest, state: InterpretingState) -> None:
    request.state = state
    request.closed_at = None if state in OPEN else now()
    # the time to answer begins anew for whoever has to move now
    due_at = answer_due_at(now(), request.at) if state in MOVING else None
    request.answer_due_at = request.remind_at = due_at
    request.step = 0
    request.save(update_fields=["state", "closed_at", "answer_due_at", "remind_at", "step"])


def _line(request: InterpreterRequest, *, by: Membership | None, code: EventCode) -> None:
    log_event(
        by=by,
        case=Case(pk=request.case_id),
        code=code,
        category=Category.NETWORK,
        side=Side.PERPETRATOR if request.side == Side.PERPETRATOR else Side.VICTIM,
        payload={"request": str(request.pk), "state": request.state},
    )


def _tell_service(request: InterpreterRequest, *, kind: NoticeKind, what: str) -> None:
    case = Case(pk=request.case_id)
    told = participants([case])
    members = writers_of([request.to_agency_id])
    _notify(request, kind, what, [each for each in members if told.may_be_asked(case, each.user_id)], outside=True)


def _tell_asker(request: InterpreterRequest, *, what: str) -> None:
    case = Case(pk=request.case_id)
    told = participants([case])
    members = told.among(case, writers_of([request.from_agency_id]))
    _notify(request, NoticeKind.INTERPRETER_ANSWERED, what, who_asked(request, members))


def who_asked(request: InterpreterRequest, members: Sequence[Membership]) -> Sequence[Membership]:
    """The person who asked, or all of these colleagues when they left or may no longer know."""
    return [each for each in members if each.user_id == request.asked_by_id] or members


def _notify(
    request: InterpreterRequest, kind: NoticeKind, what: str, recipients: Sequence[Membership], *, outside: bool = False
) -> None:
    notify(
        recipients=recipients,
        kind=kind,
        path=reverse("referrals:interpreter", args=[request.pk]),
        dedupe_key=f"interpreter:{request.pk}:{what}",
        # the service takes no part in the case: what it is asked does not hang on who may know of it
        case_id=None if outside else request.case_id,
    )
