"""“Who had access to my data”: the request is written down, its safety checked, the list given or refused.

Who does what, and why:

- A reference person or manager of a service that may write the person's consent writes the request down. Nobody on his
  side asks for her or for a child of the case.
- The list is shown, and the paper made, only for who knows the services of *both* sides: the seniors of the agency that
  wrote the request down, or of the one that leads, never on his side. Who does not know which services follow a person
  sees none of them here either; the page then says who answers, and its service hands over the paper once it is made.
- Where anybody but the victim asks (he, a lawyer, another representative, a child of an age to ask), a second person
  checks first whether the answer is safe. It is one of the same seniors, not who wrote the request down: the questions
  (where she is, who follows her, whether a report was made) cannot be answered by who sees no case, so not by the
  data-protection officer, nor by a service on his side. Where the list changed since, it is checked again.

What the paper says never depends on what is held back: the same sentences stand on every paper.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Func, TextField
from django.db.models.functions import TruncDate
from django.http import Http404
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from agencies.enums import AgencySide
from agencies.models import Agency, Membership
from agencies.perms import SENIORS
from audit.models import Action, AuditEvent
from audit.services import record
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, PersonRole, Side
from cases.models import Case, CasePerson
from cases.perms import shows_person
from cases.services import check
from common import pdf
from common.acting import SystemContext, system_context
from common.clock import BRUSSELS, end_of, local, now
from common.errors import Refused, RuleBroken, text_problem
from common.locks import lock
from common.once import insert_once

from . import subject_paper
from .consents import WITH_VICTIMS, representatives
from .models import (
    AskedBy,
    CheckConclusion,
    OralDisclosure,
    Outcome,
    RefusedBecause,
    SharingDecision,
    SubjectAnswer,
    SubjectCheck,
    SubjectCheckWords,
    SubjectRequest,
    Verified,
)
from .perms import (
    GIVERS,
    may_check_subject_request,
    may_hand_subject_answer,
    may_handle_subject_request,
    may_record_consent,
    may_record_subject_request,
)
from .services import names_the_perpetrator, old_enough, sides_in
from .subject_lines import HeldBack, Line, Source, add_reads, fingerprint, sort_out

LONGEST_NAME = 200
LONGEST_NOTE = 500
LONGEST_REASONS = 2000
OLDEST = timedelta(days=366)
MOST = 2000
"""Disclosures looked at in one case."""
MOST_LISTED = 100
"""Requests of one case shown."""

QUESTIONS = {
    "place": gettext_lazy("Could it tell where she lives, works or takes shelter, or where the children are?"),
    "services": gettext_lazy("Could it tell which services follow her?"),
    "report": gettext_lazy("Could it tell that a report was made, or by whom?"),
    "measure": gettext_lazy("Is a measure in force, or a ban on contact, or a hearing near?"),
    "pressure": gettext_lazy("Could somebody else read the answer, or make the person ask for it?"),
}
FINDINGS = ("yes", "no", "unknown")

LATEST = relativedelta(months=3)
"""One month, and two more where that is necessary (GDPR, art. 12 §3)."""


# --- the clock ------------------------------------------------------------------------------------------------
def due_on(received_on: date) -> date:
    """The last day to answer: one month, by the calendar; the last of the month where it has no such day.

    The earliest reading is kept: it is not put off to the next working day.
    """
    return received_on + relativedelta(months=1)


def is_overdue(request: SubjectRequest) -> bool:
    """Whether its month has passed in Belgium and nothing was answered."""
    return getattr(request, "answer", None) is None and now() >= end_of(due_on(request.received_on))


# --- writing the request down ---------------------------------------------------------------------------------
@dataclass(frozen=True)
class Asked:
    """What was typed. Empty where nothing was: every refusal is a sentence, by its field."""

    asked_by: str = ""
    representative_id: UUID | None = None
    asker_name: str = ""
    received_on: date | None = None
    verified: str = ""
    verified_note: str = ""


def subject_of(*, by: Membership, access: CaseAccess, case_person_id: UUID) -> CasePerson:
    """The person such a request may be about. Http404 for who may not know them, Refused for who may not write."""
    found = CasePerson.objects.filter(pk=case_person_id, case=access.case_id).select_related("person").first()
    hers_to_his = access.side == ParticipationSide.PERPETRATOR and found is not None and found.side != Side.PERPETRATOR
    if found is None or hers_to_his or not shows_person(access, found):
        raise Http404
    if not may_record_subject_request(by, access, found):
        raise Refused(
            _("A reference person or manager of a service that works with the person writes this request down.")
        )
    return found


def subjects(by: Membership, access: CaseAccess) -> list[CasePerson]:
    """Whose request the acting member may write down, in the order they were named; no query where there is nobody."""
    if not any(may_record_subject_request(by, access, CasePerson(role=role, side=side)) for role, side in _PLACES):
        return []
    persons = CasePerson.objects.filter(case=access.case_id, role__in=GIVERS).select_related("person")
    found = persons.order_by("created_at", "pk")
    return [person for person in found if may_record_subject_request(by, access, person)]


def told_to_a_senior(by: Membership, access: CaseAccess) -> bool:
    """Whether somebody of the case may ask the acting member, who then tells a senior of the same service. No query."""
    return by.role not in SENIORS and any(
        may_record_consent(access, CasePerson(role=role, side=side)) for role, side in _PLACES
    )


_PLACES = ((PersonRole.VICTIM, Side.VICTIM), (PersonRole.PRESUMED_PERPETRATOR, Side.PERPETRATOR))


def write_request(
    *, by: Membership, case: Case, access: CaseAccess, subject: CasePerson, asked: Asked, request_key: UUID
) -> SubjectRequest:
    """Write down that a person asks who had access to their data. The same `request_key` gives the same request.

    Raises Refused for who may not, RuleBroken by field.
    """
    if not may_record_subject_request(by, access, subject) or subject.case_id != case.pk:
        raise Refused(
            _("A reference person or manager of a service that works with the person writes this request down.")
        )
    mine = SubjectRequest.objects.filter(request_key=request_key, case=case, agency=by.agency_id, subject=subject)
    if (already := mine.first()) is not None:
        return already
    representative = next((each for each in representatives(access) if each.pk == asked.representative_id), None)
    errors = _problems(subject, asked, representative)
    if errors:
        raise RuleBroken(errors)
    written = SubjectRequest(
        case=case,
        subject=subject,
        side=subject.side,
        asked_by=asked.asked_by,
        representative=representative,
        asker_name=asked.asker_name.strip(),
        received_on=asked.received_on,
        verified=asked.verified,
        verified_note=asked.verified_note.strip(),
        request_key=request_key,
        agency=by.agency,
        recorded_by=by.user,
    )
    check(written)
    written, new = insert_once(written, mine=mine)
    if new:
        _decided(case, written, "sharing.SubjectRequest", reason=written.asked_by)
    return written


def _problems(subject: CasePerson, asked: Asked, representative: CasePerson | None) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if asked.asked_by not in AskedBy.values:
        errors["asked_by"] = [_("Say who asks.")]
    elif problem := _asker_problem(subject, asked, representative):
        errors["asked_by"] = [problem]
    if problem := text_problem(asked.asker_name, most=LONGEST_NAME):
        errors["asker_name"] = [problem]
    today = local(now()).date()
    if asked.received_on is None or not today - OLDEST < asked.received_on <= today:
        errors["received_on"] = [_("Say on which day it was received: it cannot be in the future.")]
    if asked.verified not in Verified.values:
        errors["verified"] = [_("Say how you made sure who asks.")]
    elif asked.asked_by in (AskedBy.REPRESENTATIVE, AskedBy.LAWYER) and asked.verified != Verified.MANDATE:
        errors["verified"] = [_("Who asks for somebody else shows a mandate or a judgment, and who they are.")]
    if problem := text_problem(asked.verified_note, most=LONGEST_NOTE):
        errors["verified_note"] = [problem]
    return errors


def _asker_problem(subject: CasePerson, asked: Asked, representative: CasePerson | None) -> str:
    """Why this person may not ask for the subject, or ""."""
    name = asked.asker_name.strip()
    if asked.asked_by == AskedBy.SUBJECT:
        if asked.representative_id is not None or name:
            return _("Say whether the person asks, or somebody for them.")
        if subject.role == PersonRole.CHILD and not old_enough(subject.person.birth_date):
            return _("For a child under %(age)d, a legal representative asks: never the presumed perpetrator.") % {
                "age": settings.CHILD_CONSENT_AGE
            }
        return ""
    if asked.representative_id is not None:
        if asked.asked_by == AskedBy.LAWYER or representative is None or representative.pk == subject.pk:
            return _("Name who asks for the person.")
        if subject.side == Side.PERPETRATOR:
            return _("Nobody of this case asks for him: name a legal representative or a lawyer.")
        return ""
    if not name:
        return _("Name who asks for the person.")
    if subject.side != Side.PERPETRATOR and names_the_perpetrator(subject.case_id, name):
        return _("The presumed perpetrator exercises no right for her, nor for a child of the case.")
    return ""


# --- reading it -----------------------------------------------------------------------------------------------
@dataclass
class Told:
    """A request as the acting member may know it. `lines` and `held` are empty for who does not handle it."""

    request: SubjectRequest
    checks: list[SubjectCheck]
    answer: SubjectAnswer | None
    handles: bool
    checks_safety: bool
    hands_over: bool
    lines: list[Line] = field(default_factory=list)
    held: list[HeldBack] = field(default_factory=list)

    @property
    def due_on(self) -> date:
        return due_on(self.request.received_on)

    @property
    def needs_check(self) -> bool:
        return needs_check(self.request)

    @property
    def latest(self) -> SubjectCheck | None:
        """The check that counts: the last one."""
        return self.checks[0] if self.checks else None

    @property
    def waits(self) -> bool:
        """Whether the check that counts asks to wait, today still."""
        latest = self.latest
        return (
            latest is not None
            and latest.conclusion == CheckConclusion.LATER
            and local(now()).date() < latest.not_before
        )

    @property
    def seen(self) -> str:
        """The digest of the list that is shown."""
        return fingerprint(self.lines)

    @property
    def blocked(self) -> str:
        """Why it cannot be answered now, in words; "" where it can. Asked of who handles it."""
        if self.answer is not None:
            return _("This request is already answered. A new one is a request of its own.")
        if not self.needs_check:
            return ""
        if self.latest is None:
            return _("A second person checks first whether an answer is safe.")
        if self.latest.conclusion == CheckConclusion.REFUSE:
            return _("The safety check concludes that it is refused.")
        if self.waits:
            return _("The safety check asks to wait.")
        if self.latest.covers != self.seen:
            return _("The list has changed since the safety check: it is checked again first.")
        return ""

    @property
    def state(self) -> str:
        """A code: refused, given, to_check, later, to_refuse or to_answer."""
        if self.answer is not None:
            return str(self.answer.outcome)
        if not self.needs_check or self.latest is None:
            return "to_check" if self.needs_check else "to_answer"
        if self.waits:
            return "later"
        return "to_refuse" if self.latest.conclusion == CheckConclusion.REFUSE else "to_answer"


def needs_check(request: SubjectRequest) -> bool:
    """Whether a second person looks at the safety of an answer first: anybody asks but the victim, for herself or for
    another. A child may be made to ask, a lawyer may come from him, and both would read which services follow her.
    """
    if request.asked_by == AskedBy.SUBJECT:
        return request.subject.role != PersonRole.VICTIM
    return request.representative is None or request.representative.role != PersonRole.VICTIM


def find(*, by: Membership, case: Case, access: CaseAccess, request_id: UUID, whole: bool = True) -> Told:
    """A request the acting member may know of. Http404 for everybody else. `whole`: with the list, for who handles."""
    found = (
        SubjectRequest.objects.of_case(access)
        .select_related("subject__person", "representative__person", "agency", "recorded_by", "answer__answered_by")
        .filter(pk=request_id)
        .first()
    )
    if found is None:
        raise Http404
    checks = list(found.checks.select_related("agency", "checked_by", "words"))
    told = _told(by, case, access, found, checks)
    if whole and told.handles and told.answer is None:
        told.lines, told.held = listed(case, access, found)
    return told


def of_case(by: Membership, case: Case, access: CaseAccess) -> list[Told]:
    """The requests of a case this member may know of, the latest first, without their lists. Two queries."""
    rows = SubjectRequest.objects.of_case(access)
    rows = rows.select_related("subject__person", "representative", "agency", "answer")
    return [
        _told(by, case, access, row, list(row.checks.all())) for row in rows.prefetch_related("checks")[:MOST_LISTED]
    ]


def _told(by: Membership, case: Case, access: CaseAccess, row: SubjectRequest, checks: list[SubjectCheck]) -> Told:
    return Told(
        request=row,
        checks=checks,
        answer=getattr(row, "answer", None),
        handles=may_handle_subject_request(by, case, access, row),
        checks_safety=may_check_subject_request(by, case, access, row),
        hands_over=may_hand_subject_answer(by, case, access, row),
    )


# --- the list -------------------------------------------------------------------------------------------------
def listed(case: Case, access: CaseAccess, request: SubjectRequest) -> tuple[list[Line], list[HeldBack]]:
    """(what may be told, what is held back) now. For who knows the services of both sides: of others it is less."""
    sources = _sources(case, access)
    lines, held = sort_out(sources, role=request.subject.role)
    add_reads(lines, _read(case, lines))
    return lines, held


def _sources(case: Case, access: CaseAccess) -> list[Source]:
    """What was opened in the case, and said aloud to services, of what this access may know."""
    known = list(SharingDecision.objects.of_case(access).filter(starts_at__lte=now()).values_list("pk", flat=True))
    with system_context(SystemContext.GRANTS):
        # a decision is known while the consent under it may not be: only its end is taken from there
        decisions = list(
            SharingDecision.objects.filter(pk__in=known)
            .select_related("recipient", "consent__withdrawal", "authorisation__taken_back", "revocation")
            .order_by("starts_at", "pk")[:MOST]
        )
        said = list(
            OralDisclosure.objects.filter(case=case, to_agency__isnull=False)
            .select_related("to_agency")
            .order_by("said_at", "pk")[:MOST]
        )
    agencies = {row.recipient_id: row.recipient for row in decisions}
    agencies |= {row.to_agency_id: row.to_agency for row in said}
    sides = sides_in(case, agencies.values())
    hers = {row.recipient_id for row in decisions if row.side == ParticipationSide.VICTIM}
    hers |= {pk for pk, agency in agencies.items() if agency.side == AgencySide.VICTIM or agency.kind in WITH_VICTIMS}

    def source(agency: Agency, side: str, pairs: Iterable[str], basis: str, start: datetime, **more: Any) -> Source:
        his = side == sides[agency.pk] == ParticipationSide.PERPETRATOR
        return Source(
            agency.pk, agency.name, agency.kind, tuple(pairs), basis, start, his=his, hers=agency.pk in hers, **more
        )

    return [
        *(source(row.recipient, row.side, row.grants, row.basis, row.starts_at, end=row.ended_at) for row in decisions),
        *(
            source(row.to_agency, sides[row.to_agency_id], row.grants, row.basis, row.said_at, aloud=True)
            for row in said
        ),
    ]


def _read(case: Case, lines: Iterable[Line]) -> dict[UUID, set[tuple[str, date]]]:
    """On which days each of these services read which pairs of the case: {agency: {(pair, day)}}. One query; PostgreSQL
    sums the trail.
    """
    agencies = [line.agency_id for line in lines]
    if not agencies:
        return {}
    rows = (
        AuditEvent.objects.filter(case_id=case.pk, agency_id__in=agencies, action__in=[Action.READ, Action.EXPORTED])
        .annotate(
            pair=Func(F("fields"), function="jsonb_array_elements_text", output_field=TextField()),
            day=TruncDate("at", tzinfo=BRUSSELS),
        )
        .order_by("agency_id", "pair", "day")
        .values_list("agency_id", "pair", "day")
        .distinct()
    )
    found: dict[UUID, set[tuple[str, date]]] = {}
    for agency_id, pair, day in rows:
        found.setdefault(agency_id, set()).add((pair, day))
    return found


# --- the safety check -----------------------------------------------------------------------------------------
def conclude(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    request_id: UUID,
    findings: Mapping[str, str],
    reasons: str,
    conclusion: str,
    not_before: date | None,
    seen: str,
    request_key: UUID,
) -> SubjectCheck:
    """A second person concludes: answer, later or refuse. The same `request_key` gives the same check.

    Raises Http404, Refused for who wrote the request down or may not handle it, RuleBroken by field.
    """
    lock(f"subject request {request_id}")
    told = find(by=by, case=case, access=access, request_id=request_id)
    if not told.checks_safety:
        raise Refused(_("Somebody else checks: not who wrote the request down, and nobody of his side."))
    if (already := next((each for each in told.checks if each.request_key == request_key), None)) is not None:
        return already
    if not told.needs_check or told.answer is not None:
        raise RuleBroken(_("There is nothing to check here."))
    errors: dict[str, list[str]] = {
        key: [_("Answer each question; “not known” is an answer.")]
        for key in QUESTIONS
        if findings.get(key) not in FINDINGS
    }
    if problem := text_problem(reasons, most=LONGEST_REASONS, missing=_("Write what the conclusion rests on.")):
        errors["reasons"] = [problem]
    if conclusion not in CheckConclusion.values:
        errors["conclusion"] = [_("Choose a conclusion.")]
    elif conclusion == CheckConclusion.ANSWER and (problem := _unsafe(told.request, findings)):
        errors["conclusion"] = [problem]
    if conclusion == CheckConclusion.LATER and (problem := _day_problem(told.request, not_before)):
        errors["not_before"] = [problem]
    if seen != told.seen:
        errors[""] = [_("The list has changed in the meantime. Read it again.")]
    if errors:
        raise RuleBroken(errors)
    made = SubjectCheck(
        case=case,
        request=told.request,
        conclusion=conclusion,
        not_before=not_before if conclusion == CheckConclusion.LATER else None,
        covers=told.seen,
        request_key=request_key,
        agency=by.agency,
        checked_by=by.user,
    )
    check(made)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:  # somebody else's key
        raise RuleBroken(_("This page is too old. Open the form again.")) from None
    SubjectCheckWords.objects.create(
        case=case,
        check_made=made,
        findings={key: findings[key] for key in QUESTIONS},
        reasons=reasons.strip(),
        agency=by.agency,
    )
    _decided(case, made, "sharing.SubjectCheck", reason=conclusion)
    return made


def _unsafe(request: SubjectRequest, findings: Mapping[str, str]) -> str:
    """Why an answer cannot be what is concluded: what it would tell is known to be dangerous. Or "".

    A list of hers names her services, always: it is unsafe in the hands of somebody else.
    """
    if request.side != Side.PERPETRATOR:
        if findings.get("pressure") == "yes":
            return _("Somebody else could read the answer, you say above: conclude to wait or to refuse.")
        return ""
    if any(findings.get(key) == "yes" for key in ("place", "services", "report")):
        return _("The answer would tell something dangerous, you say above: conclude to wait or to refuse.")
    return ""


def _day_problem(request: SubjectRequest, day: date | None) -> str:
    if day is None or day <= local(now()).date():
        return _("Say from which day to come it may be answered.")
    if day > request.received_on + LATEST:
        return _("Three months after the request at the latest.")
    return ""


# --- answering ------------------------------------------------------------------------------------------------
def answer(
    *, by: Membership, case: Case, access: CaseAccess, request_id: UUID, seen: str
) -> tuple[SubjectAnswer, bytes]:
    """Give the list that was `seen`; (the answer, the PDF). Given twice, it is the first one.

    Raises Http404, Refused for who may not handle it, RuleBroken where the safety check is missing, asks to wait or to
    refuse, or where the list has changed.
    """
    told = _to_answer(by, case, access, request_id)
    if told.answer is not None and told.answer.outcome == Outcome.GIVEN:
        return told.answer, document_of(told.answer)
    if told.blocked:
        raise RuleBroken(told.blocked)
    if seen != told.seen:
        raise RuleBroken(_("The list has changed in the meantime. Read it again."))
    words = subject_paper.given(told.request, told.lines, contact=_contact(case, told.request))
    return _write(by, case, told.request, Outcome.GIVEN, words, lines=len(told.lines))


def refuse(
    *, by: Membership, case: Case, access: CaseAccess, request_id: UUID, because: str
) -> tuple[SubjectAnswer, bytes]:
    """Refuse, for a reason of the closed list, which is what the person is told; (the answer, the PDF).

    That others would be affected is concluded by the safety check where there is one. Raises as `answer`.
    """
    told = _to_answer(by, case, access, request_id)
    if told.answer is not None and told.answer.because == because and because:
        return told.answer, document_of(told.answer)
    if told.answer is not None:
        raise RuleBroken(told.blocked)
    if because not in RefusedBecause.values:
        raise RuleBroken({"because": [_("Choose why it is refused.")]})
    checked = told.latest is not None and told.latest.conclusion == CheckConclusion.REFUSE
    if because == RefusedBecause.OTHERS and told.needs_check and not checked:
        raise RuleBroken({"because": [_("That others would be affected is concluded by the safety check first.")]})
    words = subject_paper.refused(told.request, RefusedBecause(because), contact=_contact(case, told.request))
    return _write(by, case, told.request, Outcome.REFUSED, words, because=because)


def _to_answer(by: Membership, case: Case, access: CaseAccess, request_id: UUID) -> Told:
    lock(f"subject request {request_id}")
    told = find(by=by, case=case, access=access, request_id=request_id)
    if not told.handles:
        raise Refused(
            _("The reference persons and managers who know the services of both sides answer, never on his side.")
        )
    return told


def _contact(case: Case, request: SubjectRequest) -> Agency | None:
    """The service the paper names for questions: the one the person went to. On a paper of his, only one that works
    with him: another would say that it holds something.
    """
    if request.side != Side.PERPETRATOR:
        return request.agency
    works_with_him = sides_in(case, [request.agency])[request.agency_id] == ParticipationSide.PERPETRATOR
    return request.agency if works_with_him else None


def _write(
    by: Membership,
    case: Case,
    request: SubjectRequest,
    outcome: Outcome,
    words: dict[str, Any],
    *,
    lines: int = 0,
    because: str = "",
) -> tuple[SubjectAnswer, bytes]:
    language = (get_language() or "fr")[:2]
    made = SubjectAnswer(
        case=case,
        request=request,
        outcome=outcome,
        because=because,
        document=words,
        lines=lines,
        language=language,
        agency=by.agency,
        answered_by=by.user,
    )
    content = document_of(made)
    made.digest = hashlib.sha256(content).hexdigest()
    check(made)
    made.save(force_insert=True)
    _decided(case, made, "sharing.SubjectAnswer", reason=outcome)
    return made, content


def document_of(answer: SubjectAnswer) -> bytes:
    """The PDF of an answer, made again of what was written down then: byte for byte, while the printer is the same."""
    with override(answer.language):
        return pdf.render("who_had_access.typ", answer.document)


def document(*, by: Membership, case: Case, access: CaseAccess, request_id: UUID) -> tuple[SubjectAnswer, bytes]:
    """The paper that was given, for who hands it over; the export is on record. Raises Http404."""
    told = find(by=by, case=case, access=access, request_id=request_id, whole=False)
    if told.answer is None or not told.hands_over:
        raise Http404
    content = document_of(told.answer)
    record(
        action=Action.EXPORTED,
        case_id=case.pk,
        object_kind="sharing.SubjectAnswer",
        object_id=told.answer.pk,
        reason=str(told.answer.outcome),
    )
    return told.answer, content


def _decided(case: Case, row: Any, kind: str, *, reason: str) -> None:
    record(
        action=Action.DECIDED,
        case_id=case.pk,
        object_kind=kind,
        object_id=row.pk,
        fields=[f"{Category.IDENTITY}:{row.side}"] if isinstance(row, SubjectRequest) else [],
        reason=str(reason),
    )
