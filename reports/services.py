"""Drafts typed at the counter, and the report they become. The use case is `casework.reporting.record_report`."""

from collections.abc import Mapping
from dataclasses import asdict
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from agencies.models import Membership
from agencies.perms import may_write
from cases.models import Case
from common.autosave import differing
from common.clock import now
from common.errors import Refused, RuleBroken, StaleVersion

from .models import DRAFT_KINDS, SITUATION, Report, ReportDraft, Situation
from .payload import ReportInput
from .perms import may_begin_draft, may_record

LARGEST_DRAFT = 120_000  # characters in all


def start_draft(*, by: Membership, kind: str, joins_case: Case | None = None) -> ReportDraft:
    """An empty draft of the acting agency: the one this person left untouched, if any. Raises Refused for who may not
    record what it is to become.
    """
    if not may_begin_draft(by, kind):
        raise Refused(_("Your role does not record reports."))
    if kind not in dict(DRAFT_KINDS):
        raise RuleBroken({"kind": [_("Choose what is being recorded.")]})
    untouched = ReportDraft.objects.filter(
        kind=kind, agency=by.agency, author=by.user, joins_case=joins_case, version=0, client_key=None,
        discarded_at=None, report=None, situation=None, continues=None,
    ).first()  # fmt: skip
    return untouched or ReportDraft.objects.create(kind=kind, agency=by.agency, author=by.user, joins_case=joins_case)


def draft_for_key(
    *, by: Membership, key: UUID, kind: str, joins_case: Case | None = None, continues: Report | None = None
) -> ReportDraft:
    """The draft a program calls `key` (one of its own, or a draft of the agency by its id), begun where there is none.

    The same key sent twice at once gives one draft. Raises Refused for who may not record reports.
    """
    if not may_record(by):
        raise Refused(_("Your role does not record reports."))
    known = _drafts(by).filter(Q(pk=key) | Q(client_key=key))
    if (found := known.first()) is not None:
        return found
    try:
        with transaction.atomic():
            draft = start_draft(by=by, kind=kind, joins_case=joins_case)
            draft.client_key, draft.continues = key, continues
            draft.save(update_fields=["client_key", "continues"])
            return draft
    except IntegrityError:
        return _found(known.first())


def get_draft(*, by: Membership, draft_id: UUID, situation: bool = False) -> ReportDraft:
    """The draft of a report, or of a situation, to read; Http404 outside the acting agency, once discarded, for the
    other sort of draft, or for a role that does not write.
    """
    return _found(_of_sort(_drafts(by), situation).filter(pk=draft_id).first())


def lock_draft(*, by: Membership, draft_id: UUID, situation: bool = False) -> ReportDraft:
    """As `get_draft`, locked for this transaction."""
    return _found(_of_sort(_drafts(by), situation).select_for_update(of=("self",)).filter(pk=draft_id).first())


def _of_sort(drafts: QuerySet[ReportDraft], situation: bool) -> QuerySet[ReportDraft]:
    return drafts.filter(kind=SITUATION) if situation else drafts.exclude(kind=SITUATION)


def _drafts(by: Membership) -> QuerySet[ReportDraft]:
    if not may_write(by):
        return ReportDraft.objects.none()
    return ReportDraft.objects.open_to(by)


def _found(draft: ReportDraft | None) -> ReportDraft:
    if draft is None:
        raise Http404
    return draft


def save_draft(
    *, by: Membership, draft_id: UUID, data: Mapping[str, object], version: int, situation: bool = False
) -> ReportDraft:
    """Keep what is typed. Raises StaleVersion, with both values of each differing field, when a colleague saved since;
    Refused once it is recorded; RuleBroken when it is too long to be kept.
    """
    draft = lock_draft(by=by, draft_id=draft_id, situation=situation)
    if recorded_report(draft) is not None:
        raise Refused(_("This report has been recorded: it no longer changes."))
    if recorded_situation(draft) is not None:
        raise Refused(_("This situation has been recorded: it no longer changes."))
    refuse_stale(draft, data, version)
    if draft.version and draft.data == dict(data):
        return draft
    if sum(len(str(value)) for value in data.values()) > LARGEST_DRAFT:
        raise RuleBroken(_("This is too long to be kept. Shorten the longest texts."))
    draft.data = dict(data)
    draft.version += 1
    draft.saved_by = by.user
    draft.saved_at = now()
    draft.save(update_fields=["data", "version", "saved_by", "saved_at"])
    return draft


def refuse_stale(draft: ReportDraft, data: Mapping[str, object], version: int) -> None:
    """Raise StaleVersion when `version` is not the stored one and something really differs."""
    if version == draft.version:
        return
    if conflicts := differing(draft.data, data):
        raise StaleVersion(
            _("A colleague has changed this draft since you opened it."), conflicts, version=draft.version
        )


def discard_draft(*, by: Membership, draft_id: UUID, situation: bool = False) -> None:
    """Throw a draft away; what it held is emptied."""
    draft = lock_draft(by=by, draft_id=draft_id, situation=situation)
    if recorded_report(draft) is None and recorded_situation(draft) is None:
        draft.data = {}
        draft.discarded_at = now()
        draft.save(update_fields=["data", "discarded_at"])


def recorded_report(draft: ReportDraft) -> Report | None:
    """The report this draft has become, if it has."""
    return Report.objects.filter(draft=draft).select_related("case").first()


def recorded_situation(draft: ReportDraft) -> Situation | None:
    """The situation this draft has become, if it has."""
    return Situation.objects.filter(draft=draft).select_related("case").first()


def create_report(*, by: Membership, case: Case, draft: ReportDraft | None, given: ReportInput) -> Report:
    """The report itself, for good; the draft it came from is emptied."""
    besides = asdict(given.complaint) if given.complaint else {}
    if given.complaint:
        besides["rights_explained"] = list(given.complaint.rights_explained)
    report = Report.objects.create(
        case=case,
        draft=draft,
        kind=given.kind,
        pv_number=given.pv_number,
        agency=by.agency,
        author=by.user,
        met_at=given.met_at,
        occurred_at=given.occurred_at,
        place=given.place,
        postal_code=given.postal_code,
        police_code=given.police_code,
        continues_id=draft.continues_id if draft is not None else None,
        violence_types=list(given.violence_types),
        children_present=given.children_present,
        measure=given.measure,
        unknown_sections=list(given.unknown_sections),
        j2_accepted=given.j2_accepted,
        recorded_at=now(),
        **given.texts,
        **besides,
    )
    if draft is not None:
        empty_draft(draft, case)
    return report


def empty_draft(draft: ReportDraft, case: Case) -> None:
    """It has been recorded in `case`: what it held stands there from now on."""
    draft.data = {}
    draft.joins_case = case  # from now on it is known, or not, with the case
    draft.saved_at = now()
    draft.save(update_fields=["data", "joins_case", "saved_at"])
