"""A referral being written: kept for who writes it, in the case it is about, until it is sent or thrown away."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from agencies.models import Membership
from cases.access import get_case
from cases.models import Case
from common.autosave import differing
from common.clock import now
from common.errors import Refused, RuleBroken, StaleVersion
from common.forms import INCOMPLETE
from common.once import insert_once

from . import perms
from .models import ReferralDraft

MOST = 10
"""Drafts of one case that one person may have open."""
LARGEST = 20_000
"""Characters kept of one draft."""


def open_ones(*, by: Membership, case: Case) -> list[ReferralDraft]:
    """What this person is writing in this case, the latest first; MOST of them."""
    return list(_mine(by, case).filter(ended_at=None).order_by("-saved_at", "-pk")[:MOST])


def find(*, by: Membership, case: Case, draft_id: UUID) -> ReferralDraft:
    """One of them. Raises Http404 for anybody else's, and once it is sent or thrown away."""
    draft = _mine(by, case).filter(pk=draft_id, ended_at=None).first()
    if draft is None:
        raise Http404
    return draft


def save(
    *, by: Membership, case_id: UUID, draft_id: UUID | None, data: Mapping[str, str], version: int
) -> ReferralDraft:
    """Keep what is typed; the page names the draft, so that the first save makes it and the next ones find it.

    Raises StaleVersion with both values of each differing field when another window saved since, RuleBroken when it is
    too long or one draft too many, Refused once it is over or for who may not refer, Http404.
    """
    case, access = get_case(case_id, by)
    if not perms.may_refer(access):
        raise Refused(_("You can read this case but not add to it."))
    if draft_id is None:
        raise RuleBroken(INCOMPLETE)
    _check_length(data)
    mine = _mine(by, case).filter(pk=draft_id)
    draft = mine.select_for_update().first()
    if draft is None:
        _check_room(by, case)
        row = ReferralDraft(id=draft_id, case=case, agency=by.agency, author=by.user, data=dict(data), version=1)
        draft, new = insert_once(row, mine=mine)
        if new:
            return draft
    _check_open(draft)
    if draft.data == dict(data):
        return draft
    if version != draft.version:
        raise StaleVersion(
            _("You changed this draft in another window since you opened it here."),
            differing(draft.data, data),
            version=draft.version,
        )
    draft.data = dict(data)
    draft.version += 1
    draft.saved_at = now()
    draft.save(update_fields=["data", "version", "saved_at"])
    return draft


def put(*, by: Membership, case: Case, draft_id: UUID, data: Mapping[str, str]) -> ReferralDraft:
    """Keep what is about to be looked at, whatever window it was typed in; its version stays, so that the page that
    sent it goes on saving. Raises RuleBroken when it is too long or one draft too many, Refused once it is over.
    """
    _check_length(data)
    mine = _mine(by, case).filter(pk=draft_id)
    draft = mine.select_for_update().first()
    if draft is None:
        _check_room(by, case)
        draft, new = insert_once(
            ReferralDraft(id=draft_id, case=case, agency=by.agency, author=by.user, data=dict(data)), mine=mine
        )
        if new:
            return draft
    _check_open(draft)
    draft.data = dict(data)
    draft.saved_at = now()
    draft.save(update_fields=["data", "saved_at"])
    return draft


def is_over(*, by: Membership, case: Case, draft_id: UUID) -> bool:
    """Whether it is one of this person's that has been sent or thrown away."""
    return _mine(by, case).filter(pk=draft_id).exclude(ended_at=None).exists()


def discard(*, by: Membership, case_id: UUID, draft_id: UUID) -> None:
    """Throw one away; what it held is emptied. Raises Http404."""
    case, _access = get_case(case_id, by)
    find(by=by, case=case, draft_id=draft_id)
    end(by=by, case=case, draft_id=draft_id)


def end(*, by: Membership, case: Case, draft_id: UUID) -> None:
    """Sent or thrown away: it holds nothing any more. Nothing happens where there is none."""
    for draft in _mine(by, case).select_for_update().filter(pk=draft_id, ended_at=None):
        draft.data = {}
        draft.ended_at = now()
        draft.save(update_fields=["data", "ended_at"])


def _check_length(data: Mapping[str, str]) -> None:
    if sum(len(value) for value in data.values()) > LARGEST:
        raise RuleBroken(_("This is too long to be kept. Shorten the longest texts."))


def _check_room(by: Membership, case: Case) -> None:
    if len(open_ones(by=by, case=case)) >= MOST:
        raise RuleBroken(_("You have many drafts in this case. Send one or throw one away first."))


def _check_open(draft: ReferralDraft) -> None:
    if draft.ended_at is not None:
        raise Refused(_("This referral has been sent or thrown away: it no longer changes."))


def _mine(by: Membership, case: Case) -> QuerySet[ReferralDraft]:
    return ReferralDraft.objects.filter(case=case, agency=by.agency_id, author=by.user_id)
