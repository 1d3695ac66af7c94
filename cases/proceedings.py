"""Proceedings before the family or the youth court: apart from the case, each with readers of its own.

Read by the service that wrote it and by those it names, whatever else they or others see of the case; on his side by
nobody. No line of the timeline tells of one: a line is read by category, and the readers of a proceeding are no
category. For who does not read it, it is not there: no count, no page, nothing in the trail. Criminal proceedings are
followed on the board between prosecutor and police.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from audit.models import Action
from audit.services import record
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.locks import lock
from common.once import insert_once

from .access import CaseAccess, keep_own_work
from .enums import ProceedingKind
from .models import Case, Proceeding, ProceedingReader, ProceedingStep
from .perms import may_keep_proceeding, may_open_proceeding, never_his
from .who_sees import who_sees

LONGEST_COURT = 150
LONGEST_REFERENCE = 100
LONGEST = 4000
LONGEST_REASON = 200
MOST = 50
MOST_STEPS = 200


# --- reading --------------------------------------------------------------------------------------------------
def readable(access: CaseAccess) -> QuerySet[Proceeding]:
    """The proceedings of a case this agency reads: its own, and those it was named a reader of while it takes part. An
    emergency access opens none: it is let in for her safety, by itself, and whoever named it believes it gone.
    """
    if not access or never_his(access):
        return Proceeding.objects.none()
    allowed = Q(agency=access.agency_id)
    if access.in_network:
        named = ProceedingReader.objects.filter(case=access.case_id, reader=access.agency_id, ended_at=None)
        allowed |= Q(pk__in=named.values("proceeding"))
    return Proceeding.objects.filter(allowed, case=access.case_id).select_related("agency")


def find(access: CaseAccess, proceeding_id: UUID) -> Proceeding:
    """One of them; Http404 for who does not read it."""
    found = readable(access).filter(pk=proceeding_id).first()
    if found is None:
        raise Http404
    return found


def next_hearing(steps: list[ProceedingStep]) -> datetime | None:
    """When it is heard next, as the latest step that says so tells, if that is still to come."""
    told = next((step.next_hearing_at for step in steps if step.next_hearing_at), None)
    return told if told and told >= now() else None


def candidates(case: Case, access: CaseAccess) -> list[Agency]:
    """The services that may be named readers: those of the case this one may know, never one on his side."""
    return [
        each.agency
        for each in who_sees(case, access).readers
        if each.agency.pk != access.agency_id and not each.access.own_work_only and not never_his(each.access)
    ]


# --- writing --------------------------------------------------------------------------------------------------
def open_proceeding(
    *, by: Membership, case: Case, access: CaseAccess, key: UUID, kind: str, court: str, reference: str, subject: str
) -> Proceeding:
    """Write a proceeding down, read by one's own service alone. The same `key` gives the first one.

    Raises Refused for who may not, RuleBroken by field.
    """
    if not may_open_proceeding(access):
        raise Refused(_("You can read this case but not add to it."))
    mine = Proceeding.objects.filter(pk=key, case=case, opened_by=by.user)
    if (already := mine.first()) is not None:
        return already
    _raise(
        kind="" if kind in ProceedingKind.values else _("Choose one of the answers."),
        court=text_problem(court, most=LONGEST_COURT, missing=_("Write before which court or service.")),
        reference=text_problem(reference, most=LONGEST_REFERENCE),
        subject=text_problem(subject, most=LONGEST, missing=_("Write what it is about.")),
    )
    opened, new = insert_once(
        Proceeding(
            pk=key,
            case=case,
            kind=kind,
            court=court.strip(),
            reference=reference.strip(),
            subject=subject.strip(),
            agency=by.agency,
            opened_by=by.user,
        ),
        mine=mine,
    )
    if new:
        keep_own_work(case=case, agency=by.agency)
    return opened


def add_step(
    *,
    by: Membership,
    access: CaseAccess,
    proceeding: Proceeding,
    key: UUID,
    text: str,
    next_hearing_at: datetime | None = None,
) -> ProceedingStep:
    """What happened, and when it is heard next. The same `key` gives the first one.

    Raises Refused for who does not keep the proceeding, RuleBroken by field.
    """
    _refuse(access, proceeding)
    steps = ProceedingStep.objects.filter(request_key=key, proceeding=proceeding)
    if (already := steps.first()) is not None:
        return already
    year = next_hearing_at.year if next_hearing_at else now().year
    _raise(
        text=text_problem(text, most=LONGEST, missing=_("Write what happened.")),
        next_hearing_at="" if 2000 <= year <= now().year + 20 else _("Check the year of this date."),
    )
    step = ProceedingStep(
        case=proceeding.case,
        proceeding=proceeding,
        text=text.strip(),
        next_hearing_at=next_hearing_at,
        request_key=key,
        agency=by.agency,
        author=by.user,
    )
    return insert_once(step, mine=steps)[0]


def add_reader(
    *, by: Membership, case: Case, access: CaseAccess, proceeding: Proceeding, agency_id: UUID | None, reason: str
) -> ProceedingReader:
    """Name a service of the case a reader, and say why; one that reads it already stays as it is.

    Raises Refused for who does not keep the proceeding, RuleBroken by field: also for a service on his side, or one
    that this service may not know of.
    """
    _refuse(access, proceeding)
    reader = next((each for each in candidates(case, access) if each.pk == agency_id), None)
    _raise(
        agency="" if reader else _("Choose a service of the case."),
        reason=text_problem(reason, most=LONGEST_REASON, missing=_("Write why.")),
    )
    lock(f"proceeding {proceeding.pk}")
    if (already := proceeding.readers.filter(reader=reader, ended_at=None).first()) is not None:
        return already
    added = ProceedingReader.objects.create(
        case=case, proceeding=proceeding, reader=reader, reason=reason.strip(), agency=by.agency, added_by=by.user
    )
    _decided(added)
    return added


def end_reader(*, access: CaseAccess, proceeding: Proceeding, reader_id: UUID) -> None:
    """The service reads it no longer, from now on. Raises Refused; Http404 for a reader of another proceeding."""
    _refuse(access, proceeding)
    found = proceeding.readers.select_for_update(of=("self",)).filter(pk=reader_id).first()
    if found is None:
        raise Http404
    if found.ended_at is None:
        found.ended_at = now()
        found.save(update_fields=["ended_at"])
        _decided(found)


def _decided(row: ProceedingReader) -> None:
    record(
        action=Action.DECIDED, case_id=row.case_id, object_kind="cases.ProceedingReader", object_id=row.pk,
        fields=["ended" if row.ended_at else "added"],
    )  # fmt: skip


def _refuse(access: CaseAccess, proceeding: Proceeding) -> None:
    if not may_keep_proceeding(access, proceeding):
        raise Refused(_("Only the service that wrote this proceeding adds to it."))


def _raise(**problems: str) -> None:
    if found := {field: [problem] for field, problem in problems.items() if problem}:
        raise RuleBroken(found)
